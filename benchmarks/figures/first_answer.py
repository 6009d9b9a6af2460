"""From the start of a process to its first answer over loopback, as a short script meets it."""

from __future__ import annotations

import statistics
import subprocess
from collections.abc import Iterator
from functools import partial
from time import perf_counter

from environments import Unavailable, last_words
from harness import ENVIRON, PROBES, Bench, take_turns
from report import Figure, Must

CONTESTANTS = ("httpx", "jackfield", "openai", "tensorzero", "litellm")


def figures(bench: Bench) -> Iterator[Figure]:
    turns = {name: partial(first_answer, bench, name) for name in CONTESTANTS if name in bench.pythons}
    samples = take_turns(turns, bench.starts + 1)
    measured = {
        name: found if isinstance(found, str) else statistics.median(found[1:]) * 1e3 for name, found in samples.items()
    }
    yield Figure("process start to first answer over loopback", "ms", "httpx", measured, (Must(1.6, "httpx", aim=1.4),))


def first_answer(bench: Bench, name: str) -> float:
    """Seconds until the answer is printed; how long the process takes to end does not count."""
    command = [str(bench.python(name)), "-I", str(PROBES / "measure_first_answer.py"), f"use_{name}", bench.url]
    started = perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRON) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        seconds = perf_counter() - started
        _, errors = process.communicate()
    if not line:
        raise Unavailable(last_words(errors.decode()))
    return seconds
