"""A server that says something new in the middle of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ...errors import InvalidResponseError
from .._cases import Case
from .._check import each_case, fail
from .._differences import differences, shown
from .._flows import description_of, place_of
from .._places import line_of
from .._replay import pieces
from .._results import comparable, plain_result
from .._runs import Outcome, call
from .._subject import Subject
from ._frames import body_of
from ._selections import NO_WIRE_STREAM, on_wire
from ._strangers import with_a_stranger
from ._texts import without_text
from ._words import chunk_texts

__all__ = ["test_unknown_frames_are_passed_over"]


def _changed(subject: Subject, case: Case) -> Iterator[tuple[int, bytes]]:
    whole, description = call(subject, case), description_of(subject, case)
    if whole.error is None and description is not None:  # else told by test_stream_golden
        with suppress(Exception):  # told by test_a_stream_comes_byte_by_byte
            yield from with_a_stranger(description, body_of(case), plain_result(whole.response))


def _left_out(subject: Subject, case: Case) -> str | None:
    if call(subject, case).error is not None or next(_changed(subject, case), None) is not None:
        return None
    return "no frame of another kind could be made of its frames: they hold no JSON, or the splitter refuses it"


@each_case(on_wire, NO_WIRE_STREAM, left_out=_left_out)
def test_unknown_frames_are_passed_over(subject: Subject, case: Case) -> None:
    """A frame of a kind that the decoder does not know changes nothing, or is refused with InvalidResponseError.

    Nor does one with an empty text, or null for it. Servers learn to say more: the kit puts a recorded frame with other
    words and fields between the others.
    If this fails: return `()` for what the decoder does not know, and look for a field before you read it; None ends
    the stream, `text or None` too where there is no text, and a KeyError is a fault of the plugin.
    """
    whole = call(subject, case)
    expected = comparable(plain_result(whole.response))
    for number, body in _changed(subject, case):
        outcome = call(subject, case, cut=pieces(body))
        how = f"{case.name}, with an unknown frame {_after(number)},"
        if outcome.error is not None and not isinstance(outcome.error, InvalidResponseError):
            at = line_of(outcome.error, subject.roots) or place_of(subject, case)
            fail(f"{how} failed with {type(outcome.error).__name__}: {outcome.error}", at=at, cause=outcome.error)
        if outcome.error is None and (found := _differences(expected, outcome)):
            fail(f"{how} gives something else than without:", found, place_of(subject, case))
    for number, text, body in _without_text(subject, case, whole):
        outcome = call(subject, case, cut=pieces(body))
        if outcome.error is None and (found := differences(_answers(whole), _answers(outcome))):
            how = f"{case.name}, with a frame whose text is {shown(text)} {_after(number)},"
            fail(f"{how} gives something else than without:", found, place_of(subject, case))


def _after(number: int) -> str:
    return f"after frame {number}" if number else "at its beginning"


def _without_text(subject: Subject, case: Case, whole: Outcome) -> Iterator[tuple[int, Any, bytes]]:
    description = description_of(subject, case)
    if whole.error is None and description is not None:
        with suppress(Exception):  # told by test_a_stream_comes_byte_by_byte
            yield from without_text(description, body_of(case), set(chunk_texts(whole)))


def _answers(outcome: Outcome) -> list[dict[str, Any]]:
    """Return what an answer says, without what may be told of each frame beside it."""
    choices = plain_result(outcome.response)["choices"]
    said = [each.get("message", each) for each in choices]
    return [{name: each[name] for name in ("content", "text") if name in each} for each in said]


def _differences(expected: dict[str, object], outcome: Outcome) -> list[str]:
    # What a server adds to its answer as a whole may be passed on to the caller.
    given = comparable(plain_result(outcome.response))
    return differences(expected, {name: value for name, value in given.items() if name in expected})
