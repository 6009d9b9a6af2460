"""What every figure needs: who takes part and in which environment, the mock server, and turns.

Noise of the machine is to hit all contestants alike, so they take turns: one round each, in alternating order, and
a figure is the median over the rounds.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from environments import HERE, Unavailable

PROBES = HERE / "probes"

# Nothing of the caller's settings, proxies or keys; no price list is fetched and no usage reported.
ENVIRON = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ} | {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "TENSORZERO_DISABLE_PSEUDONYMOUS_USAGE_ANALYTICS": "1",
    "RUST_LOG": "error",
}

Sample = TypeVar("Sample")


@dataclass(frozen=True)
class Bench:
    """One run: who takes part, how long it measures, and where the mock server is.

    `pythons` gives the interpreter of each environment, or in words why there is none; who is not in it does not take
    part. `rounds` are taken by each contestant, `seconds` each; `starts` is how often a process is started.
    """

    pythons: Mapping[str, Path | str]
    url: str
    rounds: int
    seconds: float
    starts: int

    def python(self, environment: str) -> Path:
        python = self.pythons[environment]
        if isinstance(python, str):
            raise Unavailable(python)
        return python


def take_turns(turns: Mapping[str, Callable[[], Sample]], rounds: int) -> dict[str, list[Sample] | str]:
    """Each contestant's samples, `rounds` of them, or in words why it dropped out."""
    samples: dict[str, list[Sample]] = {name: [] for name in turns}
    dropped: dict[str, str] = {}
    for number in range(rounds):
        for name in sorted(turns.keys() - dropped.keys(), key=list(turns).index, reverse=number % 2 == 1):
            try:
                samples[name].append(turns[name]())
            except Unavailable as error:
                dropped[name] = str(error)
    return {**samples, **dropped}


@contextlib.contextmanager
def mock_server(python: Path) -> Iterator[str]:
    """The base URL of a mock server of its own process, which ends with this context."""
    process = subprocess.Popen([python, HERE / "mock_server.py"], stdout=subprocess.PIPE, text=True, env=ENVIRON)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
