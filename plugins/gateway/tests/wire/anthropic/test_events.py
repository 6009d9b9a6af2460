"""Chunks of a chat become the events of a message: in Anthropic's order, one block after the other."""

from __future__ import annotations

import pytest
from jackfield.types import ModelResponseStream, Usage
from jackfield_gateway.wire.anthropic import MessageEvents


def chunk(finish=None, usage=None, fields=None, index=0, **delta):
    choice = {"index": index, "delta": delta, "finish_reason": finish, **(fields or {})}
    return {"id": "chatcmpl-1", "model": "m-1", "choices": [choice], "usage": usage}


def call(arguments="", index=0, **fields):
    name = fields.pop("name", None)
    function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
    return chunk(tool_calls=[{"index": index, **fields, "function": function}])


def outline(events):
    """Say of each event its type, its block and what it adds: enough to read a stream in a test."""
    return [line for event in events if (line := _line(event))]


def _line(event):
    kind = event["type"]
    if kind == "content_block_start":
        return f"{event['index']} {event['content_block']['type']}"
    if kind == "content_block_delta":
        [added] = [value for name, value in event["delta"].items() if name != "type"]
        return f"{event['index']} + {added}"
    if kind == "content_block_stop":
        return f"{event['index']} ."
    return kind


def blocks(events):
    return [line for line in outline(events) if line[0].isdigit()]


USAGE = {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}}


def test_a_text_streams_in_anthropics_order(events_of, official):
    usage_chunk = {"id": "chatcmpl-1", "model": "m-1", "choices": [], "usage": USAGE}
    chunks = [chunk(role="assistant"), chunk(content="Hel"), chunk(content="lo"), chunk("stop"), usage_chunk]
    events = events_of(chunks)
    assert outline(events) == [
        "message_start",
        "0 text",
        "ping",
        "0 + Hel",
        "0 + lo",
        "0 .",
        "message_delta",
        "message_stop",
    ]
    start = events[0]["message"]
    assert (start["id"], start["model"], start["content"], start["stop_reason"]) == ("chatcmpl-1", "m-1", [], None)
    assert (start["usage"]["input_tokens"], start["usage"]["output_tokens"]) == (0, 0)
    assert events[-2] == {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None, "container": None},
        "usage": {
            "input_tokens": 4,
            "output_tokens": 4,
            "cache_creation_input_tokens": None,
            "cache_read_input_tokens": 6,
            "server_tool_use": None,
        },
    }
    for event in events:
        official.check("MessageStreamEvent", event)


def test_the_first_chunk_makes_the_first_event_at_once():
    events = MessageEvents("m")
    assert outline(events.chunk(ModelResponseStream.model_validate(chunk(role="assistant")))) == ["message_start"]


def test_input_tokens_stand_at_the_start_when_they_are_known():
    first = ModelResponseStream.model_validate(chunk(content="Hi"))
    early = MessageEvents("m")
    early.usage = Usage.model_validate(USAGE)
    known = early.chunk(first)[0]["message"]["usage"]
    told = MessageEvents("m").chunk(first.replace(usage=Usage.model_validate(USAGE)))[0]["message"]["usage"]
    assert known == told
    assert (known["input_tokens"], known["cache_read_input_tokens"], known["output_tokens"]) == (4, 6, 0)


def test_usage_given_at_the_end_counts_more_and_none_is_told_as_null(events_of):
    chunks = [chunk(content="Hi"), chunk("stop", usage={"prompt_tokens": 1, "completion_tokens": 1})]
    late = events_of(chunks, usage=Usage(prompt_tokens=5, completion_tokens=2))
    assert (late[-2]["usage"]["input_tokens"], late[-2]["usage"]["output_tokens"]) == (5, 2)
    never = events_of([chunk(content="Hi"), chunk("stop")])
    assert (never[-2]["usage"]["input_tokens"], never[-2]["usage"]["output_tokens"]) == (None, 0)


def test_a_stream_without_a_word_is_a_message_without_blocks(events_of, official):
    for chunks in ([], [chunk("stop", role="assistant", content="")]):
        events = events_of(chunks)
        assert outline(events) == ["message_start", "message_delta", "message_stop"]
        for event in events:
            official.check("MessageStreamEvent", event)


def test_the_model_asked_for_stands_in_for_none(events_of):
    assert events_of([])[0]["message"]["model"] == "asked-for"
    assert events_of([{**chunk(content="a"), "model": "/srv/m.gguf"}])[0]["message"]["model"] == "asked-for"


def test_only_the_first_of_several_choices_is_streamed(events_of):
    assert blocks(events_of([chunk(content="a"), chunk(content="x", index=1), chunk(content="b")])) == [
        "0 text",
        "0 + a",
        "0 + b",
        "0 .",
    ]


def test_thinking_text_and_calls_are_blocks_of_their_own(events_of, official):
    events = events_of(
        [
            chunk(reasoning_content="Hm"),
            chunk(reasoning="."),
            chunk(content="I look."),
            call('{"city":', id="call_1", name="weather"),
            call('"Bonn"}'),
            chunk("tool_calls"),
        ]
    )
    assert blocks(events) == [
        *("0 thinking", "0 + Hm", "0 + .", "0 ."),
        *("1 text", "1 + I look.", "1 ."),
        *("2 tool_use", '2 + {"city":', '2 + "Bonn"}', "2 ."),
    ]
    [begun] = [event["content_block"] for event in events if event.get("index") == 2 and "content_block" in event]
    assert (begun["id"], begun["name"], begun["input"]) == ("call_1", "weather", {})
    assert events[-2]["delta"]["stop_reason"] == "tool_use"
    for event in events:
        official.check("MessageStreamEvent", event)


# ----------------------------------------------------------------------------------------------------------- tool calls


def test_calls_that_follow_each_other_stream_as_they_come():
    events = MessageEvents("m")
    chunks = call('{"a":', 0, id="x", name="f"), call("1}", 0), call('{"b":', 1, id="y", name="g"), call("2}", 1)
    seen = [blocks(events.chunk(ModelResponseStream.model_validate(each))) for each in chunks]
    assert seen == [["0 tool_use", '0 + {"a":'], ["0 + 1}"], ["0 .", "1 tool_use", '1 + {"b":'], ["1 + 2}"]]
    assert blocks(events.end()) == ["1 ."]


def test_pieces_for_a_later_call_wait_until_the_earlier_is_whole(events_of):
    interleaved = [
        call('{"a":', 0, id="x", name="f"),
        call('{"b":', 1, id="y", name="g"),
        call("1}", 0),
        call("2}", 1),
        call("", 0),
        call("{}", 2, id="z", name="h"),
        chunk("tool_calls"),
    ]
    assert blocks(events_of(interleaved)) == [
        *("0 tool_use", '0 + {"a":', "0 + 1}", "0 ."),
        *("1 tool_use", '1 + {"b":', "1 + 2}", "1 ."),
        *("2 tool_use", "2 + {}", "2 ."),
    ]


def test_a_call_that_never_becomes_whole_ends_with_the_stream(events_of):
    chunks = [call('{"a":', 0, id="x", name="f"), call("{}", 1, id="y", name="g"), chunk("length")]
    events = events_of(chunks)
    assert blocks(events) == ["0 tool_use", '0 + {"a":', "0 .", "1 tool_use", "1 + {}", "1 ."]
    assert events[-2]["delta"]["stop_reason"] == "max_tokens"


def test_a_brace_alone_does_not_make_arguments_whole(events_of):
    chunks = [call('{"a":{}', 0, id="x", name="f"), call("{}", 1, id="y", name="g"), call("}", 0), chunk("tool_calls")]
    assert blocks(events_of(chunks))[:4] == ["0 tool_use", '0 + {"a":{}', "0 + }", "0 ."]


def test_a_piece_of_a_call_may_say_nothing(events_of):
    chunks = [call(id="x", name="now"), chunk(tool_calls=[{"index": 0}]), chunk("tool_calls")]
    assert blocks(events_of(chunks)) == ["0 tool_use", "0 ."]


def test_a_call_without_arguments_needs_none(events_of):
    assert blocks(events_of([call(id="x", name="now"), chunk("tool_calls")])) == ["0 tool_use", "0 ."]


def test_a_call_begins_when_its_name_is_known(events_of):
    events = events_of([call(id="x"), call('{"a":1}', name="f"), chunk("tool_calls")])
    assert blocks(events) == ["0 tool_use", '0 + {"a":1}', "0 ."]
    [begun] = [event["content_block"] for event in events if "content_block" in event]
    assert (begun["id"], begun["name"]) == ("x", "f")


def test_another_id_is_another_call_even_at_the_same_index(events_of):
    events = events_of([call("{}", id="x", name="f"), call("{}", id="y", name="f"), chunk("tool_calls")])
    assert [event["content_block"]["id"] for event in events if "content_block" in event] == ["x", "y"]


def test_text_between_calls_waits_for_its_turn(events_of):
    chunks = [call('{"a":', id="x", name="f"), chunk(content="And "), chunk(content="so"), call("1}"), chunk("stop")]
    assert blocks(events_of(chunks)) == [
        *("0 tool_use", '0 + {"a":', "0 + 1}", "0 ."),
        *("1 text", "1 + And ", "1 + so", "1 ."),
    ]


def test_the_one_call_of_older_servers_is_a_call(events_of):
    chunks = [chunk(function_call={"name": "now", "arguments": "{"}), chunk(function_call={"arguments": "}"})]
    events = events_of([*chunks, chunk("function_call")])
    assert blocks(events) == ["0 tool_use", "0 + {", "0 + }", "0 ."]
    assert events[-2]["delta"]["stop_reason"] == "tool_use"


# ------------------------------------------------------------------------------------------------------------- thinking

SIGNED = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "ZW5j"}


@pytest.mark.parametrize(
    "chunks",
    [
        [chunk(reasoning_content="Hm."), chunk(thinking_blocks=[SIGNED])],  # the block says it again, when it is whole
        [chunk(reasoning_content="Hm.", thinking_blocks=[SIGNED])],  # at once, as in an answer that came whole
        [chunk(thinking_blocks=[SIGNED])],
        [chunk(reasoning_content="Hm."), chunk(thinking_blocks=[{"type": "thinking", "signature": "c2ln"}])],
        [
            chunk(reasoning_content="Hm.", thinking_blocks=[{"type": "thinking", "thinking": "Hm."}]),
            chunk(thinking_blocks=[{"type": "thinking", "thinking": "", "signature": "c2ln"}]),
        ],
    ],
)
def test_a_signature_ends_the_thinking_that_was_streamed(chunks, events_of, official):
    events = events_of([*chunks, chunk(content="Yes."), chunk("stop")])
    assert blocks(events) == ["0 thinking", "0 + Hm.", "0 + c2ln", "0 .", "1 text", "1 + Yes.", "1 ."]
    for event in events:
        official.check("MessageStreamEvent", event)


def test_thinking_that_is_kept_from_view_has_a_signature_alone(events_of):
    chunks = [chunk(thinking_blocks=[{"type": "thinking", "thinking": "", "signature": "c2ln"}]), chunk(content="Yes.")]
    assert blocks(events_of(chunks))[:3] == ["0 thinking", "0 + c2ln", "0 ."]


def test_redacted_thinking_is_a_block_and_what_follows_a_signature_another(events_of, official):
    thoughts = [chunk(thinking_blocks=[SIGNED]), chunk(reasoning_content="More."), chunk(thinking_blocks=[REDACTED])]
    events = events_of([*thoughts, chunk(content="Yes."), chunk("stop")])
    assert blocks(events) == [
        *("0 thinking", "0 + Hm.", "0 + c2ln", "0 ."),
        *("1 thinking", "1 + More.", "1 ."),
        *("2 redacted_thinking", "2 ."),
        *("3 text", "3 + Yes.", "3 ."),
    ]
    for event in events:
        official.check("MessageStreamEvent", event)


# ------------------------------------------------------------------------------------------------------------- the stop


def test_a_matched_stop_sequence_and_a_refusal_stand_at_the_end(events_of):
    stopped = events_of([chunk(content="Hi"), chunk("stop", fields={"stop_reason": "END"})])
    assert (stopped[-2]["delta"]["stop_reason"], stopped[-2]["delta"]["stop_sequence"]) == ("stop_sequence", "END")
    refused = events_of([chunk(refusal="I can"), chunk(refusal="not."), chunk("stop")])
    assert refused[-2]["delta"]["stop_reason"] == "refusal"
    assert refused[-2]["delta"]["stop_details"]["explanation"] == "I cannot."


@pytest.mark.parametrize(
    "beside",
    [
        {"tool_calls": [{"index": 0, "id": "x", "function": {"name": "f", "arguments": "{}"}}]},
        {"reasoning_content": "Hm"},
        {"reasoning": "Hm"},
        {"refusal": "No"},
        {"function_call": {"name": "f", "arguments": "{}"}},
        {"thinking_blocks": [SIGNED]},
    ],
)
def test_what_stands_beside_a_text_is_not_lost(beside, events_of):
    """A chunk in the middle of a text takes the short way only where it holds nothing else."""
    alone = events_of([chunk(content="a"), chunk(content="b"), chunk("stop")])
    assert events_of([chunk(content="a"), chunk(content="b", **beside), chunk("stop")]) != alone
    assert "b" in str(events_of([chunk(content="a"), chunk(content="b", **beside), chunk("stop")]))


def test_usage_that_comes_with_a_piece_of_text_is_not_lost(events_of):
    assert events_of([chunk(content="a"), chunk(content="b", usage=USAGE)])[-2]["usage"]["output_tokens"] == 4


def test_a_finish_and_usage_that_come_with_text_are_not_lost(events_of):
    events = events_of([chunk(content="a"), chunk("length", usage=USAGE, content="b")])
    assert blocks(events) == ["0 text", "0 + a", "0 + b", "0 ."]
    assert events[-2]["delta"]["stop_reason"] == "max_tokens"
    assert events[-2]["usage"]["output_tokens"] == 4
