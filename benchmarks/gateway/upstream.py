"""The provider behind every gateway: it answers bytes that were built beforehand, in the OpenAI format.

    python upstream.py [--lifetime SECONDS]

listens on a free loopback port and prints it. `kinds.py` says what it answers under which path. A stream is sent as
providers send theirs, each event in a transfer chunk of its own; one without pauses is written at once. It runs on
uvloop, and ends with its lifetime (an hour by default) or with the process that started it.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import os
import re
from typing import Any

import uvloop

from kinds import MARK, MODEL
from shared import completion, end_of_request

_PATH = re.compile(rb"POST (?:/(\d+)/(\d+))?/v1/chat/completions[ ?]")
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection: its requests in any pieces, answered in order."""

    def connection_made(self, transport: Any) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer:
            self._timer.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := end_of_request(self._received)) is not None:
            request, self._received = self._received[:end], self._received[end:]
            self._answer(_PATH.match(request))

    def _answer(self, path: re.Match[bytes] | None) -> None:
        if path is None:
            self._transport.write(_NOT_FOUND)
        elif path[1] is None:
            self._transport.write(answer())
        elif pause := int(path[2]) / 1000:
            self._send(pieces(int(path[1])), 0, self._loop.time(), pause)
        else:
            self._transport.write(whole(int(path[1])))

    def _send(self, stream: tuple[bytes, ...], number: int, due: float, pause: float) -> None:
        """Write the piece that is due and wait for the next: late ones are not paid for by those after them."""
        self._transport.write(stream[number])
        if number + 1 < len(stream):
            due += pause
            self._timer = self._loop.call_at(due, self._send, stream, number + 1, due, pause)


@functools.cache
def answer() -> bytes:
    """The plain answer, as long as that of the mock for clients."""
    return completion().replace(b"A jackfield", f"{MARK} jackfield".encode())


@functools.cache
def whole(tokens: int) -> bytes:
    return b"".join(pieces(tokens))


@functools.cache
def pieces(tokens: int) -> tuple[bytes, ...]:
    """A stream by the moments it is sent at: the role with the first token, each token, the finish with the end."""
    contents = [_event({"content": f" {MARK}{number:05}"}, None) for number in range(tokens)]
    first = _HEAD + _event({"role": "assistant", "content": ""}, None) + contents[0]
    last = _event({}, "stop") + _chunk(b"data: [DONE]\n\n") + _chunk(b"")
    return (first, *contents[1:], last)


def _event(delta: dict[str, str], finish_reason: str | None) -> bytes:
    chunk = {
        "id": "chatcmpl-mock0000000000000000000001",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": MODEL,
        "system_fingerprint": "fp_mock",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
    }
    return _chunk(b"data: %b\n\n" % json.dumps(chunk, separators=(",", ":")).encode())


def _chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)


async def serve(lifetime: float) -> None:
    """Print the port, then serve until the parent process is gone or `lifetime` seconds have passed."""
    loop = asyncio.get_running_loop()
    parent, ends = os.getppid(), loop.time() + lifetime
    server = await loop.create_server(Upstream, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    while os.getppid() == parent and loop.time() < ends:  # noqa: ASYNC110 - no event tells that a parent is gone
        await asyncio.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description="A fast provider in the OpenAI format, on loopback.")
    parser.add_argument("--lifetime", type=float, default=3600, help="seconds after which it ends (default: 3600)")
    uvloop.run(serve(parser.parse_args().lifetime))


if __name__ == "__main__":
    main()
