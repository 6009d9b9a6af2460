"""Retries, deadlines, fallbacks, credentials: what stands between a provider's flow and the driver."""

import json
import time
from collections.abc import Generator
from typing import Any

import pytest
from jackfield import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    Client,
    ConfigurationError,
    ContextWindowExceededError,
    ContractViolationError,
    EventStream,
    HttpResponse,
    JackfieldError,
    ModelResponse,
    PluginError,
    ProviderInfo,
    RateLimitError,
    ServiceUnavailableError,
    hookimpl,
)
from jackfield.errors import UnprocessableEntityError
from jackfield.flow import call, http, invoke, retried, sleep
from jackfield.transports import Outgoing
from jackfield.transports.memory import MemoryTransport, Reply
from jackfield.types import CompletionRequest

KEY = "sk-very-secret-key"
BASE = "https://models.example/v1"


def ok(text="Hi"):
    return HttpResponse(200, {}, json.dumps({"output": text}).encode())


def status(number, headers=None, body=b'{"error": {"message": "no"}}'):
    return HttpResponse(number, headers or {}, body)


class Server:
    """A provider of one POST, with the key in a header."""

    def __init__(self, **info):
        self.info = ProviderInfo(api_base=BASE, **info)

    @hookimpl
    def provider_info(self):
        return self.info

    @hookimpl
    def completion(self, request, settings):
        headers = {"authorization": f"Bearer {settings.api_key}"}
        response = yield from http("POST", f"{settings.api_base}/chat", json={"m": request.model}, headers=headers)
        return ModelResponse.of_text(response.json()["output"])


class Played:
    """Runs a call by hand: answers requests from a list, notes pauses instead of making them."""

    def __init__(self, client: Client, answers: list[Any]) -> None:
        self.client, self.answers = client, answers
        self.requests: list[Outgoing] = []
        self.pauses: list[float] = []

    def run(self, model="p/m", **options: Any) -> Any:
        options.setdefault("api_key", KEY)
        params = options.pop("params", {})
        flow = self.client.core.flow(CompletionRequest(model, [], params=params, options=options))
        step: Any = None
        try:
            while True:
                instruction, _ = flow.send(step) if not isinstance(step, Exception) else flow.throw(step)
                step = self.perform(instruction)
        except StopIteration as stop:
            return stop.value

    def perform(self, instruction: Any) -> Any:
        if isinstance(instruction, Outgoing):
            self.requests.append(instruction)
            return self.answers.pop(0)
        if hasattr(instruction, "seconds"):
            self.pauses.append(instruction.seconds)
            return None
        try:
            return instruction.sync()
        except Exception as error:
            return error


def client_with(**plugins: object) -> Client:
    client = Client()
    for name, plugin in plugins.items():
        client.register_provider(name, plugin)
    return client


def played(answers, plugin=None):
    return Played(client_with(p=plugin or Server()), answers)


# ------------------------------------------------------------------------------------------------------------ retry


@pytest.mark.parametrize("number", [408, 429, 500, 502, 503, 504, 529])
def test_a_status_that_may_pass_is_tried_again(number):
    play = played([status(number), ok("late")])
    assert play.run().choices[0].message.content == "late"
    assert len(play.requests) == 2


@pytest.mark.parametrize("number", [400, 401, 403, 404, 409, 413, 422, 501, 505])
def test_a_permanent_status_is_answered_at_once(number):
    play = played([status(number), ok()])
    with pytest.raises(JackfieldError) as caught:
        play.run()
    assert caught.value.status_code == number
    assert len(play.requests) == 1
    assert play.pauses == []


@pytest.mark.parametrize("error", [APIConnectionError("reset"), APITimeoutError("slow")])
def test_a_connection_error_is_tried_again(error):
    play = played([error, error, ok()])
    assert play.run().choices[0].message.content == "Hi"
    assert len(play.requests) == 3


def test_retries_end_after_two_by_default_and_the_last_error_is_raised():
    play = played([status(503)] * 5)
    with pytest.raises(ServiceUnavailableError):
        play.run()
    assert len(play.requests) == 3


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_num_retries_counts_the_further_attempts(retries):
    play = played([status(503)] * 9)
    with pytest.raises(ServiceUnavailableError):
        play.run(num_retries=retries)
    assert len(play.requests) == retries + 1


def test_the_provider_says_the_default_number():
    play = played([status(503)] * 9, Server(num_retries=0))
    with pytest.raises(ServiceUnavailableError):
        play.run()
    assert len(play.requests) == 1


def test_pauses_grow_with_jitter():
    play = played([status(503)] * 9)
    with pytest.raises(ServiceUnavailableError):
        play.run(num_retries=6)
    bounds = [(0.375, 0.5), (0.75, 1.0), (1.5, 2.0), (3.0, 4.0), (6.0, 8.0), (6.0, 8.0)]
    assert all(low <= pause <= high for pause, (low, high) in zip(play.pauses, bounds, strict=True))


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
    ],
)
def test_the_pause_the_server_asks_for_is_made(headers, pause):
    play = played([status(429, headers), ok()])
    play.run()
    assert play.pauses == [pause]


@pytest.mark.parametrize("value", ["soon", "-", "1e999", "Thu, 99 Foo 1970"])
def test_a_retry_after_that_means_nothing_asks_for_nothing(value):
    play = played([status(429, {"retry-after": value}), ok()])
    play.run()
    assert play.pauses[0] <= 0.5


def test_a_pause_beyond_a_minute_is_the_callers_to_make():
    play = played([status(429, {"retry-after": "61"}), ok()])
    with pytest.raises(RateLimitError) as caught:
        play.run()
    assert caught.value.retry_after == 61.0
    assert len(play.requests) == 1


def test_a_pause_beyond_the_total_deadline_is_not_made():
    play = played([status(429, {"retry-after": "50"}), ok()])
    with pytest.raises(RateLimitError):
        play.run(timeout=10)
    assert len(play.requests) == 1


def test_a_polling_flow_sends_again_only_the_request_that_failed():
    class Polling:
        @hookimpl
        def completion(self, request, settings):
            job = yield from http("POST", f"{BASE}/jobs", json={})
            while job.status == 202:
                yield from sleep(0.5)
                job = yield from http("GET", f"{BASE}/jobs/1")
            return ModelResponse.of_text(job.json()["output"])

    play = played([status(202), status(503), status(202), ok("done")], Polling())
    assert play.run().choices[0].message.content == "done"
    assert [outgoing.method for outgoing in play.requests] == ["POST", "GET", "GET", "GET"]


def test_a_call_of_foreign_code_is_tried_again_when_its_error_may_pass():
    class Throttled(Exception):
        status_code = 429

    attempts = []

    class Foreign:
        @hookimpl
        def completion(self, request, settings):
            attempts.append(1)
            if len(attempts) < 3:
                raise Throttled("wait")
            return ModelResponse.of_text("through")

    assert played([], Foreign()).run().choices[0].message.content == "through"
    assert len(attempts) == 3


def test_a_flow_sees_the_exception_it_asked_for_and_may_go_on():
    class Careful:
        @hookimpl
        def completion(self, request, settings):
            try:
                yield from call(lambda: 1 // 0)
            except ZeroDivisionError:
                return ModelResponse.of_text("caught")

    assert played([], Careful()).run().choices[0].message.content == "caught"


def test_accept_lets_a_status_through():
    class Accepting:
        @hookimpl
        def completion(self, request, settings):
            response = yield from http("GET", f"{BASE}/x", accept={404})
            return ModelResponse.of_text(str(response.status))

    assert played([status(404)], Accepting()).run().choices[0].message.content == "404"


# --------------------------------------------------------------------------------------------------------- deadlines


def test_each_attempt_has_the_whole_timeout():
    play = played([status(503), ok()])
    began = time.monotonic()
    play.run(timeout=5)
    first, second = (outgoing.deadline for outgoing in play.requests)
    assert began + 5 <= first <= second <= time.monotonic() + 5


def test_timeout_bounds_polling():
    class Polling:
        @hookimpl
        def completion(self, request, settings):
            while True:
                yield from sleep(100)

    client = client_with(p=Polling())
    began = time.monotonic()
    with pytest.raises(APITimeoutError, match=r"0\.05 s"):
        client.run(CompletionRequest("p/m", options={"timeout": 0.05}))
    assert time.monotonic() - began < 50


def test_connect_has_ten_seconds_unless_the_timeout_is_shorter():
    play = played([ok(), ok()])
    play.run()
    play.run(timeout=2)
    assert [outgoing.connect for outgoing in play.requests] == [10.0, 2.0]
    assert [outgoing.read for outgoing in play.requests] == [600.0, 2.0]


def test_an_httpx_timeout_is_taken_apart():
    import httpx

    play = played([ok()])
    play.run(timeout=httpx.Timeout(30, connect=3))
    (outgoing,) = play.requests
    assert (outgoing.connect, outgoing.read) == (3, 30)


# ------------------------------------------------------------------------------------------------------- credentials


def sends_to(url, headers=None):
    class Elsewhere:
        @hookimpl
        def provider_info(self):
            return ProviderInfo(api_base=BASE)

        @hookimpl
        def completion(self, request, settings):
            given = headers if headers is not None else {"authorization": f"Bearer {settings.api_key}"}
            response = yield from http("GET", url, headers=given)
            return ModelResponse.of_text(response.json()["output"])

    return Elsewhere()


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v1/x",
        "http://models.example/v1/x",
        "https://models.example:8443/v1/x",
        "https://models.example.evil.example/v1",
        "https://models.example@evil.example/v1",
    ],
)
def test_the_key_does_not_travel_to_another_origin(url):
    play = played([ok()], sends_to(url))
    with pytest.raises(ContractViolationError, match="another origin") as caught:
        play.run()
    assert play.requests == []
    assert KEY not in str(caught.value)


def test_the_key_does_not_travel_in_the_address_either():
    play = played([ok()], sends_to(f"https://elsewhere.example/?key={KEY}", headers={}))
    with pytest.raises(ContractViolationError):
        play.run()


@pytest.mark.parametrize("url", [f"{BASE}/x", "https://models.example/other", "https://models.example:443/v1?x=1"])
def test_the_same_origin_gets_the_key(url):
    play = played([ok()], sends_to(url))
    play.run()
    assert play.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_another_origin_is_reached_without_the_key():
    play = played([ok("free")], sends_to("https://elsewhere.example/x", headers={}))
    assert play.run().choices[0].message.content == "free"


def test_a_redirect_is_an_error_that_names_its_target():
    play = played([status(302, {"location": "https://elsewhere.example/login"})])
    with pytest.raises(JackfieldError, match=r"https://elsewhere\.example/login"):
        play.run()


def test_a_secret_is_scrubbed_from_message_body_and_cause():
    body = json.dumps({"error": {"message": f"bad key {KEY}", "code": KEY, "deep": [{KEY: KEY}]}}).encode()
    play = played([status(401, body=body)])
    with pytest.raises(AuthenticationError) as caught:
        play.run()
    error = caught.value
    seen = f"{error} {error!r} {error.args} {error.body} {error.code} {vars(error)}"
    assert "bad key ***" in str(error)
    assert KEY not in seen


def test_a_cause_that_shows_the_secret_is_cut_off():
    class Leaking:
        @hookimpl
        def completion(self, request, settings):
            raise ValueError(f"tried {settings.api_key}")

    with pytest.raises(PluginError) as caught:
        played([], Leaking()).run()
    chain, error = [], caught.value
    while error is not None:
        chain.append(repr(error))
        error = error.__cause__ or error.__context__
    assert KEY not in "".join(chain)


def test_a_callers_authorization_header_is_a_secret_too():
    body = b'{"error": "no such user: Bearer tok-12345"}'
    play = played([status(401, body=body)])
    with pytest.raises(AuthenticationError) as caught:
        play.run(extra_headers={"X-Api-Key": "tok-12345"})
    assert "tok-12345" not in f"{caught.value}{caught.value.body}"


# --------------------------------------------------------------------------------------------------------- fallbacks


class Fails:
    def __init__(self, error):
        self.error = error

    @hookimpl
    def completion(self, request, settings):
        raise self.error


class Answers:
    def __init__(self):
        self.seen: list[Any] = []

    @hookimpl
    def provider_info(self):
        return ProviderInfo(api_base="https://second.example")

    @hookimpl
    def completion(self, request, settings):
        self.seen.append((request, settings))
        return ModelResponse.of_text("second")


@pytest.mark.parametrize(
    "error", [RateLimitError("x"), AuthenticationError("x"), ContextWindowExceededError("x"), ValueError("x")]
)
def test_after_an_error_the_next_model_is_called(error):
    client = client_with(a=Fails(error), b=Answers())
    options = {"fallbacks": ["b/other"], "num_retries": 0}
    answer = client.run(CompletionRequest("a/m", options=options))
    assert answer.choices[0].message.content == "second"
    assert answer.model == "other"


@pytest.mark.parametrize("error", [BadRequestError("x"), UnprocessableEntityError("x"), ConfigurationError("x")])
def test_no_fallback_mends_a_wrong_request(error):
    second = Answers()
    client = client_with(a=Fails(error), b=second)
    with pytest.raises(type(error)):
        client.run(CompletionRequest("a/m", options={"fallbacks": ["b/m"]}))
    assert second.seen == []


def test_the_last_error_is_raised_and_the_first_is_its_cause():
    client = client_with(a=Fails(RateLimitError("first")), b=Fails(AuthenticationError("second")))
    with pytest.raises(AuthenticationError) as caught:
        client.run(CompletionRequest("a/m", options={"fallbacks": ["b/m"], "num_retries": 0}))
    assert isinstance(caught.value.__cause__, RateLimitError)


def test_a_fallback_to_another_provider_takes_no_credentials_along():
    second = Answers()
    client = client_with(a=Fails(RateLimitError("x")), b=second)
    options = {
        "fallbacks": ["b/m"],
        "num_retries": 0,
        "api_key": KEY,
        "api_base": BASE,
        "api_version": "7",
        "headers": {"a": "1"},
        "extra_headers": {"b": "2"},
        "extra_body": {"c": 3},
        "timeout": 9,
    }
    client.run(CompletionRequest("a/m", params={"temperature": 0.5}, options=options))
    ((request, settings),) = second.seen
    assert (settings.api_key, settings.api_base, settings.api_version) == (None, "https://second.example", None)
    assert (dict(settings.headers), dict(settings.extra_body)) == ({}, {})
    assert settings.timeout == 9
    assert request.params == {"temperature": 0.5}


def test_a_fallback_within_the_provider_keeps_them():
    both = Answers()

    class First(Answers):
        @hookimpl
        def completion(self, request, settings):
            both.seen.append((request, settings))
            if request.model == "small":
                raise RateLimitError("x")
            return ModelResponse.of_text("large")

    client = client_with(a=First())
    options = {"fallbacks": ["a/large"], "num_retries": 0, "api_key": KEY}
    client.run(CompletionRequest("a/small", options=options))
    assert [settings.api_key for _, settings in both.seen] == [KEY, KEY]


def test_a_fallback_may_bring_its_own_arguments():
    second = Answers()
    client = client_with(a=Fails(RateLimitError("x")), b=second)
    fallback = {"model": "b/m", "api_key": "other-key", "temperature": 0}
    options = {"fallbacks": [fallback], "num_retries": 0, "api_key": KEY}
    client.run(CompletionRequest("a/m", params={"top_p": 1}, options=options))
    ((request, settings),) = second.seen
    assert settings.api_key == "other-key"
    assert request.params == {"top_p": 1, "temperature": 0}


def test_a_mock_that_fails_leads_to_the_real_fallback():
    client = client_with(b=Answers())
    options = {"mock_response": "litellm.RateLimitError", "fallbacks": ["b/m"]}
    answer = client.run(CompletionRequest("a/m", options=options))
    assert answer.choices[0].message.content == "second"


def test_a_stream_falls_back_before_its_first_chunk():
    class Broken:
        @hookimpl
        def streaming(self, request, settings):
            yield from ()
            raise RateLimitError("x")

    client = client_with(a=Broken(), b=Answers())
    options = {"fallbacks": ["b/m"], "num_retries": 0}
    stream = client.run(CompletionRequest("a/m", stream=True, options=options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in stream) == "second"


# ------------------------------------------------------------------------------------------------------ the contract


def yields(thing):
    class Odd:
        @hookimpl
        def completion(self, request, settings):
            yield thing

    return Odd()


@pytest.mark.parametrize("thing", [42, None, "text", object(), ModelResponse()])
def test_yielding_what_is_no_effect_is_a_violation(thing):
    with pytest.raises(ContractViolationError, match="no effect"):
        played([], yields(thing)).run()


def test_yield_of_a_flow_is_answered_with_yield_from():
    def inner() -> Generator[Any, Any, None]:
        yield from sleep(0)

    with pytest.raises(ContractViolationError, match="yield from"):
        played([], yields(inner())).run()


def test_a_foreign_stop_iteration_does_not_pass_for_an_answer():
    class Stopping:
        @hookimpl
        def completion(self, request, settings):
            yield from call(lambda: next(iter(())))

    with pytest.raises(PluginError, match="StopIteration"):
        played([], Stopping()).run(num_retries=0)


def test_invoke_calls_another_model_with_all_that_a_call_has():
    class Wrapping:
        @hookimpl
        def completion(self, request, settings):
            answer = yield from invoke(CompletionRequest("p/inner", request.messages))
            return ModelResponse.of_text(f"<{answer.choices[0].message.content}>")

    play = Played(client_with(p=Server(), w=Wrapping()), [status(503), ok("inner")])
    assert play.run("w/m").choices[0].message.content == "<inner>"
    assert len(play.requests) == 2


@pytest.mark.parametrize(("hurry", "pauses"), [(True, [0.0]), (False, [7.0])])
def test_retried_pauses_as_the_core_does_unless_it_need_not(hurry, pauses):
    class Group:
        @hookimpl
        def completion(self, request, settings):
            def attempt():
                return (yield from invoke(CompletionRequest("p/inner", options={"num_retries": 0})))

            return (yield from retried(attempt, at_once=lambda: hurry))

    play = Played(client_with(p=Server(), g=Group()), [status(503, {"retry-after": "7"}), ok()])
    play.run("g/m", num_retries=1)
    assert play.pauses == pauses


def test_invoke_streams():
    class Inner:
        @hookimpl
        def streaming(self, request, settings):
            yield "a"
            yield "b"

    class Wrapping:
        @hookimpl
        def streaming(self, request, settings):
            def opened():
                return (yield from invoke(CompletionRequest("i/m", stream=True)))

            return EventStream(opened)

    client = client_with(i=Inner(), w=Wrapping())
    stream = client.run(CompletionRequest("w/m", stream=True))
    assert [chunk.choices[0].delta.content for chunk in stream] == ["a", "b", None]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", object()])
def test_what_json_does_not_hold_is_refused(value):
    class Sends:
        @hookimpl
        def completion(self, request, settings):
            yield from http("POST", f"{BASE}/x", json={"x": value})

    with pytest.raises(BadRequestError, match="JSON"):
        played([ok()], Sends()).run()


def test_the_providers_own_reading_of_an_error_comes_first():
    class Own(Server):
        @hookimpl
        def response_error(self, response):
            return RateLimitError("own words", code="slow-down") if response.status == 418 else None

    with pytest.raises(RateLimitError, match="own words"):
        played([status(418)], Own()).run(num_retries=0)
    with pytest.raises(AuthenticationError, match="no"):
        played([status(401)], Own()).run()


def test_the_provider_is_not_asked_about_a_redirect():
    class Own(Server):
        @hookimpl
        def response_error(self, response):
            return RateLimitError("hides the target")

    with pytest.raises(JackfieldError, match=r"https://elsewhere\.example"):
        played([status(302, {"location": "https://elsewhere.example"})], Own()).run()


def test_a_streams_error_answer_is_read_and_mapped():
    class Streams:
        @hookimpl
        def streaming(self, request, settings):
            class Never:
                def decode(self, frame):
                    raise AssertionError

            return EventStream(http("POST", f"{BASE}/x"), decoder=Never)

    transport = MemoryTransport(lambda outgoing: Reply(429, {"Retry-After": "61"}, [b'{"error":', b'"slow"}']))
    client = Client(transport=transport)
    client.register_provider("p", Streams())
    with pytest.raises(RateLimitError, match="slow") as caught:
        client.run(CompletionRequest("p/m", stream=True))
    assert caught.value.retry_after == 61.0
    assert transport.replies[0].closed


def test_a_streams_error_answer_is_not_read_without_end():
    class Streams:
        @hookimpl
        def streaming(self, request, settings):
            return EventStream(http("POST", f"{BASE}/x"), decoder=dict)

    transport = MemoryTransport(lambda outgoing: Reply(400, {}, (b"x" * 65536 for _ in range(10_000))))
    client = Client(transport=transport)
    client.register_provider("p", Streams())
    with pytest.raises(BadRequestError):
        client.run(CompletionRequest("p/m", stream=True))
    assert transport.replies[0].closed
    assert not transport.replies[0].complete
