"""LangChain's OpenAI classes work through the gateway; nothing of theirs is fetched from the network."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pydantic
import pytest
from gateway_clients.conftest import KEY
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from loopback_answers import vector_of

SAID = "You said: Hello there"
SOURCES = ("upstream", "blocking", "awaited")


@tool
def add(first: int, second: int) -> int:
    """Add two numbers."""
    return first + second


class Paint(pydantic.BaseModel):
    """What structured output is asked for."""

    colour: str
    coats: int


PAINT = Paint(colour="blue", coats=7)  # as the loopback server fills a schema


@pytest.fixture
def settings(gateway, wire):
    """What every one of their classes is given; both HTTP clients, for they close neither."""
    client, async_client = wire.client(), wire.async_client()
    yield {
        "base_url": f"{gateway.url}/v1",
        "api_key": KEY,
        "max_retries": 0,
        "http_client": client,
        "http_async_client": async_client,
    }
    client.close()


@pytest.fixture(params=SOURCES)
def chat(request, settings):
    return ChatOpenAI(model=f"{request.param}/small", **settings)


def test_a_chat_is_invoked(chat):
    answer = chat.invoke([SystemMessage("Be brief"), HumanMessage("Hello there")])
    assert answer.content == SAID
    assert answer.response_metadata["finish_reason"] == "stop"
    assert answer.usage_metadata["total_tokens"] > 0


def test_a_chat_is_streamed_with_its_usage(chat):
    chunks = list(chat.stream("Hello there", stream_usage=True))
    assert "".join(chunk.content for chunk in chunks) == SAID
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert whole.usage_metadata == chat.invoke("Hello there").usage_metadata


def test_a_chat_is_awaited(chat, settings):
    async def asked() -> Any:
        answer = await chat.ainvoke("Hello there")
        pieces = [chunk.content async for chunk in chat.astream("Hello there")]
        await settings["http_async_client"].aclose()
        return answer.content, "".join(pieces)

    assert asyncio.run(asked()) == (SAID, SAID)


def test_a_bound_tool_is_called_and_its_result_answered(chat):
    bound = chat.bind_tools([add])
    answer = bound.invoke("Hello there")
    [call] = answer.tool_calls
    assert (call["name"], call["args"]) == ("add", {"first": 7, "second": 7})
    result = ToolMessage(str(add.invoke(call["args"])), tool_call_id=call["id"])
    assert bound.invoke([HumanMessage("Hello there"), answer, result]).content == "You said: 14"


def test_a_bound_tool_is_called_in_a_stream(chat):
    first, *rest = chat.bind_tools([add]).stream("Hello there")
    for chunk in rest:
        first += chunk
    assert [(call["name"], call["args"]) for call in first.tool_calls] == [("add", {"first": 7, "second": 7})]


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_structured_output(chat, method):
    assert chat.with_structured_output(Paint, method=method).invoke("Hello there") == PAINT


@pytest.mark.parametrize("source", SOURCES)
def test_a_chat_over_responses(settings, source):
    chat = ChatOpenAI(model=f"{source}/small", use_responses_api=True, **settings)
    assert chat.invoke("Hello there").text == SAID
    assert "".join(chunk.text for chunk in chat.stream("Hello there")) == SAID
    [call] = chat.bind_tools([add]).invoke("Hello there").tool_calls
    assert (call["name"], call["args"]) == ("add", {"first": 7, "second": 7})


@pytest.mark.parametrize("source", SOURCES)
def test_embeddings(settings, source):
    # Else they count tokens first, with a table that they fetch.
    embeddings = OpenAIEmbeddings(model=f"{source}/small", check_embedding_ctx_length=False, **settings)
    assert embeddings.embed_query("one") == vector_of("one", 8)
    assert embeddings.embed_documents(["one", "two"]) == [vector_of("one", 8), vector_of("two", 8)]


def test_an_error_is_openai_s_own_class(settings):
    with pytest.raises(openai.RateLimitError) as caught:
        ChatOpenAI(model="upstream/error-429", **settings).invoke("Hello there")
    assert caught.value.response.headers["retry-after"] == "1"
