"""OpenAI's SDK as the client: what it sends is understood, and what it gets makes it happy."""

from __future__ import annotations

import httpx2
import openai
import pytest
from openai.types.responses import Response
from pydantic import BaseModel

HEAD = {"id": "chatcmpl-4f", "created": 1700000000, "model": "model-1"}
QUESTION = {"model": "asked-for", "input": "What is 1 + 2?"}


class Sum(BaseModel):
    """Adds."""

    a: int
    b: int


class Result(BaseModel):
    number: int


def answer(finish_reason="stop", **message):
    return {**HEAD, "choices": [{"finish_reason": finish_reason, "message": message}]}


def chunks(*deltas, finish_reason="stop"):
    yield from ({**HEAD, "choices": [{"delta": delta}]} for delta in deltas)
    yield {**HEAD, "choices": [{"delta": {}, "finish_reason": finish_reason}]}
    yield {**HEAD, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}


def call(arguments, **fields):
    return {"id": "call_1", "type": "function", "function": {"name": "Sum", "arguments": arguments}, **fields}


def test_create_gives_a_response_of_the_sdks_own(gateway):
    response = gateway(answer(content="3")).client().responses.create(**QUESTION)
    assert isinstance(response, Response)
    assert (response.output_text, response.status, response.id) == ("3", "completed", "resp_4f")
    Response.model_validate_json(response.to_json(), strict=False)


@pytest.mark.parametrize("asked", [{}, {"reasoning": {"summary": "auto"}}])
def test_every_event_is_one_that_the_sdk_knows(gateway, asked):
    deltas = ({"reasoning_content": "Hm"}, {"content": "3"}, {"refusal": "No"}, {"tool_calls": [call("{}", index=0)]})
    events = list(gateway(chunks=chunks(*deltas)).client().responses.create(**QUESTION, **asked, stream=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    for event in events:
        assert type(event).model_validate(event.to_dict(mode="json")).type == event.type


def test_parse_gives_what_the_schema_says(gateway):
    server = gateway(answer(content='{"number": 3}'))
    response = server.client().responses.parse(**QUESTION, text_format=Result)
    assert response.output_parsed == Result(number=3)
    assert server.params["response_format"]["json_schema"]["name"] == "Result"


def test_a_stream_gives_what_the_schema_says(gateway):
    server = gateway(chunks=chunks({"content": '{"number"'}, {"content": ": 3}"}))
    with server.client().responses.stream(**QUESTION, text_format=Result) as stream:
        response = stream.get_final_response()
    assert response.output_parsed == Result(number=3)
    assert response.usage.total_tokens == 5


def test_a_streamed_call_is_parsed_by_its_tool(gateway):
    deltas = [
        {"tool_calls": [call("{", index=0)]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '"a":1,"b":2}'}}]},
    ]
    server = gateway(chunks=chunks(*deltas, finish_reason="tool_calls"))
    tools = [openai.pydantic_function_tool(Sum)["function"] | {"type": "function"}]
    with server.client().responses.stream(**QUESTION, tools=tools) as stream:
        [found] = stream.get_final_response().output
    assert (found.name, found.arguments, found.parsed_arguments) == ("Sum", '{"a":1,"b":2}', {"a": 1, "b": 2})
    assert server.params["tools"][0]["function"]["strict"] is True


@pytest.mark.parametrize("asked", [{}, {"reasoning": {"summary": "auto"}}])
@pytest.mark.parametrize("as_sent", [lambda item: item, lambda item: item.model_dump()])
def test_what_a_response_held_goes_back_as_one_turn(gateway, asked, as_sent):
    text, asked_call = '{"number": 3}', call('{"a":1,"b":2}')
    server = gateway(answer(content=text, reasoning_content="Hm", tool_calls=[asked_call]))
    sdk = server.client().responses
    history = [{"role": "user", "content": "What is 1 + 2?"}]
    first = sdk.parse(model="asked-for", input=history, text_format=Result, **asked)
    history += map(as_sent, first.output)
    history.append({"type": "function_call_output", "call_id": "call_1", "output": "3"})
    sdk.create(model="asked-for", input=history)
    assert server.messages == [
        {"role": "user", "content": "What is 1 + 2?"},
        {"role": "assistant", "content": text, "reasoning_content": "Hm", "tool_calls": [asked_call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "3"},
    ]


def test_a_failure_in_a_stream_is_an_event_and_no_final_response(gateway):
    server = gateway(
        chunks=[{**HEAD, "choices": [{"delta": {"content": "3"}}]}], failure=("rate_limit_error", "Too much.")
    )
    events = list(server.client().responses.create(**QUESTION, stream=True))
    assert events[-1].type == "response.failed"
    assert (events[-1].response.error.code, events[-1].response.error.message) == ("rate_limit_exceeded", "Too much.")
    with (
        server.client().responses.stream(**QUESTION) as stream,
        pytest.raises(RuntimeError, match=r"response\.completed"),
    ):
        stream.get_final_response()


def test_an_incomplete_stream_ends_with_what_had_come(gateway):
    server = gateway(chunks=list(chunks({"content": "On"}, finish_reason="length")))
    with server.client().responses.stream(**QUESTION) as stream:
        *_, last = stream
    assert (last.type, last.response.output_text) == ("response.incomplete", "On")


async def _streamed(server):
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(server))
    sdk = openai.AsyncOpenAI(api_key="any", base_url="http://gateway.example/v1", http_client=http, max_retries=0)
    async with sdk.responses.stream(**QUESTION) as stream:
        return (await stream.get_final_response()).output_text


def test_the_async_sdk_streams_too(gateway):
    import asyncio

    assert asyncio.run(_streamed(gateway(chunks=chunks({"content": "3"})))) == "3"
