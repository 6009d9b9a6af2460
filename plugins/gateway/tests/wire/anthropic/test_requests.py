"""A body of /v1/messages becomes a chat, and the chat the body again."""

from __future__ import annotations

import pytest
from jackfield_gateway.wire.anthropic import chat_to_request, request_to_chat

CACHED = {"cache_control": {"type": "ephemeral"}}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def body_of(*content, role="user", **fields):
    return {"max_tokens": 9, "messages": [{"role": role, "content": list(content)}], **fields}


def message_of(*content, role="user"):
    """Return the one message that these blocks make."""
    [message] = request_to_chat(body_of(*content, role=role))[0]
    return message


def text(words, **fields):
    return {"type": "text", "text": words, **fields}


def call(id="toolu_1", name="weather", **given):
    return {"type": "tool_use", "id": id, "name": name, "input": given}


def result(content="Sunny.", id="toolu_1", **fields):
    return {"type": "tool_result", "tool_use_id": id, "content": content, **fields}


PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0="}}
ADDRESS = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
PART_OF_PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0="}}

# Each body has one way to be said in a chat, and that chat one way to be said to Anthropic.
PAIRS = {
    "strings": (
        {
            "system": "Be brief.",
            "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}],
        },
        [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Ho"},
        ],
    ),
    "system in blocks": (
        {"system": [text("One."), text("Two.", **CACHED)], "messages": [{"role": "user", "content": "Hi"}]},
        [{"role": "system", "content": [text("One."), text("Two.", **CACHED)]}, {"role": "user", "content": "Hi"}],
    ),
    "system between turns": (
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Now in French."}]},
        [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Now in French."}],
    ),
    "text and images in their order": (
        {"messages": [{"role": "user", "content": [text("Compare"), PICTURE, text("and"), {**ADDRESS, **CACHED}]}]},
        [
            {
                "role": "user",
                "content": [
                    text("Compare"),
                    PART_OF_PICTURE,
                    text("and"),
                    {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}, **CACHED},
                ],
            }
        ],
    ),
    "a call and its result": (
        {
            "messages": [
                {"role": "user", "content": "Weather?"},
                {"role": "assistant", "content": [text("I look."), {**call(city="Köln"), **CACHED}]},
                {"role": "user", "content": [result("boom", is_error=True), text("And now?")]},
            ]
        },
        [
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "content": "I look.",
                "tool_calls": [
                    {
                        "id": "toolu_1",
                        "type": "function",
                        "function": {"name": "weather", "arguments": '{"city":"Köln"}'},
                        **CACHED,
                    }
                ],
            },
            {"role": "tool", "tool_call_id": "toolu_1", "content": "boom", "is_error": True},
            {"role": "user", "content": "And now?"},
        ],
    ),
    "calls without a word, several results with pictures": (
        {
            "messages": [
                {"role": "assistant", "content": [call("a"), call("b")]},
                {"role": "user", "content": [result([text("A map:"), PICTURE], "a", **CACHED), result("", "b")]},
            ]
        },
        [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{}"}},
                    {"id": "b", "type": "function", "function": {"name": "weather", "arguments": "{}"}},
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": [text("A map:"), PART_OF_PICTURE], **CACHED},
            {"role": "tool", "tool_call_id": "b", "content": ""},
        ],
    ),
    "thinking, signed and redacted": (
        {
            "messages": [
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                        {"type": "redacted_thinking", "data": "ZW5j"},
                        text("Yes."),
                    ],
                }
            ]
        },
        [
            {
                "role": "assistant",
                "content": "Yes.",
                "reasoning_content": "Hm.",
                "thinking_blocks": [
                    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                    {"type": "redacted_thinking", "data": "ZW5j"},
                ],
            }
        ],
    ),
    "thinking of a model that signs nothing": (
        {
            "messages": [
                {
                    "role": "assistant",
                    "content": [{"type": "thinking", "thinking": "Hm.", "signature": ""}, text("Yes.")],
                }
            ]
        },
        [{"role": "assistant", "content": "Yes.", "reasoning_content": "Hm."}],
    ),
    "documents": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "document",
                            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
                            "title": "Plan",
                            "context": "draft",
                        },
                        {"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}},
                        {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
                    ],
                }
            ]
        },
        [
            {
                "role": "user",
                "content": [
                    {
                        "type": "file",
                        "file": {"file_data": "data:application/pdf;base64,JVBERg==", "filename": "Plan"},
                        "context": "draft",
                    },
                    {"type": "file", "file": {"file_data": "https://example.org/a.pdf"}},
                    {"type": "file", "file": {"file_id": "file_1"}},
                ],
            }
        ],
    ),
}


@pytest.mark.parametrize(("body", "chat"), PAIRS.values(), ids=PAIRS)
def test_messages_become_a_chat_and_come_back(body, chat):
    assert request_to_chat({"model": "m", "max_tokens": 9, **body}) == (chat, {"max_tokens": 9})
    assert chat_to_request(chat, {"max_tokens": 9}) == {"max_tokens": 9, **body}


PARAMETERS = {
    "sampling": ({"temperature": 0.5, "top_p": 1, "top_k": 3}, {"temperature": 0.5, "top_p": 1, "top_k": 3}),
    "stop sequences": ({"stop_sequences": ["\n\n", "END"]}, {"stop": ["\n\n", "END"]}),
    "the user": ({"metadata": {"user_id": "u-1"}}, {"user": "u-1"}),
    "other metadata": ({"metadata": {"user_id": "u-1", "team": "x"}}, {"user": "u-1", "metadata": {"team": "x"}}),
    "thinking passes on": (
        {"thinking": {"type": "enabled", "budget_tokens": 2048}},
        {"thinking": {"type": "enabled", "budget_tokens": 2048}},
    ),
    "effort": ({"output_config": {"effort": "high"}}, {"reasoning_effort": "high"}),
    "a schema for the answer": (
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "output", "strict": True, "schema": SCHEMA},
            }
        },
    ),
    "what has no other name": (
        {"container": "c", "inference_geo": "eu", "cache_control": {"type": "ephemeral"}, "provider": 1, "self": None},
        {"container": "c", "inference_geo": "eu", "cache_control": {"type": "ephemeral"}, "provider": 1, "self": None},
    ),
    "the tier": ({"service_tier": "standard_only"}, {"service_tier": "default"}),
    "any tier": ({"service_tier": "auto"}, {"service_tier": "auto"}),
    "tools": (
        {
            "tools": [
                {"name": "weather", "description": "Tells.", "input_schema": SCHEMA, "strict": True, **CACHED},
                {"name": "stop", "input_schema": {"type": "object"}, "input_examples": [{}]},
            ]
        },
        {
            "tools": [
                {
                    "type": "function",
                    "function": {"name": "weather", "description": "Tells.", "parameters": SCHEMA, "strict": True},
                    **CACHED,
                },
                {
                    "type": "function",
                    "function": {"name": "stop", "parameters": {"type": "object"}},
                    "input_examples": [{}],
                },
            ]
        },
    ),
    "auto": ({"tool_choice": {"type": "auto"}}, {"tool_choice": "auto"}),
    "any, one at a time": (
        {"tool_choice": {"type": "any", "disable_parallel_tool_use": True}},
        {"tool_choice": "required", "parallel_tool_calls": False},
    ),
    "this tool, in parallel": (
        {"tool_choice": {"type": "tool", "name": "weather", "disable_parallel_tool_use": False}},
        {"tool_choice": {"type": "function", "function": {"name": "weather"}}, "parallel_tool_calls": True},
    ),
    "none": ({"tool_choice": {"type": "none"}}, {"tool_choice": "none"}),
}
HI = {"messages": [{"role": "user", "content": "Hi"}]}


@pytest.mark.parametrize(("given", "params"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters_become_a_chats_and_come_back(given, params):
    assert request_to_chat({**HI, "max_tokens": 9, **given}) == (HI["messages"], {"max_tokens": 9, **params})
    assert chat_to_request(HI["messages"], {"max_tokens": 9, **params}) == {**HI, "max_tokens": 9, **given}


def test_parameters_keep_the_callers_order_and_what_is_the_requests_own_is_none():
    body = {"top_p": 1, "stream": True, **HI, "zeta": 1, "model": "m", "system": "", "max_tokens": 9, "alpha": 2}
    assert list(request_to_chat(body)[1]) == ["top_p", "zeta", "max_tokens", "alpha"]


def test_null_is_as_good_as_nothing_and_an_empty_list_asks_for_nothing():
    body = {**HI, "system": None, "tools": [], "stop_sequences": [], "temperature": None, "metadata": {"user_id": None}}
    assert request_to_chat(body) == (HI["messages"], {})


def test_results_come_first_whatever_the_user_says_between_them():
    turn = body_of(text("First"), result("1", "a"), PICTURE, result("2", "b"), text("last"))
    assert request_to_chat(turn)[0] == [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "2"},
        {"role": "user", "content": [text("First"), PART_OF_PICTURE, text("last")]},
    ]


def test_a_lone_text_is_a_string_for_servers_that_take_no_parts():
    assert message_of(text("Hi")) == {"role": "user", "content": "Hi"}
    assert message_of(text("Hi", citations=None)) == {"role": "user", "content": "Hi"}
    assert message_of(result([text("Sunny.")])) == {"role": "tool", "tool_call_id": "toolu_1", "content": "Sunny."}


def test_a_text_document_is_text_that_every_model_can_read():
    source = {"type": "text", "media_type": "text/plain", "data": "Once upon a time"}
    said = message_of({"type": "document", "source": source, "title": "Tale"})
    assert said["content"] == [text("Once upon a time", title="Tale")]


def test_what_an_answer_says_of_itself_may_come_back():
    """SDKs send back the blocks of an answer as they got them, with nulls and the caller of each tool."""
    blocks = [text("Hm.", citations=None), {**call(city="Bonn"), "caller": {"type": "direct"}, "toolset_name": None}]
    said = message_of(*blocks, role="assistant")
    assert said["content"] == "Hm."
    assert said["tool_calls"][0].keys() == {"id", "type", "function"}


def test_an_answer_without_a_word_may_come_back():
    assert message_of(role="assistant") == {"role": "assistant", "content": ""}
    assert chat_to_request([{"role": "assistant", "content": None}], {})["messages"][0]["content"] == ""


CHATS = {
    "a developer is the system": (
        [{"role": "developer", "content": "A"}, {"role": "system", "content": "B"}, {"role": "user", "content": "C"}],
        {"system": [text("A"), text("B")], "messages": [{"role": "user", "content": "C"}]},
    ),
    "results and what the user adds are one turn": (
        [
            {"role": "tool", "tool_call_id": "a", "content": "1", "name": "weather"},
            {"role": "user", "content": [text("so"), text("and so")]},
            {"role": "user", "content": "more"},
        ],
        {
            "messages": [
                {"role": "user", "content": [result("1", "a"), text("so"), text("and so")]},
                {"role": "user", "content": "more"},
            ]
        },
    ),
    "an answer comes back as the core gave it": (
        [
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": " "}}],
                "function_call": None,
                "refusal": None,
                "annotations": [],
                "audio": None,
            }
        ],
        {"messages": [{"role": "assistant", "content": [call("a", "f")]}]},
    ),
    "a system that says nothing is none": (
        [{"role": "user", "content": "A"}, {"role": "system", "content": ""}],
        {"messages": [{"role": "user", "content": "A"}]},
    ),
    "a refusal is text": (
        [{"role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}],
        {"messages": [{"role": "assistant", "content": "No."}]},
    ),
}


@pytest.mark.parametrize(("chat", "body"), CHATS.values(), ids=CHATS)
def test_a_chat_becomes_messages(chat, body):
    assert chat_to_request(chat, {}, max_tokens=7) == {"max_tokens": 7, **body}


def test_a_chats_parameters_become_anthropics():
    params = {
        "max_completion_tokens": 5,
        "stop": "END",
        "n": 1,
        "stream_options": {"include_usage": True},
        "response_format": {"type": "text"},
        "parallel_tool_calls": False,
        "seed": 3,
        "tools": [{"type": "function", "function": {"name": "now"}}],
    }
    assert chat_to_request(HI["messages"], params) == {
        **HI,
        "max_tokens": 5,
        "stop_sequences": ["END"],
        "seed": 3,
        "tools": [{"name": "now", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
    }


def test_where_no_tool_may_be_called_none_is_called_in_parallel():
    params = {"tool_choice": "none", "parallel_tool_calls": True}
    assert chat_to_request(HI["messages"], params)["tool_choice"] == {"type": "none"}


NOT_DESCRIBED = {"system between turns", "documents", "other metadata", "what has no other name"}
DESCRIBED = {
    **{name: (chat, {}) for name, (_, chat) in PAIRS.items()},
    **{name: (HI["messages"], params) for name, (_, params) in PARAMETERS.items()},
}


@pytest.mark.parametrize("name", sorted(DESCRIBED.keys() - NOT_DESCRIBED))
def test_what_is_made_for_anthropic_is_as_its_description_says(name, official):
    official.check("CreateMessageParams", {"model": "m", **chat_to_request(*DESCRIBED[name])})
