"""Handing things from one thread to another: an outcome, a stream of items, and the wake-up of whoever waits for them.

A waiter is made by the one who waits and woken, from any thread, by the one who delivers. ``Blocking`` is that of a
thread; those of tasks are in `_waiters`.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Generic, Protocol, TypeVar

__all__ = ["Blocking", "Buffer", "Outcome", "Waiter"]

T = TypeVar("T")


class Outcome(Generic[T]):
    """What came of a call: ``done`` is set last, then ``answer()`` returns the value or raises the error."""

    __slots__ = ("_error", "_value", "done")

    _value: T

    def __init__(self) -> None:
        self._error: BaseException | None = None
        self.done = False

    def succeed(self, value: T) -> None:
        """Keep the value."""
        self._value = value

    def fail(self, error: BaseException) -> None:
        """Keep the error. A StopIteration becomes a RuntimeError: to a generator that waits it would be an answer."""
        if isinstance(error, StopIteration):
            cause, error = error, RuntimeError("the called code raised StopIteration, which is no answer")
            error.__cause__ = cause
        self._error = error

    def forget(self) -> None:
        """Drop what came of it."""
        self._value = None  # type: ignore[assignment]  # nobody reads it
        self._error = None

    def answer(self) -> T:
        """Return the value or raise the error, once: an error that is kept would be a cycle with its traceback."""
        error, self._error = self._error, None
        if error is None:
            return self._value
        try:
            raise error
        finally:
            del error


class Waiter(Protocol):
    """Somebody who waits."""

    def wake(self) -> None:
        """Wake the one who waits, now or as soon as it waits. From any thread, at most once."""
        ...


class Blocking:
    """A thread that waits."""

    __slots__ = ("_lock", "wake")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self.wake = self._lock.release

    def wait(self, seconds: float) -> None:
        """Return once woken; TimeoutError after that many seconds."""
        if not self._lock.acquire(timeout=min(max(seconds, 0.0), threading.TIMEOUT_MAX)):
            raise TimeoutError  # without words: whoever knows what was to be done within that time has them


class Buffer(Generic[T]):
    """Items on their way from one producing thread to one consumer, who is woken only when it waits."""

    __slots__ = ("_waiting", "items")

    def __init__(self) -> None:
        self.items: deque[T] = deque()
        self._waiting: list[Waiter] = []

    def put(self, item: T) -> None:
        """Add an item."""
        self.items.append(item)
        if self._waiting:
            self.wake()

    def wake(self) -> None:
        """Wake the consumer if it waits."""
        try:
            waiter = self._waiting.pop()
        except IndexError:
            return
        waiter.wake()

    def listen(self, waiter: Waiter, producer: Outcome[Any]) -> None:
        """Have the consumer woken by the next item, or by the end of its producer."""
        self._waiting.append(waiter)
        if self.items or producer.done:  # asked now, not before: whatever comes later wakes it by itself
            self.wake()
