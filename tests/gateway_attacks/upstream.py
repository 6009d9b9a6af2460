"""A server that behaves as the model's name says: it stalls, resets, lies, cuts, drips, and sees its clients leave."""

from __future__ import annotations

import gzip
import json
import re
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any, Self

__all__ = ["BEHAVIOURS", "SECRETS", "Visit", "WildUpstream", "chunk"]

PATIENCE = 20.0
"""Seconds after which a visit that nobody ends is over."""

SECRETS = "key sk-upstream-0123456789 at http://10.1.2.3:8443/internal?token=abc in /srv/models/llama/weights.bin"
"""What upstreams write into errors, and nobody else is to read."""

MODEL_IN_FORM = re.compile(rb'name="model"\r\n\r\n(.*)\r\n')

CUT = struct.pack("ii", 1, 0)
"""SO_LINGER with no time: closing resets the connection."""


class Visit:
    """One request, and the connection to answer it on."""

    def __init__(self, owner: WildUpstream, connection: socket.socket, path: str, body: bytes) -> None:
        self._owner = owner
        self._connection = connection
        self.path = path
        self.body = json.loads(body) if body.startswith(b"{") else {}
        self.model = self.body.get("model") or MODEL_IN_FORM.findall(body)[0].decode()

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def note(self, text: str) -> None:
        """Tell the test something."""
        self._owner.note(text)

    def is_held_up(self, seconds: float) -> bool:
        """Whether the client takes nothing more for so long."""
        return select.select([], [self._connection], [], seconds)[1] == []

    def answer(self, body: bytes, status: str = "200 OK", **headers: str) -> None:
        """Answer with a whole body; ``content_length`` may say what is not so."""
        given = {"content-type": "application/json", "content-length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        self.send(f"HTTP/1.1 {status}\r\n{lines}connection: close\r\n\r\n".encode() + body)

    def stream(self, *datas: Any) -> None:
        """Begin a stream with events, bytes as they are; it goes on until the connection ends."""
        self.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        self.events(*datas)

    def events(self, *datas: Any) -> None:
        self.send(b"".join(b"data: %b\n\n" % (d if isinstance(d, bytes) else json.dumps(d).encode()) for d in datas))

    def reset(self) -> None:
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CUT)

    def wait(self) -> None:
        """Do nothing until the client leaves, which is noted."""
        with suppress(ConnectionError):
            while self._connection.recv(65536):
                pass
        self._owner.note_left(self.model)


def chunk(text: str | None = None, finish: str | None = None) -> dict[str, Any]:
    """An event of a chat."""
    delta = {"role": "assistant", "content": text} if text is not None else {}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "wild", "choices": [choice]}


def answer(text: str = "Hi!") -> bytes:
    """The body of a chat's answer."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return json.dumps({"id": "c1", "object": "chat.completion", "created": 1, "choices": [choice]}).encode()


class WildUpstream:
    """Serves while it is entered. What it does stands in ``BEHAVIOURS``, by the model's name; more may be added."""

    def __init__(self, behaviours: dict[str, Callable[[Visit], None]] | None = None) -> None:
        self._behaviours = {**BEHAVIOURS, **(behaviours or {})}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._left: list[tuple[str, float]] = []
        self._came: list[str] = []
        self._notes: list[str] = []
        self.address: tuple[str, int] = self._listener.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def wait_for_visit(self, model: str) -> None:
        """Wait until a request for a model has come that was not waited for before."""
        with self._changed:
            assert self._changed.wait_for(lambda: model in self._came, PATIENCE), f"no {model} came"
            self._came.remove(model)

    def wait_for_leave(self, model: str) -> float:
        """Wait until a client has left the request for a model; returns when that was, by ``time.monotonic``."""

        def found() -> list[tuple[str, float]]:
            return [each for each in self._left if each[0] == model]

        with self._changed:
            assert self._changed.wait_for(found, PATIENCE), f"nobody left {model}"
            first = found()[0]
            self._left.remove(first)
            return first[1]

    def wait_for_note(self, text: str) -> None:
        """Wait until a behaviour has noted something."""
        with self._changed:
            assert self._changed.wait_for(lambda: text in self._notes, PATIENCE), f"never {text}: {self._notes}"

    def has_visits(self) -> bool:
        """Whether requests have come that nobody waited for."""
        with self._changed:
            return self._came != []

    def note_left(self, model: str) -> None:
        with self._changed:
            self._left.append((model, time.monotonic()))
            self._changed.notify_all()

    def note(self, text: str) -> None:
        with self._changed:
            self._notes.append(text)
            self._changed.notify_all()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with closing(connection), suppress(OSError):
            path, body = _read(connection)
            visit = Visit(self, connection, path, body)
            with self._changed:
                self._came.append(visit.model)
                self._changed.notify_all()
            self._behaviours[visit.model](visit)
        self._connections.discard(connection)


def _read(connection: socket.socket) -> tuple[str, bytes]:
    with connection.makefile("rb") as lines:
        path = lines.readline().split(b" ")[1].decode()
        length = 0
        while (line := lines.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return path, lines.read(length)


# ------------------------------------------------------------------------------------------------------ what it can do


def refuse(status: str, body: Any, **headers: str) -> Callable[[Visit], None]:
    """Answer with an error."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda visit: visit.answer(content, status, **headers)


def whole(body: bytes, **headers: str) -> Callable[[Visit], None]:
    return lambda visit: visit.answer(body, **headers)


def streamed(*datas: Any) -> Callable[[Visit], None]:
    """Stream events, and hang up."""
    return lambda visit: visit.stream(*datas)


def good(visit: Visit) -> None:
    if visit.body.get("stream"):
        visit.stream(chunk("Hi!"), chunk(finish="stop"), b"[DONE]")
    else:
        visit.answer(answer())


def stall(visit: Visit) -> None:
    visit.wait()


def stall_after_head(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n")
    visit.wait()


def stall_in_stream(visit: Visit) -> None:
    visit.stream(chunk("one"))
    visit.wait()


def stream_without_first_chunk(visit: Visit) -> None:
    visit.stream()
    visit.wait()


def reset(visit: Visit) -> None:
    visit.reset()


def reset_after_head(visit: Visit) -> None:
    visit.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
    visit.reset()


def reset_in_stream(visit: Visit) -> None:
    visit.stream(chunk("one"))
    visit.reset()


def drip(visit: Visit) -> None:
    """A byte now and then, so that no gap is long and the whole has no end."""
    visit.send(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{")
    try:
        while True:
            visit.send(b" ")
            time.sleep(0.05)
    except OSError:
        visit.wait()


def endless(visit: Visit) -> None:
    """Chunks for as long as anybody reads them."""
    visit.stream()
    try:
        while True:
            visit.events(*[chunk("word ")] * 20)
            time.sleep(0.001)  # the machine is also for those who are tested
    except OSError:
        visit.wait()


def fat_event(visit: Visit) -> None:
    """An event of more than 64 MiB."""
    visit.stream(chunk("one"))
    visit.send(b"data: ")
    for _ in range(65):
        visit.send(b"x" * 1024 * 1024)
    visit.wait()


def fat(visit: Visit) -> None:
    """A stream of 50 MiB in events of 64 KiB; it notes when nobody takes them any more."""
    piece = b"data: %b\n\n" % json.dumps(chunk("x" * 65536)).encode()
    visit.stream()
    for _ in range(50 * 16):
        if visit.is_held_up(0.5):
            visit.note("held up")
        visit.send(piece)
    visit.events(chunk(finish="stop"), b"[DONE]")
    visit.note("all sent")


def ticking(visit: Visit) -> None:
    """A chunk now and then, for as long as anybody reads them."""
    visit.stream()
    try:
        while True:
            visit.events(chunk("tick "))
            time.sleep(0.02)
    except OSError:
        visit.wait()


def bomb(visit: Visit) -> None:
    """32 MiB of spaces in 32 KiB."""
    visit.answer(gzip.compress(b" " * (32 * 1024 * 1024), 1), content_encoding="gzip")


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def redirect(visit: Visit) -> None:
    visit.answer(b"", "307 Temporary Redirect", location="http://169.254.169.254/latest/meta-data")


BEHAVIOURS: dict[str, Callable[[Visit], None]] = {
    "good": good,
    "stall": stall,
    "stall-after-head": stall_after_head,
    "reset": reset,
    "reset-after-head": reset_after_head,
    "closes": lambda visit: None,
    "short-body": whole(answer(), content_length="999"),
    "long-body": whole(answer() + b"GARBAGE", content_length=str(len(answer()))),
    "html": whole(b"<!doctype html><html>Welcome to /srv/www</html>", content_type="text/html"),
    "html-502": refuse("502 Bad Gateway", b"<html>nginx at http://10.1.2.3</html>", content_type="text/html"),
    "truncated": whole(answer()[:40]),
    "empty": whole(b""),
    "a-list": whole(b"[]"),
    "wrong-shape": whole(b'{"choices": 7}'),
    "error-in-200": whole(json.dumps(error("slow down", code=429)).encode()),
    "not-utf8": whole(b'{"choices": "\xff\xfe"}'),
    "no-http": lambda visit: visit.send(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "bad-gzip": whole(b"no gzip at all", content_encoding="gzip"),
    "bomb": bomb,
    "drip": drip,
    "redirect": redirect,
    "says-400": refuse("400 Bad Request", error(f"bad {SECRETS}", type="x", code="y", param="messages")),
    "says-401": refuse("401 Unauthorized", error(f"wrong {SECRETS}")),
    "says-403": refuse("403 Forbidden", error(f"forbidden {SECRETS}")),
    "says-404": refuse("404 Not Found", error(f"no model {SECRETS}")),
    "says-418": refuse("418 Teapot", error("short and stout")),
    "says-429": refuse("429 Slow", error(f"wait {SECRETS}"), retry_after="7"),
    "says-500": refuse("500 Oh", error(f'Traceback (most recent call last):\n  File "/srv/app.py" {SECRETS}')),
    "says-503": refuse("503 Busy", error("busy"), retry_after="3"),
    "says-500-text": refuse("500 Oh", f"plain {SECRETS}".encode(), content_type="text/plain"),
    "stream-stall": stall_in_stream,
    "stream-silent": stream_without_first_chunk,
    "stream-reset": reset_in_stream,
    "stream-cut": streamed(chunk("one"), b'{"choices": [{"del'),
    "stream-no-finish": streamed(chunk("one")),
    "stream-no-done": streamed(chunk("one"), chunk(finish="stop")),
    "stream-empty": streamed(),
    "stream-error-first": streamed(error(f"no {SECRETS}", code=400, type="invalid_request_error")),
    "stream-error": streamed(chunk("one"), error(f"boom {SECRETS}", code=429)),
    "stream-no-json": streamed(chunk("one"), b"hello"),
    "stream-not-utf8": streamed(chunk("one"), b'{"choices": [{"delta": {"content": "\xff"}}]}'),
    "stream-fat-event": fat_event,
    "endless": endless,
    "ticking": ticking,
    "fat": fat,
}
"""A model's name → what happens to its requests."""
