"""Each of these wrong streams is caught by the check that stands beside it, and by no other."""

import json

import pytest
import wrong_streams as wrong
from fine import write_wire
from jackfield import ModelResponse
from jackfield.testing import check
from jackfield.testing._checks._strangers import _strangers
from jackfield.testing._checks._streams import between
from jackfield.testing._runs import Outcome
from jackfield.testing._subject import subject_of
from jackfield.testing._written import accept
from test_wrong_providers import failures, line_at_fault, subject_with

LEAVING = "test_leaving_early_closes_the_connection"
LAWS = "test_the_stream_laws"
UNKNOWN = "test_unknown_frames_are_passed_over"


def ran(plugin, folder):
    accept(subject_with(plugin, folder))
    return failures(subject_with(plugin, folder))


# ------------------------------------------------------------------------------------------------ the unknown, the laws


def test_a_splitter_that_refuses_another_frame_is_told_and_not_passed(tmp_path):
    folder = write_wire(tmp_path / "wire", **wrong.ChecksItsFrames.cases)
    accept(subject_with(wrong.ChecksItsFrames(), folder))
    report = check("fine", plugin=wrong.ChecksItsFrames(), model="fine-1", wire=folder)
    assert "the splitter refuses it" in report.not_run[f"{UNKNOWN}[stream-plain]"]
    assert not any(UNKNOWN in test for test in (*report.passed, *report.failed))


TEXT = {"kind": "text", "run": "r-1", "at": {"n": 0, "on": "a"}, "text": "Hé"}
END = {"kind": "end", "run": "r-1", "at": {"n": 9, "on": "b"}, "why": "done"}


def stranger(*known, answer="Hé"):
    """What becomes of the first of these frames, the rest being other frames of the same stream."""
    raws = [b"%d\n%s" % (len(each), each) for each in map(json_bytes, known)]
    [*changed] = _strangers(raws[0], list(known), answer, named=False)
    return [json.loads(each.partition(b"\n")[2]) for each in changed if len(each) == len(raws[0])]


def json_bytes(value):
    return json.dumps(value).encode()  # with escapes, as some servers write


def test_a_frame_of_another_kind_has_what_all_have_and_other_words_where_theirs_differ():
    [other] = stranger(TEXT, END)
    assert other == {"kind": "sdws", "run": "r-1", "at": {"n": 0, "on": "z"}, "sdws": "gé"}


def test_where_the_text_stands_tells_no_kind():
    [other] = stranger({"t": "Hé", "done": False}, {"t": "", "done": True})
    assert other == {"s": "gé", "done": False}


def test_what_is_in_lists_is_another_kind_s():
    [other] = stranger({"id": "x", "choices": [{"n": None, "ok": True}]}, {"id": "x", "choices": []})
    assert other == {"id": "x", "bgnhbdr": [{"m": None, "nj": True}]}


def test_without_an_object_or_words_there_is_no_other_frame():
    assert stranger(["a"], ["b"]) == []
    assert stranger({"n": 1}, {"n": 2}) == []
    assert list(_strangers(b"{no {json", [], "", named=False)) == []


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        (wrong.NumbersNoCalls, "the tool call of index 0 in choice 0 has the names 'rain' and 'wind'"),
        (wrong.MakesAnIdForEachPiece, "the tool call of index 0 in choice 0 has the ids 'rain' and "),
        (wrong.NamesCallsInPieces, "the tool call of index 0 in choice 0 has the names 'rain' and 'y'"),
    ],
)
def test_a_tool_call_stays_the_one_that_it_began_as(plugin, said, tools_wire):
    [text] = ran(plugin(), tools_wire)[LAWS]
    assert said in text
    assert f"wrong_streams.py:{line_at_fault(plugin)}, in " in text


def test_a_tool_call_may_come_in_pieces(tools_wire):
    assert LAWS not in ran(wrong.CallsInPieces(), tools_wire)


# ------------------------------------------------------------------------------------------------------------- leaving


@pytest.mark.parametrize("plugin", [wrong.Talks, wrong.TalksInAThread])
def test_what_closes_its_source_may_be_left(plugin):
    assert failures(talking(plugin)) == {}


@pytest.mark.parametrize(
    ("plugin", "where"),
    [
        (wrong.LeavesItToOthers, "was closed on asyncio after its first chunk, and left unfinished:"),
        (wrong.WrapsByHand, "was closed on asyncio after its first chunk, and left unfinished:"),
        (wrong.KeepsItsSource, "was closed in a sync call after its first chunk, and left unfinished:"),
        (wrong.FailsToClose, "in a sync call failed with PluginError: "),
    ],
)
def test_what_leaves_its_source_open_is_caught(plugin, where):
    failed = failures(talking(plugin))
    assert set(failed) == {LEAVING}
    [text] = failed[LEAVING]
    assert where in text
    assert f"wrong_streams.py:{line_at_fault(plugin)}, in " in text


def talking(plugin):
    return subject_of("fine", plugin=plugin())


# ---------------------------------------------------------------------------------------------- held to a whole answer


def test_where_a_stream_lost_several_things_its_text_is_told_first():
    whole, stream = ModelResponse.of_text("Hello", model="m"), ModelResponse.of_text("", model="m")
    stream.choices[0].finish_reason = "length"
    first, *others = between(Outcome(whole), Outcome(stream))
    assert first.startswith("choices[0].message.content: ")
    assert [other.partition(":")[0] for other in others] == ["choices[0].finish_reason"]
