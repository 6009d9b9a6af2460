"""The fields of a JSON value: where they are, what stands there, and the value with something else in one of them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any

__all__ = ["GONE", "Path", "named", "paths_in", "value_at", "with_value"]

Path = tuple[str | int, ...]

GONE: Any = object()
"""Stands for a field that is not there."""


def paths_in(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of each field, those of objects within lists too."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield (*path, name)
            yield from paths_in(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from paths_in(item, (*path, place))


def named(path: Path) -> str:
    """Return a path as messages name it; that of a list's item is the same for all items."""
    return ".".join("[]" if isinstance(step, int) else step for step in path).replace(".[]", "[]")


def value_at(value: Any, path: Path) -> Any:
    """Return what stands at a path, GONE for nothing."""
    try:
        return reduce(getitem, path, value)
    except (KeyError, IndexError, TypeError):
        return GONE


def with_value(value: Any, path: Path, other: Any) -> Any:
    """Return a copy with something else in one field."""
    copy = deepcopy(value)
    holder, name = reduce(getitem, path[:-1], copy), path[-1]
    if other is GONE:
        del holder[name]
    else:
        holder[name] = other
    return copy
