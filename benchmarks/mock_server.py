"""A mock of the OpenAI format that is far faster than any client that is measured against it.

    python mock_server.py [--lifetime SECONDS]

listens on a free loopback port and prints it. It answers bytes that were built beforehand:

    POST /v1/chat/completions                        one answer of some 500 bytes
    POST /v1/chat/completions, "stream": true        5,000 chunks of content
    POST /chunks/N/v1/chat/completions, the same     N chunks of content

It needs only the standard library and runs on uvloop where that is installed. It ends with the process
that started it, and after its lifetime (an hour by default) in any case.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import os
import re
from typing import Any, cast

ANSWER = "A jackfield is a panel on which any source in the studio can be patched through to any desk."
CHUNKS = 5_000
TOKEN_LENGTH = 6
MODEL = "gpt-mock"

_STREAM = re.compile(rb'"stream"\s*:\s*true')
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:\s*chunked", re.IGNORECASE)
_CLOSE = re.compile(rb"\r\nconnection:\s*close", re.IGNORECASE)
_PATH = re.compile(rb"POST (?:/chunks/(\d+))?/v1/chat/completions[ ?]")
_WRITE = 64 * 1024


class MockProtocol(asyncio.Protocol):
    """One connection: requests in any pieces, several of them pipelined, answered in order."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := end_of_request(self._received)) is not None:
            request, self._received = self._received[:end], self._received[end:]
            self._transport.write(answer(request))
            if _CLOSE.search(request):
                self._transport.close()
                return


def end_of_request(received: bytes) -> int | None:
    """Where the first request in `received` ends, or None while it is incomplete."""
    head_end = received.find(b"\r\n\r\n")
    if head_end < 0:
        return None
    if length := _CONTENT_LENGTH.search(received, 0, head_end):
        end = head_end + 4 + int(length[1])
        return end if end <= len(received) else None
    if _CHUNKED.search(received, 0, head_end):
        end = received.find(b"\r\n0\r\n\r\n", head_end)
        return end + 7 if end >= 0 else None
    return head_end + 4


def answer(request: bytes) -> bytes:
    """The bytes that answer one whole request."""
    path = _PATH.match(request)
    if path is None:
        return not_found()
    if _STREAM.search(request):
        return stream(int(path[1] or CHUNKS))
    return completion()


@functools.cache
def not_found() -> bytes:
    return _response("404 Not Found", b'{"error": {"message": "the mock has no such path", "type": "not_found"}}')


@functools.cache
def completion() -> bytes:
    message = {"role": "assistant", "content": ANSWER, "refusal": None}
    body = {
        "id": "chatcmpl-mock0000000000000000000001",
        "object": "chat.completion",
        "created": 1_760_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 21, "total_tokens": 33},
        "system_fingerprint": "fp_mock",
    }
    return _response("200 OK", json.dumps(body).encode())


@functools.cache
def stream(chunks: int) -> bytes:
    """A role, `chunks` pieces of content, a finish and `[DONE]`, in transfer chunks of 64 KiB.

    No two pieces are alike: some clients take a repeated piece for a broken model.
    """
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": f" {number % 100_000:05}"} for number in range(chunks)]
    events = [_event(delta, None) for delta in deltas] + [_event({}, "stop"), b"data: [DONE]\n\n"]
    body = b"".join(events)
    pieces = [body[at : at + _WRITE] for at in range(0, len(body), _WRITE)] + [b""]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


def _event(delta: dict[str, Any], finish_reason: str | None) -> bytes:
    chunk = {
        "id": "chatcmpl-mock0000000000000000000001",
        "object": "chat.completion.chunk",
        "created": 1_760_000_000,
        "model": MODEL,
        "system_fingerprint": "fp_mock",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
    }
    return b"data: %b\n\n" % json.dumps(chunk, separators=(",", ":")).encode()


def _response(status: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def serve(lifetime: float) -> None:
    """Print the port, then serve until the parent process is gone or `lifetime` seconds have passed."""
    loop = asyncio.get_running_loop()
    parent, ends = os.getppid(), loop.time() + lifetime
    server = await loop.create_server(MockProtocol, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    while os.getppid() == parent and loop.time() < ends:  # noqa: ASYNC110 - no event tells that a parent is gone
        await asyncio.sleep(1)


def main() -> None:
    parser = argparse.ArgumentParser(description="A fast mock of the OpenAI format on loopback.")
    parser.add_argument("--lifetime", type=float, default=3600, help="seconds after which it ends (default: 3600)")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(options.lifetime))


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
