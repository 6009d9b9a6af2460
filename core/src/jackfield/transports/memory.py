"""Transports without a network, for tests: a function answers, and what was asked is there to be looked at.

``MemoryTransport(lambda outgoing: Reply(200, content=b"{}"))`` answers every request with an empty object.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import TypeAlias

from ..errors import JackfieldError
from ..flow import HttpResponse
from . import Outgoing

__all__ = ["AsyncMemoryTransport", "Handler", "MemoryTransport", "Reply"]


class Reply:
    """An answer, whole or in pieces.

    ``content`` is bytes, or an iterable of pieces; a piece that is an exception is raised when the reader gets there.
    Afterwards ``closed`` says whether the connection was closed or given back, and ``complete`` whether all was read.
    """

    def __init__(
        self,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content: bytes | Iterable[bytes | Exception] = b"",
    ) -> None:
        self.status = status
        self.headers = Headers(headers or {})
        self.complete = False
        self.closed = False
        self._pieces = iter([content] if isinstance(content, bytes) else content)

    def read(self) -> bytes:
        """Return all pieces as one."""
        return b"".join(self)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next piece; an exception in its place, and the end, close the connection."""
        if self.closed:
            raise StopIteration
        piece = next(self._pieces, None)
        if isinstance(piece, bytes):
            return piece
        self.closed = True
        if piece is not None:
            raise piece
        self.complete = True
        raise StopIteration

    def finish(self) -> None:
        """Close the connection; ``complete`` says whether the end was next, so that a real one could be kept."""
        self.complete = not self.closed and next(self._pieces, None) is None
        self.closed = True

    def read_error(self, limit: int, /) -> bytes:
        """Read an error's body and close: what came of it up to ``limit`` bytes, or a failure."""
        content = bytearray()
        with suppress(JackfieldError):
            for piece in self:
                content += piece
                if len(content) >= limit:
                    break
        self.close()
        return bytes(content[:limit])

    def close(self) -> None:
        """Close the connection."""
        self.closed = True


Handler: TypeAlias = Callable[[Outgoing], HttpResponse | Reply]
"""What answers: it returns a response, whole or as a Reply, or raises what the exchange is to fail with."""


class _Memory:
    """``requests`` holds what was asked, ``replies`` what was answered, in order."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[Outgoing] = []
        self.replies: list[Reply] = []
        self.closed = False

    def _reply(self, outgoing: Outgoing) -> Reply:
        self.requests.append(outgoing)
        answer = self._handler(outgoing)
        reply = answer if isinstance(answer, Reply) else Reply(answer.status, answer.headers, answer.content)
        self.replies.append(reply)
        return reply

    def _send(self, outgoing: Outgoing) -> HttpResponse:
        reply = self._reply(outgoing)
        return HttpResponse(reply.status, reply.headers, reply.read())


class MemoryTransport(_Memory):
    """Sync."""

    def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Return the handler's answer, read to its end."""
        return self._send(outgoing)

    def stream(self, outgoing: Outgoing, /) -> Reply:
        """Return the handler's answer, to be read piece by piece."""
        return self._reply(outgoing)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True


class AsyncMemoryTransport(_Memory):
    """Async, for any event loop."""

    async def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Return the handler's answer, read to its end."""
        return self._send(outgoing)

    async def stream(self, outgoing: Outgoing, /) -> _AsyncReply:
        """Return the handler's answer, to be read piece by piece."""
        return _AsyncReply(self._reply(outgoing))

    async def aclose(self) -> None:
        """Note that it was closed."""
        self.closed = True


class _AsyncReply:
    def __init__(self, reply: Reply) -> None:
        self.status = reply.status
        self.headers: Mapping[str, str] = reply.headers
        self._reply = reply

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._reply:
            return piece
        raise StopAsyncIteration

    async def finish(self) -> None:
        self._reply.finish()

    async def read_error(self, limit: int, /) -> bytes:
        return self._reply.read_error(limit)

    async def aclose(self) -> None:
        self._reply.close()

    def abort(self) -> None:
        self._reply.close()


class Headers(Mapping[str, str]):
    """Headers as the wire has them: a name's case means nothing."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._values = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
