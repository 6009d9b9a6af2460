"""Streams: every one whole, byte by byte and cut anywhere; errors among the events; ends of all kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jackfield import (
    AuthenticationError,
    BadRequestError,
    CompletionRequest,
    InternalServerError,
    InvalidResponseError,
    JackfieldError,
    RateLimitError,
    ServerSentEvent,
    StreamInterruptedError,
)
from jackfield.transports.memory import Reply
from jackfield.types import ModelResponseStream
from jackfield_openai_compatible._answers import ChunkDecoder

OPTIONS: Any = {"api_base": "https://models.example/v1", "num_retries": 0}
MESSAGES = [{"role": "user", "content": "Hello"}]
STREAM = CompletionRequest("openai/small", MESSAGES, stream=True, options=OPTIONS)
WITH_USAGE = STREAM.replace(params={"stream_options": {"include_usage": True}})


def chunk(delta=None, finish=None, index=0, **more):
    choices = [] if delta is None else [{"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}]
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1699290237.5, "model": "theirs"}
    return {**head, "choices": choices, **more}


def events(*data, done=True):
    texts = [each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in data]
    return "".join(f"data: {text}\n\n" for text in [*texts, *(["[DONE]"] if done else [])]).encode()


TEXT = events(
    chunk({"role": "assistant", "content": ""}, system_fingerprint="fp", obfuscation="aX"),
    chunk({"content": "Grüß "}),
    chunk({"content": "dich\u2028, "}, obfuscation="b"),
    chunk({"content": "🌍"}),
    chunk({}, "stop", x_groq={"id": "g"}),
    chunk(usage={"prompt_tokens": 1, "completion_tokens": 3, "total_tokens": 4}),
)
TOOLS = events(
    chunk({"role": "assistant", "content": None}),
    chunk({"tool_calls": [{"index": 0, "id": "a", "type": "function", "function": {"name": "add", "arguments": ""}}]}),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]}),
    chunk(
        {"tool_calls": [{"index": 1, "id": "b", "type": "function", "function": {"name": "sub", "arguments": "{}"}}]}
    ),
    chunk({"tool_calls": [{"index": 0, "function": {"arguments": ": 1}"}}]}),
    chunk({}, "tool_calls"),
)
SEVERAL = events(
    chunk({"role": "assistant", "content": "a"}, index=0),
    chunk({"role": "assistant", "content": "b"}, index=1),
    chunk({"content": "A"}, index=0),
    chunk({}, "stop", index=1),
    chunk({}, "length", index=0),
)
REASONING = events(
    chunk({"role": "assistant", "reasoning_content": "hm, "}),
    chunk({"reasoning_content": "yes"}),
    chunk({"content": "Yes."}, "stop"),
)
CARELESS = (
    b": a comment\r\n\r\ndata:"
    + json.dumps({"choices": [{"delta": {"content": "no index, no space"}}]}).encode()
    + b"\r\n\r\n"
    b"event: ping\r\ndata: \r\n\r\n"
    b'data: {"choices": [{"delta": {"content": "!"}, "finish_reason": "stop"}]}\n\n'
    b"data:  [DONE] \n\n"
)
UNENDED = events(chunk({"content": "no marker, no blank line"}, "stop"), done=False).rstrip()
STREAMS = {
    "text": TEXT,
    "tools": TOOLS,
    "several": SEVERAL,
    "reasoning": REASONING,
    "careless": CARELESS,
    "unended": UNENDED,
}


def in_pieces(content, size):
    return Reply(content=[content[start : start + size] for start in range(0, len(content), size)])


def dumped(streamed):
    plain = [each.model_dump(exclude_unset=True, exclude={"id", "created"}) for each in streamed.chunks]
    return plain, streamed.response.model_dump(exclude={"id", "created"}), streamed.error


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("size", [1, 7, 64])
def test_pieces_of_any_size_give_the_same_chunks(sync_wire, name, size):
    whole = sync_wire(WITH_USAGE, STREAMS[name])
    assert whole.error is None
    assert dumped(sync_wire(WITH_USAGE, in_pieces(STREAMS[name], size))) == dumped(whole)


def test_both_colours_read_the_text_and_keep_the_fields(wire):
    streamed = wire(WITH_USAGE, in_pieces(TEXT, 1))
    assert streamed.error is None
    assert streamed.text == "Grüß dich\u2028, 🌍"
    first, *_, last = streamed.chunks
    assert (first.id, first.created, first.model) == ("chatcmpl-1", 1699290237.5, "theirs")
    assert (first.system_fingerprint, first.obfuscation) == ("fp", "aX")
    assert first.choices[0].delta.role == "assistant"
    assert (last.choices, last.usage.total_tokens) == ([], 4)
    assert streamed.response.choices[0].message.content == "Grüß dich\u2028, 🌍"
    assert streamed.response.choices[0].finish_reason == "stop"


def test_usage_is_delivered_only_when_asked_for(sync_wire):
    streamed = sync_wire(STREAM, TEXT)
    assert all(each.usage is None for each in streamed.chunks)
    assert streamed.response.usage.total_tokens == 4


def test_tool_calls_are_put_together(wire):
    message = wire(STREAM, TOOLS).response.choices[0].message
    calls = [(call.id, call.function.name, call.function.arguments) for call in message.tool_calls]
    assert calls == [("a", "add", '{"a": 1}'), ("b", "sub", "{}")]


def test_several_choices_each_have_their_finish(wire):
    response = wire(STREAM, SEVERAL).response
    assert [(each.index, each.message.content, each.finish_reason) for each in response.choices] == [
        (0, "aA", "length"),
        (1, "b", "stop"),
    ]


def test_reasoning_is_kept(sync_wire):
    message = sync_wire(STREAM, REASONING).response.choices[0].message
    assert (message.reasoning_content, message.content) == ("hm, yes", "Yes.")


def test_nothing_is_read_after_done(sync_wire):
    reply = Reply(content=[TEXT, AssertionError("read on")])
    assert sync_wire(STREAM, reply).error is None
    assert (reply.closed, reply.complete) == (True, False)


# ------------------------------------------------------------------------------------------------------------- errors

SLOW = {"message": "slow down", "type": "t", "param": "p", "code": 429}
CUT_SHORT = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
ERROR_EVENTS = {
    "an error object": events({"error": SLOW}, done=False),
    "beside choices": events({"id": "1", "choices": [CUT_SHORT], "error": SLOW}, done=False),
    "beside null": events({"choices": None, "error": SLOW}, done=False),
    "an event of type error": b"event: error\n" + events(SLOW, done=False),
    "an object error": events({"object": "error", **SLOW}, done=False),
}


@pytest.mark.parametrize("name", ERROR_EVENTS)
@pytest.mark.parametrize("size", [1, 10_000])
def test_an_error_event_raises_with_what_had_arrived(wire, name, size):
    content = events(chunk({"content": "so far"}), done=False) + ERROR_EVENTS[name]
    streamed = wire(STREAM, in_pieces(content, size))
    error = streamed.error
    assert (type(error), error.status_code, error.message) == (RateLimitError, 429, "slow down")
    assert (error.code, error.type, error.param) == (429, "t", "p")
    assert (error.provider, error.model) == ("openai", "small")
    assert streamed.text == "so far"
    assert error.partial.choices[0].message.content == "so far"


@pytest.mark.parametrize(
    ("event", "expected", "message"),
    [
        ('data: {"error": {"message": "who?", "code": "invalid_api_key"}}', AuthenticationError, "who?"),
        ('data: {"error": {"message": "no", "type": "invalid_request_error"}}', BadRequestError, "no"),
        ('data: {"error": "text"}', InternalServerError, "text"),
        ("event: error\ndata: out of memory", InternalServerError, "out of memory"),
        ('event: error\ndata: "quoted"', InternalServerError, "quoted"),
        ('event: error\ndata: {"error": {"message": "inner", "code": 503}}', InternalServerError, "inner"),
    ],
)
def test_words_say_which_error_it_is(sync_wire, event, expected, message):
    with pytest.raises(expected, match=message):
        sync_wire(STREAM, f"{event}\n\n".encode())


def test_a_null_error_is_none(sync_wire):
    streamed = sync_wire(STREAM, events(chunk({"content": "Hi"}, error=None), chunk({}, "stop", error=None)))
    assert (streamed.text, streamed.error) == ("Hi", None)


@pytest.mark.parametrize(
    "content", [b"data: <html>\n\n", b"data: {\n\n", b'data: {"choices": 7}\n\n', b"data: [1]\n\n"]
)
def test_an_event_that_is_no_chunk_is_an_invalid_response(wire, content):
    so_far = events(chunk({"content": "so far"}), done=False)
    error = wire(STREAM, so_far + content + TEXT).error
    assert type(error) is InvalidResponseError
    assert error.partial.choices[0].message.content == "so far"


@pytest.mark.parametrize("cut", range(1, 20))
def test_a_stream_that_breaks_off_is_interrupted(sync_wire, cut):
    content = events(chunk({"content": "so far"}), chunk({"content": "gone"}), done=False)
    error = sync_wire(STREAM, content[:-cut] if cut > 2 else content).error
    assert type(error) is StreamInterruptedError
    assert error.partial.choices[0].message.content in ("so far", "so fargone")


def test_an_error_status_of_a_stream_is_its_error(wire):
    body = b'{"error": {"message": "slow down", "code": "rate_limit_exceeded"}}'
    with pytest.raises(RateLimitError, match="slow down"):
        wire(STREAM, Reply(429, {}, body))


# --------------------------------------------------------------------------------------------------- the decoder alone


def test_the_decoder_gives_chunks_then_none():
    decoder = ChunkDecoder(ModelResponseStream)
    decoded = decoder.decode(ServerSentEvent(b'{"choices": [{"delta": {"content": "Hi"}}]}'))
    assert isinstance(decoded, ModelResponseStream)
    assert decoder.decode(ServerSentEvent(b"")) == ()
    assert decoder.decode(ServerSentEvent(b"[DONE]")) is None


def test_the_decoder_says_what_it_could_not_read():
    with pytest.raises(InvalidResponseError, match="no JSON: 'half"):
        ChunkDecoder(ModelResponseStream).decode(ServerSentEvent(b"half a"))
    with pytest.raises(JackfieldError, match="boom"):
        ChunkDecoder(ModelResponseStream).decode(ServerSentEvent(b"boom", event="error"))
