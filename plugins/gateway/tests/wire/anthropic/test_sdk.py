"""The official SDK is content: it sends, gets, accumulates, and sends back what it got."""

from __future__ import annotations

import json

ANSWER = {
    "id": "chatcmpl-1",
    "model": "m-1",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Sunny."}}],
    "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15},
}
TOOL = {"name": "weather", "description": "Tells.", "input_schema": {"type": "object", "properties": {}}}


def chunk(finish=None, **delta):
    return {"id": "chatcmpl-1", "model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def test_create(server):
    serving = server(ANSWER)
    message = serving.client().messages.create(
        model="fast",
        max_tokens=64,
        system="Be brief.",
        messages=[{"role": "user", "content": "Weather?"}],
        stop_sequences=["END"],
        metadata={"user_id": "u-1"},
    )
    assert (message.id, message.content[0].text, message.stop_reason) == ("chatcmpl-1", "Sunny.", "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (12, 3)
    assert serving.messages == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Weather?"}]
    assert serving.params == {"max_tokens": 64, "stop": ["END"], "user": "u-1"}


def test_a_stream_with_its_helpers(server):
    usage = {"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}}
    chunks = [
        chunk(role="assistant"),
        chunk(reasoning_content="Hm."),
        chunk(content="Sun"),
        chunk(content="ny."),
        chunk("stop"),
    ]
    client = server(chunks=[*chunks, usage]).client()
    with client.messages.stream(
        model="fast", max_tokens=64, messages=[{"role": "user", "content": "Weather?"}]
    ) as stream:
        kinds = [event.type for event in stream]
        message = stream.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert {"thinking", "text"} <= set(kinds)
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[1].text == "Sunny."
    assert (message.stop_reason, message.usage.input_tokens, message.usage.output_tokens) == ("end_turn", 12, 3)


def test_a_tool_loop(server):
    """The answer's own content goes back as the SDK holds it, with the tool's result."""
    calling = server(
        chunks=[
            chunk(role="assistant", content="I look."),
            chunk(tool_calls=[{"index": 0, "id": "call_1", "function": {"name": "weather", "arguments": '{"city"'}}]),
            chunk(tool_calls=[{"index": 0, "function": {"arguments": ':"Bonn"}'}}]),
            chunk("tool_calls"),
        ]
    )
    asked = {"role": "user", "content": "Weather in Bonn?"}
    with calling.client().messages.stream(model="m", max_tokens=64, messages=[asked], tools=[TOOL]) as stream:
        message = stream.get_final_message()
    assert message.stop_reason == "tool_use"
    call = message.content[1]
    assert (call.name, call.input) == ("weather", {"city": "Bonn"})

    answering = server(ANSWER)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "18 °C", "is_error": False}
    answer = answering.client().messages.create(
        model="m",
        max_tokens=64,
        messages=[asked, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}],
        tools=[TOOL],
    )
    assert answer.content[0].text == "Sunny."
    assert answering.messages[1:] == [
        {
            "role": "assistant",
            "content": "I look.",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": json.dumps({"city": "Bonn"}, separators=(",", ":"))},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "18 °C"},
    ]
