"""The four kinds of function a hook may be, adapted to flows when a plugin is loaded.

| function        | the operations that give a whole answer         | streaming                                       |
|-----------------|-------------------------------------------------|-------------------------------------------------|
| plain def       | blocking code: in place under a sync caller, in | called in place; returns an EventStream, or an  |
|                 | a worker thread under an async one              | iterable or async iterable of chunks            |
| generator       | a flow                                          | a blocking source of chunks                     |
| async def       | awaited; a sync caller reaches it on a shared   | the same, returning what a plain def would      |
|                 | background loop                                 |                                                 |
| async generator | refused                                         | an async source of chunks                       |

The kind is read from the function once, never from what it yields. Everything above sees flows only.
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterable, Callable, Coroutine, Generator, Iterable, Mapping
from functools import partial
from typing import Any, TypeAlias

from . import types
from ._shapes import describe
from .errors import ContractViolationError
from .flow import Call, Effect, EventStream, Flow
from .types import ModelResponse, Request

__all__ = ["Operation", "Restartable", "adapt", "as_stream", "refuse_flow", "takes_only"]


class Restartable:
    """A flow that can be run more than once: each iteration starts a fresh generator."""

    __slots__ = ("_function", "_request", "_settings")

    def __init__(self, function: Callable[[Any, Any], Flow[Any]], request: Request, settings: Any) -> None:
        self._function = function
        self._request = request
        self._settings = settings

    def __iter__(self) -> Flow[Any]:
        return self._function(self._request, self._settings)


Operation: TypeAlias = Callable[[Any, Any], Flow[Any]]
"""An adapted hook: ``(request, settings)`` to a fresh generator."""


def adapt(hook: str, function: Callable[..., Any]) -> Operation:
    """Adapt a hook's function, of any kind, to a flow; raises ContractViolationError for what cannot be one."""
    bound = takes_only(hook, function, ("request", "settings"))
    return _STREAMING[kind_of(function)](bound) if hook == "streaming" else _WHOLE[kind_of(function)](bound)


def kind_of(function: Callable[..., Any]) -> str:
    """Return "plain", "generator", "coroutine" or "async generator"."""
    while isinstance(function, partial):
        function = function.func
    if not (inspect.isroutine(function) or inspect.isclass(function)):
        function = type(function).__call__
    for kind, test in _TESTS:
        if test(function):
            return kind
    return "plain"


_TESTS = (
    ("async generator", inspect.isasyncgenfunction),
    ("coroutine", inspect.iscoroutinefunction),
    ("generator", inspect.isgeneratorfunction),
)


def takes_only(hook: str, function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    """Return the function as one that takes exactly ``names`` by position, whichever of them it asks for."""
    parameters = inspect.signature(function).parameters
    wanted = [each for each in parameters.values() if _is_wanted(hook, each, names)]
    if tuple(parameters)[: len(names)] == names:
        return function
    by_position = [names.index(each.name) for each in wanted if each.kind is each.POSITIONAL_ONLY]
    by_name = [(each.name, names.index(each.name)) for each in wanted if each.kind is not each.POSITIONAL_ONLY]
    return lambda *given: function(*(given[at] for at in by_position), **{name: given[at] for name, at in by_name})


def _is_wanted(hook: str, parameter: inspect.Parameter, names: tuple[str, ...]) -> bool:
    """Whether a hook's argument is to be given; one that is not its contract's is left to its default."""
    head = f"def {hook}({', '.join(names)})"
    if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
        raise ContractViolationError(f"the hook {hook} takes {parameter}; hook arguments are plain names: {head}")
    if parameter.name in names:
        if parameter.kind is parameter.KEYWORD_ONLY:
            raise ContractViolationError(
                f"the hook {hook} takes {parameter.name!r} by keyword only, and they are given by position: {head}"
            )
        return True
    if parameter.default is parameter.empty:
        raise ContractViolationError(
            f"the hook {hook} asks for an argument {parameter.name!r} that does not exist: {head}"
        )
    return False


def _whole_plain(function: Callable[..., Any]) -> Operation:
    def flow(request: Any, settings: Any) -> Flow[Any]:
        result = yield Call(partial(function, request, settings))
        refuse_flow(result)
        return result

    return flow


def _whole_coroutine(function: Callable[..., Any]) -> Operation:
    def flow(request: Any, settings: Any) -> Flow[Any]:
        result = yield Call(None, partial(function, request, settings))
        refuse_flow(result)
        return result

    return flow


def _whole_generator(function: Callable[..., Any]) -> Operation:
    def flow(request: Any, settings: Any) -> Flow[Any]:
        result: Flow[Any] = function(request, settings)
        return result

    return flow


def _whole_async_generator(function: Callable[..., Any]) -> Operation:
    raise ContractViolationError(
        f"{_named(function)} is an async generator function, which only the hook streaming may be; "
        "a flow is a plain generator function: def with yield, without async"
    )


def refuse_flow(result: Any) -> None:
    """Raise ContractViolationError where a function that is no flow returned one, or forgot an await."""
    if type(result) is ModelResponse:  # what nearly every result is, and what needs no slow question
        return
    if isinstance(result, Generator):
        result.close()
        raise ContractViolationError(
            "a plain function returned a generator, where a plain function is blocking code and its result the answer; "
            "to be a flow, the hook itself must be a generator function: return (yield from inner(request, settings))"
        )
    if isinstance(result, Coroutine):
        result.close()
        raise ContractViolationError("a plain function returned a coroutine; make the hook itself async def and await")


def _stream_plain(function: Callable[..., Any]) -> Operation:
    def flow(request: Any, settings: Any) -> Flow[EventStream]:
        again = partial(function, request, settings)

        def opened() -> Flow[EventStream]:
            try:
                result = again()
            except Exception as error:
                result = yield _repeated(error, again)
            return as_stream(result)

        yield from ()
        return EventStream(opened)

    return flow


def _repeated(failed: Exception, again: Callable[[], Any]) -> Call[Any]:
    """Return a failed call as an effect whose first attempt is that failure, so that it is tried again as others."""
    held = [failed]

    def attempt() -> Any:
        if held:
            raise held.pop()
        return again()

    async def in_place() -> Any:
        return attempt()

    return Call(attempt, in_place)


def _stream_generator(function: Callable[..., Any]) -> Operation:
    def flow(request: Any, settings: Any) -> Flow[EventStream]:
        yield from ()
        return EventStream.of(partial(function, request, settings))

    return flow


def _stream_coroutine(function: Callable[..., Any]) -> Operation:
    def flow(request: Any, settings: Any) -> Flow[EventStream]:
        again = partial(function, request, settings)

        def opened() -> Flow[EventStream]:
            return as_stream((yield Call(None, again)))

        yield from ()
        return EventStream(opened)

    return flow


_WHOLE = {
    "plain": _whole_plain,
    "generator": _whole_generator,
    "coroutine": _whole_coroutine,
    "async generator": _whole_async_generator,
}
_STREAMING = {
    "plain": _stream_plain,
    "generator": _stream_generator,
    "coroutine": _stream_coroutine,
    "async generator": _stream_generator,
}


def as_stream(result: Any) -> EventStream:
    """Return what a streaming hook returned as a description."""
    if isinstance(result, EventStream):
        return result
    if isinstance(result, str | Mapping | ModelResponse | types.ModelResponseStream | types.TextCompletionResponse):
        return EventStream.of((result,))
    if isinstance(result, Coroutine):
        refuse_flow(result)
    if isinstance(result, Effect):  # which can be iterated over, and holds no chunks
        raise _no_stream(result, "; give it to one: EventStream(http(…), decoder=…)")
    if isinstance(result, AsyncIterable | Iterable):
        return EventStream.of(result)
    raise _no_stream(result, "; did the hook forget its return?" if result is None else "")


def _no_stream(result: Any, hint: str = "") -> ContractViolationError:
    return ContractViolationError(
        f"the hook streaming returned {describe(result)}, not an EventStream or an iterable of chunks{hint}"
    )


def _named(function: Callable[..., Any]) -> str:
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', function)}"
