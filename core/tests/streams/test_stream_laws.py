"""The laws of streams on whole wires: what is put together is the whole answer, however the bytes were cut."""

import json
import math
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield import EventStream
from jackfield._pipeline import READY, Pipeline
from jackfield.flow import http
from jackfield.types import ModelResponse, ModelResponseStream

# -------------------------------------------------------------------------------------- whole answers and their streams


HEAD = {"id": "chatcmpl-B9M", "object": "chat.completion.chunk", "created": 1741569952, "model": "gpt-4.1-2025-04-14"}
WHOLE_HEAD = HEAD | {"object": "chat.completion"}
USAGE = {
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "total_tokens": 29,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 4},
}
FINGERPRINT = {"system_fingerprint": "fp_44709d6fcb", "service_tier": "default"}


def wire(*choices_of_chunks, usage=True, **fields):
    """A wire in OpenAI's format: each argument is the choices of one chunk; usage is null but on the last."""
    payloads = [{**HEAD, **fields, "choices": choices, "usage": None} for choices in choices_of_chunks]
    if usage:
        payloads.append({**HEAD, **fields, "choices": [], "usage": USAGE})
    events = [json.dumps(payload, ensure_ascii=False) for payload in payloads] + ["[DONE]"]
    return "".join(f"data: {event}\n\n" for event in events).encode()


def part(delta, finish=None, index=0, logprobs=None):
    return {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish}


def whole(*messages, finish="stop", logprobs=None, usage=True, **fields):
    choices = [
        {
            "index": index,
            "message": {"role": "assistant", **message},
            "logprobs": logprobs if index == 0 else None,
            "finish_reason": finish,
        }
        for index, message in enumerate(messages)
    ]
    return {**WHOLE_HEAD, **fields, "choices": choices} | ({"usage": USAGE} if usage else {})


def token(text):
    return {"token": text, "logprob": -0.25, "bytes": list(text.encode()), "top_logprobs": [{"token": text}]}


def tool(index, arguments, **first):
    if not first:
        return {"index": index, "function": {"arguments": arguments}}
    name = first.pop("name")
    return {"index": index, **first, "type": "function", "function": {"name": name, "arguments": arguments}}


FIRST = {"role": "assistant", "content": "", "refusal": None}
WEATHER = '{"city":"Žďár","unit":"C"}'

WIRES = {
    "text": (
        wire(
            [part(FIRST)], [part({"content": "Hel"})], [part({"content": "lo 🌍"})], [part({}, "stop")], **FINGERPRINT
        ),
        whole({"content": "Hello 🌍", "refusal": None}, **FINGERPRINT),
    ),
    "tools": (
        wire(
            [part({"role": "assistant", "content": None})],
            [part({"tool_calls": [tool(0, "", id="call_1", name="weather")]})],
            *([part({"tool_calls": [tool(0, piece)]})] for piece in (WEATHER[:7], WEATHER[7:13], WEATHER[13:])),
            [part({"tool_calls": [tool(1, "", id="call_2", name="time")]})],
            [part({"tool_calls": [tool(1, "{}")]})],
            [part({}, "tool_calls")],
        ),
        whole(
            {
                "content": None,
                "tool_calls": [
                    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": WEATHER}},
                    {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": "{}"}},
                ],
            },
            finish="tool_calls",
        ),
    ),
    "n=2": (
        wire(
            [part(FIRST)],
            [part({"content": "He"})],
            [part(FIRST, index=1)],
            [part({"content": "Good"}, index=1)],
            [part({"content": "llo"}), part({"content": " day"}, index=1)],
            [part({}, "stop", index=1)],
            [part({}, "stop")],
        ),
        whole({"content": "Hello"}, {"content": "Good day"}),
    ),
    "logprobs": (
        wire(
            [part(FIRST, logprobs={"content": [], "refusal": None})],
            *(
                [part({"content": text}, logprobs={"content": [token(text)], "refusal": None})]
                for text in ("Hel", "lo", "!")
            ),
            [part({}, "stop")],
        ),
        whole({"content": "Hello!"}, logprobs={"content": [token("Hel"), token("lo"), token("!")], "refusal": None}),
    ),
    "reasoning": (
        wire(
            [part({"role": "assistant", "content": None, "reasoning_content": ""})],
            [part({"content": None, "reasoning_content": "Let me "})],
            [part({"content": None, "reasoning_content": "see."})],
            [part({"content": "42", "reasoning_content": None})],
            [part({"content": "", "reasoning_content": None}, "length")],
        ),
        whole({"content": "42", "reasoning_content": "Let me see."}, finish="length"),
    ),
    "a refusal": (
        wire([part(FIRST)], [part({"refusal": "I can't"})], [part({"refusal": " do that."})], [part({}, "stop")]),
        whole({"content": None, "refusal": "I can't do that."}),
    ),
    "a function call": (
        wire(
            [part({"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": ""}})],
            [part({"function_call": {"arguments": '{"a"'}})],
            [part({"function_call": {"arguments": ": 1}"}})],
            [part({}, "function_call")],
            usage=False,
        ),
        whole(
            {"content": None, "function_call": {"name": "f", "arguments": '{"a": 1}'}},
            finish="function_call",
            usage=False,
        ),
    ),
}


class Decoder:
    def decode(self, frame):
        return None if frame.data == b"[DONE]" else ModelResponseStream.model_validate_json(frame.data)


STREAM = EventStream(http("POST", "https://models.example/v1/chat/completions"), decoder=Decoder)


def run(pieces, *, include_usage=True):
    """The chunks of a wire in these pieces, and the answer that they make."""
    pipeline = Pipeline(model="asked/for", include_usage=include_usage, text=False, gap=600.0, due=math.inf)
    pipeline.decoding(STREAM)
    chunks = [chunk for data in pieces for chunk in pipeline.feed(data)]
    chunks += pipeline.end()
    return [chunk for chunk in chunks if chunk is not READY], pipeline.response


def plain(model):
    return model.model_dump(exclude_none=True)


@pytest.mark.parametrize(("stream", "answer"), WIRES.values(), ids=WIRES)
def test_the_chunks_put_together_are_the_whole_answer(stream, answer):
    _, response = run([stream])
    assert plain(response) == plain(ModelResponse.model_validate(answer))


@pytest.mark.parametrize(("stream", "answer"), WIRES.values(), ids=WIRES)
def test_a_wire_cut_anywhere_gives_the_same_chunks(stream, answer):
    expected = list(map(plain, run([stream])[0]))
    assert list(map(plain, run([bytes([byte]) for byte in stream])[0])) == expected
    for size in (2, 3, 64, 1000):
        pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert list(map(plain, run(pieces)[0])) == expected


# --------------------------------------------------------------------------------------------------- any legal sequence


texts = st.text(max_size=6)
deltas = st.one_of(
    st.builds(lambda text: {"content": text}, texts),
    st.builds(lambda text: {"reasoning_content": text}, texts),
    st.builds(lambda text, role: {"content": text, "role": role}, texts, st.sampled_from(["assistant", None])),
    st.builds(lambda index, text: {"tool_calls": [tool(index, text)]}, st.integers(0, 2), texts),
    st.just({}),
)
finishes = st.sampled_from(["stop", "length", "tool_calls"])


@st.composite
def sequences(draw):
    """The payloads of a stream that some server might send: choices interleaved, finish and usage anywhere."""
    count = draw(st.integers(1, 3))
    parts = [
        part(draw(deltas), index=index) for index in draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=12))
    ]
    for index in {each["index"] for each in parts}:
        at = draw(st.integers(0, len(parts)))
        parts.insert(at, part(draw(st.just({}) | deltas), draw(finishes), index))
    payloads = []
    while parts:
        together = draw(st.integers(1, 3))
        payloads.append({**HEAD, "choices": parts[:together]})
        del parts[:together]
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(payloads)))
        payloads.insert(at, {**HEAD, "choices": [], "usage": USAGE})
    return payloads


def texts_of(parts, field):
    """What a reader who simply adds up has of a field, for each choice."""
    found = defaultdict(str)
    for each in parts:
        found[each["index"]] += each["delta"].get(field) or ""
    return {index: text for index, text in found.items() if text}


def arguments_of(parts):
    """What a reader who goes by the index has of the tool calls, for each choice in the order of their beginnings."""
    found = defaultdict(dict)
    for each in parts:
        for piece in each["delta"].get("tool_calls") or ():
            known = found[each["index"]]
            known[piece["index"]] = known.get(piece["index"], "") + piece["function"]["arguments"]
    return {index: list(calls.values()) for index, calls in found.items()}


def same_content(parts, sent, response):
    for field in ("content", "reasoning_content"):
        assert texts_of(parts, field) == texts_of(sent, field)
        whole_ones = {each.index: each.message.get(field) for each in response.choices}
        assert {index: text for index, text in whole_ones.items() if text} == texts_of(sent, field)
    assert arguments_of(parts) == arguments_of(sent)
    whole_calls = {each.index: each.message.tool_calls for each in response.choices if each.message.tool_calls}
    assert {i: [call.function.arguments for call in calls] for i, calls in whole_calls.items()} == arguments_of(sent)


def one_role_and_one_finish(parts, sent):
    for index in {each["index"] for each in sent}:
        mine = [each for each in parts if each["index"] == index]
        assert [each["delta"].get("role") for each in mine] == ["assistant"] + [None] * (len(mine) - 1)
        first_finish = next(each["finish_reason"] for each in sent if each["index"] == index and each["finish_reason"])
        assert [each.get("finish_reason") for each in mine] == [None] * (len(mine) - 1) + [first_finish]


@settings(deadline=None)  # a busy machine is no broken law
@given(sequences(), st.booleans(), st.lists(st.integers(0, 3000), max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_any_sequence_cut_anywhere_obeys_the_laws(payloads, include_usage, places, end):
    stream = "".join(f"data: {json.dumps(payload)}{end}{end}" for payload in payloads).encode()
    edges = [0, *sorted(min(place, len(stream)) for place in places), len(stream)]
    chunks, response = run([stream[start:stop] for start, stop in pairwise(edges)], include_usage=include_usage)

    sent = [each for payload in payloads for each in payload["choices"]]
    parts = [plain(each) for chunk in chunks for each in chunk.choices]
    same_content(parts, sent, response)
    one_role_and_one_finish(parts, sent)
    assert {(each.id, each.created, each.model) for each in chunks} == {(HEAD["id"], HEAD["created"], HEAD["model"])}
    last = include_usage and any("usage" in payload for payload in payloads)
    assert [each.usage is not None for each in chunks] == [False] * (len(chunks) - 1) + [last]
    assert [plain(chunk) for chunk in run([stream], include_usage=include_usage)[0]] == list(map(plain, chunks))
