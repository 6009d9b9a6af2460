r"""Bytes to a checked body, or a BadRequestError that names what is wrong, where, and what was expected.

What JSON and the API descriptions leave open is decided so:

- of equal keys in one object the last one counts;
- ``\u0000`` within a string is a character like any other;
- null in a known field of the body that may be left out means that it is left out; any other null passes on;
- known fields come first, then the others in the client's order.

Pydantic's own errors stay out of the chain of causes: their texts, which a log may show, repeat what a client wrote.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from jackfield.errors import BadRequestError
from pydantic import ValidationError

from .bodies import BODIES, Kind, adapter
from .complaints import complaint, describe, path_of

__all__ = ["MAX_NESTING", "parse", "parse_form", "refused"]

MAX_NESTING = 64
"""Objects and lists within each other, the body itself included. The parser's own limit is 200."""

CORE_KEYS = frozenset(
    {
        *("api_base", "base_url", "api_key", "api_version", "headers", "extra_headers", "extra_body"),
        *("custom_llm_provider", "client", "fallbacks", "num_retries", "max_retries", "drop_params"),
    }
)
"""Body keys that are arguments of the core; so are all that begin with ``mock_``."""

# A string that nothing ends reaches to the end of the bytes: otherwise each quote in it would be tried once more.
STRING_OR_LOOSE_COMMA = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|,(?=[ \t\r\n]*+[}\]])', re.DOTALL)


MOST_MATCHES = 100_000
"""How many of them are looked at. An example has a few; a body made of nothing else would take seconds."""


def parse(kind: Kind, raw: bytes, max_nesting: int = MAX_NESTING) -> dict[str, Any]:
    """Return the checked body.

    Bytes that are no JSON are read once more without the commas before ``}`` and ``]`` that people leave in examples.
    """
    try:
        body = adapter(kind).validate_json(raw)
    except ValidationError as error:
        body = _read_again(kind, raw, error)
    _look_through(body, max_nesting)
    return _without_unset(kind, body) if None in body.values() else body


def parse_form(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked fields of a form; numbers and truths, which come as texts there, are read out of theirs."""
    try:
        return adapter(kind).validate_python(dict(fields))
    except ValidationError as error:
        raise complaint(kind, error) from None


def refused(body: Mapping[str, Any], allowed: frozenset[str] = frozenset()) -> None:
    """Raise BadRequestError naming the keys that would steer the gateway itself, but for those that are allowed."""
    found = [key for key in body if (key in CORE_KEYS or key.startswith("mock_")) and key not in allowed]
    if found:
        names, are = ", ".join(found), "are" if len(found) > 1 else "is"
        raise BadRequestError(
            f"{names} {are} not taken from clients here, unless the gateway's config allows it",
            param=found[0],
            code="parameter_not_allowed",
        )


def _read_again(kind: Kind, raw: bytes, error: ValidationError) -> dict[str, Any]:
    if not raw.strip():
        raise BadRequestError("the body is empty: it must be a JSON object") from None
    if not _is_no_json(error):
        raise complaint(kind, error) from None
    # A space for each comma: whatever else is wrong keeps its line and column.
    mended = STRING_OR_LOOSE_COMMA.sub(lambda found: b" " if found[0] == b"," else found[0], raw, count=MOST_MATCHES)
    try:
        return adapter(kind).validate_json(mended)
    except ValidationError as again:
        raise complaint(kind, again) from None


def _is_no_json(error: ValidationError) -> bool:
    return (
        error.error_count() == 1 and error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid"
    )


def _look_through(body: dict[str, Any], max_nesting: int) -> None:
    """Refuse nesting without end and numbers that are none, which no type forbids; level by level, not recursively."""
    level: list[Any] = [body.values()]
    depth = 0
    while level:
        depth += 1
        if depth > max_nesting:
            raise BadRequestError(f"the body is nested deeper than {max_nesting} levels")
        deeper: list[Any] = []
        for values in level:
            for value in values:
                kind = type(value)
                if kind is str or kind is int:
                    continue
                if kind is dict:
                    deeper.append(value.values())
                elif kind is list:
                    deeper.append(value)
                elif kind is float and not math.isfinite(value):
                    raise _no_number(body)
        level = deeper


def _no_number(body: dict[str, Any]) -> BadRequestError:
    waiting: list[tuple[tuple[int | str, ...], Any]] = [((), body)]
    while True:
        place, value = waiting.pop()
        if isinstance(value, float) and not math.isfinite(value):
            where = path_of(place)
            text = f"{where} must be a JSON value, not {describe(value)}"
            return BadRequestError(text, param=where, code="invalid_type")
        if isinstance(value, dict):
            waiting += [((*place, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [((*place, index), item) for index, item in enumerate(value)]


def _without_unset(kind: Kind, body: dict[str, Any]) -> dict[str, Any]:
    known = _fields(kind)
    return {name: value for name, value in body.items() if value is not None or name not in known}


@cache
def _fields(kind: Kind) -> frozenset[str]:
    return frozenset(BODIES[kind].__annotations__)
