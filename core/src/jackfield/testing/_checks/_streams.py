"""What a provider makes of streams: what was recorded, however the bytes come and whoever reads beside it."""

from __future__ import annotations

from typing import Any

from ..._chunks import as_chunk
from ...flow import EventStream
from .._cases import Case
from .._check import each_case, fail
from .._differences import differences
from .._flows import chunks_of, described, opened_again, place_of
from .._places import definition, line_of
from .._replay import Replay, in_pieces
from .._results import comparable, plain_result
from .._runs import Outcome, call, stream_of
from .._subject import Subject
from ._answers import compare, told, two_calls
from ._frames import body_of
from ._selections import NO_STREAM, NO_WIRE_STREAM, on_wire, streams
from ._words import in_other_words

__all__ = [
    "between",
    "same",
    "test_a_stream_adds_up_to_the_whole_answer",
    "test_a_stream_comes_byte_by_byte",
    "test_stream_golden",
    "test_two_streams_share_nothing",
]


@each_case(streams, NO_STREAM)
def test_stream_golden(subject: Subject, case: Case) -> None:
    """The recorded stream gives exactly the recorded chunks, which add up to the recorded response.

    If this fails: where the plugin is wrong, mend its decoder: None says that the stream is over, and `()` that a frame
    says nothing; what it remembers is of its own stream alone; each tool call has an id and index of its own. Where the
    new result is right, delete the case's result.json, run `pytest --accept` and look at the difference before you
    commit it.
    """
    outcome = call(subject, case)
    told(subject, case, outcome)
    if outcome.error is None:
        two_calls(subject, case, outcome)
    if outcome.error is None and (case.result is not None or case.folder is not None):
        compare(subject, case, outcome.plain)


@each_case(on_wire, NO_WIRE_STREAM)
def test_a_stream_comes_byte_by_byte(subject: Subject, case: Case) -> None:
    """A stream whose bytes come one by one gives the same as the stream whole: networks cut wherever they like.

    If this fails: the splitter must keep what does not yet make a frame until the rest has come; a character's bytes
    may be cut apart too, so split bytes and decode whole frames.
    """
    same(subject, case, call(subject, case), call(subject, case, cut=in_pieces(1)), "byte by byte")


def same(subject: Subject, case: Case, whole: Outcome, other: Outcome, how: str) -> None:
    """Fail where a stream that came in another way gave something else than the stream whole."""
    if whole.error is None and other.error is not None:
        at = line_of(other.error, subject.roots) or _framing(subject, case)
        fail(f"{case.name}, {how}, failed with {type(other.error).__name__}: {other.error}", at=at)
    if found := differences(whole.said, other.said):
        fail(f"{case.name}, {how}, gives something else than whole:", found, _framing(subject, case))


def _framing(subject: Subject, case: Case) -> str | None:
    description = described(subject, case)
    if description is not None and callable(description.framing):
        return definition(description.framing)
    return place_of(subject, case)


def _same_answer(subject: Subject, case: Case) -> bool:
    return case.same_answer is not None and streams(subject, case)


@each_case(_same_answer, 'no case is marked: put {"same_answer": "chat-plain"} into the case.json of stream-plain')
def test_a_stream_adds_up_to_the_whole_answer(subject: Subject, case: Case) -> None:
    """The accumulated stream is the whole answer of the case named by `same_answer`, `id` and `created` aside.

    If this fails: let the decoder keep what the whole answer keeps (finish reason, tool calls, usage, the model's name)
    in the same words. Where the server itself says something in one of them only, take `same_answer` out of the case.
    """
    whole_case = subject.named(str(case.same_answer))
    assert whole_case is not None  # seen to when the cases were read
    stream, whole = call(subject, case), call(subject, whole_case)
    if stream.error is not None or whole.error is not None:
        return  # told by the golden tests
    if found := between(whole, stream):
        at = definition(subject.function(case.operation))
        fail(f"the chunks of {case.name} add up to something else than the answer of {whole_case.name}:", found, at)


def between(whole: Outcome, stream: Outcome) -> list[str]:
    """Say where what a stream adds up to is another than a whole answer."""
    expected, actual = (comparable(plain_result(each.response)) for each in (whole, stream))
    found = differences(_unmarked(expected), _unmarked(actual))
    return sorted(found, key=lambda line: ".content: " not in line)  # what is missed most, first


def _unmarked(whole: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in whole.items() if name != "object"}


@each_case(streams, NO_STREAM)
def test_two_streams_share_nothing(subject: Subject, case: Case) -> None:
    """Two streams that are read in turns give what each gives alone, whether the server says the same in both or not.

    So does one that is opened again, as it is where the first connection breaks before its first chunk.
    If this fails: give `EventStream` a factory, `decoder=Decoder` and not `decoder=lambda: THE_ONE`; and keep what a
    stream remembers on its decoder or splitter, not in the module or the class.
    """
    alone = call(subject, case)
    if alone.error is not None:
        return  # told by test_stream_golden
    if case.exchanges and call(subject, case, cut=in_pieces(1)).said != alone.said:
        return  # told by test_a_stream_comes_byte_by_byte
    for other in (case, *_others(subject, case, alone)):
        _compare_in_turns(subject, case, other)
    if case.exchanges and (used := described(subject, case)) is not None:
        _compare_opened_again(subject, case, used)


def _compare_opened_again(subject: Subject, case: Case, used: EventStream) -> None:
    body = body_of(case)
    fresh = described(subject, case)
    assert fresh is not None  # as the one before it
    expected, at = list(chunks_of(fresh, body)), place_of(subject, case)
    try:
        heard = opened_again(used, body)
    except Exception as error:
        fail(f"{case.name}, opened again, failed: {type(error).__name__}: {error}", at=at)
    if found := differences(*(comparable(plain_result([*map(as_chunk, given)])) for given in (expected, heard))):
        fail(f"{case.name}, opened again, gives something else than the first time:", found, at)


def _others(subject: Subject, case: Case, alone: Outcome) -> list[Case]:
    """Return streams that say something else: another case, and this one with other words."""
    cases = [each for each in subject.cases if each is not case and each.name != case.name and streams(subject, each)]
    others = [*cases[:1], *([in_other_words(case, alone)] if case.exchanges else [])]
    return [each for each in others if call(subject, each).error is None]


def _compare_in_turns(subject: Subject, *pair: Case) -> None:
    alone = [call(subject, each) for each in pair]
    at, name = place_of(subject, pair[0]), pair[0].name
    try:
        heard = _in_turns(subject, pair)
    except Exception as error:
        fail(f"{name}, read in turns with another, failed: {type(error).__name__}: {error}", at=at)
    for expected, chunks in zip(alone, heard, strict=True):
        if found := differences(comparable(plain_result(expected.chunks)), comparable(plain_result(chunks))):
            fail(f"{name}, read in turns with another, gives something else than alone:", found, at)


def _in_turns(subject: Subject, pair: tuple[Case, ...]) -> list[list[Any]]:
    replays = [Replay(each, cut=in_pieces(7) if each.exchanges else None) for each in pair]
    running = [stream_of(subject, each, replay) for each, replay in zip(pair, replays, strict=True)]
    heard: list[list[Any]] = [[] for _ in pair]
    left = list(range(len(pair)))
    while left:
        for each in list(left):
            chunk = next(running[each], None)
            if chunk is None:
                left.remove(each)
            else:
                heard[each].append(chunk)
    return heard
