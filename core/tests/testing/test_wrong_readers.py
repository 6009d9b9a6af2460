"""Each of these wrong readers is caught by the checks that stand beside it, and by no other."""

import json
import re

import pytest
import wrong_readers as wrong
from fine import HELLO, JSON
from jackfield.testing._written import accept
from test_wrong_providers import failures, line_at_fault, subject_with
from wrong import SplitsByItself
from wrong_requests import TakesTools

WRONG = [
    (wrong.RetriesByItself, {"test_statuses_become_errors"}),
    (wrong.ReadsOneStatus, {"test_statuses_become_errors"}),
    (wrong.NeverToBeRetried, {"test_statuses_become_errors"}),
    (wrong.TooLongIsTooMany, {"test_statuses_become_errors"}),
    (wrong.TakesGoneForAnAnswer, {"test_statuses_become_errors"}),
    (wrong.PaintsNothingWhereTheJobIsGone, {"test_statuses_become_errors"}),
    (wrong.WaitsANumber, {"test_statuses_become_errors"}),
    (wrong.WaitsWhereNobodySaid, {"test_statuses_become_errors"}),
    (wrong.WaitsNoTime, {"test_statuses_become_errors"}),
    (wrong.RaisesItsErrors, {"test_statuses_become_errors"}),
    (wrong.ReadsWordsThatMayBeNone, {"test_statuses_become_errors"}),
    (wrong.ConnectsAgain, {"test_network_faults_are_told"}),
    (wrong.AnswersNothing, {"test_answers_of_another_shape_are_told"}),
    (wrong.MissesNothing, {"test_answers_of_another_shape_are_told"}),
    (wrong.HoldsTheLastBack, {"test_two_streams_share_nothing"}),
]


@pytest.mark.parametrize(("plugin", "caught_by"), WRONG, ids=[each[0].__name__ for each in WRONG])
def test_exactly_these_checks_catch_it(plugin, caught_by, fine_wire):
    failed = failures(subject_with(plugin(), fine_wire))
    assert set(failed) == caught_by, failed
    line = f"wrong_readers.py:{line_at_fault(plugin)}, in "
    assert any(line in text for texts in failed.values() for text in texts), failed


def ran(plugin, folder):
    accept(subject_with(plugin, folder))
    return failures(subject_with(plugin, folder))


def test_two_tool_calls_may_come_in_one_stream(tools_wire):
    assert "test_stream_golden" not in ran(wrong.CallsTools(), tools_wire)


def test_ids_of_calls_may_be_made_up(tools_wire):
    assert set(ran(wrong.MakesIdsUp(), tools_wire)) <= {*ran(wrong.CallsTools(), tools_wire), "test_stream_golden"}


@pytest.mark.parametrize("plugin", [wrong.EveryCallIsTheFirst, wrong.OnlyTheLastCall])
def test_calls_that_are_lost_or_mixed_are_caught_in_whatever_was_recorded(plugin, tools_wire):
    [text] = ran(plugin(), tools_wire)["test_stream_golden"]
    assert "stream-parallel-tools is about two tool calls, and adds up to " in text
    assert f"wrong_readers.py:{line_at_fault(plugin)}, in " in text


def test_calls_that_are_lost_in_a_whole_answer_are_caught_too(tools_wire):
    case = tools_wire / "chat-parallel-tools"
    (case / "case.json").write_text("{}")
    (case / "1.response.json").write_text(json.dumps({"status": 200, "headers": JSON, "json": HELLO}))
    [text, *_] = ran(TakesTools(), tools_wire)["test_response_golden"]
    assert "chat-parallel-tools is about two tool calls, and adds up to 0 with arguments" in text


def with_other_accents(wire, text):
    for case in ("stream-plain", "chat-plain"):
        for file in (wire / case).iterdir():
            file.write_text(file.read_text(encoding="utf-8").replace("é", text), encoding="utf-8")
    return subject_with(SplitsByItself(), wire)


@pytest.mark.parametrize("text", ["e", r"\u003c", r"\u2028"])
def test_a_splitter_of_its_own_is_tried_with_more_than_ascii(wire, text):
    """Nor does the escape of what some servers escape that send UTF-8 otherwise show that all is ASCII."""
    [text] = failures(with_other_accents(wire, text))["test_a_splitter_cuts_anywhere"]
    assert "hold nothing but ASCII" in text
    assert 'stream-accent beside it, with the case.json {"operation": "streaming"' in text
    assert re.search(r"wrong.py:\d+, in Events", text)


def test_of_a_server_that_escapes_its_accents_nothing_else_is_asked(wire):
    assert failures(with_other_accents(wire, r"\u00e9")) == {}
