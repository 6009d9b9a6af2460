"""Open connections that wait for the next request, kept by origin.

httpx's own pool looks at every connection on every call, and collapses past fifty in flight. Here each connection has
an httpx transport of its own, a *line*, and taking one is a look at the end of a list.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from ._targets import Origin

__all__ = ["KEEPALIVE", "Lines"]

KEEPALIVE = 30.0
"""Seconds that an idle connection is kept. Servers and balancers commonly close theirs after 5 to 75 seconds."""


class Line(Protocol):
    """What is kept: it remembers where it leads and since when it waits."""

    origin: Origin
    idle_since: float


L = TypeVar("L", bound=Line)


class Lines(Generic[L]):
    """Idle connections, any number of them; the one used last is taken first, so that a surplus expires."""

    def __init__(self) -> None:
        self._idle: defaultdict[Origin, list[L]] = defaultdict(list)
        self._lock = threading.RLock()
        self._next_sweep = time.monotonic() + KEEPALIVE

    def take(self, origin: Origin) -> L | None:
        """Return an idle line, or None."""
        with self._lock:
            idle = self._idle[origin]
            return idle.pop() if idle else None

    def give_back(self, line: L) -> list[L]:
        """Keep a line for the next request; return those that have waited too long, for the caller to close."""
        line.idle_since = now = time.monotonic()
        with self._lock:
            self._idle[line.origin].append(line)
            return self._sweep(now) if now >= self._next_sweep else []

    def _sweep(self, now: float) -> list[L]:
        self._next_sweep = now + KEEPALIVE
        expired = []
        for origin, idle in list(self._idle.items()):
            expired += [line for line in idle if now - line.idle_since > KEEPALIVE]
            self._idle[origin] = [line for line in idle if now - line.idle_since <= KEEPALIVE]
            if not self._idle[origin]:
                del self._idle[origin]
        return expired

    def clear(self) -> list[L]:
        """Forget all lines and return them. Takes no lock: a forked child may have inherited it locked."""
        idle, self._idle = self._idle, type(self._idle)(list)  # at the interpreter's exit globals are gone already
        return [line for lines in idle.values() for line in lines]
