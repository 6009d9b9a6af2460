"""The transports on httpx: sync, and async for asyncio and trio. The one module that imports httpx.

    HttpxTransport        AsyncHttpxTransport        on connections of their own
    ClientTransport       AsyncClientTransport       through a client that the user brings, and closes

Only what httpx and httpx2 share is used. A connection that the server closed while it was idle is replaced unseen;
one that it closes in the moment of the next request is an APIConnectionError, since the request may have arrived.
"""

from __future__ import annotations

import math
import os
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import httpx

from ..errors import APIConnectionError, BadRequestError, ConfigurationError
from ..flow import HttpResponse
from . import LONGEST
from . import _wording as wording
from ._bodies import AsyncHttpxIncoming, HttpxIncoming, async_body, body, close_all, socket_of
from ._deadlines import guard
from ._exchange import Exchange
from ._headers import raw_headers, wire_headers
from ._lines import Lines
from ._proxies import proxy_for, shown
from ._sockets import LEFT_BEHIND, shut
from ._ssl import context_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from . import AsyncIncoming, Incoming, Outgoing
    from ._bodies import AsyncClosable
    from ._targets import Origin

__all__ = ["AsyncClientTransport", "AsyncHttpxTransport", "ClientTransport", "HttpxTransport"]

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1, keepalive_expiry=None)

FRESH = 1.0
"""Seconds for which an idle connection is taken to be there still. A wrong guess costs the exactness of a deadline."""

_unfinished_of: WeakKeyDictionary[httpx.AsyncClient, list[AsyncClosable]] = WeakKeyDictionary()

url_of = lru_cache(maxsize=1024)(httpx.URL)


# ------------------------------------------------------------------------------------------ on connections of their own


class HttpxTransport:
    """Sync, on connections of its own: as many as there are calls at once, each kept for a while when idle."""

    def __init__(self) -> None:
        self._lines: Lines[_Line] = Lines()
        self._proxy_for = lru_cache(maxsize=1024)(proxy_for)
        self._closed = False

    def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange a request for a whole response before ``outgoing.deadline``."""
        with _Exchange(outgoing) as exchange:
            line = self._line_for(exchange)
            with guard(line, exchange.deadline):
                response = line.transport.handle_request(exchange.request(line.trace))
                content = body(response)
            self._keep(line)
        return HttpResponse(response.status_code, response.headers, content)

    def stream(self, outgoing: Outgoing, /) -> Incoming:
        """Send a request, return when status and headers are there."""
        with _Exchange(outgoing) as exchange:
            line = self._line_for(exchange)
            with guard(line, exchange.deadline):
                response = line.transport.handle_request(exchange.request(line.trace))

        def done(complete: bool) -> None:  # noqa: FBT001  # one caller, one meaning
            if complete:
                self._keep(line)
            else:
                line.close()

        return HttpxIncoming(response, exchange, done)

    def close(self) -> None:
        """Close the idle connections; those in use are closed when their exchange ends."""
        self._closed = True
        for line in self._lines.clear():
            line.transport.close()  # no more than that: in a forked child the parent still uses the connection

    __del__ = close  # a forked child drops what it inherited, and must not leave it to the collector's warnings

    def _line_for(self, exchange: _Exchange) -> _Line:
        exchange.proxy = self._proxy_for(exchange.origin)
        return self._lines.take(exchange.origin) or _Line(exchange.origin, exchange.proxy)

    def _keep(self, line: _Line) -> None:
        for surplus in [line] if self._closed else self._lines.give_back(line):
            surplus.transport.close()


class AsyncHttpxTransport:
    """Async, for asyncio and trio, on connections of its own."""

    def __init__(self) -> None:
        self._lines: Lines[_AsyncLine] = Lines()
        self._proxy_for = lru_cache(maxsize=1024)(proxy_for)
        self._unfinished: list[AsyncClosable] = []
        self._closed = False
        self._process = os.getpid()

    async def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange a request for a whole response before ``outgoing.deadline``."""
        from anyio import fail_after

        with _Exchange(outgoing) as exchange:
            with fail_after(exchange.left):
                request = exchange.request()
                with _Use(await self._line_for(exchange), self._unfinished) as line:
                    response = await line.transport.handle_async_request(request)
                    content = await async_body(response)
            await self._keep(line)
        return HttpResponse(response.status_code, response.headers, content)

    async def stream(self, outgoing: Outgoing, /) -> AsyncIncoming:
        """Send a request, return when status and headers are there."""
        from anyio import fail_after

        with _Exchange(outgoing) as exchange, fail_after(exchange.left):
            request = exchange.request()
            with _Use(await self._line_for(exchange), self._unfinished) as line:
                response = await line.transport.handle_async_request(request)

        async def done(complete: bool) -> None:  # noqa: FBT001  # one caller, one meaning
            await (self._keep(line) if complete else line.aclose())

        return AsyncHttpxIncoming(response, exchange, done, self._unfinished)

    async def aclose(self) -> None:
        """Close the idle connections; those in use are closed when their exchange ends."""
        self._closed = True
        await close_all(self._unfinished)
        for line in self._lines.clear():
            await line.aclose()

    def __del__(self) -> None:
        if os.getpid() != self._process:
            LEFT_BEHIND.append(self._lines)

    async def _line_for(self, exchange: _Exchange) -> _AsyncLine:
        await close_all(self._unfinished)
        exchange.proxy = self._proxy_for(exchange.origin)
        return self._lines.take(exchange.origin) or _AsyncLine(exchange.origin, exchange.proxy)

    async def _keep(self, line: _AsyncLine) -> None:
        for surplus in [line] if self._closed else self._lines.give_back(line):
            await surplus.aclose()


class _Line:
    """One connection, in an httpx transport of its own, and its socket as soon as there is one."""

    __slots__ = ("idle_since", "origin", "socket", "transport")

    def __init__(self, origin: Origin, proxy: str | None) -> None:
        self.origin = origin
        self.idle_since = -math.inf
        self.socket: Any = None
        self.transport = httpx.HTTPTransport(verify=context_for(origin.scheme), limits=ONE, proxy=_proxy(proxy))

    @property
    def trace(self) -> Callable[[str, Mapping[str, Any]], None] | None:
        """What learns of a new socket. It costs 5 % of a call, and is left out where the old one will do."""
        usable = time.monotonic() - self.idle_since < FRESH and self.socket.fileno() >= 0
        return None if usable else self._notice

    def _notice(self, event: str, info: Mapping[str, Any]) -> None:
        self.socket = _new_socket(event, info) or self.socket

    def cut(self) -> None:
        shut(self.socket)

    def close(self) -> None:
        self.cut()  # first: another thread may be reading
        self.transport.close()


class _AsyncLine:
    """One connection, in an httpx transport of its own."""

    __slots__ = ("idle_since", "origin", "transport")

    def __init__(self, origin: Origin, proxy: str | None) -> None:
        self.origin = origin
        self.idle_since = -math.inf
        self.transport = httpx.AsyncHTTPTransport(verify=context_for(origin.scheme), limits=ONE, proxy=_proxy(proxy))

    async def aclose(self) -> None:
        await self.transport.aclose()


class _Use:
    """The use of a line: one that fails or is cancelled is put aside, and closed with the next exchange.

    httpx closes it in most cases; not where the cancellation comes between connecting and sending.
    """

    __slots__ = ("_line", "_unfinished")

    def __init__(self, line: _AsyncLine, unfinished: list[AsyncClosable]) -> None:
        self._line = line
        self._unfinished = unfinished

    def __enter__(self) -> _AsyncLine:
        return self._line

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is not None:
            self._unfinished.append(self._line)


def _proxy(url: str | None) -> httpx.Proxy | None:
    if url is None:
        return None
    try:
        return httpx.Proxy(url, ssl_context=context_for("https") if url.startswith("https:") else None)
    except (ValueError, httpx.InvalidURL):
        pass  # raised below, out of its reach: its text repeats the URL, which may hold the proxy's password
    raise ConfigurationError(
        f"the proxy {shown(url)!r} cannot be used: HTTP_PROXY, HTTPS_PROXY and ALL_PROXY take http://, https:// and "
        "(with `pip install 'httpx[socks]'`) socks5:// addresses"
    )


# ---------------------------------------------------------------------------------------------- through a user's client


class ClientTransport:
    """Through an ``httpx.Client`` of the user's: its headers, auth, hooks, proxies and cookies apply; it stays open."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange a request for a whole response before ``outgoing.deadline``."""
        with _Exchange(outgoing) as exchange:
            opening = _Opening()
            with guard(opening, exchange.deadline):
                response = self._open(exchange, opening)
                content = body(response)
        return HttpResponse(response.status_code, response.headers, content)

    def stream(self, outgoing: Outgoing, /) -> Incoming:
        """Send a request, return when status and headers are there."""
        with _Exchange(outgoing) as exchange:
            opening = _Opening()
            with guard(opening, exchange.deadline):
                response = self._open(exchange, opening)
        exchange.lift_limit(response)
        return HttpxIncoming(response, exchange, _nothing)

    def close(self) -> None:
        """Do nothing: the client belongs to whoever brought it."""

    def _open(self, exchange: _Exchange, opening: _Opening) -> httpx.Response:
        request = exchange.built_by(self._client)
        request.extensions["trace"] = opening.notice
        opening.response = response = self._client.send(request, stream=True, follow_redirects=False)
        return response


class AsyncClientTransport:
    """Through an ``httpx.AsyncClient`` of the user's, as ClientTransport."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._unfinished = _unfinished_of.setdefault(client, [])

    async def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange a request for a whole response before ``outgoing.deadline``."""
        from anyio import fail_after

        with _Exchange(outgoing) as exchange, fail_after(exchange.left):
            response = await self._open(exchange)
            content = await async_body(response)
        return HttpResponse(response.status_code, response.headers, content)

    async def stream(self, outgoing: Outgoing, /) -> AsyncIncoming:
        """Send a request, return when status and headers are there."""
        from anyio import fail_after

        with _Exchange(outgoing) as exchange, fail_after(exchange.left):
            response = await self._open(exchange)
        exchange.lift_limit(response)

        async def done(complete: bool) -> None:  # noqa: FBT001
            _nothing(complete)

        return AsyncHttpxIncoming(response, exchange, done, self._unfinished)

    async def aclose(self) -> None:
        """Close what was aborted; the client belongs to whoever brought it."""
        await close_all(self._unfinished)

    async def _open(self, exchange: _Exchange) -> httpx.Response:
        await close_all(self._unfinished)
        return await self._client.send(exchange.built_by(self._client), stream=True, follow_redirects=False)


def _nothing(complete: bool) -> None:  # noqa: FBT001
    """Leave the connection to the client, which keeps its own."""


class _Opening:
    """An answer that is awaited and read, to be ended from another thread.

    httpx shows the socket of a new connection as soon as there is one, that of an old one only with the headers: until
    then the limit of each read is all that bounds them.
    """

    __slots__ = ("_socket", "response")

    def __init__(self) -> None:
        self.response: httpx.Response | None = None
        self._socket: Any = None

    def notice(self, event: str, info: Mapping[str, Any]) -> None:
        self._socket = _new_socket(event, info) or self._socket

    def cut(self) -> None:
        shut(self._socket if self.response is None else socket_of(self.response))

    def close(self) -> None:
        if self.response is not None:
            self.response.close()


# ------------------------------------------------------------------------------------------------------ what they share


def _new_socket(event: str, info: Mapping[str, Any]) -> Any:
    """Return the socket that httpx's trace tells of, None where it tells of something else."""
    made = event.endswith(("connect_tcp.complete", "start_tls.complete"))
    return info["return_value"].get_extra_info("socket") if made else None


def _protocol_error(exchange: Exchange, error: httpx.RemoteProtocolError) -> APIConnectionError:
    # httpx has one class for a server that hangs up and for one that talks nonsense.
    ended_early = "closed" in str(error) or "disconnected" in str(error)
    return (wording.broke_off if ended_early else wording.not_http)(exchange, error)


def _illegal_request(exchange: Exchange, error: httpx.LocalProtocolError) -> BadRequestError:
    return BadRequestError(
        "the httpx client given added a header that HTTP does not allow "
        "(was a key read from a file together with its line end?)"
    )


class _Exchange(Exchange):
    """A request on its way through httpx."""

    secretive = (httpx.LocalProtocolError,)

    meanings = (
        (httpx.ConnectTimeout, wording.no_connection),
        (httpx.PoolTimeout, wording.no_connection),
        (httpx.TimeoutException, wording.silent),
        (httpx.ConnectError, wording.unreachable),
        (httpx.ProxyError, wording.refused_by_proxy),
        (httpx.LocalProtocolError, _illegal_request),
        (httpx.RemoteProtocolError, _protocol_error),
        (httpx.TransportError, wording.broke_off),
        (httpx.DecodingError, wording.undecodable),
        (TimeoutError, wording.not_in_time),
    )

    __slots__ = ()

    def request(self, trace: Callable[[str, Mapping[str, Any]], None] | None = None) -> httpx.Request:
        """Build the request with no more work than needed."""
        outgoing = self.outgoing
        limits = {"connect": min(outgoing.connect, self.left), "read": outgoing.read, "write": outgoing.read}
        return httpx.Request(
            outgoing.method,
            url_of(self.target.url),
            headers=raw_headers(outgoing, self.target),
            stream=httpx.ByteStream(outgoing.content),
            extensions={"timeout": limits} if trace is None else {"timeout": limits, "trace": trace},
        )

    def built_by(self, client: httpx.Client | httpx.AsyncClient) -> httpx.Request:
        """Let a client build the request, so that its base headers and parameters apply."""
        outgoing, left = self.outgoing, min(self.left, LONGEST)
        read = min(outgoing.read, left)
        return client.build_request(
            outgoing.method,
            url_of(self.target.url),
            headers=wire_headers(outgoing, self.target, defaults=False),
            content=outgoing.content,
            timeout=httpx.Timeout(connect=min(outgoing.connect, left), read=read, write=read, pool=left),
        )

    def lift_limit(self, response: httpx.Response) -> None:
        """Let a gap in the stream be as long as ``read`` says, whatever was left for the headers."""
        response.request.extensions["timeout"]["read"] = self.outgoing.read


# ---------------------------------------------------------------------------------------------------------------- forms


def encode_form(data: Mapping[str, Any], files: Sequence[tuple[str, Any]]) -> tuple[str, bytes]:
    """Return content type and body of a form, multipart where there are files."""
    request = httpx.Request("POST", "http://form", data=dict(data), files=list(files))
    return request.headers.get("content-type", "application/x-www-form-urlencoded"), request.read()
