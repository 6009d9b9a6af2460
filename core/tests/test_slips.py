"""What once slipped: limits, credentials, cancellations and observers where two colours or two layers meet."""

import asyncio
import json
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pydantic
import pytest
import trio
from jackfield import (
    APITimeoutError,
    AsyncClient,
    BadRequestError,
    Client,
    ContractViolationError,
    EventStream,
    InternalServerError,
    InvalidResponseError,
    JackfieldError,
    ModelResponse,
    ModelResponseStream,
    PluginError,
    ProviderInfo,
    RateLimitError,
    acompletion,
    completion,
    hookimpl,
)
from jackfield.flow import call, http, invoke, sleep
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport, Reply
from jackfield.types import CompletionRequest

KEY = "sk-never-seen-elsewhere"
CHAT = CompletionRequest("p/m", [{"role": "user", "content": "Hi"}])


def chat(*, stream=False, **options):
    return CHAT.replace(stream=stream, options={"num_retries": 0, **options})


def run_sync(plugin, request, transport=None):
    client = Client(transport=transport and MemoryTransport(transport))
    client.register_provider("p", plugin)
    result = client.run(request)
    return list(result) if request.stream else result


async def run_async(plugin, request, transport=None):
    client = AsyncClient(transport=transport and AsyncMemoryTransport(transport))
    client.register_provider("p", plugin)
    result = await client.run(request)
    return [chunk async for chunk in result] if request.stream else result


RUNNERS = {
    "sync": run_sync,
    "asyncio": lambda *given: asyncio.run(run_async(*given)),
    "trio": lambda *given: trio.run(run_async, *given),
}


@pytest.fixture(params=RUNNERS.values(), ids=RUNNERS)
def run(request):
    return request.param


# -------------------------------------------------------------------------------------------------------- time limits


LONG, SOON = 60, 30
"""Seconds that foreign code takes, and those within which a call that has a fifth of one ends on any machine."""


def blocked_until(event):
    event.wait(LONG)


@pytest.fixture
def released():
    """An event that foreign code may wait for, set at the latest when the test ends."""
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("colour", ["generator", "async generator"])
def test_a_gap_between_the_items_of_an_iterable_is_limited(run, released, colour):
    class Blocking:
        @hookimpl
        def streaming(self, request, settings):
            yield "a"
            blocked_until(released)
            yield "b"

    class Awaiting:
        @hookimpl
        async def streaming(self, request, settings):
            yield "a"
            await asyncio.sleep(LONG)
            yield "b"

    def came_within(seconds):
        with pytest.raises(APITimeoutError) as caught:
            run(plugin, chat(stream=True, timeout=seconds))
        return caught.value.partial

    plugin = Blocking() if colour == "generator" else Awaiting()
    began = time.monotonic()
    partial = came_within(0.2) or came_within(10)  # a busy machine may need longer for the first item
    assert time.monotonic() - began < SOON
    assert partial.choices[0].message.content == "a"


def test_invoke_stays_within_the_time_of_the_call_around_it(run):
    class Slow:
        @hookimpl
        def completion(self, request, settings):
            if request.model == "inner":
                yield from sleep(LONG)
                return ModelResponse.of_text("late")
            return (yield from invoke(CompletionRequest("p/inner")))

    began = time.monotonic()
    with pytest.raises(APITimeoutError):
        run(Slow(), chat(timeout=0.2))
    assert time.monotonic() - began < SOON


def test_a_flow_that_never_ends_meets_its_deadline_at_any_effect():
    class Busy:
        @hookimpl
        def completion(self, request, settings):
            for _ in range(200_000):
                yield from http("GET", "http://here.example/")

    with pytest.raises(APITimeoutError):
        run_sync(Busy(), chat(timeout=0.1), lambda outgoing: Reply(200))


def test_a_coroutine_that_is_late_after_its_first_step_can_still_clean_up():
    cleaned = []

    class Late:
        @hookimpl
        async def completion(self, request, settings):
            time.sleep(0.2)  # noqa: ASYNC251  # the first step takes longer than the call may
            try:
                await asyncio.sleep(LONG)
            finally:
                await asyncio.sleep(0)
                cleaned.append(True)

    with pytest.raises(APITimeoutError):
        RUNNERS["asyncio"](Late(), chat(timeout=0.1))
    assert cleaned == [True]


# ----------------------------------------------------------------------------------------- whose fault something is


class Heat(pydantic.BaseModel):
    heat: float


UNREADABLE = [
    (lambda: json.loads(""), "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
    (b"\xff".decode, "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start"),
    (lambda: Heat(heat="much"), "ValidationError: heat: Input should be a valid number"),
]


@pytest.mark.parametrize(("read", "said"), UNREADABLE)
def test_what_cannot_be_read_before_anything_is_asked_is_the_plugins(run, read, said):
    class ReadsTheRequest:
        @hookimpl
        def completion(self, request, settings):
            read()
            return ModelResponse.of_text((yield from http("POST", settings.api_base)).text)

    with pytest.raises(PluginError) as caught:
        run(ReadsTheRequest(), chat(api_base="https://nobody.invalid"))
    assert f"failed with {said}" in str(caught.value)
    assert "test_slips.py" in str(caught.value)


@pytest.mark.parametrize("read", [read for read, _ in UNREADABLE])
def test_what_cannot_be_read_of_an_answer_is_the_servers(run, read):
    class ReadsTheAnswer:
        @hookimpl
        def completion(self, request, settings):
            yield from http("POST", settings.api_base)
            read()

    with pytest.raises(InvalidResponseError):
        run(ReadsTheAnswer(), chat(api_base="https://nobody.invalid"), lambda _: Reply(200, {}, b"{}"))


# ------------------------------------------------------------------------------------------------- streams as answers


class Words:
    def decode(self, frame):
        text = json.loads(frame.data)["text"]
        return None if text is None else text


class OnlyStreams:
    @hookimpl
    def streaming(self, request, settings):
        return EventStream(http("POST", settings.api_base), decoder=Words)


def wire(*texts):
    return b"".join(b"data: " + json.dumps({"text": text}).encode() + b"\n\n" for text in texts)


@pytest.fixture
def server():
    """A real server of one streamed answer, on httpx's and trio's real sockets."""
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = wire("one ", "two", None)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.server.connections.add(self.client_address)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.connections = set()
    server.url = f"http://127.0.0.1:{server.server_port}/"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_provider_that_only_streams_answers_whole_on_every_loop(run, server):
    answer = run(OnlyStreams(), chat(api_base=server.url))
    assert answer.choices[0].message.content == "one two"


def test_streams_that_end_share_a_connection(server):
    with Client() as client:
        client.register_provider("p", OnlyStreams())
        for _ in range(5):
            assert "".join(
                chunk.choices[0].delta.content or "" for chunk in client.run(chat(stream=True, api_base=server.url))
            )
    assert len(server.connections) == 1


def test_draining_a_stream_ends_at_the_deadline_and_closes_it():
    def drip() -> Iterator[bytes]:
        for _ in range(300):
            time.sleep(0.01)
            yield wire("more ")

    transport = MemoryTransport(lambda outgoing: Reply(200, content=drip()))
    client = Client(transport=transport)
    client.register_provider("p", OnlyStreams())
    with pytest.raises(APITimeoutError):
        client.run(chat(timeout=0.2, api_base="http://here.example"))
    assert transport.replies[0].closed


def test_a_status_that_a_stream_accepts_is_streamed(run):
    class Accepting:
        @hookimpl
        def streaming(self, request, settings):
            return EventStream(http("POST", "http://here.example/", accept={404}), decoder=Words)

    chunks = run(Accepting(), chat(stream=True), lambda outgoing: Reply(404, content=wire("odd", None)))
    assert chunks[0].choices[0].delta.content == "odd"


# ------------------------------------------------------------------------------------------------ one-shot iterators


def test_an_iterator_that_fails_is_not_opened_again_as_an_empty_stream(run):
    def chunks():
        raise RateLimitError("slow down")
        yield

    class OneShot:
        @hookimpl
        def streaming(self, request, settings):
            return EventStream.of(chunks())

    with pytest.raises(RateLimitError):
        run(OneShot(), chat(stream=True, num_retries=2))


def test_a_kept_description_of_an_iterator_says_that_it_is_used_up():
    description = EventStream.of(iter(["a"]))

    class Kept:
        @hookimpl
        def streaming(self, request, settings):
            return description

    assert run_sync(Kept(), chat(stream=True))[0].choices[0].delta.content == "a"
    with pytest.raises(ContractViolationError, match=r"EventStream\.of"):
        run_sync(Kept(), chat(stream=True))


# --------------------------------------------------------------------------------------------------------- credentials


class Tells:
    def __init__(self):
        self.seen = []

    @hookimpl
    def provider_info(self):
        return ProviderInfo(api_base="https://first.example")

    @hookimpl
    def completion(self, request, settings):
        self.seen.append(settings)
        if request.model == "first":
            raise RateLimitError("x")
        return ModelResponse.of_text("second")


def test_a_fallback_to_another_address_takes_no_credentials_along():
    plugin = Tells()
    fallback = {"model": "p/second", "api_base": "https://second.example"}
    options = {"api_key": KEY, "headers": {"X-Secret-Token": "t0ken"}, "fallbacks": [fallback], "num_retries": 0}
    run_sync(plugin, CompletionRequest("p/first", options=options))
    assert (plugin.seen[1].api_key, dict(plugin.seen[1].headers)) == (None, {})


def test_a_fallback_may_bring_messages_and_metadata_of_its_own():
    class Echo:
        @hookimpl
        def completion(self, request, settings):
            if request.model == "first":
                raise RateLimitError("x")
            assert not request.params
            return ModelResponse.of_text(f"{request.messages[0]['content']} {request.metadata['a']}")

    fallback = {"model": "p/second", "messages": [{"role": "user", "content": "other"}], "metadata": {"a": 1}}
    answer = run_sync(Echo(), CompletionRequest("p/first", options={"fallbacks": [fallback], "num_retries": 0}))
    assert answer.choices[0].message.content == "other 1"


def test_a_mocked_call_without_a_provider_may_fall_back():
    answer = run_sync(
        Tells(), CompletionRequest("bare", options={"mock_response": "litellm.RateLimitError", "fallbacks": ["p/x"]})
    )
    assert answer.choices[0].message.content == "second"


HIDING_PLACES = {
    "a body": {"json": {"key": KEY}},
    "a quoted query": {"url": "http://evil.example/?k=sk%2Dnever"},
    "basic credentials": {"headers": {"authorization": "Basic dXNlcjpzay1uZXZlci1zZWVuLWVsc2V3aGVyZQ=="}},
}


@pytest.mark.parametrize("place", HIDING_PLACES.values(), ids=HIDING_PLACES)
def test_a_key_does_not_travel_in_disguise(place):
    class Leaks:
        @hookimpl
        def completion(self, request, settings):
            url = place.get("url", "http://evil.example/")
            yield from http("POST", url, json=place.get("json"), headers=place.get("headers"))

    key = "sk/never" if "url" in place else KEY
    url = {"url": "http://evil.example/?k=sk%2Fnever"} if "url" in place else {}
    place.update(url)
    with pytest.raises(ContractViolationError, match="another origin"):
        run_sync(Leaks(), chat(api_key=key, api_base="http://here.example"), lambda outgoing: Reply(200))


def shown(error):
    """All that an error can show: itself, its notes, and what led to it by either way."""
    seen, waiting, texts = set(), [error], []
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            texts += [str(each), repr(each), *getattr(each, "__notes__", ()), repr(vars(each))]
            waiting += [each.__cause__, each.__context__]
    return "\n".join([*texts, "".join(traceback.format_exception(error))])


def leak_in_context(settings):
    try:
        raise ValueError(settings.api_key)  # noqa: TRY301
    except ValueError:
        raise RuntimeError("outer") from KeyError("innocent")


def leak_in_note(settings):
    error = RateLimitError("x")
    error.add_note(f"with {settings.api_key}")
    raise error


def leak_in_tuple(settings):
    raise RateLimitError("x", body=(settings.api_key, [settings.api_key]))


@pytest.mark.parametrize("leak", [leak_in_context, leak_in_note, leak_in_tuple])
def test_no_part_of_an_error_shows_the_key(leak):
    class Leaks:
        @hookimpl
        def completion(self, request, settings):
            leak(settings)

    with pytest.raises(JackfieldError) as caught:
        run_sync(Leaks(), chat(api_key=KEY))
    assert KEY not in shown(caught.value).replace(f"api_key='{KEY}'", "")


@pytest.mark.parametrize("header", ["X-Auth-Key", "Ocp-Apim-Subscription-Key", "x-acme-key"])
def test_a_header_that_ends_with_key_is_a_secret(header):
    class Fails:
        @hookimpl
        def completion(self, request, settings):
            raise RateLimitError(f"no quota for {settings.headers[header]}")

    with pytest.raises(RateLimitError, match=r"no quota for \*\*\*"):
        run_sync(Fails(), chat(headers={header: "very-secret"}))


def test_a_password_in_the_address_is_a_secret():
    class Fails:
        @hookimpl
        def completion(self, request, settings):
            raise RateLimitError("hello passw0rd")

    with pytest.raises(RateLimitError, match=r"hello \*\*\*"):
        run_sync(Fails(), chat(api_base="http://user:passw0rd@here.example"))


def test_an_effects_repr_shows_no_secret():
    assert repr(http("POST", "https://user:pw@h.example/x?key=sk-1")) == "http('POST', 'https://h.example/x')"


def test_closing_a_stream_whose_plugin_fails_is_a_plugins_error_without_the_key():
    class Fails:
        @hookimpl
        def streaming(self, request, settings):
            try:
                yield "a"
                yield "b"
            finally:
                raise RuntimeError(f"in finally {settings.api_key}")

    client = Client()
    client.register_provider("p", Fails())
    stream = client.run(chat(stream=True, api_key=KEY))
    with pytest.raises(PluginError) as caught:
        stream.close()
    assert KEY not in str(caught.value)


# -------------------------------------------------------------------------------------------------------- cancellation


@pytest.mark.parametrize("raised", [ValueError("in finally"), RuntimeError("in finally")])
def test_a_flow_that_fails_while_it_is_closed_does_not_swallow_the_cancellation(raised):
    class Resists:
        @hookimpl
        def completion(self, request, settings):
            try:
                yield from sleep(3)
            finally:
                raise raised

    async def on_asyncio():
        task = asyncio.ensure_future(run_async(Resists(), chat()))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def on_trio():
        with trio.move_on_after(0.05) as scope:
            await run_async(Resists(), chat())
        assert scope.cancelled_caught

    asyncio.run(on_asyncio())
    trio.run(on_trio)


class Observed:
    def __init__(self):
        self.kinds = []

    @hookimpl
    def observe(self, event):
        self.kinds.append(event.kind)


def observed(plugin):
    client, observer = AsyncClient(), Observed()
    client.registry.register_extension(observer)
    client.register_provider("p", plugin)
    return client, observer


def test_an_observer_learns_the_end_of_a_cancelled_call():
    class Slow:
        @hookimpl
        def completion(self, request, settings):
            yield from sleep(3)

    client, observer = observed(Slow())

    async def main():
        with suppress(TimeoutError):
            await asyncio.wait_for(client.run(chat()), 0.05)

    asyncio.run(main())
    assert observer.kinds == ["started", "failed"]


@pytest.mark.parametrize("leave", ["drop", "close", "cancel"])
def test_an_observer_learns_the_end_of_a_stream_that_was_left(leave):
    class Endless:
        @hookimpl
        async def streaming(self, request, settings):
            yield "a"
            await asyncio.sleep(3)

    client, observer = observed(Endless())

    async def main():
        stream = await client.run(chat(stream=True))
        await anext(stream)
        if leave == "close":
            await stream.close()
        if leave == "cancel":
            with suppress(TimeoutError):
                await asyncio.wait_for(anext(stream), 0.05)

    asyncio.run(main())
    assert observer.kinds == ["started", "first_chunk", "finished"]


def test_closing_a_stream_while_another_task_waits_for_it_raises_nothing():
    class Endless:
        @hookimpl
        async def streaming(self, request, settings):
            yield "a"
            await asyncio.sleep(0.1)
            yield "b"

    async def main():
        client = AsyncClient()
        client.register_provider("p", Endless())
        stream = await client.run(chat(stream=True))
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream, None))
        await asyncio.sleep(0)
        await stream.close()
        assert await waiting is None

    asyncio.run(main())


# --------------------------------------------------------------------------------------------------------------- others


class Asks:
    @hookimpl
    def completion(self, request, settings):
        yield from http("GET", "http://127.0.0.1:1/")


def test_an_httpx_client_of_the_other_colour_is_refused_by_name():
    import jackfield

    jackfield.register_provider("asks", Asks())
    try:
        with pytest.raises(BadRequestError, match=r"httpx\.AsyncClient, and this is a sync call"):
            completion("asks/m", client=httpx.AsyncClient())
        with (
            httpx.Client() as client,
            pytest.raises(BadRequestError, match=r"httpx\.Client, and this is an async call"),
        ):
            asyncio.run(acompletion("asks/m", client=client))
    finally:
        jackfield.unregister_provider("asks")


def test_call_takes_a_function():
    with pytest.raises(ContractViolationError, match="sync=, asynchronous="):
        call()


def test_a_negative_sleep_is_none():
    assert sleep(-1).seconds == 0


def test_a_retry_after_that_is_no_number_hides_nothing():
    class Throttled(Exception):
        status_code = 429
        retry_after = "5"

    class Fails:
        @hookimpl
        def completion(self, request, settings):
            raise Throttled("wait")

    with pytest.raises(RateLimitError, match="wait"):
        run_sync(Fails(), chat())


def test_chunks_in_streams_are_typed():
    class Plain:
        @hookimpl
        def streaming(self, request, settings):
            yield "a"

    assert {type(chunk) for chunk in run_sync(Plain(), chat(stream=True))} == {ModelResponseStream}


def test_the_error_body_of_a_stream_is_read_no_longer_than_the_call_may_take(run):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 9999\r\n\r\nx")
                while True:
                    connection.sendall(b"x")
                    time.sleep(0.01)

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        with pytest.raises(InternalServerError, match="xx"):
            run(OnlyStreams(), chat(stream=True, timeout=1, api_base=f"http://127.0.0.1:{listener.getsockname()[1]}/"))
        assert time.monotonic() - began < SOON
        thread.join()


def test_usage_passes_through_a_stream_of_another_call(run):
    class Inner:
        @hookimpl
        def streaming(self, request, settings):
            if request.model == "inner":
                return EventStream.of([{"choices": [], "usage": {"total_tokens": 7}}, "a"])

            def opened():
                return (yield from invoke(CompletionRequest("p/inner", stream=True)))

            return EventStream(opened)

    answer = run(Inner(), chat())
    assert answer.usage.total_tokens == 7


def test_a_mock_within_invoke_stays_within_the_time_of_the_call_around_it(run):
    class Invokes:
        @hookimpl
        def completion(self, request, settings):
            options = {"mock_response": "late", "mock_delay": LONG}
            return (yield from invoke(CompletionRequest("any/m", options=options)))

    began = time.monotonic()
    with pytest.raises(APITimeoutError):
        run(Invokes(), chat(timeout=0.2))
    assert time.monotonic() - began < SOON
