"""The laws of a stream that a plugin alone can keep, looked at before the core puts its chunks in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ...types import ModelResponseStream
from .._cases import Case
from .._check import each_case, fail
from .._flows import Bare, place_of
from .._runs import call
from .._subject import Subject
from ._answer_laws import COUNTS, FINISHES, miscounted, silent
from ._frames import chat_chunk
from ._selections import NO_STREAM, streams

__all__ = ["test_the_stream_laws"]


@each_case(streams, NO_STREAM)
def test_the_stream_laws(subject: Subject, case: Case) -> None:
    """What a decoder gives has one finish of OpenAI's vocabulary for each choice, true counts, and tool calls apart.

    The core puts role, finish and usage in their places; what it cannot know is what your server's words mean. A plain
    question has an answer.
    If this fails: translate the server's reason for ending ("end_turn", "max_len") to one of stop, length, tool_calls,
    content_filter, and give it when the answer is over; give the counts of the whole answer, not those of a piece; and
    each tool call an index of its own, with its id and its whole name on the first piece. A decoder's None ends the
    stream, and nothing after it is read; for a frame without text it returns `()`.
    """
    outcome = call(subject, case)
    if outcome.error is not None:
        return  # told by test_stream_golden
    chunks = [chat_chunk(item) for item in Bare(subject, case).run()]
    if broken := [
        *silent(case, outcome.response),
        *_finishes(chunks),
        *_roles(chunks),
        *_counts(chunks),
        *_tool_calls(chunks),
    ]:
        fail(f"the stream of {case.name} breaks these laws:", broken, place_of(subject, case))


def _choices(chunks: list[ModelResponseStream]) -> Iterator[Any]:
    return (choice for chunk in chunks for choice in chunk.choices)


def _finishes(chunks: list[ModelResponseStream]) -> Iterator[str]:
    said = _gathered((choice.index, choice.finish_reason) for choice in _choices(chunks))
    for index, reasons in said.items():
        if len(reasons) > 1:
            yield f"choice {index} finishes with {_listed(reasons)}, expected one of them"
        for reason in reasons:
            if reason not in FINISHES:
                yield f"choice {index} finishes with {reason!r}, expected one of {', '.join(FINISHES)}"


def _roles(chunks: list[ModelResponseStream]) -> Iterator[str]:
    said = _gathered((choice.index, choice.delta.role) for choice in _choices(chunks))
    for index, roles in said.items():
        if roles != ["assistant"]:
            yield f"choice {index} has the role {_listed(roles)}, expected 'assistant'"


def _counts(chunks: list[ModelResponseStream]) -> Iterator[str]:
    before: dict[str, int] = {}
    for number, usage in enumerate(chunk.usage for chunk in chunks):
        counts: dict[str, int] = {name: count for name in COUNTS if (count := getattr(usage, name, None)) is not None}
        if (said := miscounted(usage)) is not None:
            yield f"the usage of chunk {number}: {said}"
        for name, count in counts.items():
            if count < before.get(name, 0):
                yield f"the usage of chunk {number}: {name} is {count}, after {before[name]}"
        before |= counts


def _tool_calls(chunks: list[ModelResponseStream]) -> Iterator[str]:
    pieces = [(choice.index, piece) for choice in _choices(chunks) for piece in choice.delta.tool_calls or ()]
    for what, found in (
        ("ids", (((choice, piece.index), piece.id) for choice, piece in pieces)),
        ("names", (((choice, piece.index), piece.function and piece.function.name) for choice, piece in pieces)),
    ):
        for (choice, index), values in _gathered(found).items():
            if len(values) > 1:
                yield f"the tool call of index {index} in choice {choice} has the {what} {_listed(values)}"


def _gathered(found: Iterable[tuple[Any, str | None]]) -> dict[Any, list[str]]:
    """Return what was said of each thing, each value once, in order."""
    values: defaultdict[Any, dict[str, None]] = defaultdict(dict)
    for what, value in found:
        if value:
            values[what][value] = None
    return {what: list(each) for what, each in values.items()}


def _listed(values: list[str]) -> str:
    return " and ".join(map(repr, values))
