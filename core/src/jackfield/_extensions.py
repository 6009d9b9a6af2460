"""Extensions: what stands around every operation, and who watches."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from ._blame import blame
from ._failures import error_of_exception
from ._kinds import Operation, Restartable, as_stream, kind_of, takes_only
from ._shapes import result_of
from .errors import ContractViolationError, JackfieldError, PluginError
from .flow import Flow
from .types import Request

if TYPE_CHECKING:
    from ._events import Event

__all__ = ["Extensions", "around_of", "extended", "finder_of", "observer_of", "tell"]


class Extensions:
    """The loaded extensions: what surrounds calls (outermost first), who observes, who finds providers."""

    def __init__(
        self,
        around: Sequence[Callable[..., Any]] = (),
        observers: Sequence[Callable[[Event], None]] = (),
        finders: Sequence[Callable[[str], object | None]] = (),
    ) -> None:
        self.around = tuple(around)
        self.observers = tuple(observers)
        self.finders = tuple(finders)


def tell(observers: Sequence[Callable[[Event], None]], event: Event) -> None:
    """Tell all observers; an exception in one becomes a warning and hurts nobody."""
    for observer in observers:
        try:
            observer(event)
        except Exception as error:
            name = getattr(observer, "__qualname__", type(observer).__qualname__)
            warnings.warn(f"the observer {name} failed: {type(error).__name__}: {error}", stacklevel=2)


def around_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Check a function marked as ``around``: a generator function, or a plain one that returns what ``call`` gives."""
    if kind_of(function) not in ("generator", "plain"):
        raise ContractViolationError(
            "around is a flow for all callers, sync and async: a generator function, never async def"
        )
    bound = takes_only("around", function, ("call", "request", "settings"))

    def around(call: Callable[[Request], Any], request: Request, settings: Any) -> Any:
        return bound(call, request, settings)

    around.__qualname__ = _named(function)
    return around


def observer_of(function: Callable[..., Any]) -> Callable[[Event], None]:
    """Check a function marked as ``observe``."""
    if kind_of(function) != "plain":
        raise ContractViolationError("observe is a plain function: it is called in place and nothing awaits it")
    bound = takes_only("observe", function, ("event",))

    def observe(event: Event) -> None:
        bound(event)

    observe.__qualname__ = _named(function)
    return observe


def finder_of(function: Callable[..., Any]) -> Callable[[str], object | None]:
    """Check a function marked as ``find_provider``; what it raises becomes a PluginError that names it."""
    if kind_of(function) != "plain":
        raise ContractViolationError("find_provider is a plain function: it is called in place and does no I/O")
    bound = takes_only("find_provider", function, ("name",))
    who = _named(function)

    def find_provider(name: str) -> object | None:
        try:
            plugin: object | None = bound(name)
        except JackfieldError:
            raise
        except Exception as error:
            raise PluginError(
                f"the extension {who} failed when it was asked for {name!r}: {type(error).__name__}: {error}",
                provider=name,
            ) from error
        return plugin

    return find_provider


def _named(function: Callable[..., Any]) -> str:
    while isinstance(function, partial):
        function = function.func
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__qualname__)}"


def extended(operation: Operation, around: Sequence[Callable[..., Any]], who: str) -> Operation:
    """Compose an operation with what stands around it, the first outermost; ``who`` names its provider in errors."""
    if around:
        operation = _shaped(operation, who)
    for function in reversed(around):
        operation = _surrounded(function, operation)
    return operation


def _shaped(operation: Operation, who: str) -> Operation:
    """Give extensions what callers get: responses, descriptions and errors, whatever a hook returned or raised."""

    def flow(request: Request, settings: Any) -> Flow[Any]:
        return _as_callers_get(request, (yield from operation(request, settings)))

    return _told(flow, who)


def _as_callers_get(request: Request, result: Any) -> Any:
    return as_stream(result) if _is_stream(request) else result_of(request.operation, result, request.model)


def _told(operation: Operation, who: str) -> Operation:
    """Turn the exceptions of a plugin's code into errors that name it."""

    def flow(request: Request, settings: Any) -> Flow[Any]:
        try:
            return (yield from operation(request, settings))
        except ContractViolationError as error:
            blame(error, who)
            raise
        except JackfieldError:
            raise
        except Exception as error:
            raise error_of_exception(error, who) from error

    return flow


def _is_stream(request: Request) -> bool:
    return getattr(request, "stream", False)


def _surrounded(function: Callable[..., Any], operation: Operation) -> Operation:
    def flow(request: Request, settings: Any) -> Flow[Any]:
        def call(inner: Request) -> Restartable:
            return Restartable(operation, inner, settings)

        result = function(call, request, settings)
        if isinstance(result, Generator | Restartable):
            result = yield from result
        return _as_callers_get(request, result)

    return _told(flow, f"the extension {function.__qualname__}")
