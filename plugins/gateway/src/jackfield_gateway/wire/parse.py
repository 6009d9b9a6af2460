r"""Bytes to a checked body, or a BadRequestError that names what is wrong, where, and what was expected.

What JSON leaves open is decided so: of equal keys the last one counts; ``\u0000`` in a string is a character like any
other; a null where a known field may be left out means that it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jackfield.errors import BadRequestError
from pydantic import ValidationError

from .bodies import Kind, adapter
from .complaints import complaint

__all__ = ["MAX_NESTING", "parse", "parse_form", "refused"]

MAX_NESTING = 64

CORE_KEYS = frozenset(
    {
        *("api_base", "base_url", "api_key", "api_version", "headers", "extra_headers", "extra_body"),
        *("custom_llm_provider", "client", "fallbacks", "num_retries", "max_retries", "drop_params"),
    }
)
"""Body keys that are arguments of the core; so are all that begin with ``mock_``."""

STRING_OR_LOOSE_COMMA = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|,(?=[ \t\r\n]*+[}\]])', re.DOTALL)


def parse(kind: Kind, raw: bytes, max_nesting: int = MAX_NESTING) -> dict[str, Any]:
    """Return the checked body: known fields first, then others in the client's order.

    Bytes that are no JSON are read once more without the commas before ``}`` and ``]``, which people leave in examples.
    """
    try:
        body = adapter(kind).validate_json(raw)
    except ValidationError as error:
        body = _read_again(kind, raw, error)
    except RecursionError:
        raise _too_deep(max_nesting) from None
    _look_through(body, max_nesting)
    return _given(body)


def parse_form(kind: Kind, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checked fields of a form, where every value is a text; numbers and truths are read out of theirs."""
    try:
        return _given(adapter(kind).validate_python(dict(fields)))
    except ValidationError as error:
        raise complaint(kind, error) from error


def refused(body: Mapping[str, Any], allowed: frozenset[str] = frozenset()) -> None:
    """Raise BadRequestError naming the keys that would steer the gateway itself, but for those that are allowed."""
    found = [key for key in body if (key in CORE_KEYS or key.startswith("mock_")) and key not in allowed]
    if found:
        what = ", ".join(found)
        raise BadRequestError(
            f"{what}: not taken from a client; the gateway's config may allow it", param=found[0], code="not_allowed"
        )


def _read_again(kind: Kind, raw: bytes, error: ValidationError) -> dict[str, Any]:
    if not _is_no_json(error):
        raise complaint(kind, error) from error
    # A space for each comma: what is wrong elsewhere keeps its line and column.
    mended = STRING_OR_LOOSE_COMMA.sub(lambda found: b" " if found[0] == b"," else found[0], raw)
    try:
        return adapter(kind).validate_json(mended)
    except ValidationError as again:
        raise complaint(kind, again) from again


def _is_no_json(error: ValidationError) -> bool:
    return (
        error.error_count() == 1 and error.errors(include_url=False, include_input=False)[0]["type"] == "json_invalid"
    )


def _look_through(body: dict[str, Any], max_nesting: int) -> None:
    """Refuse nesting without end and numbers that are none, which no type forbids; without recursion."""
    level: list[Any] = [body]
    depth = 0
    while level:
        depth += 1
        if depth > max_nesting:
            raise _too_deep(max_nesting)
        deeper: list[Any] = []
        for holder in level:
            for value in holder.values() if type(holder) is dict else holder:
                kind = type(value)
                if kind is dict or kind is list:
                    deeper.append(value)
                elif kind is float and value - value != 0:
                    raise _no_number(body)
        level = deeper


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return body


def _too_deep(max_nesting: int) -> BadRequestError:
    return BadRequestError(f"the body is nested deeper than {max_nesting} levels")


def _no_number(body: dict[str, Any]) -> BadRequestError:
    return BadRequestError("the body holds a number that JSON does not have")
