"""What both formats can hold comes back as it was: requests, answers and streams, whatever they hold."""

from __future__ import annotations

import json
from collections import deque
from itertools import chain

import anthropic
from hypothesis import given, settings
from hypothesis import strategies as st
from jackfield.types import ModelResponse
from jackfield_gateway.wire.anthropic import (
    ChatChunks,
    chat_to_request,
    message_to_response,
    request_to_chat,
    response_to_message,
)

FEW = settings(max_examples=100, deadline=None)
FEWER = settings(max_examples=40, deadline=None)

WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12)
IDS = st.from_regex(r"\A[a-zA-Z0-9_-]{1,12}\Z")
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | WORDS
OBJECTS = st.dictionaries(WORDS, SCALARS | st.lists(SCALARS, max_size=2), max_size=3)
CACHED = st.sampled_from([{}, {"cache_control": {"type": "ephemeral"}}])


def fields(required, **optional):
    return st.fixed_dictionaries(required, optional=optional)


def with_cache(blocks):
    return st.builds(lambda block, cached: {**block, **cached}, blocks, CACHED)


TEXT = with_cache(fields({"type": st.just("text"), "text": WORDS}))
SOURCES = fields({"type": st.just("url"), "url": st.just("https://example.org/a.png")}) | fields(
    {"type": st.just("base64"), "media_type": st.sampled_from(["image/png", "image/webp"]), "data": st.just("AA==")}
)
IMAGE = with_cache(fields({"type": st.just("image"), "source": SOURCES}))
TOOL_USE = with_cache(fields({"type": st.just("tool_use"), "id": IDS, "name": IDS, "input": OBJECTS}))
THOUGHTS = st.lists(
    fields({"type": st.just("thinking"), "thinking": WORDS, "signature": IDS})
    | fields({"type": st.just("redacted_thinking"), "data": IDS}),
    max_size=2,
)


def content(*lists):
    """Make a content of these lists of blocks, one after the other, as a chat gives it back."""
    return st.tuples(*lists).map(lambda found: short([*chain(*found)]))


def short(blocks):
    plain = len(blocks) == 1 and blocks[0].keys() == {"type", "text"}
    return blocks[0]["text"] if plain else blocks or ""


def several(blocks):
    return st.lists(blocks, max_size=2)


RESULT = with_cache(
    fields(
        {"type": st.just("tool_result"), "tool_use_id": IDS, "content": content(several(TEXT | IMAGE))},
        is_error=st.just(True),
    )
)
USER = content(several(RESULT), several(TEXT | IMAGE)).filter(bool)
ASSISTANT = content(THOUGHTS, several(TEXT), several(TOOL_USE))
TURNS = st.tuples(USER, ASSISTANT).map(
    lambda said: [{"role": "user", "content": said[0]}, {"role": "assistant", "content": said[1]}]
)
TOOLS = st.lists(
    with_cache(
        fields(
            {"name": IDS, "input_schema": OBJECTS.map(lambda more: {**more, "type": "object"})},
            description=WORDS,
            strict=st.booleans(),
        )
    ),
    min_size=1,
    max_size=2,
)
CHOICES = fields({"type": st.sampled_from(["auto", "any"])}, disable_parallel_tool_use=st.booleans()) | st.sampled_from(
    [{"type": "none"}, {"type": "tool", "name": "f"}]
)
BODIES = fields(
    {"messages": st.lists(TURNS, min_size=1, max_size=2).map(lambda turns: [*chain(*turns)]), "max_tokens": st.just(9)},
    system=content(st.lists(TEXT, min_size=1, max_size=2)),
    tools=TOOLS,
    tool_choice=CHOICES,
    stop_sequences=st.lists(WORDS, min_size=1, max_size=2),
    temperature=st.floats(0, 1),
    top_k=st.integers(0, 99),
    metadata=fields({"user_id": WORDS}, other=WORDS),
    thinking=st.just({"type": "enabled", "budget_tokens": 1024}),
    output_config=fields({"effort": st.sampled_from(["low", "max"])}),
    service_tier=st.sampled_from(["auto", "standard_only"]),
    house=SCALARS,
)


@FEW
@given(BODIES)
def test_a_request_comes_back(body):
    chat = request_to_chat(body)
    assert chat_to_request(*chat) == body
    assert request_to_chat(chat_to_request(*chat)) == chat


# Blocks in any order: what a chat has no words for is put in order once, and then stays.
ANY_TURN = fields(
    {"role": st.just("user"), "content": st.lists(TEXT | IMAGE | RESULT, min_size=1, max_size=4)}
) | fields({"role": st.just("assistant"), "content": st.lists(TEXT | TOOL_USE, max_size=4)})


@FEW
@given(st.lists(ANY_TURN, min_size=1, max_size=4))
def test_a_chat_of_any_request_is_the_chat_of_what_it_becomes(messages):
    chat = request_to_chat({"messages": messages})
    assert request_to_chat(chat_to_request(*chat)) == (chat[0], {"max_tokens": 4096})


# ------------------------------------------------------------------------------------------------------------- answers

COUNTS = st.integers(0, 1000)
CALL = st.builds(
    lambda known, name, given: {
        "id": known,
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(given, ensure_ascii=False, separators=(",", ":"))},
    },
    IDS,
    IDS,
    OBJECTS,
)
CALLS = st.lists(CALL, min_size=1, max_size=3, unique_by=lambda call: call["id"])
SAID = fields({"role": st.just("assistant"), "content": st.none() | WORDS}, reasoning_content=WORDS, tool_calls=CALLS)


def usage_of(read, written, fresh, answer):
    return {
        "prompt_tokens": read + written + fresh,
        "completion_tokens": answer,
        "total_tokens": read + written + fresh + answer,
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
    }


@st.composite
def answers(draw):
    said = draw(SAID)
    finish = draw(st.sampled_from(["tool_calls", "length"] if said.get("tool_calls") else ["stop", "length"]))
    return {
        "id": draw(IDS),
        "object": "chat.completion",
        "model": "m-1",
        "choices": [{"index": 0, "finish_reason": finish, "message": said}],
        "usage": draw(st.builds(usage_of, COUNTS, COUNTS, COUNTS, COUNTS)),
    }


@FEW
@given(answers())
def test_an_answer_comes_back(answer):
    message = response_to_message(ModelResponse.model_validate(answer), "asked-for")
    assert message_to_response(message) == answer
    assert response_to_message(ModelResponse.model_validate(answer), "asked-for") == message


# ------------------------------------------------------------------------------------------------------------- streams


def cut(draw, text):
    """Cut a text into pieces."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))
    return [text[begin:end] for begin, end in zip([0, *places], [*places, len(text)], strict=True)]


@st.composite
def streams(draw):
    """Draw an answer, and the chunks of it: texts in pieces, and the pieces of several calls in any order."""
    answer = draw(answers())
    [choice] = answer["choices"]
    said = choice["message"]
    deltas = [{"role": "assistant"}]
    deltas += [{"reasoning_content": piece} for piece in cut(draw, said.get("reasoning_content", ""))]
    deltas += [{"content": piece} for piece in cut(draw, said["content"] or "")]
    queues = []
    for index, call in enumerate(said.get("tool_calls", ())):
        head = {**call, "index": index, "function": {**call["function"], "arguments": ""}}
        pieces = [
            {"index": index, "function": {"arguments": piece}} for piece in cut(draw, call["function"]["arguments"])
        ]
        queues.append(deque([head, *pieces]))
        deltas.append({"tool_calls": [queues[-1].popleft()]})
    while left := [queue for queue in queues if queue]:
        deltas.append({"tool_calls": [draw(st.sampled_from(left)).popleft()]})
    head = {"id": answer["id"], "model": answer["model"]}
    chunks = [{**head, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]})
    return answer, [*chunks, {**head, "choices": [], "usage": answer["usage"]}]


def as_seen(message):
    """Return a message as the SDK's own type holds it."""
    fields = message if isinstance(message, dict) else message.to_dict()
    return anthropic.types.Message.model_validate(fields).to_dict(exclude_none=True)


@FEWER
@given(streams())
def test_the_sdk_accumulates_what_the_whole_answer_would_have_been(server, stream):
    answer, chunks = stream
    with (
        server(chunks=chunks)
        .client()
        .messages.stream(model="m", max_tokens=1, messages=[{"role": "user", "content": "Hi"}]) as events
    ):
        accumulated = events.get_final_message()
    whole = response_to_message(ModelResponse.model_validate(answer), "asked-for")
    assert as_seen(accumulated) == as_seen(whole)


@FEWER
@given(streams())
def test_chunks_come_back(events_of, accumulated, stream):
    answer, chunks = stream
    reader = ChatChunks()
    back = [chunk for event in events_of(chunks) for chunk in reader.event(event) or ()]
    fields = {"id", "model", "choices", "usage"}
    expected = ModelResponse.model_validate(answer).model_dump(include=fields)
    assert accumulated(back).model_dump(include=fields) == expected


@FEWER
@given(streams())
def test_every_event_is_as_the_description_says(events_of, official, stream):
    events = events_of(stream[1])
    for event in events:
        official.check("MessageStreamEvent", event)
    begun = [event["index"] for event in events if event["type"] == "content_block_start"]
    stopped = [event["index"] for event in events if event["type"] == "content_block_stop"]
    assert begun == stopped == list(range(len(begun)))
