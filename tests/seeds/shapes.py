"""Printed outputs are compared as shapes: ids, times and texts differ, fields and their types do not."""

from __future__ import annotations

from itertools import chain
from typing import Any

__all__ = ["differences", "nulls", "value_of"]


def value_of(output: str) -> Any:
    """Return what an output says, whether it is written as JSON (with or without a comma too many) or as Python."""
    return eval(output, {"null": None, "true": True, "false": False})  # literals of documents that we were given


def differences(expected: Any, actual: Any, where: str = "the answer") -> list[str]:
    """Return what the actual value lacks of the expected one's shape; what it has beyond that is its own."""
    if expected is None:
        return []
    if _kind(expected) != _kind(actual):
        return [f"{where} is {_kind(actual)}, not {_kind(expected)}"]
    if isinstance(expected, dict):
        missing = [f"{where} has no {name!r}" for name in expected if name not in actual]
        there = [name for name in expected if name in actual]
        return missing + [
            each for name in there for each in differences(expected[name], actual[name], f"{where}.{name}")
        ]
    if isinstance(expected, list) and expected:
        if not actual:
            return [f"{where} is empty"]
        return [*chain.from_iterable(differences(expected[0], item, f"{where}[]") for item in actual)]
    return []


def nulls(value: Any, where: str = "") -> set[str]:
    """Return the places of the fields that are null, such as "choices[].message.tool_calls"."""
    if isinstance(value, dict):
        return {place for name, item in value.items() for place in nulls(item, f"{where}.{name}".removeprefix("."))}
    if isinstance(value, list):
        return {place for item in value for place in nulls(item, f"{where}[]")}
    return {where} if value is None else set()


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a bool"
    if isinstance(value, int | float):
        return "a number"
    return {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}.get(
        type(value), type(value).__name__
    )
