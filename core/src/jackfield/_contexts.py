"""The context a call runs in: one `contextvars.Context`, whatever thread or task each of its steps runs in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator
from contextvars import Context, ContextVar, copy_context
from types import CoroutineType, coroutine
from typing import Any, TypeVar, cast

from .errors import PluginError

__all__ = ["below", "depth", "enterable", "rest_of", "steps", "steps_of"]

T = TypeVar("T")

DEEPEST = 32

depth: ContextVar[int] = ContextVar("jackfield_depth", default=0)
"""How many worker threads and background loops stand between the program and the code that runs now.

Each depth has a pool and a background loop of its own. What runs at one depth can wait only for what runs deeper, so
that calls inside calls never wait for a thread or a loop that is waiting for them.
"""


def below() -> int:
    """Return the depth of code that the caller starts; PluginError when a handler seems to call itself for ever."""
    level = depth.get() + 1
    if level > DEEPEST:
        raise PluginError(
            f"calls stand {DEEPEST} deep inside each other: a handler seems to call its own model. "
            "Let it call another one."
        )
    return level


def enterable(context: Context | None) -> Context:
    """Return the context (None: a copy of the caller's), or its copy while somebody is still inside it.

    A call that was given up may hang in its context for long, and the next attempt has the same one.
    """
    if context is None:
        return copy_context()
    try:
        context.run(bool)
    except RuntimeError:
        return context.copy()
    return context


async def steps(source: AsyncIterable[T], *, context: Context) -> AsyncGenerator[T, None]:
    """Iterate over ``source`` in the caller's own task, each step and its closing inside ``context``.

    Cancellation and time limits reach the step in progress, as they would without the context.
    """
    context = enterable(context)
    iterator = context.run(aiter, source)
    step = iterator.__anext__
    try:
        while True:
            try:
                item = await _inside(context, step)
            except StopAsyncIteration:
                return
            yield item
    finally:
        if (close := getattr(iterator, "aclose", None)) is not None:
            await _inside(context, close)


@coroutine
def _inside(context: Context, make: Callable[[], Awaitable[T]]) -> Generator[Any, Any, T]:
    """Await what ``make`` returns, entering the context for each stretch between two suspensions.

    A task of its own would have a context of its own too, and break cancel scopes that span several steps.
    """
    run = context.run
    awaiting = steps_of(run(make))
    try:
        asked = run(awaiting.send, None)
    except StopIteration as stop:
        answer: T = stop.value
        return answer
    rest: T = yield from _rest(awaiting, asked, run)
    return rest


def steps_of(awaitable: Awaitable[T]) -> Generator[Any, Any, T]:
    """Return an awaitable's steps, so that the first can be taken by hand: what never waits ends with it."""
    if type(awaitable) is CoroutineType:  # what nearly all are, and which has steps of its own
        return cast("Generator[Any, Any, T]", awaitable)
    awaiting = awaitable.__await__()
    return awaiting if hasattr(awaiting, "send") else _as_generator(awaiting)


@coroutine
def rest_of(awaiting: Generator[Any, Any, T], asked: Any) -> Generator[Any, Any, T]:
    """Await what has taken its first step, which asked its event loop for ``asked``."""
    return (yield from _rest(awaiting, asked, _as_is))


def _rest(awaiting: Generator[Any, Any, T], asked: Any, run: Callable[..., Any]) -> Generator[Any, Any, T]:
    while True:
        move: Callable[[Any], Any] = awaiting.send
        try:
            value = yield asked
        except GeneratorExit:
            run(awaiting.close)
            raise
        except BaseException as error:  # whatever is thrown here is meant for the step
            move, value = awaiting.throw, error
        try:
            asked = run(move, value)
        except StopIteration as stop:
            answer: T = stop.value
            return answer


def _as_is(function: Callable[..., T], *arguments: Any) -> T:
    return function(*arguments)


def _as_generator(awaiting: Any) -> Generator[Any, Any, Any]:
    return (yield from awaiting)
