"""A request's body as it comes in: not larger and not slower than the limits say."""

from __future__ import annotations

import asyncio

from jackfield import APIStatusError, BadRequestError

from ._attendance import Message, Receive
from ._exchange import Exchange
from .config import Limits

__all__ = ["Body", "too_large"]

SLOWEST = 64 * 1024
"""Bytes a second. Each that has come gives a body more time, so a slow line is no reason to be refused, dripping is."""


class Body:
    """``receive`` of an ASGI app, bounded.

    Raises BadRequestError (413) for a body of more than ``max_body_bytes``, and APIStatusError (408) for one that has
    not come after ``read_timeout`` seconds, to which a second is added for each 64 KiB that has.
    """

    __slots__ = ("_complete", "_deadline", "_exchange", "_late", "_limits", "_receive", "_size")

    def __init__(self, receive: Receive, exchange: Exchange, limits: Limits, *, expected: bool) -> None:
        self._receive = receive
        self._exchange = exchange
        self._limits = limits
        self._complete = not expected
        self._size = 0
        self._deadline: float | None = None
        self._late = False

    async def receive(self) -> Message:
        """Return the next message: a piece of the body, or that the client has left."""
        message = await (self._receive() if self._complete else self._in_time())
        if message["type"] == "http.request":
            self._size += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._size > self._limits.max_body_bytes:
                raise too_large(self._limits.max_body_bytes)
        elif not self._exchange.complete:
            self._exchange.client_left = True
        return message

    async def _in_time(self) -> Message:
        # asyncio.timeout would do the same for three times the price, and every request passes here.
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # a server runs each request in one
        if self._deadline is None:
            self._deadline = loop.time() + self._limits.read_timeout
        timer = loop.call_at(self._deadline + self._size / SLOWEST, self._end, task)
        try:
            return await self._receive()
        except asyncio.CancelledError as cancelled:
            if self._late and task.uncancel() == 0:
                raise APIStatusError(
                    "The request's body did not come in time.", status_code=408, code="request_timeout"
                ) from cancelled
            raise
        finally:
            timer.cancel()

    def _end(self, task: asyncio.Task[object]) -> None:
        self._late = True
        task.cancel()


def too_large(limit: int) -> BadRequestError:
    """Return the error for a body above ``limit`` bytes."""
    return BadRequestError(
        f"The request's body is larger than {limit} bytes, the most that this gateway takes.",
        status_code=413,
        code="request_too_large",
    )
