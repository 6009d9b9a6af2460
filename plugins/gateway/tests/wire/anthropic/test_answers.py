"""A chat's whole answer becomes a message, and a message a chat's answer."""

from __future__ import annotations

import json

import pytest
from jackfield.errors import InvalidResponseError
from jackfield.types import ModelResponse
from jackfield_gateway.wire.anthropic import message_to_response, response_to_message


def answer(finish="stop", usage=None, fields=None, **message):
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}, **(fields or {})}
    return {"id": "chatcmpl-1", "model": "m-1", "choices": [choice], "usage": usage}


def message_of(response):
    return response_to_message(ModelResponse.model_validate(response), "asked-for")


def stop_of(message):
    return message["stop_reason"], message["stop_sequence"]


def call(id="call_1", name="weather", arguments='{"city":"Bonn"}'):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def text(words):
    return {"type": "text", "text": words, "citations": None}


def tool_use(id="call_1", name="weather", **given):
    return {"type": "tool_use", "id": id, "name": name, "input": given, "caller": {"type": "direct"}}


def test_an_answer_has_the_fields_that_the_description_requires(official):
    usage = {"prompt_tokens": 18, "completion_tokens": 44, "total_tokens": 62}
    message = message_of(answer(content="Hi!", usage=usage))
    assert message == {
        "id": "chatcmpl-1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": [text("Hi!")],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 18,
            "output_tokens": 44,
            "cache_creation": None,
            "cache_creation_input_tokens": None,
            "cache_read_input_tokens": None,
            "inference_geo": None,
            "server_tool_use": None,
            "service_tier": None,
        },
        "container": None,
    }
    official.check("Message", message)


def test_every_field_that_is_documented_stands_there(documented):
    [block] = documented["content"]
    usage = documented["usage"]
    response = {
        "id": documented["id"],
        "model": documented["model"],
        "choices": [{"finish_reason": "stop", "message": {"content": block["text"]}}],
        "usage": {"prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"]},
    }
    message = message_of(response)
    assert (
        message.items()
        >= {name: value for name, value in documented.items() if name not in {"content", "usage"}}.items()
    )
    assert message["content"][0].items() >= block.items()
    assert message["usage"].items() >= usage.items()


def test_the_model_is_what_the_provider_says_else_the_one_asked_for():
    assert message_of({**answer(content="Hi"), "model": None})["model"] == "asked-for"
    assert message_of({**answer(content="Hi"), "model": "/models/llama.gguf"})["model"] == "asked-for"
    assert message_of({**answer(content="Hi"), "model": "meta/llama"})["model"] == "meta/llama"


def test_thinking_text_and_calls_are_blocks_in_this_order(official):
    message = message_of(
        answer("tool_calls", content="I look.", reasoning_content="Hm.", tool_calls=[call(), call("call_2", "now", "")])
    )
    assert message["content"] == [
        {"type": "thinking", "thinking": "Hm.", "signature": ""},
        text("I look."),
        tool_use(city="Bonn"),
        tool_use("call_2", "now"),
    ]
    assert message["stop_reason"] == "tool_use"
    official.check("Message", message)


def test_thinking_that_is_signed_is_given_as_it_is(official):
    blocks = [
        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "ZW5j"},
    ]
    message = message_of(answer(content="Yes.", reasoning_content="Hm.", thinking_blocks=blocks))
    assert message["content"] == [*blocks, text("Yes.")]
    official.check("Message", message)


@pytest.mark.parametrize("junk", [5, "x", [5], [{"type": "text"}], [None], None])
def test_what_is_no_thinking_block_is_none(junk):
    assert message_of(answer(content="Yes.", thinking_blocks=junk))["content"] == [text("Yes.")]


def test_newer_servers_call_it_reasoning():
    assert message_of(answer(content=None, reasoning="Hm."))["content"][0]["thinking"] == "Hm."


def test_an_empty_answer_has_no_blocks(official):
    for response in (answer(content=""), answer(content=None), {"id": "x", "choices": []}):
        message = message_of(response)
        assert (message["content"], message["stop_reason"]) == ([], "end_turn")
        official.check("Message", message)


def test_content_in_parts_is_one_text():
    parts = [{"type": "text", "text": "a"}, {"type": "other"}, {"type": "text", "text": "b"}]
    assert message_of(answer(content=parts))["content"] == [text("ab")]


@pytest.mark.parametrize(
    ("arguments", "finish", "read"),
    [
        ('{"city": "Bonn"}', "tool_calls", {"city": "Bonn"}),
        ("", "tool_calls", {}),
        (None, "tool_calls", {}),
        ("null", "tool_calls", {}),
        ('{"a": 1, "b": "Bo', "length", {"a": 1}),
        ('{"a": 1, "b": "Bo', "tool_calls", {"INVALID_JSON": '{"a": 1, "b": "Bo'}),
        ("weather in Bonn", "length", {"INVALID_JSON": "weather in Bonn"}),
        ("[1]", "tool_calls", {"INVALID_JSON": "[1]"}),
    ],
)
def test_arguments_that_are_no_object_are_shown_as_they_are_and_a_cut_object_as_far_as_it_goes(arguments, finish, read):
    [block] = message_of(answer(finish, tool_calls=[call(arguments=arguments)]))["content"]
    assert block["input"] == read


def test_a_call_without_an_id_gets_one_that_stays_the_same(official):
    response = {**answer("tool_calls", tool_calls=[call(None), call(None)]), "id": "gen:1"}
    message = message_of(response)
    assert [block["id"] for block in message["content"]] == ["toolu_gen_1_0", "toolu_gen_1_1"]
    official.check("Message", message)


def test_the_one_call_of_older_servers_is_a_call():
    message = message_of(answer("function_call", function_call={"name": "now", "arguments": "{}"}))
    assert message["content"] == [tool_use("toolu_chatcmpl-1_0", "now")]
    assert message["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("tool_calls", "tool_use"),
        ("content_filter", "refusal"),
        (None, "end_turn"),
        ("eos_token", "end_turn"),
        ("pause_turn", "pause_turn"),
        ("model_context_window_exceeded", "model_context_window_exceeded"),
    ],
)
def test_a_finish_reason_is_a_stop_reason(finish, reason):
    assert stop_of(message_of(answer(finish, content="Hi"))) == (reason, None)


def test_a_turn_that_calls_tools_ends_with_tool_use_whatever_the_server_called_it():
    assert stop_of(message_of(answer("stop", tool_calls=[call()]))) == ("tool_use", None)
    assert stop_of(message_of(answer("length", tool_calls=[call()]))) == ("max_tokens", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"stop_reason": "END"},
        {"matched_stop": "END"},
        {"stop_sequence": "END"},
        {"provider_specific_fields": {"stop_sequence": "END"}},
        {"stop_reason": 128001, "matched_stop": "END"},
    ],
)
def test_the_stop_sequence_is_told_where_the_server_says_which(fields):
    assert stop_of(message_of(answer(content="Hi", fields=fields))) == ("stop_sequence", "END")


@pytest.mark.parametrize(
    ("finish", "fields"),
    [
        ("stop", {"stop_reason": None}),
        ("stop", {"stop_reason": 128001}),
        ("stop", {"stop_reason": "end_turn"}),
        ("stop", {"matched_stop": 2, "provider_specific_fields": "none"}),
        ("length", {"stop_reason": "END"}),
    ],
)
def test_what_is_no_stop_sequence_is_not_told_as_one(finish, fields):
    assert stop_of(message_of(answer(finish, content="Hi", fields=fields)))[1] is None


def test_a_refusal_in_words_explains_the_stop(official):
    message = message_of(answer("stop", content=None, refusal="I cannot."))
    assert message["content"] == []
    assert message["stop_reason"] == "refusal"
    assert message["stop_details"] == {"type": "refusal", "category": None, "explanation": "I cannot."}
    official.check("Message", message)


# --------------------------------------------------------------------------------------------------------------- usage


def usage_of(**usage):
    return message_of(answer(content="Hi", usage={"prompt_tokens": 100, "completion_tokens": 7, **usage}))["usage"]


def test_input_tokens_are_those_that_the_cache_had_no_part_in(official):
    usage = usage_of(prompt_tokens_details={"cached_tokens": 60, "cache_write_tokens": 30})
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (
        10,
        60,
        30,
    )
    official.check("Usage", usage)


def test_litellms_names_for_cached_tokens_count_as_well():
    usage = usage_of(cache_read_input_tokens=60, cache_creation_input_tokens=30)
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]) == (
        10,
        60,
        30,
    )


def test_a_server_that_counts_the_cache_apart_makes_no_negative_number():
    assert usage_of(prompt_tokens_details={"cached_tokens": 500})["input_tokens"] == 0


def test_tokens_of_thinking_are_told_where_they_are_known():
    assert usage_of(completion_tokens_details={"reasoning_tokens": 3})["output_tokens_details"] == {
        "thinking_tokens": 3
    }
    assert "output_tokens_details" not in usage_of(completion_tokens_details={})


@pytest.mark.parametrize(("tier", "told"), [("default", "standard"), ("priority", "priority"), ("flex", None)])
def test_the_service_tier_is_told_where_anthropic_has_a_name_for_it(tier, told):
    assert message_of({**answer(content="Hi"), "service_tier": tier})["usage"]["service_tier"] == told


# ------------------------------------------------------------------------------------------------------- the other way


def message(*content, stop="end_turn", **fields):
    usage = {"input_tokens": 10, "output_tokens": 7, "cache_read_input_tokens": 60, "cache_creation_input_tokens": 30}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": list(content),
        "stop_reason": stop,
        "usage": {**usage, "service_tier": "standard", "output_tokens_details": {"thinking_tokens": 3}},
        **fields,
    }


def test_a_message_becomes_a_chats_answer():
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    given = message(thinking, text("I "), text("look."), tool_use("toolu_1", city="Bonn"), stop="tool_use")
    assert message_to_response(given) == {
        "id": "msg_1",
        "object": "chat.completion",
        "model": "claude",
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": "I look.",
                    "reasoning_content": "Hm.",
                    "thinking_blocks": [thinking],
                    "tool_calls": [call("toolu_1")],
                },
            }
        ],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 7,
            "total_tokens": 107,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 3},
        },
        "service_tier": "default",
    }
    ModelResponse.model_validate(message_to_response(given))


@pytest.mark.parametrize(
    ("stop", "finish"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "stop"),
        (None, "stop"),
        ("something new", "stop"),
    ],
)
def test_a_stop_reason_is_a_finish_reason(stop, finish):
    assert message_to_response(message(text("Hi"), stop=stop))["choices"][0]["finish_reason"] == finish


def test_blocks_of_anthropics_own_tools_are_left_out():
    [choice] = message_to_response(message({"type": "server_tool_use", "id": "x"}, text("Hi")))["choices"]
    assert choice["message"] == {"role": "assistant", "content": "Hi"}


@pytest.mark.parametrize("content", [None, "Hi", ["Hi"]])
def test_an_answer_without_blocks_is_none(content):
    with pytest.raises(InvalidResponseError, match="no list of content blocks"):
        message_to_response({**message(), "content": content})


def test_a_refusal_and_a_stop_sequence_survive_both_ways():
    refused = answer("content_filter", content=None, refusal="I cannot.")
    [choice] = message_to_response(message_of(refused))["choices"]
    assert (choice["finish_reason"], choice["message"]["refusal"]) == ("content_filter", "I cannot.")
    stopped = message_of(answer(content="Hi", fields={"stop_reason": "END"}))
    assert stop_of(message_of({**message_to_response(stopped), "model": "m-1"})) == ("stop_sequence", "END")


def test_what_is_translated_is_json():
    assert json.loads(json.dumps(message_of(answer(content="Hi", tool_calls=[call()]))))
