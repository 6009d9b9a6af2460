"""A whole answer as a response, which OpenAI's description holds for one of its own."""

from __future__ import annotations

import pytest
from jackfield.types import ModelResponse
from jackfield_gateway.wire.responses import response_of

BODY = {"model": "asked-for", "input": "Hello"}
TOKEN = {
    "token": "Hi",
    "logprob": -0.1,
    "bytes": [72, 105],
    "top_logprobs": [{"token": "Yo", "logprob": -2, "bytes": None}],
}


def answer(message, finish_reason="stop", **fields):
    choice = {"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", **message}}
    choice["logprobs"] = fields.pop("logprobs", None)
    fields = {"id": "chatcmpl-4f", "created": 1700000000, "model": "model-1", "choices": [choice], **fields}
    return ModelResponse.model_validate(fields)


def call(id, name="add", arguments="{}", **beside):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}, **beside}


@pytest.fixture
def respond(official):
    def respond(message, body=BODY, **fields):
        response = response_of(answer(message, **fields), body)
        official.check_response(response)
        return response

    return respond


def text_part(text, **fields):
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": [], **fields}


def test_a_text_is_a_message_with_one_part(respond):
    usage = {
        "prompt_tokens": 3,
        "completion_tokens": 2,
        "total_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 1},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    response = respond({"content": "Hello"}, usage=usage, service_tier="default")
    assert response.pop("completed_at") > 1700000000
    assert response == {
        "id": "resp_4f",
        "object": "response",
        "created_at": 1700000000,
        "status": "completed",
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "metadata": {},
        "model": "model-1",
        "output": [
            {
                "id": "msg_4f_0",
                "type": "message",
                "status": "completed",
                "role": "assistant",
                "content": [text_part("Hello")],
            }
        ],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": None,
        "top_p": None,
        "truncation": "disabled",
        "usage": {
            "input_tokens": 3,
            "input_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 0},
            "output_tokens": 2,
            "output_tokens_details": {"reasoning_tokens": 1},
            "total_tokens": 5,
        },
        "user": None,
    }


def test_reasoning_text_refusal_and_calls_come_in_this_order(respond):
    message = {
        "content": "Hello",
        "refusal": "No.",
        "reasoning_content": "Hm",
        "tool_calls": [call("call_1", extra_content={"signature": "s"}), call(None, "sub", None)],
    }
    response = respond(message, finish_reason="tool_calls")
    assert response["output"] == [
        {
            "id": "rs_4f_0",
            "type": "reasoning",
            "status": "completed",
            "summary": [],
            "content": [{"type": "reasoning_text", "text": "Hm"}],
        },
        {
            "id": "msg_4f_1",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [text_part("Hello"), {"type": "refusal", "refusal": "No."}],
        },
        {
            "extra_content": {"signature": "s"},
            "id": "fc_4f_2",
            "type": "function_call",
            "status": "completed",
            "call_id": "call_1",
            "name": "add",
            "arguments": "{}",
        },
        {
            "id": "fc_4f_3",
            "type": "function_call",
            "status": "completed",
            "call_id": "call_fc_4f_3",
            "name": "sub",
            "arguments": "",
        },
    ]


@pytest.mark.parametrize(
    ("finish_reason", "reason"), [("length", "max_output_tokens"), ("content_filter", "content_filter")]
)
def test_a_cut_answer_is_incomplete_and_so_is_its_last_item(respond, finish_reason, reason):
    response = respond({"content": "Hel", "reasoning_content": "Hm"}, finish_reason=finish_reason)
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": reason})
    assert response["completed_at"] is None
    assert [item["status"] for item in response["output"]] == ["completed", "incomplete"]


@pytest.mark.parametrize("message", [{}, {"content": None}, {"content": ""}, {"content": []}])
def test_an_answer_without_anything_is_an_empty_message(respond, message):
    [item] = respond(message)["output"]
    assert item["content"] == [text_part("")]


def test_an_answer_without_choices_is_an_empty_message(official):
    response = response_of(ModelResponse(id="x", choices=[]), BODY)
    official.check_response(response)
    assert (response["id"], response["output"][0]["content"]) == ("resp_x", [text_part("")])


def test_a_content_in_parts_is_the_text_of_its_parts(respond):
    [item] = respond({"content": [{"type": "text", "text": "Hel"}, {"type": "other"}, {"text": "lo"}]})["output"]
    assert item["content"] == [text_part("Hello")]


def test_some_servers_call_reasoning_by_another_name(respond):
    assert respond({"content": "Hello", "reasoning": "Hm"})["output"][0]["content"][0]["text"] == "Hm"
    assert len(respond({"content": "Hello", "reasoning": {"effort": 1}})["output"]) == 1


def test_log_probabilities_have_lists_where_a_chat_may_have_null(respond):
    [item] = respond({"content": "Hi"}, logprobs={"content": [TOKEN, "junk"], "refusal": None})["output"]
    [found] = item["content"][0]["logprobs"]
    assert found == TOKEN | {"top_logprobs": [{"token": "Yo", "logprob": -2, "bytes": []}]}
    [item] = respond({"content": "Hi"}, logprobs={"tokens": ["Hi"]})["output"]
    assert item["content"][0]["logprobs"] == []


def test_annotations_lose_their_inner_object(respond):
    cited = {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
    [item] = respond({"content": "Hi", "annotations": [{"type": "url_citation", "url_citation": cited}]})["output"]
    assert item["content"][0]["annotations"] == [{"type": "url_citation", **cited}]


@pytest.mark.parametrize("model", ["/models/night.gguf", "./night", "~/night", r"C:\models\night", "", None])
def test_a_model_without_a_name_is_called_as_it_was_asked_for(respond, model):
    assert respond({"content": "Hello"}, model=model)["model"] == "asked-for"
    assert respond({"content": "Hello"}, model="meta/night")["model"] == "meta/night"


def test_a_name_that_the_core_filled_in_is_not_the_models():
    filled = answer({"content": "Hello"})
    filled.model_fields_set.discard("model")
    assert response_of(filled, BODY)["model"] == "asked-for"


def test_a_response_repeats_what_was_asked(respond):
    asked = {
        "instructions": "Be brief.",
        "max_output_tokens": 50,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "reasoning": {"effort": "low"},
        "temperature": 0.5,
        "text": {"format": None, "verbosity": "low"},
        "tool_choice": {"type": "function", "name": "add"},
        "tools": [{"type": "function", "name": "add"}],
        "top_p": 0.5,
        "truncation": None,
        "user": "me",
    }
    response = respond({"content": "Hello"}, BODY | asked)
    assert {name: response[name] for name in asked} == asked | {
        "reasoning": {"effort": "low", "summary": None},
        "text": {"format": {"type": "text"}, "verbosity": "low"},
        "tools": [{"type": "function", "name": "add", "parameters": None, "strict": None}],
        "truncation": "disabled",
    }


def test_two_responses_share_nothing_that_one_may_change():
    first, second = (response_of(answer({"content": "Hello"}), BODY) for _ in range(2))
    first["metadata"]["changed"] = first["text"]["format"]["changed"] = first["reasoning"]["changed"] = True
    assert second["metadata"] == {}
    assert "changed" not in {**second["text"]["format"], **second["reasoning"]}


def test_usage_that_counts_little_is_told_in_full(respond):
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": None}
    assert respond({"content": "Hello"}, usage=usage)["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": 2,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 5,
    }
    assert respond({"content": "Hello"})["usage"] is None


def test_an_answer_without_an_id_gets_a_fresh_one():
    unnamed = answer({"content": "Hello"}, id="")
    ids = {response_of(unnamed, BODY)["id"] for _ in range(2)}
    assert len(ids) == 2
