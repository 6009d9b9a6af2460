"""Each of these wrong streams is caught by the check that stands beside it, and by no other."""

import pytest
import wrong_streams as wrong
from fine import write_wire
from jackfield.testing import check
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
