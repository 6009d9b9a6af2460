"""Transports: what sends a request and brings the answer. The HTTP effect is the core's, so the transport is free.

A transport keeps no cookies, follows no redirect, raises no error for a status, and takes limits from the request.
It raises APIConnectionError, APITimeoutError and (for a body that does not decompress) InvalidResponseError, nothing
else; the message names host and port, never headers or body.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Protocol

from ..flow import HttpResponse

__all__ = ["LONGEST", "MOMENT", "AsyncIncoming", "AsyncTransport", "Incoming", "Outgoing", "Transport"]

LONGEST = 1e6
"""Seconds, eleven days: the longest limit that a socket is given. Their clocks count milliseconds in 32 bits."""

MOMENT = 0.05
"""Seconds that ``finish`` waits for the end of a body. It usually comes with the last event, or right behind it."""


class Outgoing:
    """A request as it goes on the wire.

    ``deadline`` is the ``time.monotonic()`` by which the whole answer must be there, or for a stream the first piece
    of its body; ``connect`` and ``read`` bound one connection attempt and one read, in seconds. Each may be infinite.
    """

    __slots__ = ("connect", "content", "deadline", "headers", "method", "read", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        content: bytes,
        *,
        deadline: float,
        connect: float,
        read: float,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.content = content
        self.deadline = deadline
        self.connect = min(connect, LONGEST)
        self.read = min(read, LONGEST)


class Incoming(Protocol):
    """A response whose body is read piece by piece: iterate over bytes, already decompressed."""

    status: int
    headers: Mapping[str, str]

    def __iter__(self) -> Iterator[bytes]: ...

    def finish(self) -> None:
        """Leave a body that has said all: keep the connection if the body ends within a moment, else close it."""

    def read_error(self, limit: int, /) -> bytes:
        """Read an error's body and close: what came of it up to ``limit`` bytes, the deadline, or a failure."""

    def close(self) -> None:
        """Close the connection, or give it back where the body was read to its end. May be called twice."""


class Transport(Protocol):
    """The sync side."""

    def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange a request for a whole response before ``outgoing.deadline``."""

    def stream(self, outgoing: Outgoing, /) -> Incoming:
        """Send a request, return when status and headers are there."""

    def close(self) -> None:
        """Close all connections."""


class AsyncIncoming(Protocol):
    """As Incoming, for async code. ``abort`` closes without awaiting, for finalizers."""

    status: int
    headers: Mapping[str, str]

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def finish(self) -> None:
        """Leave a body that has said all: keep the connection if the body ends within a moment, else close it."""

    async def read_error(self, limit: int, /) -> bytes:
        """Read an error's body and close: what came of it up to ``limit`` bytes, the deadline, or a failure."""

    async def aclose(self) -> None:
        """Close the connection, or give it back where the body was read to its end. May be called twice."""

    def abort(self) -> None:
        """Close the connection at once, from anywhere."""


class AsyncTransport(Protocol):
    """The async side: one instance belongs to one event loop."""

    async def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange a request for a whole response before ``outgoing.deadline``."""

    async def stream(self, outgoing: Outgoing, /) -> AsyncIncoming:
        """Send a request, return when status and headers are there."""

    async def aclose(self) -> None:
        """Close all connections."""
