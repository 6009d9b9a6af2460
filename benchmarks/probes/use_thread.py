"""No library: a bare hop to a thread and back, the least that a plain function costs an async caller."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from queue import SimpleQueue
from typing import TypeAlias

ANSWER = "Hi!"
Job: TypeAlias = "tuple[Callable[[], str], asyncio.Future[str], asyncio.AbstractEventLoop]"


def hop(url: str) -> Callable[[], Awaitable[int]]:
    jobs: SimpleQueue[Job] = SimpleQueue()
    threading.Thread(target=work, args=(jobs,), daemon=True).start()

    async def call() -> int:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str] = loop.create_future()
        jobs.put((handler, future, loop))
        return len(await future)

    return call


def work(jobs: SimpleQueue[Job]) -> None:
    while True:
        function, future, loop = jobs.get()
        loop.call_soon_threadsafe(future.set_result, function())


def handler() -> str:
    return ANSWER
