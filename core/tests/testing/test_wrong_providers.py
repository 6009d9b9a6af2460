"""Each check has a wrong provider that it catches, and that no other check catches but those named with it."""

import inspect
import re
from types import SimpleNamespace

import pytest
import wrong
import wrong_answers
import wrong_hooks
import wrong_questions
import wrong_requests
import wrong_secrets
import wrong_settings
import wrong_streams
import wrong_texts
from fine import Fine, write_wire
from jackfield import BadRequestError, hookimpl
from jackfield.testing import Case
from jackfield.testing._checks import CHECKS
from jackfield.testing._engine import plan_of
from jackfield.testing._replay import API_KEY
from jackfield.testing._subject import subject_of
from jackfield.testing._written import accept

BY_ITSELF = True
"""The provider wrote its goldens itself: what is wrong was wrong when they were recorded."""

WRONG = [
    (wrong.ArgumentsInAnotherOrder, {"test_the_hooks_fit_their_protocols"}),
    (wrong.ForgetsTheMark, {"test_the_hooks_fit_their_protocols"}),
    (wrong_hooks.AnswersNothing, {"test_the_canonical_cases_are_there"}, BY_ITSELF),
    (wrong.AnotherPath, {"test_request_golden"}),
    (wrong.KeyInTheAddress, {"test_the_key_is_in_a_header_only"}, BY_ITSELF),
    (wrong.ChangesTheRequest, {"test_the_request_is_left_alone"}),
    (wrong.ChangesTheExtraBody, {"test_the_request_is_left_alone"}),
    (wrong.LosesAParameter, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesZero, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesExtraHeaders, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesExtraBody, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesExtraHeadersOfTheJob, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.ItsOwnKeyWins, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.ItsOwnBodyWins, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.Lists, set(), BY_ITSELF),
    (wrong_requests.ListsWhateverIsAsked, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_requests.TakesTools, set(), BY_ITSELF),
    (wrong_requests.LosesTheSystemText, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesImages, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesToolResults, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesToolSchemas, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.AsksOneModelAlone, {"test_no_part_of_the_question_is_lost"}),
    (wrong_requests.LosesTheWish, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesTheSecondTool, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.ReadsTheFirstPart, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesPartsItDoesNotKnow, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesTheFirstTool, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesTheSystemTextOfStreams, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.LosesTokens, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.Turns, set(), BY_ITSELF),
    (wrong_questions.LosesNames, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.LosesFieldsItDoesNotKnow, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.KeepsTheLastMessages, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.LosesALaterSystemText, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.TakesDevelopersForUsers, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.ReadsOnePartAsText, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.MakesOnePrompt, set(), BY_ITSELF),
    (wrong_questions.LosesAnEarlierResult, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.LosesFieldsOfTools, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.ReadsArguments, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.NeedsFunctions, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_questions.NeedsEveryDescription, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_questions.FailsAtNone, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_questions.TakesStop, set(), BY_ITSELF),
    (wrong_questions.StopsAtLetters, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_questions.NumbersItsRequests, set(), BY_ITSELF),
    (wrong_questions.NumbersItsRequestsAndLosesZero, {"test_no_parameter_is_lost"}, BY_ITSELF),
    (wrong_questions.NumbersItsRequestsAndLosesImages, {"test_no_part_of_the_question_is_lost"}, BY_ITSELF),
    (wrong_requests.Polls, set(), BY_ITSELF),
    (wrong_requests.PollsWithoutAPause, {"test_a_poll_waits"}, BY_ITSELF),
    (wrong_requests.PollsTooLate, {"test_a_poll_waits"}, BY_ITSELF),
    (wrong.OpensAFile, {"test_a_flow_does_nothing_itself"}),
    (wrong.StartsAThread, {"test_a_flow_does_nothing_itself"}),
    (wrong.DecoderThatOpensAFile, {"test_a_flow_does_nothing_itself"}),
    (wrong_hooks.DropsARequest, {"test_no_yield_from_is_forgotten"}),
    (wrong_hooks.DropsAPause, {"test_no_yield_from_is_forgotten"}),
    (wrong_hooks.DropsAFlow, {"test_no_yield_from_is_forgotten"}),
    (wrong_hooks.BeginsNoFlow, {"test_no_yield_from_is_forgotten"}),
    (wrong_hooks.LeavesNothingOut, set()),
    (wrong.ReadsTheEnvironment, {"test_settings_are_not_read_by_hand"}),
    (wrong_settings.SendsNone, {"test_what_is_not_set_is_asked_for"}),
    (wrong_settings.AddsToNone, {"test_what_is_not_set_is_asked_for"}),
    (wrong_settings.NamesNoVariable, {"test_what_is_not_set_is_asked_for"}),
    (wrong_settings.AsksNoAddress, {"test_what_is_not_set_is_asked_for"}),
    (wrong_settings.KeepsTheFirstKey, {"test_two_callers_share_nothing"}),
    (wrong_settings.KeepsTheFirstAddress, {"test_two_callers_share_nothing"}),
    (wrong_settings.KeepsHeadersByAddress, {"test_two_callers_share_nothing"}),
    (wrong_settings.KeepsAnAddressByKey, {"test_two_callers_share_nothing"}),
    (wrong_settings.LosesThePath, {"test_two_callers_share_nothing"}),
    (wrong_settings.FollowsAPath, set(), BY_ITSELF),
    (wrong.AnotherAnswer, {"test_response_golden"}),
    (wrong.WrongType, {"test_response_golden"}),
    (wrong.ForgetsReturn, {"test_response_golden"}),
    (wrong_answers.EndsInTheServersWords, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.CountsTwice, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.SpeaksForTheUser, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.SaysNothing, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.SaysNothingInSoFewTokens, set(), BY_ITSELF),
    (wrong_answers.Refuses, set(), BY_ITSELF),
    (wrong_answers.Paints, set(), BY_ITSELF),
    (wrong_answers.PaintsOne, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.BytesForAnAddress, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.CallsWithoutAnId, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.CallsWithoutJson, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.MappingsForChoices, {"test_response_golden", "test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.MappingForUsage, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.AnswersTwiceAtOnce, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.OneVectorForAll, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.SortsVectors, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.EmptyVectors, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.AnAddressForBase64, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong_answers.NoImageInTheAnswer, {"test_the_answer_laws"}, BY_ITSELF),
    (wrong.AnotherStream, {"test_stream_golden"}),
    (wrong.SplitsByHand, {"test_line_ends_and_comments_change_nothing"}),
    (wrong.CutsCharacters, {"test_a_stream_comes_byte_by_byte", "test_a_splitter_cuts_anywhere"}),
    (wrong_texts.SplitsLinesOfUnicode, {"test_a_splitter_cuts_anywhere"}),
    (wrong_streams.EndsAtTheUnknown, {"test_unknown_frames_are_passed_over"}),
    (wrong_streams.EndsAtItsBeginning, {"test_the_stream_laws"}, BY_ITSELF),
    (wrong_streams.EndsAtTheUnknownByItself, {"test_unknown_frames_are_passed_over"}),
    (wrong_streams.TakesTheUnknownForText, {"test_unknown_frames_are_passed_over"}),
    (wrong_texts.EndsWithoutText, {"test_unknown_frames_are_passed_over"}, BY_ITSELF),
    (wrong_texts.KeepsItsText, {"test_a_cut_stream_is_an_error"}, BY_ITSELF),
    (wrong_streams.FailsAtTheUnknown, {"test_unknown_frames_are_passed_over", "test_fields_of_another_shape_are_told"}),
    (wrong_streams.TakesNamesForTheEnd, {"test_unknown_frames_are_passed_over"}),
    (wrong_streams.SaysAnyText, {"test_unknown_frames_are_passed_over"}, BY_ITSELF),
    (wrong_streams.SaysPlainText, set(), BY_ITSELF),
    (wrong.WordsOfTheServer, {"test_the_stream_laws", "test_the_answer_laws"}, BY_ITSELF),
    (wrong_streams.StopsWithEachText, {"test_the_stream_laws"}, BY_ITSELF),
    (wrong_streams.HasARoleOfItsOwn, {"test_the_stream_laws"}, BY_ITSELF),
    (wrong_streams.TranslatesAtLast, set(), BY_ITSELF),
    (wrong_streams.CountsHalf, {"test_the_stream_laws", "test_the_answer_laws"}, BY_ITSELF),
    (wrong_streams.CountsPieces, {"test_the_stream_laws"}, BY_ITSELF),
    (wrong.MakesAFinishUp, {"test_a_cut_stream_is_an_error"}),
    (wrong_streams.PassesOverBrokenJson, {"test_a_cut_stream_is_an_error"}),
    (wrong.LosesTheUsage, {"test_a_stream_adds_up_to_the_whole_answer"}, BY_ITSELF),
    # What a broken frame leaves on the one decoder, the next stream finds.
    (wrong.SharesADecoder, {"test_two_streams_share_nothing", "test_a_stream_adds_up_to_the_whole_answer"}),
    (wrong.ReadsItWhole, {"test_leaving_early_closes_the_connection"}),
    (wrong_streams.OneDecoderForEachCall, {"test_two_streams_share_nothing"}, BY_ITSELF),
    (wrong_streams.StreamsToSyncCallersOnly, {"test_leaving_early_closes_the_connection", "test_asyncio_agrees"}),
    (wrong.SwallowsAnErrorEvent, {"test_error_golden"}),
    (wrong.MisreadsAnError, {"test_error_golden"}),
    (wrong.TrustsErrorBodies, {"test_statuses_become_errors"}),
    (wrong.ReachesWithoutLooking, {"test_answers_of_another_shape_are_told"}),
    (wrong_hooks.PollsWhateverIsSaid, {"test_answers_of_another_shape_are_told"}, BY_ITSELF),
    (wrong_answers.TrustsItsTable, {"test_fields_of_another_shape_are_told"}),
    (wrong_answers.TrustsItsTableInStreams, {"test_fields_of_another_shape_are_told"}),
    (wrong_answers.GivesNoReasonForTheUnknown, {"test_fields_of_another_shape_are_told"}, BY_ITSELF),
    (wrong_answers.TrustsTheKindsOfErrors, {"test_fields_of_another_shape_are_told"}),
    (wrong.SwallowsFaults, {"test_network_faults_are_told"}),
    (wrong_hooks.PollsThroughFaults, {"test_network_faults_are_told"}),
    (wrong.KeyInAnError, {"test_the_key_is_shown_nowhere"}),
    (wrong.KeyInTheLog, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInATimeout, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInARateLimit, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyBesideNoJSON, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInABrokenStream, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInALostJob, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInANote, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInARefusedValue, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInARefusedMessage, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.PieceOfTheKeyInTheLog, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyInALogOfItsOwn, {"test_the_key_is_shown_nowhere"}),
    (wrong_secrets.KeyOnTheTerminal, {"test_the_key_is_shown_nowhere"}),
    (wrong.KeyForStrangers, {"test_the_key_goes_to_no_other_origin"}),
    (wrong_requests.KeyForEverybody, {"test_the_key_goes_to_no_other_origin"}),
    (wrong.LooksAtTheLoop, {"test_asyncio_agrees"}),
    (wrong.LooksForTrio, {"test_trio_agrees"}),
    (wrong.SplitsByItself, set()),
    # A splitter that forgets the rest of a piece is wrong wherever pieces are cut.
    (wrong.SplitsPieces, {"test_a_stream_comes_byte_by_byte", "test_a_splitter_cuts_anywhere"}),
    (wrong.ForgetsYieldFrom, {"test_response_golden"}),
    (wrong.YieldsAForeignObject, {"test_response_golden"}),
]


def failures(subject):
    """What fails: check → the texts of its failures."""
    failed = {}
    for test in plan_of(subject).tests:
        verdict = test.run(subject)
        if verdict.kind == "failed":
            failed.setdefault(test.check.name, []).append(verdict.text)
    subject.close()
    return failed


def subject_with(plugin, folder):
    return subject_of("fine", plugin=plugin, model="fine-1", wire=folder)


def test_nothing_is_wrong_with_the_fine_provider(fine_wire):
    assert failures(subject_with(Fine(), fine_wire)) == {}


CASES = [pytest.param(*each[:2], each[2:] == (BY_ITSELF,), id=each[0].__name__) for each in WRONG]


@pytest.mark.parametrize(("plugin", "caught_by", "by_itself"), CASES)
def test_exactly_these_checks_catch_it(plugin, caught_by, by_itself, fine_wire, tmp_path):
    folder = fine_wire
    if by_itself:
        folder = write_wire(tmp_path / "wire", **getattr(plugin, "cases", {}))
        accept(subject_with(plugin(), folder))
    failed = failures(subject_with(plugin(), folder))
    assert set(failed) == caught_by, failed
    place = re.compile(rf"(wrong|fine)(_\w+)?\.py:{line_at_fault(plugin) or '[0-9]+'}, in ")
    assert not failed or any(place.search(text) for texts in failed.values() for text in texts), failed


def test_a_parameter_that_nobody_looks_at_is_lost_without_http_too():
    subject = subject_of("fine", plugin=wrong_requests.ReadsHalf(), cases=[Case("chat-plain")])
    [text] = failures(subject)["test_no_parameter_is_lost"]
    assert "completion: temperature" in text
    assert "max_tokens" not in text
    assert f"wrong_requests.py:{line_at_fault(wrong_requests.ReadsHalf)}, in completion" in text
    assert "completion: stop=None failed at " in text
    right = subject_of("fine", plugin=wrong_requests.ReadsAll(), cases=[Case("chat-plain"), Case("image-generation")])
    assert "test_no_parameter_is_lost" not in failures(right)


def test_a_hook_that_refuses_whatever_it_is_asked_is_caught_without_http_too():
    failed = failures(subject_of("fine", plugin=SimpleNamespace(completion=hookimpl(refuses))))
    assert "answers none of its 9 cases" in failed["test_the_canonical_cases_are_there"][0]


def refuses(request, settings):
    raise BadRequestError("not today", param="messages")


def line_at_fault(plugin):
    """The line that says "here", in the class itself or in the splitter or decoder that it names."""
    for named in (plugin, getattr(plugin, "framing", None), getattr(plugin, "decoder", None)):
        lines, first = inspect.getsourcelines(named) if inspect.isclass(named) else ([], 0)
        for number, line in enumerate(lines, first):
            if line.rstrip().endswith("# here"):
                return number
    return None


def test_a_key_in_a_wire_file_is_caught(wire):
    file = wire / "chat-plain" / "1.request.json"
    file.write_text(file.read_text().replace("{api_key}", API_KEY))
    failed = failures(subject_with(Fine(), wire))
    assert set(failed) == {"test_wire_files_hold_no_key", "test_request_golden"}
    assert "chat-plain/1.request.json" in failed["test_wire_files_hold_no_key"][0]


def test_a_real_key_in_a_wire_file_is_caught(wire, monkeypatch):
    monkeypatch.setenv("FINE_KEY", "fk-1234567890")
    (wire / "chat-plain" / "1.response.json").write_text(
        '{"status": 200, "json": {"text": "fk-1234567890", "end": "done", "counts": [3, 2]}}'
    )
    assert "test_wire_files_hold_no_key" in failures(subject_with(Fine(), wire))


def test_every_check_has_a_wrong_provider():
    caught = {name for each in WRONG for name in each[1]}
    of_packages = {check.name for check in CHECKS if check.function.__module__.endswith("._package")}
    elsewhere = {"test_the_gateway_agrees", "test_wire_files_hold_no_key"}
    assert {check.name for check in CHECKS} == caught | of_packages | elsewhere
