"""Other questions than the cases': what a caller may ask as well, and may have sent, or refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from ...errors import JackfieldError
from ...types import CompletionRequest
from .._canonical import CANONICAL
from .._cases import Case
from .._differences import fits
from .._subject import Subject
from ._losses import sent_each_time, sent_for

__all__ = ["MARK", "UNKNOWN", "other_questions", "taken_for_a_user"]

MARK = "_conformance"
AGAIN = "_again"
"""Makes another id of one, which is not that of `MARK`."""

UNKNOWN = {"type": "conformance", "conformance": MARK}
"""A part, a tool or a call of a type that nobody knows."""

TOKENS = {"embedding": "input", "text_completion": "prompt"}
"""Operation → the field that holds texts, or tokens by their numbers."""

LONG = 20
"""How often a conversation is gone through, so that it is long."""


def other_questions(subject: Subject, case: Case) -> Iterator[tuple[str, Any]]:
    """Yield what a caller may ask as well as a case: what is other about it, and the request."""
    asked: Any = case.asked
    if asked.operation == "completion" and asked.messages:
        for said, messages in _conversations(subject, case, list(asked.messages)):
            yield said, asked.replace(messages=messages)
    if case.name == "chat-tools" and (tools := asked.params.get("tools")):
        more = {**tools[-1], "function": {**tools[-1].get("function", {}), "conformance": MARK}}
        yield "a field that nobody knows", asked.replace(params={**asked.params, "tools": [*tools[:-1], more]})
    if case.name == "stream-plain":
        for name, each in CANONICAL.items():
            if isinstance(chat := each.request, CompletionRequest) and not chat.stream:
                yield f"{name} as a stream", asked.replace(messages=chat.messages, params=chat.params)
    if (field := TOKENS.get(asked.operation)) is not None:
        yield "token numbers", asked.replace(**{field: [1, 2, 3]})


def taken_for_a_user(subject: Subject, case: Case) -> Iterator[str]:
    """Yield a developer's text that goes out as a user's would, where a system's does not."""
    asked: Any = case.asked
    by = [asked.replace(messages=_as(role, asked.messages)) for role in ("system", "developer", "user")]
    with suppress(JackfieldError):  # which is told already
        system, developer, user = (sent_each_time(subject, case, each) for each in by)
        if fits(user, developer) and not fits(user, system):
            yield 'messages[0].role: "developer", whose text is sent as a user\'s'


def _conversations(subject: Subject, case: Case, messages: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """Yield other conversations with what the case is about, each of which a caller may well have had."""
    yield "texts in parts", [_in_parts(each) for each in messages]
    *before, last = messages
    match case.name:
        case "chat-plain":
            yield "a part of a type that nobody knows", [*before, {**last, "content": [UNKNOWN]}]
            if _says_who(subject, case):
                yield "a name", [*before, {**last, "name": MARK}]
                yield "a field that nobody knows", [*before, {**last, "conformance": MARK}]
        case "chat-system":
            yield "the whole twice", [*messages, *messages]
            yield "a developer's text", _as("developer", messages)
        case "chat-turns":
            long = [*messages, {"role": "assistant", "content": MARK}] * LONG + [last]
            yield f"{len(long)} messages", long
        case "chat-image":
            yield "the last part alone", [*before, {**last, "content": (last.get("content") or [])[-1:]}]
        case "chat-tool-results":
            yield "a second call", [*messages, *map(_again, messages)]


def _says_who(subject: Subject, case: Case) -> bool:
    """Whether roles go out; where a chat becomes one prompt, there are no messages that could have other fields."""
    asked: Any = case.asked
    other = asked.replace(messages=[*asked.messages[:-1], {**asked.messages[-1], "role": "assistant"}])
    with suppress(JackfieldError):
        return not fits(sent_each_time(subject, case, asked), sent_for(subject, case, other))
    return True


def _in_parts(message: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(text := message.get("content"), str):
        return message
    return {**message, "content": [{"type": "text", "text": text}, {"type": "text", "text": MARK}]}


def _as(role: str, messages: list[Any]) -> list[Any]:
    """Return messages with those of the system by another role."""
    return [{**each, "role": role} if each.get("role") == "system" else each for each in messages]


def _again(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a message as it may stand a second time in a conversation: its calls have other ids."""
    again = dict(message)
    if calls := message.get("tool_calls"):
        again["tool_calls"] = [{**each, "id": f"{each.get('id')}{AGAIN}"} for each in calls]
    if (ref := message.get("tool_call_id")) is not None:
        again["tool_call_id"] = f"{ref}{AGAIN}"
    return again
