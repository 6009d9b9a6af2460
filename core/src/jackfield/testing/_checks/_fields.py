"""A server that leaves a field of its answer out, or says something new in it."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ...errors import PluginError
from ...flow import EventStream
from .._cases import Case
from .._check import each_case, fail
from .._flows import description_of, place_of
from .._places import line_of, line_of_return
from .._replay import API_BASE, body_at
from .._runs import Outcome, call
from .._subject import Subject
from ._frames import body_of, cuts, frames_at
from ._paths import GONE, Path, named, paths_in, value_at, with_value
from ._selections import NO_WIRE, hooked
from ._strangers import object_in, padded
from ._words import answered_with, in_other_letters

__all__ = ["test_fields_of_another_shape_are_told"]

MOST = 8


@dataclass(frozen=True, slots=True)
class Part:
    """A JSON value among a case's answers: one of them as a whole, or the object in one frame of a stream.

    ``kind`` is the same for frames that look alike. ``tight`` is one that must keep its length, which the server may
    have written before it.
    """

    exchange: int
    start: int
    end: int
    said: Any
    kind: Hashable = None
    tight: bool = False


def _answered(subject: Subject, case: Case) -> bool:
    return bool(case.exchanges) and hooked(subject, case)


@each_case(_answered, NO_WIRE)
def test_fields_of_another_shape_are_told(subject: Subject, case: Case) -> None:
    """An answer in which a field is missing, null, empty or in another word is taken, or told as the server's fault.

    The kit changes one field at a time, those of the server's errors too. A new word for why an answer ended is no
    reason to give none.
    If this fails: look before you reach, `.get(name)` and not `[name]`, in your tables of the server's words too. Or
    read answers with pydantic models: what does not fit them becomes an InvalidResponseError that names the field.
    """
    whole, empty = call(subject, case), call(subject, answered_with(case, b"{}"))
    if isinstance(whole.error, PluginError) or isinstance(empty.error, PluginError):
        return  # told by the golden tests, test_answers_of_another_shape_are_told or test_statuses_become_errors
    wrong, at = [], None
    for what, value, changed in _changed(subject, case):
        outcome = call(subject, changed)
        if (problem := _problem(whole, outcome, is_new_word=isinstance(value, str))) is not None:
            wrong.append(f"{what}: {problem}")
            at = at or _place(subject, changed, outcome)
    if wrong:
        fail(f"the answer of {case.name} with one field changed is misread:", wrong[:MOST], at)


def _problem(whole: Outcome, outcome: Outcome, *, is_new_word: bool) -> str | None:
    if isinstance(outcome.error, PluginError):
        return f"{type(outcome.error).__name__}: {outcome.error}"
    if outcome.error is None and is_new_word and all(_finishes(whole)) and not all(_finishes(outcome)):
        return "passed for an answer without a finish reason"
    return None


def _place(subject: Subject, case: Case, outcome: Outcome) -> str | None:
    if outcome.error is not None:
        return line_of(outcome.error, subject.roots) or place_of(subject, case)
    return line_of_return(subject.function(case.operation), lambda: call(subject, case))


def _finishes(outcome: Outcome) -> list[str | None]:
    return [getattr(choice, "finish_reason", None) for choice in getattr(outcome.response, "choices", ())]


def _changed(subject: Subject, case: Case) -> Iterator[tuple[str, Any, Case]]:
    """Yield what was changed, to what, and the case with it; a field of an earlier case, too, was changed there."""
    known = {key for each in _alike(subject, case) for key, _, _ in _fields(subject, each)}
    for key, part, path in _fields(subject, case):
        if key in known:
            continue
        refused = case.exchanges[part.exchange].answer.status >= 400
        for how, value in _others(value_at(part.said, path)):
            if refused and value is not GONE:
                continue  # told by test_statuses_become_errors
            if (changed := _with(case, part, path, value)) is not None:
                known.add(key)
                yield f"{named(path)} {how}", value, changed


def _alike(subject: Subject, case: Case) -> Iterator[Case]:
    for each in subject.cases[: subject.cases.index(case)]:
        if _answered(subject, each) and (each.operation, not each.error) == (case.operation, not case.error):
            yield each


def _fields(subject: Subject, case: Case) -> Iterator[tuple[Hashable, Part, Path]]:
    """Yield each field of a case's answers: what it shares with those like it, the part that it is of, and its path."""
    for part in _parts(subject, case):
        for path in paths_in(part.said):
            yield (part.exchange, part.kind, named(path)), part, path


def _parts(subject: Subject, case: Case) -> Iterator[Part]:
    description = description_of(subject, case) if case.streams else None
    whole = case.exchanges if description is None else case.exchanges[:-1]
    for number, exchange in enumerate(whole):
        body = body_at(exchange.answer.body, API_BASE)
        try:
            yield Part(number, 0, len(body), json.loads(body))
        except ValueError:  # no JSON
            continue
    if description is not None:
        yield from _frames(description, body_of(case), len(whole))


def _frames(description: EventStream, body: bytes, exchange: int) -> Iterator[Part]:
    try:
        ends, early = [end for end, _ in frames_at(description, body)], cuts(description, body)
    except Exception:  # told by test_a_stream_comes_byte_by_byte, or test_error_golden
        return
    for start, end in pairwise([0, *ends]):
        if (found := object_in(body[start:end])) is not None:
            at, until, said = found
            kind = (end in early, frozenset(map(named, paths_in(said))))
            yield Part(exchange, start + at, start + until, said, kind, tight=callable(description.framing))


def _others(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what else a server may say in a field, and how that is called."""
    yield "left out", GONE
    if value is not None:
        yield "null", None
    if isinstance(value, str) and "://" not in value and (other := in_other_letters(value)) != value:  # no address
        yield f"as {other!r}", other
    if value and isinstance(value, list | dict):
        yield "empty", type(value)()


def _with(case: Case, part: Part, path: Path, value: Any) -> Case | None:
    """Return the case with one field of an answer changed; None where that takes more room than there is."""
    body = body_at(case.exchanges[part.exchange].answer.body, API_BASE)
    said = with_value(part.said, path, value)
    made = padded(said, part.end - part.start) if part.tight else json.dumps(said).encode()
    if made is None:
        return None
    return answered_with(case, body[: part.start] + made + body[part.end :], part.exchange)
