"""What a provider lacks and the core adds: streams of answers, answers of streams, prompts as chats."""

import types

import pytest
from jackfield import (
    BadRequestError,
    EventStream,
    ModelResponse,
    ModelResponseStream,
    ProviderInfo,
    UnsupportedOperationError,
    hookimpl,
)
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield.flow import sleep
from jackfield.types import (
    Choices,
    CompletionRequest,
    EmbeddingRequest,
    Message,
    TextChoices,
    TextCompletionRequest,
    TextCompletionResponse,
)

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
CHAT = CompletionRequest("p/m", [{"role": "user", "content": "Hi"}])
STREAM = CHAT.replace(stream=True)
WITH_USAGE = {"stream_options": {"include_usage": True}}


def registry_of(**hooks):
    plugin = types.SimpleNamespace(**{name: hookimpl(function) for name, function in hooks.items()})
    registry = Registry(Index([]))
    registry.register("p", plugin)
    return registry


def parrot(request, settings):
    """A chat that answers with what was last said, in capitals."""
    yield from sleep(0)
    text = request.messages[-1]["content"].upper()
    choices = [
        Choices(index=index, finish_reason="length", message=Message(content=text)) for index in range(n(request))
    ]
    return ModelResponse.model_validate({"id": "parrot-1", "choices": choices, "usage": USAGE, "mood": "good"})


def n(request):
    return request.params.get("n", 1)


def drip(request, settings):
    """A stream of the letters of what was last said."""
    for letter in request.messages[-1]["content"]:
        yield ModelResponseStream.model_validate({"id": "drip-1", "choices": [{"delta": {"content": letter}}]})
    yield ModelResponseStream.model_validate({"choices": [{"finish_reason": "length"}], "usage": USAGE})


def watching(hook, seen):
    def watched(request, settings):
        seen.append(list(request.messages))
        return (yield from hook(request, settings))

    return watched


def deltas(chunks):
    return [(choice.delta.role, choice.delta.content, choice.finish_reason) for c in chunks for choice in c.choices]


def test_a_stream_of_a_whole_answer_is_one_chunk_then_the_finish(run):
    chunks = run(registry_of(completion=parrot), STREAM)
    assert deltas(chunks) == [("assistant", "HI", None), (None, None, "length")]
    assert {(chunk.id, chunk.model, chunk.object) for chunk in chunks} == {("parrot-1", "m", "chat.completion.chunk")}


def test_its_usage_comes_last_and_only_when_asked_for(run):
    *chunks, last = run(registry_of(completion=parrot), STREAM.replace(params=WITH_USAGE))
    assert (last.choices, last.usage.total_tokens) == ([], 5)
    assert [chunk.usage for chunk in chunks] == [None, None]


def test_every_choice_of_a_whole_answer_is_streamed(run):
    chunks = run(registry_of(completion=parrot), STREAM.replace(params={"n": 2}))
    finishes = [(choice.index, choice.finish_reason) for c in chunks for choice in c.choices if choice.finish_reason]
    assert finishes == [(0, "length"), (1, "length")]


def test_a_whole_answer_of_a_stream_is_its_accumulated_chunks(run):
    response = run(registry_of(streaming=drip), CHAT)
    assert (response.id, response.model, response.object) == ("drip-1", "m", "chat.completion")
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("Hi", "length")
    assert response.usage.total_tokens == 5


def test_a_bridged_hook_sees_what_kind_of_answer_it_shall_give(run):
    seen: list[object] = []

    def completion(request, settings):
        seen.append(request.stream)
        return ModelResponse.of_text("Hi")

    def streaming(request, settings):
        seen.append(request.stream)
        return ["Hi"]

    run(registry_of(completion=completion), STREAM)
    run(registry_of(streaming=streaming), CHAT)
    assert seen == [False, True]


def test_a_whole_answer_of_a_stream_comes_of_a_flow_and_a_description(run):
    def streaming(request, settings):
        def opened():
            yield from sleep(0)
            return drip(request, settings)

        return EventStream(opened)

    assert run(registry_of(streaming=streaming), CHAT).choices[0].message.content == "Hi"


# ----------------------------------------------------------------------------------------------------- text_completion


@pytest.mark.parametrize(("name", "hook"), [("completion", parrot), ("streaming", drip)])
def test_a_prompt_is_one_message_of_the_user(run, name, hook):
    seen: list[object] = []

    registry = registry_of(**{name: watching(hook, seen)})
    response = run(registry, TextCompletionRequest("p/m", "Hi"))
    assert seen == [[{"role": "user", "content": "Hi"}]]
    assert (type(response), response.object, response.model) == (TextCompletionResponse, "text_completion", "m")
    assert [(choice.text.upper(), choice.index, choice.finish_reason) for choice in response.choices] == [
        ("HI", 0, "length")
    ]
    assert response.usage.total_tokens == 5


def test_several_prompts_are_answered_in_their_order_with_all_their_choices(run):
    request = TextCompletionRequest("p/m", ["a", "b", "c"], params={"n": 2})
    response = run(registry_of(completion=parrot), request)
    expected = [("A", 0), ("A", 1), ("B", 2), ("B", 3), ("C", 4), ("C", 5)]
    assert [(choice.text, choice.index) for choice in response.choices] == expected
    assert response.usage.model_dump(include=set(USAGE)) == {name: 3 * count for name, count in USAGE.items()}


def test_usage_is_the_sum_of_what_the_answers_have(run):
    def completion(request, settings):
        text = request.messages[-1]["content"]
        return ModelResponse.of_text(text, usage=None if text == "a" else USAGE)

    def usage_of(*prompts):
        return run(registry_of(completion=completion), TextCompletionRequest("p/m", prompts)).usage

    assert usage_of("a", "b").total_tokens == 5
    assert usage_of("b", "a", "b").total_tokens == 10
    assert usage_of("a", "a") is None


def test_fields_of_the_server_survive(run):
    response = run(registry_of(completion=parrot), TextCompletionRequest("p/m", ["a", "b"]))
    assert (response.id, response["mood"]) == ("parrot-1", "good")


def test_a_list_of_one_prompt_is_one_prompt(run):
    response = run(registry_of(completion=parrot), TextCompletionRequest("p/m", ["a"]))
    assert [choice.text for choice in response.choices] == ["A"]


@pytest.mark.parametrize("prompt", [[1, 2, 3], [[1, 2], [3]]])
@pytest.mark.parametrize("stream", [False, True])
def test_token_numbers_are_refused_by_name(run, prompt, stream):
    with pytest.raises(BadRequestError) as caught:
        run(registry_of(completion=parrot), TextCompletionRequest("p/m", prompt, stream=stream))
    assert str(caught.value) == "prompt holds token numbers, and this provider takes only text: give text"
    assert caught.value.param == "prompt"


def test_a_streamed_prompt_streams(run):
    chunks = run(registry_of(streaming=drip), TextCompletionRequest("p/m", "Hi", stream=True))
    assert {type(chunk) for chunk in chunks} == {TextCompletionResponse}
    assert [(chunk.choices[0].text, chunk.choices[0].finish_reason) for chunk in chunks] == [
        ("H", None),
        ("i", None),
        ("", "length"),
    ]


def test_several_streamed_prompts_come_in_their_order(run):
    chunks = run(registry_of(completion=parrot), TextCompletionRequest("p/m", ["a", "b"], stream=True))
    texts = [(choice.index, choice.text) for chunk in chunks for choice in chunk.choices if choice.text]
    finishes = [(choice.index, choice.finish_reason) for c in chunks for choice in c.choices if choice.finish_reason]
    assert texts == [(0, "A"), (1, "B")]
    assert finishes == [(0, "length"), (1, "length")]


def test_usage_of_a_streamed_prompt_comes_when_asked_for(run):
    request = TextCompletionRequest("p/m", ["a", "b"], stream=True, params=WITH_USAGE)
    assert run(registry_of(completion=parrot), request)[-1].usage.total_tokens == 10


def test_a_text_completion_of_the_providers_own_is_not_bridged(run):
    own = TextCompletionResponse(choices=[TextChoices(text="own")])
    registry = registry_of(completion=parrot, text_completion=lambda request: own)
    assert run(registry, TextCompletionRequest("p/m", [1, 2])).choices[0].text == "own"
    assert registry.provider("p").bridged == {"streaming"}


# ------------------------------------------------------------------------------------------------- what is there in all


def test_a_provider_says_what_is_bridged():
    assert registry_of(completion=parrot).provider("p").bridged == {"streaming", "text_completion"}
    assert registry_of(streaming=drip).provider("p").bridged == {"completion", "text_completion"}
    assert registry_of(embedding=lambda: None).provider("p").bridged == set()


def test_an_operation_that_nothing_makes_is_refused_naming_those_there_are(run):
    with pytest.raises(UnsupportedOperationError) as caught:
        run(registry_of(completion=parrot), EmbeddingRequest("p/m", "Hi"))
    assert str(caught.value) == (
        "the provider 'p' (the registered plugin types.SimpleNamespace) has no embedding; it has completion, "
        "streaming, text_completion"
    )
    assert caught.value.provider == "p"


def test_the_parameters_of_the_hook_behind_the_bridge_count(run):
    def provider_info():
        return ProviderInfo(parameters={"completion": {"n"}})

    registry = registry_of(completion=parrot, provider_info=provider_info)
    request = TextCompletionRequest("p/m", "a", params={"suffix": "!"})
    with pytest.raises(BadRequestError, match="cannot send suffix with completion"):
        run(registry, request)
