"""One opening of a stream: bytes or items in, chunks out, and the errors that end it."""

import json
import math
import time

import pytest
from jackfield import (
    APITimeoutError,
    ContractViolationError,
    EventStream,
    InvalidResponseError,
    JackfieldError,
    RateLimitError,
    StreamInterruptedError,
    TextCompletionResponse,
)
from jackfield._pipeline import READY, Pipeline
from jackfield.flow import http
from jackfield.types import ModelResponse, ModelResponseStream

HTTP = http("POST", "https://models.example/v1/chat/completions")
USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


class Decoder:
    """OpenAI's wire, as a provider reads it."""

    def decode(self, frame):
        if frame.data == b"[DONE]":
            return None
        if b'"error"' in frame.data[:12]:
            error = json.loads(frame.data)["error"]
            raise RateLimitError(error["message"], code=error.get("code"))
        return ModelResponseStream.model_validate_json(frame.data)


class Words:
    """A decoder that gives whatever a word asks for, and holds one back until the end."""

    def decode(self, frame):
        word = frame.data.decode()
        return {"nothing": (), "over": None, "two": ["t", ("w")], "list": ["l"], "number": 7}.get(word, word)

    def flush(self):
        return ["held", {"text": "", "is_finished": True, "finish_reason": "length", "usage": USAGE}]


def started(description, *, include_usage=False, text=False, gap=600.0, due=math.inf):
    pipeline = Pipeline(model="asked/for", include_usage=include_usage, text=text, gap=gap, due=due)
    return pipeline.decoding(description)


def fed(pipeline, *pieces):
    """What comes of these pieces and the end after them, READY left out."""
    chunks = []
    for piece in pieces:
        chunks += pipeline.feed(piece)
        if pipeline.over:
            break
    return [chunk for chunk in [*chunks, *pipeline.end()] if chunk is not READY]


def given(pipeline, *items):
    chunks = [chunk for item in items for chunk in pipeline.items(item)]
    return [chunk for chunk in [*chunks, *pipeline.end()] if chunk is not READY]


def data(payload):
    return b"data: " + (payload if isinstance(payload, bytes) else json.dumps(payload).encode()) + b"\n\n"


def piece(content=None, finish=None, **fields):
    delta = {} if content is None else {"content": content}
    return data({"id": "x", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}], **fields})


def texts(chunks):
    return [c.delta.content for chunk in chunks for c in chunk.choices if c.delta.content]


def finishes(chunks):
    return [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason]


DONE = b"data: [DONE]\n\n"
WIRE = EventStream(HTTP, decoder=Decoder)


# -------------------------------------------------------------------------------------------------------- from the wire


def test_chunks_come_as_soon_as_their_bytes_are_there_and_the_finish_at_the_end():
    pipeline = started(WIRE)
    assert [c if c is READY else c.choices[0].delta.content for c in pipeline.feed(piece("a"))] == [READY, "a"]
    assert texts(pipeline.feed(piece("b") + piece("c", "stop") + piece()[:20])) == ["b", "c"]
    assert texts(pipeline.feed(piece()[20:] + DONE)) == []
    assert pipeline.over
    assert finishes(pipeline.end()) == ["stop"]


def test_ready_is_given_once_and_before_the_first_chunk():
    pipeline = started(WIRE)
    chunks = [*pipeline.feed(piece("a") + piece("b")), *pipeline.feed(piece(finish="stop")), *pipeline.end()]
    assert [chunk is READY for chunk in chunks] == [True, False, False, False]


def test_a_stream_whose_first_chunk_is_held_back_is_ready_at_its_end():
    pipeline = started(WIRE)
    assert not list(pipeline.feed(piece(finish="stop") + DONE))
    assert [chunk is READY for chunk in pipeline.end()] == [True, False]


def test_nothing_is_read_after_the_decoder_has_said_that_it_is_over():
    pipeline = started(WIRE)
    assert texts(fed(pipeline, piece("a") + DONE + b"data: no JSON\n\n" + piece("b"))) == ["a"]


def test_done_without_a_finish_is_a_stop():
    assert finishes(fed(started(WIRE), piece("a"), DONE)) == ["stop"]
    assert finishes(fed(started(WIRE), DONE)) == ["stop"]


@pytest.mark.parametrize("done", [b"data: [DONE]\n", b"data: [DONE]", b"data:[DONE]\r"])
def test_done_needs_no_blank_line(done):
    assert finishes(fed(started(WIRE), piece("a"), done)) == ["stop"]


def test_a_finish_without_done_is_an_end():
    assert finishes(fed(started(WIRE), piece("a"), piece("b", "length"))) == ["length"]


def test_a_last_event_without_its_blank_line_counts():
    assert finishes(fed(started(WIRE), piece("a"), piece("b", "length").rstrip())) == ["length"]


def test_usage_is_delivered_last_to_those_who_ask():
    wire = [piece("a"), piece(finish="stop"), data({"id": "x", "choices": [], "usage": USAGE}), DONE]
    *_, last = fed(started(WIRE, include_usage=True), *wire)
    assert (last.choices, last.usage.total_tokens) == ([], 5)
    pipeline = started(WIRE)
    assert all(chunk.usage is None for chunk in fed(pipeline, *wire))
    assert pipeline.response.usage.total_tokens == 5


@pytest.mark.parametrize("asked", [False, True])
def test_the_usage_of_a_stream_that_is_the_source_is_known(asked):
    """The inner stream delivers it to those who asked, and nobody asked it."""
    inner = started(WIRE)
    chunks = fed(inner, piece("a"), data({"id": "x", "choices": [], "usage": USAGE}), DONE)
    outer = started(EventStream.of([]), include_usage=asked).inherit(inner)
    told = watched(outer)
    last = given(outer, *chunks)[-1]
    outer.closed()
    assert (last.usage is not None) is asked
    assert outer.response.usage.total_tokens == 5
    assert told[-1][1]["usage"].total_tokens == 5


def test_usage_that_a_stream_says_itself_stands_before_that_of_its_source():
    inner = started(WIRE)
    fed(inner, piece("a"), data({"id": "x", "choices": [], "usage": USAGE}), DONE)
    outer = started(EventStream.of([])).inherit(inner)
    given(outer, {"text": "a", "usage": {"total_tokens": 9}})
    assert outer.response.usage.total_tokens == 9


# ------------------------------------------------------------------------------------------------------------- failures


CUT_SHORT = {
    "before anything": [],
    "after a keep-alive": [b": hello\n\n"],
    "between two frames": [piece("a"), piece("b")],
    "within a line": [piece("a"), piece("b"), piece("c")[:30]],
    "within a frame's first field": [piece("a"), piece("b"), b"dat"],
    "within a multibyte character": [piece("a"), piece("b"), 'data: {"é'.encode()[:-1]],
    "with one of two choices finished": [
        data({"choices": [{"index": i, "delta": {"content": "ab"[i]}} for i in (0, 1)]}),
        data({"choices": [{"index": 1, "delta": {}, "finish_reason": "stop"}]}),
    ],
}


@pytest.mark.parametrize("pieces", CUT_SHORT.values(), ids=CUT_SHORT)
def test_an_end_before_the_finish_is_an_interruption_with_what_had_come(pieces):
    pipeline = started(WIRE)
    with pytest.raises(StreamInterruptedError) as caught:
        fed(pipeline, *pieces)
    failed = pipeline.failed(caught.value)
    assert failed is caught.value
    assert failed.retryable
    came = "".join(choice.message.content for choice in failed.partial.choices)
    assert came == ("ab" if any(b'"a' in each for each in pieces) else "")


def test_a_frame_cut_in_two_after_the_finish_is_an_interruption():
    with pytest.raises(StreamInterruptedError, match="broke off within a frame") as caught:
        fed(started(WIRE), piece("a", "stop"), b'data: {"usage": {"prompt_to')
    assert caught.value.__cause__ is not None


def test_an_error_event_raises_and_never_becomes_text():
    pipeline = started(WIRE)
    error = data({"error": {"message": "slow down", "code": "rate_limited"}})
    with pytest.raises(RateLimitError, match="slow down") as caught:
        fed(pipeline, piece("a"), error, piece("b", "stop"))
    assert pipeline.failed(caught.value).partial.choices[0].message.content == "a"


def test_an_error_event_that_no_blank_line_ends_raises_too():
    error = data({"error": {"message": "slow down"}}).rstrip()
    with pytest.raises(RateLimitError, match="slow down"):
        fed(started(WIRE), piece("a"), error)


@pytest.mark.parametrize("bad", [b"data: {\n\n", b"data: \xff\xfe\n\n", b"data: [1]\n\n", b"data: null\n\n"])
def test_a_whole_frame_that_does_not_parse_is_no_interruption(bad):
    with pytest.raises(ValueError, match="ModelResponseStream"):
        fed(started(WIRE), piece("a"), bad, piece("b", "stop"))


def test_a_frame_beyond_the_limit_is_an_invalid_response():
    pipeline = started(WIRE)
    with pytest.raises(InvalidResponseError, match="64 MiB"):
        fed(pipeline, *[b"x" * 1024 * 1024] * 65)


ODD = {
    "a field of the answer": {"metadata": "abc"},
    "a list of the message that is a text": {"choices": [{"delta": {"content": "b", "annotations": "abc"}}]},
    "a list of the message that is a mapping": {"choices": [{"delta": {"content": "b", "annotations": {"a": 1}}}]},
}


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_a_field_of_another_shape_is_left_out_and_takes_neither_the_answer_nor_the_error_down(odd, text):
    pipeline = started(WIRE, text=text)
    with pytest.raises(StreamInterruptedError) as caught:
        fed(pipeline, piece("a"), data({"id": "x", "mood": "good", **odd}))
    partial = pipeline.failed(caught.value).partial
    assert (partial.id, partial.mood) == ("x", "good")
    (choice,) = partial.choices
    assert (choice.text if text else choice.message.content) == ("ab" if "choices" in odd else "a")
    assert partial.get("metadata") is None


def test_an_error_keeps_the_partial_it_has():
    pipeline, error = started(WIRE), RateLimitError("no")
    error.partial = "already"
    assert pipeline.failed(error).partial == "already"


def test_a_foreign_error_is_mapped_by_whoever_opened_the_stream():
    pipeline = started(WIRE)
    assert isinstance(pipeline.failed(ValueError("odd")), JackfieldError)
    pipeline.failure = lambda error, made_by: RateLimitError(f"mapped {error}")
    failed = pipeline.failed(ValueError("odd"))
    assert str(failed) == "mapped odd"
    assert type(failed.partial) is ModelResponse


# ----------------------------------------------------------------------------------------------------------------- time


def test_a_connection_that_is_alive_and_gives_no_chunk_is_too_slow():
    past = time.monotonic() - 1
    with pytest.raises(APITimeoutError, match=r"no chunk came within 30 s, although the connection is alive"):
        list(started(WIRE, due=past, gap=30.0).feed(b": keep-alive\n\n"))
    assert list(started(WIRE, due=past).feed(piece("a")))
    assert not list(started(WIRE, due=time.monotonic() + 60).feed(b": keep-alive\n\n"))


def test_each_chunk_sets_the_limit_for_the_next():
    pipeline = started(WIRE, due=math.inf, gap=-1.0)
    list(pipeline.feed(piece("a")))
    list(pipeline.feed(piece("b")))
    with pytest.raises(APITimeoutError):
        list(pipeline.feed(b": keep-alive\n\n"))


def test_the_time_that_the_reader_takes_is_its_own():
    pipeline = started(WIRE, due=math.inf, gap=60.0)
    chunks = pipeline.feed(piece("a"))
    next(chunks)
    pipeline._due = time.monotonic() - 1  # the reader took longer than the gap for what it had
    list(chunks)
    assert not list(pipeline.feed(b": keep-alive\n\n"))


# --------------------------------------------------------------------------------------------------- what decoders give


def test_a_decoder_gives_a_chunk_or_several_or_none_and_what_it_holds_at_the_end():
    pipeline = started(EventStream(HTTP, decoder=Words), include_usage=True)
    chunks = fed(pipeline, *(data(word) for word in (b"one", b"nothing", b"two", b"list", b"over", b"unread")))
    assert texts(chunks) == ["one", "t", "w", "l", "held"]
    assert finishes(chunks) == ["length"]
    assert chunks[-1].usage.total_tokens == 5


def test_a_decoder_is_flushed_when_the_source_ends_too():
    assert texts(fed(started(EventStream(HTTP, decoder=Words)), data(b"one"))) == ["one", "held"]


def test_a_decoder_that_gives_something_else_is_told_so():
    with pytest.raises(ContractViolationError, match="a stream gave int, which is no chunk"):
        fed(started(EventStream(HTTP, decoder=Words)), data(b"number"))


def test_each_opening_has_a_decoder_and_a_splitter_of_its_own():
    description = EventStream(HTTP, decoder=Words)
    first = started(description)
    list(first.feed(b"data: a\n"))
    assert texts(fed(started(description), b"\n", data(b"b"))) == ["b", "held"]


def test_ndjson_and_a_splitter_of_one_s_own():
    class Lines:
        def decode(self, frame):
            return ModelResponseStream.model_validate_json(frame)

    class EveryByte:
        def feed(self, bytes_):
            return [bytes([number]) for number in bytes_]

    class Plain:
        def decode(self, frame):
            return None if frame == b"." else frame.decode()

    line = piece("a", "stop").removeprefix(b"data: ")[:-1]
    assert texts(fed(started(EventStream(HTTP, decoder=Lines, framing="ndjson")), line)) == ["a"]
    assert texts(fed(started(EventStream(HTTP, decoder=Plain, framing=EveryByte)), b"ab", b".c")) == ["a", "b"]


# ------------------------------------------------------------------------------------------------------------ iterables


def test_items_are_chunks_of_any_accepted_shape():
    whole = {"choices": [{"index": 0, "delta": {"content": "b"}}]}
    parsed = ModelResponseStream.model_validate({"choices": [{"delta": {"content": "c"}}]})
    generic = {"text": "d", "is_finished": False, "finish_reason": "", "usage": None, "index": 0, "tool_use": None}
    chunks = given(started(EventStream.of([])), "a", whole, parsed, generic)
    assert texts(chunks) == ["a", "b", "c", "d"]
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1


def test_an_iterable_that_simply_ends_has_finished():
    assert finishes(given(started(EventStream.of([])), "a")) == ["stop"]
    assert finishes(given(started(EventStream.of([])))) == ["stop"]
    tool = {"text": "", "tool_use": {"id": "c1", "function": {"name": "f", "arguments": "{}"}}, "is_finished": False}
    assert finishes(given(started(EventStream.of([])), tool)) == ["tool_calls"]


def test_a_description_that_turned_out_to_be_an_iterable_needs_no_decoder():
    pipeline = started(EventStream(lambda: iter(()), decoder=Decoder))
    pipeline.without_decoder()
    assert texts(given(pipeline, "a")) == ["a"]


# ----------------------------------------------------------------------------------------------------------- transforms


def upper(chunk):
    return chunk.choices[0].delta.content.upper()


def twice(chunk):
    return [chunk, chunk]


def marked(mark):
    def fn(chunk):
        (only,) = chunk.choices
        return f"{only.delta.content}{mark}" if only.delta.content else chunk

    return fn


def test_a_transform_gives_a_chunk_or_several_or_drops_it():
    assert texts(given(started(EventStream.of([]).map(upper)), "a", "b")) == ["A", "B"]
    assert texts(given(started(EventStream.of([]).map(twice)), "a", "b")) == ["a", "a", "b", "b"]
    dropped = EventStream.of([]).map(lambda chunk: None if chunk.choices[0].delta.content == "a" else chunk)
    assert texts(given(started(dropped), "a", "b")) == ["b"]
    assert texts(given(started(EventStream.of([]).map(lambda chunk: ())), "a")) == []


def test_transforms_see_what_the_decoder_gives():
    assert texts(fed(started(WIRE.map(marked("!"))), piece("a"), piece("b"), piece(finish="stop"))) == ["a!", "b!"]


def test_transforms_run_in_the_order_in_which_they_were_added():
    stream = EventStream.of([]).map(marked("1")).map(marked("2"))
    assert texts(given(started(stream), "a")) == ["a12"]


def test_chunks_added_at_the_end_come_before_the_finish_and_pass_what_was_added_later():
    stream = EventStream.of([]).map(marked("1"), at_end=lambda: ["x"]).map(marked("2"), at_end=lambda: ["y"])
    chunks = given(started(stream.map(marked("3"))), "a")
    assert texts(chunks) == ["a123", "x23", "y3"]
    assert finishes(chunks) == ["stop"]
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_the_transforms_of_an_inner_description_come_first():
    """A flow that finds another description: what stands nearer to the source runs first."""
    pipeline = started(EventStream(lambda: None).map(marked("outer"), at_end=lambda: ["o"]))
    pipeline.decoding(EventStream.of([]).map(marked("inner"), at_end=lambda: ["i"]))
    assert texts(given(pipeline, "a")) == ["ainnerouter", "iouter", "o"]


def test_transforms_run_on_what_the_decoder_held_back():
    assert texts(fed(started(EventStream(HTTP, decoder=Words).map(marked("!"))), data(b"a")))[-1] == "held!"


def test_a_transform_sees_the_usage_of_a_wire():
    seen = []
    stream = WIRE.map(lambda chunk: seen.append(chunk.usage) or chunk)
    fed(started(stream), piece("a"), piece(finish="stop"), data({"choices": [], "usage": USAGE}))
    assert [usage and usage.total_tokens for usage in seen] == [None, None, 5]


def test_a_transform_that_gives_something_else_is_told_so():
    with pytest.raises(ContractViolationError, match="a stream gave int, which is no chunk"):
        given(started(EventStream.of([]).map(lambda chunk: 7)), "a")


# ------------------------------------------------------------------------------------------------------ text_completion


def test_a_text_stream_gives_text_chunks_and_a_whole_text():
    pipeline = started(WIRE, text=True, include_usage=True)
    role = data({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})
    wire = [role, piece("a"), piece("b", "length"), data({"choices": [], "usage": USAGE}), DONE]
    chunks = fed(pipeline, *wire)
    assert {type(chunk) for chunk in chunks} == {TextCompletionResponse}
    assert [[(c.text, c.finish_reason) for c in chunk.choices] for chunk in chunks] == [
        [("a", None)],
        [("b", None)],
        [("", "length")],
        [],
    ]
    assert chunks[-1].usage.total_tokens == 5
    assert len({chunk.id for chunk in chunks}) == 1
    whole = pipeline.response
    assert type(whole) is TextCompletionResponse
    assert (whole.choices[0].text, whole.choices[0].finish_reason, whole.usage.total_tokens) == ("ab", "length", 5)
    assert whole.object == chunks[0].object == "text_completion"


def test_text_chunks_of_the_wire_stay_what_they_are():
    class TextDecoder:
        def decode(self, frame):
            return TextCompletionResponse.model_validate_json(frame.data)

    def text(content, finish=None, index=0, **fields):
        head = {"id": "cmpl-7", "created": 17, "object": "text_completion", "model": "m"}
        return data({**head, "choices": [{"index": index, "text": content, "finish_reason": finish, **fields}]})

    logprobs = {"tokens": ["a"], "token_logprobs": [-0.5], "top_logprobs": [None], "text_offset": [0]}
    wire = [text("a", logprobs=logprobs), text("x", index=1), text("b", "stop", warning="w"), text("", "stop", 1)]
    pipeline = started(EventStream(HTTP, decoder=TextDecoder), text=True)
    chunks = fed(pipeline, *wire)
    assert {(chunk.id, chunk.created, chunk.model) for chunk in chunks} == {("cmpl-7", 17, "m")}
    assert chunks[0].choices[0].logprobs == logprobs
    first, second = pipeline.response.choices
    assert (first.index, first.text, first.finish_reason, first.warning) == (0, "ab", "stop", "w")
    assert (second.index, second.text, second.finish_reason, second.logprobs) == (1, "x", "stop", None)
    assert first.logprobs == logprobs
    assert texts(fed(started(EventStream(HTTP, decoder=TextDecoder)), *wire)) == ["a", "x", "b"]


def test_a_text_stream_is_ready_with_its_first_text():
    pipeline = started(WIRE, text=True)
    assert not list(pipeline.feed(data({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]})))
    ready, first = pipeline.feed(piece("a"))
    assert ready is READY
    assert first.choices[0].text == "a"


def test_an_id_made_up_is_of_its_own_kind():
    assert given(started(EventStream.of([]), text=True), "a")[0].id.startswith("cmpl-")
    assert given(started(EventStream.of([])), "a")[0].id.startswith("chatcmpl-")


# ------------------------------------------------------------------------------------------------------------ observers


def watched(pipeline):
    told = []
    pipeline.watch = lambda kind, **details: told.append((kind, details))
    return told


def test_a_watcher_is_told_of_the_first_chunk_and_of_one_end():
    pipeline = started(WIRE)
    told = watched(pipeline)
    fed(pipeline, piece("a"), piece("b", "stop", usage=USAGE))
    pipeline.closed()
    pipeline.closed()
    assert [kind for kind, _ in told] == ["first_chunk", "finished"]
    assert told[-1][1]["usage"].total_tokens == 5


def test_a_watcher_is_told_of_a_failure_instead():
    pipeline = started(WIRE)
    told = watched(pipeline)
    list(pipeline.feed(piece("a")))
    failed = pipeline.failed(RateLimitError("no"))
    pipeline.closed()
    assert told[1:] == [("failed", {"error": failed})]


def test_a_stream_that_never_began_is_not_told_of():
    """It may be opened again; whoever opens it tells of the last failure."""
    pipeline = started(WIRE)
    told = watched(pipeline)
    pipeline.failed(RateLimitError("no"))
    pipeline.closed()
    assert told == []
