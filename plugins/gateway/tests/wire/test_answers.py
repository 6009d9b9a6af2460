"""Answers have the documented fields with their nulls, what the provider sent, what OpenAI requires, and no more."""

from __future__ import annotations

import array
import base64
import json

import pytest
from jackfield import Client, hookimpl
from jackfield.errors import InvalidResponseError
from jackfield.types import (
    CompletionRequest,
    EmbeddingResponse,
    ImageObject,
    ImageResponse,
    ModelResponse,
    ModelResponseStream,
    TextCompletionRequest,
    TextCompletionResponse,
)
from jackfield_gateway.wire import answers

SERVER_SAYS = {
    "id": "chatcmpl-7",
    "object": "chat.completion",
    "created": 1721955063,
    "model": "gpt-3.5-turbo-0125",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi!", "refusal": None, "annotations": []},
            "logprobs": None,
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    "service_tier": "default",
    "system_fingerprint": "fp_1",
}

CHUNK = {
    "id": "chatcmpl-7",
    "object": "chat.completion.chunk",
    "created": 1721955063,
    "model": "gpt-3.5-turbo-0125",
    "choices": [{"index": 0, "delta": {"content": "Hi"}, "logprobs": None, "finish_reason": None}],
}


def chat(answer, asked_for="asked-for"):
    response = answer if isinstance(answer, ModelResponse) else ModelResponse.model_validate_json(json.dumps(answer))
    return json.loads(answers.chat(response, asked_for))


def chunk(piece, asked_for="asked-for"):
    piece = piece if isinstance(piece, ModelResponseStream) else ModelResponseStream.model_validate(piece)
    return json.loads(answers.chat_chunk(piece, asked_for))


# --------------------------------------------------------------------------------------------------------------- chats


def test_the_documented_answer_of_a_handler_has_exactly_the_documented_fields_and_what_openai_requires(described):
    answer = chat(
        ModelResponse(
            id="chatcmpl-06f1",
            created=1721955063,
            model="gpt-3.5-turbo",
            choices=[{"finish_reason": "stop", "index": 0, "message": {"content": "Hi!", "role": "assistant"}}],
            usage={"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
        )
    )
    assert answer == {
        "id": "chatcmpl-06f1",
        "choices": [
            {
                "finish_reason": "stop",
                "index": 0,
                "message": {
                    "content": "Hi!",
                    "role": "assistant",
                    "tool_calls": None,
                    "function_call": None,
                    "refusal": None,
                },
                "logprobs": None,
            }
        ],
        "created": 1721955063,
        "model": "gpt-3.5-turbo",
        "object": "chat.completion",
        "system_fingerprint": None,
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    }
    described.check("CreateChatCompletionResponse", json.dumps(answer))


def test_what_a_server_sent_stands_beside_the_documented_fields():
    expected = json.loads(json.dumps(SERVER_SAYS))
    expected["choices"][0]["message"] |= {"tool_calls": None, "function_call": None}
    assert chat(SERVER_SAYS) == expected


def test_what_no_type_knows_passes_on():
    message = {**SERVER_SAYS["choices"][0]["message"], "reasoning_content": "Hm.", "mood": {"good": True}}
    choice = {**SERVER_SAYS["choices"][0], "message": message, "stop_reason": 5}
    answer = chat({**SERVER_SAYS, "choices": [choice], "prompt_logprobs": None, "timings": {"ms": 1.5}})
    assert answer["prompt_logprobs"] is None
    assert answer["timings"] == {"ms": 1.5}
    assert answer["choices"][0]["stop_reason"] == 5
    assert answer["choices"][0]["message"]["mood"] == {"good": True}
    assert answer["choices"][0]["message"]["reasoning_content"] == "Hm."


@pytest.mark.parametrize(
    ("given", "place", "expected"),
    [
        ({"created": 1721955063.7}, ["created"], 1721955063),
        ({"created": float("nan")}, ["created"], 0),
        ({"object": "chat"}, ["object"], "chat.completion"),
        ({"usage": None}, ["usage"], None),
        ({"usage": {"prompt_tokens": 1}}, ["usage"], {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1}),
        (
            {"usage": {"prompt_tokens": None, "completion_tokens": 2, "total_tokens": 5, "cost": 0.5}},
            ["usage"],
            {"prompt_tokens": 0, "completion_tokens": 2, "total_tokens": 5, "cost": 0.5},
        ),
        ({"choices": [{"message": {"content": "Hi!"}}]}, ["choices", 0, "finish_reason"], "stop"),
        ({"choices": [{"message": {"content": "Hi!"}}]}, ["choices", 0, "message", "role"], "assistant"),
        ({"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}]}, ["choices", 1, "index"], 1),
        (
            {"choices": [{"message": {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}}]},
            ["choices", 0, "message", "tool_calls"],
            [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        ),
        (
            {"choices": [{"message": {"tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{}"}}]}}]},
            ["choices", 0, "finish_reason"],
            "tool_calls",
        ),
        (
            {"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}]},
            ["choices", 0, "message", "content"],
            "ab",
        ),
        (
            {"choices": [{"message": {"content": "x"}, "logprobs": {"content": []}}]},
            ["choices", 0, "logprobs"],
            {"content": [], "refusal": None},
        ),
    ],
)
def test_what_openai_requires_and_a_server_left_out_is_filled_in(described, given, place, expected):
    found = answer = chat(ModelResponse.model_validate({**SERVER_SAYS, **given}))
    for step in place:
        found = found[step]
    assert found == expected
    described.check("CreateChatCompletionResponse", json.dumps(answer))


def test_a_call_without_an_id_gets_one_since_its_result_has_to_name_it(described):
    calls = [{"function": {"name": "f", "arguments": "{}"}}, {"function": {"name": "g", "arguments": "{}"}}]
    answer = chat({**SERVER_SAYS, "choices": [{"message": {"tool_calls": calls}}]})
    described.check("CreateChatCompletionResponse", json.dumps(answer))
    first, second = answer["choices"][0]["message"]["tool_calls"]
    assert first["id"] != second["id"]


@pytest.mark.parametrize("model", ["gpt-4o", "meta-llama/Llama-3", "a", "org/model.v1", "C3"])
def test_the_model_is_what_the_provider_answered(model):
    assert chat({**SERVER_SAYS, "model": model})["model"] == model
    assert chunk({**CHUNK, "model": model})["model"] == model


@pytest.mark.parametrize(
    "model",
    [
        None,
        "",
        "/models/llama.gguf",
        "./llama",
        "../llama",
        "~/llama",
        "C:\\models\\llama",
        "d:/models/llama",
        "models\\llama",
        "file:///models/llama",
        "models/llama.gguf",
        "\\\\server\\llama",
    ],
)
def test_where_the_provider_named_no_model_or_a_file_it_is_the_one_asked_for(model):
    assert chat({**SERVER_SAYS, "model": model})["model"] == "asked-for"
    assert chunk({**CHUNK, "model": model})["model"] == "asked-for"


def test_a_model_that_the_core_filled_in_is_not_one_that_answered():
    class House:
        @hookimpl
        def completion(self, request, settings):
            return {"choices": [{"message": {"content": "Hi!"}}]}

    with Client() as client:
        client.register_provider("house", House())
        response = client.run(CompletionRequest("house/inner-name", []))
        assert chat(response)["model"] == "asked-for"


def test_half_of_a_surrogate_pair_is_escaped_so_that_the_other_half_may_follow():
    assert chat(ModelResponse.of_text("\ud83d"))["choices"][0]["message"]["content"] == "\ud83d"
    assert chunk({**CHUNK, "choices": [{"index": 0, "delta": {"content": "\ud83d"}, "finish_reason": None}]})[
        "choices"
    ][0]["delta"] == {"content": "\ud83d"}


def test_a_number_that_json_does_not_have_becomes_null():
    assert chat(ModelResponse.of_text("x", score=float("nan")))["score"] is None


def test_writing_an_answer_does_not_change_it():
    response = ModelResponse.model_validate({"choices": [{"message": {"content": [{"type": "text", "text": "a"}]}}]})
    before = response.model_dump(exclude_unset=True)
    chat(response)
    assert response.model_dump(exclude_unset=True) == before


# -------------------------------------------------------------------------------------------------------------- chunks


def test_a_chunk_that_has_everything_is_written_as_it_is(described):
    assert chunk(CHUNK) == CHUNK
    described.check("CreateChatCompletionStreamResponse", json.dumps(CHUNK))


def test_a_chunk_that_has_everything_is_written_by_one_call():
    piece = ModelResponseStream.model_validate(CHUNK)
    assert answers.chat_chunk(piece, "x") == piece.model_dump_json(exclude_unset=True).encode()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"created": 1721955063.5}, CHUNK),
        ({"object": "chat.completion"}, CHUNK),
        ({"usage": None}, CHUNK),
        (
            {"choices": [{"delta": {"content": "Hi"}}]},
            {**CHUNK, "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
        ),
        (
            {"choices": [{"index": 0, "finish_reason": "stop"}]},
            {**CHUNK, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        ),
        (
            {"choices": [{"index": 0, "delta": {"tool_calls": [{"id": "1"}, {"id": "2"}]}, "finish_reason": None}]},
            {
                **CHUNK,
                "choices": [
                    {
                        "index": 0,
                        "delta": {"tool_calls": [{"id": "1", "index": 0}, {"id": "2", "index": 1}]},
                        "finish_reason": None,
                    }
                ],
            },
        ),
        (
            {"choices": [{"index": 0, "delta": {"content": [{"type": "text", "text": "Hi"}]}, "finish_reason": None}]},
            {**CHUNK, "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}]},
        ),
        (
            {"choices": [{**CHUNK["choices"][0], "logprobs": {"content": []}}]},
            {**CHUNK, "choices": [{**CHUNK["choices"][0], "logprobs": {"content": [], "refusal": None}}]},
        ),
        (
            {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
            {**CHUNK, "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}},
        ),
    ],
)
def test_what_a_chunk_lacks_is_filled_in_and_nothing_else(described, given, expected):
    answer = chunk({**CHUNK, **given})
    assert answer == expected
    described.check("CreateChatCompletionStreamResponse", json.dumps(answer))


class Talking:
    """A provider whose stream comes in pieces of text, as those of handlers do."""

    def __init__(self, *pieces):
        self.pieces = pieces

    @hookimpl
    def streaming(self, request, settings):
        yield from self.pieces


def streamed(request, *pieces):
    with Client() as client:
        client.register_provider("house", Talking(*pieces))
        return list(client.run(request))


def test_every_chunk_that_the_core_makes_is_what_openai_describes(described):
    request = CompletionRequest("house/x", [], params={"stream_options": {"include_usage": True}}, stream=True)
    usage = {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}
    made = streamed(request, "Hel", {"text": "lo", "index": 0, "is_finished": True, "usage": usage})
    written = [described.check("CreateChatCompletionStreamResponse", answers.chat_chunk(each, "me")) for each in made]
    assert [choice["delta"] for each in written for choice in each["choices"]] == [
        {"role": "assistant", "content": "Hel"},
        {"content": "lo"},
        {},
    ]
    assert [choice["finish_reason"] for each in written for choice in each["choices"]] == [None, None, "stop"]
    assert [each.get("usage", "none") for each in written] == ["none", "none", "none", usage]
    assert written[-1]["choices"] == []
    assert {each["model"] for each in written} == {"me"}


# --------------------------------------------------------------------------------------------------------------- texts


def test_a_whole_text_completion_is_what_openai_describes(described):
    response = TextCompletionResponse.model_validate({"id": "cmpl-1", "created": 5, "choices": [{"text": "a"}, {}]})
    assert described.check("CreateCompletionResponse", answers.text(response, "me")) == {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 5,
        "model": "me",
        "choices": [
            {"text": "a", "index": 0, "logprobs": None, "finish_reason": "stop"},
            {"text": "", "index": 1, "logprobs": None, "finish_reason": "stop"},
        ],
    }


def test_what_a_server_sent_of_a_text_passes_on(described):
    choice = {"text": "a", "index": 0, "logprobs": {"tokens": ["a"]}, "finish_reason": "length", "stop_reason": 2}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    said = {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 5,
        "model": "x",
        "choices": [choice],
        "usage": usage,
    }
    answer = answers.text(TextCompletionResponse.model_validate({**said, "kv": {"a": 1}}), "me")
    assert described.check("CreateCompletionResponse", answer) == {**said, "kv": {"a": 1}}


@pytest.mark.parametrize(("given", "told"), [("chatcmpl-12", "cmpl-12"), ("cmpl-3", "cmpl-3"), ("mine", "mine")])
def test_a_text_completion_keeps_its_id_in_the_spelling_of_its_route(given, told):
    response = TextCompletionResponse(id=given, choices=[])
    assert json.loads(answers.text(response, "me"))["id"] == told


def test_every_chunk_of_a_text_is_what_openai_describes(described):
    made = streamed(TextCompletionRequest("house/x", "Say", stream=True), "Hel", "lo")
    written = [json.loads(answers.text_chunk(each, "me")) for each in made]
    assert [each["choices"][0]["text"] for each in written] == ["Hel", "lo", ""]
    assert [each["choices"][0]["finish_reason"] for each in written] == [None, None, "stop"]
    assert {(each["object"], each["model"]) for each in written} == {("text_completion", "me")}
    assert all(each["id"].startswith("cmpl-") and "usage" not in each for each in written)
    described.check("CreateCompletionResponse", json.dumps(written[-1]))


# ---------------------------------------------------------------------------------------------------------- embeddings

VECTOR = [0.5, -1.25, 3.0]
PACKED = base64.b64encode(b"\x00\x00\x00\x3f\x00\x00\xa0\xbf\x00\x00\x40\x40").decode()


@pytest.mark.parametrize("given", [VECTOR, PACKED])
@pytest.mark.parametrize(("encoding", "expected"), [("float", VECTOR), (None, VECTOR), ("base64", PACKED)])
def test_vectors_come_in_the_encoding_asked_for_whatever_the_provider_gave(described, given, encoding, expected):
    response = EmbeddingResponse.model_validate({"data": [{"embedding": given}, {"embedding": given, "index": 1}]})
    answer = json.loads(answers.embeddings(response, encoding, "me"))
    assert answer == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": expected},
            {"object": "embedding", "index": 1, "embedding": expected},
        ],
        "model": "me",
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
    }
    if encoding == "float":
        described.check("CreateEmbeddingResponse", json.dumps(answer))


def test_what_a_server_sent_of_embeddings_passes_on():
    said = {
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": VECTOR, "note": "x"}],
        "model": "m-1",
        "usage": {"prompt_tokens": 3, "total_tokens": 3},
        "took": 5,
    }
    assert json.loads(answers.embeddings(EmbeddingResponse.model_validate(said), "float", "me")) == said


def test_base64_is_of_little_endian_32_bit_floats():
    response = EmbeddingResponse.model_validate({"data": [{"embedding": VECTOR}]})
    [item] = json.loads(answers.embeddings(response, "base64", "me"))["data"]
    assert array.array("f", base64.b64decode(item["embedding"])).tolist() == VECTOR


@pytest.mark.parametrize("junk", ["%%%", "AAA=", "AAAA"])
def test_a_providers_base64_that_is_none_is_its_own_fault(junk):
    response = EmbeddingResponse.model_validate({"data": [{"embedding": junk}]})
    with pytest.raises(InvalidResponseError, match="no base64 of 32-bit floats"):
        answers.embeddings(response, "float", "me")


# --------------------------------------------------------------------------------------------------- images and models


def test_the_documented_images_have_exactly_the_documented_fields(described):
    response = ImageResponse(created=1721955063, data=[ImageObject(url="https://example.com/image.png")])
    assert described.check("ImagesResponse", answers.images(response)) == {
        "created": 1721955063,
        "data": [{"url": "https://example.com/image.png"}],
    }


def test_what_a_server_sent_of_images_passes_on(described):
    said = {"created": 5, "data": [{"b64_json": "AA==", "revised_prompt": "x"}], "size": "1024x1024", "seed": 7}
    assert described.check("ImagesResponse", answers.images(ImageResponse.model_validate(said))) == said
    assert json.loads(answers.images(ImageResponse(created=5.5))) == {"created": 5, "data": []}


def test_models_are_what_openai_describes(described):
    one = {"id": "fast", "object": "model", "created": 5, "owned_by": "jackfield"}
    assert described.check("Model", answers.model("fast", 5)) == one
    listed = described.check("ListModelsResponse", answers.models(["fast", "acme/*"], 5))
    assert listed == {"object": "list", "data": [one, {**one, "id": "acme/*"}]}


def test_an_embeddings_total_that_nobody_gave_is_the_prompts():
    response = EmbeddingResponse.model_validate({"data": [{"embedding": [1.0]}], "usage": {"prompt_tokens": 7}})
    usage = json.loads(answers.embeddings(response, "float", "any"))["usage"]
    assert usage == {"prompt_tokens": 7, "total_tokens": 7}
