"""What handlers really return, and what the caller gets of it."""

from __future__ import annotations

import pytest
from jackfield import ContractViolationError, InvalidResponseError, completion, embedding, image_generation
from jackfield.types import (
    Choices,
    EmbeddingResponse,
    ImageObject,
    ImageResponse,
    Message,
    ModelResponse,
    TextCompletionResponse,
    Usage,
)

CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}


def filled(model_response, **_):
    model_response.choices[0].message.content = "Hi!"
    model_response.usage.completion_tokens = 1
    return model_response


def filled_with_mappings(model_response, **_):
    model_response["choices"] = [{"message": {"content": "Hi!"}, "finish_reason": "length"}]
    model_response["usage"] = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    model_response["house"] = "kept"
    return model_response


def filled_with_a_message(model_response, **_):
    model_response.choices[0].message = {"role": "assistant", "content": "Hi!"}
    return model_response


def appended(**_):
    response = ModelResponse()
    response.choices.append({"message": {"content": "Hi!"}})
    return response


class Own(ModelResponse):
    """A response of the handler's own kind."""


WHOLE = ModelResponse(choices=[Choices(message=Message(content="Hi!"))], model="theirs")

RETURNS = {
    "a ModelResponse": lambda **_: WHOLE,
    "one made of mappings": lambda **_: ModelResponse(choices=[{"message": {"content": "Hi!"}}], usage={}),
    "a kind of its own": lambda **_: Own(choices=[{"message": {"content": "Hi!"}}]),
    "a mapping": lambda **_: {"choices": [{"message": {"role": "assistant", "content": "Hi!"}}]},
    "a text": lambda **_: "Hi!",
    "a text completion": lambda **_: TextCompletionResponse(choices=[{"text": "Hi!"}]),
    "the model_response, filled": filled,
    "the model_response, filled with mappings": filled_with_mappings,
    "the model_response, with a mapping as message": filled_with_a_message,
    "choices appended as mappings": appended,
    "another model's answer": lambda **_: completion("test/x", mock_response="Hi!"),
}


def answer(**arguments):
    return completion("mine/small", messages=[{"role": "user", "content": "Hello"}], **arguments)


@pytest.mark.parametrize("function", RETURNS.values(), ids=RETURNS)
def test_it_is_an_answer(handler, function):
    handler(completion=function)
    response = answer()
    assert isinstance(response, ModelResponse)
    assert isinstance(response.choices[0], Choices)
    assert (response.choices[0].message.content, response["choices"][0]["message"]["role"]) == ("Hi!", "assistant")
    assert ModelResponse.model_validate_json(response.model_dump_json()).choices == response.choices


def test_a_missing_model_becomes_the_one_asked_for(handler):
    handler(completion=filled)
    assert answer().model == "small"
    handler(completion=lambda **_: WHOLE)
    assert answer().model == "theirs"


def test_mappings_that_were_filled_in_are_models_to_the_caller(handler):
    handler(completion=filled_with_mappings)
    response = answer()
    assert response.usage == Usage(prompt_tokens=1, completion_tokens=2, total_tokens=3)
    assert (response.choices[0].finish_reason, response.house) == ("length", "kept")


def test_tool_calls_given_as_mappings_are_models_to_the_caller(handler):
    def calling(model_response, **_):
        model_response.choices[0].message.tool_calls = [CALL]
        model_response.choices[0].finish_reason = "tool_calls"
        return model_response

    handler(completion=calling)
    [call] = answer().choices[0].message.tool_calls
    assert (call.id, call.function.name, call.function.arguments) == ("call_1", "weather", "{}")


def test_unknown_fields_of_a_mapping_are_kept(handler):
    handler(completion=lambda **_: {"choices": [{"message": {"content": "Hi!", "house": 1}, "house": 2}], "house": 3})
    response = answer()
    assert (response.choices[0].message.house, response.choices[0].house, response.house) == (1, 2, 3)


def test_a_whole_answer_is_streamed_with_its_tool_calls(handler):
    message = {"content": "Hi!", "tool_calls": [CALL]}
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    whole = {"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": usage}
    handler(completion=lambda **_: whole)
    stream = answer(stream=True, stream_options={"include_usage": True})
    chunks = list(stream)
    assert chunks[0].choices[0].delta.content == "Hi!"
    assert chunks[-1].usage.total_tokens == 3
    assert stream.response.choices[0].message.tool_calls[0].id == "call_1"
    assert stream.response.choices[0].finish_reason == "tool_calls"


WRONG = {
    "None": (lambda **_: None, ContractViolationError, "returned None.*did the hook forget its return"),
    "a number": (lambda **_: 7, ContractViolationError, "returned int"),
    "a generator": (lambda **_: (text for text in ["Hi!"]), ContractViolationError, "returned generator"),
    "a mapping of another shape": (lambda **_: {"choices": "Hi!"}, InvalidResponseError, "no ModelResponse: choices"),
}


@pytest.mark.parametrize(("function", "error", "message"), WRONG.values(), ids=WRONG)
def test_what_is_no_answer_is_refused(handler, function, error, message):
    handler(completion=function)
    with pytest.raises(error, match=message):
        answer()


def test_a_response_filled_with_another_shape_is_refused(handler):
    def spoilt(model_response, **_):
        model_response.usage = {"prompt_tokens": "many"}
        return model_response

    handler(completion=spoilt)
    with pytest.raises(InvalidResponseError, match="prompt_tokens"):
        answer()


def filled_vectors(model_response, **_):
    model_response.data = [{"object": "embedding", "index": 0, "embedding": [0.5, 1.0]}]
    model_response.usage = {"prompt_tokens": 2, "total_tokens": 2}
    return model_response


EMBEDDINGS = {
    "a mapping": lambda **_: {"data": [{"embedding": [0.5, 1.0]}], "usage": {"prompt_tokens": 2}},
    "a response": lambda **_: EmbeddingResponse(data=[{"embedding": [0.5, 1.0]}], usage={"prompt_tokens": 2}),
    "the model_response, filled": filled_vectors,
}


@pytest.mark.parametrize("function", EMBEDDINGS.values(), ids=EMBEDDINGS)
def test_it_is_an_embedding(handler, function):
    handler(embedding=function)
    response = embedding("mine/small", ["blue"])
    assert (response.data[0].embedding, response.usage.prompt_tokens, response.model) == ([0.5, 1.0], 2, "small")


def filled_pictures(model_response, **_):
    model_response.data.append({"url": "https://images.example/1.png"})
    return model_response


IMAGES = {
    "a mapping": lambda **_: {"created": 1, "data": [{"url": "https://images.example/1.png"}]},
    "a response": lambda **_: ImageResponse(data=[ImageObject(url="https://images.example/1.png")]),
    "the model_response, filled": filled_pictures,
}


@pytest.mark.parametrize("function", IMAGES.values(), ids=IMAGES)
def test_it_is_an_image(handler, function):
    handler(image_generation=function)
    response = image_generation(model="mine/small", prompt="a door")
    assert (response.data[0].url, response.data[0].b64_json) == ("https://images.example/1.png", None)
