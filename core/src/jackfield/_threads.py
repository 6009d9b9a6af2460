"""Blocking foreign code for callers who may not block, or not for ever: it runs in the daemon threads of `_pool`.

A step that is running cannot be interrupted. A caller that is cancelled, or runs out of time, stops waiting at once;
the late result is dropped, and a late iterator is closed in its thread as soon as its step returns.

The blocking functions serve the sync path: nothing here imports asyncio.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextvars import Context
from functools import partial
from time import monotonic
from typing import Final, Generic, TypeVar

from ._contexts import enterable
from ._handover import Blocking, Buffer
from ._pool import Job, pool
from ._waiters import here

__all__ = ["aiterate", "arun", "iterate", "run"]

R = TypeVar("R")
T = TypeVar("T")

BATCH_ITEMS = 64
BATCH_SECONDS = 0.001
CLOSING_SECONDS = 0.1


def run(fn: Callable[[], T], *, timeout: float, context: Context | None = None) -> T:
    """Call ``fn`` in a worker thread and wait for its result; TimeoutError after ``timeout`` seconds.

    ``context`` is a copy of the caller's unless given. PluginError when too many abandoned calls still hang.
    """
    return _run(fn, timeout, enterable(context))


def _run(fn: Callable[[], T], timeout: float, context: Context, cleanup: Callable[[], object] | None = None) -> T:
    waiter = Blocking()
    job = Job(fn, context, waiter.wake, cleanup)
    home = pool()
    try:
        home.submit(job)
        waiter.wait(timeout)
    except BaseException as error:
        if home.abandon(job) or not isinstance(error, TimeoutError):
            raise
    return job.answer()


async def arun(
    fn: Callable[[], T],
    *,
    timeout: float | None,  # noqa: ASYNC109  # one meaning in all four colours
    context: Context | None = None,
) -> T:
    """Do the same for a task of asyncio or trio. When the task is cancelled, it stops waiting at once."""
    waiter = here()
    job = Job(fn, enterable(context), waiter.wake)
    home = pool()
    try:
        home.submit(job)
        await waiter.wait(timeout)
    except BaseException:
        home.abandon(job)
        raise
    return job.answer()


def iterate(iterator: Iterator[T], *, gap: float, context: Context) -> Generator[T, None, None]:
    """Iterate with each step in a worker thread; TimeoutError when one takes longer than ``gap`` seconds.

    A step runs only while the consumer waits for it. Closing the generator closes the iterator, in such a thread too.
    """
    context = enterable(context)
    end: Final = object()
    step: Callable[[], T | object] = partial(next, iterator, end)
    close = getattr(iterator, "close", None)
    while (item := _run(step, gap, context, close)) is not end:
        try:
            yield item  # type: ignore[misc]  # `end` is the only object that is no T
        except BaseException:
            if close is not None:
                _run(close, gap, context)
            raise


async def aiterate(iterator: Iterator[T], *, context: Context) -> AsyncGenerator[T, None]:
    """Iterate, from a task, over an iterator that may block: each step in a worker thread and inside ``context``.

    The thread goes on pulling for up to 64 items or a millisecond and hands each item over when it has it. Then it is
    free for others until the items are consumed. Leaving early closes the iterator in a worker thread; that is waited
    for unless a step is still running after a tenth of a second.
    """
    pulled = _Pulled(iterator, enterable(context))
    try:
        while await pulled.more():
            while pulled.items:
                yield pulled.items.popleft()
    finally:
        await pulled.close()


class _Pulled(Buffer[T], Generic[T]):
    """The items of a blocking iterator, as far as they have been pulled."""

    def __init__(self, iterator: Iterator[T], context: Context) -> None:
        super().__init__()
        self._iterator = iterator
        self._context = context
        self._shut: Callable[[], object] | None = getattr(iterator, "close", None)
        self._pool = pool()
        self._job: Job[bool] | None = None
        self._leaving = False
        self._over = False

    async def more(self) -> bool:
        """Wait for items; False at the end. Raises what the iterator raised, after the items that came before."""
        while not self.items:
            job = self._job
            if job is None:
                self._job = self._submit(self._pull)
            elif not job.done:
                await self._wait(job, None)
            elif not self.items:  # asked again: the last ones may have come just before it was done
                self._job, self._over = None, True
                self._over = not job.answer()
                if self._over:
                    return False
        return True

    async def close(self) -> None:
        """Close the iterator unless it has come to its end, after the step that is running."""
        if self._over:
            return
        self._leaving = True
        job = self._job
        while job is not None and not job.done:
            self.items.clear()
            try:
                await self._wait(job, CLOSING_SECONDS)
            except TimeoutError:
                return
        self._job, self._over = None, True  # a job that is kept would be a cycle
        if self._shut is not None:
            await arun(self._shut, timeout=None, context=self._context)

    async def _wait(self, job: Job[bool], seconds: float | None) -> None:
        waiter = here()
        self.listen(waiter, job)
        try:
            await waiter.wait(seconds)
        except BaseException:
            self._job, self._over = None, True
            if not self._pool.abandon(job) and self._shut is not None:
                self._submit(self._shut)
            raise

    def _submit(self, fn: Callable[[], R]) -> Job[R]:
        job = Job(fn, self._context, self.wake, self._shut)
        self._pool.submit(job)
        return job

    def _pull(self) -> bool:
        """Fill the buffer, in a worker thread; False at the end."""
        until = monotonic() + BATCH_SECONDS
        for _ in range(BATCH_ITEMS):
            try:
                item = next(self._iterator)
            except StopIteration:
                return False
            self.put(item)
            if self._leaving or monotonic() >= until:
                break
        return True
