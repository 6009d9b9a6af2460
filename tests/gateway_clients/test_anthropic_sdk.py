"""Anthropic's own SDK, sync and async, sees of the gateway what it would see of Anthropic."""

from __future__ import annotations

import base64
from typing import Any

import anthropic
import pytest
from gateway_clients.callers import COLOURS, calling
from gateway_clients.conftest import KEY
from loopback_answers import png

HELLO: list[Any] = [{"role": "user", "content": "Hello there"}]
SAID = "You said: Hello there"
SOURCES = ("upstream", "blocking", "awaited")

CLASSES = {
    400: anthropic.BadRequestError,
    401: anthropic.AuthenticationError,
    403: anthropic.PermissionDeniedError,
    404: anthropic.NotFoundError,
    409: anthropic.ConflictError,
    413: anthropic.ContentTooLargeError,
    422: anthropic.UnprocessableEntityError,
    429: anthropic.RateLimitError,
    500: anthropic.InternalServerError,
    503: anthropic.ServiceUnavailableError,
    504: anthropic.GatewayTimeoutError,
    529: anthropic.OverloadedError,
}

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    409: "invalid_request_error",
    413: "request_too_large",
    422: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""What Anthropic calls an error of each status."""


def tool(name: str, *parameters: str) -> Any:
    properties = {each: {"type": "integer"} for each in parameters}
    return {"name": name, "description": name, "input_schema": {"type": "object", "properties": properties}}


TOOLS = [tool("add", "first", "second"), tool("wait", "seconds")]
ADD = ("add", {"first": 7, "second": 7})
WAIT = ("wait", {"seconds": 7})


@pytest.fixture(params=COLOURS)
def sdk(request, wire, gateway):
    settings = {"base_url": gateway.url, "api_key": KEY}
    with calling(request.param, anthropic.Anthropic, anthropic.AsyncAnthropic, wire, **settings) as caller:
        yield caller


@pytest.fixture(params=SOURCES)
def source(request):
    return request.param


def asked(source: str, model: str = "small", **more: Any) -> dict[str, Any]:
    return {"model": f"{source}/{model}", "max_tokens": 100, "messages": HELLO, **more}


def calls_of(message: Any) -> list[tuple[str, Any]]:
    return [(block.name, block.input) for block in message.content if block.type == "tool_use"]


# ------------------------------------------------------------------------------------------------------------- messages


def test_a_message(sdk, source):
    message = sdk("messages.create", **asked(source))
    assert [(block.type, block.text) for block in message.content] == [("text", SAID)]
    assert (message.type, message.role, message.model, message.id) == ("message", "assistant", "small", "chatcmpl-1")
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
    assert message.usage.input_tokens > 0
    assert message.usage.output_tokens > 0


CHATS: dict[str, dict[str, Any]] = {
    "text": {},
    "tools": {"tools": TOOLS},
    "several calls": {"tools": TOOLS, "tool_choice": {"type": "auto", "disable_parallel_tool_use": False}},
    "thoughts": {"model": "thinking"},
}


@pytest.mark.parametrize("chat", CHATS)
def test_the_sdk_accumulates_a_stream_to_the_whole_message(sdk, source, chat):
    arguments = asked(source, **CHATS[chat])
    whole = sdk("messages.create", **arguments)
    _, final = sdk.accumulated("messages.stream", "get_final_message", **arguments)
    assert comparable(final) == comparable(whole)


def comparable(message: Any) -> dict[str, Any]:
    """A message without what a source of chunks that have neither id nor model cannot say."""
    return {name: value for name, value in message.model_dump().items() if name not in {"id", "model"}}


def test_a_stream_is_heard_word_by_word(sdk, source):
    events = sdk("messages.create", **asked(source), stream=True)
    texts = [event.delta.text for event in events if event.type == "content_block_delta"]
    assert "".join(texts) == SAID
    assert len(texts) > 1
    assert events[-2].delta.stop_reason == "end_turn"
    assert events[-2].usage.output_tokens > 0


def test_the_stop_sequence_that_ended_a_message_is_told(sdk, source):
    arguments = asked(source, stop_sequences=["nowhere", " there"])
    whole = sdk("messages.create", **arguments)
    assert whole.content[0].text == "You said: Hello"
    assert (whole.stop_reason, whole.stop_sequence) == ("stop_sequence", " there")
    if source != "blocking":  # whose chunks, LiteLLM's mappings, cannot say which it was
        _, final = sdk.accumulated("messages.stream", "get_final_message", **arguments)
        assert (final.stop_reason, final.stop_sequence) == ("stop_sequence", " there")


def test_usage_is_asked_for_upstream_and_nothing_else_is_added(sdk, upstream):
    sdk("messages.create", **asked("upstream"), stream=True)
    expected = {"model": "small", "messages": HELLO, "max_tokens": 100}
    assert upstream.requests[-1].json == {**expected, "stream": True, "stream_options": {"include_usage": True}}
    sdk("messages.create", **asked("upstream"))
    assert upstream.requests[-1].json == expected


def test_every_parameter_reaches_the_provider(sdk, upstream):
    sampling = {"temperature": 0.5, "top_p": 0.9, "top_k": 4}  # which newer releases of the SDK have no arguments for
    arguments = asked("upstream", metadata={"user_id": "u"}, stop_sequences=["END"])
    sdk("messages.create", **arguments, extra_body=sampling)
    expected = {"model": "small", "messages": HELLO, "max_tokens": 100, "stop": ["END"], "user": "u", **sampling}
    assert upstream.requests[-1].json == expected


@pytest.mark.parametrize(
    "system",
    ["Be brief", [{"type": "text", "text": "Be brief"}, {"type": "text", "text": "Be kind"}]],
    ids=["text", "blocks"],
)
def test_a_system_prompt_comes_first(sdk, upstream, system):
    sdk("messages.create", **asked("upstream", system=system))
    first, *rest = upstream.requests[-1].json["messages"]
    assert (first["role"], rest) == ("system", HELLO)
    assert "Be brief" in str(first["content"])


def test_pictures_are_seen(sdk, source, upstream):
    data = base64.b64encode(png((1, 2, 3))).decode()
    pictures = [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}},
        {"type": "image", "source": {"type": "url", "url": "https://images.example/1.png"}},
    ]
    content = [{"type": "text", "text": "What is this?"}, *pictures]
    message = sdk("messages.create", **asked(source, messages=[{"role": "user", "content": content}]))
    assert message.content[0].text == "You said: What is this? [image_url] [image_url]"
    if source == "upstream":
        parts = upstream.requests[-1].json["messages"][0]["content"]
        urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        assert urls == [f"data:image/png;base64,{data}", "https://images.example/1.png"]


def test_thoughts_are_blocks_before_the_text_and_come_first_in_a_stream(sdk, source):
    message = sdk("messages.create", **asked(source, "thinking"))
    thought, text = message.content
    assert (thought.type, thought.thinking, text.text) == ("thinking", "Somebody said something.", SAID)
    events, _ = sdk.accumulated("messages.stream", "get_final_message", **asked(source, "thinking"))
    heard = [event.thinking for event in events if event.type == "thinking"]
    assert "".join(heard) == "Somebody said something."


# ---------------------------------------------------------------------------------------------------------------- tools


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_a_tool_is_used_and_its_result_answered(sdk, source, streamed):
    arguments = asked(source, tools=TOOLS)
    if streamed:
        _, message = sdk.accumulated("messages.stream", "get_final_message", **arguments)
    else:
        message = sdk("messages.create", **arguments)
    assert (calls_of(message), message.stop_reason) == ([ADD], "tool_use")
    result = {"type": "tool_result", "tool_use_id": message.content[-1].id, "content": "14"}
    turns = [*HELLO, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
    answer = sdk("messages.create", **{**arguments, "messages": turns})
    assert (answer.content[0].text, answer.stop_reason) == ("You said: 14", "end_turn")


def test_several_tools_are_used_at_once(sdk, source):
    several = {"type": "auto", "disable_parallel_tool_use": False}
    arguments = asked(source, tools=TOOLS, tool_choice=several)
    events, message = sdk.accumulated("messages.stream", "get_final_message", **arguments)
    assert calls_of(message) == [ADD, WAIT]
    assert len([event for event in events if event.type == "content_block_delta"]) > 2
    results = [
        {
            "type": "tool_result",
            "tool_use_id": block.id,
            "content": [{"type": "text", "text": block.name}],
            "is_error": bad,
        }
        for block, bad in zip(message.content, (False, True), strict=True)
    ]
    turns = [*HELLO, {"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    answer = sdk("messages.create", **{**arguments, "messages": turns})
    assert "wait" in answer.content[0].text


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ({"type": "auto"}, {"tool_choice": "auto"}),
        ({"type": "any"}, {"tool_choice": "required"}),
        ({"type": "tool", "name": "wait"}, {"tool_choice": {"type": "function", "function": {"name": "wait"}}}),
        ({"type": "auto", "disable_parallel_tool_use": True}, {"tool_choice": "auto", "parallel_tool_calls": False}),
    ],
    ids=["auto", "any", "tool", "one at a time"],
)
def test_the_choice_of_a_tool(sdk, upstream, choice, sent):
    sdk("messages.create", **asked("upstream", tools=TOOLS, tool_choice=choice))
    got = upstream.requests[-1].json
    assert {name: got.get(name) for name in sent} == sent
    assert [each["function"]["name"] for each in got["tools"]] == ["add", "wait"]


# ----------------------------------------------------------------------------------------------------- counts of tokens


def test_tokens_are_estimated_and_the_answer_says_so(sdk, wire):
    count = sdk("messages.count_tokens", model="upstream/small", messages=[{"role": "user", "content": "x" * 399}])
    assert 100 <= count.input_tokens <= 110
    assert "estimate" in wire.last.headers["x-jackfield-token-count"]


def test_tokens_of_tools_and_a_system_prompt_count(sdk):
    few = sdk("messages.count_tokens", model="upstream/small", messages=HELLO)
    more = sdk("messages.count_tokens", model="upstream/small", messages=HELLO, system="Be brief", tools=TOOLS)
    assert more.input_tokens > few.input_tokens + 10


# --------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", TYPES)
def test_each_status_is_the_sdk_s_own_class(sdk, source, status, stream):
    with pytest.raises(CLASSES[status]) as caught:
        sdk("messages.create", **asked(source, f"error-{status}"), stream=stream)
    error = caught.value
    assert (type(error), error.status_code) == (CLASSES[status], status)
    assert error.body["error"]["type"] == TYPES[status]
    assert error.body["request_id"] == error.response.headers["x-request-id"]
    if source == "upstream" and status == 429:
        assert error.response.headers["retry-after"] == "1"


def test_an_error_in_the_middle_of_a_stream(sdk, source, wire):
    with pytest.raises(anthropic.APIStatusError, match="broke off"):
        sdk("messages.create", **asked(source, "breaking"), stream=True)
    names = [event.name for event in wire.last.events]
    assert (wire.last.status, names[0], names[-1]) == (200, "message_start", "error")
    assert "message_stop" not in names


def test_a_wrong_key(sdk):
    sdk.client = sdk.client.with_options(api_key="sk-of-another-house-0123456789")
    with pytest.raises(anthropic.AuthenticationError):
        sdk("messages.create", **asked("upstream"))


@pytest.mark.parametrize("header", ["x-api-key", "authorization"])
def test_a_key_as_older_and_newer_releases_of_the_sdk_send_it(gateway, wire, header):
    value = KEY if header == "x-api-key" else f"Bearer {KEY}"
    with wire.client() as client:
        answer = client.post(f"{gateway.url}/v1/messages", headers={header: value}, json=asked("upstream"))
        wrong = client.post(f"{gateway.url}/v1/messages", headers={header: f"{value}x"}, json=asked("upstream"))
    assert (answer.status_code, wrong.status_code) == (200, 401)


def test_a_model_that_is_not_there(sdk):
    for method in ("messages.create", "messages.count_tokens"):
        arguments = {"messages": HELLO} | ({"max_tokens": 5} if method == "messages.create" else {})
        with pytest.raises(anthropic.NotFoundError) as caught:
            sdk(method, model="nobody", **arguments)
        assert caught.value.body["error"]["type"] == "not_found_error"


def test_a_wrong_request_names_what_is_wrong(sdk):
    with pytest.raises(anthropic.BadRequestError, match="max_tokens"):
        sdk("messages.create", **{**asked("upstream"), "max_tokens": "many"})
    with pytest.raises(anthropic.BadRequestError, match="api_base"):
        sdk("messages.create", **asked("upstream"), extra_body={"api_base": "http://127.0.0.1:1"})


def test_a_server_that_is_not_there(sdk):
    with pytest.raises(anthropic.InternalServerError) as caught:
        sdk("messages.create", **{**asked("upstream"), "model": "nowhere"})
    assert (caught.value.status_code, caught.value.body["error"]["type"]) == (502, "api_error")
    assert "127.0.0.1" not in caught.value.message
