"""OpenAI's own SDK, sync and async, sees of the gateway what it would see of OpenAI."""

from __future__ import annotations

import base64
import json
from typing import Any

import openai
import pydantic
import pytest
from gateway_clients.callers import COLOURS, Direct, calling
from gateway_clients.conftest import KEY
from loopback_answers import png, vector_of

HELLO: list[Any] = [{"role": "user", "content": "Hello there"}]
SAID = "You said: Hello there"
SOURCES = ("upstream", "blocking", "awaited")

CLASSES = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    403: openai.PermissionDeniedError,
    404: openai.NotFoundError,
    409: openai.ConflictError,
    422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
    503: openai.InternalServerError,
}


def tool(name: str, *parameters: str) -> Any:
    properties = {each: {"type": "integer"} for each in parameters}
    schema = {"type": "object", "properties": properties, "required": list(parameters), "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "parameters": schema, "strict": True}}


TOOLS = [tool("add", "first", "second"), tool("wait", "seconds")]


class Paint(pydantic.BaseModel):
    """What structured output is asked for."""

    colour: str
    coats: int


PAINT = Paint(colour="blue", coats=7)  # as the loopback server fills a schema


@pytest.fixture(params=COLOURS)
def sdk(request, wire, gateway):
    settings = {"base_url": f"{gateway.url}/v1", "api_key": KEY}
    with calling(request.param, openai.OpenAI, openai.AsyncOpenAI, wire, **settings) as caller:
        yield caller


@pytest.fixture(params=SOURCES)
def source(request):
    return request.param


# ---------------------------------------------------------------------------------------------------------------- chats


def test_a_chat(sdk, source):
    answer = sdk("chat.completions.create", model=f"{source}/small", messages=HELLO)
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", SAID, "stop")
    assert (answer.object, answer.model, answer.id) == ("chat.completion", "small", "chatcmpl-1")
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_a_stream_says_the_same_and_then_its_usage(sdk, source):
    asked = {"model": f"{source}/small", "messages": HELLO}
    whole = sdk("chat.completions.create", **asked)
    *chunks, last = sdk("chat.completions.create", **asked, stream=True, stream_options={"include_usage": True})
    deltas = [chunk.choices[0].delta for chunk in chunks]
    assert (deltas[0].role, "".join(delta.content or "" for delta in deltas)) == ("assistant", SAID)
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert (last.choices, last.usage) == ([], whole.usage)
    assert {chunk.id for chunk in chunks} == {last.id}


def test_a_stream_without_that_question_tells_no_usage(sdk, source, wire):
    chunks = sdk("chat.completions.create", model=f"{source}/small", messages=HELLO, stream=True)
    assert [chunk for chunk in chunks if chunk.usage or not chunk.choices] == []
    assert wire.last.events[-1].data == "[DONE]"


def test_the_sdk_accumulates_a_stream_to_the_whole_answer(sdk, source):
    asked = {"model": f"{source}/small", "messages": HELLO}
    whole = sdk("chat.completions.create", **asked)
    options = {"stream_options": {"include_usage": True}}
    _, final = sdk.accumulated("chat.completions.stream", "get_final_completion", **asked, **options)
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert (final.choices[0].finish_reason, final.usage) == ("stop", whole.usage)


def test_several_choices(sdk):
    answer = sdk("chat.completions.create", model="upstream/small", messages=HELLO, n=3)
    assert [(choice.index, choice.message.content) for choice in answer.choices] == [(n, SAID) for n in range(3)]


def test_content_in_parts(sdk, source):
    url = f"data:image/png;base64,{base64.b64encode(png((1, 2, 3))).decode()}"
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": url}}]
    answer = sdk("chat.completions.create", model=f"{source}/small", messages=[{"role": "user", "content": parts}])
    assert answer.choices[0].message.content == "You said: What is this? [image_url]"


def test_what_the_gateway_does_not_know_goes_through_and_nothing_is_added(sdk, upstream):
    more = {"seed": 4, "user": "u", "metadata": {"a": "b"}, "extra_body": {"some_new_thing": [1], "timeout": 3}}
    sdk("chat.completions.create", model="upstream/small", messages=HELLO, **more)
    known = {"seed": 4, "user": "u", "metadata": {"a": "b"}, "some_new_thing": [1], "timeout": 3}
    assert upstream.requests[-1].json == {"model": "small", "messages": HELLO, **known}


def test_a_handler_has_another_one_answer_by_its_name(sdk):
    answer = sdk("chat.completions.create", model="awaited/relay", messages=HELLO)
    assert answer.choices[0].message.content == SAID


def test_what_a_model_thought_before_it_spoke(sdk, source):
    message = sdk("chat.completions.create", model=f"{source}/thinking", messages=HELLO).choices[0].message
    assert (message.reasoning_content, message.content) == ("Somebody said something.", SAID)


# ------------------------------------------------------------------------------------------ tools and structured output


def test_a_tool_is_called_and_its_result_answered(sdk, source):
    asked = {"model": f"{source}/small", "tools": TOOLS}
    choice = sdk("chat.completions.create", messages=HELLO, **asked).choices[0]
    [call] = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content, call.type) == ("tool_calls", None, "function")
    assert (call.function.name, json.loads(call.function.arguments)) == ("add", {"first": 7, "second": 7})
    result = {"role": "tool", "tool_call_id": call.id, "content": "14"}
    answer = sdk("chat.completions.create", messages=[*HELLO, choice.message, result], **asked)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("You said: 14", "stop")


def test_streamed_calls_are_the_calls_of_the_whole_answer(sdk, source):
    asked = {"model": f"{source}/small", "messages": HELLO, "tools": TOOLS, "parallel_tool_calls": True}
    whole = sdk("chat.completions.create", **asked).choices[0]
    events, final = sdk.accumulated("chat.completions.stream", "get_final_completion", **asked)
    calls = [(call.id, call.type, call.function.name, call.function.arguments) for call in whole.message.tool_calls]
    [choice] = final.choices
    assert [(c.id, c.type, c.function.name, c.function.arguments) for c in choice.message.tool_calls] == calls
    assert choice.finish_reason == whole.finish_reason == "tool_calls"
    done = [event for event in events if event.type == "tool_calls.function.arguments.done"]
    assert [event.parsed_arguments for event in done] == [{"first": 7, "second": 7}, {"seconds": 7}]


def test_structured_output_whole_and_streamed(sdk, source):
    asked = {"model": f"{source}/small", "messages": HELLO, "response_format": Paint}
    whole = sdk("chat.completions.parse", **asked)
    _, final = sdk.accumulated("chat.completions.stream", "get_final_completion", **asked)
    assert whole.choices[0].message.parsed == final.choices[0].message.parsed == PAINT


# ---------------------------------------------------------------------------------------------- embeddings, completions


def test_embeddings_as_the_sdk_asks_for_them_are_in_base64(sdk, source, wire):
    answer = sdk("embeddings.create", model=f"{source}/small", input=["one", "two"])
    assert wire.last.sent["encoding_format"] == "base64"
    assert [type(item["embedding"]) for item in wire.last.json["data"]] == [str, str]
    assert [(item.index, item.embedding) for item in answer.data] == [
        (0, vector_of("one", 8)),
        (1, vector_of("two", 8)),
    ]
    assert (answer.object, answer.model, answer.usage.prompt_tokens) == ("list", "small", 2)


def test_embeddings_as_numbers(sdk, source, wire):
    asked = {"model": f"{source}/small", "input": "one", "encoding_format": "float"}
    answer = sdk("embeddings.create", **asked, dimensions=3, user="u")
    assert wire.last.json["data"][0]["embedding"] == answer.data[0].embedding == vector_of("one", 3)


def test_what_is_asked_of_an_embedding_goes_through(sdk, upstream):
    sdk("embeddings.create", model="upstream/small", input=[[1, 2], [3]], dimensions=3, user="u")
    sent = upstream.requests[-1].json
    assert sent == {"model": "small", "input": [[1, 2], [3]], "dimensions": 3, "user": "u", "encoding_format": "base64"}


TEXTS = {"upstream": "{} and so on", "blocking": "You said: {}", "awaited": "You said: {}"}
"""How each source continues a text; a handler has none but its chats."""


def test_a_completion(sdk, source):
    answer = sdk("completions.create", model=f"{source}/small", prompt="Once")
    [choice] = answer.choices
    assert (answer.object, answer.id, answer.model) == ("text_completion", "cmpl-1", "small")
    assert (choice.index, choice.text) == (0, TEXTS[source].format("Once"))
    assert answer.usage.total_tokens > 0


def test_each_prompt_has_a_choice_of_its_own_whole_and_streamed(sdk, source):
    asked = {"model": f"{source}/small", "prompt": ["Once", "Twice"]}
    whole = sdk("completions.create", **asked)
    expected = [TEXTS[source].format("Once"), TEXTS[source].format("Twice")]
    assert [(choice.index, choice.text) for choice in whole.choices] == list(enumerate(expected))
    texts = ["", ""]
    for chunk in sdk("completions.create", **asked, stream=True):
        for choice in chunk.choices:
            texts[choice.index] += choice.text
    assert texts == expected


def test_tokens_are_a_prompt_where_the_provider_takes_them(sdk, upstream):
    sdk("completions.create", model="upstream/small", prompt=[5, 6, 7], max_tokens=3)
    assert upstream.requests[-1].json == {"model": "small", "prompt": [5, 6, 7], "max_tokens": 3}
    with pytest.raises(openai.BadRequestError):
        sdk("completions.create", model="blocking/small", prompt=[5, 6, 7])


# --------------------------------------------------------------------------------------------------------------- images


def test_images(sdk, source):
    answer = sdk("images.generate", model=f"{source}/small", prompt="a door", n=2)
    assert [base64.b64decode(image.b64_json) for image in answer.data] == [png((0, 90, 200))] * 2
    linked = sdk("images.generate", model=f"{source}/small", prompt="a door", response_format="url")
    assert linked.data[0].url == "https://images.example/1.png"


ONE, TWO, MASK = png((1, 1, 1)), png((2, 2, 2)), png((0, 0, 0))
EDITS = {
    "one picture": ({"image": ("one.png", ONE)}, "bluer (images: 1, masks: 0)"),
    "bytes alone": ({"image": ONE}, "bluer (images: 1, masks: 0)"),
    "several": ({"image": [("one.png", ONE), ("two.png", TWO)]}, "bluer (images: 2, masks: 0)"),
    "a mask": ({"image": ("one.png", ONE), "mask": ("mask.png", MASK)}, "bluer (images: 1, masks: 1)"),
}


@pytest.mark.parametrize("files", EDITS)
def test_edits(sdk, source, files):
    sent, said = EDITS[files]
    answer = sdk("images.edit", model=f"{source}/small", prompt="bluer", **sent)
    [image] = answer.data
    assert (base64.b64decode(image.b64_json), image.revised_prompt) == (ONE, said)


# ------------------------------------------------------------------------------------------------------------ responses


def test_a_response(sdk, source, wire):
    answer = sdk("responses.create", model=f"{source}/small", input="Hello there", instructions="Be brief")
    assert (answer.output_text, answer.status, answer.object) == (SAID, "completed", "response")
    assert (answer.instructions, answer.usage.total_tokens > 0) == ("Be brief", True)


def test_the_sdk_accumulates_a_streamed_response_to_the_whole(sdk, source):
    asked = {"model": f"{source}/small", "input": "Hello there"}
    whole = sdk("responses.create", **asked)
    events, final = sdk.accumulated("responses.stream", "get_final_response", **asked)
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == SAID
    assert final.output_text == whole.output_text == SAID
    assert [item.type for item in final.output] == [item.type for item in whole.output] == ["message"]


def test_a_response_streamed_by_hand(sdk, source):
    events = sdk("responses.create", model=f"{source}/small", input="Hello there", stream=True)
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    assert events[-1].response.output_text == SAID


def test_a_response_with_structure(sdk, source):
    answer = sdk("responses.parse", model=f"{source}/small", input="Hello there", text_format=Paint)
    assert answer.output_parsed == PAINT


def test_a_response_calls_a_tool_and_answers_its_result(sdk, source):
    flat = [{"type": "function", **each["function"]} for each in TOOLS]
    asked = {"model": f"{source}/small", "tools": flat}
    [call] = sdk("responses.create", input="Hello there", **asked).output
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "add", {"first": 7, "second": 7})
    _, final = sdk.accumulated("responses.stream", "get_final_response", input="Hello there", **asked)
    [streamed] = final.output
    assert (streamed.name, streamed.arguments, streamed.call_id) == (call.name, call.arguments, call.call_id)
    history = [
        {"role": "user", "content": "Hello there"},
        call.model_dump(exclude_none=True),
        {"type": "function_call_output", "call_id": call.call_id, "output": "14"},
    ]
    assert sdk("responses.create", input=history, **asked).output_text == "You said: 14"


@pytest.mark.parametrize("state", [{"previous_response_id": "resp_1"}, {"store": True}], ids=["previous", "store"])
def test_a_response_that_would_be_remembered_is_refused_by_name(sdk, state):
    with pytest.raises(openai.BadRequestError) as caught:
        sdk("responses.create", model="upstream/small", input="Hello", **state)
    assert caught.value.param == next(iter(state))


# --------------------------------------------------------------------------------------------------------------- models


def test_models_are_listed_and_described(sdk):
    names = [model.id for model in sdk("models.list").data]
    assert {"upstream/small", "blocking/small", "awaited/small"} <= set(names)
    model = sdk("models.retrieve", model="upstream/small")
    assert (model.id, model.object) == ("upstream/small", "model")
    assert sdk("models.retrieve", model="acme/whatever").id == "acme/whatever"


def test_a_wildcard_serves_the_names_that_it_covers(sdk, upstream):
    sdk("chat.completions.create", model="acme/anything", messages=HELLO)
    assert upstream.requests[-1].json["model"] == "anything"


# --------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", CLASSES)
def test_each_status_is_the_sdk_s_own_class(sdk, source, status, stream):
    with pytest.raises(CLASSES[status]) as caught:
        sdk("chat.completions.create", model=f"{source}/error-{status}", messages=HELLO, stream=stream)
    error = caught.value
    assert type(error) is CLASSES[status]
    assert (error.status_code, error.request_id) == (status, error.response.headers["x-request-id"])
    if status in {401, 403}:  # what a provider says of the operator's key is not the client's to read
        assert "the gateway's credential" in error.message
    elif source == "upstream":
        assert error.code == ("rate_limit_exceeded" if status == 429 else f"status_{status}")
    else:
        assert error.message == f"Error code: {status} - The handler says error-{status}"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_how_long_to_wait_is_carried(sdk, stream):
    with pytest.raises(openai.RateLimitError) as caught:
        sdk("chat.completions.create", model="upstream/error-429", messages=HELLO, stream=stream)
    assert caught.value.response.headers["retry-after"] == "1"


def test_an_error_in_the_middle_of_a_stream(sdk, source, wire):
    with pytest.raises(openai.APIError, match="broke off"):
        sdk("chat.completions.create", model=f"{source}/breaking", messages=HELLO, stream=True)
    assert wire.last.status == 200
    assert [event for event in wire.last.events if event.data == "[DONE]"] == []
    assert wire.last.events[0].json["choices"][0]["delta"]["role"] == "assistant"


def test_a_server_that_ends_a_stream_before_its_end(sdk, wire):
    with pytest.raises(openai.APIError, match="broke off"):
        sdk("chat.completions.create", model="upstream/cut", messages=HELLO, stream=True)
    assert wire.last.events[-1].json["error"]["code"] == "stream_interrupted"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_an_error_in_the_middle_of_a_response(sdk, source, wire, stream):
    if stream:
        events = sdk("responses.create", model=f"{source}/breaking", input="Hello there", stream=True)
        assert events[-1].type == "response.failed"
        assert "broke off" in events[-1].response.error.message
        return
    with pytest.raises(openai.RateLimitError):
        sdk("responses.create", model=f"{source}/error-429", input="Hello there")


def test_a_server_that_is_not_there(sdk):
    with pytest.raises(openai.InternalServerError) as caught:
        sdk("chat.completions.create", model="nowhere", messages=HELLO)
    assert (caught.value.status_code, caught.value.code) == (502, "connection_error")
    assert "127.0.0.1" not in caught.value.message


def test_a_wrong_key(sdk):
    sdk.client = sdk.client.with_options(api_key="sk-of-another-house-0123456789")
    with pytest.raises(openai.AuthenticationError):
        sdk("chat.completions.create", model="upstream/small", messages=HELLO)


def test_a_model_that_is_not_there(sdk):
    for method, more in {"chat.completions.create": {"messages": HELLO}, "models.retrieve": {}}.items():
        with pytest.raises(openai.NotFoundError) as caught:
            sdk(method, model="nobody", **more)
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


@pytest.mark.parametrize(
    ("wrong", "param"),
    [
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": HELLO, "temperature": "hot"}, "temperature"),
        ({"messages": HELLO, "extra_body": {"api_base": "http://127.0.0.1:1"}}, "api_base"),
    ],
    ids=["content", "type", "option"],
)
def test_a_wrong_request_names_what_is_wrong(sdk, wrong, param):
    with pytest.raises(openai.BadRequestError) as caught:
        sdk("chat.completions.create", model="upstream/small", **wrong)
    assert caught.value.param == param


def test_a_client_that_leaves_a_stream_closes_the_server_s(gateway, wire, upstream):
    upstream.abandoned.clear()
    long = [{"role": "user", "content": "word " * 20_000}]
    with wire.client() as http, wire.nothing_judged():
        client = openai.OpenAI(base_url=gateway.url, api_key=KEY, http_client=http)
        with client.chat.completions.create(model="upstream/small", messages=long, stream=True) as stream:
            next(iter(stream))
        assert upstream.wait_for_abandoned()
    with wire.client() as http:
        assert openai.OpenAI(base_url=gateway.url, api_key=KEY, http_client=http).models.list().data


def test_an_error_that_passes_is_mended_by_the_sdk_s_own_retry(sdk, upstream):
    before = len(upstream.requests)
    sdk.client = sdk.client.with_options(max_retries=1)
    flaky = "acme/flaky-503" if isinstance(sdk, Direct) else "acme/flaky-502"  # each fails once
    answer = sdk("chat.completions.create", model=flaky, messages=HELLO)
    assert answer.choices[0].message.content == SAID
    assert len(upstream.requests) == before + 2
