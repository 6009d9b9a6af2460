"""Servers that answer with given bytes, and every transport behind one blocking face."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any, TypeAlias

import anyio.from_thread
import httpx
import pytest
from jackfield.transports import Outgoing
from jackfield.transports.aiohttp_ import AiohttpTransport
from jackfield.transports.httpx_ import AsyncClientTransport, AsyncHttpxTransport, ClientTransport, HttpxTransport

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# ----------------------------------------------------------------------------------------------------------- the server


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: socket.socket, server: WireServer) -> None:
        self._sock = sock
        self._server = server
        self.buffer = b""

    def request(self) -> bytes | None:
        """Read one request, or None where the client has left."""
        while (end := self.buffer.find(b"\r\n\r\n")) < 0:
            if not self._more():
                return None
        head = self.buffer[: end + 4]
        length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"), 0)
        while len(self.buffer) < len(head) + length:
            if not self._more():
                return None
        request, self.buffer = self.buffer[: len(head) + length], self.buffer[len(head) + length :]
        self._server.requests.append(request)
        return request

    def _more(self) -> bool:
        try:
            data = self._sock.recv(65536)
        except ConnectionError:
            return False
        self.buffer += data
        return bool(data)

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._sock.sendall(piece)

    def drip(self, data: bytes) -> None:
        """Send a byte every few milliseconds until the client leaves."""
        for byte in data:
            if self.left(0.01):
                return
            try:
                self._sock.sendall(bytes([byte]))
            except ConnectionError:
                return

    def left(self, seconds: float = 10) -> bool:
        """Wait for the client to leave; whether it did."""
        readable, _, _ = select.select([self._sock], [], [], seconds)
        return bool(readable) and not self._more()

    def reset(self) -> None:
        """End the connection with a reset instead of an orderly close."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._sock.close()


Script: TypeAlias = Callable[[Peer], Any]


class WireServer:
    """Runs a script for each connection; ``results`` holds what they return, in the order of their ends."""

    def __init__(self, script: Script, *, wrap: Callable[[socket.socket], socket.socket] | None = None) -> None:
        self._script = script
        self._wrap = wrap
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1/chat"
        self.requests: list[bytes] = []
        self.results: list[Any] = []
        self.connections = 0
        self.ended = threading.Semaphore(0)
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(sock)
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(sock,)))
            self._threads[-1].start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self._wrap is not None:
                sock = self._wrap(sock)
                self._sockets.append(sock)
            self.results.append(self._script(Peer(sock, self)))
        except OSError as error:
            self.results.append(error)
        finally:
            sock.close()
            self.ended.release()

    def result(self) -> Any:
        """Wait for a script to end, and return what it returned."""
        assert self.ended.acquire(timeout=10), "the server's script did not end"
        return self.results.pop(0)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[0].join(10)
        for sock in self._sockets:
            with suppress(OSError):  # its script may have closed it
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join(10)
            assert not thread.is_alive(), "a server's script hangs"


@pytest.fixture
def serve() -> Iterator[Callable[..., WireServer]]:
    """Start a server that runs a script for each connection."""
    with ExitStack() as stack:

        def start(script: Script, **options: Any) -> WireServer:
            server = WireServer(script, **options)
            stack.callback(server.close)
            return server

        yield start


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    """The bytes of a whole answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answering(*answers: bytes) -> Script:
    """A script that reads requests and sends these answers, the last one again and again."""

    def script(peer: Peer) -> str:
        rest = list(answers)
        while peer.request() is not None:
            peer.send(rest.pop(0) if len(rest) > 1 else rest[0])
        return "the client left"

    return script


@pytest.fixture
def wire() -> Any:
    """The helpers of this file, for tests: they cannot import it."""

    class Helpers:
        answer = staticmethod(answer)
        answering = staticmethod(answering)
        outgoing = staticmethod(outgoing)

    return Helpers


def outgoing(
    url: str,
    *,
    method: str = "POST",
    headers: dict[str, str] | None = None,
    content: bytes = b'{"model": "m"}',
    total: float = 20,
    connect: float = 10,
    read: float = 10,
) -> Outgoing:
    """A request, with limits in seconds from now."""
    return Outgoing(
        method,
        url,
        headers if headers is not None else {"authorization": "Bearer key", "content-type": "application/json"},
        content,
        deadline=time.monotonic() + total,
        connect=connect,
        read=read,
    )


# ------------------------------------------------------------------------------------------------------- the transports


class Sync:
    """A sync transport as it is."""

    asynchronous = False

    def __init__(self, transport: Any, clean_up: Callable[[], None]) -> None:
        self.transport = transport
        self._clean_up = clean_up
        self.send = transport.send
        self.stream = transport.stream
        self.close = transport.close

    def finish(self) -> None:
        self.transport.close()
        self._clean_up()


class Blocking:
    """An async transport on an event loop in a thread, with the face of a sync one."""

    asynchronous = True

    def __init__(self, portal: Any, transport: Any, clean_up: Callable[[], Any]) -> None:
        self.portal = portal
        self.transport = transport
        self._clean_up = clean_up

    def send(self, request: Outgoing) -> Any:
        return self.portal.call(self.transport.send, request)

    def stream(self, request: Outgoing) -> BlockingIncoming:
        return BlockingIncoming(self.portal, self.portal.call(self.transport.stream, request))

    def close(self) -> None:
        self.portal.call(self.transport.aclose)

    def finish(self) -> None:
        self.close()
        self.portal.call(self._clean_up)


class BlockingIncoming:
    def __init__(self, portal: Any, incoming: Any) -> None:
        self._portal = portal
        self._incoming = incoming
        self.status = incoming.status
        self.headers = incoming.headers
        self.abort = incoming.abort

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return self._portal.call(self._incoming.__anext__)
        except StopAsyncIteration:
            raise StopIteration from None

    def finish(self) -> None:
        self._portal.call(self._incoming.finish)

    def read_error(self, limit: int) -> bytes:
        return self._portal.call(self._incoming.read_error, limit)

    def close(self) -> None:
        self._portal.call(self._incoming.aclose)


async def _nothing() -> None:
    pass


OWN = ["httpx", "httpx on asyncio", "httpx on trio", "aiohttp"]
CLIENTS = ["a client", "a client on asyncio", "a client on trio"]


@pytest.fixture(params=[*OWN, *CLIENTS])
def transport(request) -> Iterator[Any]:
    """Every transport, one after the other."""
    yield from _started(request.param)


@pytest.fixture(params=OWN)
def own(request) -> Iterator[Any]:
    """Every transport with connections of its own."""
    yield from _started(request.param)


@pytest.fixture(params=OWN[1:] + CLIENTS[1:])
def asynchronous(request) -> Iterator[Any]:
    """Every async transport."""
    yield from _started(request.param)


def _started(name: str) -> Iterator[Any]:
    if name == "httpx":
        face = Sync(HttpxTransport(), lambda: None)
    elif name == "a client":
        client = httpx.Client()
        face = Sync(ClientTransport(client), client.close)
    else:
        with anyio.from_thread.start_blocking_portal("trio" if name.endswith("trio") else "asyncio") as portal:
            face = Blocking(portal, *portal.call(_make, name))
            yield face
            face.finish()
        return
    yield face
    face.finish()


async def _make(name: str) -> tuple[Any, Callable[[], Any]]:
    if name == "aiohttp":
        return AiohttpTransport(), _nothing
    if name.startswith("a client"):
        client = httpx.AsyncClient()
        return AsyncClientTransport(client), client.aclose
    return AsyncHttpxTransport(), _nothing
