"""The time limit of what a task of asyncio awaits: ``asyncio.timeout`` at less than half of its price."""

from __future__ import annotations

from asyncio import CancelledError, Task, current_task, get_running_loop
from typing import TYPE_CHECKING

from ._alarms import alarms_of

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["within"]


class within:  # noqa: N801  # reads as asyncio.timeout does, for which it stands
    """``with within(seconds):`` ends what the running task awaits in it with a TimeoutError."""

    __slots__ = ("_alarms", "_cancelling", "_expired", "_loop", "_seconds", "_task")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        loop, task = get_running_loop(), current_task()
        if task is None:
            raise RuntimeError("a time limit on asyncio stands inside a task")
        self._task: Task[object] = task
        self._cancelling = task.cancelling()
        self._expired = False
        self._alarms = alarms_of(loop)
        self._alarms.limit(self, self._seconds, loop)

    def expire(self) -> None:
        """Do what the time limit is for."""
        self._expired = True
        self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._alarms.due.pop(self, None)
        # A cancellation that somebody else asked for at the same time goes on.
        if self._expired and self._task.uncancel() <= self._cancelling and kind is CancelledError:
            raise TimeoutError from error
