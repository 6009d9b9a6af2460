"""The shapes a provider may give, and the one that callers get."""

import pytest
from jackfield import ContractViolationError, EventStream, InvalidResponseError
from jackfield._accumulate import Accumulator
from jackfield._chunks import as_chunk, chunk_of_response, chunk_of_text, text_of_chunk
from jackfield._shapes import chat_of_text, describe, first_problem, result_of, text_of_chat
from jackfield.flow import http
from jackfield.types import (
    EmbeddingResponse,
    ImageResponse,
    ModelList,
    ModelResponse,
    ModelResponseStream,
    TextCompletionResponse,
)

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}


def whole(message, finish="stop", *, choice=None, **fields):
    choices = [{"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}, **(choice or {})}]
    return ModelResponse.model_validate({"id": "x", "created": 17, "model": "m", "choices": choices, **fields})


# --------------------------------------------------------------------------------------------------------------- chunks


def test_a_chunk_passes_as_it_is():
    for chunk in (ModelResponseStream(), TextCompletionResponse()):
        assert as_chunk(chunk) is chunk


def test_text_is_a_piece_of_the_message():
    assert as_chunk("a").choices[0].delta.content == "a"
    assert as_chunk("").choices[0].delta.content == ""


def test_a_mapping_is_either_chunk():
    chunk = as_chunk({"choices": [{"delta": {"content": "a"}}], "extra": 1})
    assert (type(chunk), chunk.choices[0].delta.content, chunk.extra) == (ModelResponseStream, "a", 1)
    text = as_chunk({"object": "text_completion", "choices": [{"text": "a"}]})
    assert (type(text), text.choices[0].text) == (TextCompletionResponse, "a")


def test_a_mapping_of_no_choices_is_a_chunk():
    assert as_chunk({"choices": None, "usage": USAGE}).usage.total_tokens == 5


def test_a_mapping_of_another_shape_is_an_invalid_response_that_says_where():
    with pytest.raises(
        InvalidResponseError, match=r"no ModelResponseStream: choices\.0\.delta\.content\.str: Input should"
    ):
        as_chunk({"choices": [{"delta": {"content": 7}}]})


def test_a_problem_of_any_kind_is_one_line():
    assert first_problem(ValueError("odd")) == "odd"


@pytest.mark.parametrize("item", [None, 7, b"text", {"content": "a"}, {"error": {"message": "no"}}, object(), ["a"]])
def test_anything_else_is_no_chunk(item):
    with pytest.raises(ContractViolationError, match="which is no chunk"):
        as_chunk(item)


def test_an_effect_is_no_chunk_and_the_error_says_what_was_meant():
    with pytest.raises(
        ContractViolationError, match=r"the effect http\('GET', 'http://x'\).*return EventStream\(lambda"
    ):
        as_chunk(http("GET", "http://x"))


# -------------------------------------------------------------------------------------------- chunks of custom handlers


def test_a_generic_chunk_is_text():
    chunk = as_chunk(
        {"text": "a", "is_finished": False, "finish_reason": "", "usage": None, "index": 2, "tool_use": None}
    )
    (choice,) = chunk.choices
    assert (choice.index, choice.delta.content, choice.finish_reason, chunk.usage) == (2, "a", None, None)


@pytest.mark.parametrize(
    ("item", "finish"),
    [
        ({"text": "", "is_finished": True, "finish_reason": "length"}, "length"),
        ({"text": "", "is_finished": True, "finish_reason": ""}, "stop"),
        ({"is_finished": True}, "stop"),
        ({"text": "", "finish_reason": "stop"}, "stop"),
        ({"text": "", "is_finished": False}, None),
    ],
)
def test_a_generic_chunk_s_finish(item, finish):
    (choice,) = as_chunk(item).choices
    assert (choice.finish_reason, choice.delta.content) == (finish, item.get("text"))


def test_a_generic_chunk_s_tool_usage_and_unknown_fields_are_kept():
    tool = {"id": "c1", "type": None, "function": {"name": "f", "arguments": "{}"}, "index": 1}
    item = {
        "text": "",
        "tool_use": tool,
        "usage": USAGE,
        "provider_specific_fields": {"a": 1},
        "reasoning_content": "r",
    }
    chunk = as_chunk(item)
    (choice,) = chunk.choices
    (call,) = choice.delta.tool_calls
    assert (call.index, call.id, call.function.name) == (1, "c1", "f")
    assert chunk.usage.total_tokens == 5
    assert choice.delta.reasoning_content == "r"
    assert choice.delta.provider_specific_fields == chunk.provider_specific_fields == {"a": 1}


def test_a_generic_chunk_may_hold_several_tools():
    tools = [{"index": index, "id": name, "function": {"name": name}} for index, name in enumerate("fg")]
    assert [call.id for call in as_chunk({"text": "", "tool_use": tools}).choices[0].delta.tool_calls] == ["f", "g"]


# -------------------------------------------------------------------------------------------------------- whole answers


WHOLE = {
    "text": whole({"content": "Hello"}, usage=USAGE, system_fingerprint="fp"),
    "an empty text": whole({"content": ""}),
    "nothing": whole({"content": None}, "length"),
    "tools": whole(
        {
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
                {"id": "c2", "type": "function", "function": {"name": "g", "arguments": '{"a":1}'}, "extra": [1]},
            ],
        },
        "tool_calls",
    ),
    "a function": whole({"content": None, "function_call": {"name": "f", "arguments": "{}"}}, "function_call"),
    "reasoning, annotations": whole({"content": "a", "reasoning_content": "r", "annotations": [{"type": "url"}]}),
    "a refusal": whole({"content": None, "refusal": "no"}),
    "audio": whole({"content": None, "audio": {"id": "a", "data": "AAAA", "transcript": "t", "expires_at": 1}}),
    "logprobs and fields beside the message": whole(
        {"content": "a", "odd": {"x": [1]}},
        choice={"logprobs": {"content": [{"token": "a"}], "refusal": None}, "stop_reason": 7},
        x_groq={"id": "r"},
    ),
    "two choices": ModelResponse.model_validate(
        {
            "id": "x",
            "created": 17.5,
            "model": "m",
            "choices": [
                {"index": index, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
                for index, finish, text in [(0, "stop", "a"), (1, "length", "b")]
            ],
        }
    ),
}


def plain(response):
    return response.model_dump(exclude_none=True)


@pytest.mark.parametrize("answer", WHOLE.values(), ids=WHOLE)
def test_a_whole_answer_streamed_as_one_chunk_is_the_same_again(answer):
    accumulator = Accumulator("other", include_usage=False)
    accumulator.push(as_chunk(answer))
    assert plain(accumulator.response) == plain(answer)


def test_a_whole_answer_whose_text_is_in_parts_is_streamed_as_text():
    parts = [{"type": "text", "text": "Hel"}, {"type": "image", "data": "…"}, {"type": "text", "text": "lo"}]
    assert chunk_of_response(whole({"content": parts})).choices[0].delta.content == "Hello"
    assert text_of_chat(whole({"content": parts})).choices[0].text == "Hello"


def test_an_answer_is_not_changed_by_being_streamed():
    answer = WHOLE["tools"].model_copy(deep=True)
    chunk_of_response(answer)
    assert answer == WHOLE["tools"]


# -------------------------------------------------------------------------------------------------------- text and chat


def text_answer(**fields):
    choice = {"index": 1, "text": "a", "finish_reason": "stop", "logprobs": {"tokens": ["a"]}, "warning": "w"}
    head = {"id": "cmpl-7", "created": 17, "model": "m", "usage": USAGE, "extra": 1}
    return TextCompletionResponse.model_validate({**head, "choices": [choice], **fields})


def test_a_text_answer_as_chat_and_back_is_the_same_again():
    chat = chat_of_text(text_answer())
    (choice,) = chat.choices
    assert (choice.message.role, choice.message.content, choice.warning) == ("assistant", "a", "w")
    assert (chat.id, chat.object, chat.usage.total_tokens, chat.extra) == ("cmpl-7", "chat.completion", 5, 1)
    assert plain(text_of_chat(chat)) == plain(text_answer())


def test_a_text_chunk_as_chat_chunk_and_back_is_the_same_again():
    chunk = chunk_of_text(text_answer())
    assert (chunk.choices[0].delta.content, chunk.object) == ("a", "chat.completion.chunk")
    assert plain(text_of_chunk(chunk)) == plain(text_answer())


def test_a_text_chunk_that_names_no_id_gets_none_of_its_own():
    chunk = chunk_of_text(TextCompletionResponse.model_validate({"choices": [{"text": "a"}]}))
    assert (chunk.id, chunk.created) == (None, None)


def test_a_chat_chunk_without_text_finish_or_usage_is_no_text_chunk():
    assert text_of_chunk(as_chunk({"choices": [{"delta": {"role": "assistant", "content": ""}}]})) is None
    assert text_of_chunk(as_chunk({"choices": [], "usage": USAGE})).usage.total_tokens == 5
    finish = text_of_chunk(as_chunk({"choices": [{"delta": {}, "finish_reason": "stop"}]}))
    assert (finish.choices[0].text, finish.choices[0].finish_reason) == ("", "stop")


def test_what_does_not_fit_the_other_shape_is_left_out():
    odd = text_answer().replace(metadata="abc", mood="good")
    assert (chat_of_text(odd).metadata, chat_of_text(odd).mood) == (None, "good")
    assert chunk_of_text(odd.replace(service_tier=7)).service_tier is None


# -------------------------------------------------------------------------------------------------------------- results


def test_a_result_of_the_right_type_passes():
    own = ModelResponse(model="own")
    assert result_of("completion", own, "m") is own
    images = ImageResponse()
    assert result_of("image_generation", images, "m") is images


def test_a_result_without_a_model_gets_the_one_asked_for_on_a_copy():
    cached = ModelResponse()
    assert [result_of("completion", cached, model).model for model in ("m", "n")] == ["m", "n"]
    assert cached.model is None


def test_a_mapping_is_a_result_too():
    assert result_of("embedding", {"data": [{"embedding": [0.5]}]}, "m").data[0].embedding == [0.5]
    assert type(result_of("list_models", {"data": []}, "m")) is ModelList


def test_a_subclass_of_a_response_stays():
    class Mine(EmbeddingResponse):
        pass

    assert type(result_of("embedding", Mine(), "m")) is Mine


def test_text_and_chat_stand_in_for_each_other():
    assert type(result_of("completion", text_answer(), "m")) is ModelResponse
    assert type(result_of("text_completion", WHOLE["text"], "m")) is TextCompletionResponse


def test_a_mapping_of_another_shape_is_an_invalid_result():
    with pytest.raises(InvalidResponseError, match=r"the provider's answer is no ModelResponse: choices: "):
        result_of("completion", {"choices": "none"}, "m")


@pytest.mark.parametrize("given", [{}, {"error": "no"}, {"choices": None, "data": None}])
@pytest.mark.parametrize(("operation", "needed"), [("completion", "choices"), ("embedding", "data")])
def test_a_mapping_of_nothing_is_no_result(operation, needed, given):
    with pytest.raises(InvalidResponseError, match=f"the provider's answer is no .*Response: it has no '{needed}'"):
        result_of(operation, given, "m")


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (None, r"returned None, not a ModelResponse; did the hook forget its return\?"),
        (
            EventStream.of([]),
            "returned jackfield.*EventStream, not a ModelResponse; streams belong to the hook streaming",
        ),
        ("text", "returned str, not a ModelResponse$"),
        (http("GET", "http://x"), "returned the effect http"),
    ],
)
def test_anything_else_is_no_result_and_the_error_says_so(result, message):
    with pytest.raises(ContractViolationError, match=message):
        result_of("completion", result, "m")


def test_a_type_is_named_as_a_sentence_can():
    assert describe(None) == "None"
    assert describe(7) == "int"
    assert describe(ModelResponse()) == "jackfield.types.ModelResponse"


def test_vectors_without_an_index_have_their_place():
    response = result_of("embedding", {"data": [{"embedding": [1.0]}, {"embedding": [2.0]}]}, "m")
    assert [item.index for item in response.data] == [0, 1]
