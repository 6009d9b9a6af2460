"""What a failed test advises: the place where the fault is, and nothing that cannot help."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import pytest
import wrong
import wrong_hooks
import wrong_questions
import wrong_readers
import wrong_streams
from fine import FLOW, STREAM, events, write_wire
from jackfield import ModelResponse, hookimpl
from jackfield.testing import check


def failed(plugin, wire):
    return check("fine", plugin=plugin, model="fine-1", wire=wire).failed


@pytest.mark.parametrize("plugin", [wrong.WrongType, wrong.ForgetsReturn])
def test_where_no_answer_came_of_a_call_nothing_is_to_be_accepted(plugin, fine_wire):
    text = failed(plugin(), fine_wire)["test_response_golden[embedding-one]"]
    assert "failed with ContractViolationError" in text
    assert "If this fails: mend the plugin there." in text
    assert "pytest --accept" not in text


def test_where_another_answer_came_it_may_be_accepted(fine_wire):
    text = failed(wrong.AnotherAnswer(), fine_wire)["test_response_golden[embedding-one]"]
    assert "run `pytest --accept`" in text


def test_an_error_that_is_right_can_be_declared(fine_wire):
    text = failed(wrong_hooks.Refuses(), fine_wire)["test_response_golden[embedding-one]"]
    assert 'say so in case.json: {"error": {"type": "…"}}' in text


def test_a_request_that_nothing_answers_is_to_be_recorded(fine_wire):
    text = failed(wrong_hooks.AsksTwice(), fine_wire)["test_request_golden[embedding-one]"]
    assert "If this fails: send what was recorded and no more, or record the case again" in text


def test_an_error_of_the_plugins_own_leads_to_its_own_place(fine_wire):
    texts = failed(wrong_hooks.BreaksTheContractWithinAStream(), fine_wire)
    text = texts["test_error_golden[stream-error]"]
    assert "streaming failed with ContractViolationError: " in text
    assert "a stream gave int" in text
    assert "in BreaksTheContractWithinAStream.decoder" in text
    assert "response_error" not in text


def test_what_a_broken_hook_makes_of_an_error_is_no_message_of_the_servers(fine_wire):
    texts = failed(wrong_hooks.FailsAtEveryChat(), fine_wire)
    assert {name.partition("[")[0] for name in texts} == {"test_response_golden", "test_error_golden"}
    assert "in completion" in texts["test_error_golden[error-rate-limit]"]


def test_a_stream_that_its_decoder_ends_too_early_is_told_of_that(tmp_path):
    unknown = events({"text": "Hello"}, {"run": "r-1"})
    wire = write_wire(tmp_path / "wire", **{"stream-plain": ({}, [(200, STREAM, unknown + FLOW)])})
    text = failed(wrong_streams.EndsAtTheUnknown(), wire)["test_network_faults_are_told[stream-plain]"]
    assert "was reset within the body passed for an answer" in text
    assert "If this fails: let the decoder return `()` for a frame without text" in text


def test_a_stream_that_fails_with_a_shared_decoder_is_told_of_that(fine_wire):
    text = failed(wrong_hooks.SharesADecoderThatKnowsItsEnd(), fine_wire)["test_stream_golden[stream-plain]"]
    assert "failed with StreamInterruptedError" in text
    assert "its decoder= gives one and the same object to every stream" in text


def test_a_stream_that_says_what_another_left_behind_is_told_of_the_shared_decoder(fine_wire):
    text = failed(wrong_hooks.SharesADecoderThatCounts(), fine_wire)["test_stream_golden[stream-plain]"]
    assert "stream-plain/result.json; its decoder= gives one and the same object to every stream" in text


def test_a_stream_is_told_of_the_shared_splitter(fine_wire):
    text = failed(wrong_hooks.SharesASplitter(), fine_wire)["test_stream_golden[stream-plain]"]
    assert "its framing= gives one and the same object to every stream" in text


def test_what_response_error_returned_is_told_at_its_own_line(fine_wire):
    text = failed(wrong_hooks.ReturnsADict(), fine_wire)["test_statuses_become_errors[chat-plain]"]
    assert "response_error returned dict, not a JackfieldError or None" in text
    assert re.search(r"\n  at .*wrong_hooks\.py:\d+, in response_error\n", text)


def test_what_response_error_raised_is_to_be_returned(fine_wire):
    text = failed(wrong_readers.RaisesItsErrors(), fine_wire)["test_statuses_become_errors[chat-plain]"]
    assert "lost Retry-After, retry_after is None; response_error raised it, and is to return it" in text


def test_a_part_that_nobody_knows_is_called_so_and_its_field_is_named(tmp_path):
    wire = write_wire(tmp_path / "wire", **wrong_questions.NeedsFunctions.cases)
    text = failed(wrong_questions.NeedsFunctions(), wire)["test_no_part_of_the_question_is_lost[chat-tools]"]
    assert "\n  tools[1] (one more, of a type that nobody knows) failed at " in text
    assert '`param="tools"` for all of `tools[1]`' in text


def test_what_a_plugin_imports_under_a_hooks_name_is_no_forgotten_hook():
    from jackfield import embedding

    module = ModuleType("jackfield_house")
    module.completion = hookimpl(lambda request, settings: ModelResponse.of_text("Hi"))
    module.embedding = embedding
    sys.modules[module.__name__] = module
    try:
        report = check("house", plugin=module)
    finally:
        del sys.modules[module.__name__]
    assert "test_the_hooks_fit_their_protocols" in report.passed
