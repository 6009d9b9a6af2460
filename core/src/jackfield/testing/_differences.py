"""Two values of JSON side by side: where they differ, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["ANY", "differences", "fits", "shown", "some_of", "steady"]

ANY = "{any}"
"""Fits whatever stands in its place."""

MOST = 8
LONGEST = 160
_MISSING: Any = object()


def differences(expected: Any, actual: Any) -> list[str]:
    """Say where two values differ, one line each, the first eight; nothing where they are equal."""
    return some_of([*_between(expected, actual, "")])


def some_of(found: list[str]) -> list[str]:
    """Return the first eight lines, and how many there are more."""
    return found if len(found) <= MOST else [*found[:MOST], f"and {len(found) - MOST} more"]


def fits(expected: Any, actual: Any) -> bool:
    """Whether two values differ nowhere."""
    return next(_between(expected, actual, ""), None) is None


def steady(one: Any, other: Any) -> Any:
    """Return a value with ``{any}`` wherever it is another the next time: an id, or a time."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {name: steady(value, other[name]) for name, value in one.items()}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [steady(*pair) for pair in zip(one, other, strict=True)]
    return one if one == other or isinstance(one, bytes) else ANY  # bytes stand in files of their own


def _between(expected: Any, actual: Any, path: str) -> Iterator[str]:
    if expected == ANY and actual is not _MISSING:
        return
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            inner = f"{path}.{key}" if path else str(key)
            yield from _between(expected.get(key, _MISSING), actual.get(key, _MISSING), inner)
    elif isinstance(expected, list) and isinstance(actual, list):
        for place in range(max(len(expected), len(actual))):
            yield from _between(_at(expected, place), _at(actual, place), f"{path}[{place}]")
    elif expected is _MISSING or actual is _MISSING or type(expected) is not type(actual) or expected != actual:
        if _same_number(expected, actual):
            return
        yield f"{path or 'the whole'}: expected {shown(expected)}, got {shown(actual)}"


def _at(values: list[Any], place: int) -> Any:
    return values[place] if place < len(values) else _MISSING


def _same_number(expected: Any, actual: Any) -> bool:
    numbers = (int, float)
    return type(expected) in numbers and type(actual) in numbers and expected == actual


def shown(value: Any) -> str:
    """Return a value as a line of a message shows it."""
    if value is _MISSING:
        return "nothing"
    if isinstance(value, bytes):
        text = f"{len(value)} bytes {value[:40]!r}"
    else:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text)} characters)"
