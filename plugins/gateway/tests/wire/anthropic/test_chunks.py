"""Events of a message become chunks of a chat, and what the core accumulates of them is the whole answer."""

from __future__ import annotations

import pytest
from jackfield.errors import APIStatusError, RateLimitError, ServiceUnavailableError
from jackfield.types import ModelResponse
from jackfield_gateway.wire.anthropic import ChatChunks, error_body, message_to_response

USAGE = {"input_tokens": 10, "output_tokens": 1, "cache_read_input_tokens": 6, "service_tier": "priority"}
START = {"type": "message_start", "message": {"id": "msg_1", "model": "claude", "content": [], "usage": USAGE}}
STOP = {"type": "message_stop"}
ANSWER = {"id": "msg_1", "model": "claude", "stop_reason": "end_turn", "usage": {**USAGE, "output_tokens": 9}}


def begin(index, **block):
    return {"type": "content_block_start", "index": index, "content_block": block}


def add(index, kind, **added):
    return {"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", **added}}


def end(index):
    return {"type": "content_block_stop", "index": index}


def finish(stop_reason="end_turn", **delta):
    return {"type": "message_delta", "delta": {"stop_reason": stop_reason, **delta}, "usage": {"output_tokens": 9}}


def chunks_of(*events):
    reader = ChatChunks()
    return [chunk for event in events for chunk in reader.event(event) or ()]


def deltas(*events):
    return [chunk.choices[0].delta.model_dump(exclude_unset=True) for chunk in chunks_of(*events)]


def plain(response):
    """Return an answer as JSON, without the time at which it was built."""
    return ModelResponse.model_validate(response).model_dump(exclude={"created"})


MESSAGES = {
    "text": (
        [
            begin(0, type="text", text=""),
            {"type": "ping"},
            add(0, "text", text="Hel"),
            add(0, "text", text="lo"),
            end(0),
        ],
        {"content": [{"type": "text", "text": "Hello"}]},
    ),
    "a text that begins with words": (
        [begin(0, type="text", text="Hel"), add(0, "text", text="lo"), end(0)],
        {"content": [{"type": "text", "text": "Hello"}]},
    ),
    "thinking, text and calls": (
        [
            begin(0, type="thinking", thinking="", signature=""),
            add(0, "thinking", thinking="Hm"),
            add(0, "thinking", thinking="."),
            add(0, "signature", signature="c2"),
            add(0, "signature", signature="ln"),
            end(0),
            begin(1, type="redacted_thinking", data="ZW5j"),
            end(1),
            begin(2, type="text", text=""),
            add(2, "text", text="I look."),
            add(2, "citations", citation={}),
            end(2),
            begin(3, type="tool_use", id="a", name="weather", input={}),
            add(3, "input_json", partial_json=""),
            add(3, "input_json", partial_json='{"city":'),
            add(3, "input_json", partial_json='"Bonn"}'),
            end(3),
            begin(4, type="tool_use", id="b", name="now", input={}),
            end(4),
            begin(5, type="tool_use", id="c", name="whole", input={"a": 1}),
            end(5),
        ],
        {
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "ZW5j"},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Bonn"}},
                {"type": "tool_use", "id": "b", "name": "now", "input": {}},
                {"type": "tool_use", "id": "c", "name": "whole", "input": {"a": 1}},
            ],
            "stop_reason": "tool_use",
        },
    ),
    "thinking that nobody signed": (
        [begin(0, type="thinking", thinking="H", signature=""), add(0, "thinking", thinking="m"), end(0)],
        {"content": [{"type": "thinking", "thinking": "Hm", "signature": ""}]},
    ),
    "blocks and events of a later day": (
        [begin(0, type="server_tool_use", id="x"), add(0, "input_json", partial_json="{}"), end(0), {"type": "news"}],
        {"content": [{"type": "server_tool_use"}]},
    ),
    "a stop sequence": ([], {"content": [], "stop_reason": "stop_sequence", "stop_sequence": "END"}),
    "a refusal": (
        [],
        {"content": [], "stop_reason": "refusal", "stop_details": {"type": "refusal", "explanation": "I cannot."}},
    ),
}


@pytest.mark.parametrize(("events", "fields"), MESSAGES.values(), ids=MESSAGES)
def test_what_is_accumulated_is_the_whole_answer(events, fields, accumulated):
    whole = {**ANSWER, **fields}
    stop = {name: whole[name] for name in ("stop_reason", "stop_sequence", "stop_details") if name in whole}
    chunks = chunks_of(START, *events, finish(**stop), STOP)
    assert plain(accumulated(chunks).model_dump(exclude_unset=True)) == plain(message_to_response(whole))


def test_usage_of_the_prompt_stands_on_the_first_chunk_and_all_of_it_on_the_last():
    first, last = chunks_of(START, finish())
    assert (first.usage.prompt_tokens, first.usage.completion_tokens) == (16, 1)
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (16, 9, 25)
    assert last.usage.prompt_tokens_details.cached_tokens == 6
    assert (first.id, first.model, first.service_tier) == ("msg_1", "claude", "priority")


def test_a_call_has_its_id_and_name_at_once_and_its_arguments_in_pieces():
    events = [begin(4, type="tool_use", id="a", name="f", input={}), add(4, "input_json", partial_json="{}"), end(4)]
    first = {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}
    assert deltas(*events) == [{"tool_calls": [first]}, {"tool_calls": [{"index": 0, "function": {"arguments": "{}"}}]}]


def test_the_message_is_over_when_it_stops():
    reader = ChatChunks()
    assert reader.event({"type": "ping"}) == []
    assert reader.event(STOP) is None


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("overloaded_error", 529, APIStatusError),
        ("rate_limit_error", 429, RateLimitError),
        ("timeout_error", 504, APIStatusError),
        ("something_new", 500, APIStatusError),
    ],
)
def test_an_error_event_raises(kind, status, error):
    with pytest.raises(error, match="Overloaded") as caught:
        ChatChunks().event(error_body(kind, "Overloaded"))
    assert caught.value.status_code == status
    assert caught.value.type == kind
    assert not isinstance(caught.value, ServiceUnavailableError)


def test_an_error_event_without_an_error_raises_too():
    with pytest.raises(APIStatusError):
        ChatChunks().event({"type": "error"})
