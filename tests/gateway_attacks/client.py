"""A client that may misbehave: it sends the bytes that it is told to and reads whatever comes back."""

from __future__ import annotations

import io
import json
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any, Self, cast
from urllib.parse import urlsplit

__all__ = ["Answer", "Client", "Connection", "head", "request"]

PATIENCE = 20.0
"""Seconds after which a gateway that says nothing is said to hang."""


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error, in either wire format."""
        return self.json["error"]

    @property
    def events(self) -> list[str]:
        """The data of a stream's events."""
        return [line[6:] for line in self.body.decode().split("\n") if line.startswith("data: ")]

    @property
    def text(self) -> str:
        """The text of a chat's answer, streamed or not, so far as it came."""
        if self.headers["content-type"].startswith("application/json"):
            return self.json["choices"][0]["message"]["content"]
        chunks = [json.loads(event) for event in self.events if event != "[DONE]"]
        deltas = [choice["delta"] for chunk in chunks for choice in chunk.get("choices", ())]
        return "".join(delta.get("content") or "" for delta in deltas)


class _Incoming(io.BufferedReader):
    """What comes in, whichever answer it belongs to: it outlives the answers that are read from it."""

    def close(self) -> None:
        """Do nothing: an answer that has ended closes its source."""

    def makefile(self, mode: str) -> Self:
        """Be the socket that an answer is read from."""
        return self


class Connection:
    """One TCP connection to the gateway."""

    def __init__(self, address: tuple[str, int], receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(address)
        self._raw = socket.SocketIO(self.socket, "r")
        self._incoming = _Incoming(self._raw)

    def send(self, data: bytes) -> Self:
        """Send bytes; a server that has heard enough may have closed the connection by then."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)
        return self

    def answer(self, method: str = "POST") -> Answer:
        """Read one whole answer."""
        response = HTTPResponse(cast("socket.socket", self._incoming), method=method)
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def until(self, text: bytes) -> bytes:
        """Read until a text has come, and return all that has."""
        data = b""
        while text not in data:
            piece = self._incoming.read1(65536)
            assert piece, f"the connection ended after {data!r}"
            data += piece
        return data

    def rest(self) -> bytes:
        """Read until the gateway closes the connection, in whichever way."""
        data = bytearray()
        with suppress(ConnectionResetError):
            while piece := self._incoming.read1(65536):
                data += piece
        return bytes(data)

    def reset(self) -> None:
        """Close so that the other side gets a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._raw.close()
        self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Client:
    """Whole requests, one after the other, each on a connection of its own; and connections to do anything with."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        self.address = parts.hostname, parts.port
        self.headers = headers or {}

    def connect(self, **options: Any) -> Connection:
        return Connection(self.address, **options)

    def post(self, path: str, body: Any, **headers: str) -> Answer:
        """POST bytes, or anything else as JSON."""
        return self.ask("POST", path, body if isinstance(body, bytes) else json.dumps(body).encode(), **headers)

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, b"", **headers)

    def ask(self, method: str, path: str, body: bytes, **headers: str) -> Answer:
        with self.connect() as connection:
            return connection.send(self.request(method, path, body, **headers)).answer(method)

    def request(self, method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
        """Return a request's bytes; ``content_type`` is the header ``content-type``, and so on."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return request(method, path, body, {**self.headers, **given})


def request(method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> bytes:
    """Return the bytes of a request that is as it should be."""
    own = {"host": "127.0.0.1", "content-length": str(len(body))}
    if body:
        own["content-type"] = "application/json"
    return head(method, path, {**own, **(headers or {})}) + body


def head(method: str, path: str, headers: dict[str, str]) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")
