"""What is refused, and how: by the name of the place, with what was expected there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield import BadRequestError
from jackfield.types import ModelResponse
from jackfield_gateway.wire.responses import request_to_chat, response_of

KEPT_NOWHERE = [
    ({"previous_response_id": "resp_1"}, "previous_response_id"),
    ({"conversation": {"id": "conv_1"}}, "conversation"),
    ({"background": True}, "background"),
    ({"store": True}, "store"),
    ({"prompt": {"id": "pmpt_1"}}, "prompt"),
    ({"context_management": [{"type": "compaction"}]}, "context_management"),
    ({"truncation": "auto"}, "truncation"),
    ({"messages": []}, "messages"),
    ({"n": 2}, "n"),
    ({"modalities": ["audio"]}, "modalities"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ({"tools": [{"type": "function", "name": "a"}, {"type": "custom", "name": "b"}]}, "tools[1].type"),
    ({"tool_choice": {"type": "file_search"}}, "tool_choice.type"),
    (
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "mcp"}]}},
        "tool_choice.tools[0].type",
    ),
    ({"reasoning": {"summary": "detailed"}}, "reasoning.summary"),
    ({"reasoning": {"context": "all_turns"}}, "reasoning.context"),
    ({"text": {"colour": "blue"}}, "text.colour"),
    ({"input": [{"type": "item_reference", "id": "msg_1"}]}, "input[0].type"),
    ({"input": [{"role": "user", "content": "a"}, {"type": "web_search_call", "id": "ws_1"}]}, "input[1].type"),
    (
        {"input": [{"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": "x"}]},
        "input[0].encrypted_content",
    ),
    (
        {"input": [{"role": "user", "content": [{"type": "input_image", "file_id": "f"}]}]},
        "input[0].content[0].file_id",
    ),
    ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, "input[0].content[0].file_id"),
    (
        {"input": [{"role": "user", "content": [{"type": "input_file", "file_url": "u"}]}]},
        "input[0].content[0].file_url",
    ),
]

NO_SHAPE = [
    ({"input": None}, "input", "missing"),
    ({"input": []}, "input", "at least one item"),
    ({"input": {}}, "input", "a string or a list of items"),
    ({"input": ["Hello"]}, "input[0]", "an object"),
    ({"input": [{}]}, "input[0].type", "missing"),
    ({"input": [{"type": 3}]}, "input[0].type", "a string"),
    ({"input": [{"role": "tool", "content": "a"}]}, "input[0].role", "'developer'"),
    ({"input": [{"role": "user"}]}, "input[0].content", "missing"),
    ({"input": [{"role": "user", "content": 3}]}, "input[0].content", "a list of content parts"),
    ({"input": [{"role": "user", "content": ["a"]}]}, "input[0].content[0]", "an object"),
    ({"input": [{"role": "user", "content": [{"type": "text"}]}]}, "input[0].content[0].type", "'input_text'"),
    ({"input": [{"role": "user", "content": [{"type": "refusal"}]}]}, "input[0].content[0].type", "'input_text'"),
    ({"input": [{"role": "user", "content": [{"type": "input_text"}]}]}, "input[0].content[0].text", "missing"),
    ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "input[0].content[0].image_url", "missing"),
    (
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": {"url": "u"}}]}]},
        "input[0].content[0].image_url",
        "not an object",
    ),
    ({"input": [{"type": "function_call", "call_id": "a", "name": "b"}]}, "input[0].arguments", "missing"),
    ({"input": [{"type": "function_call", "name": "b", "arguments": ""}]}, "input[0].call_id", "missing"),
    ({"input": [{"type": "function_call_output", "output": "a"}]}, "input[0].call_id", "missing"),
    ({"input": [{"type": "function_call_output", "call_id": "a"}]}, "input[0].output", "missing"),
    ({"input": [{"type": "reasoning", "summary": [{"type": "text"}]}]}, "input[0].summary[0].type", "'summary_text'"),
    ({"model": None}, "model", "missing"),
    ({"instructions": ["Be brief."]}, "instructions", "a string"),
    ({"stream": "yes"}, "stream", "true or false"),
    ({"store": "no"}, "store", "true or false"),
    ({"temperature": "hot"}, "temperature", "a number, not 'hot'"),
    ({"temperature": True}, "temperature", "a number, not true"),
    ({"max_output_tokens": 1.5}, "max_output_tokens", "a whole number"),
    ({"top_logprobs": []}, "top_logprobs", "a whole number, not a list"),
    ({"metadata": {"a": 1}}, "metadata.a", "a string"),
    ({"include": ["everything"]}, "include[0]", "'message.output_text.logprobs'"),
    ({"tools": {}}, "tools", "a list"),
    ({"tools": [{}]}, "tools[0].type", "missing"),
    ({"tools": [{"type": "function", "function": {"name": "a"}}]}, "tools[0].name", "missing"),
    ({"tools": [{"type": "function", "name": ""}]}, "tools[0].name", "a name"),
    ({"tools": [{"type": "function", "name": "a", "parameters": "b"}]}, "tools[0].parameters", "an object"),
    ({"tool_choice": "any"}, "tool_choice", "'required'"),
    ({"tool_choice": 3}, "tool_choice", "an object, not a number"),
    ({"text": {"format": {"type": "yaml"}}}, "text.format.type", "'json_schema'"),
    ({"text": {"format": {"type": "json_schema", "schema": {}}}}, "text.format.name", "missing"),
    ({"text": {"format": {"type": "json_schema", "name": "a"}}}, "text.format.schema", "missing"),
    ({"truncation": "some"}, "truncation", "'disabled'"),
    ({"reasoning": "high"}, "reasoning", "an object"),
    ({"stream_options": True}, "stream_options", "an object"),
]


def refusal_of(change):
    with pytest.raises(BadRequestError) as caught:
        request_to_chat({"model": "m", "input": "Hello"} | change)
    return caught.value


@pytest.mark.parametrize(("change", "param"), KEPT_NOWHERE, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_had_here_is_refused_by_name(change, param):
    error = refusal_of(change)
    assert (error.param, error.code, error.status_code) == (param, "unsupported_parameter", 400)
    assert error.message.startswith(param)


@pytest.mark.parametrize(
    ("change", "param", "expected"), NO_SHAPE, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_wrong_shape_is_named_with_what_was_expected(change, param, expected):
    error = refusal_of(change)
    assert error.param == param
    assert expected in error.message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
WORDS = st.sampled_from(["function", "message", "reasoning", "function_call", "function_call_output", "allowed_tools"])
LIKELY = st.deferred(lambda: JSON | WORDS | st.lists(LIKELY, max_size=2) | OBJECTS)
NAMES = [
    "type",
    "role",
    "content",
    "name",
    "call_id",
    "output",
    "arguments",
    "summary",
    "tools",
    "format",
    "text",
    "tool_calls",
]
OBJECTS = st.dictionaries(st.sampled_from(NAMES), LIKELY, max_size=4)
BODIES = st.dictionaries(
    st.sampled_from(["input", "tools", "tool_choice", "text", "reasoning", "include", "stream_options", "metadata"]),
    LIKELY | st.lists(OBJECTS, max_size=3),
)


@settings(max_examples=200, deadline=None)
@given(BODIES | JSON)
def test_any_json_is_a_chat_or_a_bad_request(body):
    if isinstance(body, dict):
        body = {"model": "m", "input": "Hello"} | body
    try:
        messages, params = request_to_chat(body)
    except BadRequestError as error:
        named = bool(error.param)
        assert named
        return
    assert messages
    assert "messages" not in params
    assert response_of(ModelResponse.of_text("Hello"), body)["status"] == "completed"
