"""The requests and answers that LiteLLM's documents print are taken as they are printed, and given."""

from __future__ import annotations

import json
import re

from jackfield.types import ImageResponse, ModelResponse
from jackfield_gateway.wire import answers
from jackfield_gateway.wire.parse import parse

KINDS = {"chat/completions": "chat", "images/generations": "image_generation", "messages": "messages"}

REQUEST = re.compile(r"^curl [^\n]*:4000/(?:v1/)?([\w/]+)'(?:(?!```).)*?-d '(.*?)'$", re.MULTILINE | re.DOTALL)
ANSWER = re.compile(r"^Expected Response\n+```\n(.*?)^```", re.MULTILINE | re.DOTALL)


def without_nulls(value):
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def shows(printed, written):
    """Whether everything that is printed is written too, nulls included."""
    if isinstance(printed, dict):
        return isinstance(written, dict) and all(
            name in written and shows(item, written[name]) for name, item in printed.items()
        )
    if isinstance(printed, list):
        return len(printed) == len(written) and all(map(shows, printed, written))
    return printed == written


def test_every_printed_body_is_taken_its_last_commas_included(document):
    found = [(KINDS[path], body) for path, body in REQUEST.findall(document)]
    assert "chat" in dict(found)
    for kind, body in found:
        taken = parse(kind, body.encode())
        assert taken["model"] == "my-custom-model"
        assert taken.get("messages") or taken.get("prompt")


def test_every_field_of_a_printed_answer_is_written_with_its_nulls(document):
    printed = [json.loads(re.sub(r",(\s*[}\]])", r"\1", text)) for text in ANSWER.findall(document)]
    chats = [answer for answer in printed if answer.get("object") == "chat.completion"]
    images = [answer for answer in printed if "data" in answer]
    assert chats
    assert images
    for answer in chats:
        given = ModelResponse.model_validate(without_nulls(answer))
        assert shows(answer, json.loads(answers.chat(given, "my-custom-model")))
    for answer in images:
        assert json.loads(answers.images(ImageResponse.model_validate(answer))) == answer
