"""A request's body as it comes in: not larger and not slower than the limits say."""

from __future__ import annotations

import asyncio

from jackfield import APIStatusError, BadRequestError

from ._attendance import Message, Receive
from ._exchange import Exchange
from .config import Limits

__all__ = ["BODY_CAME", "SLOWEST", "Body", "packed", "too_large"]

BODY_CAME = "body_came"
"""Key of a scope's state that the protocol sets when a body is there whole: most are before anybody asks for them."""

SLOWEST = 64 * 1024
"""Bytes a second. Each that has come gives a body more time, so a slow line is no reason to be refused, dripping is."""


class Body:
    """``receive`` of an ASGI app, bounded.

    Raises BadRequestError (413) for a body of more than ``max_body_bytes``, and APIStatusError (408) for one that has
    not come after ``read_timeout`` seconds, to which a second is added for each 64 KiB that has. ``expected`` says
    that some of the body is still to come.
    """

    __slots__ = ("_complete", "_deadline", "_exchange", "_limits", "_receive", "_size")

    def __init__(self, receive: Receive, exchange: Exchange, limits: Limits, *, expected: bool) -> None:
        self._receive = receive
        self._exchange = exchange
        self._limits = limits
        self._complete = not expected
        self._size = 0
        self._deadline: float | None = None

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
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + self._limits.read_timeout
        try:
            async with asyncio.timeout_at(self._deadline + self._size / SLOWEST):
                return await self._receive()
        except TimeoutError as error:
            raise APIStatusError(
                "The request's body did not come in time.", status_code=408, code="request_timeout"
            ) from error


def too_large(limit: int) -> BadRequestError:
    """Return the error for a body above ``limit`` bytes."""
    return BadRequestError(
        f"The request's body is larger than {limit} bytes, the most that this gateway takes.",
        status_code=413,
        code="request_too_large",
    )


def packed() -> APIStatusError:
    """Return the error for a body that would have to be unpacked, of which nobody knows how large it then is."""
    return APIStatusError(
        "This gateway takes no packed bodies: send this one without Content-Encoding.",
        status_code=415,
        code="unsupported_content_encoding",
    )
