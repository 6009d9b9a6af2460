"""A total deadline for exchanges that block: httpx bounds each read, and a server that drips bytes outlives that."""

from __future__ import annotations

import math
import os
import threading
import time
from contextlib import suppress
from typing import Protocol

__all__ = ["guard"]


def guard(exchange: Guarded, deadline: float) -> _Guard:
    """Return a context that cuts ``exchange`` at ``deadline``, a ``time.monotonic()``, with a TimeoutError.

    The exchange is closed when the context ends with an error.
    """
    return _Guard(exchange, deadline)


class Guarded(Protocol):
    """An exchange that blocks the thread it runs in."""

    def cut(self) -> None:
        """End it from another thread: a blocked read returns."""

    def close(self) -> None:
        """Close its connection."""


class _Deadlines:
    """Cuts what outlives its deadline.

    One thread sleeps until the earliest deadline. It starts with the first exchange and ends when it wakes and finds
    nothing to watch, so that it costs a running exchange two dictionary operations and an idle program nothing.
    """

    def __init__(self) -> None:
        self._watched: dict[Guarded, float] = {}
        self._changed = threading.Condition()
        self._wakes_at = math.inf
        self._thread: threading.Thread | None = None

    def watch(self, exchange: Guarded, deadline: float) -> None:
        with self._changed:
            self._watched[exchange] = deadline
            if deadline < self._wakes_at:
                self._wakes_at = deadline
                self._wake()

    def unwatch(self, exchange: Guarded) -> bool:
        """Stop watching; False where the exchange was cut."""
        with self._changed:
            return self._watched.pop(exchange, None) is not None

    def _wake(self) -> None:
        if self._thread is not None:
            self._changed.notify()
        else:
            thread = threading.Thread(target=self._run, name="jackfield-deadlines", daemon=True)
            with suppress(RuntimeError):  # the interpreter is ending: the last calls have their read limits only
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        with self._changed:
            while self._watched:
                self._cut_what_is_late()
                self._wakes_at = min(self._watched.values(), default=math.inf)
                if self._watched:
                    self._changed.wait(min(self._wakes_at - time.monotonic(), threading.TIMEOUT_MAX))
            self._wakes_at = math.inf
            self._thread = None

    def _cut_what_is_late(self) -> None:
        now = time.monotonic()
        for exchange in [late for late, deadline in self._watched.items() if deadline <= now]:
            del self._watched[exchange]
            exchange.cut()


class _Guard:
    __slots__ = ("_deadline", "_exchange")

    def __init__(self, exchange: Guarded, deadline: float) -> None:
        self._exchange = exchange
        self._deadline = deadline

    def __enter__(self) -> None:
        _deadlines.watch(self._exchange, self._deadline)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        in_time = _deadlines.unwatch(self._exchange)
        if error is not None or not in_time:
            self._exchange.close()
        if error is None and not in_time:  # a body that ends with its connection looks whole when it is cut
            raise TimeoutError


_deadlines = _Deadlines()


def _start_anew() -> None:
    """Forget what the parent watched: its thread did not come along."""
    global _deadlines
    _deadlines = _Deadlines()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)
