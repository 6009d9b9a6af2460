"""Chunks a second of a stream of 5,000, each looked at and none kept."""

from __future__ import annotations

from collections.abc import Iterator

from harness import Bench
from mock_server import CHUNKS, TOKEN_LENGTH
from report import Figure, Must
from workers import Probe, time_probes

SYNC = ("httpx", "jackfield", "tensorzero", "openai", "litellm")
ASYNC = ("aiohttp", "httpx", "jackfield", "tensorzero", "openai", "litellm")
LENGTH = CHUNKS * TOKEN_LENGTH
MUST = Must(100_000, at_least=True)


def figures(bench: Bench) -> Iterator[Figure]:
    timed = time_probes(bench, {name: Probe(name, "stream", LENGTH) for name in SYNC})
    title = f"stream of {CHUNKS:,} chunks, sync (the raw clients' are dicts)"
    yield Figure(title, "chunks/s", "httpx", timed.per_second(CHUNKS), (MUST,), timed.transports)
    timed = time_probes(bench, {name: Probe(name, "astream", LENGTH, in_flight=1) for name in ASYNC})
    title = f"stream of {CHUNKS:,} chunks, async (the raw clients' are dicts)"
    yield Figure(title, "chunks/s", "httpx", timed.per_second(CHUNKS), (MUST,), timed.transports)
