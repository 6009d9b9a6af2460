"""Recording: what is private stays out of the wire files, and a server that is not there takes nothing away."""

from __future__ import annotations

import json
import shutil
import threading
from base64 import b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, urljoin

import pytest
from fine import Fine, NeverAgain, parsed
from fine_server import JSON, KEY, FineServer
from jackfield import BadRequestError, EmbeddingResponse, ProviderInfo, hookimpl
from jackfield.flow import http
from jackfield.testing import NonconformanceError, SuiteError, check
from jackfield.testing._canonical import canonical_names
from jackfield.testing._live import LIVE
from jackfield.testing._record import RECORDING
from jackfield.testing._report import Report
from jackfield.testing._subject import subject_of
from jackfield.testing._summary import recorded as summary
from jackfield.testing._tape import check_variables

SLASHED = "fk/real+0123456789"
PRIVATE = {
    "access_token": "tok-0123456789abcdef",
    "refresh_token": "ref-9876543210",
    "account_id": "acct-777777777",
    "organization": "org-corp-1234",
    "username": "jane",
}
HEADERS = {"x-client-id": "cli-5551234567", "x-subscription": "sub-123456789", "x-ratelimit-limit": "7"}


class Exchanges:
    """A provider that first exchanges its key for a token, as some servers want it."""

    signs = "sig-0a1b2c3d4e5f6a7b"

    @hookimpl
    def provider_info(self):
        return ProviderInfo(api_key_env=("EX_KEY",), api_base_env=("EX_BASE",))

    @hookimpl
    def embedding(self, request, settings):
        key = settings.require_api_key()
        basic = b64encode(f"user:{key}".encode()).decode()
        at = f"{settings.api_base}/token?k={quote(key, safe='')}"
        response = yield from http("POST", at, headers={"authorization": f"Basic {basic}"}, json={"scope": "x"})
        said = parsed(response.content)
        sent = {"x-token": said["access_token"], "x-account": said["account_id"], "x-signature-auth": self.signs}
        response = yield from http("GET", response.headers["location"], headers=sent)
        return EmbeddingResponse(data=[{"embedding": parsed(response.content)["v"]}], model=request.model)


class TokenServer:
    """Gives a token, and names an address of its own house where the answer is to be had."""

    location = "http://localhost:{port}/accounts/acc-31415926/x?sig=c2lnbmF0dXJl"

    def __init__(self):
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.answer(PRIVATE, location=owner.location.format(port=owner.port))

            def do_GET(self):
                self.answer({"v": [1.0], "user": {"id": "u-27182818", "name": "jane"}, "log": PRIVATE["refresh_token"]})

            def answer(self, said, **headers):
                body = json.dumps(said).encode()
                self.send_response(200)
                for name, value in {**HEADERS, "content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *arguments):
                """Keeps quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def recorded(plugin, wire, name):
    """Record one case, written down or canonical and missing."""
    subject = subject_of("ex", plugin=plugin, model="m", wire=wire, complete=False)
    [case] = [case for case in subject.cases if case.name == name]
    RECORDING.run(subject, case)


@pytest.fixture
def exchanged(tmp_path, monkeypatch):
    """The wire folder of the token exchange."""
    wire = tmp_path / "wire"
    (wire / "embedding-one").mkdir(parents=True)
    (wire / "embedding-one" / "case.json").write_text("{}")
    with TokenServer() as server:
        monkeypatch.setenv("EX_KEY", SLASHED)
        monkeypatch.setenv("EX_BASE", f"http://127.0.0.1:{server.port}")
        recorded(Exchanges(), wire, "embedding-one")
    return wire


def test_nothing_private_of_a_token_exchange_is_written(exchanged):
    written = b"".join(file.read_bytes() for file in exchanged.rglob("*") if file.is_file()).decode()
    keys = (SLASHED, quote(SLASHED, safe=""), b64encode(f"user:{SLASHED}".encode()).decode())
    said = ("localhost", "127.0.0.1", "acc-31415926", "c2lnbmF0dXJl", "u-27182818", Exchanges.signs)
    private = (*keys, *PRIVATE.values(), HEADERS["x-client-id"], HEADERS["x-subscription"], *said)
    assert [each for each in private if each in written] == []
    assert '"x-ratelimit-limit": "7"' in written


def test_what_was_recorded_of_a_token_exchange_is_what_is_sent_offline(exchanged):
    report = check("ex", plugin=Exchanges(), model="m", wire=exchanged)
    passed = {"test_request_golden[embedding-one]", "test_response_golden[embedding-one]"}
    assert passed <= set(report.passed), report.failed.get("test_request_golden[embedding-one]")
    assert "test_wire_files_hold_no_key" in report.passed


class UnderAPath(TokenServer):
    location = "/v1/jobs/7"


class Joins(Exchanges):
    @hookimpl
    def embedding(self, request, settings):
        response = yield from http("POST", f"{settings.api_base}/jobs", json={})
        response = yield from http("GET", urljoin(settings.api_base, response.headers["location"]))
        return EmbeddingResponse(data=[{"embedding": parsed(response.content)["v"]}], model=request.model)


def test_a_path_that_an_answer_names_is_recorded_as_of_a_server_without_a_path_before_it(tmp_path, monkeypatch):
    with UnderAPath() as server:
        monkeypatch.setenv("EX_BASE", f"http://127.0.0.1:{server.port}/v1")
        recorded(Joins(), tmp_path, "embedding-one")
    sent = json.loads((tmp_path / "embedding-one" / "2.request.json").read_text())
    answer = json.loads((tmp_path / "embedding-one" / "1.response.json").read_text())
    assert (sent["url"], answer["headers"]["location"]) == ("{api_base}/jobs/7", "/jobs/7")
    assert "test_request_golden[embedding-one]" in check("ex", plugin=Joins(), model="m", wire=tmp_path).passed


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("name", ["error-authentication", "chat-plain", "stream-plain"])
def test_a_server_that_is_not_there_takes_nothing_away(name, wire, monkeypatch):
    before = contents(wire / name)
    with FineServer() as server:
        base = server.url
    monkeypatch.setenv("FINE_KEY", KEY)
    monkeypatch.setenv("FINE_BASE", base)
    with pytest.raises(NonconformanceError, match=f"the real server did not answer {name}: APIConnectionError"):
        recorded(Fine(), wire, name)
    assert contents(wire / name) == before


class Troubled(FineServer):
    """Gives every request the same answer, in which the key stands."""

    def __init__(self, status, headers, body):
        super().__init__()
        self.trouble = (status, headers, body)

    def answer(self, path, key):
        status, headers, body = self.trouble
        return status, headers, body.replace(b"KEY", str(key).encode())


HTML = {"content-type": "text/html"}
STREAM = {"content-type": "text/event-stream"}
TROUBLES = {
    "a page": ((200, HTML, b"<!doctype html><html>Who are you, KEY?</html>"), "InvalidResponseError"),
    "a redirect": ((302, {"location": "/login"}, b""), "the server answered 302, a redirect to"),
    "a wrong key": ((401, JSON, b'{"fault": {"kind": "key", "words": "No such key: KEY"}}'), "AuthenticationError"),
    "a failure": ((500, JSON, b'{"fault": {"kind": "down", "words": "Down, KEY"}}'), "InternalServerError: Down, "),
    "nothing": ((200, JSON, b""), "InvalidResponseError"),
    "half a stream": ((200, STREAM, b'data: {"text": "Hel"}\n\ndata: {"te'), "InvalidResponseError"),
}


@pytest.mark.parametrize("check_of", [RECORDING, LIVE], ids=["record", "live"])
@pytest.mark.parametrize(("trouble", "said"), TROUBLES.values(), ids=TROUBLES)
def test_a_server_in_trouble_takes_nothing_away_and_its_key_is_not_told(wire, monkeypatch, trouble, said, check_of):
    before = {name: contents(wire / name) for name in ("chat-plain", "stream-plain")}
    with Troubled(*trouble) as server:
        monkeypatch.setenv("FINE_KEY", KEY)
        monkeypatch.setenv("FINE_BASE", server.url)
        subject = subject_of("fine", plugin=NeverAgain(), model="fine-1", wire=wire)
        told = []
        for name in before:
            with pytest.raises(NonconformanceError) as caught:
                check_of.run(subject, subject.named(name))
            told.append(str(caught.value))
    assert said in told[0]
    assert [text for text in told if KEY in text] == []
    assert {name: contents(wire / name) for name in before} == before


class TakesAnyKey(Fine):
    def headers(self, settings):
        return {"x-fine-key": KEY}


def test_a_wrong_key_that_the_server_takes_is_no_recording(wire, monkeypatch):
    before = contents(wire / "error-authentication")
    with FineServer() as server:
        monkeypatch.setenv("FINE_KEY", KEY)
        monkeypatch.setenv("FINE_BASE", server.url)
        with pytest.raises(NonconformanceError, match="expected AuthenticationError, and the real server answered"):
            recorded(TakesAnyKey(), wire, "error-authentication")
    assert contents(wire / "error-authentication") == before


class NeedsAHeader(Exchanges):
    @hookimpl
    def embedding(self, request, settings):
        response = yield from http("POST", f"{settings.api_base}/token", json={})
        return EmbeddingResponse(data=[{"embedding": [float(response.headers["x-subscription"][-1])]}])


def test_a_header_that_the_plugin_needs_and_that_was_left_out_is_named(tmp_path, monkeypatch):
    (tmp_path / "embedding-one").mkdir()
    (tmp_path / "embedding-one" / "case.json").write_text("{}")
    with TokenServer() as server:
        monkeypatch.setenv("EX_BASE", f"http://127.0.0.1:{server.port}")
        with pytest.raises(NonconformanceError, match=r"left out of the answers' headers: .*x-subscription"):
            recorded(NeedsAHeader(), tmp_path, "embedding-one")


def test_what_is_but_a_name_and_refused_becomes_the_case_of_a_refusal(wire, monkeypatch):
    """A folder whose case.json says nothing is as good as none; one with an answer stays as it is."""
    monkeypatch.setenv("FINE_KEY", KEY)
    empty, answered = wire / "stream-parallel-tools", wire / "chat-plain"
    for file in empty.iterdir():
        file.unlink()
    for folder in (empty, answered):
        (folder / "case.json").write_text("{}")
    recorded(RefusesChats(), wire, empty.name)
    assert contents(empty).keys() == {"case.json"}
    assert json.loads((empty / "case.json").read_text()) == {"error": {"type": "BadRequestError", "param": "tools"}}
    before = contents(answered)
    with pytest.raises(NonconformanceError, match="the plugin refuses chat-plain: only streams here") as caught:
        recorded(RefusesChats(), wire, answered.name)
    assert '/chat-plain/case.json: {"error": {"type": "BadRequestError", "param": "stream"}}' in str(caught.value)
    assert contents(answered) == before


class RefusesChats(Fine):
    @hookimpl
    def completion(self, request, settings):
        raise BadRequestError("only streams here", param="stream")


def recorded_anew(plugin, wire, name, monkeypatch):
    """Record a case as if it had never been there; return what case.json says then."""
    shutil.rmtree(wire / name)
    with FineServer() as server:
        monkeypatch.setenv("FINE_KEY", KEY)
        monkeypatch.setenv("FINE_BASE", server.url)
        recorded(plugin, wire, name)
    return json.loads((wire / name / "case.json").read_text())


def test_parameters_are_recorded_but_for_those_that_are_refused(wire, monkeypatch):
    said = recorded_anew(Fine(), wire, "chat-parameters", monkeypatch)
    assert said == {"request": {"params": {"temperature": 0.5, "max_tokens": 64}}}
    sent = json.loads((wire / "chat-parameters" / "1.request.json").read_text())["json"]
    assert (sent["temperature"], sent["max_tokens"], "seed" in sent) == (0.5, 64, False)
    report = check("fine", plugin=Fine(), model="m", wire=wire)  # "m" is what was recorded
    assert "test_request_golden[chat-parameters]" in report.passed, report.failed


class TakesNoParameters(Fine):
    @hookimpl
    def provider_info(self):
        return ProviderInfo(api_key_env=("FINE_KEY",), api_base_env=("FINE_BASE",), parameters={"completion": ()})


def test_where_every_parameter_is_refused_the_case_is_of_that(wire, monkeypatch):
    said = recorded_anew(TakesNoParameters(), wire, "chat-parameters", monkeypatch)
    assert said == {"error": {"type": "BadRequestError", "param": "temperature"}}


def test_parameters_of_the_author_s_own_are_left_as_they_are(wire, monkeypatch):
    own = {"request": {"params": {"temperature": 1, "seed": 3}}}
    (wire / "chat-parameters" / "case.json").write_text(json.dumps(own))
    monkeypatch.setenv("FINE_KEY", KEY)
    with pytest.raises(NonconformanceError, match=r"the plugin refuses chat-parameters: .*seed"):
        recorded(Fine(), wire, "chat-parameters")
    assert json.loads((wire / "chat-parameters" / "case.json").read_text()) == own


def test_all_that_a_server_can_be_asked_is_recorded_into_a_folder_that_is_not_there(tmp_path):
    subject = subject_of("fine", plugin=Fine(), model="fine-1", wire=tmp_path / "wire", complete=False)
    by_hand = {"stream-error", "error-rate-limit"}
    assert {case.name for case in subject.cases} == set(canonical_names(set(subject.hooks), http=True)) - by_hand
    with pytest.raises(SuiteError, match="which model"):
        subject_of("fine", plugin=Fine(), wire=tmp_path / "wire", complete=False)


def test_a_missing_variable_is_told_before_anything_is_asked(tmp_path, monkeypatch):
    subject = subject_of("fine", plugin=Fine(), model="fine-1", wire=tmp_path / "wire", complete=False)
    with pytest.raises(SuiteError, match=r"the real server cannot be asked: .*FINE_KEY"):
        check_variables(subject)
    monkeypatch.setenv("FINE_KEY", KEY)
    monkeypatch.setenv("FINE_BASE", "http://127.0.0.1:1")  # where nobody is: nothing is sent
    check_variables(subject)


def test_a_plain_stream_that_adds_up_to_the_plain_answer_is_held_to_it(wire, monkeypatch):
    for name in ("chat-plain", "stream-plain"):
        (wire / name / "case.json").write_text("{}")
    with FineServer() as server:
        server.hello = {**server.hello, "text": "Hello thére."}
        monkeypatch.setenv("FINE_KEY", KEY)
        monkeypatch.setenv("FINE_BASE", server.url)
        for name in ("chat-plain", "stream-plain"):
            recorded(Fine(), wire, name)
    assert json.loads((wire / "stream-plain" / "case.json").read_text()) == {"same_answer": "chat-plain"}


def told_after(wire, name, **choice):
    """What is told after a recording whose result of a case has another first choice."""
    file = wire / name / "result.json"
    said = json.loads(file.read_text())
    said.get("response", said)["choices"][0].update(choice)
    file.write_text(json.dumps(said))
    subject = subject_of("fine", plugin=Fine(), model="fine-1", wire=wire)
    subject.written = {"written": [name]}
    return summary(subject, check("fine", plugin=Fine(), model="fine-1", wire=wire))


def test_tool_calls_that_end_with_stop_are_told_after_a_recording(wire):
    calls = [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]
    told = told_after(wire, "chat-plain", message={"tool_calls": calls})
    assert 'tool calls that end with "stop", and not with "tool_calls", as few servers say: chat-plain' in told


def test_a_stream_that_ends_otherwise_than_the_whole_answer_is_told_after_a_recording(wire):
    told = told_after(wire, "chat-plain", finish_reason="length")
    assert 'stream-plain ends with "stop", and chat-plain, the same request, with "length"' in told
    assert any(line.startswith('no answer ends with "length": streaming; ') for line in told)


def test_a_stream_that_holds_nothing_is_told_after_a_recording(wire):
    told = told_after(wire, "stream-plain", message={"role": "assistant"})
    assert any(line.startswith("stream-plain: the answer ends with 'stop' and holds nothing") for line in told)


def test_a_result_by_hand_may_leave_out_what_the_summary_looks_at(wire):
    (wire / "chat-plain" / "result.json").write_text('{"choices": [{"finish_reason": "stop"}]}')
    (wire / "chat-system" / "result.json").write_text("{}")
    subject = subject_of("fine", plugin=Fine(), model="fine-1", wire=wire)
    subject.written = {"written": ["chat-turns"]}
    assert summary(subject, Report.of(subject))[-1].startswith("look at the difference")
