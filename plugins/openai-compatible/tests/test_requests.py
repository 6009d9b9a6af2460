"""What goes over the wire: address, headers and body of every operation, exactly."""

from __future__ import annotations

from typing import Any

import pytest
from jackfield import (
    BadRequestError,
    CompletionRequest,
    ConfigurationError,
    EmbeddingRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    TextCompletionRequest,
)

BASE = "https://models.example/v1"
KEYLESS: Any = {"api_base": BASE}
HELLO = [{"role": "user", "content": "Hello"}]

CHAT = b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}'
DATA = b'{"data": []}'
EVENTS = b'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
TEXT_EVENTS = b'data: {"choices":[{"index":0,"text":"Hi","finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def chat(**more):
    options: Any = {**KEYLESS, **more.pop("options", {})}
    return CompletionRequest(more.pop("model", "openai/small"), HELLO, options=options, **more)


OPERATIONS = [
    (chat(), CHAT, ("POST", "/chat/completions", b'{"model":"small","messages":[{"role":"user","content":"Hello"}]}')),
    (
        chat(stream=True),
        EVENTS,
        (
            "POST",
            "/chat/completions",
            b'{"model":"small","messages":[{"role":"user","content":"Hello"}],"stream":true}',
        ),
    ),
    (
        TextCompletionRequest("openai/small", ["Once", "Twice"], options=KEYLESS, params={"max_tokens": 5}),
        CHAT,
        ("POST", "/completions", b'{"model":"small","prompt":["Once","Twice"],"max_tokens":5}'),
    ),
    (
        TextCompletionRequest("openai/small", [[1, 2], [3]], stream=True, options=KEYLESS),
        TEXT_EVENTS,
        ("POST", "/completions", b'{"model":"small","prompt":[[1,2],[3]],"stream":true}'),
    ),
    (
        EmbeddingRequest("openai/small", "sky", options=KEYLESS, params={"dimensions": 8, "encoding_format": "base64"}),
        DATA,
        ("POST", "/embeddings", b'{"model":"small","input":"sky","dimensions":8,"encoding_format":"base64"}'),
    ),
    (
        ImageGenerationRequest("openai/small", "a door", options=KEYLESS, params={"n": 2, "size": "1024x1024"}),
        DATA,
        ("POST", "/images/generations", b'{"model":"small","prompt":"a door","n":2,"size":"1024x1024"}'),
    ),
    (ListModelsRequest("", options=KEYLESS | {"provider": "openai"}), DATA, ("GET", "/models", b"")),
    (
        ListModelsRequest(
            "", params={"type": "chat", "page": 2, "by": None, "all": True}, options=KEYLESS | {"provider": "openai"}
        ),
        DATA,
        ("GET", "/models?type=chat&page=2&all=true", b""),
    ),
]


@pytest.mark.parametrize(("request_", "answer", "expected"), OPERATIONS)
def test_each_operation_sends_exactly_this(wire, request_, answer, expected):
    method, route, body = expected
    wire(request_, answer)
    [sent] = wire.sent
    assert (sent.method, sent.url, sent.content) == (method, BASE + route, body)
    assert sent.headers == ({"content-type": "application/json"} if body else {})


def test_parameters_keep_their_order_and_pass_untouched(sync_wire):
    """Unknown ones too; messages with parts, tools and their choice are the server's business."""
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
        {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
    ]
    params = {
        "zeta": [1, {"deep": None}],
        "tools": [{"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}],
        "tool_choice": "auto",
        "max_tokens": 5,
        "max_completion_tokens": 6,
        "user": "me",
        "alpha": 0,
        "off": False,
        "empty": "",
    }
    sync_wire(CompletionRequest("openai/m", [{"role": "user", "content": parts}], params=params, options=KEYLESS), CHAT)
    assert sync_wire.body == {"model": "m", "messages": [{"role": "user", "content": parts}], **params}
    assert list(sync_wire.body) == ["model", "messages", *params]


def test_none_is_not_given(sync_wire):
    sync_wire(chat(params={"temperature": None, "seed": 0}), CHAT)
    assert "temperature" not in sync_wire.body
    assert sync_wire.body["seed"] == 0


def test_extra_body_lands_on_the_top_level_and_wins_with_its_nulls(sync_wire):
    sync_wire(
        chat(params={"top_k": 1, "seed": 7}, options={"extra_body": {"top_k": 2, "stop": None, "guided": {"a": 1}}}),
        CHAT,
    )
    assert sync_wire.body == {
        "model": "small",
        "messages": HELLO,
        "top_k": 2,
        "seed": 7,
        "stop": None,
        "guided": {"a": 1},
    }


def test_stream_options_are_passed_on_and_never_invented(sync_wire):
    sync_wire(chat(stream=True), EVENTS)
    assert "stream_options" not in sync_wire.body
    sync_wire(chat(stream=True, params={"stream_options": {"include_usage": True}}), EVENTS)
    assert sync_wire.body["stream_options"] == {"include_usage": True}


def test_nothing_of_the_request_is_changed(sync_wire):
    params = {"temperature": None, "organization": "org-1"}
    request = chat(params=params)
    sync_wire(request, CHAT)
    assert request.params == {"temperature": None, "organization": "org-1"}
    assert request.messages is HELLO


@pytest.mark.parametrize(
    ("model", "options", "name"),
    [
        ("openai/meta/llama", {}, "meta/llama"),
        ("meta/llama", {"provider": "openai"}, "meta/llama"),
        ("openai/small", {"provider": "openai"}, "small"),
        ("meta/llama", {}, "meta/llama"),
        ("bare", {}, "bare"),
    ],
)
def test_the_model_goes_out_without_its_provider(sync_wire, model, options, name):
    sync_wire(chat(model=model, options=options), CHAT)
    assert sync_wire.body["model"] == name


# ------------------------------------------------------------------------------------------------------------- address


@pytest.mark.parametrize(
    ("variables", "argument", "expected"),
    [
        ({}, "http://here.example/v1", "http://here.example/v1"),
        ({}, "http://here.example/v1/", "http://here.example/v1"),
        ({"OPENAI_API_BASE": "http://base.example"}, None, "http://base.example"),
        (
            {"OPENAI_API_BASE": "http://base.example", "OPENAI_BASE_URL": "http://url.example"},
            None,
            "http://url.example",
        ),
        ({"OPENAI_BASE_URL": "http://url.example"}, "http://here.example", "http://here.example"),
    ],
)
def test_the_address_is_the_argument_or_openai_base_url_or_openai_api_base(
    sync_wire, monkeypatch, variables, argument, expected
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    sync_wire(CompletionRequest("openai/m", HELLO, options={"api_base": argument} if argument else {}), CHAT)
    assert sync_wire.sent[0].url == f"{expected}/chat/completions"


def test_an_address_that_holds_a_query_is_refused_before_anything_is_sent(wire):
    with pytest.raises(BadRequestError, match="api_base must not hold a query") as caught:
        wire(chat(options={"api_base": "https://mine.example/v1?x=1"}), CHAT)
    assert (caught.value.param, wire.sent) == ("api_base", [])


def test_an_api_version_goes_into_the_query_and_the_key_into_azures_header(sync_wire):
    base = "https://mine.example/openai/deployments/gpt"
    sync_wire(chat(options={"api_base": base, "api_version": "2024-10-21", "api_key": "k-azure"}), CHAT)
    [sent] = sync_wire.sent
    assert sent.url == f"{base}/chat/completions?api-version=2024-10-21"
    assert sent.headers == {"content-type": "application/json", "api-key": "k-azure"}


# ---------------------------------------------------------------------------------------------------- key and headers


def test_the_key_stands_in_one_header_and_nowhere_else(sync_wire):
    sync_wire(chat(options={"api_key": "sk-very-secret"}), CHAT)
    [sent] = sync_wire.sent
    assert sent.headers == {"content-type": "application/json", "authorization": "Bearer sk-very-secret"}
    assert "sk-very-secret" not in sent.url
    assert b"sk-very-secret" not in sent.content


def test_the_key_comes_from_the_argument_or_else_from_the_environment(sync_wire, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "from-environment")
    sync_wire(chat(), CHAT)
    sync_wire(chat(options={"api_key": "from-argument"}), CHAT)
    assert [sent.headers["authorization"] for sent in sync_wire.sent] == [
        "Bearer from-environment",
        "Bearer from-argument",
    ]


def test_headers_are_sent_and_the_callers_authorization_wins(sync_wire):
    options = {
        "api_key": "unused",
        "headers": {"X-One": "1", "X-Two": "2"},
        "extra_headers": {"X-Two": "3", "AUTHORIZATION": "Basic abcd"},
    }
    sync_wire(chat(options=options), CHAT)
    assert {name.lower(): value for name, value in sync_wire.sent[0].headers.items()} == {
        "content-type": "application/json",
        "x-one": "1",
        "x-two": "3",
        "authorization": "Basic abcd",
    }


def test_the_organization_is_a_header(sync_wire):
    sync_wire(chat(params={"organization": "org-1"}), CHAT)
    assert sync_wire.sent[0].headers["openai-organization"] == "org-1"
    assert "organization" not in sync_wire.body


@pytest.mark.parametrize("provider", ["openai", "text-completion-openai"])
@pytest.mark.parametrize("base", [None, "https://api.openai.com/v1", "https://api.openai.com/v1/"])
@pytest.mark.parametrize("stream", [False, True])
def test_openai_itself_wants_a_key_before_anything_is_sent(wire, provider, base, stream):
    options: Any = {"api_base": base} if base else {}
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        wire(CompletionRequest(f"{provider}/gpt", HELLO, stream=stream, options=options))
    assert wire.sent == []


def test_an_authorization_header_of_the_caller_is_credential_enough(sync_wire):
    request = CompletionRequest("openai/gpt", HELLO, options={"headers": {"Authorization": "Bearer delegated"}})
    sync_wire(request, CHAT)
    assert sync_wire.sent[0].headers["authorization"] == "Bearer delegated"


def test_what_json_cannot_hold_is_refused_before_anything_is_sent(wire):
    with pytest.raises(BadRequestError):
        wire(chat(params={"temperature": float("nan")}))
    assert wire.sent == []
