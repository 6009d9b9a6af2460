"""What the documents promise, in our own words; it runs where the documents are not."""

from __future__ import annotations

import asyncio
import itertools

import jackfield
import pytest
from jackfield import (
    CustomLLM,
    ImageObject,
    ImageResponse,
    JackfieldError,
    acompletion,
    aimage_edit,
    aimage_generation,
    completion,
    get_llm_provider,
    text_completion,
)
from loopback import LoopbackServer

QUESTION = [{"role": "user", "content": "Is anybody there?"}]


@pytest.fixture(autouse=True)
def as_before(monkeypatch):
    before = jackfield.custom_provider_map
    monkeypatch.setenv("OPENAI_API_KEY", "")
    yield
    jackfield.custom_provider_map = before


@pytest.fixture
def server():
    with LoopbackServer() as running:
        yield running


def serve(handler, name="house"):
    jackfield.custom_provider_map = [{"provider": name, "custom_handler": handler}]


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


async def atext_of(stream):
    return text_of([chunk async for chunk in stream])


# ------------------------------------------------------------------------------------------------------ custom handlers


class Borrowing(CustomLLM):
    """Answers with the mock of a model that does not exist, from sync and from async code."""

    def completion(self, *args, **kwargs):
        return completion(model="nobody/nothing", messages=[], mock_response="borrowed")

    async def acompletion(self, *args, **kwargs):
        return completion(model="nobody/nothing", mock_response="borrowed")


def test_a_handler_may_answer_with_a_mock_of_a_model_that_is_not_there():
    serve(Borrowing())
    answers = [completion("house/small", messages=QUESTION), asyncio.run(acompletion("house/small", messages=QUESTION))]
    for answer in answers:
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("borrowed", "stop")
        assert (answer.object, answer.model, answer.system_fingerprint) == ("chat.completion", "nothing", None)
        usage = answer.usage
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (10, 20, 30)


def test_the_name_of_a_handler_is_known_as_soon_as_it_is_in_the_map():
    serve(Borrowing())
    assert get_llm_provider("house/small")[:2] == ("small", "house")


class Counting(CustomLLM):
    """Says a number; its sync stream is one mapping where an iterator was meant."""

    def __init__(self):
        self.numbers = itertools.count(1)

    def _chunk(self):
        usage = {"completion_tokens": 0, "prompt_tokens": 0, "total_tokens": 0}
        said = {"text": str(next(self.numbers)), "is_finished": True, "finish_reason": "stop"}
        return {**said, "index": 0, "tool_use": None, "usage": usage}

    def streaming(self, *args, **kwargs):
        return self._chunk()

    async def astreaming(self, *args, **kwargs):
        yield self._chunk()


def test_a_stream_may_be_one_finished_mapping():
    serve(Counting())
    assert text_of(completion("house/small", messages=QUESTION, stream=True)) == "1"

    async def main():
        return await atext_of(await acompletion("house/small", messages=QUESTION, stream=True))

    assert asyncio.run(main()) == "2"
    assert completion("house/small", messages=QUESTION).choices[0].message.content == "3"


class Painting(CustomLLM):
    """Takes a few of the arguments, by name: no key for what it makes, and one for what it changes."""

    async def aimage_generation(self, model, prompt, model_response, logging_obj):
        return ImageResponse(created=1, data=[ImageObject(url=f"https://images.example/{prompt}.png")])

    async def aimage_edit(self, model, image, api_key, client=None):
        return ImageResponse(data=[ImageObject(url=f"https://images.example/{api_key}-{len(image)}.png")])


def test_image_handlers_get_what_their_signatures_take():
    serve(Painting())
    made = asyncio.run(aimage_generation(model="house/small", prompt="door", api_key="a-key", n=2))
    assert (made.created, made.data[0].url) == (1, "https://images.example/door.png")
    changed = asyncio.run(aimage_edit(model="house/small", image=b"PNG", prompt="blue", api_key="a-key"))
    assert changed.data[0].url == "https://images.example/a-key-1.png"


class Strict(CustomLLM):
    """Accepts one parameter and nothing else."""

    def completion(self, *args, **kwargs):
        assert kwargs["optional_params"] == {"tone": "kind"}
        return "kindly"


def test_parameters_reach_a_handler_and_nothing_is_added():
    serve(Strict())
    assert completion("house/small", tone="kind").choices[0].message.content == "kindly"
    with pytest.raises(jackfield.PluginError):
        completion("house/small", tone="kind", temperature=1)


# ------------------------------------------------------------------------------------------- servers of OpenAI's format


def test_a_bare_model_reaches_a_server_without_a_key(server):
    answer = completion("night", messages=QUESTION, api_base=server.origin, custom_llm_provider="openai")
    assert answer.choices[0].message.content == "You said: Is anybody there?"
    [request] = server.requests
    assert (request.path, request.json) == ("/chat/completions", {"model": "night", "messages": QUESTION})


def test_a_key_from_the_environment_is_sent(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "anything")
    completion("night", messages=QUESTION, api_base=server.url, custom_llm_provider="openai")
    assert server.requests[-1].headers["authorization"] == "Bearer anything"


def test_an_older_server_gets_one_prompt_and_its_extra_fields_survive(server):
    named = {"api_base": server.url, "custom_llm_provider": "text-completion-openai"}
    chat = completion("night", messages=[*QUESTION, {"role": "user", "content": "Hello?"}], **named)
    assert server.requests[-1].json["prompt"] == "Is anybody there?\nHello?"
    assert (chat.object, chat.choices[0].message.role, chat.warning) == (
        "chat.completion",
        "assistant",
        "This model version is deprecated.",
    )
    text = text_completion("night", "Is anybody there?", **named)
    assert (text.object, text.choices[0].text) == ("text_completion", "Is anybody there? and so on")
    assert (text.choices[0].logprobs, text.choices[0].finish_reason) == (None, "length")


# ---------------------------------------------------------------------------------------------------- the legacy format


def test_the_legacy_format_sends_what_is_set_and_keeps_the_models_slashes(server):
    answer = completion(
        "custom/meta/night-13b",
        messages=QUESTION,
        temperature=0.2,
        top_k=4,
        api_base=server.legacy_url,
        request_timeout=30,
    )
    assert answer.choices[0].message.content.startswith("Is anybody there?")
    [request] = server.requests
    assert request.json == {
        "model": "meta/night-13b",
        "params": {"prompt": ["Is anybody there?"], "temperature": 0.2, "top_k": 4},
    }


def test_a_legacy_server_that_is_not_ok_is_an_error(server):
    with pytest.raises(JackfieldError, match="still loading"):
        completion("custom/not-ok", messages=QUESTION, api_base=server.legacy_url)
