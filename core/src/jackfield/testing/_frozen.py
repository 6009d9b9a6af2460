"""Requests whose lists and mappings notice when they are changed, and by which line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..types import Request
from ._places import Roots, line_here

__all__ = ["Changes", "guarded"]

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
    fields = {name: getattr(request, name) for name in (*request.own_fields(), "params") if name != "model"}
    return request.replace(**{name: _guarded(value, name, changes) for name, value in fields.items()})


class _GuardedDict(dict[Any, Any]):
    note: Callable[[str], None]

    def __copy__(self) -> dict[Any, Any]:
        return dict(self)

    def __deepcopy__(self, memo: Any) -> dict[Any, Any]:
        return {name: _deep(value, memo) for name, value in self.items()}


class _GuardedList(list[Any]):
    note: Callable[[str], None]

    def __copy__(self) -> list[Any]:
        return list(self)

    def __deepcopy__(self, memo: Any) -> list[Any]:
        return [_deep(value, memo) for value in self]


def _deep(value: Any, memo: Any) -> Any:
    return value.__deepcopy__(memo) if isinstance(value, _GuardedDict | _GuardedList) else value


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
    elif isinstance(value, list | tuple) and not _is_upload(value):
        made = _GuardedList([_guarded(item, f"{path}[{place}]", changes) for place, item in enumerate(value)])
    else:
        return value
    made.note = lambda method: changes.note(path, method)
    return made


def _is_upload(value: Any) -> bool:
    return isinstance(value, tuple)
