"""The types: OpenAI's shapes, tolerant where real servers are, readable as mappings; nothing of a server is lost."""

import copy
import dataclasses
import json
import pickle
import typing
from typing import Any

import openai.types
import openai.types.chat
import pydantic
import pytest
from jackfield import BadRequestError, types
from jackfield.types import (
    Choices,
    CompletionRequest,
    Delta,
    EmbeddingRequest,
    EmbeddingResponse,
    ImageResponse,
    Message,
    ModelInfo,
    ModelList,
    ModelResponse,
    ModelResponseStream,
    StreamingChoices,
    TextChoices,
    TextCompletionResponse,
    ToolCall,
    Usage,
    prompt_of,
    prompts_of,
)
from openai.types.chat import chat_completion, chat_completion_chunk

RESPONSE_TYPES = [
    kind for kind in vars(types).values() if isinstance(kind, type) and issubclass(kind, pydantic.BaseModel)
]
REQUEST_TYPES = [kind for kind in vars(types).values() if dataclasses.is_dataclass(kind)]

MESSAGE = {"role": "assistant", "content": "Hi", "mood": "good"}
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1700000000,
    "model": "m-2",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hi", "mood": "good"}, "finish_reason": "stop"}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 0.1},
    "warning": {"code": 7},
}


def subset(part, whole):
    """Whether everything in the one JSON value stands in the other too."""
    if isinstance(part, dict):
        return all(key in whole and subset(value, whole[key]) for key, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(subset, part, whole))
    return part == whole


# ------------------------------------------------------------------------------------------------------ OpenAI's fields

PAIRS: list[tuple[Any, Any]] = [
    (openai.types.chat.ChatCompletion, ModelResponse),
    (chat_completion.Choice, Choices),
    (openai.types.chat.ChatCompletionMessage, Message),
    (openai.types.chat.ChatCompletionMessageFunctionToolCall, ToolCall),
    (openai.types.chat.ChatCompletionChunk, ModelResponseStream),
    (chat_completion_chunk.Choice, StreamingChoices),
    (chat_completion_chunk.ChoiceDelta, Delta),
    (chat_completion_chunk.ChoiceDeltaToolCall, types.DeltaToolCall),
    (chat_completion_chunk.ChoiceDeltaToolCallFunction, types.FunctionCall),
    (openai.types.CompletionUsage, Usage),
    (openai.types.CreateEmbeddingResponse, EmbeddingResponse),
    (openai.types.Embedding, types.Embedding),
    (openai.types.ImagesResponse, ImageResponse),
    (openai.types.Image, types.ImageObject),
    (openai.types.Completion, TextCompletionResponse),
    (openai.types.CompletionChoice, TextChoices),
    (openai.types.Model, ModelInfo),
]
NESTED: list[tuple[Any, str, Any]] = [
    (openai.types.CompletionUsage, "prompt_tokens_details", types.PromptTokensDetails),
    (openai.types.CompletionUsage, "completion_tokens_details", types.CompletionTokensDetails),
    (openai.types.ImagesResponse, "usage", types.ImageUsage),
]
PAIRS += [(typing.get_args(theirs.model_fields[name].annotation)[0], ours) for theirs, name, ours in NESTED]


@pytest.mark.parametrize(("theirs", "ours"), PAIRS, ids=[ours.__name__ for _, ours in PAIRS])
def test_every_field_of_openais_types_is_an_attribute_and_none_where_absent(theirs, ours):
    assert {*theirs.model_fields} - {*ours.model_fields} == set()
    empty = ours.model_validate({"id": "m"})
    for name in theirs.model_fields:
        getattr(empty, name)


def test_every_response_type_is_compared():
    compared = {ours for _, ours in PAIRS}
    assert {kind.__name__ for kind in RESPONSE_TYPES if kind not in compared} == {
        "ModelList"
    }  # theirs is a page, no model


def test_an_answer_of_openais_is_one_of_ours_and_back():
    theirs = openai.types.chat.ChatCompletion.model_validate(ANSWER)
    ours = ModelResponse.model_validate(theirs.model_dump())
    assert subset(ANSWER, ours.model_dump())
    assert subset(ANSWER, openai.types.chat.ChatCompletion.model_validate(ours.model_dump()).model_dump())


# ------------------------------------------------------------------------------------------------------ nothing is lost


def test_what_a_server_adds_survives_a_round_trip():
    response: Any = ModelResponse.model_validate_json(json.dumps(ANSWER))
    assert response.model_dump(exclude_unset=True) == ANSWER
    assert json.loads(response.model_dump_json(exclude_unset=True)) == ANSWER
    assert (response.choices[0].message.mood, response.usage.cost, response.warning) == ("good", 0.1, {"code": 7})


@pytest.mark.parametrize("kind", RESPONSE_TYPES)
def test_every_type_keeps_unknown_fields(kind):
    made = kind.model_validate({"id": "x", "of the server": [1]})
    assert made.model_dump()["of the server"] == [1]


@pytest.mark.parametrize(
    ("kind", "given", "expected"),
    [
        (ModelResponse, {"created": 1700000000.5}, {"created": 1700000000.5}),
        (ModelResponse, {"created": 1700000000}, {"created": 1700000000}),
        (ModelResponse, {"usage": None, "choices": []}, {"usage": None, "choices": []}),
        (
            ModelResponse,
            {"choices": [{"message": {"content": "a"}}]},
            {"choices": [{"index": 0, "finish_reason": None}]},
        ),
        (ModelResponse, {"choices": [{"message": {"content": [{"type": "text"}]}}]}, {}),
        (ModelResponse, {"usage": {"prompt_tokens": None}}, {"usage": {"prompt_tokens": None, "total_tokens": 0}}),
        (ModelResponseStream, {"created": 1.5, "choices": [{"delta": {}}]}, {"created": 1.5}),
        (ModelResponseStream, {"choices": [], "usage": {"total_tokens": 1}}, {"usage": {"total_tokens": 1}}),
        (ModelResponseStream, {"choices": [{"delta": {"tool_calls": [{"id": "c"}]}}]}, {}),
        (EmbeddingResponse, {"data": [{"embedding": "AAAA"}]}, {"data": [{"embedding": "AAAA", "index": 0}]}),
        (EmbeddingResponse, {"data": [{"embedding": [1, 0.5]}], "usage": None}, {"usage": None}),
        (ImageResponse, {"data": [{}], "created": 1.5}, {"data": [{"url": None, "b64_json": None}], "created": 1.5}),
        (TextCompletionResponse, {"choices": [{"text": "a"}], "usage": None}, {"choices": [{"index": 0}]}),
        (ModelList, {"data": [{"id": "m", "created": 1.5}]}, {"data": [{"id": "m", "owned_by": None}]}),
    ],
)
def test_what_real_servers_send_is_understood(kind, given, expected):
    for made in (kind.model_validate(given), kind.model_validate_json(json.dumps(given)), kind(**given)):
        assert subset(expected, made.model_dump())
        assert subset(given, made.model_dump())


NULLS = {
    "the choices of a chunk": (ModelResponseStream, {"choices": None, "usage": {"total_tokens": 5}}),
    "a delta": (ModelResponseStream, {"choices": [{"index": 1, "delta": None, "finish_reason": "stop"}]}),
    "a choice's index": (ModelResponseStream, {"choices": [{"index": None, "delta": {"content": "a"}}]}),
    "a tool call's index": (ModelResponseStream, {"choices": [{"delta": {"tool_calls": [{"index": None}]}}]}),
    "an answer's names": (ModelResponse, {"id": None, "created": None, "object": None, "choices": [{"index": None}]}),
}


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("kind", "given"), NULLS.values(), ids=NULLS)
def test_null_where_there_is_none_is_a_missing_field(kind, given):
    expected = kind.model_validate(without_nulls(given)).model_dump(exclude={"id", "created"})
    assert kind.model_validate(given).model_dump(exclude={"id", "created"}) == expected
    assert kind.model_validate_json(json.dumps(given)).model_dump(exclude={"id", "created"}) == expected


@pytest.mark.parametrize("odd", [None, {"choices": [None]}, {"choices": None, "model": 7}, {"model": 7}])
def test_null_that_is_no_field_and_other_shapes_are_refused_as_ever(odd):
    for parse in (
        lambda: ModelResponseStream.model_validate(odd),
        lambda: ModelResponseStream.model_validate_json(json.dumps(odd)),
    ):
        with pytest.raises(pydantic.ValidationError):
            parse()


def test_a_required_field_of_null_is_missing():
    with pytest.raises(pydantic.ValidationError, match="Field required"):
        ModelInfo.model_validate({"id": None})


def test_an_answer_has_an_id_and_a_time_of_its_own_where_the_server_gives_none():
    one, two = ModelResponse(), ModelResponse()
    assert one.id != two.id
    assert one.id.startswith("chatcmpl-")
    assert TextCompletionResponse().id.startswith("cmpl-")
    assert isinstance(one.created, int)


def test_an_answer_of_text_has_finished():
    response: Any = ModelResponse.of_text("Hi", model="m", usage={"total_tokens": 5}, system_fingerprint="f")
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("Hi", "stop")
    assert (response.model, response.usage.total_tokens, response.system_fingerprint) == ("m", 5, "f")
    assert ModelResponse.of_text("Hi", finish_reason="length").choices[0].finish_reason == "length"


# ----------------------------------------------------------------------------------------------------- read as mappings


def test_responses_read_like_the_parsed_json():
    response = ModelResponse.model_validate(ANSWER)
    assert response["choices"][0]["message"]["content"] == "Hi"
    assert response["choices"][0]["message"]["mood"] == "good"
    assert response["usage"]["total_tokens"] == 5
    assert response["warning"]["code"] == 7
    assert response.get("id") == "chatcmpl-1"
    assert response.get("absent") is None
    assert response.get("absent", 3) == 3
    assert ("usage" in response, "warning" in response, "absent" in response) == (True, True, False)
    assert dict(response)["model"] == {**response}["model"] == "m-2"
    with pytest.raises(KeyError, match="absent"):
        response["absent"]


def test_a_field_that_did_not_come_is_none_and_a_misspelt_one_an_error():
    message: Any = ModelResponse.of_text("Hi").choices[0].message
    assert (message.reasoning_content, message["tool_calls"], message.get("audio")) == (None, None, None)
    with pytest.raises(AttributeError):
        message.contents  # noqa: B018  # reading it is the test


def test_fields_can_be_set_as_in_a_mapping():
    response = ModelResponse()
    response["model"] = "m"
    response["mood"] = "good"
    assert (response.model, response.mood, response["mood"]) == ("m", "good", "good")  # type: ignore[attr-defined]


def test_replace_makes_a_changed_copy():
    response = ModelResponse.of_text("Hi", model="m")
    changed = response.replace(model="n")
    assert (response.model, changed.model, changed.choices) == ("m", "n", response.choices)


@pytest.mark.parametrize("kind", RESPONSE_TYPES)
def test_every_response_type_survives_pickling_and_copying_under_its_public_name(kind):
    made = kind.model_validate({"id": "x", "mood": "good"})
    assert kind.__module__ == "jackfield.types"
    assert [type(other) for other in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made))] == [kind, kind]
    assert pickle.loads(pickle.dumps(made)) == made


# ------------------------------------------------------------------------------------------------------------- requests


@pytest.mark.parametrize("kind", REQUEST_TYPES)
def test_a_request_is_frozen_and_survives_pickling(kind):
    request = kind("p/m", params={"a": 1}, options={"timeout": 3})
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.model = "other"
    assert pickle.loads(pickle.dumps(request)) == request
    assert not hasattr(request, "__dict__")


def test_a_changed_request_is_another_and_the_first_stays():
    request = CompletionRequest("p/m", [{"role": "user"}], params={"a": 1}, metadata={"b": 2}, options={"timeout": 3})
    changed = request.replace(model="q/m", stream=True)
    assert (request.model, request.stream, changed.model, changed.stream) == ("p/m", False, "q/m", True)
    assert changed == dataclasses.replace(request, model="q/m", stream=True)
    with pytest.raises(TypeError, match="CompletionRequest has no field 'modle'"):
        request.replace(modle="q/m")


def test_a_request_knows_its_operation():
    assert CompletionRequest("p/m").operation == "completion"
    assert CompletionRequest("p/m", stream=True).operation == "streaming"
    assert EmbeddingRequest("p/m", "a").operation == EmbeddingRequest.operation == "embedding"


# ----------------------------------------------------------------------------------------------------- chats as prompts


@pytest.mark.parametrize(
    ("messages", "prompt"),
    [
        ([], ""),
        ([{"role": "user", "content": "Hi"}], "Hi"),
        ([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi\nthere"}], "Be kind.\nHi\nthere"),
        ([{"role": "assistant", "content": None}, {"role": "user"}, {"role": "user", "content": "Hi"}], "Hi"),
        ([{"role": "user", "content": ""}, {"role": "user", "content": "Hi"}], "\nHi"),
        (
            [{"role": "user", "content": [{"type": "text", "text": "a"}, "b"]}, {"role": "user", "content": "c"}],
            "a\nb\nc",
        ),
        ([{"role": "user", "content": []}, {"role": "user", "content": "c"}], "c"),
        ([{"role": "assistant", "content": "a", "tool_calls": [], "audio": None}], "a"),
    ],
)
def test_a_chat_is_one_prompt_joined_by_newlines(messages, prompt):
    assert prompt_of(messages) == prompt


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ({"content": [{"type": "image_url", "image_url": {}}]}, "messages[1].content[0] of type 'image_url'"),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text"}]}, "messages[1].content[1] of type 'text'"),
        ({"content": ["a", 5]}, "messages[1].content[1]"),
        ({"content": 5}, "messages[1].content"),
        ({"content": {"type": "text", "text": "a"}}, "messages[1].content"),
        ({"content": None, "tool_calls": [{"id": "c"}]}, "messages[1].tool_calls"),
        ({"function_call": {"name": "f"}}, "messages[1].function_call"),
        ({"audio": {"id": "a"}}, "messages[1].audio"),
    ],
)
def test_what_is_no_text_is_refused_by_name(message, named):
    with pytest.raises(BadRequestError) as caught:
        prompt_of([{"role": "user", "content": "Hi"}, message])
    assert str(caught.value) == f"{named} is no text, and this provider takes only text: leave it out"
    assert caught.value.param == "messages"


@pytest.mark.parametrize(("prompt", "prompts"), [("a", ["a"]), (["a", "b"], ["a", "b"]), (("a",), ["a"]), ([], [])])
def test_one_prompt_or_several_are_a_list(prompt, prompts):
    assert prompts_of(prompt) == prompts


@pytest.mark.parametrize("prompt", [[1, 2], [[1], [2]], ["a", 1]])
def test_token_numbers_are_refused(prompt):
    with pytest.raises(BadRequestError, match="prompt holds token numbers, and this provider takes only text"):
        prompts_of(prompt)


def test_a_total_that_nobody_gave_is_the_sum():
    assert Usage(prompt_tokens=1, completion_tokens=2).total_tokens == 3
    assert Usage(prompt_tokens=None).total_tokens == 0
    assert Usage(prompt_tokens=1, total_tokens=9).total_tokens == 9
