"""The methods of a handler as the flows call them: by keyword, and in the colours that they have."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from jackfield import Settings
    from jackfield.types import Request

__all__ = ["Arguments", "Awaited", "Blocking", "Method", "colours"]

Arguments: TypeAlias = "Callable[[Any, Settings], dict[str, Any]]"
"""Makes the keyword arguments that LiteLLM passes, of request and settings."""

Blocking: TypeAlias = "Callable[[Any, Settings], Any]"
Awaited: TypeAlias = "Callable[[Any, Settings], Awaitable[Any]]"


class Method:
    """A method of a handler, called as LiteLLM calls it, with what its signature takes.

    Its kind and its signature are read once; the method itself is looked up at each call, so that it can be patched.
    """

    __slots__ = ("_arguments", "_handler", "_name", "_takes", "is_coroutine", "is_instant")

    def __init__(self, handler: object, name: str, arguments: Arguments) -> None:
        function = getattr(handler, name)
        self._handler = handler
        self._name = name
        self._arguments = arguments
        self._takes = _names_taken(function)
        self.is_coroutine = inspect.iscoroutinefunction(function)
        # Calling a generator function only makes the generator: no thread, no loop is needed for that.
        self.is_instant = inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)

    def __call__(self, request: Request, settings: Settings) -> Any:
        arguments = self._arguments(request, settings)
        if (takes := self._takes) is not None:
            arguments = {name: value for name, value in arguments.items() if name in takes}
        return getattr(self._handler, self._name)(**arguments)


def colours(plain: Method | None, asynchronous: Method | None) -> tuple[Blocking | None, Awaited | None]:
    """Return what to call for a sync caller and what to await for an async one; None where the core is to bridge.

    A method is what its function is, whatever its name: ``async def completion`` is awaited.
    """
    blocking = plain if plain is not None and not plain.is_coroutine else None
    awaited = asynchronous or (plain if plain is not None and plain.is_coroutine else None)
    if blocking is None and awaited is not None and awaited.is_instant:
        blocking = awaited
    elif awaited is None and blocking is not None and blocking.is_instant:
        awaited = blocking
    return blocking, None if awaited is None else _awaitable(awaited)


def _awaitable(method: Method) -> Awaited:
    if method.is_coroutine:
        return method

    async def awaited(request: Request, settings: Settings) -> Any:
        return method(request, settings)

    return awaited


def _names_taken(function: Callable[..., Any]) -> frozenset[str] | None:
    """Return the names that a function takes by keyword, None where it takes any."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # a builtin may have no signature
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    by_keyword = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(parameter.name for parameter in parameters if parameter.kind in by_keyword)
