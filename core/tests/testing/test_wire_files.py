"""Broken wire files are errors that name the file and say what is wrong."""

import json
import re
import sys
import types

import pytest
import wrong
from fine import Fine
from jackfield.testing import SuiteError, check
from jackfield.testing._canonical import CANONICAL
from jackfield.testing._cases import Case
from jackfield.testing._differences import differences
from jackfield.testing._results import recorded
from jackfield.testing._suite import wire_folder
from jackfield.testing._wire import cases_of, declared_in

PLAIN = "chat-plain/case.json"

BROKEN = {
    "no JSON": (PLAIN, "{", "chat-plain/case.json is no JSON: "),
    "another JSON": (PLAIN, "[]", "chat-plain/case.json: expected a JSON object"),
    "an unknown key": (PLAIN, '{"requests": {}}', "unknown 'requests'; there are error, operation"),
    "an unknown operation": (PLAIN, '{"operation": "chat"}', "operation is one of completion, streaming"),
    "another operation": (PLAIN, '{"operation": "embedding"}', "is a case of completion, not of embedding"),
    "a name that brings no request": ("mine/case.json", '{"operation": "completion"}', "request is missing"),
    "no operation": ("mine/case.json", '{"request": {}}', "operation is one of"),
    "a field that there is not": (PLAIN, '{"request": {"prompt": "x"}}', "the request does not fit completion"),
    "a canonical request without its point": (
        "chat-system/case.json",
        '{"request": {"messages": [{"role": "user", "content": "x"}]}}',
        'the request has no "role": "system", which is what the case chat-system is about',
    ),
    "a secret among the options": (PLAIN, '{"options": {"api_key": "x"}}', "options hold 'api_key'"),
    "an error of no class": (PLAIN, '{"error": {"type": "TooLate"}}', "there is no error 'TooLate'"),
    "an error that is no mapping": (PLAIN, '{"error": {"kind": "x"}}', "error is a mapping with 'type' and any of"),
    "a result beside an error": (PLAIN, '{"error": {"type": "RateLimitError"}}', "ends with an error has no result"),
    "another answer that there is not": (PLAIN, '{"same_answer": "nowhere"}', "same_answer names 'nowhere', and there"),
    "an image that is no file": (
        "image/case.json",
        '{"operation": "image_edit", "request": {"image": ["x"]}}',
        'an image is {"file": "name of a file of the folder"}',
    ),
    "an image that is not there": (
        "image/case.json",
        '{"operation": "image_edit", "request": {"image": [{"file": "x.png"}]}}',
        "'x.png' is no file of the folder",
    ),
    "a response without a status": ("chat-plain/1.response.json", "{}", "status is missing"),
    "a body that is not there": (
        "chat-plain/1.response.json",
        '{"status": 200, "body_file": "x"}',
        "is no file of the folder",
    ),
    "a body outside the folder": (
        "chat-plain/1.response.json",
        '{"status": 200, "body_file": "../chat-system/case.json"}',
        "is no file of the folder",
    ),
    "two bodies": ("chat-plain/1.response.json", '{"status": 200, "json": 1, "text": ""}', "not several"),
    "a request without an address": ("chat-plain/1.request.json", '{"method": "POST"}', "url is missing, or no text"),
    "a header in upper case": (
        "chat-plain/1.request.json",
        '{"method": "POST", "url": "x", "headers": {"X-Key": "1"}}',
        "the header 'X-Key' is to be written in lower case",
    ),
    "a field of a form without a value": (
        "chat-plain/1.request.json",
        '{"method": "POST", "url": "x", "form": [{"name": "a"}]}',
        "a field of a form has 'name' and one of 'value' and 'body_file'",
    ),
    "a gap between exchanges": ("chat-plain/3.response.json", '{"status": 200}', "2.response.json is missing"),
    "a stray file": ("notes.txt", "later", "holds one folder a case and nothing but suite.json"),
    "a stream's error without an error": ("stream-error/case.json", "{}", "stream-error is a case of an error"),
}


@pytest.mark.parametrize(("file", "text", "said"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_with_what_is_wrong(wire, file, text, said):
    (wire / file).parent.mkdir(exist_ok=True)
    (wire / file).write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as caught:
        cases_of(wire)
    assert said in str(caught.value)
    assert file.partition("/")[0] in str(caught.value)


def test_a_folder_without_a_case_is_no_case(wire):
    (wire / "empty").mkdir()
    with pytest.raises(SuiteError, match=r"empty/case\.json is missing: it says what the case asks for"):
        cases_of(wire)


def test_a_case_without_an_answer_says_so(wire):
    (wire / "chat-plain" / "1.response.json").unlink()
    with pytest.raises(SuiteError, match=r"1\.response\.json is missing"):
        cases_of(wire)
    assert [case.exchanges for case in cases_of(wire, complete=False) if case.name == "chat-plain"] == [()]
    (wire / "chat-plain" / "1.request.json").unlink()
    with pytest.raises(SuiteError, match=r"there is no 1\.response\.json; record the case"):
        cases_of(wire)


def test_an_empty_wire_folder_is_an_error_and_no_green_run(tmp_path):
    with pytest.raises(SuiteError, match="is empty: a suite without cases would pass whatever the plugin does"):
        check("fine", plugin=Fine(), model="fine-1", wire=tmp_path)
    (tmp_path / "wire").write_text("")
    with pytest.raises(SuiteError, match="wire is no folder, and wire names one, in which each case has a folder"):
        check("fine", plugin=Fine(), model="fine-1", wire=tmp_path / "wire")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("chat-plain", "write {} since the name brings the request"),
        ("stream-error", 'write {"error": {"type": "…"}} with the class of error that the stream ends with'),
        ("mine", 'write {"operation": "…", "request": {…}} since no canonical case has this name'),
    ],
)
def test_a_missing_case_json_is_told_with_what_it_is_to_hold(wire, name, wanted):
    (wire / name).mkdir(exist_ok=True)
    (wire / name / "case.json").unlink(missing_ok=True)
    with pytest.raises(SuiteError, match=rf"{name}/case\.json is missing: .*{re.escape(wanted)}"):
        cases_of(wire)


def test_what_a_case_leaves_out_of_a_canonical_request_is_the_canonical_one_s(wire):
    said = {"request": {"params": {"seed": 1}}, "error": "BadRequestError"}
    (wire / "chat-parameters" / "case.json").write_text(json.dumps(said))
    asked = next(case.asked for case in cases_of(wire) if case.name == "chat-parameters")
    assert (asked.messages, asked.params) == (CANONICAL["chat-parameters"].request.messages, {"seed": 1})


@pytest.mark.parametrize(
    ("there", "wire", "found"),
    [
        ([], "tests/wire", "package/tests/wire"),
        (["package/tests/wire"], "tests/wire", "package/tests/wire"),
        (["package/tests/wire"], "wire", "package/tests/wire"),
        (["package/wire"], "wire", "package/wire"),
        (["tests/wire", "wire"], "tests/wire", "package/tests/wire"),
        (["tests/wire", "wire"], "wire", "package/tests/wire"),
        ([], "data/wire", "package/tests/data/wire"),
        (["package/data"], "data/wire", "package/data/wire"),
    ],
)
def test_a_wire_folder_is_looked_for_from_the_test_file_up_to_the_project(tmp_path, monkeypatch, there, wire, found):
    for folder in ("package/tests", *there):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "package" / "pyproject.toml").touch()
    module = types.ModuleType("test_made")
    module.__file__ = str(tmp_path / "package" / "tests" / "test_made.py")
    monkeypatch.setitem(sys.modules, "test_made", module)
    assert wire_folder(type("TestMade", (), {"__module__": "test_made"}), wire) == tmp_path / found


def test_a_provider_that_is_not_installed_is_an_error():
    with pytest.raises(SuiteError, match="the provider 'no-such' cannot be checked: there is no provider 'no-such'"):
        check("no-such")


def test_the_model_may_stand_beside_the_cases(wire):
    assert declared_in(wire) == (None, {})
    (wire / "suite.json").write_text('{"model": "fine-1"}')
    assert check("fine", plugin=Fine(), wire=wire).failed == {}
    (wire / "suite.json").write_text('{"model": 1}')
    with pytest.raises(SuiteError, match=r"suite\.json: model is a text, not 1"):
        declared_in(wire)


def test_gaps_may_stand_beside_the_cases_for_whoever_checks_what_is_installed(wire):
    (wire / "suite.json").write_text('{"gaps": {"test_stream_golden": "later"}}')
    report = check("fine", plugin=wrong.AnotherStream(), model="fine-1", wire=wire)
    assert (report.failed, report.gaps) == ({}, {"test_stream_golden[stream-plain]": "later"})
    closed = check("fine", plugin=Fine(), model="fine-1", wire=wire).failed
    assert "the gap is closed" in closed["test_stream_golden[stream-plain]"]


def test_a_gap_of_what_this_machine_cannot_run_is_no_mistake(wire):
    (wire / "suite.json").write_text('{"gaps": {"test_the_gateway_agrees[chat-plain]": "later"}}')
    report = check("fine", plugin=Fine(), model="fine-1", wire=wire)  # an object, which no gateway's process can find
    assert (report.failed, report.gaps) == ({}, {})


def test_a_result_of_another_shape_is_told(wire):
    (wire / "chat-plain" / "result.json").write_text('{"choices": 7}')
    (wire / "stream-plain" / "result.json").write_text('{"chunks": []}')
    failed = check("fine", plugin=Fine(), model="fine-1", wire=wire).failed
    assert "has not the shape of a result of completion" in failed["test_response_golden[chat-plain]"]
    assert 'the result of a stream is {"chunks": […], "response": {…}}' in failed["test_stream_golden[stream-plain]"]


def test_any_fits_anything_but_nothing():
    assert differences({"id": "{any}", "n": 1}, {"id": "x", "n": 1.0}) == []
    assert differences({"id": "{any}"}, {}) == ['id: expected "{any}", got nothing']


def test_differences_name_the_place_and_both_sides():
    expected, actual = {"a": [{"b": 1}, 2], "c": True}, {"a": [{"b": "1"}], "c": 1, "d": b"\0"}
    assert differences(expected, actual) == [
        'a[0].b: expected 1, got "1"',
        "a[1]: expected 2, got nothing",
        "c: expected true, got 1",
        "d: expected nothing, got 1 bytes b'\\x00'",
    ]
    assert differences(list(range(20)), [])[-1] == "and 12 more"


def test_what_a_file_leaves_out_is_the_types_default():
    expected = recorded({"choices": [{"message": {"content": "x"}}]}, "completion", streams=False)
    assert (expected["object"], expected["choices"][0]["message"]["role"]) == ("chat.completion", "assistant")
    assert not {"id", "created"} & set(expected)
    marked = recorded({"id": "{any}", "created": "{any}", "choices": []}, "completion", streams=False)
    assert (marked["id"], marked["created"]) == ("{any}", "{any}")


def test_a_case_of_no_canonical_name_needs_a_request():
    with pytest.raises(SuiteError, match="the case 'mine' has no request"):
        Case("mine").asked  # noqa: B018


def test_wire_files_are_json_that_people_can_read(fine_wire):
    text = (fine_wire / "chat-plain" / "1.request.json").read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert "thére" in (fine_wire / "chat-plain" / "result.json").read_text(encoding="utf-8")
