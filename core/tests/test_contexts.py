"""The steps of an async source inside the context of its call, in the caller's own task."""

import asyncio
import contextvars
from contextlib import aclosing
from functools import partial
from types import coroutine

import anyio
import anyio.lowlevel
import pytest
from jackfield import _contexts

greeting = contextvars.ContextVar("greeting", default="none")


@pytest.fixture(params=["asyncio", "trio"])
def run_async(request):
    """Run an async function on either event loop."""
    return partial(anyio.run, backend=request.param)


def context_with(text):
    context = contextvars.copy_context()
    context.run(greeting.set, text)
    return context


async def collect(source, context=None):
    return [item async for item in _contexts.steps(source, context=context)]


def test_every_step_and_the_closing_see_the_context_and_the_caller_sees_its_own(run_async):
    seen = []

    async def source():
        try:
            while True:
                await anyio.lowlevel.checkpoint()
                seen.append(greeting.get())
                yield greeting.get()
        finally:
            await anyio.lowlevel.checkpoint()
            seen.append(f"closed in {greeting.get()}")

    async def main():
        async with aclosing(_contexts.steps(source(), context=context_with("mine"))) as items:
            assert await anext(items) == "mine"
            assert greeting.get() == "none"
            assert await anext(items) == "mine"

    run_async(main)

    assert seen == ["mine", "mine", "closed in mine"]


def test_what_a_step_sets_is_there_at_the_next(run_async):
    async def source():
        for _ in range(3):
            yield greeting.get()
            greeting.set(greeting.get() + "!")

    assert run_async(collect, source(), context_with("oh")) == ["oh", "oh!", "oh!!"]


def test_a_context_that_somebody_is_inside_of_is_copied(run_async):
    async def source():
        yield greeting.get()

    async def main(context):
        return await collect(source(), context)

    context = context_with("mine")

    assert context.run(run_async, main, context) == ["mine"]


def test_without_a_context_a_copy_of_the_callers_serves(run_async):
    async def source():
        yield greeting.set("changed") and greeting.get()

    assert run_async(collect, source()) == ["changed"]


def test_errors_pass_out_of_a_step(run_async):
    async def source():
        yield 1
        await anyio.lowlevel.checkpoint()
        raise ZeroDivisionError

    async def main():
        items = _contexts.steps(source(), context=context_with("mine"))
        assert await anext(items) == 1
        with pytest.raises(ZeroDivisionError):
            await anext(items)

    run_async(main)


def test_a_time_limit_of_asyncio_inside_a_step_works():
    async def source():
        try:
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        except TimeoutError:
            yield "timeout"

    assert asyncio.run(collect(source(), context_with("mine"))) == ["timeout"]


def test_a_cancel_scope_inside_a_step_works(run_async):
    async def source():
        with anyio.move_on_after(0.01):
            await anyio.Event().wait()
        yield "moved on"

    assert run_async(collect, source(), context_with("mine")) == ["moved on"]


def test_a_task_group_that_spans_steps_works(run_async):
    async def source():
        send, receive = anyio.create_memory_object_stream[int](0)
        async with receive, anyio.create_task_group() as group:
            group.start_soon(produce, send)
            async for item in receive:
                yield item, greeting.get()

    async def produce(send):
        async with send:
            for item in range(3):
                await send.send(item)

    assert run_async(collect, source(), context_with("mine")) == [(0, "mine"), (1, "mine"), (2, "mine")]


def test_cancelling_the_consumer_cancels_the_step_inside_its_context(run_async):
    seen = []

    async def source():
        try:
            yield 1
            await anyio.Event().wait()
        except anyio.get_cancelled_exc_class():
            seen.append(greeting.get())
            raise

    async def main():
        with anyio.move_on_after(0.01):
            await collect(source(), context_with("mine"))

    run_async(main)

    assert seen == ["mine"]


def test_a_source_may_be_any_async_iterable():
    class Awaited:
        """An awaitable whose iterator is no generator."""

        def __init__(self, value):
            self.value = value

        def __await__(self):
            return iter(self)

        def __iter__(self):
            return self

        def __next__(self):
            raise StopIteration(self.value)

    class Source:
        left = 3

        def __aiter__(self):
            return self

        def __anext__(self):
            if not self.left:
                raise StopAsyncIteration
            self.left -= 1
            return Awaited((self.left, greeting.get()))

    assert asyncio.run(collect(Source(), context_with("mine"))) == [(2, "mine"), (1, "mine"), (0, "mine")]


def test_a_step_that_is_dropped_is_closed_in_its_context():
    seen = []

    class Source:
        def __aiter__(self):
            return self

        async def __anext__(self):
            try:
                await suspend()
            finally:
                seen.append(greeting.get())

    @coroutine
    def suspend():
        yield

    step = anext(_contexts.steps(Source(), context=context_with("mine")))
    step.send(None)
    with pytest.raises(GeneratorExit):
        step.throw(GeneratorExit)

    assert seen == ["mine"]
