"""Streams on their way through: of a call that another call stands for, and in batches for whoever passes them on."""

from __future__ import annotations

from typing import Any

import anyio
import pytest
from jackfield import AsyncClient, Client, CompletionRequest, EventStream, RateLimitError, hookimpl
from jackfield.flow import invoke
from jackfield.transports.memory import AsyncMemoryTransport, Reply
from jackfield.types import ModelResponse

DONE = b"data: [DONE]\n\n"
ERROR = b'data: {"error": {"message": "too much"}}\n\n'


class Group:
    """Passes every stream on from the provider acme."""

    def __init__(self, change: Any = None) -> None:
        self.change = change

    @hookimpl
    def streaming(self, request, settings):
        def opened():
            return (yield from invoke(request.replace(model="acme/m")))

        stream = EventStream(opened)
        return stream.map(self.change) if self.change else stream


class Observer:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    @hookimpl
    def observe(self, event):
        self.told.append((event.provider, event.kind))


@pytest.fixture
def passed(caller, tools):
    def run(*pieces, change=None, leave_after=None, **options):
        caller.answer(*pieces)
        observer = Observer()
        caller.client.register_provider("group", Group(change))
        caller.client.register_extension(observer)
        request = tools.chat(**options).replace(model="group/m")
        return caller.run(request, leave_after=leave_after), observer.told

    return run


def test_a_stream_is_the_same_through_a_group(passed, tools):
    streamed, told = passed(tools.piece("a"), tools.piece("b", "stop"), DONE)
    assert (streamed.texts, streamed.finishes, streamed.response.choices[0].message.content) == (
        ["a", "b"],
        ["stop"],
        "ab",
    )
    assert [kind for provider, kind in told if provider == "group"] == ["started", "first_chunk", "finished"]
    assert [kind for provider, kind in told if provider == "acme"] == ["started", "first_chunk", "finished"]


def test_a_failure_on_the_way_is_told_to_both_calls_once(passed, tools):
    streamed, told = passed(tools.piece("a"), ERROR)
    assert isinstance(streamed.error, RateLimitError)
    assert sorted(pair for pair in told if pair[1] in ("failed", "finished")) == [
        ("acme", "failed"),
        ("group", "failed"),
    ]


def test_leaving_ends_both_calls(passed, tools):
    _, told = passed(tools.piece("a"), tools.piece("b", "stop"), DONE, leave_after=1)
    assert sorted(pair for pair in told if pair[1] == "finished") == [("acme", "finished"), ("group", "finished")]


def test_the_secret_of_the_outer_call_is_kept_too(passed, tools):
    leak = b'data: {"error": {"message": "bad key sk-outer-secret"}}\n\n'
    streamed, _ = passed(tools.piece("a"), leak, api_key="sk-outer-secret")
    assert "sk-outer-secret" not in str(streamed.error)


def test_a_group_that_changes_chunks_still_does(passed, tools):
    def shout(chunk):
        text = chunk.choices[0].delta.content if chunk.choices else None
        return text.upper() if text else chunk

    streamed, _ = passed(tools.piece("a"), tools.piece("b", "stop"), DONE, change=shout)
    assert streamed.texts == ["A", "B"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_what_arrived_together_is_one_batch_and_an_error_comes_after_it(tools, backend):
    pieces = [tools.piece("a") + tools.piece("b"), tools.piece("c") + ERROR]

    async def batches():
        client = AsyncClient(transport=AsyncMemoryTransport(lambda _: Reply(content=pieces)))
        client.register_provider("acme", tools.Wire())
        given = (await client.run(tools.chat())).batches()
        read = [[chunk.choices[0].delta.content for chunk in await anext(given)] for _ in range(2)]
        with pytest.raises(RateLimitError, match="too much"):
            await anext(given)
        return read

    assert anyio.run(batches, backend=backend) == [["a", "b"], ["c"]]


# ------------------------------------------------------------------------------------------------- who named the model


def test_a_model_that_the_source_named_was_set(caller, tools):
    caller.answer(tools.piece("a", model="theirs"), tools.piece("", "stop", model="theirs"), DONE)
    streamed = caller.run(tools.chat())
    assert {("model" in chunk.model_fields_set, chunk.model) for chunk in streamed.chunks} == {(True, "theirs")}
    assert "model" in streamed.response.model_fields_set


def test_a_model_that_nobody_named_is_the_one_asked_for_and_was_not_set(caller, tools):
    class Plain:
        @hookimpl
        def streaming(self, request, settings):
            yield "a"

    streamed = caller.serve(Plain()).run(tools.chat())
    assert {("model" in chunk.model_fields_set, chunk.model) for chunk in streamed.chunks} == {(False, "m")}
    assert ("model" in streamed.response.model_fields_set, streamed.response.model) == (False, "m")


def test_nor_was_it_in_a_whole_answer(tools):
    class Plain:
        @hookimpl
        def completion(self, request, settings):
            return ModelResponse.of_text("a")

    client = Client()
    client.register_provider("acme", Plain())
    answer = client.run(CompletionRequest("acme/m"))
    assert ("model" in answer.model_fields_set, answer.model) == (False, "m")
