"""The loopback server speaks what the official client understands."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import openai
import pytest
from loopback import LoopbackServer
from loopback_answers import png

HELLO: list[Any] = [{"role": "user", "content": "Hello there"}]
TOOL: Any = {
    "type": "function",
    "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}},
}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(key="a-key") as running:
        yield running


@pytest.fixture
def client(server: LoopbackServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=server.url, api_key="a-key", max_retries=0) as made:
        yield made


def test_chat_gives_the_words_back(client) -> None:
    answer = client.chat.completions.create(model="small", messages=HELLO)
    assert answer.choices[0].message.content == "You said: Hello there"


def test_a_stream_gives_the_same_words_and_then_the_usage(client) -> None:
    stream = client.chat.completions.create(
        model="small", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = stream
    words = [choice.delta.content for chunk in chunks for choice in chunk.choices]
    assert words == ["", "You", " said:", " Hello", " there", None]
    assert (last.choices, last.usage.total_tokens > 0) == ([], True)


def test_a_tool_is_called_whole_and_in_pieces(client) -> None:
    whole = client.chat.completions.create(model="small", messages=HELLO, tools=[TOOL]).choices[0]
    chunks = client.chat.completions.create(model="small", messages=HELLO, tools=[TOOL], stream=True)
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    assert (whole.finish_reason, whole.message.tool_calls[0].function.arguments) == ("tool_calls", '{"a": 7}')
    assert "".join(call.function.arguments for call in calls) == '{"a": 7}'


def test_every_tool_is_called_where_that_is_asked_for(client) -> None:
    tools: Any = [TOOL, {**TOOL, "function": {"name": "wait"}}]
    chunks = client.chat.completions.create(
        model="small", messages=HELLO, tools=tools, parallel_tool_calls=True, stream=True
    )
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or []]
    heads = [(call.index, call.id, call.function.name) for call in calls if call.id]
    assert heads == [(0, "call_1", "add"), (1, "call_2", "wait")]


def test_a_model_thinks_before_it_speaks(client) -> None:
    whole = client.chat.completions.create(model="thinking", messages=HELLO).choices[0].message
    chunks = client.chat.completions.create(model="thinking", messages=HELLO, stream=True)
    thoughts = [getattr(chunk.choices[0].delta, "reasoning_content", "") for chunk in chunks]
    assert whole.reasoning_content == "".join(thoughts) == "Somebody said something."


def test_an_answer_ends_before_a_stop_sequence(client) -> None:
    whole = client.chat.completions.create(model="small", messages=HELLO, stop=["there", "said"]).choices[0]
    *_, last = client.chat.completions.create(model="small", messages=HELLO, stop="Hello", stream=True)
    assert (whole.message.content, whole.finish_reason, whole.stop_reason) == ("You ", "stop", "said")
    assert (last.choices[0].finish_reason, last.choices[0].stop_reason) == ("stop", "Hello")


def test_a_stream_breaks_with_an_error_or_without_a_word(client) -> None:
    with pytest.raises(openai.APIError, match="The model broke off"):
        list(client.chat.completions.create(model="breaking", messages=HELLO, stream=True))
    chunks = list(client.chat.completions.create(model="cut", messages=HELLO, stream=True))
    assert (len(chunks), chunks[-1].choices[0].finish_reason) == (3, None)


def test_an_answer_takes_the_asked_shape(client) -> None:
    schema = {"type": "object", "properties": {"colours": {"type": "array", "items": {"type": "string"}}}}
    shape: Any = {"type": "json_schema", "json_schema": {"name": "colours", "schema": schema}}
    answer = client.chat.completions.create(model="small", messages=HELLO, response_format=shape)
    assert json.loads(answer.choices[0].message.content) == {"colours": ["blue"]}


def test_each_prompt_gets_a_choice_of_its_own(client) -> None:
    whole = client.completions.create(model="small", prompt=["One", "Two"])
    stream = client.completions.create(model="small", prompt=["One", "Two"], stream=True)
    texts = ["", ""]
    for chunk in stream:
        texts[chunk.choices[0].index] += chunk.choices[0].text
    assert [choice.text for choice in whole.choices] == texts == ["One and so on", "Two and so on"]


def test_both_encodings_of_an_embedding_are_equal(client) -> None:
    floats = client.embeddings.create(model="small", input=["a", "b"], dimensions=3, encoding_format="float")
    # The client asks for base64 where nothing is asked for, and decodes it.
    decoded = client.embeddings.create(model="small", input=["a", "b"], dimensions=3)
    assert [entry.embedding for entry in floats.data] == [entry.embedding for entry in decoded.data]


def test_an_edit_gives_the_first_image_back_and_counts_the_rest(client, server) -> None:
    pictures = [("one.png", png((1, 1, 1))), ("two.png", png((2, 2, 2)))]
    answer = client.images.edit(model="small", image=pictures, mask=("mask.png", png((0, 0, 0))), prompt="bluer")
    assert base64.b64decode(answer.data[0].b64_json) == png((1, 1, 1))
    assert answer.data[0].revised_prompt == "bluer (images: 2, masks: 1)"
    assert sorted(part.name for part in server.requests[-1].parts) == ["image[]", "image[]", "mask", "model", "prompt"]


def test_images_and_models(client) -> None:
    images = client.images.generate(model="small", prompt="a door", n=2).data
    assert [base64.b64decode(image.b64_json)[:4] for image in images] == [b"\x89PNG"] * 2
    assert [model.id for model in client.models.list()] == ["large", "small"]


def test_a_model_s_name_asks_for_an_error(client) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="error-429", messages=HELLO)
    assert (caught.value.response.headers["retry-after"], caught.value.code) == ("1", "rate_limit_exceeded")


def test_a_flaky_model_fails_once(client) -> None:
    with pytest.raises(openai.InternalServerError):
        client.chat.completions.create(model="flaky-503", messages=HELLO)
    assert client.chat.completions.create(model="flaky-503", messages=HELLO).choices


def test_the_key_is_checked(client) -> None:
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="another").models.list()


def test_a_client_that_leaves_is_noticed(client, server) -> None:
    long: list[Any] = [{"role": "user", "content": "word " * 100_000}]
    with client.chat.completions.create(model="small", messages=long, stream=True) as stream:
        next(iter(stream))
    assert server.wait_for_abandoned()
    assert server.abandoned == ["/v1/chat/completions"]


def test_the_legacy_format_answers_every_prompt(server) -> None:
    body = json.dumps({"model": "llama", "params": {"prompt": ["One", "Two"], "top_k": 3}}).encode()
    headers = {"content-type": "application/json", "authorization": "Bearer a-key"}
    with urlopen(Request(server.legacy_url, body, headers)) as response:
        answer = json.load(response)
    first = {"prompt": "One", "output": ["One and so on"], "params": {"top_k": 3}}
    assert answer == {"data": [first, {**first, "prompt": "Two", "output": ["Two and so on"]}], "message": "ok"}
