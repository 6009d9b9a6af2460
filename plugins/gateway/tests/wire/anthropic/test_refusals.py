"""What is wrong, and what a chat or Anthropic cannot hold, is refused by name: where it stands, what was expected."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield import BadRequestError
from jackfield_gateway.wire.anthropic import chat_to_request, count_tokens, request_to_chat

USER = [{"role": "user", "content": "Hi"}]


def blocks(*content, role="user"):
    return {"messages": [{"role": role, "content": list(content)}]}


def said(**fields):
    return {"messages": USER, **fields}


def source(kind, **fields):
    return blocks({"type": kind, "source": fields})


SIGNED = {"type": "thinking", "thinking": "Hm.", "signature": 5}

# Where the body is wrong, and the word of what was expected or why it cannot be.
WRONG = {
    "messages": [({}, "a list"), (said(messages="Hi"), "a list"), (said(messages=[]), "at least one message")],
    "messages[0]": [({"messages": ["Hi"]}, "an object")],
    "messages[0].role": [
        ({"messages": [{"content": "Hi"}]}, "'user' or 'assistant'"),
        ({"messages": [{"role": "tool", "content": "Hi"}]}, "'user' or 'assistant'"),
    ],
    "messages[0].name": [({"messages": [{"role": "user", "content": "Hi", "name": "Ann"}]}, "role and content")],
    "messages[0].content": [
        ({"messages": [{"role": "user"}]}, "a string or a list of content blocks"),
        (blocks(), "at least one content block"),
    ],
    "messages[0].content[1]": [(blocks({"type": "text", "text": "a"}, 5), "an object")],
    "messages[0].content[0].type": [
        (blocks({"text": "Hi"}), "a string"),
        (blocks({"type": "smell"}), "the type of a content block"),
    ],
    "messages[0].content[0].text": [(blocks({"type": "text", "text": None}), "a string")],
    "messages[0].content[0].source": [
        (blocks({"type": "image"}), "an object"),
        (source("image", type="file", file_id="f"), "send base64 or url"),
        (source("document", type="content", content="x"), "send base64 or url"),
    ],
    "messages[0].content[0].source.type": [
        (source("image", url="x"), "a string"),
        (source("image", type="cave"), '"base64" or "url"'),
    ],
    "messages[0].content[0].source.url": [(source("image", type="url"), "a string")],
    "messages[0].content[0].source.data": [
        (source("image", type="base64", media_type="image/png"), "a string"),
        (source("document", type="text", data=5), "a string"),
    ],
    "messages[0].content[0].source.media_type": [
        (source("image", type="base64", data="AA=="), "a string"),
        (source("image", type="base64", data="AA==", media_type="image/png;x,"), "a media type such as image/png"),
    ],
    "messages[0].content[0].source.file_id": [(source("document", type="file"), "a string")],
    "messages[0].content[0].title": [
        (blocks({"type": "document", "title": 5, "source": {"type": "url", "url": "u"}}), "a string")
    ],
    "messages[0].content[0].tool_use_id": [(blocks({"type": "tool_result"}), "a string")],
    "messages[0].content[0].is_error": [
        (blocks({"type": "tool_result", "tool_use_id": "a", "is_error": "yes"}), "true or false")
    ],
    "messages[0].content[0].content": [
        (blocks({"type": "tool_result", "tool_use_id": "a", "content": 5}), "a string or a list of content blocks")
    ],
    "messages[0].content[0].content[0]": [
        (
            blocks({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "tool_reference"}]}),
            "tools that run at Anthropic",
        )
    ],
    "messages[0].content[0].id": [(blocks({"type": "tool_use", "name": "f", "input": {}}, role="assistant"), "string")],
    "messages[0].content[0].name": [(blocks({"type": "tool_use", "id": "a", "input": {}}, role="assistant"), "string")],
    "messages[0].content[0].input": [
        (blocks({"type": "tool_use", "id": "a", "name": "f", "input": "{}"}, role="assistant"), "an object")
    ],
    "messages[0].content[0].caller": [
        (
            blocks(
                {"type": "tool_use", "id": "a", "name": "f", "input": {}, "caller": {"type": "code"}}, role="assistant"
            ),
            "a model's own calls",
        )
    ],
    "messages[0].content[0].signature": [(blocks(SIGNED, role="assistant"), "a string")],
    "messages[0].content[0].data": [(blocks({"type": "redacted_thinking"}, role="assistant"), "a string")],
    "messages[0].content[0]": [
        (blocks({"type": "server_tool_use"}, role="assistant"), "tools that run at Anthropic"),
        (blocks({"type": "search_result"}), "send their text"),
        (blocks({"type": "tool_use", "id": "a", "name": "f", "input": {}}), "no block of type tool_use"),
        (blocks({"type": "image"}, role="assistant"), "no block of type image"),
    ],
    "system": [(said(system=5), "a string or a list of content blocks")],
    "system[0].type": [(said(system=[{"type": "image"}]), "'text'")],
    "max_tokens": [(said(max_tokens="many"), "a whole number"), (said(max_tokens=True), "a whole number")],
    "temperature": [(said(temperature="hot"), "a number")],
    "stop_sequences": [(said(stop_sequences="END"), "a list")],
    "stop_sequences[1]": [(said(stop_sequences=["a", 5]), "a string")],
    "metadata": [(said(metadata="me"), "an object"), (said(user="u", metadata={"user_id": "v"}), "said twice")],
    "metadata.user_id": [(said(metadata={"user_id": 5}), "a string")],
    "thinking": [(said(thinking=True), "an object")],
    "output_config.effort": [(said(output_config={"effort": 5}), "a string")],
    "output_config.format.type": [(said(output_config={"format": {"type": "grammar"}}), "'json_schema'")],
    "output_config.format.schema": [(said(output_config={"format": {"type": "json_schema"}}), "an object")],
    "service_tier": [(said(service_tier=5), "a string")],
    "tools": [(said(tools={}), "a list")],
    "tools[0]": [(said(tools=["f"]), "an object")],
    "tools[0].name": [(said(tools=[{}]), "a string")],
    "tools[0].input_schema": [(said(tools=[{"name": "f"}]), "an object")],
    "tools[0].strict": [(said(tools=[{"name": "f", "input_schema": {}, "strict": 1}]), "true or false")],
    "tools[0].description": [(said(tools=[{"name": "f", "input_schema": {}, "description": 1}]), "a string")],
    "tools[0].type": [
        (said(tools=[{"type": "web_search_20250305", "name": "web_search"}]), "web_search_20250305"),
        (said(tools=[{"type": 5, "name": "f"}]), "a string"),
    ],
    "tool_choice": [(said(tool_choice="auto"), "an object")],
    "tool_choice.type": [(said(tool_choice={"type": "some"}), "'auto'")],
    "tool_choice.name": [(said(tool_choice={"type": "tool"}), "a string")],
    "tool_choice.mode": [(said(tool_choice={"type": "auto", "mode": 1}), "no such field")],
    "tool_choice.disable_parallel_tool_use": [
        (said(tool_choice={"type": "auto", "disable_parallel_tool_use": 1}), "true or false")
    ],
    "stop": [(said(stop_sequences=["a"], stop="b"), "said twice")],
}
CASES = [(where, *case) for where, cases in WRONG.items() for case in cases]


@pytest.mark.parametrize(("where", "body", "expected"), CASES)
def test_a_wrong_body_is_refused_by_name(where, body, expected):
    with pytest.raises(BadRequestError) as caught:
        request_to_chat({"max_tokens": 9, **body} if "max_tokens" not in body else body)
    assert caught.value.param == where
    assert caught.value.message.startswith(where)
    assert expected in caught.value.message


def chat(**message):
    return ([message], {})


def params(**given):
    return (USER, given)


def part(**fields):
    return chat(role="user", content=[fields])


def tool_call(arguments, **fields):
    function = {"name": "f", "arguments": arguments}
    return chat(role="assistant", tool_calls=[{"id": "a", "type": "function", "function": function, **fields}])


NOT_FOR_ANTHROPIC = [
    ("messages[0].role", chat(role="function", content="x"), "'assistant'"),
    ("messages[0].name", chat(role="user", content="x", name="Ann"), "no such field"),
    ("messages[0].audio", chat(role="assistant", audio={"id": "a"}), "no such field"),
    ("messages[0].content", chat(role="user", content=5), "a list"),
    ("messages[0].content[0]", part(type="input_audio"), "nothing like input_audio"),
    ("messages[0].content[0].image_url", part(type="image_url", image_url="x"), "an object"),
    ("messages[0].content[0].image_url.detail", part(type="image_url", image_url={"url": "u", "detail": "low"}), "no"),
    ("messages[0].content[0].image_url.url", part(type="image_url", image_url={"url": "data:,x"}), "base64"),
    ("messages[0].content[0].file.file_data", part(type="file", file={"file_data": "data:a/b;base64,"}), "pdf"),
    ("messages[0].content[0].file.file_data", part(type="file", file={}), "a string"),
    ("messages[0].tool_call_id", chat(role="tool", content="x"), "a string"),
    ("messages[0].tool_calls[0].function.arguments", tool_call("{"), "the JSON text of an object"),
    ("messages[0].tool_calls[0].function.arguments", tool_call("[]"), "the JSON text of an object"),
    ("messages[0].tool_calls[0].function.arguments", tool_call("[" * 100_000), "the JSON text of an object"),
    ("messages[0].tool_calls[0].id", tool_call("{}", id=None), "a string"),
    ("n", params(n=2), "one answer"),
    ("stop", params(stop=5), "a list"),
    ("user", params(user=5), "a string"),
    ("user", params(metadata={"user_id": "v"}, user="u"), "said twice"),
    ("max_completion_tokens", params(max_tokens=1, max_completion_tokens=2), "said twice"),
    ("response_format.type", params(response_format={"type": "json_object"}), "'json_schema'"),
    (
        "response_format.json_schema.description",
        params(response_format={"type": "json_schema", "json_schema": {"description": "d"}}),
        "a schema alone",
    ),
    ("stream_options.include_obfuscation", params(stream_options={"include_obfuscation": True}), "no options"),
    ("tools[0].type", params(tools=[{"type": "custom", "custom": {}}]), "functions, not custom"),
    ("tool_choice", params(tool_choice="maybe"), "'required'"),
    ("tool_choice.type", params(tool_choice={"type": "allowed_tools"}), "function"),
    ("parallel_tool_calls", params(parallel_tool_calls="no"), "true or false"),
]


@pytest.mark.parametrize(("where", "request_", "expected"), NOT_FOR_ANTHROPIC)
def test_a_chat_that_anthropic_cannot_hold_is_refused_by_name(where, request_, expected):
    with pytest.raises(BadRequestError) as caught:
        chat_to_request(*request_)
    assert caught.value.param == where
    assert expected in caught.value.message


def test_an_input_that_is_nested_too_deeply_is_refused():
    deep = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(BadRequestError, match="nested less deeply"):
        request_to_chat(blocks({"type": "tool_use", "id": "a", "name": "f", "input": deep}, role="assistant"))


# ------------------------------------------------------------------------------------------------------------ any JSON

WORDS = st.sampled_from(
    [
        *("user", "assistant", "system", "tool", "text", "image", "document", "tool_use", "tool_result"),
        *("thinking", "redacted_thinking", "base64", "url", "auto", "custom", "json_schema", "function"),
        *("image_url", "file", "x"),
    ]
)
KEYS = st.sampled_from(
    [
        *("role", "content", "type", "text", "source", "data", "media_type", "url", "id", "name", "input"),
        *("tool_use_id", "is_error", "thinking", "signature", "user_id", "input_schema", "cache_control"),
        *("effort", "format", "schema", "function", "arguments", "tool_calls", "tool_call_id", "image_url"),
        *("file", "refusal", "thinking_blocks"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(0, 1) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
NAMES = ["system", "messages", "max_tokens", "temperature", "stop_sequences", "metadata", "tools", "tool_choice"]
MESSAGES = st.lists(st.fixed_dictionaries({"role": WORDS, "content": JSON}) | JSON, max_size=3)
BODIES = st.dictionaries(st.sampled_from([*NAMES, "thinking", "output_config", "service_tier"]), JSON) | JSON


@settings(max_examples=200, deadline=None)
@given(BODIES, MESSAGES)
def test_any_json_is_translated_or_refused_by_name(body, messages):
    given_body = {**body, "messages": messages} if isinstance(body, dict) else body
    for read in (request_to_chat, count_tokens):
        assert_named(refusal(read, given_body))


@settings(max_examples=200, deadline=None)
@given(MESSAGES, st.dictionaries(st.sampled_from([*NAMES[2:], "stop", "user", "n", "response_format"]), JSON))
def test_any_chat_is_translated_or_refused_by_name(messages, given_params):
    assert_named(refusal(chat_to_request, messages, given_params))


def refusal(read, *given_):
    try:
        read(*given_)
    except BadRequestError as error:
        return error
    return None


def assert_named(error):
    assert error is None or (error.param and error.message.startswith(error.param))
