"""What a handler is given: LiteLLM's keyword arguments, as far as its signature takes them."""

from __future__ import annotations

import asyncio
import copy
import functools

import jackfield
import pytest
from jackfield import (
    acompletion,
    aembedding,
    aimage_edit,
    completion,
    embedding,
    image_edit,
    image_generation,
    text_completion,
)
from jackfield.types import EmbeddingResponse, ImageResponse, ModelResponse
from jackfield_custom_format import CustomLLM
from pydantic import BaseModel

MESSAGES = [{"role": "developer", "content": [{"type": "text", "text": "Hi"}]}]
CHAT = """model messages headers model_response print_verbose api_key api_base acompletion logging_obj optional_params
    litellm_params logger_fn timeout custom_prompt_dict client encoding"""
EMBEDDING = """model input logging_obj api_base api_key timeout optional_params model_response print_verbose
    litellm_params"""
IMAGE = "model prompt api_key api_base model_response optional_params logging_obj timeout client"
VECTORS = EmbeddingResponse(data=[{"embedding": [0.5]}])
PICTURES = ImageResponse(data=[{"url": "https://images.example/1.png"}])


class Listening(CustomLLM):
    """Keeps what it is given."""

    def __init__(self):
        self.given = {}

    def _answer(self, answer, arguments):
        self.given = arguments
        return answer

    def completion(self, **arguments):
        return self._answer("Hi!", arguments)

    async def acompletion(self, **arguments):
        return self._answer("Hi!", arguments)

    def streaming(self, **arguments):
        return self._answer(["Hi!"], arguments)

    async def astreaming(self, **arguments):
        yield self._answer("Hi!", arguments)

    def embedding(self, **arguments):
        return self._answer(VECTORS, arguments)

    async def aembedding(self, **arguments):
        return self._answer(VECTORS, arguments)

    def image_generation(self, **arguments):
        return self._answer(PICTURES, arguments)

    def image_edit(self, **arguments):
        return self._answer(PICTURES, arguments)

    async def aimage_edit(self, **arguments):
        return self._answer(PICTURES, arguments)


@pytest.fixture
def listening(register):
    return register(Listening())


def chat(handler, model="mine/small", **arguments):
    completion(model, messages=MESSAGES, **arguments)
    return handler.given


def streamed(handler, **arguments):
    list(completion("mine/small", messages=MESSAGES, stream=True, **arguments))
    return handler.given


def test_the_names_are_litellms(listening):
    assert sorted(chat(listening)) == sorted(CHAT.split())
    assert sorted(streamed(listening)) == sorted(CHAT.split())
    embedding("mine/small", ["blue"])
    assert sorted(listening.given) == sorted(EMBEDDING.split())
    image_generation(model="mine/small", prompt="a door")
    assert sorted(listening.given) == sorted(IMAGE.split())
    image_edit(model="mine/small", image=b"PNG", prompt="blue")
    assert sorted(listening.given) == sorted(["image", *IMAGE.split()])


def test_what_nobody_gave_has_litellms_defaults(listening):
    given = chat(listening)
    plain = {
        name: given[name] for name in ("model", "messages", "headers", "api_key", "api_base", "client", "encoding")
    }
    assert plain == {
        "model": "small",
        "messages": MESSAGES,
        "headers": {},
        "api_key": None,
        "api_base": None,
        "client": None,
        "encoding": None,
    }
    assert (given["optional_params"], given["custom_prompt_dict"], given["logger_fn"]) == ({}, {}, None)
    assert given["timeout"] == 600.0


def test_what_the_caller_gave_arrives(listening):
    client = object()
    given = chat(
        listening,
        "mine/a/b/c",
        api_key="a-key",
        api_base="https://model.example/v1",
        timeout=3.5,
        headers={"x-one": "1", "x-both": "plain"},
        extra_headers={"x-both": "extra"},
        client=client,
    )
    assert given["model"] == "a/b/c"
    assert (given["api_key"], given["api_base"], given["timeout"]) == ("a-key", "https://model.example/v1", 3.5)
    assert given["headers"] == {"x-one": "1", "x-both": "extra"}
    assert given["client"] is client
    assert given["optional_params"] == {}


def test_keys_come_from_the_caller_alone(listening, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "not-for-handlers")
    assert chat(listening)["api_key"] is None


def test_parameters_stand_in_optional_params_exactly(listening):
    assert chat(listening, my_custom_param="my-custom-param")["optional_params"] == {
        "my_custom_param": "my-custom-param"
    }


PARAMETERS = {
    "temperature": 0.5,
    "n": 2,
    "stop": ["."],
    "max_completion_tokens": 7,
    "user": "u-1",
    "reasoning_effort": "low",
    "tools": [{"type": "function", "function": {"name": "f"}}],
    "tool_choice": "auto",
    "top_k": 4,
    "self": "not the handler",
}


def test_every_parameter_arrives_in_the_callers_order(listening):
    for given in (chat(listening, **PARAMETERS), streamed(listening, **PARAMETERS)):
        optional = {name: value for name, value in given["optional_params"].items() if name != "stream"}
        assert list(optional.items()) == list(PARAMETERS.items())


def test_a_model_class_arrives_as_its_schema(listening):
    class Colour(BaseModel):
        name: str

    response_format = chat(listening, response_format=Colour)["optional_params"]["response_format"]
    assert (response_format["type"], response_format["json_schema"]["name"]) == ("json_schema", "Colour")


def test_extra_body_stays_a_mapping_of_its_own(listening):
    assert chat(listening, extra_body={"raw": 1}, top_k=4)["optional_params"] == {"top_k": 4, "extra_body": {"raw": 1}}


def test_stream_is_said_only_where_it_streams(listening):
    assert streamed(listening, top_k=4)["optional_params"] == {"top_k": 4, "stream": True}
    assert chat(listening, stream=False)["optional_params"] == {}


def test_acompletion_says_which_method_was_called(listening):
    assert chat(listening)["acompletion"] is False
    assert streamed(listening)["acompletion"] is False
    asyncio.run(acompletion("mine/small", messages=MESSAGES))
    assert listening.given["acompletion"] is True

    async def read():
        return [chunk async for chunk in await acompletion("mine/small", messages=MESSAGES, stream=True)]

    asyncio.run(read())
    assert (listening.given["acompletion"], listening.given["optional_params"]) == (True, {"stream": True})


def test_embedding_inputs_and_parameters_arrive_as_they_are(listening):
    embedding("mine/small", "blue", dimensions=1, encoding_format="float", user="u-1")
    assert listening.given["input"] == "blue"
    assert listening.given["optional_params"] == {"dimensions": 1, "encoding_format": "float", "user": "u-1"}
    asyncio.run(aembedding("mine/small", ["blue", "green"], api_key="a-key"))
    assert (listening.given["input"], listening.given["api_key"]) == (["blue", "green"], "a-key")
    assert listening.given["model_response"] == EmbeddingResponse()


def test_image_parameters_arrive(listening):
    image_generation(model="mine/small", prompt="a door", n=2, size="512x512", quality="hd", style="vivid", user="u-1")
    wanted = {"n": 2, "size": "512x512", "quality": "hd", "style": "vivid", "user": "u-1"}
    assert (listening.given["prompt"], listening.given["optional_params"]) == ("a door", wanted)
    assert listening.given["model_response"].data == []


def test_an_edited_image_is_always_a_list_and_the_mask_a_parameter(listening):
    image_edit(model="mine/small", image=b"PNG", prompt="blue", mask=b"MASK", n=2)
    assert (listening.given["image"], listening.given["prompt"]) == ([b"PNG"], "blue")
    assert listening.given["optional_params"] == {"n": 2, "mask": b"MASK"}
    asyncio.run(aimage_edit(model="mine/small", image=[b"1", b"2"]))
    assert (listening.given["image"], listening.given["prompt"]) == ([b"1", b"2"], None)


def test_litellm_params_tell_about_the_call(listening):
    metadata = {"trace": "t-1"}
    first = chat(listening, metadata=metadata, api_base="https://model.example", timeout=3, drop_params=True)
    params = dict(first["litellm_params"])
    identity = params.pop("litellm_call_id")
    assert params == {
        "metadata": metadata,
        "custom_llm_provider": "mine",
        "api_base": "https://model.example",
        "timeout": 3,
        "drop_params": True,
    }
    assert first["optional_params"] == {}
    second = chat(listening)["litellm_params"]
    assert (second["metadata"], second["timeout"], second["drop_params"]) == ({}, 600.0, False)
    assert isinstance(identity, str)
    assert identity != second["litellm_call_id"]


def test_an_api_version_is_not_lost(listening):
    given = chat(listening, api_version="2026-01-01")
    assert (given["litellm_params"]["api_version"], given["optional_params"]) == ("2026-01-01", {})


def test_a_gateways_request_is_passed_on(listening):
    request = {"url": "/v1/chat/completions", "method": "POST", "body": {}}
    given = chat(listening, metadata={"proxy_server_request": request})
    assert given["litellm_params"]["proxy_server_request"] == request


def test_the_logging_takes_everything_and_does_nothing(listening, capfd):
    given = chat(listening)
    logging = given["logging_obj"]
    logging.pre_call(input="Hi", api_key="a-key", additional_args={})
    logging.model_call_details["response_headers"] = {}
    logging.anything = 1
    assert logging.post_call(original_response="") is None
    assert asyncio.run(logging.async_success_handler(None)) is None
    assert copy.deepcopy(logging).pre_call() is None
    assert given["print_verbose"]("spoken", 1) is None
    assert capfd.readouterr() == ("", "")


def test_a_handler_may_change_what_it_is_given(handler):
    def spoil(messages, headers, optional_params, litellm_params, custom_prompt_dict, **_):
        messages.append("junk")
        for given in (headers, optional_params, litellm_params, litellm_params["metadata"], custom_prompt_dict):
            given["junk"] = "junk"
        return "spoilt"

    handler(completion=spoil)
    messages, metadata, headers = list(MESSAGES), {"trace": "t-1"}, {"x-one": "1"}
    completion("mine/small", messages=messages, metadata=metadata, headers=headers)
    assert (messages, metadata, headers) == (MESSAGES, {"trace": "t-1"}, {"x-one": "1"})
    handler(completion=lambda optional_params, custom_prompt_dict, **_: str({**optional_params, **custom_prompt_dict}))
    assert completion("mine/small", messages=[]).choices[0].message.content == "{}"


def test_what_a_handler_changed_reaches_no_other_call(handler):
    def spoil(optional_params, **_):
        heard = str(optional_params)
        optional_params["junk"] = "junk"
        return heard

    handler(completion=spoil, image_edit=lambda image, **_: image.clear() or PICTURES)
    texts = [choice.text for choice in text_completion("mine/small", ["One", "Two"], top_k=4).choices]
    assert texts == ["{'top_k': 4}"] * 2
    images = [b"PNG"]
    image_edit(model="mine/small", image=images)
    assert images == [b"PNG"]


# ------------------------------------------------------------------------------------------------------- model_response


def test_model_response_is_fresh_and_looks_like_litellms(listening):
    first, second = chat(listening)["model_response"], chat(listening)["model_response"]
    assert first.id.startswith("chatcmpl-")
    assert first.id != second.id
    assert (first.model, first.object) == (None, "chat.completion")
    assert (first.choices[0].message.content, first["choices"][0]["finish_reason"]) == (None, "stop")
    assert (first.usage.prompt_tokens, first.usage.total_tokens) == (0, 0)


LOOKS = {
    "an attribute": lambda blank: blank.choices,
    "a key": lambda blank: blank["choices"],
    "in": lambda blank: "choices" in blank,
    "a dump": lambda blank: blank.model_dump()["choices"],
    "json": lambda blank: blank.model_dump_json(),
    "iteration": lambda blank: dict(blank)["choices"],
    "repr": repr,
    "a copy": lambda blank: blank.model_copy().choices,
    "copy.copy": lambda blank: copy.copy(blank).choices,
    "copy.deepcopy": lambda blank: copy.deepcopy(blank).choices,
    "equality": lambda blank: blank == ModelResponse() or True,
    "isinstance": lambda blank: isinstance(blank, ModelResponse),
    "an assignment": lambda blank: setattr(blank, "model", "m") or True,
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_it_is_whole_whatever_looks_at_it_first(listening, look):
    blank = chat(listening)["model_response"]
    assert look(blank)
    assert len(blank.choices) == 1
    assert ModelResponse.model_validate(blank.model_dump()) == blank


def test_a_copy_keeps_what_was_filled_in(listening):
    filled = chat(listening)["model_response"]
    filled.choices[0].message.content = "kept"
    assert copy.copy(filled).choices[0].message.content == "kept"
    untouched = chat(listening)["model_response"]
    twin = copy.copy(untouched)
    assert twin.id == untouched.id


# ----------------------------------------------------------------------------------------------------------- signatures


def decorated(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Namer:
    """A handler that is called: an object, not a function."""

    def __call__(self, model, messages):
        return model


SIGNATURES = {
    "everything": lambda *args, **kwargs: kwargs["model"],
    "two names": lambda model, messages: model,
    "by keyword only": lambda *, model, messages: model,
    "with defaults": lambda model, messages=None, nothing_of_ours=1: model,
    "some names and the rest": lambda model, **rest: model if "messages" in rest else None,
    "nothing": lambda: "small",
    "a partial": functools.partial(lambda prefix, model: prefix + model, ""),
    "a decorated one": decorated(lambda model: model),
    "an object": Namer(),
    "a builtin without a signature": "{model}".format,
}


@pytest.mark.parametrize("function", SIGNATURES.values(), ids=SIGNATURES)
def test_a_method_gets_what_its_signature_takes(handler, function):
    handler(completion=function)
    assert completion("mine/small", messages=MESSAGES).choices[0].message.content == "small"


def test_the_shorter_signature_of_older_handlers_works(register):
    class Older(CustomLLM):
        def image_generation(self, model, prompt, model_response, optional_params, timeout=None):
            return {"data": [{"url": prompt}]}

    register(Older())
    assert image_generation(model="mine/small", prompt="a door", api_key="a-key").data[0].url == "a door"


def test_a_name_that_does_not_exist_is_the_handlers_own_error(handler):
    handler(completion=lambda model, not_of_ours: model)
    with pytest.raises(jackfield.PluginError, match="not_of_ours"):
        completion("mine/small", messages=MESSAGES)


def test_a_method_may_be_replaced_on_the_instance_later(handler):
    mine = handler(completion=lambda **_: "first")
    assert completion("mine/small", messages=[]).choices[0].message.content == "first"
    mine.completion = lambda **_: "second"
    assert completion("mine/small", messages=[]).choices[0].message.content == "second"
