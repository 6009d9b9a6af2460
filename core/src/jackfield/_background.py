"""asyncio code for callers who have no asyncio loop (blocking code and trio): it runs on one background loop.

The loop has a daemon thread of its own and starts at its first use; after a fork the child starts another. A call made
by code that runs there already goes to a loop one deeper (`_contexts.depth`), and so never waits for itself.

This module imports asyncio: the sync path imports it only when it meets async code.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator
from contextlib import suppress
from contextvars import Context
from time import monotonic
from typing import Any, Generic, TypeVar

from ._contexts import below, depth, enterable
from ._handover import Blocking, Buffer, Outcome
from ._pool import places
from ._waiters import here
from .errors import PluginError

__all__ = ["aiterate", "arun", "iterate", "run"]

T = TypeVar("T")

AHEAD_ITEMS = 64
CLOSING_SECONDS = 1.0
PATIENCE_SECONDS = 1.0
MOST_LOOPS = 8


def run(make: Callable[[], Awaitable[T]], *, timeout: float, context: Context) -> T:
    """Await, on the background loop, what ``make`` returns there; TimeoutError after ``timeout`` seconds.

    A caller that stops waiting cancels it; after KeyboardInterrupt it has up to a second to clean up.
    """
    waiter = Blocking()
    call = _Call(make, context, waiter.wake)
    try:
        waiter.wait(timeout)
    except BaseException as error:
        call.cancel()
        if not isinstance(error, TimeoutError):
            with suppress(TimeoutError):
                waiter.wait(CLOSING_SECONDS)
        raise
    return call.answer()


async def arun(
    make: Callable[[], Awaitable[T]],
    *,
    timeout: float | None,  # noqa: ASYNC109  # one meaning in all four colours
    context: Context,
) -> T:
    """Do the same for a trio task. When the task is cancelled, it stops waiting at once."""
    waiter = here()
    call = _Call(make, context, waiter.wake)
    try:
        await waiter.wait(timeout)
    except BaseException:
        call.cancel()
        raise
    return call.answer()


def iterate(source: AsyncIterable[T], *, gap: float, context: Context) -> Generator[T, None, None]:
    """Iterate over an async iterable; TimeoutError when an item takes longer than ``gap`` seconds.

    One task on the background loop owns the iterable from its first step to its closing, and runs at most 64 items
    ahead. Closing the generator cancels the step that is running, closes the iterable and waits up to a second for it.
    """
    feed = _Feed(source, context)
    items = feed.items
    try:
        while True:
            while items:
                yield items.popleft()
            if feed.ended():
                return
            feed.listen(waiter := Blocking(), feed.call)
            waiter.wait(gap)
    except TimeoutError:
        feed.call.cancel()
        raise
    except BaseException:
        feed.close()
        raise


async def aiterate(source: AsyncIterable[T], *, context: Context) -> AsyncGenerator[T, None]:
    """Do the same for a trio task, without a limit of time."""
    feed = _Feed(source, context)
    items = feed.items
    try:
        while True:
            while items:
                yield items.popleft()
            if feed.ended():
                return
            feed.listen(waiter := here(), feed.call)
            await waiter.wait(None)
    except GeneratorExit:
        await feed.aclose()
        raise
    except BaseException:
        feed.call.cancel()
        raise


class _Call(Outcome[T], Generic[T]):
    """A task on a background loop; ``wake`` is called there once it is done."""

    def __init__(self, make: Callable[[], Awaitable[T]], context: Context, wake: Callable[[], None]) -> None:
        super().__init__()
        self._make = make
        self._wake = wake
        self._context = enterable(context)
        self._level = below()
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        self.home = _home(self._level)
        self.home.calls.add(self)
        self.home.loop.call_soon_threadsafe(self._start)

    def cancel(self) -> None:
        """Cancel the task, from any thread."""
        if not self.done:
            self._cancelled = True
            self.home.ask(self._cancel)

    def _start(self) -> None:
        self._task = self.home.loop.create_task(self._body(), context=self._context)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _body(self) -> None:
        depth.set(self._level)
        try:
            self.succeed(await self._make())
        except asyncio.CancelledError as error:
            self._stop(error)
        except BaseException as error:  # the caller gets it; SystemExit would end the loop for everybody
            self.fail(error)
        self.home.calls.discard(self)
        self.done = True
        wake = self._wake
        del self._make, self._wake  # they may hold whoever holds this call
        wake()

    def _stop(self, error: asyncio.CancelledError) -> None:
        if self._cancelled:
            self.forget()
        else:  # for the caller it would look like a cancellation of its own
            own = RuntimeError("the called code cancelled its own task, which is no answer")
            own.__cause__ = error
            self.fail(own)


class _Feed(Buffer[T], Generic[T]):
    """The items of an async iterable, as far as its task has produced them."""

    def __init__(self, source: AsyncIterable[T], context: Context) -> None:
        super().__init__()
        self._source = source
        self._parked: asyncio.Future[None] | None = None
        self.call = _Call(self._produce, context, self.wake)

    def ended(self) -> bool:
        """Whether everything was consumed; if not, the consumer has to wait. Raises what the iterable raised."""
        if not self.call.done:
            if self._parked is not None:
                self.call.home.loop.call_soon_threadsafe(self._unpark)
            return False
        if self.items:  # asked again: the last ones may have come just before it was done
            return False
        self.call.answer()
        return True

    def close(self) -> None:
        """Have the iterable closed and wait for it, but never on the loop that does it (a finalizer may run there)."""
        if self.call.done:
            return
        self.call.cancel()
        with suppress(TimeoutError):
            while self._is_closing() and self.call.home.thread is not threading.current_thread():
                self.items.clear()
                self.listen(waiter := Blocking(), self.call)
                waiter.wait(CLOSING_SECONDS)
        self._raise_if_closing_failed()

    async def aclose(self) -> None:
        """Do the same from a task."""
        if self.call.done:
            return
        self.call.cancel()
        with suppress(TimeoutError):
            while self._is_closing():
                self.items.clear()
                self.listen(waiter := here(), self.call)
                await waiter.wait(CLOSING_SECONDS)
        self._raise_if_closing_failed()

    def _is_closing(self) -> bool:
        return not self.call.done

    def _raise_if_closing_failed(self) -> None:
        if self.call.done:
            self.call.answer()

    async def _produce(self) -> None:
        iterator = aiter(self._source)
        try:
            async for item in iterator:
                self.put(item)
                if len(self.items) >= AHEAD_ITEMS:
                    await self._room()
        finally:
            if (close := getattr(iterator, "aclose", None)) is not None:
                await close()

    async def _room(self) -> None:
        self._parked = asyncio.get_running_loop().create_future()
        if len(self.items) >= AHEAD_ITEMS:  # asked now: a consumer that empties it later sees the future
            await self._parked
        self._parked = None

    def _unpark(self) -> None:
        if self._parked is not None and not self._parked.done():
            self._parked.set_result(None)


class _Loop:
    """An asyncio loop in a daemon thread that serves until the process ends."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.calls: set[_Call[Any]] = set()  # a loop itself holds its tasks by weak references only
        self._asked: float | None = None
        self.thread = threading.Thread(target=self._serve, name="jackfield-loop", daemon=True)
        self.thread.start()

    def ask(self, act: Callable[[], None]) -> None:
        """Have something done that a loop which still turns does at once."""
        if self._asked is None:
            self._asked = monotonic()
        self.loop.call_soon_threadsafe(self._answer, act)

    def turns(self) -> bool:
        """Whether it does what it is asked, or is blocked by code that should have awaited."""
        return self._asked is None or monotonic() - self._asked < PATIENCE_SECONDS

    def _answer(self, act: Callable[[], None]) -> None:
        self._asked = None
        act()

    def _serve(self) -> None:
        while not self.loop.is_closed():
            with suppress(KeyboardInterrupt, SystemExit):  # a task's own: it has it, the other tasks go on
                self.loop.run_forever()


_loops: dict[int, list[_Loop]] = {}
_starting = threading.RLock()  # re-entrant: a finalizer that runs while a loop is made may need one too


def _home(level: int) -> _Loop:
    """Return the loop of this depth; another one where it is blocked by a call that was given up."""
    loops = _loops.get(level, ())
    return next((home for home in loops if home.turns()), None) or _another(level)


def _another(level: int) -> _Loop:
    with _starting:
        loops = _loops.setdefault(level, [])
        for home in loops:
            if home.turns():
                return home
        if len(loops) >= MOST_LOOPS:
            raise PluginError(
                f"{len(loops)} calls that were given up block their event loops: "
                f"{places(home.thread.ident for home in loops)}. Make that code await instead of blocking, "
                "declare it with a plain def, or restart the process."
            )
        home = _Loop()
        loops.append(home)
        return home


_inherited: list[list[_Loop]] = []


def _start_anew() -> None:
    """Forget, in the child of a fork, the loops of its parent; kept, since closing one would disturb the parent's."""
    global _starting
    _inherited.extend(_loops.values())
    _loops.clear()
    _starting = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
