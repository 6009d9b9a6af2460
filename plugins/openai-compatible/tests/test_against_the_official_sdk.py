"""The official SDK as the judge: it sends the same, and takes what comes back for its own."""

from __future__ import annotations

import enum
import json
from typing import Any

import openai
import pytest
from jackfield import (
    Client,
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    TextCompletionRequest,
)
from jackfield.transports.memory import MemoryTransport, Reply
from openai.types import Completion, CreateEmbeddingResponse, ImagesResponse, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, Field

ORIGIN = "https://models.example"
KEY = "sk-very-secret"
OPTIONS: Any = {"api_base": f"{ORIGIN}/v1", "api_key": KEY}
HELLO: Any = [
    {"role": "system", "content": "Be brief."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "Grüß dich 🌍"}, {"type": "image_url", "image_url": {"url": "data:"}}],
    },
]
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {}}}}
PNG = b"\x89PNG\r\n\x1a\npixels"

CALLS: list[Any] = [
    (
        lambda sdk: sdk.chat.completions.create(
            model="m", messages=HELLO, temperature=0, tools=[TOOL], tool_choice="auto", n=2, stop=["a"], user="me"
        ),
        CompletionRequest(
            "openai/m",
            HELLO,
            params={"temperature": 0, "tools": [TOOL], "tool_choice": "auto", "n": 2, "stop": ["a"], "user": "me"},
            options=OPTIONS,
        ),
    ),
    (
        lambda sdk: sdk.chat.completions.create(
            model="m", messages=HELLO, extra_body={"top_k": 3, "null": None}, extra_headers={"X-One": "1"}
        ),
        CompletionRequest(
            "openai/m",
            HELLO,
            options=OPTIONS | {"extra_body": {"top_k": 3, "null": None}, "extra_headers": {"X-One": "1"}},
        ),
    ),
    (
        lambda sdk: sdk.chat.completions.create(
            model="m", messages=HELLO, stream=True, stream_options={"include_usage": True}
        ),
        CompletionRequest(
            "openai/m", HELLO, stream=True, params={"stream_options": {"include_usage": True}}, options=OPTIONS
        ),
    ),
    (
        lambda sdk: sdk.completions.create(model="m", prompt=["a", "b"], max_tokens=5, echo=True),
        TextCompletionRequest("openai/m", ["a", "b"], params={"max_tokens": 5, "echo": True}, options=OPTIONS),
    ),
    (
        lambda sdk: sdk.embeddings.create(model="m", input=["a"], encoding_format="base64", dimensions=2),
        EmbeddingRequest("openai/m", ["a"], params={"encoding_format": "base64", "dimensions": 2}, options=OPTIONS),
    ),
    (
        lambda sdk: sdk.images.generate(model="m", prompt="a door", size="1024x1024", n=2),
        ImageGenerationRequest("openai/m", "a door", params={"size": "1024x1024", "n": 2}, options=OPTIONS),
    ),
    (lambda sdk: sdk.models.list(), ListModelsRequest("", options=OPTIONS | {"provider": "openai"})),
]


@pytest.fixture
def sent_by_sdk(server):
    """What the SDK sends, the answer being an error so that it reads no further."""
    server.answer = lambda _: (400, "application/json", b'{"error": {"message": "enough"}}')

    def sent(call):
        sdk = openai.OpenAI(base_url=server.url, api_key=KEY, organization="org-1", max_retries=0)
        with sdk, pytest.raises(openai.BadRequestError):
            call(sdk)
        return server.requests[-1]

    return sent


def sent_by_us(request):
    transport = MemoryTransport(lambda _: Reply(400, {}, b'{"error": {"message": "enough"}}'))
    with pytest.raises(Exception, match="enough"):
        Client(transport=transport).run(request.replace(params={**request.params, "organization": "org-1"}))
    return transport.requests[0]


@pytest.mark.parametrize(("call", "request_"), CALLS, ids=lambda each: getattr(each, "operation", ""))
def test_the_same_goes_out(sent_by_sdk, call, request_):
    theirs, ours = sent_by_sdk(call), sent_by_us(request_)
    assert (ours.method, ours.url.removeprefix(ORIGIN)) == (theirs.method, theirs.path)
    assert json.loads(ours.content or b"null") == json.loads(theirs.body or b"null")
    for name in ("authorization", "openai-organization", "x-one"):
        assert ours.headers.get(name) == theirs.headers.get(name)


@pytest.mark.parametrize(
    ("images", "mask"),
    [(("a.png", PNG, "image/png"), None), ([("a.png", PNG, "image/png")] * 2, ("m.png", PNG, "image/png"))],
)
def test_the_same_form_goes_out(sent_by_sdk, parts_of, images, mask):
    more = {"mask": mask} if mask else {}
    theirs = sent_by_sdk(lambda sdk: sdk.images.edit(model="m", image=images, prompt="a hat", n=2, **more))
    several = images if isinstance(images, list) else [images]
    ours = sent_by_us(ImageEditRequest("openai/m", several, "a hat", mask, params={"n": 2}, options=OPTIONS))
    assert (ours.method, ours.url.removeprefix(ORIGIN)) == (theirs.method, theirs.path)
    assert sorted(parts_of(ours.headers["content-type"], ours.content), key=repr) == sorted(
        parts_of(theirs.headers["content-type"], theirs.body), key=repr
    )


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Place(BaseModel):
    """Where it is."""

    name: str
    country: str | None = None


class Door(BaseModel):
    colour: Colour
    place: Place = Field(description="A reference with a sibling")
    handles: list[Place] = []
    beside: Door | None = None


def test_a_class_as_response_format_goes_out_as_the_sdk_sends_it(sent_by_sdk):
    theirs = sent_by_sdk(lambda sdk: sdk.chat.completions.parse(model="m", messages=HELLO, response_format=Door))
    ours = sent_by_us(CompletionRequest("openai/m", HELLO, params={"response_format": Door}, options=OPTIONS))
    assert json.loads(ours.content)["response_format"] == json.loads(theirs.body)["response_format"]


# ------------------------------------------------------------------------------------------------ what comes back

CHOICE = {"index": 0, "finish_reason": "stop", "logprobs": None}
ANSWERS = {
    "completion": {
        "id": "c",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{**CHOICE, "message": {"role": "assistant", "content": "Hi", "refusal": None}}],
    },
    "text_completion": {
        "id": "t",
        "object": "text_completion",
        "created": 1,
        "model": "m",
        "choices": [{**CHOICE, "text": "Hi"}],
    },
    "embedding": {
        "object": "list",
        "model": "m",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    },
    "image_generation": {"created": 1, "data": [{"b64_json": "AA=="}]},
    "list_models": {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "me"}]},
}
TYPES: dict[str, Any] = {
    "completion": ChatCompletion,
    "text_completion": Completion,
    "embedding": CreateEmbeddingResponse,
    "image_generation": ImagesResponse,
}


@pytest.mark.parametrize("request_", [call[1] for call in CALLS if not getattr(call[1], "stream", False)])
def test_a_whole_answer_is_one_of_the_sdk(sync_wire, request_):
    response = sync_wire(request_, json.dumps(ANSWERS[request_.operation]).encode())
    if request_.operation == "list_models":
        assert [Model.model_validate(each.model_dump()).id for each in response.data] == ["m"]
    else:
        TYPES[request_.operation].model_validate(response.model_dump(exclude_unset=True))


def test_every_chunk_is_one_of_the_sdk(wire):
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    deltas: list[Any] = [{"role": "assistant", "content": ""}, {"content": "Hi"}]
    events: list[Any] = [{**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    events.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    events.append({**head, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}})
    content = b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in events) + b"data: [DONE]\n\n"
    streamed = wire(CALLS[2][1], content)
    assert len(streamed.chunks) == 4
    for chunk in streamed.chunks:
        ChatCompletionChunk.model_validate(chunk.model_dump())
