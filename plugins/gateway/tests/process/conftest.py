"""The gateway's server around an app of the test's own, in a thread, and a client that says what it likes."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from jackfield_gateway._binding import listen
from jackfield_gateway._exchange import Exchange
from jackfield_gateway._front import Front
from jackfield_gateway._http import Server, run, server_config
from jackfield_gateway.config import Config

PATIENCE = 10.0


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Connection:
    """A socket on which a test writes bytes and reads answers."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def send_until_it_ends(self, *pieces: bytes, pause: float = 0.0) -> None:
        """Send pieces until the server takes no more; fails where it takes all."""
        with suppress(ConnectionResetError, BrokenPipeError):
            for piece in pieces:
                self.send(piece)
                time.sleep(pause)
            pytest.fail("the server took all of it")

    def answer(self) -> Answer:
        """Read one answer, whole; raises EOFError where the connection ends first."""
        status = int(self._line().split()[1])
        headers = {}
        while line := self._line():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, b"".join(self._chunks()))
        return Answer(status, headers, self._bytes(int(headers.get("content-length", 0))))

    def line(self) -> str:
        return self._line()

    def rest_of_chunks(self) -> bytes:
        return b"".join(self._chunks())

    def rest(self) -> bytes:
        """Read to the end of the connection."""
        return self._file.read()

    def ended(self) -> bool:
        """Wait for the end of the connection; False where something else comes."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._line(), 16):
            yield self._bytes(size)
            self._line()
        self._line()

    def _line(self) -> str:
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise EOFError(line)
        return line.decode().rstrip("\r\n")

    def _bytes(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise EOFError(data)
        return data


@dataclass
class Served:
    """A server that runs; ``ended`` are the records of requests that have."""

    app: Any
    config: Config
    probes: Any = None
    began: int = 0
    ended: list[Exchange] = field(default_factory=list)
    connections: list[Connection] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def start(self) -> None:
        self._listener = listen("127.0.0.1", 0, self.config)
        self.port = self._listener.getsockname()[1]
        self.front = Front(self.app, self.config, self, self.probes)
        ready = threading.Event()
        self._server = Server(server_config(self.front, self.config.limits), ready.set)
        self._thread = threading.Thread(target=run, args=(lambda: self._server.serve(sockets=[self._listener]),))
        self._thread.start()
        assert ready.wait(PATIENCE)

    def stop(self) -> None:
        for connection in self.connections:
            connection.close()
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def has_connections(self) -> bool:
        return bool(self._server.server_state.connections)

    def ends(self, count: int = 1) -> list[Exchange]:
        """Wait until so many requests have ended, each a moment after its answer, and return their records."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.ended) >= count, PATIENCE)
            return self.ended

    def begin(self) -> None:
        self.began += 1

    def end(self, exchange: Exchange) -> None:
        with self._changed:
            self.ended.append(exchange)
            self._changed.notify_all()

    def connect(self) -> Connection:
        connection = Connection(self.port)
        self.connections.append(connection)
        return connection

    def ask(self, head: str = "GET / HTTP/1.1", *headers: str, body: bytes = b"", host: str = "localhost") -> Answer:
        """Send one request on a connection of its own and return its answer."""
        connection = self.connect()
        connection.send(request(head, *headers, body=body, host=host))
        return connection.answer()


def request(head: str, *headers: str, body: bytes = b"", host: str = "localhost") -> bytes:
    lines = [head, f"host: {host}", *headers]
    if body:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Return what starts a server around an app, and stops it after the test."""
    running: list[Served] = []

    def start(app: Any, config: Config | None = None, probes: Any = None) -> Served:
        served = Served(app, config or Config(), probes)
        served.start()
        running.append(served)
        return served

    yield start
    for served in running:
        served.stop()


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the body that came."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def make_request() -> Callable[..., bytes]:
    return request


@pytest.fixture
def echo_app() -> Any:
    return echo
