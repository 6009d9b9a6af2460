"""Streams over HTTP that come in other pieces, in another dress, or not to their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._framing import splitter_factory
from ...errors import StreamInterruptedError
from ...flow import EventStream
from .._cases import Case
from .._check import each_case, fail
from .._differences import differences, shown
from .._flows import described, frames_of
from .._places import definition
from .._replay import API_BASE, body_at, pieces
from .._results import plain_result
from .._runs import Outcome, call
from .._subject import Subject
from ._streams import NO_WIRE_STREAM, on_wire, same

__all__ = [
    "test_a_cut_stream_is_an_error",
    "test_a_splitter_cuts_anywhere",
    "test_line_ends_and_comments_change_nothing",
]

ANY_EQ: Any = object.__eq__
"""What a class without an == of its own has: its frames are compared by their attributes."""


def _own_splitter(subject: Subject, case: Case) -> bool:
    return on_wire(subject, case) and callable(_description(subject, case).framing)


def _events(subject: Subject, case: Case) -> bool:
    if not on_wire(subject, case):
        return False
    sent = case.exchanges[-1].answer.headers.get("content-type", "")
    return _description(subject, case).framing == "sse" or sent.startswith("text/event-stream")


def _description(subject: Subject, case: Case) -> Any:
    try:
        return described(subject, case)
    except Exception:  # told by test_stream_golden
        return _NONE


class _NONE:
    framing = None


def _body(case: Case) -> bytes:
    return body_at(case.exchanges[-1].answer.body, API_BASE)


@each_case(_own_splitter, "no stream has a splitter of the provider's own")
def test_a_splitter_cuts_anywhere(subject: Subject, case: Case) -> None:
    """A splitter of the provider's own gives the same frames wherever the bytes are cut in two, within a character too.

    If this fails: keep every byte that does not yet make a frame, a half length field or a half separator too, and put
    the next piece behind it. Let a recorded stream hold an accent, or nothing is known of characters of several bytes.
    """
    _has_an_accent(subject, case)
    description, body = _description(subject, case), _body(case)
    whole = _seen(description, [body])
    for at in range(1, len(body)):
        if (cut := _seen(description, [body[:at], body[at:]])) != whole:
            found = differences([repr(frame) for frame in whole], [repr(frame) for frame in cut])
            fail(
                f"{case.name}, cut after byte {at} (…{body[max(0, at - 12) : at]!r}), gives other frames:",
                found,
                definition(description.framing),
            )


def _has_an_accent(subject: Subject, case: Case) -> None:
    """Fail, with the first stream, where all that were recorded are ASCII."""
    split = [each for each in subject.cases if _own_splitter(subject, each)]
    if case is split[0] and all(_body(each).isascii() for each in split):
        at = definition(_description(subject, case).framing)
        fail(f"{case.place} and all other streams hold nothing but ASCII; record an answer with an accent", at=at)


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
    whole, body = call(subject, case), _body(case)
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

    If this fails: give the finish only when the server has said it; a decoder whose `flush` makes one up, or which
    takes the end of the bytes for the end of the answer, turns half an answer into a whole one.
    """
    description, body = _description(subject, case), _body(case)
    if call(subject, case).error is not None or not isinstance(description, EventStream):
        return  # told by test_stream_golden
    try:
        cuts = _cuts(description, body)
    except Exception:
        return  # told by test_a_stream_comes_byte_by_byte
    for cut in cuts:
        outcome = call(subject, case, cut=pieces(body[: cut.at]))
        problem = _problem(outcome)
        if problem is not None:
            at = definition(description.decoder) or definition(subject.function(case.operation))
            fail(f"{case.name}, which ended after frame {cut.frame} (byte {cut.at} of {len(body)}), {problem}", at=at)


@dataclass(frozen=True, slots=True)
class _Cut:
    frame: int
    at: int


def _cuts(description: EventStream, body: bytes) -> list[_Cut]:
    """Return the ends of the frames that precede the finish."""
    splitter: Any = splitter_factory(description.framing)()
    ended = _Ending(description)
    cuts: list[_Cut] = []
    for at in range(len(body)):
        for frame in splitter.feed(body[at : at + 1]):
            if ended.after(frame):
                return cuts
            cuts.append(_Cut(len(cuts) + 1, at + 1))
    return cuts[:-1]  # a splitter that holds its last frame back until the end


class _Ending:
    """Tells whether a stream has said its finish, as the core sees it."""

    def __init__(self, description: EventStream) -> None:
        from ..._pipeline import Pipeline

        self._pipeline = Pipeline(model="", include_usage=False, text=False, gap=3600.0, due=float("inf"))
        self._decoder: Any = description.decoder() if description.decoder is not None else None

    def after(self, frame: Any) -> bool:
        from ..._chunks import as_chunk, chunk_of_text
        from ...types import TextCompletionResponse

        decoded = self._decoder.decode(frame)
        if decoded is None:
            return True
        for item in decoded if isinstance(decoded, list | tuple) else (decoded,):
            chunk = as_chunk(item)
            self._pipeline.accumulator.push(
                chunk_of_text(chunk) if isinstance(chunk, TextCompletionResponse) else chunk
            )
        return self._pipeline.accumulator.finished


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
