"""Sync only, async only, completion only, streaming only: what a handler lacks is bridged."""

from __future__ import annotations

import asyncio
import threading

import pytest
from jackfield import (
    ModelResponse,
    UnsupportedOperationError,
    acompletion,
    aembedding,
    aimage_edit,
    aimage_generation,
    atext_completion,
    completion,
    embedding,
    image_edit,
    image_generation,
    text_completion,
)
from jackfield_custom_format import find_provider

MESSAGES = [{"role": "user", "content": "Hello"}]


def plain(**_):
    return ModelResponse.of_text("Hi!")


async def coroutine(**_):
    await asyncio.sleep(0)
    return ModelResponse.of_text("Hi!")


def plain_of_a_coroutine(**arguments):
    return coroutine(**arguments)


def pieces(**_):
    yield "Hi"
    yield "!"


async def apieces(**_):
    yield "Hi"
    await asyncio.sleep(0)
    yield "!"


def returns_an_iterator(**_):
    return iter(["Hi", "!"])


def returns_a_list(**_):
    return ["Hi", "!"]


def returns_an_async_generator(**_):
    return apieces()


async def awaits_an_iterator(**_):
    await asyncio.sleep(0)
    return iter(["Hi", "!"])


async def awaits_an_async_generator(**_):
    return apieces()


def returns_a_coroutine(**_):
    return awaits_an_async_generator()


HANDLERS = {
    "sync only": {"completion": plain, "streaming": pieces},
    "async only": {"acompletion": coroutine, "astreaming": apieces},
    "both": {"completion": plain, "acompletion": coroutine, "streaming": pieces, "astreaming": apieces},
    "completion only": {"completion": plain},
    "acompletion only": {"acompletion": coroutine},
    "streaming only": {"streaming": pieces},
    "astreaming only": {"astreaming": apieces},
    "sync whole, async stream": {"completion": plain, "astreaming": apieces},
    "async whole, sync stream": {"acompletion": coroutine, "streaming": pieces},
    "acompletion without async": {"acompletion": plain},
    "acompletion that returns a coroutine": {"acompletion": plain_of_a_coroutine},
    "completion with async": {"completion": coroutine},
    "completion that returns a coroutine": {"completion": plain_of_a_coroutine},
    "streaming that returns an iterator": {"streaming": returns_an_iterator},
    "streaming that returns a list": {"streaming": returns_a_list},
    "streaming that returns an async generator": {"streaming": returns_an_async_generator},
    "streaming that returns a coroutine": {"streaming": returns_a_coroutine},
    "streaming as an async generator": {"streaming": apieces},
    "streaming with async": {"streaming": awaits_an_iterator},
    "astreaming as a sync generator": {"astreaming": pieces},
    "astreaming that returns a list": {"astreaming": returns_a_list},
    "astreaming that returns an async generator": {"astreaming": returns_an_async_generator},
    "astreaming that awaits an iterator": {"astreaming": awaits_an_iterator},
    "astreaming that awaits an async generator": {"astreaming": awaits_an_async_generator},
}
each_handler = pytest.mark.parametrize("methods", HANDLERS.values(), ids=HANDLERS)


def text_of(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream)


async def atext_of(stream):
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


@each_handler
def test_it_serves_sync_callers(handler, methods):
    handler(**methods)
    assert completion("mine/small", messages=MESSAGES).choices[0].message.content == "Hi!"
    assert text_of(completion("mine/small", messages=MESSAGES, stream=True)) == "Hi!"
    assert text_completion("mine/small", ["One", "Two"]).choices[1].text == "Hi!"


@each_handler
def test_it_serves_async_callers(handler, methods):
    handler(**methods)

    async def main():
        whole = await acompletion("mine/small", messages=MESSAGES)
        texts = await atext_completion("mine/small", ["One", "Two"])
        streamed = await atext_of(await acompletion("mine/small", messages=MESSAGES, stream=True))
        return whole.choices[0].message.content, texts.choices[1].text, streamed

    assert asyncio.run(main()) == ("Hi!", "Hi!", "Hi!")


@each_handler
def test_it_serves_trio(handler, methods):
    trio = pytest.importorskip("trio")
    handler(**methods)

    async def main():
        whole = await acompletion("mine/small", messages=MESSAGES)
        return whole.choices[0].message.content, await atext_of(
            await acompletion("mine/small", messages=MESSAGES, stream=True)
        )

    assert trio.run(main) == ("Hi!", "Hi!")


VECTORS = {"data": [{"embedding": [0.5, 1.0], "index": 0}]}
PICTURES = {"data": [{"url": "https://images.example/1.png"}]}


@pytest.mark.parametrize("asynchronous", [False, True])
def test_embeddings_and_images_are_bridged_too(handler, asynchronous):
    def method(result):
        async def awaited(**_):
            return result

        return awaited if asynchronous else lambda **_: result

    prefix = "a" if asynchronous else ""
    results = {"embedding": VECTORS, "image_generation": PICTURES, "image_edit": PICTURES}
    handler(**{f"{prefix}{name}": method(result) for name, result in results.items()})

    async def main():
        return (
            (await aembedding("mine/small", ["blue"])).data[0].embedding,
            (await aimage_generation(model="mine/small", prompt="a door")).data[0].url,
            (await aimage_edit(model="mine/small", image=b"PNG", prompt="blue")).data[0].url,
        )

    expected = ([0.5, 1.0], "https://images.example/1.png", "https://images.example/1.png")
    assert asyncio.run(main()) == expected
    assert embedding("mine/small", ["blue"]).data[0].embedding == expected[0]
    assert image_generation(model="mine/small", prompt="a door").data[0].url == expected[1]
    assert image_edit(model="mine/small", image=b"PNG", prompt="blue").data[0].url == expected[2]


def test_each_caller_reaches_the_method_of_its_own_colour(handler):
    async def acompletion_(**_):
        return "async"

    async def astreaming(**_):
        yield "async"

    def streaming(**_):
        yield "sync"

    handler(completion=lambda **_: "sync", acompletion=acompletion_, streaming=streaming, astreaming=astreaming)

    async def main():
        whole = await acompletion("mine/small", messages=MESSAGES)
        streamed = await atext_of(await acompletion("mine/small", messages=MESSAGES, stream=True))
        return whole.choices[0].message.content, streamed

    assert asyncio.run(main()) == ("async", "async")
    assert completion("mine/small", messages=MESSAGES).choices[0].message.content == "sync"
    assert text_of(completion("mine/small", messages=MESSAGES, stream=True)) == "sync"


def test_a_blocking_method_does_not_block_the_loop(handler):
    leave = threading.Event()

    async def main():
        loop, entered = asyncio.get_running_loop(), asyncio.Event()

        def blocking(**_):
            loop.call_soon_threadsafe(entered.set)
            assert leave.wait(10)
            return "Hi!"

        handler(completion=blocking)
        call = asyncio.create_task(acompletion("mine/small", messages=MESSAGES))
        await entered.wait()
        leave.set()
        return (await call).choices[0].message.content

    assert asyncio.run(main()) == "Hi!"


def test_only_what_the_handler_has_counts_as_its_own(handler):
    handler(acompletion=coroutine)
    assert [hook for hook in vars(find_provider("mine")) if not hook.startswith("_")] == ["provider_info", "completion"]


def test_an_operation_that_nothing_can_serve_is_refused_by_name(handler):
    handler(completion=plain)
    with pytest.raises(UnsupportedOperationError, match=r"'mine'.*has no embedding; it has completion, streaming"):
        embedding("mine/small", ["blue"])


def test_sync_calls_inside_an_async_handler_work(handler, register):
    class Outer:
        async def acompletion(self, messages, **_):
            return completion("mine/small", messages=messages)

    handler(acompletion=coroutine)
    register(Outer(), "outer")
    assert completion("outer/small", messages=MESSAGES).choices[0].message.content == "Hi!"

    async def main():
        return await acompletion("outer/small", messages=MESSAGES)

    assert asyncio.run(main()).choices[0].message.content == "Hi!"
