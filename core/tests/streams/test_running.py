"""Running streams end to end: every caller gets the same chunks, the same answer, the same error."""

import asyncio
import contextlib

import anyio
import pytest
from jackfield import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ContractViolationError,
    EventStream,
    InvalidResponseError,
    JackfieldError,
    PluginError,
    RateLimitError,
    StreamInterruptedError,
    TextCompletionResponse,
    _background,
    _threads,
    hookimpl,
)
from jackfield.flow import call, http
from jackfield.transports.memory import Reply
from jackfield.types import ModelResponseStream

DONE = b"data: [DONE]\n\n"
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def plain(model):
    return model.model_dump(exclude_none=True)


# ------------------------------------------------------------------------------------------------------- from the wire


def test_chunks_response_and_connection(caller, tools):
    streamed = caller.answer(tools.piece("Hel"), tools.piece("lo") + tools.piece(finish="stop"), DONE).run(tools.chat())
    assert streamed.error is None
    assert (streamed.texts, streamed.finishes) == (["Hel", "lo"], ["stop"])
    assert streamed.chunks[0].choices[0].delta.role == "assistant"
    assert streamed.response.choices[0].message.content == "Hello"
    assert {(chunk.id, chunk.created, chunk.model) for chunk in streamed.chunks} == {("x", 17, "m-2")}
    assert caller.reply.closed


def test_every_caller_gets_the_same_of_the_same_bytes(tools):
    wire = [tools.piece("a"), tools.piece("b", "stop"), tools.event({"choices": [], "usage": USAGE}), DONE]
    request = tools.chat(params={"stream_options": {"include_usage": True}})
    runs = [tools.Caller(kind).answer(*wire).run(request) for kind in ("sync", "asyncio", "trio")]
    first = list(map(plain, runs[0].chunks))
    assert first[-1]["usage"]["total_tokens"] == 5
    for run in runs:
        assert list(map(plain, run.chunks)) == first
        assert plain(run.response) == plain(runs[0].response)


def test_a_wire_in_single_bytes_is_the_same_stream(caller, tools):
    wire = tools.piece("Žď") + tools.piece("🌍", "length") + DONE
    streamed = caller.answer(*(bytes([byte]) for byte in wire)).run(tools.chat())
    assert (streamed.texts, streamed.finishes) == (["Žď", "🌍"], ["length"])


def test_usage_is_delivered_to_those_who_ask(caller, tools):
    caller.answer(tools.piece("a", "stop", usage=USAGE), DONE)
    streamed = caller.run(tools.chat(params={"stream_options": {"include_usage": True}}))
    assert [chunk.usage and chunk.usage.total_tokens for chunk in streamed.chunks] == [None, None, 5]
    streamed = tools.Caller(caller.kind).answer(tools.piece("a", "stop", usage=USAGE), DONE).run(tools.chat())
    assert [chunk.usage for chunk in streamed.chunks] == [None, None]
    assert streamed.response.usage.total_tokens == 5


def test_what_the_server_sends_after_its_last_word_is_not_read(caller, tools):
    streamed = caller.answer(tools.piece("a", "stop"), DONE, RuntimeError("read too far")).run(tools.chat())
    assert streamed.error is None
    assert streamed.texts == ["a"]


def test_a_stream_without_a_last_word_ends_with_its_bytes(caller, tools):
    streamed = caller.answer(tools.piece("a", "stop")).run(tools.chat())
    assert (streamed.error, streamed.finishes) == (None, ["stop"])
    assert caller.reply.complete


def test_a_text_completion_is_streamed_in_its_own_shape(caller, tools):
    streamed = caller.answer(tools.piece("Hel"), tools.piece("lo", "stop"), DONE).run(tools.text())
    assert {type(chunk) for chunk in streamed.chunks} == {TextCompletionResponse}
    assert [part.text for chunk in streamed.chunks for part in chunk.choices] == ["Hel", "lo", ""]
    assert streamed.response.choices[0].text == "Hello"


def test_transforms_run_for_every_caller(caller, tools):
    class Loud(tools.Wire):
        @hookimpl
        def streaming(self, request, settings):
            return super().streaming(request, settings).map(lambda chunk: [chunk, "!"], at_end=lambda: ["?"])

    streamed = caller.serve(Loud(), lambda _: Reply(content=[tools.piece("a", "length"), DONE])).run(tools.chat())
    assert (streamed.texts, streamed.finishes) == (["a", "!", "?"], ["length"])


def test_a_flow_may_fetch_something_before_the_stream(caller, tools):
    class TokenFirst:
        @hookimpl
        def streaming(self, request, settings):
            def opened():
                token = (yield from http("GET", "https://models.example/token")).text
                return http("POST", "https://models.example/chat", headers={"x-token": token})

            return EventStream(opened, decoder=tools.Decoder)

    def answer(outgoing):
        if outgoing.url.endswith("/token"):
            return Reply(content=b"t-1")
        return Reply(content=[tools.piece(outgoing.headers["x-token"], "stop"), DONE])

    assert caller.serve(TokenFirst(), answer).run(tools.chat()).texts == ["t-1"]


# ----------------------------------------------------------------------------------------------------------- failures


def no_retries(tools, **options):
    return tools.chat(num_retries=0, **options)


def test_an_end_before_the_finish_is_an_interruption(caller, tools):
    streamed = caller.answer(tools.piece("Hel"), tools.piece("lo")).run(tools.chat())
    error = streamed.error
    assert type(error) is StreamInterruptedError
    assert (error.provider, error.model) == ("acme", "m")
    assert error.partial.choices[0].message.content == "Hello"
    assert error.partial.choices[0].finish_reason is None
    assert (streamed.texts, streamed.finishes) == (["Hel", "lo"], [])
    assert caller.reply.closed


MID_STREAM = {
    "an error event": (lambda tools: tools.event({"error": {"message": "slow down"}}), RateLimitError, "slow down"),
    "a connection cut": (lambda tools: APIConnectionError("reset"), StreamInterruptedError, "broke off: reset"),
    "a stall": (lambda tools: APITimeoutError("silent"), APITimeoutError, "silent"),
    "no JSON": (lambda tools: b"data: {oops\n\n", InvalidResponseError, "another shape than expected"),
    "another shape": (lambda tools: b'data: {"choices": 7}\n\n', InvalidResponseError, "choices: Input should be"),
    "no UTF-8": (lambda tools: b'data: {"id": "\xff"}\n\n', InvalidResponseError, "another shape than expected"),
}


@pytest.mark.parametrize(("bad", "kind", "message"), MID_STREAM.values(), ids=MID_STREAM)
def test_a_failure_on_the_way_raises_with_what_had_come(caller, tools, bad, kind, message):
    caller.answer(tools.piece("a"), bad(tools), tools.piece("never", "stop"))
    streamed = caller.run(tools.chat(num_retries=3))
    assert type(streamed.error) is kind
    assert message in str(streamed.error)
    assert streamed.texts == ["a"]
    assert streamed.error.partial.choices[0].message.content == "a"
    assert streamed.error.provider == "acme"
    assert caller.reply.closed  # and there was no second reply: nothing is tried again after the first chunk


AT_ONCE = MID_STREAM | {"a connection cut": (lambda tools: APIConnectionError("reset"), APIConnectionError, "reset")}


@pytest.mark.parametrize(("bad", "kind", "message"), AT_ONCE.values(), ids=AT_ONCE)
def test_a_failure_before_the_first_chunk_raises_from_the_call(caller, tools, bad, kind, message):
    streamed = caller.answer(bad(tools)).run(no_retries(tools))
    assert type(streamed.error) is kind
    assert message in str(streamed.error)
    assert (streamed.chunks, streamed.response) == ([], None)
    assert caller.reply.closed


def test_a_status_that_is_an_error_raises_from_the_call(caller, tools):
    body = [b'{"error": {"mess', b'age": "no key"}}']
    streamed = caller.serve(tools.Wire(), lambda _: Reply(401, content=body)).run(tools.chat())
    assert type(streamed.error) is AuthenticationError
    assert str(streamed.error) == "no key"
    assert caller.reply.closed


def test_what_fails_before_the_first_chunk_is_tried_again(caller, tools):
    replies = [
        Reply(429, {"retry-after-ms": "1"}),
        Reply(content=[b": hello\n\n", RateLimitError("busy", retry_after=0.001)]),
        Reply(content=[tools.piece("a", "stop"), DONE]),
    ]
    waiting = iter(replies)
    streamed = caller.serve(tools.Wire(), lambda _: next(waiting)).run(tools.chat(num_retries=2))
    assert (streamed.error, streamed.texts) == (None, ["a"])
    assert [reply.closed for reply in replies] == [True, True, True]


def test_each_attempt_starts_with_nothing(caller, tools):
    """What an attempt had decoded before it failed is in no later answer."""
    replies = [
        Reply(content=[tools.piece(finish="length"), RateLimitError("busy", retry_after=0.001)]),
        Reply(content=[tools.piece("a", "stop"), DONE]),
    ]
    waiting = iter(replies)
    streamed = caller.serve(tools.Wire(), lambda _: next(waiting)).run(tools.chat(num_retries=1))
    assert streamed.finishes == ["stop"]
    assert streamed.response.choices[0].message.content == "a"


def test_a_decoder_that_fails_is_the_plugin_s_fault(caller, tools):
    class Broken:
        def decode(self, frame):
            raise KeyError("candidates")

    class Plugin:
        @hookimpl
        def streaming(self, request, settings):
            return EventStream(http("GET", "https://models.example/"), decoder=Broken)

    streamed = caller.serve(Plugin(), lambda _: Reply(content=[DONE])).run(tools.chat())
    assert type(streamed.error) is PluginError
    assert "KeyError: 'candidates'" in str(streamed.error)
    assert caller.reply.closed


# ------------------------------------------------------------------------------------------------------------ sources


class Source:
    """A provider whose streaming gives these items; an exception among them is raised."""

    def __init__(self, items):
        self.items = items
        self.closed = 0

    def given(self):
        try:
            for item in self.items:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed += 1


class Generator(Source):
    @hookimpl
    def streaming(self, request, settings):
        yield from self.given()


class AsyncGenerator(Source):
    @hookimpl
    async def streaming(self, request, settings):
        with contextlib.closing(self.given()) as given:
            for item in given:
                await asyncio.sleep(0)
                yield item


class Plain(Source):
    @hookimpl
    def streaming(self, request, settings):
        return self.given()


class Coroutine(Source):
    @hookimpl
    async def streaming(self, request, settings):
        return self.given()


class Described(Source):
    @hookimpl
    def streaming(self, request, settings):
        return EventStream.of(self.given)


class Flow(Source):
    @hookimpl
    def streaming(self, request, settings):
        return EventStream(self.opened)

    def opened(self):
        first = yield from call(list)
        return [*first, *self.given()]


KINDS = [Generator, AsyncGenerator, Plain, Coroutine, Described, Flow]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("timeout", [None, 30])
def test_a_source_of_every_kind_streams_for_every_caller(caller, tools, kind, timeout):
    items = ["Hel", {"choices": [{"delta": {"content": "lo"}, "finish_reason": "length"}]}]
    provider = kind(items)
    streamed = caller.serve(provider).run(tools.chat(timeout=timeout))
    assert (streamed.error, streamed.texts, streamed.finishes) == (None, ["Hel", "lo"], ["length"])
    assert streamed.response.choices[0].message.content == "Hello"
    assert provider.closed == 1


@pytest.mark.parametrize("kind", KINDS[:-1])
def test_a_source_that_fails_on_the_way_keeps_what_had_come(caller, tools, kind):
    provider = kind(["a", ZeroDivisionError("oops")])
    streamed = caller.serve(provider).run(tools.chat())
    assert type(streamed.error) is PluginError
    assert "ZeroDivisionError: oops" in str(streamed.error)
    assert streamed.texts == ["a"]
    assert streamed.error.partial.choices[0].message.content == "a"
    assert provider.closed == 1


@pytest.mark.parametrize("kind", KINDS[:-1])
@pytest.mark.parametrize("timeout", [None, 30])
def test_leaving_early_closes_the_source(caller, tools, kind, timeout, monkeypatch):
    for module in (_background, _threads):  # however slow this machine is, who leaves waits for the end
        monkeypatch.setattr(module, "CLOSING_SECONDS", 30)
    provider = kind(["a", "b", *"cdefgh" * 200])
    caller.serve(provider)
    assert caller.run(tools.chat(timeout=timeout), leave_after=2).texts == ["a", "b"]
    assert provider.closed == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_of_nothing_is_a_stop(caller, tools, kind):
    streamed = caller.serve(kind([])).run(tools.chat())
    assert (streamed.error, streamed.finishes) == (None, ["stop"])


def test_a_source_that_gives_no_chunks_is_told_so(caller, tools):
    streamed = caller.serve(Plain(["a", 7])).run(tools.chat())
    assert type(streamed.error) is ContractViolationError
    assert streamed.texts == ["a"]


def test_chunks_that_a_source_gives_are_never_changed(caller, tools):
    given = [
        ModelResponseStream.model_validate({"choices": [{"delta": {"content": text}, "finish_reason": finish}]})
        for text, finish in [("a", None), ("b", "stop")]
    ]
    before = [chunk.model_dump_json() for chunk in given]
    assert caller.serve(Described(given)).run(tools.chat()).texts == ["a", "b"]
    assert [chunk.model_dump_json() for chunk in given] == before


# ------------------------------------------------------------------------------------------------------------- leaving


def test_leaving_early_closes_the_connection(caller, tools):
    streamed = caller.answer(tools.piece("a"), tools.piece("b"), tools.piece("c")).run(tools.chat(), leave_after=1)
    assert streamed.texts == ["a"]
    assert (caller.reply.closed, caller.reply.complete) == (True, False)
    assert streamed.response.choices[0].message.content == "a"


def test_a_stream_stays_open_until_it_is_read_to_its_end(tools):
    caller = tools.Caller("sync").answer(tools.piece("a"), tools.piece("b", "stop"))
    stream = caller.client.run(tools.chat())
    next(stream)
    assert not caller.reply.closed
    stream.close()
    assert caller.reply.closed
    stream.close()
    assert list(stream) == []
    assert stream.response.choices[0].message.content == "a"


def test_a_dropped_sync_stream_closes_its_connection_at_once(tools):
    caller = tools.Caller("sync").answer(tools.piece("a"), tools.piece("b"))
    for chunk in caller.client.run(tools.chat()):
        assert chunk.choices[0].delta.content == "a"
        break
    assert caller.reply.closed  # without the help of the garbage collector


@pytest.mark.parametrize("kind", ["asyncio", "trio"])
def test_a_dropped_async_stream_closes_its_connection_at_once(tools, kind):
    caller = tools.Caller(kind).answer(tools.piece("a"), tools.piece("b"))

    async def main():
        async for chunk in await caller.client.run(tools.chat()):
            assert chunk.choices[0].delta.content == "a"
            break
        return caller.reply.closed

    assert anyio.run(main, backend=kind)


# ----------------------------------------------------------------------------------------------------------- observers


def observed(caller):
    events = []

    class Observer:
        @hookimpl
        def observe(self, event):
            events.append(event)

    caller.client.registry.register_extension(Observer())
    return events


def test_observers_see_a_stream_from_its_start_to_its_end(caller, tools):
    caller.answer(tools.piece("a"), tools.piece("b", "stop", usage=USAGE), DONE)
    events = observed(caller)
    caller.run(tools.chat())
    assert [event.kind for event in events] == ["started", "first_chunk", "finished"]
    assert events[-1].usage.total_tokens == 5
    assert [event.elapsed for event in events] == sorted(event.elapsed for event in events)


def test_observers_see_a_stream_that_fails_on_its_way(caller, tools):
    caller.answer(tools.piece("a"))
    events = observed(caller)
    error = caller.run(tools.chat()).error
    assert [event.kind for event in events] == ["started", "first_chunk", "failed"]
    assert events[-1].error is error


def test_observers_see_one_failure_of_a_stream_that_never_began(caller, tools):
    waiting = iter([Reply(503, {"retry-after-ms": "1"}), Reply(content=[b": hello\n\n"])])
    caller.serve(tools.Wire(), lambda _: next(waiting))
    events = observed(caller)
    error = caller.run(tools.chat(num_retries=1)).error
    assert isinstance(error, JackfieldError)
    assert [event.kind for event in events] == ["started", "failed"]
    assert events[-1].error is error


def test_observers_see_that_a_reader_left(caller, tools):
    caller.answer(tools.piece("a"), tools.piece("b"))
    events = observed(caller)
    caller.run(tools.chat(), leave_after=1)
    assert [event.kind for event in events] == ["started", "first_chunk", "finished"]
