"""One sync call after the other over loopback: the median call."""

from __future__ import annotations

from collections.abc import Iterator

from harness import Bench
from mock_server import ANSWER
from report import Figure, Must
from workers import Probe, time_probes

CONTESTANTS = ("httpx", "jackfield", "tensorzero", "openai", "litellm")


def figures(bench: Bench) -> Iterator[Figure]:
    timed = time_probes(bench, {name: Probe(name, "completion", len(ANSWER)) for name in CONTESTANTS})
    title = "sync completion() over loopback, median call"
    yield Figure(title, "µs", "httpx", timed.microseconds(), (Must(0.8, "httpx", aim=0.65),), timed.transports)
