"""Calls a second with many in flight on one asyncio loop."""

from __future__ import annotations

from collections.abc import Iterator

from harness import Bench
from mock_server import ANSWER
from report import Figure, Must
from workers import Probe, time_probes

CONTESTANTS = ("aiohttp", "jackfield", "tensorzero", "openai", "litellm", "httpx")
MUST = Must(0.75, "aiohttp", at_least=True)
MUSTS = {50: (MUST, Must(1.0, "tensorzero", at_least=True)), 500: (MUST,)}


def figures(bench: Bench) -> Iterator[Figure]:
    for in_flight, musts in MUSTS.items():
        probes = {name: Probe(name, "acompletion", len(ANSWER), in_flight) for name in CONTESTANTS}
        timed = time_probes(bench, probes)
        title = f"acompletion() over loopback, {in_flight} in flight"
        yield Figure(title, "calls/s", "aiohttp", timed.per_second(), musts, timed.transports)
