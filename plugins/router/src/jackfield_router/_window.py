"""A sliding minute: how much of something there was in the last 60 seconds."""

from __future__ import annotations

from collections import deque

__all__ = ["MINUTE", "Window"]

MINUTE = 60.0
"""Seconds."""


class Window:
    """Amounts at their times, as long as they are younger than a minute. Times are seconds of one steady clock."""

    __slots__ = ("_entries", "_total")

    def __init__(self) -> None:
        self._entries: deque[tuple[float, int]] = deque()
        self._total = 0

    def add(self, now: float, amount: int = 1) -> None:
        """Note an amount."""
        self._entries.append((now, amount))
        self._total += amount

    def total(self, now: float) -> int:
        """Return the sum of the last minute."""
        entries = self._entries
        while entries and entries[0][0] <= now - MINUTE:
            self._total -= entries.popleft()[1]
        return self._total

    def seconds_until_below(self, limit: int, now: float) -> float:
        """Return how long it takes until the sum is below a limit, when nothing is added; 0 where it is already."""
        left = self.total(now)
        wait = 0.0
        for time, amount in self._entries:
            if left < limit:
                break
            left -= amount
            wait = time + MINUTE - now
        return max(0.0, wait)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._total = 0
