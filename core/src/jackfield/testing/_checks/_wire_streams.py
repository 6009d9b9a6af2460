"""Streams over HTTP that come in other pieces, in another dress, or not to their end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ...errors import StreamInterruptedError
from ...flow import EventStream
from .._cases import Case
from .._check import each_case, fail
from .._differences import differences, shown
from .._flows import description_of, frames_of, place_of
from .._places import definition
from .._replay import pieces
from .._results import plain_result
from .._runs import Outcome, call
from .._subject import Subject
from ._frames import body_of, cuts, framing_of
from ._selections import NO_WIRE_STREAM, on_wire
from ._strangers import object_in
from ._streams import same
from ._texts import spelled
from ._words import in_other_words, with_separators

__all__ = [
    "test_a_cut_stream_is_an_error",
    "test_a_splitter_cuts_anywhere",
    "test_line_ends_and_comments_change_nothing",
]

ANY_EQ: Any = object.__eq__
"""What a class without an == of its own has: its frames are compared by their attributes."""

ESCAPED = re.compile(rb"\\u(?!00[0-7]|202[89])[0-9a-fA-F]{4}")
"""A character of several bytes, as a server writes it that sends ASCII alone; some write < and U+2028 so anyway."""

ACCENT = '{"operation": "streaming", "request": {"messages": [{"role": "user", "content": "Say: Grüße"}]}}'


def _own_splitter(subject: Subject, case: Case) -> bool:
    return on_wire(subject, case) and callable(framing_of(subject, case))


def _events(subject: Subject, case: Case) -> bool:
    if not on_wire(subject, case):
        return False
    sent = case.exchanges[-1].answer.headers.get("content-type", "")
    return framing_of(subject, case) == "sse" or sent.startswith("text/event-stream")


@each_case(_own_splitter, "no stream has a splitter of the provider's own")
def test_a_splitter_cuts_anywhere(subject: Subject, case: Case) -> None:
    """A splitter of the provider's own gives the same frames wherever the bytes are cut in two, within a character too.

    If this fails: keep every byte that does not yet make a frame, a half length field or a half separator too, and put
    the next piece behind it. Cut bytes: `str.splitlines` also cuts at U+2028 and U+0085, which a text may hold. Let a
    recorded stream hold an accent, or nothing is known of characters of several bytes; one that the server
    escapes is enough.
    """
    _has_an_accent(subject, case)
    description, body = description_of(subject, case), body_of(case)
    assert description is not None  # the case was selected for it
    whole = _seen(description, [body])
    for at in range(1, len(body)):
        if (cut := _seen(description, [body[:at], body[at:]])) != whole:
            found = differences([repr(frame) for frame in whole], [repr(frame) for frame in cut])
            fail(
                f"{case.name}, cut after byte {at} (…{body[max(0, at - 12) : at]!r}), gives other frames:",
                found,
                definition(description.framing),
            )
    _keeps_separators(subject, case)


def _keeps_separators(subject: Subject, case: Case) -> None:
    """Fail where a line end of Unicode's within the text ends something; not for one who refuses any other text."""
    whole = call(subject, case)
    if whole.error is not None or call(subject, in_other_words(case, whole)).error is not None:
        return
    for text, other, changed in with_separators(case, whole):
        outcome, expected = call(subject, changed), _text_of(whole).replace(text, other)
        if (got := _text_of(outcome)) != expected:
            at = definition(framing_of(subject, case))
            seen = f"failed with {type(outcome.error).__name__}: {outcome.error}" if outcome.error else f"gives {got!r}"
            fail(f"{case.name}, with {other!r} for {text!r}, {seen}", [f"expected {expected!r}"], at)


def _has_an_accent(subject: Subject, case: Case) -> None:
    """Fail, with the first stream, where all that were recorded are ASCII and the server may send more."""
    split = [each for each in subject.cases if _own_splitter(subject, each)]
    bodies = [body_of(each) for each in split]
    if case is split[0] and all(body.isascii() and not ESCAPED.search(body) for body in bodies):
        at = definition(framing_of(subject, case))
        said = f"{case.place} and all other streams hold nothing but ASCII; record an answer with an accent"
        wanted = f"in a folder stream-accent beside it, with the case.json {ACCENT}, say, and `pytest --record`"
        fail(said, [wanted], at)


def _seen(description: EventStream, parts: list[bytes]) -> list[Any]:
    try:
        frames = list(frames_of(description, parts))
    except Exception as error:
        return [f"{type(error).__name__}: {error}"]
    return [frame if type(frame).__eq__ is not ANY_EQ else vars(frame) for frame in frames]


@each_case(_events, "no stream is made of server-sent events")
def test_line_ends_and_comments_change_nothing(subject: Subject, case: Case) -> None:
    """Server-sent events with other line ends, comments and keep-alives between them give the same.

    If this fails: use `framing="sse"`, the core's own, which knows the standard; where the splitter must be yours, pass
    over lines that begin with a colon and take CR LF, LF and CR alike. A decoder returns `()` for what says nothing.
    """
    whole, body = call(subject, case), body_of(case)
    lines = body.replace(b"\r\n", b"\n")
    dresses = {
        "with CR LF": lines.replace(b"\n", b"\r\n"),
        "with comments": b": welcome\n" + lines.replace(b"data:", b": a comment\ndata:"),
        "with keep-alives": b": keep-alive\n\n" + lines.replace(b"\n\n", b"\n\n: keep-alive\n\n"),
    }
    for how, dressed in dresses.items():
        same(subject, case, whole, call(subject, case, cut=pieces(dressed)), how)


@each_case(on_wire, NO_WIRE_STREAM)
def test_a_cut_stream_is_an_error(subject: Subject, case: Case) -> None:
    """A stream that ends before its finish raises StreamInterruptedError with what had arrived, wherever it is cut.

    One with a frame whose JSON is broken is an error too, and not an answer without what the frame held.
    If this fails: give the finish only when the server has said it; a decoder whose `flush` makes one up, or which
    takes the end of the bytes for the end of the answer, turns half an answer into a whole one. Let the error of what
    reads the JSON out: `except ValueError: return ()` loses what the frame held.
    """
    description, body = description_of(subject, case), body_of(case)
    whole = call(subject, case)
    if whole.error is not None or description is None:
        return  # told by test_stream_golden
    try:
        ends = cuts(description, body)
    except Exception:
        return  # told by test_a_stream_comes_byte_by_byte
    for frame, end in enumerate(ends, 1):
        problem = _problem(call(subject, case, cut=pieces(body[:end])))
        if problem is not None:
            at = place_of(subject, case)
            fail(f"{case.name}, which ended after frame {frame} (byte {end} of {len(body)}), {problem}", at=at)
    if ends:
        _has_delivered(subject, case, description, whole, body[: ends[-1]])
    for frame, damaged in _damaged(body, ends):
        outcome = call(subject, case, cut=pieces(damaged))
        if outcome.error is None and outcome.said != whole.said:
            got = shown(plain_result(outcome.response))
            fail(
                f"{case.name}, whose frame {frame} was broken JSON, passed for whole: {got}", at=place_of(subject, case)
            )


def _has_delivered(subject: Subject, case: Case, description: EventStream, whole: Outcome, body: bytes) -> None:
    """Fail where nothing of the text had come when the server had said all of it, in several frames."""
    text = _text_of(whole)
    if text and spelled(description, body, text) and not _text_of(call(subject, case, cut=pieces(body))):
        said = (
            f"{case.name} keeps its text until the finish: nothing of {shown(text)} had come before, and all was there"
        )
        fail(said, at=place_of(subject, case), remedy="give each piece of text when its frame has come.")


def _text_of(outcome: Outcome) -> str:
    choices = getattr(outcome.response, "choices", None) or [None]
    return getattr(getattr(choices[0], "message", None), "content", None) or ""


def _damaged(body: bytes, ends: list[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the number of each frame with a JSON object, and the body in which that lacks its closing brace."""
    for frame, (start, end) in enumerate(pairwise([0, *ends]), 1):
        if (found := object_in(body[start:end])) is not None:
            brace = start + found[1] - 1
            yield frame, body[:brace] + b" " + body[brace + 1 :]


def _problem(outcome: Outcome) -> str | None:
    if outcome.error is None:
        return f"passed for whole: {shown(plain_result(outcome.response))}"
    if not isinstance(outcome.error, StreamInterruptedError):
        return f"raised {type(outcome.error).__name__} ({outcome.error}), expected StreamInterruptedError"
    partial, heard = outcome.error.partial, outcome.chunks or []
    if partial is None:
        return "raised StreamInterruptedError without .partial"
    texts = [
        choice.delta.content or ""
        for chunk in heard
        for choice in getattr(chunk, "choices", [])
        if hasattr(choice, "delta") and choice.index == 0
    ]
    choice = next(iter(partial.choices), None)
    said = (choice.message.content or "") if choice is not None and hasattr(choice, "message") else None
    if said is not None and "".join(texts) not in {said, ""}:
        return f"left {shown(said)} in .partial, and {shown(''.join(texts))} had been delivered"
    return None
