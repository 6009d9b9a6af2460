"""The pitfalls on the pages for authors: each is walked into, and what is said there is what the page shows."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from authors import AUTHORS, BASE, call, client, hooks, rows, wire
from jackfield import BadRequestError, EventStream, ModelResponse, ProviderInfo, RateLimitError
from jackfield.flow import call as foreign
from jackfield.flow import http
from jackfield.testing import Case, Gap, ProviderSuite
from jackfield.testing._checks import CHECKS
from jackfield.testing._engine import Test, plan_of
from jackfield.testing._record import RECORDING
from jackfield.testing._subject import subject_of
from jackfield.testing._tape import check_variables

KEY = "a-long-secret"
TEXT = b'data: {"text": "Hello!"}\n\n'
ANSWER = b'{"output": "Hello!"}'

# ------------------------------------------------------------------------------------------------- providers that slip


def post(settings=None, path="chat"):
    return http("POST", f"{BASE}/{path}", json={})


def completing(hook, **others):
    """A provider with this hook, run once."""
    return lambda: call(hooks(completion=hook, **others), wire(ANSWER))


def refused(response_error):
    """A provider that reads errors so, under a server that fails without a word."""
    return lambda: call(hooks(completion=asks, response_error=response_error), wire(status=500))


def streaming(hook):
    return lambda: call(hooks(streaming=hook), wire(TEXT), stream=True)


def described(**parts):
    return streaming(lambda request, settings: EventStream(post(path="stream"), **parts))


def asks(request, settings):
    response = yield from post()
    return ModelResponse.of_text(response.json()["output"])


def raises(error):
    def completion(request, settings):
        raise error

    return completion


def gives_the_status_by_position(request, settings):
    raise RateLimitError("slow down", 429)


def forgets_yield_from(request, settings):
    response = post()
    return ModelResponse.of_text(response.json()["output"])


def forgets_return(request, settings):
    yield from asks(request, settings)


def delegates(request, settings):
    return asks(request, settings)


async def awaited():
    return "an answer"


def forgets_await(request, settings):
    return awaited()


async def awaits_an_effect(request, settings):
    return await post()


async def pieces(request, settings):
    yield "an answer"


def takes_litellm_s_arguments(model, messages):
    """Never called."""


def takes_anything(*args, **kwargs):
    """Never called."""


def ends_at_once(request, settings):
    return next(iter([]))


def opened():
    yield from post(path="token")


def asks_while_it_gives_chunks(request, settings):
    yield from post(path="token")


class Piece:
    """An SDK's own."""


Piece.__module__ = "__main__"  # as on the page, which has it all in one file


class Decoder:
    """Never tells the finish."""

    def decode(self, frame):
        return json.loads(frame.data)["text"]


class Numbers:
    def decode(self, frame):
        return 7


class EndsAtWhatHasNoText:
    def decode(self, frame):
        return json.loads(frame.data).get("text")


class KnowsTwoKinds:
    def decode(self, frame):
        event = json.loads(frame.data)
        return None if event["kind"] == "end" else event["text"]


class KnowsTwoEnds:
    def decode(self, frame):
        event = json.loads(frame.data)
        reason = {"done": "stop", "limit": "length"}[event["why"]] if "why" in event else None
        return {"choices": [{"delta": {"content": event.get("text")}, "finish_reason": reason}]}


class SaysTheServerSWord:
    def decode(self, frame):
        event = json.loads(frame.data)
        return event["text"] if event["kind"] == "text" else {"choices": [{"finish_reason": event["why"]}]}


ONCE = EventStream.of(iter("ab"))


def opened_twice():
    provider = hooks(streaming=lambda request, settings: ONCE)
    return [call(provider, stream=True) for _ in range(2)]


def sends_the_key(request, settings):
    headers = {"x-acme-key": settings.require_api_key()}
    yield from http("POST", f"{settings.require_api_base()}/chat", json=dict(request.params), headers=headers)


def sends_it_elsewhere(request, settings):
    yield from http("GET", "https://elsewhere.example/job", headers={"x-acme-key": settings.api_key})


def takes_no_address_for_one(request, settings):
    yield from http("POST", f"{settings.api_base}/chat")


def acme() -> ProviderInfo:
    return ProviderInfo(
        api_key_env=("ACME_API_KEY",), api_base_env=("ACME_API_BASE",), parameters={"completion": {"temperature"}}
    )


def called(hook, transport=None, **options):
    return lambda: call(hooks(completion=hook, provider_info=acme), transport, **options)


# ---------------------------------------------------------------------------------------------------- what the kit says


def swallows(request, settings):
    try:
        return (yield from asks(request, settings))
    except Exception:
        return ModelResponse.of_text("sorry")


def reads_the_environment(request, settings):
    os.environ.get("ACME_API_KEY")
    return (yield from asks(request, settings))


def changes_the_request(request, settings):
    request.params["stream"] = True
    return (yield from asks(request, settings))


def sends_another_request(request, settings):
    yield from post(path="talk")
    return ModelResponse.of_text("Hello!")


ASKS = {"completion": asks}
REQUEST = {"method": "POST", "url": f"{BASE}/chat", "headers": {"content-type": "application/json"}, "json": {}}
RESPONSE = {"status": 200, "json": {"output": "Hello!"}}
CHAT = {"case.json": {}, "1.request.json": REQUEST, "1.response.json": RESPONSE, "result.json": {"choices": []}}
MARKED = """
import pytest
from jackfield import ModelResponse, hookimpl
from jackfield.testing import ProviderSuite

class Acme:
    @hookimpl
    def completion(self, request, settings):
        return ModelResponse.of_text("Hello!")

@pytest.mark.skip
class TestAcme(ProviderSuite):
    provider, plugin = "acme", Acme()
"""
STREAM = {
    "case.json": {},
    "1.response.json": {"status": 200, "text": 'data: {"kind": "begin"}\n\ndata: {"text": "Hello!"}\n\n'},
    "result.json": {"response": {"choices": [{"message": {"role": "assistant", "content": "Hello!"}}]}},
}
ENDED = 'data: {"kind": "text", "text": "Hello!"}\n\ndata: {"kind": "end", "why": "done"}\n\n'
ENDING = {**STREAM, "1.response.json": {"status": 200, "text": ENDED}}


def decoded_by(decoder):
    return lambda request, settings: EventStream(post(path="stream"), decoder=decoder)


async def sdk_pieces():
    for piece in ("Hel", "lo!"):
        yield piece


async def leaves_it_open(request, settings):
    async for piece in sdk_pieces():
        yield piece


def left_open():
    [found] = [each for each in CHECKS if each.name == "test_leaving_early_closes_the_connection"]
    plugin = type("Acme", (), vars(hooks(streaming=staticmethod(leaves_it_open))))
    subject = subject_of("acme", plugin=plugin(), cases=[Case("stream-plain")])
    return Test(found, subject.named("stream-plain")).run(subject).text


def failing(test, case="chat-plain", files=CHAT, gap=None, **functions):
    """What one test of the kit says of a provider, whose wire is one case."""

    def provoke(folder: Path):
        [found] = [each for each in CHECKS if each.name == test]
        subject = written(folder, case, files, **functions)
        return Test(found, subject.named(case) if found.selects else None, gap).run(subject).text

    return provoke


def written(folder, case="chat-plain", files=CHAT, **functions):
    (folder / case).mkdir()
    for name, content in files.items():
        (folder / case / name).write_text(json.dumps(content), encoding="utf-8")
    plugin = type("Acme", (), {name: staticmethod(hook) for name, hook in vars(hooks(**functions or ASKS)).items()})
    return subject_of("acme", plugin=plugin(), model="acme-1", wire=folder)


def with_a_stray_file(folder: Path):
    (folder / "notes.txt").touch()
    written(folder)


def keyed():
    """A provider that needs a key and an address."""
    variables = {"api_key_env": ("ACME_API_KEY",), "api_base_env": ("ACME_API_BASE",)}
    return hooks(completion=sends_the_key, provider_info=lambda: ProviderInfo(**variables))


def refuses_n(request, settings):
    raise BadRequestError("one answer at a time", param="n")


def records_what_is_refused(folder: Path):
    subject = written(folder, completion=refuses_n)
    RECORDING.run(subject, subject.named("chat-plain"))


def with_another_name(folder: Path):
    said = run_by_pytest(folder, MARKED.replace("class TestAcme", "class ConformanceOfAcme")).stdout.splitlines()
    return next(line for line in said if line.startswith("ConformanceOfAcme "))


def with_a_mark(folder: Path):
    return run_by_pytest(folder, MARKED).stderr.strip().removeprefix("ERROR: ")


def run_by_pytest(folder: Path, source: str):
    (folder / "test_acme.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "jackfield.testing.plugin", "--rootdir", folder, folder]
    plain = os.environ | {"PY_COLORS": "0"}
    return subprocess.run(command, cwd=folder, env=plain, capture_output=True, text=True, check=False)


def with_a_gap_of_no_test(folder: Path):
    plan_of(written(folder), {"test_request_gold": Gap(reason="a slip")})


def with_a_test_of_its_own():
    type("TestAcme", (ProviderSuite,), {"test_request_golden": lambda self: None})


def slow_to_import(folder, monkeypatch):
    (folder / "jackfield_slow.py").write_text(
        "import time\nfrom jackfield import hookimpl\n\ntime.sleep(0.6)\n\n"
        "@hookimpl\ndef completion(request, settings):\n    return {'choices': []}\n"
    )
    (folder / "jackfield_slow-1.0.dist-info").mkdir()
    (folder / "jackfield_slow-1.0.dist-info" / "METADATA").write_text("Name: jackfield-slow\nVersion: 1.0\n")
    (folder / "jackfield_slow-1.0.dist-info" / "entry_points.txt").write_text(
        "[jackfield.providers]\nslow = jackfield_slow\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    [found] = [each for each in CHECKS if each.name == "test_importing_is_quick"]
    return Test(found, None).run(subject_of("slow", model="slow-1")).text


# --------------------------------------------------------------------------------------------------------- the pitfalls

PITFALLS = {
    "errors.md": [
        completing(raises(RateLimitError("all workers are busy", status_code=420))),
        completing(raises(ValueError("n must be 1"))),
        lambda: call(hooks(completion=asks), wire(b"{}")),
        refused(lambda response: RateLimitError(response.json()["fault"])),
        refused(lambda response: {}),
        completing(gives_the_status_by_position),
        failing("test_network_faults_are_told", completion=swallows),
    ],
    "settings.md": [
        called(sends_the_key),
        called(sends_the_key, api_key=KEY, api_base=None),
        called(takes_no_address_for_one, api_base=None),
        lambda: ProviderInfo(api_key_env="ACME_API_KEY"),
        lambda: ProviderInfo(parameters={"temperature"}),
        called(sends_the_key, top_k=3),
        called(sends_it_elsewhere, api_key=KEY),
        called(sends_the_key, wire(status=307, location="https://elsewhere.example/chat"), api_key=KEY),
        failing("test_settings_are_not_read_by_hand", completion=reads_the_environment),
    ],
    "streaming.md": [
        failing("test_stream_golden", "stream-plain", STREAM, streaming=decoded_by(EndsAtWhatHasNoText)),
        failing("test_unknown_frames_are_passed_over", "stream-plain", ENDING, streaming=decoded_by(KnowsTwoKinds)),
        failing("test_fields_of_another_shape_are_told", "stream-plain", ENDING, streaming=decoded_by(KnowsTwoEnds)),
        failing("test_the_stream_laws", "stream-plain", ENDING, streaming=decoded_by(SaysTheServerSWord)),
        described(decoder=Decoder),
        described(),
        described(decoder=Decoder()),
        streaming(lambda request, settings: EventStream(opened(), decoder=Decoder)),
        streaming(asks_while_it_gives_chunks),
        streaming(lambda request, settings: post(path="stream")),
        described(decoder=Numbers),
        opened_twice,
        described(decoder=Decoder, framing="lines"),
    ],
    "wrapping-an-sdk.md": [
        completing(forgets_await),
        completing(awaits_an_effect),
        completing(pieces),
        completing(lambda request, settings: "an answer"),
        streaming(lambda request, settings: [Piece()]),
        lambda: foreign(asynchronous=awaited()),
        completing(raises(ConnectionError("refused"))),
        completing(ends_at_once),
        left_open,
        slow_to_import,
    ],
    "porting.md": [
        completing(takes_litellm_s_arguments),
        completing(takes_anything),
        lambda: client().register_provider("acme", type(sys)("jackfield_acme")),
        completing(forgets_yield_from),
        completing(delegates),
        completing(forgets_return),
        failing("test_the_request_is_left_alone", completion=changes_the_request),
    ],
    "testing.md": [
        lambda: subject_of("nobody"),
        lambda tmp_path: subject_of("acme", plugin=keyed(), wire=tmp_path),
        lambda tmp_path: check_variables(subject_of("acme", plugin=keyed(), model="m", wire=tmp_path, complete=False)),
        records_what_is_refused,
        failing("test_the_canonical_cases_are_there"),
        failing("test_request_golden", completion=sends_another_request),
        failing("test_response_golden", files={name: CHAT[name] for name in CHAT if name != "result.json"}),
        with_a_stray_file,
        lambda tmp_path: written(tmp_path, files={**CHAT, "case.json": {"reqest": {}}}),
        lambda tmp_path: written(
            tmp_path, files={**CHAT, "1.response.json": {"status": 200, "text": RESPONSE["json"]}}
        ),
        with_a_gap_of_no_test,
        failing("test_the_key_is_in_a_header_only", gap=Gap(reason="none")),
        with_another_name,
        with_a_mark,
        with_a_test_of_its_own,
    ],
}


def shown(cell: str):
    """What a row of a page shows as said, as a pattern."""
    [(quoted, plain)] = re.findall(r"``(.+?)``|`([^`]+)`", cell)[:1]
    return re.escape(quoted or plain).replace("…", ".*")


def pitfalls():
    for page, provoked in PITFALLS.items():
        for (what, said), provoke in zip(rows(page, "Pitfalls"), provoked, strict=True):
            yield pytest.param(shown(said), provoke, id=f"{page}: {what}")


def test_every_page_with_pitfalls_is_tried():
    assert set(PITFALLS) == {page.name for page in AUTHORS.glob("*.md") if "\n## Pitfalls\n" in page.read_text()}


@pytest.mark.filterwarnings("ignore:coroutine")
@pytest.mark.parametrize(("pattern", "provoke"), list(pitfalls()))
def test_the_page_shows_what_is_said(pattern, provoke, tmp_path, monkeypatch):
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    monkeypatch.delenv("ACME_API_BASE", raising=False)
    at_hand = {"tmp_path": tmp_path, "folder": tmp_path, "monkeypatch": monkeypatch}
    wanted = provoke.__code__.co_varnames[: provoke.__code__.co_argcount]
    try:
        said = str(provoke(*(at_hand[name] for name in wanted)))
    except Exception as error:
        said = str(error)
    said = " ".join(said.partition("\nIf this fails:")[0].split())
    assert re.fullmatch(pattern, said, re.DOTALL), f"shown: {pattern}\nsaid: {said}"
