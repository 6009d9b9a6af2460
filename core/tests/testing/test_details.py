"""The parts of the checks that no provider of the other files reaches."""

import base64
import importlib
import json
import logging
import os
import re
import uuid
from types import SimpleNamespace

import pytest
import wrong
from fine import Fine
from jackfield import (
    APIStatusError,
    BadRequestError,
    EmbeddingResponse,
    EventStream,
    ModelResponse,
    NotFoundError,
    RateLimitError,
    ServiceUnavailableError,
    StreamInterruptedError,
    hookimpl,
)
from jackfield.errors import InternalServerError
from jackfield.flow import call as effect_call
from jackfield.flow import retried
from jackfield.testing import Case, SuiteError, check
from jackfield.testing._checks._statuses import Refusal, _emptied
from jackfield.testing._checks._statuses import _problem as problem_of_error
from jackfield.testing._checks._wire_streams import _problem as problem_of_cut
from jackfield.testing._flows import listed
from jackfield.testing._frozen import Changes, guarded
from jackfield.testing._places import definition, inside, line_of, line_of_return
from jackfield.testing._redaction import Redaction
from jackfield.testing._replay import API_KEY, written
from jackfield.testing._runs import Outcome
from jackfield.testing._secrets import forms_of, hidden, shows, texts_of
from jackfield.testing._tape import Taped
from jackfield.testing._watch import environment_watched
from jackfield.testing._written import write_request
from jackfield.types import CompletionRequest, ModelResponseStream


def failed(plugin, **options):
    return check("fine", plugin=plugin, model="fine-1", **options).failed


# ---------------------------------------------------------------------------------------------------------- streams


def chunks(*choices):
    return [ModelResponseStream.model_validate({"choices": [choice]}) for choice in choices]


ROLE = {"delta": {"role": "assistant", "content": "a"}}


def test_the_partial_of_a_cut_stream_is_compared_with_what_was_delivered():
    cut = StreamInterruptedError("cut")
    assert problem_of_cut(Outcome(error=cut)) == "raised StreamInterruptedError without .partial"
    cut.partial = ModelResponse.of_text("b")
    assert 'left "b" in .partial, and "a" had been delivered' in problem_of_cut(Outcome(None, chunks(ROLE), cut))
    cut.partial = ModelResponse.of_text("a")
    assert problem_of_cut(Outcome(None, chunks(ROLE), cut)) is None
    assert "expected StreamInterruptedError" in problem_of_cut(Outcome(error=RateLimitError("later")))


def test_chunks_of_an_async_source_are_listed():
    async def source():
        yield "a"

    assert listed(source()) == ["a"]
    assert listed(["a"]) == ["a"]


class EndsEarly(Fine):
    class decoder(wrong.Decoder):  # noqa: N801
        def decode(self, event, /):
            return super().decode(event) if b"Hel" in event.data else None


def test_a_stream_that_is_ended_early_is_caught(fine_wire):
    caught = {name.partition("[")[0] for name in failed(EndsEarly(), wire=fine_wire)}
    assert caught == {
        "test_stream_golden",
        "test_unknown_frames_are_passed_over",
        "test_a_stream_adds_up_to_the_whole_answer",
        "test_error_golden",
    }


class FailsToStream(Fine):
    @hookimpl
    def streaming(self, request, settings):
        raise KeyError("nothing")


def test_a_stream_that_cannot_be_opened_is_told_once(fine_wire):
    caught = {name.partition("[")[0] for name in failed(FailsToStream(), wire=fine_wire)}
    assert caught == {"test_stream_golden", "test_error_golden"}


# ----------------------------------------------------------------------------------------------------------- errors


def problem_of(error, status):
    return problem_of_error(error, Refusal(status, b"{}"))


def test_errors_without_words_or_waits_are_told():
    silent = APIStatusError("", status_code=422, retry_after=7.0)
    assert problem_of(silent, 422) == "raised APIStatusError with status 422, expected UnprocessableEntityError"
    silent = RateLimitError("", retry_after=7.0)
    assert problem_of(silent, 429) == "raised RateLimitError without a message"
    hasty = InternalServerError("x", status_code=500)
    assert problem_of(hasty, 500) == "lost Retry-After, retry_after is None"
    assert problem_of(None, 500) == "passed for an answer"
    assert "expected RateLimitError" in problem_of(BadRequestError("x", status_code=429), 429)


def test_a_rare_status_may_be_told_as_another_that_is_tried_again_as_it_is():
    assert problem_of(ServiceUnavailableError("busy", retry_after=7.0), 529) is None
    assert problem_of(NotFoundError("gone", retry_after=7.0), 410) is None
    assert "retryable=False, which the status is not" in problem_of(NotFoundError("late", retry_after=7.0), 408)


def test_an_error_is_emptied_of_what_it_says_where_it_is_json():
    assert json.loads(_emptied(b'{"fault": {"words": "No."}, "more": [1]}')) == {
        "fault": {"words": None},
        "more": [None],
    }
    assert _emptied(b"No.") == b"No."


# ------------------------------------------------------------------------------------------ providers without HTTP


class InProcess:
    """A provider of plain functions: with a hook under another name, and a stream that is async."""

    @hookimpl
    def completion(self, request, settings):
        if request.params:
            raise BadRequestError("no parameters", param=min(request.params))
        return ModelResponse.of_text("Hi", model=request.model)

    @hookimpl
    async def streaming(self, request, settings):
        if request.params:
            raise BadRequestError("no parameters", param=min(request.params))
        yield "Hi"

    @hookimpl(specname="embedding")
    def vectors(self, request, settings):
        if request.params:
            raise BadRequestError("no parameters", param=min(request.params))
        texts = [request.input] if isinstance(request.input, str) else request.input
        return EmbeddingResponse(data=[{"embedding": [1.0]} for _ in texts])


def test_a_provider_without_http_is_asked_the_canonical_questions_and_may_refuse_some():
    report = check("inside", plugin=InProcess())
    assert report.failed == {}
    assert "test_response_golden[chat-plain]" in report.passed
    assert report.operations == ["completion", "embedding", "streaming"]


def test_a_refusal_that_nobody_declared_fails_where_the_case_was_given():
    report = check("inside", plugin=InProcess(), cases=[Case("chat-parameters")])
    assert "failed with BadRequestError" in report.failed["test_response_golden[chat-parameters]"]


def test_a_case_given_in_python_must_keep_the_point_of_its_name():
    plain = CompletionRequest("", [{"role": "user", "content": "x"}])
    with pytest.raises(SuiteError, match='has no "tools", which is what the case chat-tools is about'):
        check("inside", plugin=InProcess(), cases=[Case("chat-tools", plain)])
    with pytest.raises(SuiteError, match="chat-tools is a case of completion, not of streaming"):
        check("inside", plugin=InProcess(), cases=[Case("chat-tools", plain.replace(stream=True))])


class Leaking(InProcess):
    def __repr__(self):
        return f"Leaking({API_KEY})"

    @hookimpl
    def completion(self, request, settings):
        return ModelResponse.of_text(base64.b64encode(settings.api_key.encode()).decode())


def test_a_key_in_a_result_and_in_the_plugins_repr_is_caught():
    leaks = failed(Leaking(), cases=[Case("chat-plain")])
    assert "the result of completion holds the key" in leaks["test_the_key_is_shown_nowhere[chat-plain]"]
    leaks = failed(Leaking(), cases=[Case("embedding-one")])
    assert leaks["test_the_key_is_shown_nowhere[embedding-one]"].startswith("the plugin's repr shows the key")


class Chatty(InProcess):
    @hookimpl
    def completion(self, request, settings):
        logging.getLogger("house").warning("asked", extra={"key": settings.api_key})
        return ModelResponse.of_text("Hi")


def test_a_key_in_a_field_of_a_log_line_is_caught():
    assert "in a log line" in failed(Chatty(), cases=[Case("chat-plain")])["test_the_key_is_shown_nowhere[chat-plain]"]


# -------------------------------------------------------------------------------------------------------- requests


class Retrying(Fine):
    """Asks for a foreign function and runs a flow again: effects that few providers need."""

    @hookimpl
    def embedding(self, request, settings):
        model = yield from effect_call(asynchronous=self.model)
        answer = yield from retried(lambda: super(Retrying, self).embedding(request, settings))
        return answer.replace(model=model)

    async def model(self):
        return "fine-1"


def test_flows_that_ask_for_other_effects_pass(fine_wire):
    assert failed(Retrying(), wire=fine_wire) == {}


class AsksTwice(Fine):
    @hookimpl
    def embedding(self, request, settings):
        yield from super().embedding(request, settings)
        return (yield from super().embedding(request, settings))


def test_a_request_more_than_was_recorded_is_told(fine_wire):
    texts = check("fine", plugin=AsksTwice(), model="fine-1", wire=fine_wire).failed
    assert "as request 2, and " in texts["test_request_golden[embedding-one]"]
    assert "has 1 exchanges" in texts["test_request_golden[embedding-one]"]


class AsksNothing(Fine):
    @hookimpl
    def embedding(self, request, settings):
        yield from ()
        return EmbeddingResponse(data=[{"embedding": [0.5, 1.0]}], model=request.model)


def test_a_request_less_than_was_recorded_is_told(fine_wire):
    texts = check("fine", plugin=AsksNothing(), model="fine-1", wire=fine_wire).failed
    assert "sent 0 of the 1 recorded requests" in texts["test_request_golden[embedding-one]"]


class FailsAtOnce(Fine):
    def body(self, request, settings):
        return {**super().body(request, settings), "warmth": request.params["warmth"]}


def test_a_call_that_fails_before_it_sends_is_told_as_that_and_not_as_a_lack_of_a_request(wire):
    (wire / "chat-plain" / "1.request.json").unlink()
    failed = check("fine", plugin=FailsAtOnce(), model="fine-1", wire=wire).failed
    assert not [name for name in failed if name.startswith("test_request_golden")]
    assert "KeyError: 'warmth'" in failed["test_response_golden[chat-plain]"]


class RefusesNamelessly(Fine):
    @hookimpl
    def provider_info(self):
        return super().provider_info().__class__(api_key_env=("FINE_KEY",))

    def body(self, request, settings):
        if set(request.params) - {"temperature", "max_tokens", "stream_options"}:
            raise BadRequestError("I cannot send that")
        return super().body(request, settings)


def test_a_refusal_must_name_what_it_refuses(fine_wire):
    texts = check("fine", plugin=RefusesNamelessly(), model="fine-1", wire=fine_wire).failed
    assert (
        "completion: seed was refused without a word of seed: I cannot send that" in texts["test_no_parameter_is_lost"]
    )


def test_bodies_are_written_as_what_they_are(tmp_path):
    def outgoing(content, kind):
        headers = {"Content-Type": kind}
        return SimpleNamespace(method="POST", url="https://conformance.invalid/x", headers=headers, content=content)

    form = written(outgoing(b"a=1&a=%20&b=", "application/x-www-form-urlencoded"))
    assert form["form"] == [{"name": "a", "value": "1"}, {"name": "a", "value": " "}, {"name": "b", "value": ""}]
    assert form["url"] == "{api_base}/x"
    assert written(outgoing(b"plain", "text/plain"))["text"] == "plain"
    raw = written(outgoing(b"\xff\x00", "application/octet-stream"))
    assert raw["content"] == b"\xff\x00"
    write_request(tmp_path, 1, raw)
    assert (tmp_path / "1.request.body").read_bytes() == b"\xff\x00"
    assert json.loads((tmp_path / "1.request.json").read_text())["body_file"] == "1.request.body"


def test_guarded_requests_are_read_and_copied_like_others():
    import copy

    changes = Changes(())
    request = guarded(CompletionRequest("m", [{"content": ["a"]}], params={"stop": ["x"]}), changes)
    message = request.messages[0]
    assert json.dumps(request.messages) == '[{"content": ["a"]}]'
    assert (type(copy.copy(message)), type(copy.copy(request.messages))) == (dict, list)
    assert copy.deepcopy(request.messages) == [{"content": ["a"]}]
    copied = copy.deepcopy(message)
    copied["content"].append("b")
    assert {**message, "more": 1}["more"] == 1
    assert changes == []
    request.params["stop"].append("y")
    assert changes == ["params['stop'].append(…) at an unknown line"]


# --------------------------------------------------------------------------------------------------- secrets and lines


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_a_key_is_found_in_base64_wherever_it_stands(before, after):
    key = "sk-conformance-key"
    assert shows(key, [base64.b64encode(f"{before}{key}{after}".encode()).decode()])
    assert not shows(key, [base64.b64encode(b"user:another-password").decode()])
    assert all(len(form) > 15 for form in forms_of(key))
    word = base64.b64encode(f"{before}{key}{after}".encode()).decode()
    assert hidden(f"Basic {word}; {key}", key) == "Basic {api_key:encoded}; {api_key}"


def test_all_that_an_error_shows_is_looked_at():
    error = ValueError("a")
    error.add_note("b")
    error.field = "c"
    error.__cause__ = KeyError("d")
    assert {"a", "b"} <= set(texts_of(error))
    assert any("'c'" in text for text in texts_of(error))
    assert any("'d'" in text for text in texts_of(error))


TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl"


class Settings(SimpleNamespace):
    api_key = "fk-key-123456"
    api_base = "https://models.example/v1"
    headers = {"X-Team-Token": "team-secret-1", "X-Short": "abc"}


def test_what_is_private_is_replaced_everywhere():
    said = {
        "key": "fk-key-123456",
        "at": "https://models.example/v1/x",
        "host": "models.example",
        "org": "org-12345678",
    }
    headers = {"OpenAI-Organization": "org-12345678", "Date": "today", "Retry-After": "2"}
    body = json.dumps(said).encode()
    redaction = Redaction(Settings(), [taped(body, **headers)])
    answer = redaction.answer(200, headers, body)
    assert answer.headers == {"retry-after": "2"}
    assert json.loads(answer.body) == {
        "key": "{api_key}",
        "at": "{api_base}/x",
        "host": "{api_base}",
        "org": "{redacted}",
    }
    request = {"headers": {}, "a": ["team-secret-1", 1], "b": b"fk-key-123456"}
    assert redaction.request(request) == {"headers": {}, "a": ["{redacted}", 1], "b": b"{api_key}"}


def taped(body, **headers):
    asked = SimpleNamespace(url="https://models.example/v1/x", headers={}, content=b"")
    return Taped(asked, 200, headers, [body])


def redacted(body, public="", **headers):
    tape = [taped(body, **headers)]
    return Redaction(Settings(), tape, public=public).answer(200, headers, body)


def test_of_an_answers_headers_those_are_kept_that_a_plugin_may_need():
    headers = {"x-fine-token": "secret-token", "x-served-by": "cache-7"}
    kept = {"x-ratelimit-remaining-tokens": "100", "x-error-code": "slow", "x-fine-errortype": "Throttled"}
    assert redacted(b"secret-token", **kept, **headers).headers == kept
    assert redacted(b"secret-token", **headers).body == b"{redacted}"


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ('{"token": "Hello", "usage": {"total_tokens": 123456}}', None),
        ('{"token": {"text": "Hello there, 1234567890"}}', None),
        ('{"token": "ey0123456789abcdef"}', '{"token": "{redacted}"}'),
        ('{"user": "a-user-of-the-case"}', None),
        (
            '{"org": {"id": "corp", "object": "organization"}, "object": "organization", "id": "corp"}',
            '{"org": {"id": "{redacted}", "object": "organization"}, "object": "organization", "id": "{redacted}"}',
        ),
        ('{"account_id": 1234567, "count": 1234567}', '{"account_id": 0, "count": 1234567}'),
        ('data: {"a": 1}\ndata: {"email":"jo@a.example"}\n\n', 'data: {"a": 1}\ndata: {"email":"{redacted}"}\n\n'),
        (
            '{"url": "https:\\/\\/cdn.example\\/a?sig=0123456789&w=1"}',
            '{"url": "https:\\/\\/cdn.example\\/a?sig={redacted}&w=1"}',
        ),
        ("see /accounts/acc-12345/x", "see /accounts/{redacted}/x"),
        (
            '{"cookie": "yum", "key_hash": "9f86d081", "clientIp": "10.1.2.3", "ip": "::1"}',
            '{"cookie": "{redacted}", "key_hash": "{redacted}", "clientIp": "{redacted}", "ip": "{redacted}"}',
        ),
        ('{"session": "s1", "sessions": "s1"}', '{"session": "{redacted}", "sessions": "s1"}'),
        (
            '{"host": "gpu-17.models.internal", "upstream_host": "node7:80"}',
            '{"host": "{redacted}", "upstream_host": "{redacted}"}',
        ),
        ('{"host": "localhost", "zip": "8001", "tip": "ask", "hostess": "a1"}', None),
        (f'{{"said": "Here: {TOKEN}."}}', '{"said": "Here: {redacted}."}'),
        ('{"said": "eyJhbGciOiJIUzI1NiJ9 and v1.2.3"}', None),
    ],
)
def test_bodies_keep_all_but_what_is_private(body, left):
    assert redacted(body.encode(), public="a-user-of-the-case").body.decode() == (left or body)


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ('{"poll": "/v1/jobs/7", "at": "https://models.example/v1/x"}', '{"poll": "/jobs/7", "at": "{api_base}/x"}'),
        ('{"poll": "/v1beta/jobs/7", "said": "see /v1/jobs", "more": "/v1/jobs is it"}', None),
    ],
)
def test_paths_in_answers_are_those_of_a_server_without_a_path_before_them(body, left):
    assert redacted(body.encode()).body.decode() == (left or body)


def test_a_token_that_a_request_makes_fits_anything():
    sent = {"url": "https://models.example/v1/x", "headers": {"x-proof": TOKEN, "accept": "x"}}
    asked = SimpleNamespace(**sent, content=f"assertion={TOKEN}&scope=x".encode())
    redaction = Redaction(Settings(), [Taped(asked, 200, {}, [b"{}"])])
    form = [{"name": "assertion", "value": TOKEN}, {"name": "scope", "value": "x"}]
    assert redaction.request({**sent, "form": form}) == {
        "url": "{api_base}/x",
        "headers": {"x-proof": "{any}", "accept": "x"},
        "form": [{"name": "assertion", "value": "{any}"}, {"name": "scope", "value": "x"}],
    }


def test_a_request_s_private_fields_fit_anything():
    request = {
        "headers": {"x-signature": "made here", "authorization": "Bearer fk-key-123456", "accept": "x"},
        "json": {"client_secret": "s", "user": "public"},
        "form": [{"name": "account", "value": "a"}, {"name": "prompt", "value": "b"}],
    }
    assert Redaction(Settings(), public="public").request(request) == {
        "headers": {"x-signature": "{any}", "authorization": "Bearer {api_key}", "accept": "x"},
        "json": {"client_secret": "{any}", "user": "public"},
        "form": [{"name": "account", "value": "{any}"}, {"name": "prompt", "value": "b"}],
    }


@pytest.mark.parametrize(
    ("said", "caught"),
    [
        ("Send the key as Authorization: Bearer header.", False),
        ("Bearer authentication-is-needed", False),
        ("Bearer {api_key}", False),
        ("Bearer {api_key}, and then Bearer ab12cd34ef56gh78", True),
        ("bearer eyJhbGciOi.eyJzdWIiOiIx.c2ln", True),
        (f"not that token: {TOKEN}", True),
        ("a cursor: eyJhbGciOiJIUzI1NiJ9", False),
    ],
)
def test_what_looks_like_a_key_is_one(wire, said, caught):
    (wire / "error-authentication" / "1.response.json").write_text(json.dumps({"status": 401, "text": said}))
    failures = failed(Fine(), wire=wire)
    assert ("test_wire_files_hold_no_key" in failures) is caught


def test_code_without_a_file_is_nobodys_wherever_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not inside("<string>", (str(tmp_path.resolve()),))


def test_lines_are_found_where_there_are_any():
    assert definition(len) is None
    assert definition(int) is None
    assert "test_details.py" in definition(test_lines_are_found_where_there_are_any)
    assert line_of(None, ()) is None
    assert "in failed" in line_of_return(failed, lambda: None)


@pytest.mark.parametrize(
    "source",
    [
        "def hook(): pass\n",
        "@same\ndef hook(): pass\n",
        "@same\n\n# of the author\nasync def hook(): pass\n",
        "@with_name(\n    'completion',\n)\ndef hook(): pass\n",
        "@with_name(\n    'completion',\n)\nclass hook: pass\n",
        "hook = lambda: None\n\ndef another(): pass\n",
    ],
)
def test_a_definition_is_where_its_def_is_and_not_its_decorators(tmp_path, monkeypatch, source):
    name = f"decorated_{uuid.uuid4().hex}"
    head = "same = lambda hook: hook\nwith_name = lambda name: same\n"
    (tmp_path / f"{name}.py").write_text(head + source)
    monkeypatch.syspath_prepend(tmp_path)
    line = next(number for number, text in enumerate(source.splitlines(), 3) if re.search(r"\bhook(\(|:| =)", text))
    assert f"{name}.py:{line}, in " in definition(importlib.import_module(name).hook)


def test_a_watched_environment_keeps_what_is_set_and_deleted(monkeypatch):
    monkeypatch.setenv("FINE_OLD", "old")
    with environment_watched((__file__,)) as seen:
        os.environ["FINE_NEW"] = "new"
        del os.environ["FINE_OLD"]
        assert os.getenv("FINE_NEW") == "new"
    assert (os.environ.pop("FINE_NEW"), "FINE_OLD" in os.environ) == ("new", False)
    assert [each.partition(" ")[0] for each in seen] == ["FINE_NEW"]


class Whole(Fine):
    """A stream whose source is a flow, and whose chunks have no bytes."""

    @hookimpl
    def streaming(self, request, settings):
        return EventStream.of([{"choices": [{"delta": {"content": "a"}}]}])


def test_streams_without_bytes_are_left_to_the_checks_that_fit(tmp_path):
    cases = [Case("stream-plain")]
    report = check("fine", plugin=Whole(), model="m", cases=cases)
    assert report.not_run["test_a_stream_comes_byte_by_byte"] == "no case is a stream over HTTP"
    assert "test_the_stream_laws[stream-plain]" in report.passed
