"""Text completions, and chats that go out as one prompt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jackfield import BadRequestError, CompletionRequest, TextCompletionRequest
from jackfield.transports.memory import Reply

OPTIONS: Any = {"api_base": "https://models.example/v1", "num_retries": 0}
WARNING = "This model version is deprecated."
CHOICES = [
    {"text": "\n\nThe weather", "index": 0, "logprobs": None, "finish_reason": "length"},
    {"text": "It rains", "index": 1, "logprobs": {"tokens": ["It"]}, "finish_reason": "stop", "extra": 1},
]
SENT = {
    "warning": WARNING,
    "id": "cmpl-8HxHqF5dymQd",
    "object": "text_completion",
    "created": 1699290166,
    "model": "text-davinci-003",
    "choices": CHOICES,
    "usage": {"prompt_tokens": 7, "completion_tokens": 16, "total_tokens": 23},
}
ANSWER = json.dumps(SENT).encode()


def event(text, finish=None, index=0, **more):
    choice = {"index": index, "text": text, "logprobs": None, "finish_reason": finish}
    return b"data: %b\n\n" % json.dumps({**SENT, "choices": [choice], **more, "usage": None}).encode()


EVENTS = event("Once ") + event("upon") + event("", "length") + b"data: [DONE]\n\n"


def text(prompt="Once", provider="openai", **more):
    return TextCompletionRequest(f"{provider}/small", prompt, options=OPTIONS, **more)


def chat(*messages, **more):
    return CompletionRequest("text-completion-openai/small", list(messages), options=OPTIONS, **more)


def says(content, role="user"):
    return {"role": role, "content": content}


@pytest.mark.parametrize("provider", ["openai", "text-completion-openai"])
@pytest.mark.parametrize("prompt", ["Once", ["Once", "Twice"], [1, 2, 3], [[1, 2], [3]]])
def test_prompts_of_every_kind_pass_and_every_field_survives(wire, provider, prompt):
    response = wire(text(prompt, provider, params={"logprobs": 1}), ANSWER)
    assert wire.sent[0].url == "https://models.example/v1/completions"
    assert wire.body == {"model": "small", "prompt": prompt, "logprobs": 1}
    assert response.model_dump(exclude_unset=True) == SENT


@pytest.mark.parametrize("provider", ["openai", "text-completion-openai"])
@pytest.mark.parametrize("size", [1, 1000])
def test_a_streamed_text_has_the_shape_of_text(wire, provider, size):
    reply = Reply(content=[EVENTS[start : start + size] for start in range(0, len(EVENTS), size)])
    chunks, response, error = wire(text(provider=provider, stream=True), reply)
    assert error is None
    assert wire.body["stream"] is True
    assert {chunk.object for chunk in chunks} == {"text_completion"}
    assert [choice.text for chunk in chunks for choice in chunk.choices] == ["Once ", "upon", ""]
    assert (response.object, response.choices[0].text, response.choices[0].finish_reason) == (
        "text_completion",
        "Once upon",
        "length",
    )
    assert response.warning == WARNING


def test_a_chat_is_answered_in_the_shape_of_a_chat(wire):
    """What seed 003 shows: one prompt of all messages, every field of the answer kept."""
    response = wire(chat(says("Be brief.", "system"), says("How is the weather?"), params={"max_tokens": 16}), ANSWER)
    assert wire.sent[0].url == "https://models.example/v1/completions"
    assert wire.body == {"model": "small", "prompt": "Be brief.\nHow is the weather?", "max_tokens": 16}
    assert response.object == "chat.completion"
    assert [(each.index, each.finish_reason, each.message.role, each.message.content) for each in response.choices] == [
        (0, "length", "assistant", "\n\nThe weather"),
        (1, "stop", "assistant", "It rains"),
    ]
    assert (response.id, response.created, response.model) == ("cmpl-8HxHqF5dymQd", 1699290166, "text-davinci-003")
    assert (response.warning, response.usage.total_tokens, response.choices[1].extra) == (WARNING, 23, 1)


@pytest.mark.parametrize("size", [1, 1000])
def test_a_streamed_chat_comes_in_chunks_of_a_chat(wire, size):
    reply = Reply(content=[EVENTS[start : start + size] for start in range(0, len(EVENTS), size)])
    streamed = wire(chat(says("Once"), stream=True), reply)
    assert streamed.error is None
    assert wire.body == {"model": "small", "prompt": "Once", "stream": True}
    assert {chunk.object for chunk in streamed.chunks} == {"chat.completion.chunk"}
    assert streamed.chunks[0].choices[0].delta.role == "assistant"
    assert streamed.text == streamed.response.choices[0].message.content == "Once upon"
    assert streamed.response.choices[0].finish_reason == "length"
    assert streamed.response.warning == WARNING


@pytest.mark.parametrize(
    ("messages", "prompt"),
    [
        ([], ""),
        ([says("")], ""),
        ([says("a"), says("b", "assistant"), says("c")], "a\nb\nc"),
        ([says([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), says("c")], "a\nb\nc"),
        ([says(["a", {"type": "text", "text": "b"}])], "a\nb"),
        ([says(None, "assistant"), says("a")], "a"),
        ([{"role": "assistant"}, says("a")], "a"),
    ],
)
def test_messages_become_one_prompt_joined_by_newlines(sync_wire, messages, prompt):
    sync_wire(chat(*messages), ANSWER)
    assert sync_wire.body["prompt"] == prompt


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}


@pytest.mark.parametrize(
    ("message", "named"),
    [
        (says([{"type": "text", "text": "a"}, PICTURE]), r"messages\[1\]\.content\[1\] of type 'image_url'"),
        (says([{"type": "text"}]), r"messages\[1\]\.content\[0\]"),
        (says([7]), r"messages\[1\]\.content\[0\]"),
        (says({"text": "a"}), r"messages\[1\]\.content"),
        ({"role": "assistant", "content": None, "tool_calls": [{"id": "a"}]}, r"messages\[1\]\.tool_calls"),
        ({"role": "assistant", "content": None, "function_call": {"name": "a"}}, r"messages\[1\]\.function_call"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_no_text_is_refused_by_name(wire, message, named, stream):
    with pytest.raises(BadRequestError, match=named) as caught:
        wire(chat(says("fine"), message, stream=stream))
    assert caught.value.param == "messages"
    assert wire.sent == []
