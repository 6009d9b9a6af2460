"""The transport on aiohttp, for asyncio: several times httpx's rate where many calls are in flight.

A connection that the server closed while it was idle is replaced unseen; one that it closes in the moment of the next
request is an APIConnectionError, since the request may have arrived.
"""

from __future__ import annotations

import asyncio
import io
import math
import os
import time
from contextlib import suppress
from functools import lru_cache
from inspect import signature
from typing import TYPE_CHECKING, Any

from .._within import within
from ..errors import ConfigurationError, JackfieldError
from ..flow import HttpResponse
from . import MOMENT
from . import _wording as wording
from ._exchange import Exchange
from ._headers import fixed_headers
from ._lines import KEEPALIVE
from ._proxies import proxy_for, shown
from ._sockets import LEFT_BEHIND, shut
from ._ssl import context_for

try:
    import aiohttp
    import multidict
    import yarl
    from aiohttp.http_exceptions import ContentEncodingError, PayloadEncodingError
except ImportError as error:
    raise ImportError("the aiohttp transport needs aiohttp: pip install 'jackfield[aiohttp]'") from error

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from . import AsyncIncoming, Outgoing
    from ._headers import Pairs
    from ._targets import Origin, Target

__all__ = ["AiohttpTransport"]

LARGE = 2**20  # bytes; a longer body goes in pieces
LONGEST_HEADER = 2**16  # bytes
MOST_HEADERS: dict[str, Any] = (
    {"max_headers": 1024} if "max_headers" in signature(aiohttp.ClientSession).parameters else {}
)


class AiohttpTransport:
    """Async, for asyncio: one session, made in the loop of the first call, without cookies and without limits."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._proxy_for = lru_cache(maxsize=1024)(_proxy_for)
        self._process = os.getpid()

    async def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange a request for a whole response before ``outgoing.deadline``."""
        with _Exchange(outgoing) as exchange, within(exchange.left):
            response = await self._open(exchange)
            content = await response.read()
        return HttpResponse(response.status, response.headers, content)

    async def stream(self, outgoing: Outgoing, /) -> AsyncIncoming:
        """Send a request, return when status and headers are there."""
        with _Exchange(outgoing) as exchange, within(exchange.left):
            response = await self._open(exchange)
        return _Incoming(response, exchange)

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    def __del__(self) -> None:
        if self._session is None or self._session.closed:
            return
        if os.getpid() != self._process:
            LEFT_BEHIND.append(self._session)
        elif self._loop is not None and self._loop.is_closed():
            # Nobody can await this any more, and nothing in it has to wait: undone, aiohttp would complain in the log.
            closing = self._session.close()
            with suppress(StopIteration):
                closing.send(None)
            closing.close()

    async def _open(self, exchange: _Exchange) -> aiohttp.ClientResponse:
        outgoing, target = exchange.outgoing, exchange.target
        exchange.proxy = proxy = self._proxy_for(target.origin)
        session = self._session or self._start()
        headers = _headers(tuple(outgoing.headers.items()), target)
        return await session.request(
            outgoing.method,
            _url(target.url),
            data=_data(outgoing.content),
            headers=headers,
            skip_auto_headers=None if "Content-Type" in headers else ("Content-Type",),
            proxy=proxy,
            ssl=context_for("https") if target.origin.scheme == "https" else True,
            timeout=_limits(outgoing.connect),
            allow_redirects=False,
        )

    def _start(self) -> aiohttp.ClientSession:
        self._loop = asyncio.get_running_loop()
        self._session = session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEPALIVE),
            cookie_jar=aiohttp.DummyCookieJar(),
            max_line_size=LONGEST_HEADER,
            max_field_size=LONGEST_HEADER,
            **MOST_HEADERS,  # in the versions of aiohttp that count them
        )
        return session


def _data(content: bytes) -> bytes | io.BytesIO | None:
    if len(content) > LARGE:
        return io.BytesIO(content)
    return content or None


@lru_cache(maxsize=1024)
def _url(url: str) -> yarl.URL:
    return yarl.URL(url, encoded=True)


# In the shape that aiohttp would make of them at each request. It knows the length of the body by itself.
@lru_cache(maxsize=256)
def _headers(given: Pairs, target: Target) -> multidict.CIMultiDictProxy[str]:
    pairs = [(multidict.istr(name), value) for name, value in fixed_headers(given, target)]
    return multidict.CIMultiDictProxy(multidict.CIMultiDict(pairs))


@lru_cache(maxsize=64)
def _limits(connect: float) -> aiohttp.ClientTimeout:
    # The deadline is `within`'s: it costs less than aiohttp's `total`, which also rounds up to whole seconds.
    return aiohttp.ClientTimeout(connect=connect, ceil_threshold=math.inf)


def _proxy_for(origin: Origin) -> str | None:
    proxy = proxy_for(origin)
    if proxy is not None and not proxy.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"aiohttp does not speak to the proxy {shown(proxy)!r}: it takes http:// and https:// addresses; for "
            "socks5:// set JACKFIELD_TRANSPORT=httpx and pip install 'httpx[socks]'"
        )
    return proxy


def _payload_error(exchange: Exchange, error: aiohttp.ClientPayloadError) -> JackfieldError:
    # Where headers and body come at once, aiohttp's parser hides the encoding's error behind the plain class.
    undecodable = type(error.__cause__) in {ContentEncodingError, PayloadEncodingError}
    return (wording.undecodable if undecodable else wording.broke_off)(exchange, error)


class _Exchange(Exchange):
    """A request on its way through aiohttp."""

    meanings = (
        (aiohttp.ConnectionTimeoutError, wording.no_connection),
        (TimeoutError, wording.silent),
        (aiohttp.ClientHttpProxyError, wording.refused_by_proxy),
        (aiohttp.ClientConnectorError, wording.unreachable),
        (aiohttp.ClientPayloadError, _payload_error),
        (aiohttp.ClientResponseError, wording.not_http),
        (aiohttp.ClientError, wording.broke_off),
        (OSError, wording.broke_off),
    )

    __slots__ = ()


class _Incoming:
    """A response whose body is read piece by piece."""

    def __init__(self, response: aiohttp.ClientResponse, exchange: _Exchange) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._exchange = exchange
        self._loop = asyncio.get_running_loop()
        self._over = False
        self._process = os.getpid()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """Return the next piece; the end, or an error, ends the exchange."""
        if self._over:
            raise StopAsyncIteration
        try:
            # Not aiohttp's own limit: its clock also runs while nobody waits for the next piece.
            with self._exchange, within(min(self._exchange.outgoing.read, self._exchange.left)):
                piece = await self._response.content.readany()
            self._exchange.deadline = math.inf
        except BaseException:
            self._close()
            raise
        if not piece:
            self._close()
            raise StopAsyncIteration
        return piece

    async def finish(self) -> None:
        """Keep the connection if the body ends within a moment, else close it."""
        with suppress(JackfieldError, TimeoutError), within(MOMENT):
            async for _ in self:
                pass
        self._close()

    async def read_error(self, limit: int, /) -> bytes:
        """Read an error's body and close: what came of it up to ``limit`` bytes, the deadline, or a failure."""
        content = bytearray()
        left = self._exchange.outgoing.deadline - time.monotonic()
        with suppress(JackfieldError, TimeoutError), within(left):
            async for piece in self:
                content += piece
                if len(content) >= limit:
                    break
        self._close()
        return bytes(content[:limit])

    async def aclose(self) -> None:
        """Close the connection, unless the body came to its end: then aiohttp has it back already."""
        self._close()

    def abort(self) -> None:
        """Close the connection at once, from anywhere."""
        if os.getpid() != self._process:
            LEFT_BEHIND.append(self)
            return
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            shut(connection.transport.get_extra_info("socket"))
        if self._loop.is_closed():
            self._close()
        else:
            self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        self._over = True
        self._response.close()
