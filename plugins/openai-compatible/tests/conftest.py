"""What the tests stand on: calls of both colours over a wire in memory, and a small real server on loopback."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from jackfield import AsyncClient, Client, JackfieldError
from jackfield.transports import Outgoing
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport, Reply


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    """The variables of whoever runs the tests decide nothing."""
    import os

    for name in list(os.environ):
        if name.startswith("JACKFIELD_") or name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)


# ------------------------------------------------------------------------------------------------------- wire in memory


REGISTRY = Client().registry  # one for all: reading what is installed is the slow part of a client


class Streamed(NamedTuple):
    """A stream read to its end: its chunks, the accumulated response, and the error that ended it, if one did."""

    chunks: list[Any]
    response: Any
    error: JackfieldError | None

    @property
    def text(self) -> str:
        return "".join(choice.delta.content or "" for chunk in self.chunks for choice in chunk.choices)


class Part(NamedTuple):
    """One part of a multipart body."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


@pytest.fixture(name="parts_of")
def _parts_of():
    return parts_of


def parts_of(content_type: str, body: bytes) -> list[Part]:
    message: Any = BytesParser(policy=HTTP).parsebytes(f"content-type: {content_type}\r\n\r\n".encode() + body)
    return [
        Part(
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"] and part.get_content_type(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]


class Wire:
    """A client of one colour whose network is this object: `replies` are given in order, `sent` is what was asked."""

    def __init__(self, colour: str) -> None:
        self.colour = colour
        self.replies: list[Reply] = []
        self.sent: list[Outgoing] = []

    def __call__(self, request: Any, *replies: Reply | bytes) -> Any:
        """Run a request: its response, or a Streamed. Bytes are the body of a 200."""
        self.replies = [Reply(content=reply) if isinstance(reply, bytes) else reply for reply in replies]
        if self.colour == "sync":
            return self._sync(request)
        return asyncio.run(self._async(request))

    @property
    def body(self) -> Any:
        return json.loads(self.sent[-1].content)

    @property
    def parts(self) -> list[Part]:
        return parts_of(self.sent[-1].headers["content-type"], self.sent[-1].content)

    def _answer(self, outgoing: Outgoing) -> Reply:
        self.sent.append(outgoing)
        return self.replies.pop(0)

    def _sync(self, request: Any) -> Any:
        result = Client(registry=REGISTRY, transport=MemoryTransport(self._answer)).run(request)
        if not getattr(request, "stream", False):
            return result
        chunks = []
        try:
            for chunk in result:
                chunks.append(chunk)  # noqa: PERF402  # what came before an error is to be kept
        except JackfieldError as error:
            return Streamed(chunks, result.response, error)
        return Streamed(chunks, result.response, None)

    async def _async(self, request: Any) -> Any:
        result = await AsyncClient(registry=REGISTRY, transport=AsyncMemoryTransport(self._answer)).run(request)
        if not getattr(request, "stream", False):
            return result
        chunks = []
        try:
            async for chunk in result:
                chunks.append(chunk)  # noqa: PERF401
        except JackfieldError as error:
            return Streamed(chunks, result.response, error)
        return Streamed(chunks, result.response, None)


@pytest.fixture(params=["sync", "async"])
def wire(request):
    return Wire(request.param)


@pytest.fixture
def sync_wire():
    """For what does not depend on the colour."""
    return Wire("sync")


# -------------------------------------------------------------------------------------------------------- a real server


class Recorded(NamedTuple):
    """One request as it came over the wire; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server(ThreadingHTTPServer):
    """Answers every request with `answer(recorded)`: status, media type, body."""

    daemon_threads = False  # so that server_close() waits for them
    answer: Callable[[Recorded], tuple[int, str, bytes]]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[Recorded] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Server  # HTTP/1.0: a connection for each request, which ends with the body

    def do_GET(self) -> None:
        self._respond()

    def do_POST(self) -> None:
        self._respond()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet."""

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        recorded = Recorded(self.command, self.path, headers, body)
        self.server.requests.append(recorded)
        status, media_type, answer = self.server.answer(recorded)
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()
