"""Reading what httpx received: whole, or piece by piece. The types of httpx are named here, httpx is not imported."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from ..errors import JackfieldError
from . import MOMENT
from ._deadlines import guard
from ._sockets import LEFT_BEHIND, shut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping

    import httpx

    from ._exchange import Exchange

__all__ = ["AsyncClosable", "AsyncHttpxIncoming", "HttpxIncoming", "async_body", "body", "close_all", "socket_of"]


class AsyncClosable(Protocol):
    """What is closed by awaiting."""

    async def aclose(self) -> None:
        """Close it."""


def body(response: httpx.Response) -> bytes:
    """Read a whole body, decompressed."""
    if "content-encoding" in response.headers:
        return response.read()
    stream = cast("httpx.SyncByteStream", response.stream)  # what read() reads, without its layers
    content = b"".join(stream)
    stream.close()
    return content


async def async_body(response: httpx.Response) -> bytes:
    """Read a whole body, decompressed."""
    stream = cast("httpx.AsyncByteStream", response.stream)
    content = b"".join([piece async for piece in stream])
    await stream.aclose()
    if "content-encoding" in response.headers:
        # A sync response: httpx's async generators, dropped half-way by an undecodable body, make trio warn.
        return type(response)(200, headers=response.headers, content=content).content
    return content


class HttpxIncoming:
    """A response whose body is read piece by piece; ``done`` is told whether it was read to its end."""

    def __init__(self, response: httpx.Response, exchange: Exchange, done: Callable[[bool], None]) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._exchange = exchange
        self._done: Callable[[bool], None] | None = done
        self._pieces = _pieces(response)
        self._begun = False
        self._process = os.getpid()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next piece; the end, or an error, ends the exchange."""
        try:
            with self._exchange:
                piece = next(self._pieces, None) if self._begun else self._first()
        except BaseException:
            self._end(complete=False)
            raise
        if piece is None:
            self._end(complete=True)
            raise StopIteration
        return piece

    def _first(self) -> bytes | None:
        self._begun = True
        with guard(self, self._exchange.deadline):
            piece = next(self._pieces, None)
        self._exchange.deadline = math.inf
        return piece

    def finish(self) -> None:
        """Keep the connection if the body ends within a moment, else close it."""
        if os.getpid() != self._process:  # whatever is read here the parent would miss
            self.close()
            return
        self._begun = True  # this guard is the only one
        with suppress(JackfieldError, TimeoutError), guard(self, time.monotonic() + MOMENT):
            for _ in self:
                pass

    def read_error(self, limit: int, /) -> bytes:
        """Read an error's body and close: what came of it up to ``limit`` bytes, the deadline, or a failure."""
        self._begun = True  # this guard is the only one
        content = bytearray()
        with suppress(JackfieldError, TimeoutError), guard(self, self._exchange.outgoing.deadline):
            for piece in self:
                content += piece
                if len(content) >= limit:
                    break
        self.close()
        return bytes(content[:limit])

    def cut(self) -> None:
        """End it from another thread: a blocked read returns."""
        if os.getpid() == self._process:  # in a fork's child it would end the parent's connection
            shut(socket_of(self._response))

    def close(self) -> None:
        """Close the connection, or give it back where the body was read to its end."""
        self._end(complete=False)

    def _end(self, *, complete: bool) -> None:
        done, self._done = self._done, None
        if done is None:
            return
        if not complete:
            self.cut()  # first: another thread may be reading
        self._response.close()
        if os.getpid() == self._process:
            done(complete)


class AsyncHttpxIncoming:
    """As HttpxIncoming, for async code; what was aborted waits in ``unfinished`` for somebody who can await."""

    def __init__(
        self,
        response: httpx.Response,
        exchange: Exchange,
        done: Callable[[bool], Awaitable[None]],
        unfinished: list[AsyncClosable],
    ) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._exchange = exchange
        self._done: Callable[[bool], Awaitable[None]] | None = done
        self._unfinished = unfinished
        self._pieces = _async_pieces(response)
        self._process = os.getpid()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece; the end, or an error, ends the exchange."""
        try:
            with self._exchange:
                return await (anext(self._pieces) if self._exchange.deadline == math.inf else self._first())
        except StopAsyncIteration:
            await self._end(complete=True)
            raise
        except BaseException:
            await self._end(complete=False)
            raise

    async def _first(self) -> bytes:
        from anyio import fail_after

        with fail_after(self._exchange.left):
            piece = await anext(self._pieces)
        self._exchange.deadline = math.inf
        return piece

    async def finish(self) -> None:
        """Keep the connection if the body ends within a moment, else close it."""
        from anyio import move_on_after

        with suppress(JackfieldError), move_on_after(MOMENT):
            async for _ in self:
                pass
        await self.aclose()

    async def read_error(self, limit: int, /) -> bytes:
        """Read an error's body and close: what came of it up to ``limit`` bytes, the deadline, or a failure."""
        from anyio import move_on_after

        content = bytearray()
        with suppress(JackfieldError), move_on_after(self._exchange.outgoing.deadline - time.monotonic()):
            async for piece in self:
                content += piece
                if len(content) >= limit:
                    break
        await self.aclose()
        return bytes(content[:limit])

    async def aclose(self) -> None:
        """Close the connection, or give it back where the body was read to its end."""
        await self._end(complete=False)

    def abort(self) -> None:
        """Close the connection at once, from anywhere; what must be awaited is done with the next exchange."""
        if os.getpid() != self._process:
            LEFT_BEHIND.append(self)
        elif self._done is not None:
            shut(socket_of(self._response))
            self._unfinished.append(self)

    async def _end(self, *, complete: bool) -> None:
        done, self._done = self._done, None
        if os.getpid() != self._process:
            LEFT_BEHIND.append(self)
        elif done is not None:
            await self._response.aclose()
            if not complete:
                await _exhaust(self._pieces)
            await done(complete)


async def close_all(unfinished: list[AsyncClosable]) -> None:
    """Do what could not be awaited when it was due."""
    while unfinished:
        await unfinished.pop().aclose()


async def _exhaust(pieces: AsyncIterator[bytes]) -> None:
    """Let httpx's nested generators run into the closed connection: dropped half-way, they make trio warn."""
    with suppress(Exception):  # which is what is to happen
        async for _ in pieces:
            pass


def socket_of(response: httpx.Response) -> Any:
    """Return the socket that a response comes from; None where it comes from no network."""
    stream = response.extensions.get("network_stream")
    return None if stream is None else stream.get_extra_info("socket")


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    return response.iter_bytes() if "content-encoding" in response.headers else iter(cast("Any", response.stream))


def _async_pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    return response.aiter_bytes() if "content-encoding" in response.headers else aiter(cast("Any", response.stream))
