"""What a request means as a chat: its messages and its parameters."""

from __future__ import annotations

import pytest
from jackfield import BadRequestError
from jackfield_gateway.wire.responses import request_to_chat

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
CALL = {"type": "function_call", "call_id": "call_1", "name": "add", "arguments": '{"a":1}'}
OUTPUT = {"type": "function_call_output", "call_id": "call_1", "output": "2"}
CHAT_CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}


def messages_of(input, **others):
    messages, _ = request_to_chat({"model": "m", "input": input, **others})
    return messages


def params_of(**params):
    _, found = request_to_chat({"model": "m", "input": "Hello", **params})
    return found


def user(*parts):
    return [{"role": "user", "content": list(parts)}]


# ------------------------------------------------------------------------------------------------------------ messages


def test_a_string_is_what_the_user_says_and_instructions_come_first():
    assert messages_of("Hello", instructions="Be brief.") == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello"},
    ]


@pytest.mark.parametrize("role", ["user", "assistant", "system", "developer"])
def test_each_role_is_kept_with_or_without_a_type(role):
    plain = {"role": role, "content": "Hello"}
    assert messages_of([plain]) == messages_of([{"type": "message", **plain}]) == [plain]


def test_a_text_that_stands_alone_becomes_a_string_and_several_stay_parts():
    hello, world = {"type": "input_text", "text": "Hello"}, {"type": "input_text", "text": "world"}
    assert messages_of(user(hello)) == [{"role": "user", "content": "Hello"}]
    texts = [{"type": "text", "text": "Hello"}, {"type": "text", "text": "world"}]
    cached = {**hello, "prompt_cache_breakpoint": {"mode": "explicit"}}
    assert messages_of(user(cached)) == user({**cached, "type": "text"})
    assert messages_of(user(hello, world)) == [{"role": "user", "content": texts}]


def test_images_and_files_keep_all_that_was_said_of_them():
    image = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "low", "file_id": None}
    file = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}
    assert messages_of(user(image, file, {"type": "input_text", "text": "Read", "cache": {"on": True}})) == user(
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA==", "detail": "low"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
        {"type": "text", "text": "Read", "cache": {"on": True}},
    )


def test_reasoning_text_and_calls_of_one_answer_are_one_message():
    reasoning = {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "Hm"}],
    }
    said = {"type": "output_text", "text": "Let me see", "annotations": [], "logprobs": []}
    message = {
        "type": "message",
        "id": "msg_1",
        "status": "completed",
        "phase": "commentary",
        "role": "assistant",
        "content": [said],
    }
    second = {**CALL, "call_id": "call_2", "id": "fc_2", "status": "completed"}
    assert messages_of([reasoning, message, CALL, second, OUTPUT, {**OUTPUT, "call_id": "call_2"}]) == [
        {
            "role": "assistant",
            "content": "Let me see",
            "reasoning_content": "Hm",
            "tool_calls": [CHAT_CALL, {**CHAT_CALL, "id": "call_2"}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "2"},
        {"role": "tool", "tool_call_id": "call_2", "content": "2"},
    ]


def test_calls_that_wait_are_followed_by_what_they_gave_whatever_was_said_between():
    words = {"role": "assistant", "content": "And also"}
    assert messages_of([CALL, words, {**CALL, "call_id": "call_2"}, OUTPUT]) == [
        {"role": "assistant", "content": "And also", "tool_calls": [CHAT_CALL, {**CHAT_CALL, "id": "call_2"}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "2"},
    ]


def test_two_answers_in_a_row_stay_two():
    first, second = {"role": "assistant", "content": "One"}, {"role": "assistant", "content": "Two"}
    assert messages_of([first, second]) == [first, second]
    texts = [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
    assert messages_of([first, CALL, second]) == [{"role": "assistant", "content": texts, "tool_calls": [CHAT_CALL]}]


def test_a_call_after_what_another_gave_is_another_message():
    assert [message["role"] for message in messages_of([CALL, OUTPUT, CALL, OUTPUT])] == ["assistant", "tool"] * 2


def test_a_summary_stands_for_reasoning_that_is_not_there():
    summary = [{"type": "summary_text", "text": "Thought"}, {"type": "summary_text", "text": "again"}]
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": None}
    assert messages_of([reasoning]) == [{"role": "assistant", "content": "", "reasoning_content": "Thought\n\nagain"}]


def test_a_refusal_has_its_own_place():
    refusal = {"type": "refusal", "refusal": "No."}
    assert messages_of([{"role": "assistant", "content": [refusal]}]) == [
        {"role": "assistant", "content": None, "refusal": "No."}
    ]


def test_what_a_call_gave_may_hold_images():
    image = {"type": "input_image", "image_url": "data:,", "detail": "auto"}
    [message] = messages_of([{**OUTPUT, "output": [{"type": "input_text", "text": "Here"}, image]}])
    assert message["content"] == [
        {"type": "text", "text": "Here"},
        {"type": "image_url", "image_url": {"url": "data:,", "detail": "auto"}},
    ]


def test_what_a_provider_put_beside_a_call_goes_back_to_it():
    [message] = messages_of([{**CALL, "extra_content": {"signature": "s"}, "namespace": None}])
    assert message["tool_calls"] == [{**CHAT_CALL, "extra_content": {"signature": "s"}}]


# ---------------------------------------------------------------------------------------------------------- parameters

FUNCTION = {"type": "function", "name": "add", "description": "Adds.", "parameters": SCHEMA, "strict": True}
CHAT_FUNCTION = {"type": "function", "function": {key: FUNCTION[key] for key in FUNCTION if key != "type"}}
NAMED = {"type": "function", "name": "add"}
FORMAT = {"type": "json_schema", "name": "N", "schema": SCHEMA, "strict": True}

TRANSLATIONS = [
    ({"max_output_tokens": 50}, {"max_tokens": 50}),
    ({"max_completion_tokens": 50}, {"max_completion_tokens": 50}),
    ({"temperature": 0, "top_p": 0.5}, {"temperature": 0, "top_p": 0.5}),
    ({"reasoning": {"effort": "low", "summary": "auto"}}, {"reasoning_effort": "low"}),
    ({"text": {"verbosity": "low", "format": {"type": "text"}}}, {"verbosity": "low"}),
    ({"text": {"format": {"type": "json_object"}}}, {"response_format": {"type": "json_object"}}),
    (
        {"text": {"format": {**FORMAT, "description": None}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "N", "schema": SCHEMA, "strict": True}}},
    ),
    ({"tools": [FUNCTION]}, {"tools": [CHAT_FUNCTION]}),
    ({"tools": [NAMED]}, {"tools": [{"type": "function", "function": {"name": "add"}}]}),
    ({"tools": []}, {}),
    ({"tool_choice": "required"}, {"tool_choice": "required"}),
    ({"tool_choice": NAMED}, {"tool_choice": {"type": "function", "function": {"name": "add"}}}),
    (
        {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [NAMED]}},
        {
            "tool_choice": {
                "type": "allowed_tools",
                "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "add"}}]},
            }
        },
    ),
    ({"parallel_tool_calls": False}, {"parallel_tool_calls": False}),
    ({"top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
    ({"top_logprobs": 0}, {}),
    ({"include": ["message.output_text.logprobs", "reasoning.encrypted_content"]}, {"logprobs": True}),
    ({"include": ["reasoning.encrypted_content"]}, {}),
    ({"include": ["message.output_text.logprobs"], "top_logprobs": 1}, {"logprobs": True, "top_logprobs": 1}),
    ({"metadata": {"a": "b"}, "user": "me"}, {"metadata": {"a": "b"}, "user": "me"}),
    (
        {"safety_identifier": "s", "prompt_cache_key": "p", "service_tier": "flex"},
        {"safety_identifier": "s", "prompt_cache_key": "p", "service_tier": "flex"},
    ),
    ({"store": False, "background": False, "truncation": "disabled", "max_tool_calls": 3, "n": 1}, {}),
    ({"previous_response_id": None, "store": None, "tools": None, "temperature": None, "text": None}, {}),
    (
        {"top_k": 3, "stop": ["a"], "provider": {"only": ["x"]}},
        {"top_k": 3, "stop": ["a"], "provider": {"only": ["x"]}},
    ),
    ({"stream": False}, {}),
    ({"stream": True}, {"stream_options": {"include_usage": True}}),
    (
        {"stream": True, "stream_options": {"include_obfuscation": False}},
        {"stream_options": {"include_usage": True, "include_obfuscation": False}},
    ),
    ({"stream": True, "stream_options": {"include_usage": False}}, {"stream_options": {"include_usage": False}}),
]


@pytest.mark.parametrize(("given", "meant"), TRANSLATIONS, ids=lambda value: ",".join(value) or "nothing")
def test_a_parameter_is_what_a_chat_calls_it(given, meant):
    assert params_of(**given) == meant


def test_parameters_keep_the_order_they_came_in():
    assert list(params_of(zeta=1, max_output_tokens=5, alpha=2, tools=[NAMED])) == [
        "zeta",
        "max_tokens",
        "alpha",
        "tools",
    ]


def test_a_request_stays_as_it_was():
    body = {"model": "m", "input": [CALL, OUTPUT], "tools": [FUNCTION], "stream": True, "stream_options": {}}
    before = repr(body)
    request_to_chat(body)
    assert repr(body) == before


def test_one_thing_said_twice_must_be_the_same():
    assert params_of(max_output_tokens=5, max_tokens=5) == {"max_tokens": 5}
    with pytest.raises(BadRequestError, match="max_tokens twice") as caught:
        params_of(max_output_tokens=5, max_tokens=6)
    assert caught.value.param == "max_tokens"
