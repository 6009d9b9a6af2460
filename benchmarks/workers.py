"""Contestants' processes that do one operation over and over, a round whenever they are asked to."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from environments import Unavailable, last_words
from harness import ENVIRON, PROBES, Bench, take_turns

PATIENCE = 120  # seconds after which a worker that does not answer is ended


@dataclass(frozen=True)
class Probe:
    """One operation as `probes/worker.py` takes it: whose, which, how much text it gives, how many in flight."""

    environment: str
    function: str
    expected: int
    in_flight: int = 0
    contestant: str = ""  # the environment's, where nothing else is said

    def command(self, url: str) -> list[str]:
        contestant = f"use_{self.contestant or self.environment}"
        worker = str(PROBES / "worker.py")
        return ["-I", worker, contestant, self.function, url, str(self.expected), str(self.in_flight)]


@dataclass(frozen=True)
class Timed:
    """Seconds of one operation for each contestant, or in words why there are none, and what carried its calls."""

    seconds: Mapping[str, float | str]
    transports: Mapping[str, str]

    def scaled(self, convert: Callable[[float], float]) -> dict[str, float | str]:
        return {name: value if isinstance(value, str) else convert(value) for name, value in self.seconds.items()}

    def per_second(self, items: int = 1) -> dict[str, float | str]:
        return self.scaled(lambda seconds: items / seconds)

    def microseconds(self) -> dict[str, float | str]:
        return self.scaled(lambda seconds: seconds * 1e6)


class Worker:
    """One such process. Unavailable is raised, with its last words, where it ended or was too slow to answer."""

    def __init__(self, command: list[str]) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process; close() closes both
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=ENVIRON
        )
        self.transport: str = self._answer()["transport"]

    def round(self, seconds: float) -> float:
        assert self._process.stdin is not None
        print(seconds, file=self._process.stdin, flush=True)
        return float(self._answer()["seconds"])

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        watchdog = threading.Timer(PATIENCE, self._process.kill)
        watchdog.start()
        line = self._process.stdout.readline()
        watchdog.cancel()
        if not line:
            raise Unavailable(self._reason())
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _reason(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        return last_words(self._errors.read())


def time_probes(bench: Bench, probes: Mapping[str, Probe], url: str = "") -> Timed:
    """Start the workers of all who take part, let them take turns, and give each one's median."""
    with contextlib.ExitStack() as stack:

        def start(probe: Probe) -> Worker:
            command = [str(bench.python(probe.environment)), *probe.command(url or bench.url)]
            return stack.enter_context(contextlib.closing(Worker(command)))

        part = {name: partial(start, probe) for name, probe in probes.items() if probe.environment in bench.pythons}
        started = take_turns(part, 1)
        workers = {name: found[0] for name, found in started.items() if not isinstance(found, str)}
        turns = {name: partial(worker.round, bench.seconds) for name, worker in workers.items()}
        rounds = take_turns(turns, bench.rounds)
    samples = {name: rounds.get(name, found) for name, found in started.items()}
    transports = {name: worker.transport for name, worker in workers.items() if worker.transport != name}
    return Timed({name: median(found) for name, found in samples.items()}, transports)


def median(samples: Any) -> float | str:
    return samples if isinstance(samples, str) else statistics.median(samples)
