"""What does not fit a body's type is named: the parameter, what was expected, and what came instead."""

from __future__ import annotations

import json
import traceback

import pytest
from jackfield import BadRequestError
from jackfield_gateway.wire.bodies import BODIES, adapter
from jackfield_gateway.wire.parse import parse

USER = {"role": "user", "content": "Hello"}
CHAT = {"model": "m", "messages": [USER]}
ROLES = "'system', 'developer', 'user', 'assistant', 'tool' or 'function'"
PARTS = "'text', 'image_url', 'input_audio', 'file', 'refusal', 'audio_url' or 'video_url'"


def refusal(kind, body):
    with pytest.raises(BadRequestError) as caught:
        parse(kind, json.dumps(body).encode())
    return caught.value.param, caught.value.message


def after(message):
    """A chat whose second message is this one."""
    return {"model": "m", "messages": [USER, message]}


def of(*parts):
    return after({"role": "user", "content": list(parts)})


def calling(call):
    return after({"role": "assistant", "tool_calls": [call]})


WRONG_CHATS = [
    ({}, "model", "is missing"),
    ({"model": "m"}, "messages", "is missing"),
    ({**CHAT, "model": None}, "model", "must be a string, not null"),
    ({**CHAT, "model": 5}, "model", "must be a string, not 5"),
    ({**CHAT, "model": ["m"]}, "model", "must be a string, not a list"),
    ({**CHAT, "model": ""}, "model", "must be a string that is not empty"),
    ({**CHAT, "messages": None}, "messages", "must be a list, not null"),
    ({**CHAT, "messages": "Hello"}, "messages", "must be a list, not a string"),
    ({**CHAT, "messages": USER}, "messages", "must be a list, not an object"),
    ({**CHAT, "messages": []}, "messages", "must be a list that is not empty"),
    (after("Hello"), "messages[1]", "must be an object, not a string"),
    (after(None), "messages[1]", "must be an object, not null"),
    (after([USER]), "messages[1]", "must be an object, not a list"),
    (after({}), "messages[1].role", f"is missing; it must be {ROLES}"),
    (after({"role": None, "content": "x"}), "messages[1].role", f"is missing; it must be {ROLES}"),
    (after({"role": "robot", "content": "x"}), "messages[1].role", f"must be {ROLES}, not 'robot'"),
    (after({"role": 5, "content": "x"}), "messages[1].role", f"must be {ROLES}, not 5"),
    (after({"role": ["user"], "content": "x"}), "messages[1].role", f"must be {ROLES}, not a list"),
    (after({"role": "User", "content": "x"}), "messages[1].role", f"must be {ROLES}, not 'User'"),
    (after({"role": "user"}), "messages[1].content", "is missing"),
    (
        after({"role": "user", "content": None}),
        "messages[1].content",
        "must be a string or a list of content parts, not null",
    ),
    (
        after({"role": "user", "content": 5}),
        "messages[1].content",
        "must be a string or a list of content parts, not 5",
    ),
    (
        after({"role": "system", "content": {"type": "text", "text": "x"}}),
        "messages[1].content",
        "must be a string or a list of content parts, not an object",
    ),
    (after({"role": "user", "content": []}), "messages[1].content", "must be a list that is not empty"),
    (after({"role": "user", "content": "x", "name": 5}), "messages[1].name", "must be a string, not 5"),
    (of("Hello"), "messages[1].content[0]", "must be an object, not a string"),
    (of({}), "messages[1].content[0].type", f"is missing; it must be {PARTS}"),
    (of({"type": "junk"}), "messages[1].content[0].type", f"must be {PARTS}, not 'junk'"),
    (of({"type": "x" * 999}), "messages[1].content[0].type", f"must be {PARTS}, not '{'x' * 40}'"),
    (of({"type": "text"}), "messages[1].content[0].text", "is missing"),
    (of({"type": "text", "text": None}), "messages[1].content[0].text", "must be a string, not null"),
    (of({"type": "text", "text": "x"}, {"type": "text", "text": 5}), "messages[1].content[1].text", "a string, not 5"),
    (of({"type": "image_url"}), "messages[1].content[0].image_url", "is missing"),
    (of({"type": "image_url", "image_url": "data:,"}), "messages[1].content[0].image_url", "an object, not a string"),
    (of({"type": "image_url", "image_url": {}}), "messages[1].content[0].image_url.url", "is missing"),
    (of({"type": "image_url", "image_url": {"url": 5}}), "messages[1].content[0].image_url.url", "a string, not 5"),
    (of({"type": "input_audio", "input_audio": {}}), "messages[1].content[0].input_audio.data", "is missing"),
    (
        of({"type": "input_audio", "input_audio": {"data": "x", "format": 5}}),
        "messages[1].content[0].input_audio.format",
        "must be a string, not 5",
    ),
    (of({"type": "file", "file": "x"}), "messages[1].content[0].file", "must be an object, not a string"),
    (of({"type": "file", "file": {"file_id": 5}}), "messages[1].content[0].file.file_id", "must be a string, not 5"),
    (of({"type": "refusal"}), "messages[1].content[0].refusal", "is missing"),
    (after({"role": "assistant", "tool_calls": {}}), "messages[1].tool_calls", "must be a list, not an object"),
    (calling({}), "messages[1].tool_calls[0].type", "is missing; it must be 'function' or 'custom'"),
    (calling("look"), "messages[1].tool_calls[0]", "must be an object, not a string"),
    (calling({"type": "function"}), "messages[1].tool_calls[0].id", "is missing"),
    (calling({"type": "function", "id": "1"}), "messages[1].tool_calls[0].function", "is missing"),
    (
        calling({"type": "function", "id": "1", "function": {"name": "f", "arguments": {}}}),
        "messages[1].tool_calls[0].function.arguments",
        "must be a string, not an object",
    ),
    (
        after({"role": "assistant", "function_call": "f"}),
        "messages[1].function_call",
        "must be an object, not a string",
    ),
    (after({"role": "tool", "content": "x"}), "messages[1].tool_call_id", "is missing"),
    (after({"role": "tool", "tool_call_id": "1"}), "messages[1].content", "is missing"),
    (after({"role": "function", "content": "x"}), "messages[1].name", "is missing"),
    ({**CHAT, "tools": {}}, "tools", "must be a list, not an object"),
    ({**CHAT, "tools": [{}]}, "tools[0].type", "is missing; it must be 'function' or 'custom'"),
    ({**CHAT, "tools": ["f"]}, "tools[0]", "must be an object, not a string"),
    ({**CHAT, "tools": [{"type": "magic"}]}, "tools[0].type", "must be 'function' or 'custom', not 'magic'"),
    ({**CHAT, "tools": [{"type": "function"}]}, "tools[0].function", "is missing"),
    ({**CHAT, "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "is missing"),
    (
        {**CHAT, "tools": [{"type": "function", "function": {"name": ""}}]},
        "tools[0].function.name",
        "must be a string that is not empty",
    ),
    (
        {**CHAT, "tools": [{"type": "function", "function": {"name": "f", "parameters": "x"}}]},
        "tools[0].function.parameters",
        "must be an object, not a string",
    ),
    ({**CHAT, "functions": [{}]}, "functions[0].name", "is missing"),
    ({**CHAT, "tool_choice": 5}, "tool_choice", "must be a string or an object that names a tool, not 5"),
    ({**CHAT, "tool_choice": {}}, "tool_choice.type", "is missing; it must be 'function', 'custom' or 'allowed_tools'"),
    ({**CHAT, "tool_choice": {"type": "function"}}, "tool_choice.function", "is missing"),
    ({**CHAT, "tool_choice": {"type": "function", "function": {}}}, "tool_choice.function.name", "is missing"),
    ({**CHAT, "function_call": 5}, "function_call", "must be a string or an object with a name, not 5"),
    ({**CHAT, "response_format": "json_object"}, "response_format", "must be an object, not a string"),
    ({**CHAT, "response_format": {}}, "response_format.type", "is missing"),
    (
        {**CHAT, "response_format": {"type": "json_schema", "json_schema": {}}},
        "response_format.json_schema.name",
        "is missing",
    ),
    (
        {**CHAT, "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": []}}},
        "response_format.json_schema.schema",
        "must be an object, not a list",
    ),
    ({**CHAT, "stream": "yes"}, "stream", "must be true or false, not a string"),
    ({**CHAT, "stream": 1}, "stream", "must be true or false, not 1"),
    ({**CHAT, "stream_options": True}, "stream_options", "must be an object, not true"),
    ({**CHAT, "stream_options": {"include_usage": "no"}}, "stream_options.include_usage", "must be true or false"),
    ({**CHAT, "temperature": "hot"}, "temperature", "must be a number, not a string"),
    ({**CHAT, "temperature": True}, "temperature", "must be a number, not true"),
    ({**CHAT, "top_p": [1]}, "top_p", "must be a number, not a list"),
    ({**CHAT, "n": 0}, "n", "must be 1 or more, not 0"),
    ({**CHAT, "n": -1}, "n", "must be 1 or more, not -1"),
    ({**CHAT, "n": 129}, "n", "must be 128 or less, not 129"),
    ({**CHAT, "n": "2"}, "n", "must be a whole number, not a string"),
    ({**CHAT, "n": 1.5}, "n", "must be a whole number, not 1.5"),
    ({**CHAT, "n": True}, "n", "must be a whole number, not true"),
    ({**CHAT, "max_tokens": "10"}, "max_tokens", "must be a whole number, not a string"),
    ({**CHAT, "max_completion_tokens": 1.5}, "max_completion_tokens", "must be a whole number, not 1.5"),
    ({**CHAT, "seed": {}}, "seed", "must be a whole number, not an object"),
    ({**CHAT, "stop": 5}, "stop", "must be a string or a list of strings, not 5"),
    ({**CHAT, "stop": ["a", 5]}, "stop[1]", "must be a string, not 5"),
    ({**CHAT, "logit_bias": []}, "logit_bias", "must be an object, not a list"),
    ({**CHAT, "logit_bias": {"5": "x"}}, "logit_bias.5", "must be a number, not a string"),
    ({**CHAT, "logprobs": 5}, "logprobs", "must be true or false, not 5"),
    ({**CHAT, "user": 5}, "user", "must be a string, not 5"),
    ({**CHAT, "metadata": "x"}, "metadata", "must be an object, not a string"),
    ({**CHAT, "modalities": "text"}, "modalities", "must be a list, not a string"),
    ({**CHAT, "parallel_tool_calls": "x"}, "parallel_tool_calls", "must be true or false, not a string"),
]

PROMPTS = "a string, a list of strings, a list of token numbers or a list of lists of token numbers"
SOURCES = "'base64', 'url' or 'file'"

WRONG_OTHERS = [
    ("completion", {"model": "m"}, "prompt", "is missing"),
    ("completion", {"model": "m", "prompt": None}, "prompt", f"must be {PROMPTS}, not null"),
    ("completion", {"model": "m", "prompt": 5}, "prompt", f"must be {PROMPTS}, not 5"),
    ("completion", {"model": "m", "prompt": []}, "prompt", "must be a list that is not empty"),
    ("completion", {"model": "m", "prompt": ["a", 5]}, "prompt[1]", "must be a string, not 5"),
    ("completion", {"model": "m", "prompt": [1, "a"]}, "prompt[1]", "must be a whole number, not a string"),
    ("completion", {"model": "m", "prompt": [[1], ["a"]]}, "prompt[1][0]", "must be a whole number, not a string"),
    ("completion", {"model": "m", "prompt": [{}]}, "prompt[0]", "must be a string, a whole number or a list, not an "),
    ("completion", {"model": "m", "prompt": "x", "echo": 1}, "echo", "must be true or false, not 1"),
    ("completion", {"model": "m", "prompt": "x", "logprobs": True}, "logprobs", "must be a whole number, not true"),
    ("embedding", {"model": "m", "input": {}}, "input", f"must be {PROMPTS}, not an object"),
    ("embedding", {"model": "m", "input": [1.5]}, "input[0]", "must be a string, a whole number or a list, not 1.5"),
    (
        "embedding",
        {"model": "m", "input": "x", "encoding_format": "hex"},
        "encoding_format",
        "'float' or 'base64', not",
    ),
    ("embedding", {"model": "m", "input": "x", "encoding_format": 5}, "encoding_format", "'float' or 'base64', not 5"),
    ("embedding", {"model": "m", "input": "x", "dimensions": 0}, "dimensions", "must be 1 or more, not 0"),
    ("image_generation", {"model": "m"}, "prompt", "is missing"),
    ("image_generation", {"model": "m", "prompt": ["x"]}, "prompt", "must be a string, not a list"),
    ("image_generation", {"model": "m", "prompt": "x", "size": 5}, "size", "must be a string, not 5"),
    ("image_edit", {"model": "m", "image": 5}, "image", "must be a data URL, an object with image_url or a list of"),
    ("image_edit", {"model": "m", "images": [5]}, "images[0]", "must be a data URL or an object with image_url, not 5"),
    ("image_edit", {"model": "m", "images": []}, "images", "must be a list that is not empty"),
    ("image_edit", {"model": "m", "mask": {"image_url": 5}}, "mask.image_url", "must be a string, not 5"),
    ("messages", {"model": "m", "messages": [USER]}, "max_tokens", "is missing"),
    ("messages", {"model": "m", "max_tokens": 0, "messages": [USER]}, "max_tokens", "must be 1 or more, not 0"),
    ("messages", {"model": "m", "max_tokens": 1, "messages": [{"role": "judge"}]}, "messages[0].role", "'assistant'"),
    ("messages", {"model": "m", "max_tokens": 1, "messages": [USER], "system": 5}, "system", "a list of text blocks"),
    (
        "messages",
        {"model": "m", "max_tokens": 1, "messages": [USER], "system": [{"type": "text"}]},
        "system[0].text",
        "is missing",
    ),
    (
        "count_tokens",
        {"model": "m", "messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]},
        "messages[0].content[0].source.type",
        f"is missing; it must be {SOURCES}",
    ),
    (
        "count_tokens",
        {"model": "m", "messages": [{"role": "user", "content": [{"type": "zip"}]}]},
        "messages[0].content[0].type",
        "not 'zip'",
    ),
    (
        "count_tokens",
        {"model": "m", "messages": [{"role": "user", "content": [{"type": "tool_result"}]}]},
        "messages[0].content[0].tool_use_id",
        "is missing",
    ),
    ("count_tokens", {"model": "m", "messages": [USER], "tools": [{}]}, "tools[0].name", "is missing"),
    (
        "count_tokens",
        {"model": "m", "messages": [USER], "tool_choice": {"type": "tool"}},
        "tool_choice.name",
        "is missing",
    ),
    ("count_tokens", {"model": "m", "messages": [USER], "thinking": {"type": "deep"}}, "thinking.type", "not 'deep'"),
    ("responses", {"model": "m"}, "input", "is missing"),
    ("responses", {"model": "m", "input": 5}, "input", "must be a string or a list of items, not 5"),
    ("responses", {"model": "m", "input": ["x"]}, "input[0]", "must be an object, not a string"),
    ("responses", {"model": "m", "input": [{}]}, "input[0].role", "is missing"),
    ("responses", {"model": "m", "input": [{"role": "robot", "content": "x"}]}, "input[0].role", "not 'robot'"),
    ("responses", {"model": "m", "input": [{"type": []}]}, "input[0].type", "must be a string, not a list"),
    ("responses", {"model": "m", "input": [{"type": "function_call"}]}, "input[0].call_id", "is missing"),
    (
        "responses",
        {"model": "m", "input": [{"role": "user", "content": [{"type": "text", "text": "x"}]}]},
        "input[0].content[0].type",
        "not 'text'",
    ),
    ("responses", {"model": "m", "input": "x", "tools": [{}]}, "tools[0].type", "is missing"),
    ("responses", {"model": "m", "input": "x", "text": {"format": "json"}}, "text.format", "an object, not a string"),
    ("responses", {"model": "m", "input": "x", "reasoning": "high"}, "reasoning", "must be an object, not a string"),
]


@pytest.mark.parametrize(("body", "param", "said"), WRONG_CHATS)
def test_what_is_wrong_in_a_chat_is_named(body, param, said):
    named, message = refusal("chat", body)
    assert named == param
    assert message.startswith(f"{param} ")
    assert said in message


@pytest.mark.parametrize(("kind", "body", "param", "said"), WRONG_OTHERS)
def test_what_is_wrong_in_any_other_body_is_named(kind, body, param, said):
    named, message = refusal(kind, body)
    assert named == param
    assert message.startswith(f"{param} ")
    assert said in message


ANYTHING = (None, True, 5, 1.5, "x", [], {}, [None], {"x": None})
FREE = {"container", "context_management", "conversation", "moderation"}  # anything may stand there

LEAST = {
    "chat": CHAT,
    "completion": {"model": "m", "prompt": "x"},
    "embedding": {"model": "m", "input": "x"},
    "image_generation": {"model": "m", "prompt": "x"},
    "image_edit": {"model": "m"},
    "messages": {**CHAT, "max_tokens": 5},
    "count_tokens": CHAT,
    "responses": {"model": "m", "input": "x"},
}


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in LEAST for field in BODIES[kind].__annotations__])
def test_every_field_has_a_type_and_is_named_by_what_is_not_of_it(kind, field):
    refusals = []
    for value in ANYTHING:
        try:
            parse(kind, json.dumps({**LEAST[kind], field: value}).encode())
        except BadRequestError as error:
            refusals.append(error.param)
    assert all(param.split(".")[0].split("[")[0] == field for param in refusals)
    assert refusals or field in FREE


@pytest.mark.parametrize("kind", BODIES)
def test_what_a_log_may_show_of_a_refusal_holds_nothing_that_the_client_wrote(kind):
    raw = json.dumps({"model": {"my": "secret"}, "messages": "my secret", "input": 5}).encode()
    with pytest.raises(BadRequestError) as caught:
        parse(kind, raw)  # a traceback shows this line, and not the one above
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_a_long_list_of_junk_is_named_by_its_first():
    assert refusal("chat", {**CHAT, "messages": [5] * 50_000}) == (
        "messages[0]",
        "messages[0] must be an object, not 5",
    )


def test_a_clients_own_long_key_is_not_sent_back_whole():
    param, message = refusal("chat", {**CHAT, "logit_bias": {"k" * 10_000: "x"}})
    assert len(param) < 250
    assert len(message) < 300


def alternatives(schema):
    """Yield every choice among types in a schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "union":
            yield schema["choices"]
        for value in schema.values():
            yield from alternatives(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from alternatives(value)


@pytest.mark.parametrize("kind", BODIES)
def test_every_choice_among_types_has_a_name_that_a_sentence_can_use(kind):
    for choices in alternatives(adapter(kind).core_schema):
        assert all(isinstance(choice, tuple) and choice[1][0] + choice[1][-1] == "<>" for choice in choices)
