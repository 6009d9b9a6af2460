"""What the tests stand on: a provider whose servers are played over a wire in memory, called in all three colours."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from jackfield import (
    APIConnectionError,
    AsyncClient,
    Client,
    CompletionRequest,
    EmbeddingResponse,
    EventStream,
    ImageResponse,
    ModelResponse,
    ProviderInfo,
    TextCompletionResponse,
    hookimpl,
)
from jackfield.flow import call, http
from jackfield.transports import Outgoing
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport, Reply
from jackfield_router import Deployment, Router, RouterSettings

COLOURS = ("sync", "asyncio", "trio")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    """The variables of whoever runs the tests decide nothing."""
    import os

    for name in list(os.environ):
        if name.startswith("JACKFIELD_"):
            monkeypatch.delenv(name)


class Clock:
    """Stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class Fake:
    """A provider of every operation: each is one POST to ``{api_base}/{operation}``, of everything it was given."""

    @hookimpl
    def provider_info(self):
        return ProviderInfo(api_base="https://models.example")

    def effect(self, request, settings, **fields):
        headers = dict(settings.headers)
        if settings.api_key:
            headers["authorization"] = f"Bearer {settings.api_key}"
        body = {"model": request.model, **fields, **request.params, **settings.extra_body}
        return http("POST", f"{settings.api_base}/{request.operation}", json=body, headers=headers)

    @hookimpl
    def completion(self, request, settings):
        response = yield from self.effect(request, settings, messages=request.messages)
        return ModelResponse.model_validate_json(response.content)

    @hookimpl
    def streaming(self, request, settings):
        return EventStream(self.effect(request, settings, messages=request.messages), framing="ndjson", decoder=Lines)

    @hookimpl
    def text_completion(self, request, settings):
        if request.stream:
            return EventStream(self.effect(request, settings, prompt=request.prompt), framing="ndjson", decoder=Lines)
        response = yield from self.effect(request, settings, prompt=request.prompt)
        return TextCompletionResponse.model_validate_json(response.content)

    @hookimpl
    def embedding(self, request, settings):
        response = yield from self.effect(request, settings, input=request.input)
        return EmbeddingResponse.model_validate_json(response.content)

    @hookimpl
    def image_generation(self, request, settings):
        response = yield from self.effect(request, settings, prompt=request.prompt)
        return ImageResponse.model_validate_json(response.content)

    @hookimpl
    def image_edit(self, request, settings):
        images = yield from call(lambda: [_read(item) for item in request.image])
        response = yield from self.effect(request, settings, prompt=request.prompt, images=images)
        return ImageResponse.model_validate_json(response.content)


def _read(item: Any) -> str:
    """Read a file as careless code does: it stands at its end afterwards."""
    item = item[1] if isinstance(item, tuple) else item
    return (item.read() if hasattr(item, "read") else item).decode()


class Lines:
    def decode(self, line: bytes) -> Any:
        return json.loads(line) if line else ()


TOKENS = {"prompt_tokens": 3, "completion_tokens": 7, "total_tokens": 10}


def whole(operation: str, model: str, usage: Any = TOKENS) -> Reply:
    """A good answer of each operation, in which the model says its name."""
    bodies: dict[str, Any] = {
        "completion": {"choices": [{"message": {"role": "assistant", "content": model}}], "usage": usage},
        "text_completion": {"choices": [{"text": model}], "usage": usage},
        "embedding": {"data": [{"embedding": [0.5]}], "model": model, "usage": usage},
        "image_generation": {"data": [{"url": model}]},
        "image_edit": {"data": [{"url": model}]},
    }
    return Reply(content=json.dumps(bodies[operation]).encode())


def streamed(*texts: str, usage: Any = TOKENS, text: bool = False) -> Reply:
    """A good stream: a line for each text, the finish, the usage."""
    content = [{"choices": [{"text": each} if text else {"delta": {"content": each}}]} for each in texts]
    end = [{"choices": [{"finish_reason": "stop", **({"text": ""} if text else {"delta": {}})}]}]
    last = [{"choices": [], "usage": usage}] if usage else []
    kind = {"object": "text_completion"} if text else {}
    return Reply(content=[json.dumps(kind | line).encode() + b"\n" for line in [*content, *end, *last]])


def broken(*texts: str) -> Reply:
    """A stream that is cut off after these texts."""
    lines = [json.dumps({"choices": [{"delta": {"content": each}}]}).encode() + b"\n" for each in texts]
    return Reply(content=[*lines, APIConnectionError("reset")])


def failing(status: int, headers: dict[str, str] | None = None, **error: Any) -> Reply:
    return Reply(status, headers, json.dumps({"error": {"message": "no", **error}}).encode())


SOON = {"retry-after-ms": "1"}
"""The headers of an error after which a retry need not wait."""


def chat(model: str = "groups/fast", *, stream: bool = False, params: Any = None, metadata: Any = None, **options: Any):
    messages = [{"role": "user", "content": "Hi"}]
    return CompletionRequest(model, messages, stream=stream, params=params or {}, metadata=metadata, options=options)


class Net:
    """The servers behind the provider "fake".

    ``play(model, …)`` says what the next calls of a model get: replies, or exceptions that the connection fails with;
    afterwards it answers with its name. ``sent`` are the bodies, ``outgoing`` the requests as they went out.
    """

    def __init__(self, colour: str, transport: type | None = None) -> None:
        self.colour = colour
        self.outgoing: list[Outgoing] = []
        self.clock = Clock()
        self._played: dict[str, list[Reply | Exception]] = defaultdict(list)
        sync = colour == "sync"
        self.transport: Any = (transport or (MemoryTransport if sync else AsyncMemoryTransport))(self._answer)
        self.client: Any = (Client if sync else AsyncClient)(transport=self.transport)
        self.client.register_provider("fake", Fake())

    def play(self, model: str, *replies: Reply | Exception) -> None:
        self._played[model] += replies

    @property
    def sent(self) -> list[Any]:
        return [json.loads(each.content) for each in self.outgoing]

    @property
    def asked(self) -> list[str]:
        """The models that were called, in order."""
        return [body["model"] for body in self.sent]

    def _answer(self, outgoing: Outgoing) -> Reply:
        self.outgoing.append(outgoing)
        body = json.loads(outgoing.content)
        model, operation = body["model"], outgoing.url.rpartition("/")[2]
        if self._played[model]:
            reply = self._played[model].pop(0)
            if isinstance(reply, Exception):
                raise reply
            return reply
        return streamed(model) if operation == "streaming" else whole(operation, model)

    # What the tests do with it ---------------------------------------------------------------------------------------

    chat = staticmethod(chat)
    failing = staticmethod(failing)
    streamed = staticmethod(streamed)
    broken = staticmethod(broken)
    whole = staticmethod(whole)
    soon = SOON

    def route(self, *deployments: Deployment, settings: RouterSettings | None = None, **more: Any) -> Router:
        """Register a router as "groups"; its clock stands still and its chance is always 0, unless told otherwise."""
        router = Router(deployments, settings, **{"clock": self.clock, "random": lambda: 0.0, **more})
        self.client.register_provider("groups", router)
        return router

    def run(self, scenario: Callable[[], Awaitable[Any]]) -> Any:
        """Run an async function where this colour lives; a sync client is called from it as well."""
        return trio.run(scenario) if self.colour == "trio" else asyncio.run(_awaited(scenario))

    async def ask(self, request: Any) -> Any:
        """Run a request: its response, or its opened stream as an Open."""
        result = self.client.run(request) if self.colour == "sync" else await self.client.run(request)
        return Open(result, self.colour) if getattr(request, "stream", False) else result

    def __call__(self, request: Any = None, **options: Any) -> Any:
        """Run a request by itself: its response, or all chunks of its stream."""
        request = request if request is not None else self.chat(**options)

        async def scenario() -> Any:
            result = await self.ask(request)
            return await result.rest() if isinstance(result, Open) else result

        return self.run(scenario)

    def model_of(self, request: Any = None, **options: Any) -> str:
        """Run a chat by itself: the model that answered."""
        return str(self(request, **options).choices[0].message.content)

    @staticmethod
    def texts(chunks: list[Any]) -> list[str]:
        return [c.delta.content for chunk in chunks for c in chunk.choices if c.delta.content is not None]


async def _awaited(scenario: Callable[[], Awaitable[Any]]) -> Any:
    return await scenario()


class Open:
    """An opened stream of either colour."""

    def __init__(self, stream: Any, colour: str) -> None:
        self.stream, self.colour = stream, colour

    async def next(self) -> Any:
        return next(self.stream) if self.colour == "sync" else await anext(self.stream)

    async def rest(self) -> list[Any]:
        return list(self.stream) if self.colour == "sync" else [chunk async for chunk in self.stream]

    async def close(self) -> None:
        if self.colour == "sync":
            self.stream.close()
        else:
            await self.stream.close()


@pytest.fixture(params=COLOURS)
def net(request):
    """For what a colour could change."""
    return Net(request.param)


@pytest.fixture
def net_of():
    """For what only some colours can do."""
    return Net


@pytest.fixture
def sync_net():
    """For what does not depend on the colour."""
    return Net("sync")
