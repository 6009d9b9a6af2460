"""What comes back whole: kept to the last field, or the right error."""

from __future__ import annotations

import base64
import json
import struct
from typing import Any

import pytest
from jackfield import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    CompletionRequest,
    ConflictError,
    ContentPolicyViolationError,
    ContextWindowExceededError,
    EmbeddingRequest,
    ImageGenerationRequest,
    InternalServerError,
    InvalidResponseError,
    ListModelsRequest,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServiceUnavailableError,
    TextCompletionRequest,
    UnprocessableEntityError,
)
from jackfield.transports.memory import Reply

OPTIONS: Any = {"api_base": "https://models.example/v1", "num_retries": 0}
CHAT = CompletionRequest("openai/small", [{"role": "user", "content": "Hello"}], options=OPTIONS)
MODELS = ListModelsRequest("", options=OPTIONS | {"provider": "openai"})


def embedding(**params):
    return EmbeddingRequest("openai/small", ["blue", "green"], params=params, options=OPTIONS)


def error_body(**error):
    return json.dumps({"error": error}).encode()


# ------------------------------------------------------------------------------------------------------------ answers


def test_every_field_of_an_answer_survives(wire):
    """A float `created`, unknown fields on every level: what is dumped is what was sent."""
    sent = {
        "object": "chat.completion",
        "choices": [
            {
                "finish_reason": "tool_calls",
                "index": 0,
                "message": {
                    "content": "The sky, a canvas of blue,\n",
                    "role": "assistant",
                    "reasoning_content": "hm",
                    "tool_calls": [
                        {
                            "id": "c1",
                            "type": "function",
                            "function": {"name": "add", "arguments": '{"a": 1}', "strict": True},
                            "signature": "x",
                        }
                    ],
                    "citations": ["https://example.org/\u2028"],
                },
                "logprobs": {"content": []},
                "stop_reason": 128009,
            }
        ],
        "id": "chatcmpl-7fbd6077",
        "created": 1699290237.408061,
        "model": "togethercomputer/llama-2-70b-chat",
        "usage": {"completion_tokens": 18, "prompt_tokens": 14, "total_tokens": 32, "queue_time": 0.125},
        "warning": "deprecated",
        "timings": {"predicted_ms": 1.5, "nested": [{"deep": None}]},
    }
    response = wire(CHAT, json.dumps(sent).encode())
    assert response.model_dump(exclude_unset=True) == sent
    assert response.warning == "deprecated"
    assert type(response.created) is float


def test_no_choices_is_an_answer_and_null_usage_too(sync_wire):
    response = sync_wire(CHAT, b'{"choices": [], "usage": null}')
    assert (response.choices, response.usage, response.model) == ([], None, "small")


def test_vectors_come_back_as_they_were_asked_for(wire):
    numbers = [0.5, -0.25, 1e-3]
    packed = base64.b64encode(struct.pack("<3f", *numbers)).decode()
    for params, vector in (({}, numbers), ({"encoding_format": "base64"}, packed)):
        data = [{"object": "embedding", "index": index, "embedding": vector} for index in (0, 1)]
        sent = {"object": "list", "data": data, "model": "small", "usage": {"prompt_tokens": 2, "total_tokens": 2}}
        response = wire(embedding(**params), json.dumps(sent).encode())
        assert [entry.embedding for entry in response.data] == [vector, vector]
        assert response.model_dump(exclude_unset=True) == sent
    assert struct.unpack("<3f", base64.b64decode(response.data[0].embedding))[:2] == (0.5, -0.25)


def test_images_come_back_as_addresses_or_bytes(wire):
    sent = {
        "created": 1.5,
        "data": [{"url": "https://images.example/1.png"}, {"b64_json": "AA==", "seed": 7}],
        "id": "i",
    }
    request = ImageGenerationRequest("openai/small", "a door", options=OPTIONS)
    assert wire(request, json.dumps(sent).encode()).model_dump(exclude_unset=True) == sent


@pytest.mark.parametrize("bare", [False, True])
def test_models_are_listed_even_where_the_list_is_bare(wire, bare):
    entries = [
        {"id": "large", "object": "model", "created": 1, "owned_by": "me", "context_length": 8192},
        {"id": "small"},
    ]
    response = wire(MODELS, json.dumps(entries if bare else {"object": "list", "data": entries}).encode())
    assert [entry.model_dump(exclude_unset=True) for entry in response.data] == entries


# ------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (413, BadRequestError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (500, InternalServerError),
        (503, ServiceUnavailableError),
    ],
)
def test_a_status_is_its_error(wire, status, expected):
    reply = Reply(status, {"x-request-id": "req-1"}, error_body(message="No.", type="t", param="p", code="c"))
    with pytest.raises(expected) as caught:
        wire(CHAT, reply)
    error = caught.value
    assert type(error) is expected
    assert (error.status_code, error.message, error.type, error.param, error.code) == (status, "No.", "t", "p", "c")
    assert (error.provider, error.model, error.request_id) == ("openai", "small", "req-1")


INSIDE_A_200 = [
    ({"message": "slow down", "code": 429}, RateLimitError, 429),
    ({"message": "slow down", "code": "429"}, RateLimitError, 429),
    ({"message": "slow down", "code": "rate_limit_exceeded", "type": "requests"}, RateLimitError, 429),
    ({"message": "pay", "code": "insufficient_quota"}, RateLimitError, 429),
    ({"message": "no", "type": "invalid_request_error", "param": "n"}, BadRequestError, 400),
    ({"message": "no", "type": "invalid_request_error", "code": "model_not_found"}, NotFoundError, 404),
    ({"message": "long", "code": "context_length_exceeded"}, ContextWindowExceededError, 400),
    ({"message": "bad", "code": "content_filter"}, ContentPolicyViolationError, 400),
    ({"message": "who?", "code": "invalid_api_key"}, AuthenticationError, 401),
    ({"message": "upstream", "code": 502, "metadata": {"raw": "x"}}, InternalServerError, 502),
    ({"message": "busy", "type": "overloaded_error"}, ServiceUnavailableError, 503),
    ({"message": "odd", "code": 7}, InternalServerError, 500),
    ({"message": "odd", "status": 408}, APIStatusError, 408),
    ("just text", InternalServerError, 500),
    ({"message": {"nested": True}}, InternalServerError, 500),
    ({"code": 404}, NotFoundError, 404),
]


@pytest.mark.parametrize(("error", "expected", "status"), INSIDE_A_200)
def test_a_200_with_an_error_object_is_that_error(wire, error, expected, status):
    body = {"error": error, "choices": None}
    with pytest.raises(expected) as caught:
        wire(CHAT, Reply(200, {"x-request-id": "req-1"}, json.dumps(body).encode()))
    raised = caught.value
    given = error if isinstance(error, dict) else {}
    assert (type(raised), raised.status_code, raised.body, raised.request_id) == (expected, status, body, "req-1")
    assert (raised.code, raised.type, raised.param) == (given.get("code"), given.get("type"), given.get("param"))
    assert raised.message


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "boom"}},
        {"error": {"message": "boom"}, "choices": [], "data": []},
        {"object": "error", "message": "boom", "type": "BadRequestError", "param": None, "code": 500},
    ],
)
@pytest.mark.parametrize(
    "request_",
    [
        CHAT,
        MODELS,
        embedding(),
        TextCompletionRequest("openai/small", "Once", options=OPTIONS),
        ImageGenerationRequest("openai/small", "a door", options=OPTIONS),
    ],
    ids=lambda request: request.operation,
)
def test_no_operation_takes_an_error_for_an_answer(sync_wire, request_, body):
    with pytest.raises(InternalServerError, match="boom"):
        sync_wire(request_, json.dumps(body).encode())


def test_an_error_of_null_is_none(sync_wire):
    response = sync_wire(CHAT, b'{"error": null, "choices": [{"index": 0, "message": {"content": "Hi"}}]}')
    assert response.choices[0].message.content == "Hi"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"Hello",
        b"<!DOCTYPE html><html><body>Sign in</body></html>",
        b'{"choices": [{"index": 0, "mess',
        b'{"choices": "none"}',
        b'{"choices": [{"message": {"content": {}}}]}',
        b'["a list"]',
        b"null",
        b"{}",
        b'{"status": "ok"}',
        b'\xff\xfe{"choices": []}',
    ],
)
def test_a_200_that_is_no_answer_is_an_invalid_response(wire, content):
    with pytest.raises(InvalidResponseError) as caught:
        wire(CHAT, content)
    assert type(caught.value) is InvalidResponseError
    assert not caught.value.retryable


def test_the_key_is_nowhere_in_an_error(sync_wire):
    request = CHAT.replace(options={**OPTIONS, "api_key": "sk-very-secret"})
    with pytest.raises(AuthenticationError) as caught:
        sync_wire(request, error_body(message="Incorrect API key: sk-very-secret", code="invalid_api_key"))
    error = caught.value
    assert "sk-very-secret" not in f"{error} {error!r} {error.body} {error.__cause__!r} {error.__context__!r}"
