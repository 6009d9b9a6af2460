"""The three ways to run a stream, behind one blocking face, and a provider that streams OpenAI's wire."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from jackfield import AsyncClient, Client, EventStream, RateLimitError, hookimpl
from jackfield.flow import http
from jackfield.transports.memory import AsyncMemoryTransport, Handler, MemoryTransport, Reply
from jackfield.types import CompletionRequest, ModelResponseStream, Request, TextCompletionRequest

BASE = "https://models.example/v1"


class Decoder:
    """OpenAI's wire, as a provider reads it."""

    def decode(self, frame: Any) -> Any:
        if frame.data == b"[DONE]":
            return None
        if b'"error"' in frame.data[:12]:
            raise RateLimitError(json.loads(frame.data)["error"]["message"])
        return ModelResponseStream.model_validate_json(frame.data)


class Wire:
    """A provider that streams what its server sends."""

    @hookimpl
    def streaming(self, request: Any, settings: Any) -> Any:
        base = settings.api_base or BASE
        return EventStream(http("POST", f"{base}/chat", json={"m": request.model}), decoder=Decoder)


class Streamed:
    """What came of a stream: its chunks, its response, the error that ended it."""

    def __init__(self) -> None:
        self.chunks: list[Any] = []
        self.response: Any = None
        self.error: Exception | None = None

    @property
    def texts(self) -> list[str]:
        return [part.delta.content for chunk in self.chunks for part in chunk.choices if part.delta.content]

    @property
    def finishes(self) -> list[str]:
        return [part.finish_reason for chunk in self.chunks for part in chunk.choices if part.finish_reason]


class Caller:
    """Runs streams as one kind of caller does: "sync", "asyncio" or "trio"."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.client: Any = None
        self.transport: MemoryTransport | AsyncMemoryTransport | None = None

    def serve(self, plugin: object, handler: Handler | None = None, name: str = "acme") -> Caller:
        """Register a plugin with a client of its own, whose requests the handler answers."""
        sync = self.kind == "sync"
        if handler is not None:
            self.transport = (MemoryTransport if sync else AsyncMemoryTransport)(handler)
        self.client = (Client if sync else AsyncClient)(transport=self.transport)
        self.client.register_provider(name, plugin)
        return self

    def answer(self, *pieces: bytes | Exception) -> Caller:
        """Serve the wire of these pieces, whatever is asked."""
        return self.serve(Wire(), lambda outgoing: Reply(content=pieces))

    @property
    def reply(self) -> Reply:
        """The only answer there was."""
        assert self.transport is not None
        (reply,) = self.transport.replies
        return reply

    def run(self, request: Request, *, leave_after: int | None = None) -> Streamed:
        """Read a stream, to its end or so many chunks; an error that ends it is kept."""
        if self.kind == "sync":
            return self._run(request, leave_after)
        return anyio.run(self._arun, request, leave_after, backend=self.kind)

    def _run(self, request: Request, leave_after: int | None) -> Streamed:
        streamed, stream = Streamed(), None
        try:
            with self.client.run(request) as stream:
                for chunk in stream:
                    streamed.chunks.append(chunk)
                    if len(streamed.chunks) == leave_after:
                        break
        except Exception as error:
            streamed.error = error
        streamed.response = stream and stream.response
        return streamed

    async def _arun(self, request: Request, leave_after: int | None) -> Streamed:
        streamed, stream = Streamed(), None
        try:
            async with await self.client.run(request) as stream:
                async for chunk in stream:
                    streamed.chunks.append(chunk)
                    if len(streamed.chunks) == leave_after:
                        break
        except Exception as error:
            streamed.error = error
        streamed.response = stream and stream.response
        return streamed


@pytest.fixture(params=["sync", "asyncio", "trio"])
def caller(request: pytest.FixtureRequest) -> Caller:
    """Each kind of caller in turn."""
    return Caller(request.param)


class Helpers:
    """What tests need of this file, which they cannot import."""

    Caller = Caller
    Decoder = Decoder
    Wire = Wire

    @staticmethod
    def chat(**options: Any) -> CompletionRequest:
        """A streamed chat with these parameters and options of the core."""
        params = options.pop("params", {})
        return CompletionRequest("acme/m", [], stream=True, params=params, options=options)  # type: ignore[arg-type]

    @staticmethod
    def text(**options: Any) -> TextCompletionRequest:
        return TextCompletionRequest("acme/m", prompt="x", stream=True, options=options)  # type: ignore[arg-type]

    @staticmethod
    def piece(content: str | None = None, finish: str | None = None, **fields: Any) -> bytes:
        """One event with a piece of the first choice."""
        delta = {} if content is None else {"content": content}
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return Helpers.event({"id": "x", "created": 17, "model": "m-2", "choices": [choice], **fields})

    @staticmethod
    def event(payload: Any) -> bytes:
        return b"data: " + (payload if isinstance(payload, bytes) else json.dumps(payload).encode()) + b"\n\n"


@pytest.fixture
def tools() -> type[Helpers]:
    """The helpers of this file."""
    return Helpers
