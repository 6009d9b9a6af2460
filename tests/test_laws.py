"""Laws that every provider of this repository keeps: flows do nothing themselves, and all drivers agree."""

import asyncio
import copy
import json
import sys
import threading
from collections.abc import Generator

import pytest
import trio
from jackfield import AsyncClient, Client, CustomLLM, HttpResponse, ModelResponse
from jackfield.flow import Effect, EventStream
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport, Reply
from jackfield.types import (
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    TextCompletionRequest,
)

BASE = {"api_base": "http://models.example/v1", "api_key": "a-key"}
MESSAGES = [{"role": "user", "content": "one two three"}]
PROVIDERS = ["echo", "openai", "text-completion-openai", "groq", "custom", "handler"]

CHAT = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
TEXT = {"object": "text_completion", "choices": [{"index": 0, "text": "Hi", "finish_reason": "stop"}]}


class Handler(CustomLLM):
    def completion(self, *args, **kwargs):
        return ModelResponse.of_text("Hi")


def requests(provider):
    options = {"provider": provider, **BASE}
    return [
        CompletionRequest("m", MESSAGES, params={"temperature": 0.5}, options=options),
        CompletionRequest("m", MESSAGES, stream=True, options=options),
        TextCompletionRequest("m", ["a", "b"], params={"max_tokens": 7}, options=options),
        EmbeddingRequest("m", ["a", "b"], options=options),
        ImageGenerationRequest("m", "a square", options=options),
        ImageEditRequest("m", [b"\x89PNG\r\n\x1a\n"], "blue", options=options),
        ListModelsRequest("", options=options),
    ]


def answer(outgoing):
    """Answer as the OpenAI format and the legacy format do."""
    path = outgoing.url.removeprefix(BASE["api_base"])
    body = json.loads(outgoing.content) if outgoing.headers.get("content-type") == "application/json" else {}
    if path == "/chat/completions":
        return stream_of(chat_events()) if body.get("stream") else whole(CHAT)
    if path == "/completions":
        return stream_of(text_events()) if body.get("stream") else whole(TEXT)
    if path == "/embeddings":
        return whole({"data": [{"embedding": [0.5, 1.0], "index": n} for n in range(2)]})
    if path.startswith("/images"):
        return whole({"created": 7, "data": [{"url": "http://models.example/1.png"}]})
    if path == "/models":
        return whole({"data": [{"id": "m"}]})
    return whole({"data": [{"output": ["Hi", "Ho"]}], "message": "ok"})


def whole(body):
    return HttpResponse(
        200, {"content-type": "application/json"}, json.dumps({"id": "1", "created": 7, **body}).encode()
    )


def stream_of(events):
    wire = b"".join(b"data: " + json.dumps({"id": "1", "created": 7, **event}).encode() + b"\n\n" for event in events)
    return Reply(200, {}, [wire[n : n + 1] for n in range(len(wire))])  # byte by byte


def chat_events():
    yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": "H"}}]}
    yield {"choices": [{"index": 0, "delta": {"content": "i"}, "finish_reason": "stop"}]}


def text_events():
    yield {"object": "text_completion", "choices": [{"index": 0, "text": "H"}]}
    yield {"object": "text_completion", "choices": [{"index": 0, "text": "i", "finish_reason": "stop"}]}


def with_handler(client):
    import jackfield
    from jackfield_custom_format import find_provider

    jackfield.custom_provider_map = [{"provider": "handler", "custom_handler": Handler()}]
    client.register_provider("handler", find_provider("handler"))
    jackfield.custom_provider_map = []
    return client


def plain(result):
    """Return a result without what is made up at each call."""
    dumped = result.model_dump()
    return {key: value for key, value in dumped.items() if key not in {"id", "created"}}


def run_sync(request):
    client = with_handler(Client(transport=MemoryTransport(answer)))
    result = client.run(request)
    return [plain(chunk) for chunk in result] if getattr(request, "stream", False) else plain(result)


async def run_async(request):
    client = with_handler(AsyncClient(transport=AsyncMemoryTransport(answer)))
    result = await client.run(request)
    return [plain(chunk) async for chunk in result] if getattr(request, "stream", False) else plain(result)


CASES = [
    pytest.param(provider, request, id=f"{provider}-{request.operation}")
    for provider in PROVIDERS
    for request in requests(provider)
    if request.operation in with_handler(Client()).registry.provider(provider).operations
]


@pytest.mark.parametrize(("provider", "request_"), CASES)
def test_sync_asyncio_and_trio_give_equal_results(provider, request_):
    expected = run_sync(request_)
    assert asyncio.run(run_async(request_)) == expected
    assert trio.run(run_async, request_) == expected


class Watch:
    """Notes every file, socket and process that is opened while it is on."""

    watched = ("open", "os.", "socket.", "subprocess.", "shutil.", "urllib.")

    def __init__(self):
        self.on, self.seen = False, []
        sys.addaudithook(self)

    def __call__(self, event, args):
        if self.on and event.startswith(self.watched) and not str(args[:1]).endswith((".pyc',)", ".py',)")):
            self.seen.append((event, args))


WATCH = Watch()


def effects_of(flow):
    """Run a flow as far as it goes without any answer: what it asks for first."""
    generator = iter(flow)
    try:
        effect = next(generator)
    except StopIteration as stop:
        return stop.value
    generator.close()
    return effect


@pytest.mark.parametrize(("provider", "request_"), CASES)
def test_a_flow_opens_nothing_starts_no_thread_and_leaves_its_request_alone(provider, request_):
    client = with_handler(Client())
    from jackfield._settings import resolve

    loaded = client.registry.provider(provider)
    settings = resolve(provider, loaded.info, request_.options)
    bare = request_.replace(options={})
    before, threads = copy.deepcopy(bare), set(threading.enumerate())
    effects_of(loaded.operation(bare.operation)(bare, settings))  # once, so that what it imports is imported
    WATCH.on, WATCH.seen = True, []
    try:
        result = effects_of(loaded.operation(bare.operation)(bare, settings))
        if isinstance(result, EventStream) and result.is_flow:
            opened = result.source()
            result = effects_of(opened) if isinstance(opened, Generator) else opened
    finally:
        WATCH.on = False
    assert isinstance(result, Effect | EventStream) or provider == "echo"
    assert WATCH.seen == []
    assert set(threading.enumerate()) - threads == set()  # one of another test's may have ended meanwhile
    assert bare == before


def test_the_watch_sees_what_it_is_for():
    WATCH.on, WATCH.seen = True, []
    try:
        with open("/dev/null"):  # noqa: PTH123
            pass
    finally:
        WATCH.on = False
    assert [event for event, _ in WATCH.seen] == ["open"]
