"""Time one operation of one contestant, a round at a time, in that contestant's own environment.

    python -I worker.py CONTESTANT FUNCTION URL EXPECTED IN_FLIGHT [--profile]

CONTESTANT is a `use_….py` beside this one, without its ending. Its FUNCTION(url) gives a callable that does the
operation once and returns how many characters of text it was given, which must be EXPECTED. IN_FLIGHT is 0 for a sync
callable, and otherwise how many awaitables are kept in flight.

It first prints what it found: {"transport": …}. Each line on standard input is then a round's length in seconds, and is
answered by {"seconds": …}, the time of one operation: the median for a sync callable, elapsed time by the number
of operations for an async one. With --profile the rounds run under cProfile, and its table follows at the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import cProfile
import importlib
import inspect
import json
import os
import pstats
import statistics
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

BATCH_SECONDS = 0.0005  # calls shorter than this are timed several at once: a clock reading costs 0.1 µs


def main() -> None:
    contestant, function, url, expected, in_flight = sys.argv[1:6]
    sys.path.insert(0, str(Path(__file__).parent))
    setup = getattr(importlib.import_module(contestant), function)
    profile = cProfile.Profile() if "--profile" in sys.argv else None
    if int(in_flight):
        asyncio.run(answer_async(setup, url, int(expected), int(in_flight), profile))
    else:
        answer_sync(setup, url, int(expected), profile)


def answer_sync(setup: Any, url: str, expected: int, profile: cProfile.Profile | None) -> NoReturn:
    run = checked(setup(url), expected)
    run()
    batch = 1
    while once(run, batch) * batch < BATCH_SECONDS:
        batch *= 2
    say(transport=transport(["tensorzero", "httpx2", "httpx"]))
    for line in sys.stdin:
        with profile or contextlib.nullcontext():
            seconds = round_sync(run, batch, float(line))
        say(seconds=seconds)
    leave(profile)


def round_sync(run: Callable[[], None], batch: int, seconds: float) -> float:
    times, end = [], perf_counter() + seconds
    while perf_counter() < end:
        times.append(once(run, batch))
    return statistics.median(times)


def once(run: Callable[[], None], batch: int) -> float:
    started = perf_counter()
    for _ in range(batch):
        run()
    return (perf_counter() - started) / batch


def checked(run: Callable[[], int], expected: int) -> Callable[[], None]:
    def call() -> None:
        if (got := run()) != expected:
            raise AssertionError(f"{got} characters, expected {expected}")

    return call


async def answer_async(setup: Any, url: str, expected: int, in_flight: int, profile: cProfile.Profile | None) -> None:
    run = setup(url)
    if inspect.isawaitable(run):
        run = await run
    await round_async(run, expected, in_flight, 0.2)
    say(transport=transport(["tensorzero", "aiohttp", "httpx2", "httpx"]))
    while line := sys.stdin.readline():
        with profile or contextlib.nullcontext():
            seconds = await round_async(run, expected, in_flight, float(line))
        say(seconds=seconds)
    leave(profile)


async def round_async(run: Callable[[], Awaitable[int]], expected: int, in_flight: int, seconds: float) -> float:
    done, end = 0, perf_counter() + seconds

    async def repeat() -> None:
        nonlocal done
        while perf_counter() < end:
            if (got := await run()) != expected:
                raise AssertionError(f"{got} characters, expected {expected}")
            done += 1

    started = perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(repeat())
    return (perf_counter() - started) / done


def transport(candidates: list[str]) -> str:
    """What carries the calls, as far as the loaded modules tell."""
    return next((name for name in candidates if name in sys.modules), "none")


def say(**values: Any) -> None:
    print(json.dumps(values), flush=True)


def leave(profile: cProfile.Profile | None) -> NoReturn:
    """End at once: the clients are still open, and what they would say about that is no result."""
    if profile is not None:
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
