"""What handlers really stream, and the chunks that the caller gets of it."""

from __future__ import annotations

import asyncio

import pytest
from jackfield import (
    AuthenticationError,
    ContractViolationError,
    RateLimitError,
    acompletion,
    completion,
    text_completion,
)
from jackfield.types import Delta, ModelResponse, ModelResponseStream, StreamingChoices, TextCompletionResponse
from jackfield_custom_format import CustomLLMError

USAGE = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
TOOL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}, "index": 0}


def generic(text, finish=None, **more):
    return {"text": text, "is_finished": finish is not None, "finish_reason": finish, "usage": None, **more}


def native(text, finish=None, **more):
    return ModelResponseStream(choices=[StreamingChoices(delta=Delta(content=text), finish_reason=finish)], **more)


class Counting:
    """An iterator that is no generator, and can be called."""

    def __init__(self):
        self.left = ["!", "Hi"]

    def __iter__(self):
        return self

    def __call__(self):
        raise AssertionError("it was given to be iterated over")

    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop()


# What `streaming` returns, by name. Each of them is "Hi!", finished with "stop".
RETURNS = {
    "generic chunks": lambda: [generic("Hi"), generic("!", "stop", index=0, tool_use=None)],
    "a finish of its own chunk": lambda: [generic("Hi!"), generic("", "stop")],
    "an empty finish reason": lambda: [generic("Hi!") | {"finish_reason": ""}, generic("", "stop")],
    "finished without a reason": lambda: [generic("Hi!") | {"is_finished": True}],
    "never finished": lambda: [generic("Hi!")],
    "text after the finish": lambda: [generic("Hi", "stop"), generic("!")],
    "one mapping instead of an iterator": lambda: generic("Hi!", "stop"),
    "one text instead of an iterator": lambda: "Hi!",
    "one chunk instead of an iterator": lambda: native("Hi!", "stop"),
    "a whole answer instead of an iterator": lambda: ModelResponse.of_text("Hi!"),
    "a list": lambda: ["Hi", "!"],
    "a tuple": lambda: ("Hi", "!"),
    "an iterator": lambda: iter(["Hi", "!"]),
    "an iterator that is no generator": Counting,
    "a generator": lambda: (text for text in ["Hi", "!"]),
    "native chunks": lambda: [native("Hi"), native("!", "stop")],
    "chunks as OpenAI's mappings": lambda: [{"choices": [{"delta": {"content": text}}]} for text in ("Hi", "!")],
    "chunks of a text completion": lambda: [TextCompletionResponse(choices=[{"text": text}]) for text in ("Hi", "!")],
    "a mixture": lambda: ["H", generic("i"), native("!")],
    "another model's stream": lambda: completion("test/x", mock_response="Hi!", stream=True),
}


def chunks_of(**arguments):
    return list(completion("mine/small", messages=[{"role": "user", "content": "Hello"}], stream=True, **arguments))


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def finishes(chunks):
    return [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]


@pytest.mark.parametrize("streamed", RETURNS.values(), ids=RETURNS)
def test_it_is_a_stream(handler, streamed):
    handler(streaming=lambda **_: streamed())
    chunks = chunks_of()
    assert all(type(chunk) is ModelResponseStream for chunk in chunks)
    assert (text_of(chunks), finishes(chunks)) == ("Hi!", ["stop"])
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant"] + [None] * (len(chunks) - 1)
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert {chunk.id for chunk in chunks} == {chunks[0].id}
    assert chunks[0].id


@pytest.mark.parametrize("streamed", RETURNS.values(), ids=RETURNS)
def test_its_whole_is_the_answer(handler, streamed):
    handler(streaming=lambda **_: streamed())
    response = completion("mine/small", messages=[])
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("Hi!", "stop")


def test_the_same_chunks_come_to_sync_and_to_async_callers(handler):
    async def astreaming(**_):
        for item in (generic("Hi"), native("!", "stop")):
            yield item

    handler(streaming=lambda **_: [generic("Hi"), native("!", "stop")], astreaming=astreaming)

    async def read():
        return [chunk async for chunk in await acompletion("mine/small", messages=[], stream=True)]

    def shown(chunks):
        return [chunk.model_dump(exclude={"id", "created"}) for chunk in chunks]

    assert shown(chunks_of()) == shown(asyncio.run(read()))


def test_an_empty_stream_finishes(handler):
    handler(streaming=lambda **_: [])
    assert finishes(chunks_of()) == ["stop"]


def test_several_choices_keep_their_indexes(handler):
    handler(streaming=lambda **_: [generic("one", index=0), generic("two", index=1), generic("", "length", index=1)])
    chunks = chunks_of()
    texts = [
        (choice.index, choice.delta.content) for chunk in chunks for choice in chunk.choices if choice.delta.content
    ]
    assert texts == [(0, "one"), (1, "two")]
    assert sorted((c.index, c.finish_reason) for chunk in chunks for c in chunk.choices if c.finish_reason) == [
        (0, "stop"),
        (1, "length"),
    ]


def test_usage_comes_once_and_last_to_who_asked_for_it(handler):
    handler(streaming=lambda **_: [generic("Hi!", usage=USAGE), generic("", "stop", usage=USAGE)])
    chunks = chunks_of(stream_options={"include_usage": True})
    assert [chunk.usage.total_tokens for chunk in chunks if chunk.usage] == [3]
    assert (chunks[-1].choices, chunks[-1].usage.prompt_tokens) == ([], 1)
    assert not any(chunk.usage for chunk in chunks_of())


def test_usage_after_the_finish_is_taken(handler):
    handler(streaming=lambda **_: [generic("Hi!", "stop"), generic("", usage=USAGE)])
    stream = completion("mine/small", messages=[], stream=True)
    assert text_of(list(stream)) == "Hi!"
    assert stream.response.usage.total_tokens == 3


def test_fields_of_its_own_are_kept(handler):
    handler(
        streaming=lambda **_: [
            generic("Hi!", reasoning_content="hm", house=1, provider_specific_fields={"safety": "low"}),
            native("", house=2),
        ]
    )
    first = chunks_of()[0]
    delta = first.choices[0].delta
    assert (delta.reasoning_content, delta.house) == ("hm", 1)
    assert delta.provider_specific_fields == first.provider_specific_fields == {"safety": "low"}


def test_an_unknown_finish_reason_passes(handler):
    handler(streaming=lambda **_: [generic("Hi!", "end_turn")])
    assert finishes(chunks_of()) == ["end_turn"]


# ---------------------------------------------------------------------------------------------------------------- tools

TOOLS = {
    "a finish in the same chunk": lambda: [generic("", "stop", tool_use=TOOL)],
    "a finish of its own chunk": lambda: [generic("", tool_use=TOOL), generic("", "stop")],
    "its own finish": lambda: [generic("", "tool_calls", tool_use=TOOL)],
    "never finished": lambda: [generic("", tool_use=TOOL)],
    "native chunks": lambda: [ModelResponseStream(choices=[{"delta": {"tool_calls": [TOOL]}}]), native("", "stop")],
}


@pytest.mark.parametrize("streamed", TOOLS.values(), ids=TOOLS)
def test_a_stream_that_called_a_tool_has_finished_with_tool_calls(handler, streamed):
    handler(streaming=lambda **_: streamed())
    stream = completion("mine/small", messages=[], stream=True)
    chunks = list(stream)
    assert finishes(chunks) == ["tool_calls"]
    [call] = stream.response.choices[0].message.tool_calls
    assert (call.id, call.function.name, call.function.arguments) == ("call_1", "weather", "{}")


def test_each_opening_of_a_stream_begins_without_tools(handler):
    streams = iter([[generic("", "stop", tool_use=TOOL)], [generic("Hi!", "stop")]])
    handler(streaming=lambda **_: next(streams))
    assert finishes(chunks_of()) == ["tool_calls"]
    assert finishes(chunks_of()) == ["stop"]


def test_a_choice_without_a_tool_keeps_its_stop(handler):
    handler(streaming=lambda **_: [generic("", "stop", tool_use=TOOL, index=1), generic("Hi!", "stop", index=0)])
    reasons = {c.index: c.finish_reason for chunk in chunks_of() for c in chunk.choices if c.finish_reason}
    assert reasons == {0: "stop", 1: "tool_calls"}


def test_several_tools_keep_their_indexes(handler):
    calls = [TOOL, {**TOOL, "id": "call_2", "index": 1}]
    handler(streaming=lambda **_: [generic("", tool_use=call) for call in calls])
    stream = completion("mine/small", messages=[], stream=True)
    list(stream)
    assert [call.id for call in stream.response.choices[0].message.tool_calls] == ["call_1", "call_2"]


# --------------------------------------------------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("result", "message"), [(None, "returned None, which is no chunk"), (7, "returned int, which is no chunk")]
)
def test_what_is_no_stream_is_refused(handler, result, message):
    handler(streaming=lambda **_: result)
    with pytest.raises(ContractViolationError, match=message):
        chunks_of()


@pytest.mark.parametrize("item", [None, 7, b"Hi!", {"content": "Hi!"}], ids=repr)
def test_what_is_no_chunk_is_refused_with_what_came_before(handler, item):
    handler(streaming=lambda **_: ["Hi", item])
    stream = completion("mine/small", messages=[], stream=True)
    assert next(stream).choices[0].delta.content == "Hi"
    with pytest.raises(ContractViolationError, match="which is no chunk") as caught:
        next(stream)
    assert caught.value.partial.choices[0].message.content == "Hi"


def test_an_error_before_the_first_chunk_is_raised_at_the_call(handler):
    def streaming(**_):
        raise CustomLLMError(401, "who are you?")
        yield

    handler(streaming=streaming)
    with pytest.raises(AuthenticationError, match="who are you"):
        completion("mine/small", messages=[], stream=True)


def test_an_error_in_the_middle_keeps_its_status_and_what_came_before(handler):
    def streaming(**_):
        yield "Hi"
        raise CustomLLMError(429, "slow down")

    handler(streaming=streaming)
    stream = completion("mine/small", messages=[], stream=True)
    assert next(stream).choices[0].delta.content == "Hi"
    with pytest.raises(RateLimitError, match="slow down") as caught:
        next(stream)
    assert caught.value.partial.choices[0].message.content == "Hi"


def test_leaving_early_closes_the_handlers_generator(handler):
    closed = []

    def streaming(**_):
        try:
            yield "Hi"
            yield "!"
        finally:
            closed.append("sync")

    async def astreaming(**_):
        try:
            yield "Hi"
            yield "!"
        finally:
            closed.append("async")

    handler(streaming=streaming, astreaming=astreaming)
    with completion("mine/small", messages=[], stream=True) as stream:
        next(stream)
    assert closed == ["sync"]

    async def leave():
        async with await acompletion("mine/small", messages=[], stream=True) as chunks:
            await anext(chunks)

    asyncio.run(leave())
    assert closed == ["sync", "async"]


def test_text_completions_are_streamed_too(handler):
    handler(streaming=lambda **_: ["Hi", "!"])
    chunks = list(text_completion("mine/small", "Hello", stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "Hi!"
    assert {chunk.object for chunk in chunks} == {"text_completion"}


def test_a_retry_opens_the_stream_anew(handler):
    attempts = []

    def streaming(**_):
        attempts.append(1)
        if len(attempts) == 1:
            error = CustomLLMError(503, "not yet")
            error.retry_after = 0.0
            raise error
        yield "Hi!"

    handler(streaming=streaming)
    assert text_of(chunks_of(num_retries=1)) == "Hi!"
    assert len(attempts) == 2
