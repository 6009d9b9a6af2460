"""The methods of a handler as the flows call them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from jackfield import Settings
    from jackfield.types import Request

__all__ = ["Arguments", "Awaited", "Blocking", "Method", "awaited"]

Arguments: TypeAlias = "Callable[[Any, Settings], dict[str, Any]]"
"""Makes the keyword arguments that LiteLLM passes, of request and settings."""

Blocking: TypeAlias = "Callable[[Any, Settings], Any]"
Awaited: TypeAlias = "Callable[[Any, Settings], Awaitable[Any]]"


class Method:
    """A method of a handler, called as LiteLLM calls it: by keyword, with what its signature takes.

    Its signature is read once; the method itself is looked up at each call, so that it can be patched.
    """

    __slots__ = ("_arguments", "_handler", "_name", "_takes", "is_coroutine")

    def __init__(self, handler: object, name: str, arguments: Arguments) -> None:
        function = getattr(handler, name)
        self._handler = handler
        self._name = name
        self._arguments = arguments
        self._takes = _names_taken(function)
        self.is_coroutine = inspect.iscoroutinefunction(function)

    def __call__(self, request: Request, settings: Settings) -> Any:
        arguments = self._arguments(request, settings)
        if (takes := self._takes) is not None:
            arguments = {name: value for name, value in arguments.items() if name in takes}
        return getattr(self._handler, self._name)(**arguments)


def awaited(method: Method | None) -> Awaited | None:
    """Return a method as something to await, also where it is a plain function; None without one."""
    if method is None or method.is_coroutine:
        return method

    async def called(request: Request, settings: Settings) -> Any:
        return method(request, settings)

    return called


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
