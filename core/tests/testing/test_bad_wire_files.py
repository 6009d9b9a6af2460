"""Whatever stands in a wire folder: it is read as it is meant, or the file is named with what to do about it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from fine import Fine
from jackfield.testing import SuiteError, check
from jackfield.testing._wire import cases_of

CASE = "chat-plain/case.json"
REQUEST = "chat-plain/1.request.json"
RESPONSE = "chat-plain/1.response.json"
RESULT = "chat-plain/result.json"
POST = '"method": "POST", "url": "{api_base}/chat"'


def holding(content: str | bytes):
    """A file with this content."""
    data = content.encode() if isinstance(content, str) else content
    return lambda file: file.write_bytes(data)


def folder(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.mkdir()


def loop(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.symlink_to(file.name)


def pipe(file: Path) -> None:
    file.unlink(missing_ok=True)
    os.mkfifo(file)


def huge(file: Path) -> None:
    with file.open("wb") as opened:
        opened.truncate(65 * 1024 * 1024)


def renamed(name: str):
    """A case's folder under another name."""
    return lambda file: file.rename(file.with_name(name))


def nested(file: Path) -> None:
    file.mkdir()
    (file / "case.json").write_text("{}")


BAD = {
    # bytes that are no JSON
    "an empty file": (CASE, holding(""), "is no JSON: "),
    "UTF-16": (CASE, holding("{}".encode("utf-16")), "save it as UTF-8"),
    "Latin-1": (CASE, holding('{"x": "é"}'.encode("latin-1")), "save it as UTF-8"),
    "a trailing comma": (CASE, holding('{"options": {},}'), "is no JSON: "),
    "NaN": (CASE, holding('{"options": {"timeout": NaN}}'), "NaN is no number of JSON"),
    "a name twice": (RESPONSE, holding('{"status": 200, "headers": {"a": "1", "a": "2"}}'), "'a' stands there twice"),
    "half a character": (RESPONSE, holding('{"status": 200, "text": "\\ud83d"}'), "surrogates not allowed"),
    "nesting without end": (RESULT, holding('{"a":' + "[" * 200_000), "is nested too deeply"),
    # what is no file
    "a folder for case.json": (CASE, folder, "is no file"),
    "a folder for a response": (RESPONSE, folder, "is no file"),
    "a folder for a result": (RESULT, folder, "is no file"),
    "a link to itself for case.json": (CASE, loop, "is no file"),
    "a link to itself for a response": (RESPONSE, loop, "is no file"),
    "a link to itself for a case": ("loop", loop, "holds one folder a case and nothing but suite.json"),
    "a pipe for a request": (REQUEST, pipe, "is no file"),
    "a pipe for a case": ("pipe", pipe, "holds one folder a case and nothing but suite.json"),
    "a huge file": (RESPONSE, huge, "larger than 64 MiB"),
    "a case inside a case": ("chat-plain/mine", nested, "is no file"),
    # names
    "a case with a space": ("chat-plain", renamed("chat plain"), "rename the folder"),
    "a case with an accent": ("chat-plain", renamed("chat-thére"), "rename the folder"),
    "a case with a percent sign": ("chat-plain", renamed("chat%20plain"), "rename the folder"),
    "exchange 0": ("chat-plain/0.response.json", holding('{"status": 200}'), "1.response.json"),
    "exchange -1": ("chat-plain/-1.response.json", holding('{"status": 200}'), "1.response.json"),
    "exchange 01": ("chat-plain/01.response.json", holding('{"status": 200}'), "1.response.json"),
    "a slip in a name": ("chat-plain/results.json", holding("{}"), "result.json"),
    "a body that nobody reads": ("chat-plain/1.respnse.body", holding("{}"), "is named by no body_file of the case"),
    "a slip in a name's end": ("chat-plain/1.response.jsn", holding("{}"), "is named by no body_file of the case"),
    "a name in upper case": ("chat-plain/1.Response.JSON", holding('{"status": 200}'), "1.response.json"),
    "exchanges 1 and 3": ("chat-plain/3.response.json", holding('{"status": 200}'), "2.response.json is missing"),
    "a request without an answer": ("chat-plain/2.request.json", holding(f"{{{POST}}}"), "2.response.json is missing"),
    # answers
    "status 99": (RESPONSE, holding('{"status": 99}'), "status is a number from 200 to 599, not 99"),
    "status as text": (RESPONSE, holding('{"status": "200"}'), "status is a number from 200 to 599, not '200'"),
    "status true": (RESPONSE, holding('{"status": true}'), "status is a number from 200 to 599, not True"),
    "a header that is a number": (
        RESPONSE,
        holding('{"status": 200, "headers": {"retry-after": 2}}'),
        "the header 'retry-after' is a text of one line, not 2",
    ),
    "a header of two lines": (
        RESPONSE,
        holding('{"status": 200, "headers": {"a": "1\\nb: 2"}}'),
        "the header 'a' is a text of one line",
    ),
    "a header's name with a space": (
        RESPONSE,
        holding('{"status": 200, "headers": {"a b": "1"}}'),
        "'a b' is no name of a header",
    ),
    "headers as a list": (RESPONSE, holding('{"status": 200, "headers": [["a", "1"]]}'), "headers is a JSON object"),
    "a text that is a number": (RESPONSE, holding('{"status": 200, "text": 1}'), "text is a text, not 1"),
    "a body outside": (
        RESPONSE,
        holding('{"status": 200, "body_file": "../../../etc/passwd"}'),
        "is no file of the folder",
    ),
    "a body that is the folder": (RESPONSE, holding('{"status": 200, "body_file": "."}'), "is no file of the folder"),
    "a body of a long name": (
        RESPONSE,
        holding('{"status": 200, "body_file": "' + "a" * 300 + '"}'),
        "is no file of the folder",
    ),
    "a body of no name": (RESPONSE, holding('{"status": 200, "body_file": null}'), "is no file of the folder"),
    # requests
    "a request's header that is a number": (
        REQUEST,
        holding(f'{{{POST}, "headers": {{"x-team": 7}}}}'),
        "the header 'x-team' is a text of one line, not 7",
    ),
    "a form that is no list": (REQUEST, holding(f'{{{POST}, "form": {{"a": "1"}}}}'), "form is a list, not {"),
    "a form that is a number": (REQUEST, holding(f'{{{POST}, "form": 7}}'), "form is a list, not 7"),
    "a field without a name": (REQUEST, holding(f'{{{POST}, "form": [{{"value": "a"}}]}}'), "a field of a form has"),
    "a field that is a number": (
        REQUEST,
        holding(f'{{{POST}, "form": [{{"name": "a", "value": 1}}]}}'),
        "a field of a form has",
    ),
    "a field with a slip": (
        REQUEST,
        holding(f'{{{POST}, "form": [{{"name": "a", "value": "1", "file_name": "x"}}]}}'),
        "a field of a form has",
    ),
    # what is asked
    "an operation that is a list": (CASE, holding('{"operation": []}'), "operation is one of completion"),
    "messages that are a text": (CASE, holding('{"request": {"messages": "Hi"}}'), "messages must be a list"),
    "a message that is a text": (CASE, holding('{"request": {"messages": ["Hi"]}}'), "messages[0] must be a mapping"),
    "parameters as a list": (CASE, holding('{"request": {"params": []}}'), "params is a JSON object"),
    "a model that is a number": (CASE, holding('{"request": {"model": 7}}'), "model must be a string"),
    "a stream by the back door": (
        CASE,
        holding('{"request": {"stream": true}}'),
        "with this stream it is a case of streaming, not of completion",
    ),
    "options by the back door": (
        CASE,
        holding('{"request": {"options": {"api_key": "sk-1"}}}'),
        "options stand beside the request",
    ),
    "an option that there is not": (CASE, holding('{"options": {"time_out": 3}}'), "options hold 'time_out'"),
    "an option of another type": (CASE, holding('{"options": {"timeout": "soon"}}'), "timeout must be a number"),
    "another provider": (CASE, holding('{"options": {"provider": "echo"}}'), "options hold 'provider'"),
    "an answer made up by the core": (CASE, holding('{"options": {"mock_response": "Hi"}}'), "options hold 'mock_re"),
    # what is expected
    "an error that is a number": (CASE, holding('{"error": 7}'), "error is a mapping with 'type'"),
    "an error whose type is a number": (CASE, holding('{"error": {"type": 7}}'), "there is no error 7"),
    "an error that is no class": (CASE, holding('{"error": {"type": "error_class"}}'), "there is no error 'error_cl"),
    "no error where the name is of one": ("error-rate-limit/case.json", holding('{"error": null}'), "say which"),
    "retry_after as text": (
        "error-rate-limit/case.json",
        holding('{"error": {"type": "RateLimitError", "retry_after": "2"}}'),
        "retry_after is a number, not '2'",
    ),
    "retryable as text": (
        "error-rate-limit/case.json",
        holding('{"error": {"type": "RateLimitError", "retryable": "yes"}}'),
        "retryable is true or false, not 'yes'",
    ),
    "a result that is a list": (RESULT, holding("[]"), "expected a JSON object"),
    "same_answer that names itself": (
        "stream-plain/case.json",
        holding('{"same_answer": "stream-plain"}'),
        "names 'stream-plain', which has no whole answer",
    ),
    "same_answer that names an error": (
        "stream-plain/case.json",
        holding('{"same_answer": "error-rate-limit"}'),
        "names 'error-rate-limit', which has no whole answer",
    ),
    "same_answer where nothing is streamed": (
        CASE,
        holding('{"same_answer": "chat-system"}'),
        "same_answer is for a stream",
    ),
    # the suite's own
    "suite.json with a slip": (
        "suite.json",
        holding('{"modell": "fine-1"}'),
        "unknown 'modell'; there are gaps, model",
    ),
    "suite.json with an empty model": ("suite.json", holding('{"model": ""}'), 'expected {"model": "…", "gaps"'),
    "suite.json with a gap without a reason": ("suite.json", holding('{"gaps": {"test_x": ""}}'), '{"test_…": "the re'),
    "suite.json with a gap of no test": (
        "suite.json",
        holding('{"model": "fine-1", "gaps": {"test_x": "later"}}'),
        "gaps names 'test_x'",
    ),
    "suite.json as a folder": ("suite.json", folder, "is no file"),
}


@pytest.mark.parametrize(("name", "make", "said"), BAD.values(), ids=BAD)
def test_what_is_bad_is_named_with_what_to_do(wire, name, make, said):
    make(wire / name)
    with pytest.raises(SuiteError) as caught:
        check("fine", plugin=Fine(), model=None if name == "suite.json" else "fine-1", wire=wire)
    assert said in str(caught.value)
    assert f"{(wire / name).parent}/" in str(caught.value)


LEFT = {
    "a file manager's": (".DS_Store", holding(b"\0\1")),
    "a file manager's in a case": ("chat-plain/.DS_Store", holding(b"\0\1")),
    "another file manager's": ("Thumbs.db", holding(b"\xd0\xcf\x11\xe0")),
    "an editor's swap file": ("chat-plain/.case.json.swp", holding(b"b0VIM")),
    "an editor's lock, which is a broken link": (
        "chat-plain/.#case.json",
        lambda file: file.symlink_to("user@host.1234"),
    ),
    "an editor's copy": ("chat-plain/case.json~", holding("{")),
    "git's": (".gitattributes", holding("*.body -text\n")),
    "a hidden folder": (".idea", nested),
    "a note on a case": ("chat-plain/README.md", holding("As of 2025.")),
    "a note on all": ("README.md", holding("As of 2025.")),
    "a mark of the order of bytes": (CASE, holding(b"\xef\xbb\xbf{}")),
}


@pytest.mark.parametrize(("name", "make"), LEFT.values(), ids=LEFT)
def test_what_editors_leave_is_passed_over(wire, name, make):
    before = [case.name for case in cases_of(wire)]
    make(wire / name)
    report = check("fine", plugin=Fine(), model="fine-1", wire=wire)
    assert (report.failed, [case.name for case in cases_of(wire)]) == ({}, before)


def test_a_body_is_read_as_it_stands_whatever_its_line_ends(wire):
    body = (wire / "stream-plain" / "1.response.body").read_bytes().replace(b"\n", b"\r\n")
    (wire / "stream-plain" / "1.response.body").write_bytes(body)
    [case] = [each for each in cases_of(wire) if each.name == "stream-plain"]
    assert case.exchanges[0].answer.body == body
