"""Chats with echo: what it says, whole and streamed, for every kind of caller."""

from __future__ import annotations

import asyncio
import json

import pytest
from jackfield import BadRequestError, acompletion, completion
from pydantic import BaseModel

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
            "required": ["city", "days"],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock"}}


def user(content):
    return [{"role": "user", "content": content}]


def ask(content="Is anybody there?", **more):
    return completion("echo/hello", messages=user(content), **more)


def said(answer):
    return answer.choices[0].message.content


def test_it_answers_with_what_it_was_told():
    answer = ask()
    assert answer.model_dump(exclude_none=True) == {
        "id": "chatcmpl-29caa29315a9d291fd29ef1006f83d74",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "hello",
        "choices": [
            {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Is anybody there?"}}
        ],
        "usage": {"prompt_tokens": 3, "completion_tokens": 3, "total_tokens": 6},
    }


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([{"role": "user", "content": "first"}, {"role": "assistant", "content": "a"}], "first"),
        ([{"role": "user", "content": "first"}, {"role": "user", "content": "second"}], "second"),
        ([{"role": "user", "content": "now"}, {"role": "tool", "tool_call_id": "1", "content": "12:00"}], "12:00"),
        (user([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {}}]), "a [image_url]"),
        (user(None), ""),
        ([{"role": "system", "content": "be brief"}], ""),
        ([], ""),
    ],
    ids=["before an answer", "the last of two", "a tool's result", "parts", "nothing", "system only", "no message"],
)
def test_it_gives_back_the_last_words_said_to_it(messages, expected):
    assert said(completion("echo/hello", messages=messages)) == expected


def test_the_same_request_gets_the_same_answer_and_no_other_does():
    assert ask() == ask()
    assert len({ask().id, ask(n=2).id, ask("Hi").id, completion("echo/other", messages=user("Hi")).id}) == 4


@pytest.mark.parametrize(
    ("parameters", "expected", "finish"),
    [
        ({"max_tokens": 2}, "one two", "length"),
        ({"max_completion_tokens": 3}, "one two three", "length"),
        ({"max_tokens": 4}, "one two three four", "stop"),
        ({"stop": "three"}, "one two ", "stop"),
        ({"stop": ["four", " two"]}, "one", "stop"),
        ({"stop": "three", "max_tokens": 1}, "one", "length"),
    ],
)
def test_it_stops_where_it_is_told_to(parameters, expected, finish):
    answer = ask("one two three four", **parameters)
    assert (said(answer), answer.choices[0].finish_reason) == (expected, finish)


def test_n_choices_are_n_times_the_same_and_all_are_counted():
    answer = ask("one two", n=3)
    assert [(choice.index, choice.message.content) for choice in answer.choices] == [(i, "one two") for i in range(3)]
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (2, 6, 8)


# --------------------------------------------------------------------------------------------------------------- tools


def test_a_chat_with_tools_calls_the_first_with_arguments_of_its_schema():
    [choice] = ask(tools=[WEATHER, CLOCK]).choices
    [call] = choice.message.tool_calls
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", None)
    assert (call.type, call.function.name) == ("function", "weather")
    assert json.loads(call.function.arguments) == {"city": "echo", "days": 1}


def test_the_tool_that_is_chosen_is_called():
    chosen = {"type": "function", "function": {"name": "clock"}}
    [call] = ask(tools=[WEATHER, CLOCK], tool_choice=chosen).choices[0].message.tool_calls
    assert (call.function.name, call.function.arguments) == ("clock", "{}")


def test_no_tool_is_called_where_none_may_be():
    assert said(ask("Hi", tools=[WEATHER], tool_choice="none")) == "Hi"


def test_the_conversation_with_a_tool_comes_to_its_end():
    messages = user("Which city?")
    message = completion("echo/hello", messages=messages, tools=[WEATHER]).choices[0].message
    result = {"role": "tool", "tool_call_id": message["tool_calls"][0].id, "content": "Rain"}
    assert said(completion("echo/hello", messages=[*messages, message, result], tools=[WEATHER])) == "Rain"


# -------------------------------------------------------------------------------------------------- structured answers


class Address(BaseModel):
    street: str
    number: int


class Person(BaseModel):
    name: str
    addresses: list[Address]
    home: Address


SCHEMA = {"type": "json_schema", "json_schema": {"name": "person", "schema": Person.model_json_schema()}}


@pytest.mark.parametrize("shape", [SCHEMA, Person], ids=["a schema", "a class"])
def test_a_structured_answer_has_the_shape_that_was_asked_for(shape):
    person = Person.model_validate_json(said(ask(response_format=shape)))
    assert person == Person(name="echo", addresses=[], home=Address(street="echo", number=0))


def test_a_json_object_holds_the_text():
    assert json.loads(said(ask("Hi", response_format={"type": "json_object"}))) == {"text": "Hi"}


def test_the_plain_text_format_is_plain():
    assert said(ask("Hi", response_format={"type": "text"})) == "Hi"


# ------------------------------------------------------------------------------------------------------------- streams

STREAMED = [
    {},
    {"n": 2},
    {"max_tokens": 2},
    {"tools": [WEATHER]},
    {"tools": [WEATHER], "n": 2},
    {"response_format": {"type": "json_object"}},
]


def test_a_stream_comes_word_by_word():
    pieces = [chunk.choices[0].delta.content for chunk in ask("one  two\nthree ", stream=True)]
    assert pieces == ["one", "  two", "\nthree", " ", None]


@pytest.mark.parametrize("parameters", STREAMED, ids=str)
def test_a_stream_adds_up_to_the_whole_answer(parameters):
    whole = ask(**parameters)
    with ask(stream=True, **parameters) as stream:
        chunks = list(stream)
    assert stream.response == whole
    assert {chunk.id for chunk in chunks} == {whole.id}


def test_a_stream_of_nothing_is_empty_and_finishes():
    with ask("", stream=True) as stream:
        assert [choice.finish_reason for chunk in stream for choice in chunk.choices][-1] == "stop"
    assert said(stream.response) == ""


def test_usage_is_streamed_to_who_asks_for_it():
    *_, last = ask("one two", stream=True, stream_options={"include_usage": True})
    assert (last.choices, last.usage.total_tokens) == ([], 4)


# ------------------------------------------------------------------------------------------------------ async callers


@pytest.mark.parametrize("parameters", STREAMED, ids=str)
def test_async_callers_get_what_sync_callers_get(parameters):
    async def both():
        answer = await acompletion("echo/hello", messages=user("Is anybody there?"), **parameters)
        stream = await acompletion("echo/hello", messages=user("Is anybody there?"), stream=True, **parameters)
        return answer, [chunk async for chunk in stream]

    assert asyncio.run(both()) == (ask(**parameters), list(ask(stream=True, **parameters)))


# ----------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_tokens": 0}, "max_tokens must be a whole number, 1 or more, not 0"),
        ({"n": "two"}, "n must be a whole number, 1 or more, not 'two'"),
        ({"tools": [{"name": "weather"}]}, "tools must be a list of mappings such as"),
        ({"tools": ["weather"]}, "tools must be a list of mappings such as"),
        ({"tools": [WEATHER], "tool_choice": {"function": {"name": "x"}}}, "tool_choice names 'x'"),
        ({"response_format": "json"}, "response_format is no shape that echo knows: 'json'"),
        ({"response_format": {"type": "json_schema"}}, "response_format is no shape that echo knows"),
        ({"logprobs": True}, "the provider 'echo' cannot send logprobs with completion"),
    ],
    ids=str,
)
def test_a_parameter_that_means_nothing_is_refused_by_name(parameters, message):
    with pytest.raises(BadRequestError) as caught:
        ask(**parameters)
    assert message in str(caught.value)
    assert caught.value.param in parameters
