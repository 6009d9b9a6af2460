"""What a request's JSON has to be, and the error that says where it is not: ``input[2].content[0].type``."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from jackfield import BadRequestError

__all__ = [
    "a_boolean",
    "a_list",
    "a_number",
    "a_string",
    "an_integer",
    "an_object",
    "one_of",
    "refused",
    "rest",
    "wrong",
]

LONGEST_ECHO = 40  # characters of a wrong word that its error repeats


def an_object(value: Any, where: str) -> dict[str, Any]:
    """Return the value if it is an object; raises BadRequestError, as all of these do."""
    if isinstance(value, dict):
        return value
    raise wrong(where, "an object", value)


def a_list(value: Any, where: str) -> list[Any]:
    """Return the value if it is a list."""
    if isinstance(value, list):
        return value
    raise wrong(where, "a list", value)


def a_string(value: Any, where: str) -> str:
    """Return the value if it is a string."""
    if isinstance(value, str):
        return value
    raise wrong(where, "a string", value)


def a_boolean(value: Any, where: str) -> bool:
    """Return the value if it is true or false."""
    if isinstance(value, bool):
        return value
    raise wrong(where, "true or false", value)


def an_integer(value: Any, where: str) -> int:
    """Return the value if it is a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise wrong(where, "a whole number", value)


def a_number(value: Any, where: str) -> float:
    """Return the value if it is a number."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    raise wrong(where, "a number", value)


def one_of(value: Any, where: str, *words: str) -> str:
    """Return the value if it is one of these words."""
    if isinstance(value, str) and value in words:
        return value
    raise wrong(where, " or ".join(map(repr, words)), value)


def rest(given: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """Return the fields that are not known here, which pass on beside their neighbours; null is not given."""
    return {name: value for name, value in given.items() if name not in known and value is not None}


def wrong(where: str, expected: str, value: Any) -> BadRequestError:
    """Return the error for a value of another type than expected, for another word, or for none at all."""
    if value is None:
        code, problem = "missing_required_parameter", f"is missing; it must be {expected}"
    elif isinstance(value, str):
        code, problem = "invalid_value", f"must be {expected}, not {value[:LONGEST_ECHO]!r}"
    else:
        code, problem = "invalid_type", f"must be {expected}, not {_type_of(value)}"
    return BadRequestError(f"{where} {problem}", param=where, code=code)


def refused(where: str, why: str, *, value: str = "") -> BadRequestError:
    """Return the error for what is right in itself, but cannot be had here; ``value`` where another one can."""
    named = f"{where}: {value}" if value else where
    return BadRequestError(f"{named} is not supported here: {why}", param=where, code="unsupported_parameter")


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"
