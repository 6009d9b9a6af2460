"""How a task waits for another thread: `here()` returns the waiter of the asyncio or trio task that is running."""

from __future__ import annotations

import sys
import threading
from collections import deque
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from ._alarms import alarms_of
from ._handover import Waiter

if TYPE_CHECKING:
    import asyncio

    import trio

__all__ = ["AsyncWaiter", "here"]


class AsyncWaiter(Waiter, Protocol):
    """A task that waits."""

    async def wait(self, seconds: float | None) -> None:
        """Return once woken; TimeoutError after that many seconds, if any."""
        ...


def here() -> AsyncWaiter:
    """Return a waiter for the running task: asyncio's if its loop runs in this thread, otherwise trio's."""
    if (asyncio := sys.modules.get("asyncio")) is not None:
        try:
            return _AsyncioWaiter(asyncio.get_running_loop())
        except RuntimeError:  # none runs here
            pass
    return _TrioWaiter()


class _AsyncioWaiter:
    __slots__ = ("_future", "_loop", "_traffic")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._traffic = _traffic(loop)
        self._future: asyncio.Future[None] = loop.create_future()

    def wake(self) -> None:
        self._traffic.post(self, self._loop)

    def arrive(self) -> None:
        if not self._future.done():
            self._future.set_result(None)

    async def wait(self, seconds: float | None) -> None:
        if seconds is None or seconds == inf:
            await self._future
            return
        alarms = self._traffic.alarms
        alarms.limit(self, seconds, self._loop)
        try:
            await self._future
        finally:
            alarms.due.pop(self, None)

    def expire(self) -> None:
        if not self._future.done():
            self._future.set_exception(TimeoutError())


class _Traffic:
    """What those who wait on one asyncio loop share: wake-ups that come together cost the loop one system call."""

    __slots__ = ("_arrived", "_under_way", "alarms")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.alarms = alarms_of(loop)
        self._arrived: deque[_AsyncioWaiter] = deque()
        self._under_way = False

    def post(self, waiter: _AsyncioWaiter, loop: asyncio.AbstractEventLoop) -> None:
        """Wake a waiter, from any thread."""
        self._arrived.append(waiter)
        if self._under_way:
            return
        self._under_way = True
        try:
            loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self._arrived.clear()

    def _deliver(self) -> None:
        self._under_way = False  # first: what is appended from now on is either seen below or posts again
        while self._arrived:
            self._arrived.popleft().arrive()


class _Latest(threading.local):
    """The loop that last waited in this thread, by weak reference: a closed loop is not kept."""

    loop: ref[asyncio.AbstractEventLoop] | None = None
    traffic: _Traffic


_latest = _Latest()


def _traffic(loop: asyncio.AbstractEventLoop) -> _Traffic:
    if _latest.loop is None or _latest.loop() is not loop:
        _latest.loop = ref(loop)
        _latest.traffic = _Traffic(loop)
    return _latest.traffic


class _TrioWaiter:
    def __init__(self) -> None:
        import trio

        self._trio = trio
        self._token = trio.lowlevel.current_trio_token()
        self._task: trio.lowlevel.Task | None = None
        self._woken = False

    def wake(self) -> None:
        with suppress(self._trio.RunFinishedError):  # the run is over: nobody waits any more
            self._token.run_sync_soon(self._arrive)

    def _arrive(self) -> None:
        self._woken = True
        if self._task is not None:
            task, self._task = self._task, None
            self._trio.lowlevel.reschedule(task)

    async def wait(self, seconds: float | None) -> None:
        if seconds is None:
            await self._sleep()
            return
        with self._trio.move_on_after(seconds) as scope:
            await self._sleep()
        if scope.cancelled_caught:
            raise TimeoutError

    async def _sleep(self) -> None:
        if self._woken:
            await self._trio.lowlevel.checkpoint()
            return
        self._task = self._trio.lowlevel.current_task()
        await self._trio.lowlevel.wait_task_rescheduled(self._give_up)

    def _give_up(self, _raise_cancel: Any) -> trio.lowlevel.Abort:
        self._task = None
        return self._trio.lowlevel.Abort.SUCCEEDED
