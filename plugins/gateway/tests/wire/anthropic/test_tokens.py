"""Characters divided by four, rounded up."""

from __future__ import annotations

import json

import pytest
from jackfield import BadRequestError
from jackfield_gateway.wire.anthropic import count_tokens

HI = [{"role": "user", "content": "Hi"}]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "A" * 4000}}


def turn(*content, role="user"):
    return [{"role": role, "content": list(content)}]


@pytest.mark.parametrize(
    ("body", "characters"),
    [
        ({"messages": [{"role": "user", "content": ""}]}, 0),
        ({"messages": HI}, 2),
        ({"messages": [{"role": "user", "content": "Grüße"}]}, 5),
        ({"system": "12345678", "messages": HI}, 10),
        ({"system": [{"type": "text", "text": "1234"}, {"type": "text", "text": "5"}], "messages": HI}, 7),
        ({"messages": turn({"type": "text", "text": "1234"}, PICTURE)}, 4),
        ({"messages": turn({"type": "tool_result", "tool_use_id": "a", "content": "12345"})}, 5),
        ({"messages": turn({"type": "thinking", "thinking": "123", "signature": "x" * 99}, role="assistant")}, 3),
        (
            {"messages": turn({"type": "tool_use", "id": "a", "name": "f", "input": {"a": 1}}, role="assistant")},
            len("f") + len('{"a":1}'),
        ),
        (
            {"messages": HI, "tools": [{"name": "weather", "description": "Tells.", "input_schema": SCHEMA}]},
            len("Hi" + "weather" + "Tells.") + len(json.dumps(SCHEMA, separators=(",", ":"))),
        ),
    ],
)
def test_what_counts(body, characters):
    assert count_tokens(body) == -(-characters // 4)


def test_a_count_is_rounded_up():
    assert [count_tokens({"messages": [{"role": "user", "content": "x" * n}]}) for n in (1, 4, 5)] == [1, 1, 2]


def test_a_wrong_body_is_refused_by_name():
    with pytest.raises(BadRequestError) as caught:
        count_tokens({"messages": HI, "tools": [{"name": "f"}]})
    assert caught.value.param == "tools[0].input_schema"
