"""The question itself: the model and every text, image, tool and result go out, or are refused by their names."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ...errors import JackfieldError
from .._canonical import CANONICAL
from .._cases import Case
from .._check import each_case, fail
from .._differences import fits, some_of
from .._places import definition
from .._runs import call
from .._subject import Subject
from ._losses import faults_of, sent_each_time, sent_for
from ._questions import MARK, UNKNOWN, other_questions, taken_for_a_user

__all__ = ["test_no_part_of_the_question_is_lost"]

ANOTHER_SCHEMA = {"type": "object", "properties": {"conformance": {"type": "string"}}, "required": ["conformance"]}
PARTS = ("tools", "response_format")
"""Parameters with parts of their own."""

NO_JSON = ("", '{"conformance')
"""What models write as well for a call without arguments, and where they are cut off."""

TIED = (".id", ".tool_call_id")
"""What ties a result to its call: with another one there, a conversation is none, and may fail in any way."""

LEFT = {"role", "type", "detail", "json_schema.name"}
"""Words of OpenAI's own, in whose place no other may stand, and a schema's name: a label, which many servers lack."""


def _answered(subject: Subject, case: Case) -> bool:
    asks = case.operation in subject.hooks - {"list_models"}
    return asks and case.name in CANONICAL and case.error is None and bool(case.exchanges)


@each_case(_answered, "no canonical case is answered over HTTP")
def test_no_part_of_the_question_is_lost(subject: Subject, case: Case) -> None:
    """Each part of the question changes what is sent, or is refused: the model, a system text, an image, a tool.

    So does one more of what stands in a list (a second tool), a text in several parts, a system text further down, the
    first of many messages, a developer's text, which is no user's, and a field that a message or a tool may have.
    If this fails: send the part, or where the server cannot take it, raise `BadRequestError(…, param="messages")`, with
    the field's name: `param="tools"` for all of `tools[1]`, one of a type that nobody knows as well. An answer to half
    a question looks like an answer, and so does another model's.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    lost: dict[str, str] = {}
    for said, asked in (("", case.asked), *other_questions(subject, case)):
        for where in _lost(subject, case, said, asked):
            lost.setdefault(where, where if where.startswith(said) else f"{where} ({said})")
    if case.name == "chat-system":
        lost |= {where: where for where in taken_for_a_user(subject, case)}
    if lost:
        at = definition(subject.function(case.operation))
        fail(f"{subject.name} neither sends nor refuses, of {case.name}:", some_of([*lost.values()]), at)


def _lost(subject: Subject, case: Case, said: str, asked: Any) -> Iterator[str]:
    """Yield the parts of a request that nobody misses; those of one that is refused as a whole are not asked for."""
    try:
        plain = sent_each_time(subject, case, asked)
    except JackfieldError as error:
        yield from faults_of(subject, error, said, *asked.own_fields(), *asked.params)
        return
    for field, where, changed in _changed_requests(subject, asked):
        try:
            if fits(plain, sent_for(subject, case, changed)):
                yield where
        except JackfieldError as error:
            if not where.endswith(TIED):
                yield from faults_of(subject, error, where, field)


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
        for kind, more in _one_more(value):
            yield f"{where}[{len(value)}] ({kind})", [*value, more]
            yield f"{where}[0] ({kind})", [more, *value]


def _one_more(value: list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield one more of what a list holds, and where that has a type, one of a type that nobody knows."""
    if isinstance(value[-1], Mapping) and "tool_call_id" in value[-1]:
        return  # a result of no call
    yield from (("one more", changed) for _, changed in islice(_changed(value[-1], ""), 1))
    if isinstance(value[-1], Mapping) and "type" in value[-1]:
        yield "one more, of a type that nobody knows", UNKNOWN


def _changed_item(name: str, value: Any, where: str) -> Iterator[tuple[str, Any]]:
    if name in LEFT or where.endswith(tuple(f".{each}" for each in LEFT if "." in each)):
        return
    if name in {"parameters", "schema"}:
        yield where, ANOTHER_SCHEMA
    elif name == "arguments":
        yield where, json.dumps({"conformance": MARK})
        yield from ((f"{where} ({text!r}, which is no JSON)", text) for text in NO_JSON)
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
