"""Bodies that are no request: each is refused with the name of what is wrong with it, and harms nobody."""

from __future__ import annotations

import json

import pytest
from gateway_attacks.bodies import CHAT, COMPLETIONS, COUNT, EDITS, EMBEDDINGS, GOOD, IMAGES, MESSAGES, RESPONSES
from gateway_attacks.house import is_anthropic
from jsonschema import Draft202012Validator

ROUTES = [*GOOD]

# ------------------------------------------------------------------------------------------------------------ no object


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return b'{"model": "good", "deep": ' + opening * depth + closing * depth + b"}"


UNREADABLE = {
    "nothing": (b"", "empty"),
    "only spaces": (b" \r\n\t", "empty"),
    "a list": (b"[]", "must be an object"),
    "a list of one": (b'[{"model": "good"}]', "must be an object"),
    "a string": (b'"model"', "must be an object"),
    "a number": (b"7", "must be an object"),
    "null": (b"null", "must be an object"),
    "true": (b"true", "must be an object"),
    "no JSON": (b"model=good", "line 1 column"),
    "a word": (b"hello", "line 1 column"),
    "cut off": (b'{"model": "go', "line 1 column"),
    "cut off after a comma": (b'{"model": "good",', "line 1 column"),
    "two objects": (b"{}{}", "line 1 column 3"),
    "single quotes": (b"{'model': 'good'}", "line 1 column 2"),
    "a comment": (b'{"model": /* mine */ "good"}', "line 1 column"),
    "no comma": (b'{"model": "good" "messages": []}', "line 1 column"),
    "only a comma": (b"{,}", "model is missing"),  # as the trailing commas of printed examples, it is passed over
    "two trailing commas": (b'{"model": "good",,}', "line 1 column"),
    "a key that is no string": (b"{1: 2}", "line 1 column"),
    "invalid UTF-8": (b'{"model": "g\xff\xfe"}', "line 1 column"),
    "half of a surrogate pair": (b'{"model": "\\ud800"}', "line 1 column"),
    "UTF-16": ('{"model": "good"}'.encode("utf-16"), "line 1 column"),
    "a byte order mark": (b'\xef\xbb\xbf{"model": "good"}', "line 1 column"),
    "a NUL": (b'{"model": "good"\x00}', "line 1 column"),
    "a control character": (b'{"model": "go\nod"}', "line 2 column"),
    "an unknown escape": (b'{"model": "\\x41"}', "line 1 column"),
    "a number of 5,000 digits": (b'{"model": ' + b"1" * 5000 + b"}", "number out of range"),
    "200 lists": (nested(b"[", b"]", 300), "nested too deep"),
    "100,000 lists": (b"[" * 100_000, "nested too deep"),
    "100,000 objects": (b'{"a":' * 100_000, "nested too deep"),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("body", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_json_object(house, route, body, says):
    error = house.refusal(house.client.post(route, body, content_type="application/json"), route, 400)
    assert says in error["message"]


def test_commas_of_examples_are_forgiven_and_those_of_an_attack_are_not(house):
    """The second reading takes seconds where it may look at millions of commas."""
    example = b'{"model": "good", "messages": [{"role": "user", "content": "Hi",},], "made_up": [%b],}'
    assert house.told(house.client.post(CHAT, example % (b"[1,]," * 1000))).status == 200
    error = house.refusal(house.client.post(CHAT, example % (b"[1,]," * 200_000)), CHAT, 400)
    assert "trailing comma at line 1 column" in error["message"]


# ------------------------------------------------------------------------------------------- what no route may be given

MISSING = object()

ANYWHERE = {
    "no model": ({"model": MISSING}, "model"),
    "a model that is null": ({"model": None}, "model"),
    "an empty model": ({"model": ""}, "model"),
    "a model that is a number": ({"model": 7}, "model"),
    "a model that is a list": ({"model": ["good"]}, "model"),
    "a model that is an object": ({"model": {"name": "good"}}, "model"),
    "NaN": ({"made_up": float("nan")}, "made_up"),
    "Infinity, deep down": ({"made_up": [{"a": [float("inf")]}]}, "made_up[0].a[0]"),
    "minus Infinity": ({"temperature_": -float("inf")}, "temperature_"),
}


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("change", "param"), ANYWHERE.values(), ids=ANYWHERE)
def test_what_no_route_takes(house, route, change, param):
    assert_refused(house, route, changed(route, change), param)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    "name", ["no-such-model", "no\nsuch\x1b[31mmodel", "no\0such", "x" * 10_000, "*", "../../etc/passwd"]
)
def test_a_model_that_there_is_not(house, route, name):
    error = house.refusal(house.client.post(route, changed(route, {"model": name})), route, 404)
    assert is_anthropic(route) or (error["param"], error["code"]) == ("model", "model_not_found")


@pytest.mark.parametrize("route", ROUTES)
def test_nesting_beyond_the_limit(house, route):
    for opening, closing in (("[", "]"), ('{"a":', "}")):
        deep = json.loads(opening * 80 + "1" + closing * 80)
        answer = house.client.post(route, changed(route, {"made_up": deep}))
        assert "deeper than 64 levels" in house.refusal(answer, route, 400)["message"]


@pytest.mark.parametrize("route", ROUTES)
def test_more_than_the_limit_of_bytes(house, route):
    answer = house.client.ask("POST", route, b'{"model": "good"', content_length=str(33 * 1024 * 1024))
    assert "33554432 bytes" in house.refusal(answer, route, 413)["message"]


STEERING = [
    *("api_base", "base_url", "api_key", "api_version", "headers", "extra_headers", "extra_body"),
    *("custom_llm_provider", "client", "fallbacks", "num_retries", "max_retries", "drop_params"),
    *("mock_response", "mock_tool_calls", "mock_delay", "mock_timeout", "mock_anything"),
]


@pytest.mark.parametrize("route", ROUTES)
def test_keys_that_would_steer_the_gateway(house, upstream, route):
    sent = len(upstream.requests)
    for key in STEERING:
        for value in ("http://169.254.169.254/", None, {"a": "b"}):
            error = assert_refused(house, route, changed(route, {key: value}), key)
            assert key in error["message"]
    assert len(upstream.requests) == sent


PASSING = {
    "metadata": {"a": "b"},
    "provider": "openai",
    "timeout": 0.001,
    "self": 1,
    "request": 2,
    "settings": [3],
    "": 4,
}


@pytest.mark.parametrize("route", [CHAT, COMPLETIONS, EMBEDDINGS, IMAGES])
def test_keys_that_are_parameters_like_any_other(house, upstream, route):
    answer = house.told(house.client.post(route, changed(route, PASSING)))
    assert answer.status == 200
    assert {key: upstream.requests[-1].json[key] for key in PASSING} == PASSING


def test_in_a_form_too(house, upstream):
    answer = house.told(house.client.post(EDITS, changed(EDITS, PASSING)))
    assert answer.status == 200
    assert {"metadata[a]", "provider", "timeout", "self"} <= {part.name for part in upstream.requests[-1].parts}


# ----------------------------------------------------------------------------------------------------- route by route

TOOL = {"type": "function", "function": {"name": "f"}}


def says(role, content):
    return {"messages": [{"role": role, "content": content}]}


WRONG = {
    CHAT: [
        ({"messages": MISSING}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": {}}, "messages"),
        ({"messages": ["Hi"]}, "messages[0]"),
        ({"messages": [None]}, "messages[0]"),
        ({"messages": [{}]}, "messages[0].role"),
        ({"messages": [[]]}, "messages[0]"),
        (says("wizard", "Hi"), "messages[0].role"),
        (says(7, "Hi"), "messages[0].role"),
        (says(["user"], "Hi"), "messages[0].role"),
        (says("user", None), "messages[0].content"),
        (says("user", 7), "messages[0].content"),
        (says("user", []), "messages[0].content"),
        (says("user", ["Hi"]), "messages[0].content[0]"),
        (says("user", [{}]), "messages[0].content[0].type"),
        (says("user", [{"type": "junk"}]), "messages[0].content[0].type"),
        (says("user", [{"type": "text"}]), "messages[0].content[0].text"),
        (says("user", [{"type": "text", "text": 7}]), "messages[0].content[0].text"),
        (says("user", [{"type": "image_url", "image_url": "http://x"}]), "messages[0].content[0].image_url"),
        (says("user", [{"type": "image_url", "image_url": {}}]), "messages[0].content[0].image_url.url"),
        (says("user", [{"type": "text", "text": "Hi"}, 7]), "messages[0].content[1]"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages[0].tool_calls[0].type"),
        ({"messages": [{"role": "assistant", "tool_calls": "f"}]}, "messages[0].tool_calls"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": {}}, "tools"),
        ({"tools": [None]}, "tools[0]"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name"),
        ({"tools": [{"type": "function", "function": {"name": ""}}]}, "tools[0].function.name"),
        ({"tools": [TOOL, {"type": "junk"}]}, "tools[1].type"),
        ({"tools": [TOOL], "tool_choice": {"type": "function"}}, "tool_choice.function"),
        ({"tools": [TOOL], "tool_choice": 7}, "tool_choice"),
        ({"n": 0}, "n"),
        ({"n": 129}, "n"),
        ({"n": -1}, "n"),
        ({"n": "2"}, "n"),
        ({"n": 1.5}, "n"),
        ({"stream": "yes"}, "stream"),
        ({"stream": 1}, "stream"),
        ({"stream_options": []}, "stream_options"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"max_tokens": 1e3}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"stop": 7}, "stop"),
        ({"stop": [7]}, "stop[0]"),
        ({"response_format": "json"}, "response_format"),
        ({"response_format": {}}, "response_format.type"),
        ({"logit_bias": {"a": "b"}}, "logit_bias.a"),
        ({"seed": "x"}, "seed"),
        ({"user": 7}, "user"),
    ],
    COMPLETIONS: [
        ({"prompt": MISSING}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": {}}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": [None]}, "prompt[0]"),
        ({"prompt": ["a", 1]}, "prompt[1]"),
        ({"prompt": [1, "a"]}, "prompt[1]"),
        ({"prompt": [[1], "a"]}, "prompt[1]"),
        ({"prompt": [["a"]]}, "prompt[0][0]"),
        ({"echo": "yes"}, "echo"),
        ({"best_of": "x"}, "best_of"),
        ({"n": 0}, "n"),
        ({"suffix": 7}, "suffix"),
    ],
    EMBEDDINGS: [
        ({"input": MISSING}, "input"),
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": {}}, "input"),
        ({"input": [{}]}, "input[0]"),
        ({"input": [1.5]}, "input[0]"),
        ({"encoding_format": "hex"}, "encoding_format"),
        ({"encoding_format": 7}, "encoding_format"),
        ({"dimensions": 0}, "dimensions"),
        ({"dimensions": "3"}, "dimensions"),
    ],
    IMAGES: [
        ({"prompt": MISSING}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": ["a"]}, "prompt"),
        ({"n": 0}, "n"),
        ({"n": 10_000}, "n"),
        ({"size": 7}, "size"),
        ({"stream": True}, "stream"),
    ],
    EDITS: [
        ({"image": MISSING}, "image"),
        ({"image": None}, "image"),
        ({"image": ""}, "image[0]"),
        ({"image": 7}, "image"),
        ({"image": []}, "image"),
        ({"image": {}}, "image[0]"),
        ({"image": [None]}, "image[0]"),
        ({"image": "http://169.254.169.254/latest/meta-data"}, "image[0]"),
        ({"image": "file:///etc/passwd"}, "image[0]"),
        ({"image": "/etc/passwd"}, "image[0]"),
        ({"image": "data:"}, "image[0]"),
        ({"image": "data:image/png;base64,@@@"}, "image[0]"),
        ({"image": ["data:,x", "http://127.0.0.1/"]}, "image[1]"),
        ({"image": {"image_url": "http://169.254.169.254/"}}, "image[0]"),
        ({"image": {"image_url": {"url": "data:,x"}}}, "image.image_url"),
        ({"image": {"file_id": "file-1"}}, "image[0]"),
        ({"image": MISSING, "images": [{"image_url": "http://169.254.169.254/"}]}, "image[0]"),
        ({"mask": "http://169.254.169.254/"}, "mask"),
        ({"images": ["data:,x"]}, "images"),
        ({"stream": True}, "stream"),
        ({"mask": 7}, "mask"),
        ({"mask": []}, "mask"),
        ({"prompt": 7}, "prompt"),
    ],
    MESSAGES: [
        ({"max_tokens": MISSING}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"system": 7}, "system"),
        ({"system": [{"type": "image"}]}, "system[0]"),
        ({"temperature": "hot"}, "temperature"),
        ({"stop_sequences": "x"}, "stop_sequences"),
        ({"metadata": "x"}, "metadata"),
        ({"metadata": {"user_id": 7}}, "metadata.user_id"),
        ({"stream": "yes"}, "stream"),
    ],
    COUNT: [],
    RESPONSES: [
        ({"input": MISSING}, "input"),
        ({"input": None}, "input"),
        ({"input": 7}, "input"),
        ({"input": {}}, "input"),
        ({"input": [None]}, "input[0]"),
        ({"input": [{}]}, "input[0].role"),
        ({"input": [{"role": "wizard", "content": "Hi"}]}, "input[0].role"),
        ({"input": [{"role": "user", "content": 7}]}, "input[0].content"),
        ({"input": [{"role": "user", "content": [{"type": "junk"}]}]}, "input[0].content[0].type"),
        ({"input": [{"type": ["function_call"]}]}, "input[0].type"),
        ({"input": [{"type": "function_call"}]}, "input[0].call_id"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input[0].type"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"store": True}, "store"),
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"tools": [{}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].name"),
        ({"max_output_tokens": 0}, "max_output_tokens"),
        ({"metadata": 7}, "metadata"),
        ({"text": "json"}, "text"),
        ({"text": {"format": {}}}, "text.format.type"),
    ],
}
TALKS = [
    ({"messages": MISSING}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "Hi"}, "messages"),
    ({"messages": ["Hi"]}, "messages[0]"),
    ({"messages": [{}]}, "messages[0].role"),
    (says("wizard", "Hi"), "messages[0].role"),
    (says("user", None), "messages[0].content"),
    (says("user", [{}]), "messages[0].content[0].type"),
    (says("user", [{"type": "junk"}]), "messages[0].content[0].type"),
    (says("user", [{"type": "text"}]), "messages[0].content[0].text"),
    (says("user", [{"type": "image", "source": {}}]), "messages[0].content[0].source.type"),
    (says("user", [{"type": "tool_result"}]), "messages[0].content[0].tool_use_id"),
    (says("assistant", [{"type": "tool_use"}]), "messages[0].content[0].id"),
    ({"tools": [{}]}, "tools[0].name"),
    ({"tools": "f"}, "tools"),
    ({"tool_choice": {"type": "junk"}}, "tool_choice.type"),
    ({"tool_choice": {"type": "tool"}}, "tool_choice.name"),
    ({"thinking": {"type": "junk"}}, "thinking.type"),
]
CASES = [
    (route, change, param)
    for route, cases in {**WRONG, MESSAGES: TALKS + WRONG[MESSAGES], COUNT: TALKS}.items()
    for change, param in cases
]


@pytest.mark.parametrize(("route", "change", "param"), CASES)
def test_a_field_that_is_wrong(house, route, change, param):
    assert_refused(house, route, changed(route, change), param)


# ------------------------------------------------------------------------------------------------------- every field

JUNK = [None, True, 7, -1, 1.5, "x", "", [], {}, [{}], [None], [[]], ["x"], {"a": 1}, {"type": "x"}, "x" * 5000]


@pytest.mark.parametrize("route", ROUTES)
def test_junk_in_every_field_is_refused_where_the_description_of_the_api_says_so(house, route):
    """What ``/openapi.json`` forbids is refused by its name, and no junk at all is a server's error."""
    document = house.client.get("/openapi.json").json
    schema = document["paths"][route]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body = Draft202012Validator({**schema, "components": document["components"]})
    fields = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]["properties"]
    for field in fields:
        for value in JUNK:
            sent = {**GOOD[route], field: value}
            answer = house.told(house.client.post(route, sent))
            assert answer.status < 500, (sent, answer.body)
            if body.is_valid(sent):
                continue
            error = house.refusal(answer, route, 400)
            assert is_anthropic(route) or error["param"].startswith(field), (sent, error)


def changed(route, change):
    merged = {**GOOD[route], **change}
    return {name: value for name, value in merged.items() if value is not MISSING}


def assert_refused(house, route, body, param):
    """The error names the parameter: in its own field, or in the text where the shape has no such field."""
    answer = house.client.post(route, json.dumps(body).encode())
    error = house.refusal(answer, route, 400)
    named = error["message"] if is_anthropic(route) else error["param"]
    assert named is not None, error
    assert param in named if is_anthropic(route) else named == param, error
    return error
