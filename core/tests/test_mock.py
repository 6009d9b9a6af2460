"""mock_response and its kin, in all forms: the flow driven by hand, then through the public functions."""

from __future__ import annotations

import asyncio
import json
import math
import traceback
from collections.abc import Generator, Iterable
from typing import Any

import httpx
import jackfield
import pytest
from jackfield import _mock, errors, exceptions
from jackfield._pieces import cut
from jackfield._pipeline import READY, Pipeline
from jackfield.errors import (
    APITimeoutError,
    BadRequestError,
    ContentPolicyViolationError,
    InternalServerError,
    JackfieldError,
    RateLimitError,
)
from jackfield.flow import EventStream, Sleep
from jackfield.types import (
    CompletionRequest,
    Embedding,
    EmbeddingRequest,
    EmbeddingResponse,
    ImageEditRequest,
    ImageGenerationRequest,
    ImageObject,
    ImageResponse,
    ListModelsRequest,
    ModelResponse,
    Request,
    TextChoices,
    TextCompletionRequest,
    TextCompletionResponse,
    ToolCall,
    Usage,
)

CHAT = CompletionRequest("m", [{"role": "user", "content": "Hi"}])
STREAM = CHAT.replace(stream=True)
TEXT = TextCompletionRequest("m", "Once")
EMBEDDING = EmbeddingRequest("m", ["a", "b"])
IMAGE = ImageGenerationRequest("m", "a cat")
EDIT = ImageEditRequest("m", [b"png"], "a hat")

CALL = {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1, "b": 22}'}}
WHOLE = {
    "id": "chatcmpl-mine",
    "created": 7,
    "model": "theirs",
    "system_fingerprint": "fp",
    "warning": "careful",
    "choices": [
        {
            "index": 0,
            "finish_reason": "length",
            "content_filter_results": {"hate": False},
            "logprobs": {"content": [{"token": "A", "logprob": -1.0}]},
            "message": {"role": "assistant", "content": "A long text", "reasoning_content": "hm", "refusal": None},
        },
        {"index": 1, "finish_reason": "tool_calls", "message": {"content": None, "tool_calls": [CALL]}},
    ],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


def waits_and_answer(request: Request, **options: Any) -> tuple[list[float], Any]:
    """Run a mock's flow without waiting: the seconds that it asked to wait, and its result or its error."""
    flow: Generator[Any, Any, Any] = _mock.answer(request, options)  # type: ignore[arg-type]
    waits = []
    try:
        while True:
            effect = flow.send(None)
            assert type(effect) is Sleep
            waits.append(effect.seconds)
    except StopIteration as stop:
        return waits, stop.value
    except Exception as error:  # whichever it is, it is the result
        return waits, error


def answer(request: Request, **options: Any) -> Any:
    """Return what a mock answers; raises its error."""
    _, result = waits_and_answer(request, **options)
    if isinstance(result, Exception):
        raise result
    return result


def refusal(request: Request, **options: Any) -> str:
    """Return the message with which a mock is refused, before any wait."""
    waits, error = waits_and_answer(request, **options)
    assert waits == []
    assert type(error) is BadRequestError
    assert error.message.startswith(error.param or "?")
    return error.message


def pipeline(**changes: bool) -> Pipeline:
    defaults: dict[str, Any] = {"model": "m", "include_usage": True, "text": False, "gap": 1, "due": math.inf}
    return Pipeline(**defaults | changes)


def delivered(stream: EventStream, into: Pipeline) -> list[Any]:
    """Open a stream as the drivers do: what a caller gets."""
    source: Iterable[Any] = stream.source()
    chunks = [chunk for item in source for chunk in into.items(item)] + list(into.end())
    assert chunks.pop(0) is READY
    return chunks


def streamed(request: Request, **options: Any) -> tuple[list[Any], Any]:
    """Return a mocked stream's chunks and what they come to."""
    stream = answer(request, **options)
    assert isinstance(stream, EventStream)
    into = pipeline(text=isinstance(request, TextCompletionRequest))
    return delivered(stream, into), into.response


def texts(chunks: list[Any]) -> list[str]:
    return [choice.delta.content for chunk in chunks for choice in chunk.choices if choice.delta.content]


# Whether there is a mock


@pytest.mark.parametrize(
    "options",
    [
        {"mock_response": ""},
        {"mock_response": "Hi!"},
        {"mock_tool_calls": [CALL]},
        {"mock_delay": 1},
        {"mock_timeout": True},
    ],
)
def test_each_of_the_four_options_asks_for_a_mock(options):
    assert _mock.is_mocked(options)


@pytest.mark.parametrize("options", [{}, {"timeout": 5}, {"mock_response": None}, {"mock_timeout": False}])
def test_other_options_ask_for_none(options):
    assert not _mock.is_mocked(options)


# Chat


def test_a_text_is_a_whole_answer_with_the_usage_that_the_seeds_print():
    response = answer(CHAT, mock_response="Hi!")
    assert response.model_dump(include={"choices": {0: {"index", "finish_reason"}}, "model": True, "object": True}) == {
        "choices": [{"index": 0, "finish_reason": "stop"}],
        "model": "m",
        "object": "chat.completion",
    }
    assert response.choices[0].message.content == "Hi!"
    assert response.choices[0].message.tool_calls is None
    assert response.id.startswith("chatcmpl-")
    usage = response.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (10, 20, 30)


def test_an_empty_text_is_a_text():
    assert answer(CHAT, mock_response="").choices[0].message.content == ""


def test_n_choices_are_equal_but_for_their_index():
    response = answer(CHAT.replace(params={"n": 3}), mock_response="Hi!")
    assert [(choice.index, choice.message.content) for choice in response.choices] == [(i, "Hi!") for i in range(3)]


@pytest.mark.parametrize("n", [0, -1, "2", 1.5])
def test_n_is_a_count(n):
    assert refusal(CHAT.replace(params={"n": n}), mock_response="Hi!").startswith("n must be a whole number")


def test_other_parameters_change_nothing():
    response = answer(CHAT.replace(params={"response_format": {"type": "json_object"}, "n": None}), mock_response="Hi!")
    assert response.choices[0].message.content == "Hi!"


def test_a_mapping_is_validated_and_kept_whole():
    response = answer(CHAT.replace(params={"n": 5}), mock_response=WHOLE)
    assert isinstance(response, ModelResponse)
    assert response.model_dump(exclude_unset=True) == WHOLE


def test_a_mapping_without_model_answers_with_the_one_asked_for():
    response = answer(CHAT, mock_response={"choices": []})
    assert (response.model, response.choices, response.usage) == ("m", [], None)


def test_a_response_is_returned_as_it_is():
    given = ModelResponse.of_text("Hi!", model="theirs")
    assert answer(CHAT, mock_response=given) is given


def test_a_response_without_model_is_answered_with_the_one_asked_for_and_not_changed():
    given = ModelResponse.of_text("Hi!")
    assert answer(CHAT, mock_response=given).model == "m"
    assert given.model is None


def test_a_text_completion_becomes_a_chat():
    as_mapping = {"object": "text_completion", "choices": [{"text": "Hi!", "finish_reason": "stop"}]}
    for given in (as_mapping, TextCompletionResponse.model_validate(as_mapping)):
        response = answer(CHAT, mock_response=given)
        assert isinstance(response, ModelResponse)
        assert response.choices[0].message.content == "Hi!"


# Tool calls


def test_tool_calls_alone_are_an_answer_without_text():
    choice = answer(CHAT, mock_tool_calls=[CALL]).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert [call.model_dump() for call in choice.message.tool_calls] == [CALL]


def test_tool_calls_stand_beside_a_text():
    choice = answer(CHAT, mock_tool_calls=(ToolCall.model_validate(CALL),), mock_response="Let me see").choices[0]
    assert (choice.finish_reason, choice.message.content) == ("tool_calls", "Let me see")
    assert choice.message.tool_calls[0].function.name == "add"


def test_a_tool_call_without_id_gets_one_and_the_given_object_none():
    given = ToolCall.model_validate({"function": {"name": "add"}})
    made = answer(CHAT, mock_tool_calls=[given]).choices[0].message.tool_calls[0]
    assert made.id.startswith("call-")
    assert given.id is None


def test_no_tool_calls_are_none():
    choice = answer(CHAT, mock_tool_calls=[], mock_response="Hi!").choices[0]
    assert (choice.finish_reason, choice.message.tool_calls) == ("stop", None)


@pytest.mark.parametrize("calls", ["add", 1, [1], [{"function": {"name": "add", "arguments": {"a": 1}}}]])
def test_tool_calls_of_another_shape_are_refused_by_name(calls):
    assert refusal(CHAT, mock_tool_calls=calls).startswith("mock_tool_calls holds no calls in OpenAI's shape")


def test_tool_calls_do_not_join_a_whole_answer():
    assert "goes with a text" in refusal(CHAT, mock_tool_calls=[CALL], mock_response=WHOLE)


@pytest.mark.parametrize("request_", [TEXT, EMBEDDING, IMAGE, EDIT])
def test_only_a_chat_calls_tools(request_):
    assert request_.operation in refusal(request_, mock_tool_calls=[CALL])


# Streams


def test_a_text_is_streamed_in_pieces_of_three_characters():
    chunks, response = streamed(STREAM, mock_response="Hi there")
    assert texts(chunks) == ["Hi ", "the", "re"]
    assert [chunk.choices[0].delta.role for chunk in chunks[:3]] == ["assistant", None, None]
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert (chunks[-1].choices, chunks[-1].usage.total_tokens) == ([], 30)
    assert {(chunk.model, chunk.id) for chunk in chunks} == {("m", chunks[0].id)}
    assert response.choices[0].message.content == "Hi there"


def test_usage_comes_once_and_only_where_it_was_asked_for():
    with_usage, _ = streamed(STREAM, mock_response="Hi there")
    without = delivered(answer(STREAM, mock_response="Hi there"), into := pipeline(include_usage=False))
    assert [chunk.usage is not None for chunk in with_usage] == [False] * 4 + [True]
    assert [chunk.usage for chunk in without] == [None] * 4
    assert into.response.usage == Usage.model_validate(_mock.USAGE)


def test_an_empty_text_streams_as_an_empty_text():
    chunks, response = streamed(STREAM, mock_response="")
    assert texts(chunks) == []
    assert response.choices[0].message.content == ""


def test_text_is_cut_between_characters_and_nothing_is_lost():
    assert cut("äöüß🙂") == ["äöü", "ß🙂"]


def test_a_stream_can_be_opened_again():
    stream = answer(STREAM, mock_response="Hi there")
    first, again = delivered(stream, pipeline()), delivered(stream, pipeline())
    assert texts(first) == texts(again) == ["Hi ", "the", "re"]


@pytest.mark.parametrize(
    ("request_", "options"),
    [
        (CHAT, {"mock_response": "Hi there"}),
        (CHAT, {"mock_response": ""}),
        (CHAT.replace(params={"n": 3}), {"mock_response": "Hi there"}),
        (CHAT, {"mock_response": WHOLE}),
        (CHAT, {"mock_response": ModelResponse.model_validate(WHOLE)}),
        (CHAT, {"mock_tool_calls": [CALL, {**CALL, "id": "call_2"}]}),
        (CHAT.replace(params={"n": 2}), {"mock_tool_calls": [CALL], "mock_response": "Let me see"}),
        (CHAT, {"mock_response": TextCompletionResponse(choices=[TextChoices(text="Hi there", finish_reason="stop")])}),
        (TEXT, {"mock_response": "Hi there"}),
        (TEXT, {"mock_response": {"id": "c", "choices": [{"text": "Hi", "finish_reason": "length", "kept": 1}]}}),
    ],
)
def test_a_stream_comes_to_the_whole_answer(request_, options):
    whole = answer(request_, **options)
    _, response = streamed(request_.replace(stream=True), **options)
    made = {"id", "created"} - whole.model_fields_set
    assert response.model_dump(exclude=made) == whole.model_dump(exclude=made)


def test_a_whole_answer_streams_with_all_that_it_has():
    chunks, _ = streamed(STREAM, mock_response=WHOLE)
    assert texts(chunks) == ["A l", "ong", " te", "xt"]
    assert {(chunk.id, chunk.created, chunk.model, chunk.system_fingerprint) for chunk in chunks} == {
        ("chatcmpl-mine", 7, "theirs", "fp")
    }
    assert (chunks[0].warning, chunks[0].choices[0].delta.reasoning_content) == ("careful", "hm")
    assert [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason] == [
        "length",
        "tool_calls",
    ]


def test_the_arguments_of_a_tool_call_stream_in_pieces():
    chunks, _ = streamed(STREAM, mock_tool_calls=[CALL])
    calls = [call for chunk in chunks for choice in chunk.choices for call in choice.delta.tool_calls or ()]
    assert (calls[0].id, calls[0].type, calls[0].function.name) == ("call_1", "function", "add")
    assert [(call.index, call.id) for call in calls[1:]] == [(0, None)] * (len(calls) - 1)
    assert max(len(call.function.arguments) for call in calls) == 3
    assert json.loads("".join(call.function.arguments for call in calls)) == {"a": 1, "b": 22}


# Text completions


def test_a_text_completion_has_its_own_shape():
    response = answer(TEXT, mock_response="Hi!")
    assert isinstance(response, TextCompletionResponse)
    assert [(choice.text, choice.finish_reason, choice.index) for choice in response.choices] == [("Hi!", "stop", 0)]
    assert (response.id[:5], response.model, response.usage) == ("cmpl-", "m", Usage.model_validate(_mock.USAGE))


@pytest.mark.parametrize(
    ("prompt", "count"), [("a", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1, 2], [3], [4]], 3), (("a",), 1)]
)
def test_each_prompt_gets_n_choices(prompt, count):
    request = TextCompletionRequest("m", prompt, params={"n": 2})
    assert [choice.index for choice in answer(request, mock_response="Hi!").choices] == list(range(2 * count))


def test_a_chat_becomes_a_text_completion():
    for given in (WHOLE, ModelResponse.model_validate(WHOLE)):
        response = answer(TEXT, mock_response=given)
        assert isinstance(response, TextCompletionResponse)
        assert [choice.text for choice in response.choices] == ["A long text", ""]
        assert response["warning"] == "careful"


def test_a_text_completion_is_returned_as_it_is():
    given = TextCompletionResponse(model="theirs")
    assert answer(TEXT, mock_response=given) is given


def test_a_text_completion_streams_in_its_own_shape():
    chunks, response = streamed(TEXT.replace(stream=True), mock_response="Hi there")
    assert [choice.text for chunk in chunks for choice in chunk.choices] == ["Hi ", "the", "re", ""]
    assert {(type(chunk), chunk.id[:5]) for chunk in chunks} == {(TextCompletionResponse, "cmpl-")}
    assert response.choices[0].text == "Hi there"


# Embeddings and images


@pytest.mark.parametrize(("texts_", "count"), [("a", 1), (["a", "b"], 2), ([1, 2, 3], 1), ([[1], [2]], 2)])
def test_one_vector_stands_for_each_input(texts_, count):
    response = answer(EmbeddingRequest("m", texts_), mock_response=[0.25, -1])
    assert isinstance(response, EmbeddingResponse)
    assert [(item.index, item.embedding) for item in response.data] == [(i, [0.25, -1.0]) for i in range(count)]
    assert (response.model, response.usage) == ("m", Usage(prompt_tokens=10, total_tokens=10))


def test_a_list_of_vectors_holds_one_for_each_input():
    assert [item.embedding for item in answer(EMBEDDING, mock_response=[[1.0], (2.0,)]).data] == [[1.0], [2.0]]
    assert "holds 1 vectors, and the call has 2 inputs" in refusal(EMBEDDING, mock_response=[[1.0]])


def test_whole_embeddings_are_kept():
    given = EmbeddingResponse(data=[Embedding(embedding=[1.0])], model="theirs")
    assert answer(EMBEDDING, mock_response=given) is given
    assert answer(EMBEDDING, mock_response={"data": [{"embedding": "AAAA"}]}).data[0].embedding == "AAAA"


@pytest.mark.parametrize("mock", ["a text", [], [[]], ["a"], [True], [[1.0], "a"], 1, {1.0}])
def test_what_is_no_vector_is_refused_with_the_forms_that_are(mock):
    message = refusal(EMBEDDING, mock_response=mock)
    assert message.startswith("mock_response must be a vector, a list of one vector for each input")
    assert "jackfield.RateLimitError" in message


@pytest.mark.parametrize("request_", [IMAGE, EDIT])
def test_a_text_is_the_address_of_n_images(request_):
    response = answer(request_.replace(params={"n": 2}), mock_response="http://localhost/cat.png")
    assert isinstance(response, ImageResponse)
    assert [image.url for image in response.data] == ["http://localhost/cat.png"] * 2


def test_a_list_holds_one_image_each():
    response = answer(IMAGE, mock_response=["u", {"b64_json": "AAAA"}, ImageObject(url="v")])
    assert [(image.url, image.b64_json) for image in response.data] == [("u", None), (None, "AAAA"), ("v", None)]


def test_whole_images_are_kept():
    given = ImageResponse(data=[ImageObject(url="u")])
    assert answer(IMAGE, mock_response=given) is given
    assert answer(EDIT, mock_response={"created": 7, "data": []}).created == 7


# Errors


@pytest.mark.parametrize("package", ["jackfield", "litellm"])
@pytest.mark.parametrize("name", sorted({*errors.__all__, *exceptions.__all__}))
@pytest.mark.parametrize("request_", [CHAT, STREAM, EMBEDDING], ids=lambda request: request.operation)
def test_the_name_of_any_error_raises_it(request_, name, package):
    with pytest.raises(JackfieldError) as caught:
        answer(request_, mock_response=f"{package}.{name}")
    assert type(caught.value) is getattr(exceptions, name)
    assert "this is a mock" in caught.value.message


@pytest.mark.parametrize(
    "text", ["RateLimitError", "litellm.RateLimitError!", " litellm.RateLimitError", "Exception: foo"]
)
def test_any_other_text_is_a_text(text):
    assert answer(CHAT, mock_response=text).choices[0].message.content == text


def test_litellms_two_sentences_are_errors():
    with pytest.raises(ContentPolicyViolationError):
        answer(STREAM, mock_response="Exception: content_filter_policy")
    with pytest.raises(InternalServerError) as caught:
        answer(CHAT, mock_response="Exception: mock_streaming_error")
    assert caught.value.status_code == 529


@pytest.mark.parametrize("request_", [STREAM, TEXT.replace(stream=True)], ids=lambda request: request.operation)
def test_a_streaming_error_comes_after_text_and_before_the_finish(request_):
    stream = answer(request_, mock_response="Exception: mock_streaming_error")
    for _ in range(2):
        into = pipeline()
        with pytest.raises(InternalServerError, match="mock_streaming_error"):
            delivered(stream, into)
        assert into.response["choices"][0]["message"]["content"] == "This stream breaks off"
        assert not into.accumulator.finished


@pytest.mark.parametrize(
    "request_", [CHAT, STREAM, TEXT, EMBEDDING, IMAGE, EDIT], ids=lambda request: request.operation
)
def test_an_exception_is_raised_as_it_is(request_):
    for error in (RateLimitError("slow down", retry_after=3), ValueError("foreign"), httpx.ReadTimeout("late")):
        with pytest.raises(type(error)) as caught:
            answer(request_, mock_response=error)
        assert (type(caught.value), caught.value.args, vars(caught.value)) == (type(error), error.args, vars(error))


@pytest.mark.parametrize("error", [RateLimitError("no", status_code=429), ValueError("odd")], ids=str)
def test_an_exception_may_be_given_again_and_again(error):
    def depth() -> int:
        with pytest.raises(JackfieldError) as caught:
            jackfield.completion("p/first", [], mock_response=error)
        assert caught.value.model == "first"
        return len(list(traceback.walk_tb(error.__traceback__)))

    assert depth() == depth()
    with pytest.raises(JackfieldError) as caught:
        jackfield.completion("p/second", [], mock_response=error)
    assert caught.value.model == "second"


@pytest.mark.parametrize("wanted", [RateLimitError, ValueError, TimeoutError])
def test_a_class_of_exceptions_is_raised_with_a_message(wanted):
    with pytest.raises(wanted, match=f"this is a mock: mock_response={wanted.__name__}"):
        answer(CHAT, mock_response=wanted)


def test_a_class_that_needs_more_than_a_message_is_refused():
    message = refusal(CHAT, mock_response=httpx.HTTPStatusError)
    assert message.startswith("mock_response cannot make a HTTPStatusError of a message alone")
    assert message.endswith("give an instance")


# Waits


@pytest.mark.parametrize("request_", [CHAT, STREAM, TEXT, EMBEDDING], ids=lambda request: request.operation)
def test_a_delay_is_waited_before_the_answer_and_before_the_error(request_):
    waits, result = waits_and_answer(request_, mock_response=[1.0] if request_ is EMBEDDING else "Hi!", mock_delay=2)
    assert (waits, isinstance(result, Exception)) == ([2], False)
    waits, result = waits_and_answer(request_, mock_response=RateLimitError, mock_delay=0.5)
    assert (waits, type(result)) == ([0.5], RateLimitError)


@pytest.mark.parametrize(
    ("timeout", "seconds"),
    [(0.5, 0.5), (3, 3.0), (None, 600.0), (httpx.Timeout(7, connect=1), 7.0), (httpx.Timeout(None), 600.0)],
)
def test_a_timeout_waits_as_long_as_the_call_may_and_raises(timeout, seconds):
    for mock in (None, "Hi!", RateLimitError):
        waits, error = waits_and_answer(CHAT, mock_timeout=True, timeout=timeout, mock_response=mock)
        assert (waits, type(error)) == ([seconds], APITimeoutError)
        assert "this is a mock" in error.message


def test_a_delay_comes_before_a_timeout():
    assert waits_and_answer(CHAT, mock_timeout=True, timeout=3, mock_delay=1)[0] == [1, 3.0]


def test_no_timeout_and_no_delay_wait_for_nothing():
    waits, response = waits_and_answer(CHAT, mock_timeout=False, mock_delay=0, mock_response="Hi!")
    assert (waits, type(response)) == ([], ModelResponse)


@pytest.mark.parametrize("delay", [-1, "2", True, math.nan])
def test_a_delay_is_a_number_of_seconds(delay):
    assert refusal(CHAT, mock_response="Hi!", mock_delay=delay).startswith("mock_delay must be a number of seconds")


def test_a_delay_alone_is_refused_since_nothing_is_mocked():
    assert "has nothing to delay: give mock_response" in refusal(CHAT, mock_delay=2)


def test_seconds_do_not_belong_into_mock_timeout():
    assert "timeout= says how many seconds" in refusal(CHAT, mock_timeout=0.3)


# What means nothing


@pytest.mark.parametrize("mock", [1, 1.5, True, {"a set"}, ["Hi!"], object(), KeyboardInterrupt, ImageResponse()])
@pytest.mark.parametrize("request_", [CHAT, STREAM, TEXT], ids=lambda request: request.operation)
def test_a_form_that_means_nothing_is_refused_before_any_wait(request_, mock):
    message = refusal(request_, mock_response=mock, mock_delay=5)
    assert message.startswith("mock_response must be a text, a ModelResponse or a mapping in its shape, an exception")


@pytest.mark.parametrize("request_", [IMAGE, EDIT], ids=lambda request: request.operation)
def test_images_name_their_own_forms(request_):
    assert refusal(request_, mock_response=1).startswith("mock_response must be an image's address")
    assert refusal(request_, mock_response=[1]).startswith("mock_response is no ImageResponse: data.0")


@pytest.mark.parametrize(
    ("request_", "mock", "problem"),
    [
        (CHAT, {"content": "Hi!"}, "is no ModelResponse: it has no 'choices'"),
        (CHAT, {"choices": 1}, "is no ModelResponse: choices: "),
        (TEXT, {"choices": [{"text": 1}]}, "is no TextCompletionResponse: choices.0.text: "),
        (EMBEDDING, {"vectors": []}, "is no EmbeddingResponse: it has no 'data'"),
        (IMAGE, {"url": "u"}, "is no ImageResponse: it has no 'data'"),
    ],
)
def test_a_mapping_of_another_shape_is_refused_by_the_field(request_, mock, problem):
    assert refusal(request_, mock_response=mock).startswith(f"mock_response {problem}")


def test_lists_of_models_are_not_mocked():
    message = refusal(ListModelsRequest("m"), mock_response="Hi!")
    assert message == "mock_response and its kin cannot answer list_models"


# Through the public functions; no provider of these names is installed


def called(colour: str, function: str, *arguments: Any, **options: Any) -> Any:
    """Call one of the functions, of either colour: its response, or a stream's chunks."""
    if colour == "sync":
        result = getattr(jackfield, function)(*arguments, **options)
        return list(result) if options.get("stream") else result

    async def collected() -> Any:
        result = await getattr(jackfield, f"a{function}")(*arguments, **options)
        return [chunk async for chunk in result] if options.get("stream") else result

    return asyncio.run(collected())


colours = pytest.mark.parametrize("colour", ["sync", "async"])


@colours
@pytest.mark.parametrize(
    ("model", "answered"), [("nobody/some/model", "some/model"), ("gpt-3.5-turbo", "gpt-3.5-turbo"), ("test/x", "x")]
)
def test_no_provider_is_looked_up_and_the_model_is_the_text_after_the_first_slash(colour, model, answered):
    response = called(colour, "completion", model, mock_response="Hi!", api_key="any", tools=[])
    assert (response.choices[0].message.content, response.model, response.usage.total_tokens) == ("Hi!", answered, 30)
    assert called(colour, "completion", model, mock_response={"choices": []}).model == answered


@colours
def test_every_operation_is_mocked(colour):
    texts_ = ["a", "b"]
    assert called(colour, "text_completion", "p/m", texts_, mock_response="Hi!").choices[1].text == "Hi!"
    assert called(colour, "embedding", "p/m", texts_, mock_response=[1.0]).data[1].embedding == [1.0]
    assert called(colour, "image_generation", "p/m", "a cat", mock_response="u").data[0].url == "u"
    assert called(colour, "image_edit", "p/m", [b"png"], "a hat", mock_response="u").data[0].url == "u"


@colours
def test_streams_are_streamed(colour):
    chunks = called(colour, "completion", "p/m", stream=True, mock_response="Hi there")
    assert texts(chunks) == ["Hi ", "the", "re"]
    assert {(chunk.model, chunk.usage) for chunk in chunks} == {("m", None)}
    asked = {"stream": True, "stream_options": {"include_usage": True}}
    assert called(colour, "completion", "p/m", mock_response="Hi!", **asked)[-1].usage.total_tokens == 30
    pieces = called(colour, "text_completion", "p/m", "Once", mock_response="Hi there", stream=True)
    assert [choice.text for chunk in pieces for choice in chunk.choices] == ["Hi ", "the", "re", ""]


@colours
def test_errors_reach_the_caller_mapped_and_with_the_model(colour):
    with pytest.raises(RateLimitError) as caught:
        called(colour, "completion", "p/m", mock_response="litellm.RateLimitError", num_retries=3)
    assert caught.value.model == "m"
    with pytest.raises(APITimeoutError):
        called(colour, "embedding", "p/m", "a", mock_response=TimeoutError("late"))
    with pytest.raises(BadRequestError, match="mock_response must be a text"):
        called(colour, "completion", "p/m", mock_response=1)
    with pytest.raises(BadRequestError, match="messages must be a list"):
        called(colour, "completion", "p/m", "Hi", mock_response="Hi!")


@colours
def test_a_stream_that_fails_holds_what_had_arrived(colour):
    with pytest.raises(InternalServerError) as caught:
        called(colour, "completion", "p/m", stream=True, mock_response="Exception: mock_streaming_error")
    assert caught.value.partial.choices[0].message.content == "This stream breaks off"


@colours
def test_a_mocked_timeout_and_a_delay_beyond_the_timeout_end_in_time(colour):
    for mock in ({"mock_timeout": True}, {"mock_response": "Hi!", "mock_delay": 60}):
        with pytest.raises(APITimeoutError):
            called(colour, "completion", "p/m", timeout=0.01, **mock)


@colours
def test_a_fallback_answers_for_a_mocked_error(colour):
    fallback = {"model": "q/n", "mock_response": "Hi!"}
    response = called(colour, "completion", "p/m", mock_response=RateLimitError, fallbacks=[fallback])
    assert (response.model, response.choices[0].message.content) == ("n", "Hi!")


@pytest.mark.parametrize("slip", ["jackfield.RateLimitErorr", "litellm.NoSuchError", "litellm.Timeouts"])
def test_a_slip_in_an_errors_name_is_no_answer(slip):
    with pytest.raises(BadRequestError, match="names no error"):
        jackfield.completion("any/m", mock_response=slip)
