"""The public functions, sync and async, against a real server on loopback."""

from __future__ import annotations

import asyncio
import json

import jackfield
import pytest
from jackfield import RateLimitError, acompletion, completion

HELLO = [{"role": "user", "content": "Hello, how are you?"}]
PNG = b"\x89PNG\r\n\x1a\npixels"


def answer(recorded):
    """Say what came in, in the shape of the route's answer."""
    route = recorded.path.removeprefix("/v1")
    if recorded.headers.get("authorization") == "Bearer spent":
        error = {"message": "Try again later", "type": "requests", "code": "rate_limit_exceeded"}
        return 429, "application/json", json.dumps({"error": error}).encode()
    if b'"stream":true' in recorded.body:
        return 200, "text/event-stream", stream_of(route)
    return 200, "application/json", json.dumps(ANSWERS[route]).encode()


def stream_of(route):
    field = {
        "/chat/completions": lambda text: {"delta": {"content": text}},
        "/completions": lambda text: {"text": text},
    }
    pieces = [{"index": 0, **field[route](word), "finish_reason": None} for word in ("Well, ", "and ", "you?")]
    choices = [*pieces, {**pieces[0], **field[route](""), "finish_reason": "stop"}]
    kind = "text_completion" if route == "/completions" else "chat.completion.chunk"
    events = [{"id": "x-1", "object": kind, "created": 1.5, "model": "theirs", "choices": [each]} for each in choices]
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events) + b"data: [DONE]\n\n"


CHOICE = {"index": 0, "finish_reason": "stop"}
ANSWERS = {
    "/chat/completions": {
        "id": "c",
        "created": 1699290237.408061,
        "choices": [{**CHOICE, "message": {"content": "Well"}}],
    },
    "/completions": {"id": "t", "warning": "deprecated", "choices": [{**CHOICE, "text": "Well"}]},
    "/embeddings": {"data": [{"index": 0, "embedding": [0.5, -1]}]},
    "/images/generations": {"created": 1, "data": [{"url": "https://images.example/1.png"}]},
    "/images/edits": {"created": 1, "data": [{"url": "https://images.example/2.png"}]},
    "/models": {"object": "list", "data": [{"id": "small"}]},
}


@pytest.fixture
def base(server):
    server.answer = answer
    return {"api_base": server.url}


def in_colour(colour, name, *arguments, **keywords):
    """Call a public function, or the async one of its name; a stream is read to its end."""
    if colour == "sync":
        result = getattr(jackfield, name)(*arguments, **keywords)
        return list(result) if keywords.get("stream") else result
    return asyncio.run(awaited(f"a{name}", *arguments, **keywords))


async def awaited(name, *arguments, **keywords):
    result = await getattr(jackfield, name)(*arguments, **keywords)
    return [chunk async for chunk in result] if keywords.get("stream") else result


@pytest.fixture(params=["sync", "httpx", "aiohttp"])
def call(request, monkeypatch):
    if request.param != "sync":
        pytest.importorskip(request.param)
        monkeypatch.setenv("JACKFIELD_TRANSPORT", request.param)
    return lambda *arguments, **keywords: in_colour(request.param, *arguments, **keywords)


def test_chat(call, server, base):
    """The call of seed 003: a bare model, an address, the provider by name, any key."""
    response = call("completion", "command-nightly", HELLO, custom_llm_provider="openai", api_key="anything", **base)
    assert (response.choices[0].message.content, response.created) == ("Well", 1699290237.408061)
    [recorded] = server.requests
    assert (recorded.method, recorded.path) == ("POST", "/v1/chat/completions")
    assert recorded.headers["authorization"] == "Bearer anything"
    assert json.loads(recorded.body) == {"model": "command-nightly", "messages": HELLO}


def test_chat_as_text(call, server, base):
    """The second call of seed 003."""
    response = call("completion", "command-nightly", HELLO, custom_llm_provider="text-completion-openai", **base)
    assert (response["choices"][0]["message"]["content"], response["warning"]) == ("Well", "deprecated")
    [recorded] = server.requests
    assert recorded.path == "/v1/completions"
    assert "authorization" not in recorded.headers
    assert json.loads(recorded.body) == {"model": "command-nightly", "prompt": "Hello, how are you?"}


@pytest.mark.parametrize("provider", ["openai", "text-completion-openai"])
def test_a_streamed_chat(call, base, provider):
    chunks = call("completion", f"{provider}/small", HELLO, stream=True, **base)
    assert [chunk.choices[0].delta.content for chunk in chunks[:-1]] == ["Well, ", "and ", "you?"]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, None, "stop"]
    assert {(chunk.id, chunk.created, chunk.model) for chunk in chunks} == {("x-1", 1.5, "theirs")}


def test_text(call, base):
    response = call("text_completion", "openai/small", "Hello", **base)
    assert (response.object, response.choices[0].text, response.warning) == ("text_completion", "Well", "deprecated")
    chunks = call("text_completion", "openai/small", "Hello", stream=True, **base)
    assert [chunk.choices[0].text for chunk in chunks] == ["Well, ", "and ", "you?", ""]


def test_everything_else(call, server, base):
    assert call("embedding", "openai/small", "sky", **base).data[0].embedding == [0.5, -1]
    assert call("image_generation", "openai/small", "a door", **base).data[0].url.endswith("/1.png")
    assert call("image_edit", "openai/small", PNG, "a hat", mask=PNG, **base).data[0].url.endswith("/2.png")
    assert [model.id for model in call("list_models", "openai", **base).data] == ["small"]
    assert [recorded.path for recorded in server.requests] == [
        "/v1/embeddings",
        "/v1/images/generations",
        "/v1/images/edits",
        "/v1/models",
    ]


def test_an_image_from_a_path(call, server, base, tmp_path):
    (tmp_path / "door.png").write_bytes(PNG)
    call("image_edit", "openai/small", [tmp_path / "door.png", str(tmp_path / "door.png")], "a hat", **base)
    body = server.requests[0].body
    assert body.count(PNG) == body.count(b'name="image[]"; filename="door.png"\r\nContent-Type: image/png') == 2


@pytest.mark.parametrize("stream", [False, True])
def test_an_error(call, server, base, stream):
    with pytest.raises(RateLimitError, match="Try again later") as caught:
        call("completion", "openai/small", HELLO, stream=stream, api_key="spent", num_retries=0, **base)
    assert (caught.value.code, caught.value.type) == ("rate_limit_exceeded", "requests")
    assert len(server.requests) == 1


def test_sync_inside_async(base):
    async def main():
        return completion("openai/small", HELLO, **base), await acompletion("openai/small", HELLO, **base)

    assert [answer.choices[0].message.content for answer in asyncio.run(main())] == ["Well", "Well"]
