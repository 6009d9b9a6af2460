"""Time limits on asyncio. Those of one loop share a timer: one for each would cost as much as the wait it limits."""

from __future__ import annotations

import threading
from contextvars import Context
from math import inf
from typing import TYPE_CHECKING, Protocol
from weakref import ref

if TYPE_CHECKING:
    import asyncio

__all__ = ["Alarms", "alarms_of"]


class Limited(Protocol):
    """What has a time limit."""

    def expire(self) -> None:
        """Learn, on the loop, that the time is over."""


class Alarms:
    """The time limits of one loop, with one timer between them, set for the first that is due."""

    __slots__ = ("_at", "_context", "_timer", "due")

    def __init__(self) -> None:
        self.due: dict[Limited, float] = {}
        """What has a limit, and the loop's time at which it expires. Whoever is done takes itself out."""
        self._timer: ref[asyncio.TimerHandle] | None = None  # weak, since a timer keeps its loop
        self._at = inf
        self._context = Context()  # the timer's, which would otherwise keep its first caller's for minutes

    def limit(self, limited: Limited, seconds: float, loop: asyncio.AbstractEventLoop) -> None:
        """Let it expire after so many seconds."""
        at = loop.time() + seconds
        self.due[limited] = at
        if at < self._at:
            self._set_timer(at, loop)

    def _set_timer(self, at: float, loop: asyncio.AbstractEventLoop) -> None:
        if self._timer is not None and (earlier := self._timer()) is not None:
            earlier.cancel()
        self._at = at
        self._timer = ref(loop.call_at(at, self._ring, loop, context=self._context))

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer, self._at = None, inf
        now = loop.time()
        for limited, at in tuple(self.due.items()):
            if at <= now:
                del self.due[limited]
                limited.expire()
        if (first := min(self.due.values(), default=inf)) < inf:
            self._set_timer(first, loop)


class _Latest(threading.local):
    """The loop that last had a limit in this thread, by weak reference: a closed loop is not kept."""

    loop: ref[asyncio.AbstractEventLoop] | None = None
    alarms: Alarms


_latest = _Latest()


def alarms_of(loop: asyncio.AbstractEventLoop) -> Alarms:
    """Return the alarms of the loop that runs in this thread."""
    if _latest.loop is None or _latest.loop() is not loop:
        _latest.loop = ref(loop)
        _latest.alarms = Alarms()
    return _latest.alarms
