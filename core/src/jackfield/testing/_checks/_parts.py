"""The question itself: the model and every text, image, tool and result go out, or are refused by their names."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ...errors import BadRequestError
from .._canonical import CANONICAL
from .._cases import Case
from .._check import each_case, fail
from .._places import definition
from .._runs import call
from .._subject import Subject
from ._losses import refused_by_name, sent_for

__all__ = ["test_no_part_of_the_question_is_lost"]

MARK = "_conformance"
ANOTHER_SCHEMA = {"type": "object", "properties": {"conformance": {"type": "string"}}, "required": ["conformance"]}
PARTS = ("tools", "response_format")
"""Parameters with parts of their own."""

TOKENS = {"embedding": "input", "text_completion": "prompt"}
"""Operation → the field that holds texts, or tokens by their numbers."""

LEFT = {"role", "type", "detail", "json_schema.name"}
"""Words of OpenAI's own, in whose place no other may stand, and a schema's name: a label, which many servers lack."""


def _answered(subject: Subject, case: Case) -> bool:
    asks = case.operation in subject.hooks - {"list_models"}
    return asks and case.name in CANONICAL and case.error is None and bool(case.exchanges)


@each_case(_answered, "no canonical case is answered over HTTP")
def test_no_part_of_the_question_is_lost(subject: Subject, case: Case) -> None:
    """Each part of the question changes what is sent, or is refused: the model, a system text, an image, a tool.

    So does one more of what stands in a list (a second tool), a text in several parts, and what else may be asked.
    If this fails: send the part, or raise `BadRequestError(…, param="messages")`, with the name of the field that holds
    it, where the server cannot take it. An answer to half a question looks like an answer, and so does another model's.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    lost = [each for asked in (case.asked, *_otherwise(case)) for each in _lost(subject, case, asked)]
    if lost:
        at = definition(subject.function(case.operation))
        fail(f"{subject.name} neither sends nor refuses, of {case.name}:", list(dict.fromkeys(lost)), at)


def _lost(subject: Subject, case: Case, asked: Any) -> Iterator[str]:
    """Yield the parts of a request that nobody misses; those of one that is refused as a whole are not asked for."""
    try:
        plain = sent_for(subject, case, asked)
    except BadRequestError as error:
        if not refused_by_name(error, *asked.own_fields(), *asked.params):
            yield f"the same question in other parts was refused without a word of what it holds: {error}"
        return
    for field, where, changed in _changed_requests(subject, asked):
        try:
            if sent_for(subject, case, changed) == plain:
                yield where
        except BadRequestError as error:
            if not refused_by_name(error, field, where):
                yield f"{where} was refused without a word of {field}: {error}"


def _otherwise(case: Case) -> Iterator[Any]:
    """Yield what a caller may ask as well: the last text in parts, tokens by their numbers, every chat as a stream."""
    asked: Any = case.asked
    last = asked.messages[-1] if asked.operation == "completion" else {}
    if isinstance(text := last.get("content"), str) and last["role"] == "user":
        parts = [{"type": "text", "text": text}, {"type": "text", "text": MARK}]
        yield asked.replace(messages=[*asked.messages[:-1], {**last, "content": parts}])
    if case.name == "stream-plain":
        chats: list[Any] = [each.request for each in CANONICAL.values() if each.request.operation == "completion"]
        yield from (asked.replace(messages=chat.messages, params=chat.params) for chat in chats)
    if (field := TOKENS.get(asked.operation)) is not None:
        yield asked.replace(**{field: [1, 2, 3]})


def _changed_requests(subject: Subject, asked: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the field, the place in it, and the request with another value there."""
    yield "model", "model", asked.replace(model=(asked.model or subject.model) + MARK)
    for field in asked.own_fields():
        if field != "model":
            for where, value in _changed(getattr(asked, field), field):
                yield field, where, asked.replace(**{field: value})
    for name in PARTS:
        for where, value in _changed(asked.params.get(name), name):
            yield name, where, asked.replace(params={**asked.params, name: value})


def _changed(value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Yield a value with one of its parts changed, for each part, and where that stands."""
    if isinstance(value, str | bytes):
        yield where, _another(value)
    elif type(value) is int:  # a token
        yield where, value + 1
    elif isinstance(value, Mapping):
        for name, item in value.items():
            for place, changed in _changed_item(name, item, f"{where}.{name}"):
                yield place, {**value, name: changed}
    elif isinstance(value, list | tuple):
        yield from _changed_list(value, where)


def _changed_list(value: list[Any] | tuple[Any, ...], where: str) -> Iterator[tuple[str, Any]]:
    for number, item in enumerate(value):
        if isinstance(value, tuple) and isinstance(value[-1], bytes) and not isinstance(item, bytes):
            continue  # the name of an upload
        for place, changed in _changed(item, f"{where}[{number}]"):
            yield place, type(value)((*value[:number], changed, *value[number + 1 :]))
    if isinstance(value, list) and value:
        for more in _one_more(value):
            yield f"{where}[{len(value)}]", [*value, more]
            yield f"{where}[0]", [more, *value]


def _one_more(value: list[Any]) -> Iterator[Any]:
    """Yield one more of what a list holds, and where that has a type, one of a type that nobody knows."""
    yield from (changed for _, changed in islice(_changed(value[-1], ""), 1))
    if isinstance(value[-1], Mapping) and "type" in value[-1]:
        yield {"type": "conformance", "conformance": MARK}


def _changed_item(name: str, value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if name in LEFT or where.endswith(tuple(f".{each}" for each in LEFT if "." in each)):
        return
    if name in {"parameters", "schema"}:
        yield where, ANOTHER_SCHEMA
    elif name == "arguments":
        yield where, json.dumps({"conformance": MARK})
    else:
        yield from _changed(value, where)


def _another(value: str | bytes) -> str | bytes:
    """Return another text, or another image: in a data URL too, which stays one."""
    if isinstance(value, bytes):
        return value + b"\0"
    head, base64, content = value.partition(";base64,")
    if value.startswith("data:") and base64:
        return head + base64 + b64encode(b64decode(content) + b"\0").decode()
    return value + MARK
