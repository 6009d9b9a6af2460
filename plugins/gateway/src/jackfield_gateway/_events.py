"""A running ``text/event-stream``: its head, its events, a comment whenever there was silence for long."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from ._attendance import Send

__all__ = ["EventWriter"]

SILENCE = 15.0
"""Seconds without an event after which a comment shows proxies that the connection is alive."""

COMMENT = b": keep-alive\n\n"
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),  # nginx would collect the events
)


class EventWriter:
    """Writes one stream. ``write`` waits while the client is slower than we are, so nothing piles up here."""

    def __init__(self, send: Send, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self.begun = False
        self._send = send
        self._headers = headers
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._writing = False
        self._timer: asyncio.TimerHandle | None = None
        self._comment: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Send the status line, after which an error can only be an event."""
        self.begun = True
        await self._send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, *self._headers]})
        self._arm(SILENCE)

    async def write(self, data: bytes) -> None:
        """Send events, whole ones."""
        self._writing = True
        await self._send({"type": "http.response.body", "body": data, "more_body": True})
        self._writing = False
        self._last = self._loop.time()

    async def end(self, data: bytes = b"") -> None:
        """Send the last events and end the stream."""
        self.stop()
        await self._send({"type": "http.response.body", "body": data, "more_body": False})

    def stop(self) -> None:
        """Send no more comments."""
        if self._timer is not None:
            self._timer.cancel()
        if self._comment is not None:
            self._comment.cancel()

    def _arm(self, seconds: float) -> None:
        self._timer = self._loop.call_later(seconds, self._due)

    def _due(self) -> None:
        # One timer for the whole stream, set anew when it fires: setting it at each event would cost more than writing.
        left = self._last + SILENCE - self._loop.time()
        if left <= 0 and not self._writing:  # else the client is slow, not the model
            self._comment = self._loop.create_task(self.write(COMMENT))
        self._arm(left if left > 0 else SILENCE)
