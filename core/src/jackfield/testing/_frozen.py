"""Requests that are nobody else's, and requests that notice when they are changed, and by which line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from ..types import Request
from ._places import Roots, line_here

__all__ = ["Changes", "fresh", "guarded"]

CHANGING = {
    dict: ("__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update"),
    list: (
        *("__setitem__", "__delitem__", "__iadd__", "__imul__"),
        *("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"),
    ),
}


class Changes(list[str]):
    """What was changed, one line each."""

    def __init__(self, roots: Roots) -> None:
        super().__init__()
        self._roots = roots

    def note(self, path: str, method: str) -> None:
        """Note that a method of what stands at a path was called."""
        self.append(f"{path}.{method}(…) at {line_here(self._roots) or 'an unknown line'}")


def guarded(request: Request, changes: Changes) -> Request:
    """Return the request with everything changeable in it replaced by what notes its changes."""
    return request.replace(**{name: _guarded(value, name, changes) for name, value in _said(request).items()})


def fresh(request: Request) -> Request:
    """Return the request with mappings and lists of its own: what a provider does to them, no other call sees."""
    return request.replace(**{name: _copied(value) for name, value in _said(request).items()})


def _said(request: Request) -> dict[str, Any]:
    return {name: getattr(request, name) for name in (*request.own_fields(), "params", "options") if name != "model"}


def _copied(value: Any) -> Any:
    # Not deepcopy: a parameter may be what cannot be copied, an open file or a client.
    if isinstance(value, Mapping):
        return {name: _copied(item) for name, item in value.items()}
    return type(value)(map(_copied, value)) if type(value) in {list, tuple} else value


class _GuardedDict(dict[Any, Any]):
    note: Callable[[str], None]

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, memo: Any) -> dict[Any, Any]:
        return {name: deepcopy(value, memo) for name, value in self.items()}


class _GuardedList(list[Any]):
    note: Callable[[str], None]

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: Any) -> list[Any]:
        return [deepcopy(value, memo) for value in self]


def _noting(kind: type, name: str) -> Callable[..., Any]:
    change = getattr(kind, name)

    def changing(self: Any, *arguments: Any, **named: Any) -> Any:
        self.note(name)
        return change(self, *arguments, **named)

    return changing


for _kind, _guard in ((dict, _GuardedDict), (list, _GuardedList)):
    for _name in CHANGING[_kind]:
        setattr(_guard, _name, _noting(_kind, _name))


def _guarded(value: Any, path: str, changes: Changes) -> Any:
    made: Any
    if isinstance(value, Mapping):
        made = _GuardedDict({key: _guarded(item, f"{path}[{key!r}]", changes) for key, item in value.items()})
    elif isinstance(value, list | tuple):
        items = [_guarded(item, f"{path}[{place}]", changes) for place, item in enumerate(value)]
        if isinstance(value, tuple):  # which nobody can change; what it holds can be
            return tuple(items)
        made = _GuardedList(items)
    else:
        return value
    made.note = lambda method: changes.note(path, method)
    return made
