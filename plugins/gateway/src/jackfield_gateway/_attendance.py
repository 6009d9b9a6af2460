"""Whether the client is still there: whoever works for one that has left is stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any, TypeAlias

__all__ = ["Attendance", "ClientLeft", "Receive", "Scope", "Send"]

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

GRACE = 0.1
"""Seconds before anybody looks: most answers are there sooner, and looking takes a task."""


class ClientLeft(Exception):  # no error: nobody is left to be told
    """The client closed the connection before it had its answer."""


class Attendance:
    """A block that is cancelled when the client leaves, and then raises ClientLeft.

    The request's body must have been read: what ``receive`` gives next is the end of the connection.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = False
        self._watcher: asyncio.Task[None] | None = None

    def __enter__(self) -> None:
        self._loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # a server runs each request in one
        self._task = task
        self._timer = self._loop.call_later(GRACE, self._look)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()
        # The server may cancel this task too, when it stops; that one goes on.
        if self._left and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise ClientLeft from error

    def _look(self) -> None:
        self._watcher = self._loop.create_task(self._wait())

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass  # a chunk that a client sends after its body's end is nobody's
        self._left = True
        self._task.cancel()
