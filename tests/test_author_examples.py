"""The pages for authors do what they say: their examples answer, and their tables are the code's own."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jackfield
import pytest
import trio
from authors import AUTHORS, BASE, HELLO, blocks, call, client, hooks, module, rows, text, wire
from jackfield import (
    AsyncClient,
    AuthenticationError,
    BadRequestError,
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    InternalServerError,
    InvalidResponseError,
    ModelResponse,
    ProviderInfo,
    RateLimitError,
    Request,
    ServiceUnavailableError,
    Settings,
    StreamInterruptedError,
    TextCompletionRequest,
    acompletion,
    completion,
    errors,
    flow,
    register_provider,
    unregister_provider,
)
from jackfield.flow import call as foreign
from jackfield.testing import Case, check
from jackfield.testing._canonical import canonical_names
from jackfield.testing._checks import CHECKS
from jackfield.testing._engine import plan_of
from jackfield.testing._record import RECORDING
from jackfield.testing._subject import subject_of
from jackfield.testing._written import accept
from jackfield.transports.memory import Reply

KEY = {"api_key": "a-key"}

# --------------------------------------------------------------------------------------------------------------- errors


@pytest.fixture(scope="module")
def errors_example():
    return module(blocks("errors.md")[0])


@pytest.mark.parametrize(
    ("status", "body", "wanted", "message"),
    [
        (420, b"{}", RateLimitError, "all workers are busy"),
        (500, b'{"message": "broken"}', InternalServerError, "broken"),
        (200, b'{"fault": {"status": 503, "message": "restarting"}}', ServiceUnavailableError, "restarting"),
        (200, b'{"output": 7}', InvalidResponseError, "another shape than expected: output"),
        (200, b"<html>", InvalidResponseError, "an HTML page"),
    ],
)
def test_the_example_s_errors_are_what_its_page_says(errors_example, status, body, wanted, message):
    with pytest.raises(wanted, match=message):
        call(errors_example, wire(body, status))


def test_the_example_answers_and_refuses_what_it_cannot_send(errors_example):
    assert call(errors_example, wire(b'{"output": "Hello!"}')).choices[0].message.content == "Hello!"
    with pytest.raises(BadRequestError, match="one answer") as caught:
        call(errors_example, n=2)
    assert caught.value.param == "n"


def test_the_example_s_own_number_for_slow_down_is_tried_again(errors_example):
    with pytest.raises(RateLimitError) as caught:
        call(errors_example, wire(status=420))
    assert (caught.value.status_code, caught.value.retry_after, caught.value.retryable) == (429, 2.0, True)


def test_the_table_of_statuses_is_the_core_s():
    again = errors.RETRYABLE_STATUS
    listed = [
        (int(status), name.strip("`"), repeated)
        for statuses, name, repeated in rows("errors.md", "Statuses")
        for status in statuses.split(", ")
    ]
    assert sorted(listed) == [
        (status, errors.error_class(status).__name__, "yes" if status in again else "no")
        for status in sorted({*errors.STATUS_TO_ERROR, *again})
        if status < 520
    ]
    assert {status for status in again if status >= 520} == {*range(520, 525), 529}
    codes = re.findall(r'"(\w+)"', text("errors.md").partition("tried again. The code")[2].partition("\n\n")[0])
    assert set(codes) == set(errors.CODE_TO_ERROR)


# ------------------------------------------------------------------------------------------------------------- settings


def test_the_example_sends_key_parameters_and_the_caller_s_own():
    transport = wire(b'{"output": "Hello!"}')
    example = module(blocks("settings.md")[0])
    call(example, transport, temperature=0.5, headers={"x-trace": "7"}, **KEY)
    [sent] = transport.requests
    assert (sent.headers["x-acme-key"], sent.headers["x-trace"]) == ("a-key", "7")
    assert json.loads(sent.content) == {"model": "m", "messages": HELLO, "temperature": 0.5}


def test_the_example_fetches_a_token_and_uses_it():
    answers = {"/token": b'{"token": "fresh"}', "/chat": b'{"output": "Hello!"}'}
    transport = wire(lambda outgoing: Reply(200, {}, answers[outgoing.url.removeprefix(BASE)]))
    assert call(module(blocks("settings.md")[1]), transport, **KEY).choices[0].message.content == "Hello!"
    asked, used = transport.requests
    assert (asked.headers["x-acme-key"], used.headers["authorization"]) == ("a-key", "Bearer fresh")


def named(cells):
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_the_page_has_every_setting_and_all_that_a_provider_says_of_itself():
    settings = named(row[0] for row in rows("settings.md", "What a hook finds in `settings`"))
    assert settings == {field.name for field in dataclasses.fields(Settings)}
    info = named(row[0] for row in rows("settings.md", "What a provider says of itself"))
    assert info == {field.name for field in dataclasses.fields(ProviderInfo)}


def test_the_page_on_providers_has_every_field_of_a_request_and_every_effect():
    kinds = [Request, CompletionRequest, TextCompletionRequest, EmbeddingRequest, ImageEditRequest]
    fields = {field.name for kind in kinds for field in dataclasses.fields(kind)} - {"options"}
    shown = named(row[0] for row in rows("providers.md", "What a hook gets"))
    assert shown == fields | {"operation"}
    effects = {row[0].partition("(")[0].strip("`") for row in rows("providers.md", "Effects")}
    assert effects == {name for name in flow.__all__ if name.islower()}


# ------------------------------------------------------------------------------------------------------------ streaming


def events(*said):
    return b"".join(b"data: %b\n\n" % json.dumps(event).encode() for event in said)


HEL, LO = {"kind": "text", "text": "Hel"}, {"kind": "text", "text": "lo!"}
END = {"kind": "end", "why": "limit", "read": 1, "written": 2}


def test_the_example_of_a_stream_gives_text_finish_and_usage():
    stream = events({"kind": "begin"}, HEL, LO, END)
    whole = call(module(blocks("streaming.md")[0]), wire(stream), stream=True)
    [choice] = whole.choices
    assert (choice.message.content, choice.finish_reason, whole.usage.total_tokens) == ("Hello!", "length", 3)


def test_the_example_takes_a_word_that_is_not_in_its_table():
    whole = call(module(blocks("streaming.md")[0]), wire(events(HEL, END | {"why": "tired"})), stream=True)
    assert whole.choices[0].finish_reason == "tired"


def test_the_example_raises_an_error_event_with_what_came_before():
    stream = events(HEL, {"kind": "fault", "status": 503, "message": "restarting"})
    with pytest.raises(ServiceUnavailableError, match="restarting") as caught:
        call(module(blocks("streaming.md")[0]), wire(stream), stream=True)
    assert caught.value.partial.choices[0].message.content == "Hel"


def framed(*said):
    return b"".join(json.dumps(event).encode() + b"\0" for event in said)


def test_the_example_with_a_token_and_a_splitter_streams_whatever_the_pieces():
    stream = framed(HEL, LO, {"kind": "end"})
    pieces = [stream[at : at + 1] for at in range(len(stream))]

    def answer(outgoing):
        return Reply(200, {}, b'{"token": "fresh"}' if outgoing.url.endswith("/token") else pieces)

    transport = wire(answer)
    whole = call(module(blocks("streaming.md")[1]), transport, stream=True, **KEY)
    assert whole.choices[0].message.content == "Hello!"
    assert json.loads(transport.requests[1].content)["token"] == "fresh"


def test_a_stream_of_the_page_that_is_cut_is_an_error():
    for number, stream in ((0, events(HEL)), (1, framed(HEL))):
        answers = {"token": b'{"token": "fresh"}', "stream": stream}
        transport = wire(lambda outgoing, answers=answers: Reply(200, {}, answers[outgoing.url.rpartition("/")[2]]))
        with pytest.raises(StreamInterruptedError):
            call(module(blocks("streaming.md")[number]), transport, stream=True, **KEY)


# ------------------------------------------------------------------------------------------------------ wrapping an SDK


def test_the_example_of_both_colours_calls_the_caller_s_own():
    both = module(blocks("wrapping-an-sdk.md")[1])
    assert call(both).choices[0].message.content == "from the blocking client"
    assert asyncio.run(ask(both)).choices[0].message.content == "from the async client"


async def ask(plugin, *, stream=False, **options):
    caller = AsyncClient(registry=client().registry)
    caller.register_provider("acme", plugin)
    result = await caller.run(CompletionRequest("acme/m", HELLO, stream=stream, options=options))
    if stream:
        return [[chunk async for chunk in result], result.response][1]
    return result


THREADS = {"MainThread": "in place", "jackfield-worker": "worker thread", "jackfield-loop": "background loop"}


def place():
    return THREADS[threading.current_thread().name]


def coloured():
    return f"`sync`, {place()}"


async def acoloured():
    return f"`asynchronous`, {place()}"


def plain():
    return ModelResponse.of_text(place())


async def coroutine():
    return ModelResponse.of_text(place())


def flow_with_both():
    return ModelResponse.of_text((yield from foreign(sync=coloured, asynchronous=acoloured)))


def generator():
    yield place()


async def async_generator():
    yield place()


HOOKS = [
    hooks(completion=plain),
    hooks(completion=coroutine),
    hooks(completion=flow_with_both),
    hooks(streaming=generator),
    hooks(streaming=async_generator),
]


@pytest.mark.parametrize(
    ("hook", "row"), list(zip(HOOKS, rows("wrapping-an-sdk.md", "Where the code runs"), strict=True)), ids=str
)
def test_the_code_runs_where_the_table_says(hook, row):
    stream = hasattr(hook, "streaming")
    answers = [
        call(hook, stream=stream),
        call(hook, stream=stream, timeout=5),
        asyncio.run(ask(hook, stream=stream)),
        trio.run(lambda: ask(hook, stream=stream)),
    ]
    assert [answer.choices[0].message.content for answer in answers] == row[1:]


def test_the_suite_of_the_page_passes_for_the_sdk_of_the_page():
    """All of the page together: the provider of its first block under the cases of its last one."""
    first, _, last = blocks("wrapping-an-sdk.md")
    acme, suite = module(first).Acme(), module(last).TestAcme
    subject = subject_of("acme", plugin=acme, model=suite.model, cases=suite.cases)
    verdicts = [test.run(subject) for test in plan_of(subject).tests]
    failed = [verdict.text.partition("\n")[0] for verdict in verdicts if verdict.kind != "passed"]
    assert failed == [f"{subject.owner} implements completion, streaming, and these cases are missing:"]
    unregister_provider("acme")


def test_the_kit_sends_an_sdk_to_the_address_of_its_cases():
    asked = set()

    def completion(request, settings):
        asked.add(settings.api_base)
        return ModelResponse.of_text("Hi")

    [options] = re.findall(r'`options=(\{"api_base".+?\})`', text("wrapping-an-sdk.md"))
    case = Case("chat-plain", options=json.loads(options))
    check("acme", plugin=hooks(completion=completion), model="m", cases=[case])
    assert asked == set(json.loads(options).values())


# -------------------------------------------------------------------------------------------------------------- porting


EVENTS = {"/stream": "{}\n", "/events": "data: {}\n\n"}
"""The form of an event at each address that streams."""


class Answers(BaseHTTPRequestHandler):
    """The server of the pages on porting and on providers: it says back what it was told, and wants a key."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append((self.path, self.headers["x-acme-key"], body))
        said = body["messages"][-1]["content"]
        words = said.split(" ") if isinstance(said, str) else ["seen"]
        if self.headers["x-acme-key"] != "a-key":
            self.answer(401, {"message": "no such key"})
        elif self.path in EVENTS:
            said = [*({"kind": "text", "text": word} for word in words), {"kind": "end"}]
            self.answer(200, *said, form=EVENTS[self.path])
        else:
            self.answer(200, {"output": "".join(words), "usage": {"prompt_tokens": 2, "completion_tokens": len(words)}})

    def answer(self, status, *said, form="{}\n"):
        content = "".join(form.format(json.dumps(each)) for each in said).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Keep quiet."""


@pytest.fixture
def asked(monkeypatch):
    """Before and after as the page has them, under these names; gives what their server is asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("ACME_API_BASE", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setenv("ACME_API_KEY", "a-key")
    monkeypatch.setattr(jackfield, "custom_provider_map", [])
    handler, plugin = (module(block) for block in blocks("porting.md"))
    monkeypatch.setattr(jackfield, "custom_provider_map", [{"provider": "before", "custom_handler": handler.Acme()}])
    register_provider("after", plugin)
    yield server.asked
    unregister_provider("after")
    server.shutdown()
    server.server_close()


async def streamed(**arguments):
    return [chunk async for chunk in await acompletion(stream=True, **arguments)]


WAYS = {
    "sync": completion,
    "async": lambda **arguments: asyncio.run(acompletion(**arguments)),
    "sync stream": lambda **arguments: list(completion(stream=True, **arguments)),
    "async stream": lambda **arguments: asyncio.run(streamed(**arguments)),
}


def bare(answer):
    """An answer or chunks as plain JSON, without what is made up for each call."""
    if isinstance(answer, list):
        return [bare(chunk) for chunk in answer]
    return {name: value for name, value in answer.model_dump().items() if name not in {"id", "created"}}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_before_and_after_answer_alike_and_ask_alike(asked, way):
    arguments = {"messages": [{"role": "user", "content": "one two"}], "temperature": 0.5}
    before, after = (bare(way(model=f"{name}/m", **arguments)) for name in ("before", "after"))
    assert before == after
    assert asked[0] == asked[1]


@pytest.mark.parametrize("way", [WAYS["sync"], WAYS["async"]], ids=["sync", "async"])
def test_before_and_after_fail_alike(asked, way):
    said = []
    for name in ("before", "after"):
        with pytest.raises(AuthenticationError) as caught:
            way(model=f"{name}/m", messages=HELLO, api_key="wrong")
        said.append((str(caught.value), caught.value.status_code))
    assert said == [("no such key", 401)] * 2


def write_errors(folder, form):
    """Write the cases that no server gives to order."""
    broken = "".join(map(form.format, ('{"kind": "text", "text": "Hi"}', '{"message": "broken"}')))
    for name, case, response in (
        ("error-rate-limit", {}, {"status": 429, "json": {"message": "slow down"}}),
        ("stream-error", {"error": "InvalidResponseError"}, {"status": 200, "text": broken}),
    ):
        (folder / name).mkdir()
        (folder / name / "case.json").write_text(json.dumps(case))
        (folder / name / "1.response.json").write_text(json.dumps(response))


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize(("page", "number", "events"), [("porting.md", 1, "/stream"), ("providers.md", 0, "/events")])
def test_the_provider_of_the_page_passes_the_kit_once_its_wire_files_are_recorded(page, number, events, tmp_path):
    write_errors(tmp_path, EVENTS[events])
    acme = {"plugin": module(blocks(page)[number]), "model": "m", "wire": tmp_path}
    subject = subject_of("acme", **acme, complete=False)
    for test in plan_of(subject, checks=[RECORDING]).tests:
        test.check.run(subject, test.case)
    accept(subject_of("acme", **acme))
    assert check("acme", **acme).failed == {}


# -------------------------------------------------------------------------------------------------------------- testing


def test_the_table_of_canonical_cases_is_the_kit_s():
    table = rows("testing.md", "Wire files", 1)
    for needed_by, cases in table[:-1]:
        wanted = set(canonical_names(set(re.findall(r"`(\w+)`", needed_by)), http=True))
        assert set(re.findall(r"`([\w-]+)`", cases)) == wanted - {"error-authentication", "error-rate-limit"}
    http = set(canonical_names({"completion"}, http=True)) - set(canonical_names({"completion"}, http=False))
    assert set(re.findall(r"`([\w-]+)`", table[-1][1])) == http - {"chat-parallel-tools"}


def test_the_table_of_checks_is_the_kit_s_in_its_order_and_says_in_a_few_words_what_each_proves():
    table = rows("testing.md", "What each check proves")
    assert [name.strip("`") for name, _ in table] == [check.name for check in CHECKS]
    assert [proved for _, proved in table if not 3 <= len(proved.split()) <= 12] == []


def test_the_options_of_the_page_are_the_plugin_s(pytestconfig):
    shown = set(re.findall(r"`pytest (--[\w-]+)", text("testing.md")))
    group = pytestconfig._parser.getgroup("jackfield")
    assert shown == {name for option in group.options for name in option.names()}


# ------------------------------------------------------------------------------------------------------------ the index


def test_the_index_leads_to_every_page():
    links = re.findall(r"^\| \[.+?\]\((.+?)\)", text("README.md"), re.MULTILINE)
    assert sorted(links) == sorted(page.name for page in AUTHORS.glob("*.md") if page.name != "README.md")


def headings(page):
    """The headings of a page as links name them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_link_into_a_page_leads_to_a_heading():
    for page in AUTHORS.glob("*.md"):
        for target, heading in re.findall(r"\]\(([^)#:]+)#([^)]+)\)", page.read_text(encoding="utf-8")):
            assert heading in headings(page.parent / target), f"{page.name} links to {target}#{heading}"
