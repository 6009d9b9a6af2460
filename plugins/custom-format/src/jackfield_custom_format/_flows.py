"""The flows around a handler's methods: the core runs the colour at hand and bridges the one that is missing."""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any

from jackfield import ContractViolationError, EventStream, Flow, ModelResponse, ModelResponseStream, Settings
from jackfield.flow import Call, call
from jackfield.types import CompletionRequest, Request, TextCompletionResponse

from ._methods import Awaited, Blocking

__all__ = ["streaming", "whole"]


def whole(
    settled: Callable[[Any], Any], blocking: Blocking | None, awaited: Awaited | None
) -> Callable[[Request, Settings], Flow[Any]]:
    """Return the hook that answers with what the handler returns, ``settled`` into a shape that the core takes."""

    def flow(request: Request, settings: Settings) -> Flow[Any]:
        result = yield _called(blocking, awaited, request, settings)
        if type(result) is not ModelResponse and isawaitable(result):
            result = yield _arriving(result)
        return settled(result)

    return flow


def streaming(
    blocking: Blocking | None, awaited: Awaited | None
) -> Callable[[CompletionRequest, Settings], EventStream]:
    """Return the hook that describes the handler's stream; each opening calls the handler."""

    def hook(request: CompletionRequest, settings: Settings) -> EventStream:
        return EventStream(partial(opened, request, settings))

    def opened(request: CompletionRequest, settings: Settings) -> Flow[EventStream]:
        result = yield _called(blocking, awaited, request, settings)
        if isawaitable(result):
            result = yield _arriving(result)
        return _stream_of(result)

    return hook


def _called(blocking: Blocking | None, awaited: Awaited | None, request: Any, settings: Settings) -> Call[Any]:
    return call(
        None if blocking is None else partial(blocking, request, settings),
        None if awaited is None else partial(awaited, request, settings),
    )


def _arriving(result: Awaitable[Any]) -> Call[Any]:
    """Await what a plain function returned, as ``def acompletion`` does when it returns another model's coroutine."""
    return call(asynchronous=lambda: result)


def _stream_of(result: Any) -> EventStream:
    if isinstance(result, Mapping | str | ModelResponseStream | ModelResponse | TextCompletionResponse):
        result = (result,)  # one chunk, where an iterator was meant
    if not isinstance(result, Iterable | AsyncIterable):
        kind = "None" if result is None else type(result).__qualname__
        raise ContractViolationError(
            f"a handler's streaming returned {kind}, which is no chunk and no iterable of chunks"
        )
    return EventStream.of(lambda: result).map(_Finish())


class _Finish:
    """Makes the finish "stop" of a choice that has called a tool the "tool_calls" that it means, as LiteLLM does."""

    def __init__(self) -> None:
        self._calling: set[int] = set()

    def __call__(self, chunk: ModelResponseStream | TextCompletionResponse) -> Any:
        if isinstance(chunk, TextCompletionResponse):
            return chunk
        self._calling.update(choice.index for choice in chunk.choices if choice.delta.tool_calls)
        if not self._calling:
            return chunk
        return chunk.replace(
            choices=[
                choice.replace(finish_reason="tool_calls")
                if choice.finish_reason == "stop" and choice.index in self._calling
                else choice
                for choice in chunk.choices
            ]
        )
