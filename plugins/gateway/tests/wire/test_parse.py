"""A body comes out as it went in, or is refused by the gateway itself in one sentence."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield import BadRequestError
from jackfield_gateway.wire.bodies import BODIES
from jackfield_gateway.wire.parse import MAX_NESTING, parse, parse_form, refused

CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
RAW = json.dumps(CHAT).encode()

VALID = {
    "chat": {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
            {
                "role": "user",
                "name": "ann",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
                    {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
                    {"type": "file", "file": {"file_id": "f"}},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}},
                    {"id": "2", "type": "custom", "custom": {"name": "act", "input": "x"}},
                ],
            },
            {"role": "tool", "tool_call_id": "1", "content": "A cat."},
            {"role": "function", "name": "old", "content": None},
            {"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}], "reasoning_content": "Hm."},
        ],
        "temperature": 1,
        "top_p": 0.5,
        "stop": ["a", "b"],
        "logit_bias": {"50256": -100},
        "n": 2,
        "tools": [
            {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}, "strict": True}},
            {"type": "custom", "custom": {"name": "act", "format": {"type": "text"}}},
        ],
        "tool_choice": {"type": "function", "function": {"name": "look"}},
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
        "stream": True,
        "stream_options": {"include_usage": True},
        "metadata": {"a": "b"},
        "min_p": 0.1,
        "self": 1,
    },
    "completion": {"model": "m", "prompt": [[1, 2], [3]], "echo": True, "n": 1, "max_tokens": 5, "top_k": 3},
    "embedding": {"model": "m", "input": ["a", "b"], "encoding_format": "base64", "dimensions": 3, "user": "u"},
    "image_generation": {"model": "m", "prompt": "a cat", "n": 1, "size": "1024x1024", "seed": 5},
    "image_edit": {"model": "m", "images": [{"image_url": "data:image/png;base64,AA=="}], "prompt": "blue"},
    "messages": {
        "model": "m",
        "max_tokens": 9,
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
        "messages": [
            {"role": "user", "content": "Hello"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "hm", "signature": "s"},
                    {"type": "redacted_thinking", "data": "x"},
                    {"type": "tool_use", "id": "t1", "name": "look", "input": {"at": "it"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "A cat."}]},
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}},
                    {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
                ],
            },
        ],
        "tools": [{"name": "look", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "metadata": {"user_id": "u"},
        "top_k": 5,
    },
    "count_tokens": {"model": "m", "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]},
    "responses": {
        "model": "m",
        "input": [
            {"role": "user", "content": "Hello"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi."}]},
            {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "A cat."},
            {"type": "reasoning", "id": "r", "summary": []},
        ],
        "tools": [{"type": "function", "name": "look", "parameters": {}, "strict": None}],
        "text": {"format": {"type": "text"}},
        "reasoning": {"effort": "low"},
    },
}


@pytest.mark.parametrize("kind", VALID)
def test_everything_of_a_valid_body_passes_on(kind):
    assert parse(kind, json.dumps(VALID[kind]).encode()) == VALID[kind]


def test_numbers_stay_what_they_were():
    body = parse("chat", json.dumps({**CHAT, "temperature": 1, "top_p": 1.0, "x": 10**30}).encode())
    assert [repr(body[name]) for name in ("temperature", "top_p", "x")] == ["1", "1.0", str(10**30)]


def test_parameters_that_nobody_knows_keep_the_clients_order():
    body = parse(
        "chat", b'{"zeta": 1, "messages": [{"role": "user", "content": "x"}], "alpha": 2, "model": "m", "mu": 3}'
    )
    assert list(body) == ["model", "messages", "zeta", "alpha", "mu"]


def test_null_in_a_known_field_is_left_out_and_in_any_other_passes_on():
    body = parse("chat", json.dumps({**CHAT, "temperature": None, "stop": None, "x": None}).encode())
    assert body == {**CHAT, "x": None}


# -------------------------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (b'{"model": "m", "messages": [{"role": "user", "content": "x"}],}', "x"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "x",},\n ] , \t\r\n}', "x"),
        (b'{"model": "m", "messages": [{"role": "user", "content": "a,}b,]\\",}"},]}', 'a,}b,]",}'),
        (b'{"model": "m", "messages": [{"role": "user", "content": "\\\\"},]}', "\\"),
    ],
)
def test_commas_that_examples_leave_at_the_end_are_forgiven_and_strings_stay_as_they_are(written, meant):
    assert parse("chat", written) == {"model": "m", "messages": [{"role": "user", "content": meant}]}


def test_a_body_that_parses_is_not_read_for_commas():
    said = '",}" and ",]"'
    assert parse("chat", json.dumps({**CHAT, "x": said}).encode())["x"] == said


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        (b'{"model": "m" "messages": []}', 1, 15),
        (b'{"model": "m",\n "messages": [],,\n}', 3, 1),
        (b'{"model": "m",\n "messages": [],\n]', 3, 1),
        (b"{'model': 'm'}", 1, 2),
        (b'{"model": "m"} x', 1, 16),
        (b'{"model": "\xff"}', 1, 12),
        (b'{"model": "\\ud800"}', 1, 18),
        (b'{"model": "\x00"}', 1, 12),
        (b'{"model": "m', 1, 12),
        (b'{"model": 01}', 1, 12),
        (b"\xef\xbb\xbf{}", 1, 1),
    ],
)
def test_what_is_no_json_is_refused_with_line_and_column(written, line, column):
    with pytest.raises(BadRequestError, match=rf"not valid JSON: .* at line {line} column {column}$") as caught:
        parse("chat", written)
    assert caught.value.param is None


def test_the_second_reading_keeps_the_place_of_what_else_is_wrong():
    with pytest.raises(BadRequestError, match=r"line 2 column 29$"):
        parse("chat", b'{\n "messages": [1,], "model": m}')


@pytest.mark.parametrize("written", [b"", b"  \n"])
def test_an_empty_body_is_called_empty(written):
    with pytest.raises(BadRequestError, match="the body is empty: it must be a JSON object"):
        parse("chat", written)


@pytest.mark.parametrize("written", [b"[]", b"5", b'"x"', b"null", b"true", b"NaN", b"[1,]"])
def test_a_body_that_is_no_object_is_refused(written):
    with pytest.raises(BadRequestError, match="the body must be an object, not "):
        parse("chat", written)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400 + ".0"])
@pytest.mark.parametrize(
    ("place", "param"),
    [
        (b'"temperature": %s', "temperature"),
        (b'"logit_bias": {"1": %s}', "logit_bias.1"),
        (b'"mine": %s', "mine"),
        (b'"mine": [0, {"deep": %s}]', "mine[1].deep"),
        (b'"tools": [{"type": "function", "function": {"name": "f", "parameters": {"x": %s}}}]', "tools[0]"),
    ],
)
def test_a_number_that_json_does_not_have_is_refused_by_its_place(number, place, param):
    with pytest.raises(BadRequestError, match=r"not (NaN|Infinity)") as caught:
        parse("chat", RAW[:-1] + b", " + place % number.encode() + b"}")
    assert caught.value.param.startswith(param)


def test_a_whole_number_of_thousands_of_digits_is_refused():
    with pytest.raises(BadRequestError, match="number out of range"):
        parse("chat", RAW[:-1] + b', "x": ' + b"9" * 5000 + b"}")


def test_the_character_nul_is_one_like_any_other():
    body = parse("chat", b'{"model": "m", "messages": [{"role": "user", "content": "a\\u0000b"}]}')
    assert body["messages"][0]["content"] == "a\0b"


def test_of_equal_keys_the_last_one_counts():
    assert parse("chat", RAW[:-1] + b', "x": 1, "x": 2}')["x"] == 2


@pytest.mark.parametrize("opened", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [MAX_NESTING, 250, 100_000])
def test_nesting_deeper_than_the_limit_is_refused(opened, depth):
    closed = b"]" if opened == b"[" else b"}"
    with pytest.raises(BadRequestError, match="nested"):
        parse("chat", RAW[:-1] + b', "x": ' + opened * depth + b"1" + closed * depth + b"}")


def test_nesting_up_to_the_limit_passes_at_every_place():
    deep = json.loads("[" * (MAX_NESTING - 1) + "]" * (MAX_NESTING - 1))
    assert parse("chat", json.dumps({**CHAT, "x": deep}).encode())["x"] == deep
    assert parse("chat", json.dumps({**CHAT, "x": [[]]}).encode(), max_nesting=3)["x"] == [[]]
    with pytest.raises(BadRequestError, match="deeper than 3 levels"):
        parse("chat", json.dumps({**CHAT, "x": [[[]]]}).encode(), max_nesting=3)


@pytest.mark.parametrize(
    "junk", [b'\\"' * 500_000, b'"' * 500_001, b"," + b" " * 500_000, b",]" * 250_000, b"\\" * 500_000]
)
def test_long_junk_is_refused_in_a_time_that_grows_with_its_length(junk):
    began = time.perf_counter()
    with pytest.raises(BadRequestError):
        parse("chat", b'{"a": "' + junk)
    assert time.perf_counter() - began < 2  # quadratic, it takes minutes


# --------------------------------------------------------------------------------------------------- whatever may come

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
kinds = st.sampled_from(sorted(VALID))


def accepts_or_refuses(kind, raw):
    """Whatever the bytes are: a body of JSON's own types, or the error that says what is wrong."""
    refusal = None
    try:
        body = parse(kind, raw)
    except BadRequestError as error:
        refusal = error
    if refusal is None:
        json.dumps(body, allow_nan=False).encode()
        assert body["model"]
    else:
        assert refusal.status_code == 400
        assert 0 < len(refusal.message) < 1000
        assert refusal.provider is None


@settings(max_examples=200, deadline=None)
@given(kinds, st.binary(max_size=60))
def test_any_bytes_are_a_body_or_a_refusal(kind, raw):
    accepts_or_refuses(kind, raw)


@settings(max_examples=200, deadline=None)
@given(kinds, st.data())
def test_a_body_with_some_bytes_changed_is_a_body_or_a_refusal(kind, data):
    raw = bytearray(json.dumps(VALID[kind]).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    accepts_or_refuses(kind, bytes(raw))


def places(value, path=()):
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, item in items:
        yield from places(item, (*path, step))


def with_value(body, path, value):
    if not path:
        return value
    copy = body.copy()
    copy[path[0]] = with_value(body[path[0]], path[1:], value)
    return copy


@settings(max_examples=300, deadline=None)
@given(kinds, st.data(), json_values)
def test_a_body_with_anything_at_any_place_is_a_body_or_a_refusal(kind, data, value):
    path = data.draw(st.sampled_from(list(places(VALID[kind]))))
    accepts_or_refuses(kind, json.dumps(with_value(VALID[kind], path, value)).encode())


@settings(max_examples=100, deadline=None)
@given(json_values)
def test_an_unknown_parameter_passes_on_as_it_is(value):
    raw = json.dumps({**CHAT, "mine": value})
    if "NaN" in raw or "Infinity" in raw:
        accepts_or_refuses("chat", raw.encode())
    else:
        assert parse("chat", raw.encode())["mine"] == value


# --------------------------------------------------------------------------------------------------- forms and the core


def test_a_forms_numbers_and_truths_are_read_out_of_their_texts():
    fields = {"model": "m", "prompt": "blue", "n": "2", "stream": "false", "user": "5", "mine": "x"}
    assert parse_form("image_edit_form", fields) == {**fields, "n": 2, "stream": False}


@pytest.mark.parametrize(
    ("fields", "param", "said"),
    [
        ({}, "model", "model is missing"),
        ({"model": "m", "n": "two"}, "n", "n must be a whole number, not a string"),
        ({"model": "m", "stream": "maybe"}, "stream", "stream must be true or false, not a string"),
    ],
)
def test_a_form_is_checked_as_a_body_is(fields, param, said):
    with pytest.raises(BadRequestError) as caught:
        parse_form("image_edit_form", fields)
    assert (caught.value.param, caught.value.message) == (param, said)


@pytest.mark.parametrize(
    "key",
    [
        *("api_base", "base_url", "api_key", "api_version", "headers", "extra_headers", "extra_body"),
        *("custom_llm_provider", "client", "fallbacks", "num_retries", "max_retries", "drop_params"),
        *("mock_response", "mock_tool_calls", "mock_delay", "mock_timeout", "mock_anything"),
    ],
)
def test_what_would_steer_the_gateway_is_refused_by_name_unless_it_is_allowed(key):
    with pytest.raises(BadRequestError, match=f"^{key} is not taken from clients") as caught:
        refused({**CHAT, key: None}, frozenset())
    assert caught.value.param == key
    refused({**CHAT, key: None}, frozenset({key}))


def test_all_that_would_steer_the_gateway_is_named_at_once():
    with pytest.raises(BadRequestError, match=r"^client, mock_delay are not taken"):
        refused({"client": 1, "api_key": 2, "mock_delay": 3}, frozenset({"api_key"}))


def test_all_other_keys_are_parameters():
    refused({**CHAT, "metadata": {}, "provider": "x", "timeout": 5, "self": 1, "model_": 1, "mock": 1}, frozenset())


def test_every_kind_of_body_is_tried_here():
    assert VALID.keys() | {"image_edit_form"} == BODIES.keys()
