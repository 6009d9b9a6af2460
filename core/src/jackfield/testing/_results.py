"""Responses and chunks as plain JSON, so that they can be compared with what was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from .. import types
from .._shapes import RESULTS

__all__ = ["MADE_UP", "comparable", "plain_result", "recorded"]

MADE_UP = ("id", "created")
"""What the core makes up where a server sends none, anew at each call."""

STREAM_PARTS = {"chunks", "response"}


def plain_result(value: Any) -> Any:
    """Return a response, or a list of chunks, as JSON without what is None."""
    if isinstance(value, list):
        return [plain_result(item) for item in value]
    return value.model_dump(mode="json", exclude_none=True, warnings=False) if isinstance(value, BaseModel) else value


def comparable(value: Any) -> Any:
    """Return a plain result without what is made up anew at each call; ids of tool calls become their numbers."""
    return _comparable(value, {})


def _comparable(value: Any, ids: dict[Any, str]) -> Any:
    if isinstance(value, list):
        return [_comparable(item, ids) for item in value]
    if not isinstance(value, Mapping):
        return value
    return {name: _numbered(item, ids) for name, item in value.items() if name not in MADE_UP}


def _numbered(value: Any, ids: dict[Any, str]) -> Any:
    # Some servers send no ids, and the plugin makes them up: the nth is to be the nth again.
    if isinstance(value, list):
        return [_numbered(item, ids) for item in value]
    if not isinstance(value, Mapping):
        return value
    numbered = {name: _numbered(item, ids) for name, item in value.items()}
    for call in numbered.get("tool_calls") or ():
        if isinstance(call, dict) and call.get("id") is not None:
            call["id"] = ids.setdefault(call["id"], f"call {len(ids) + 1}")
    return numbered


def recorded(expected: Any, operation: str, *, streams: bool) -> Any:
    """Return what a case expects in the form of ``plain_result``: defaults filled in, nothing made up.

    Raises ValueError where it has not the shape of the operation's result.
    """
    if not streams:
        return _filled(expected, getattr(types, RESULTS[operation]))
    if not isinstance(expected, Mapping) or set(expected) - STREAM_PARTS or "response" not in expected:
        raise ValueError('the result of a stream is {"chunks": […], "response": {…}}')
    text = operation == "text_completion"
    whole = types.TextCompletionResponse if text else types.ModelResponse
    piece = types.TextCompletionResponse if text else types.ModelResponseStream
    filled = {"response": _filled(expected["response"], whole)}
    if "chunks" in expected:
        filled["chunks"] = [_filled(chunk, piece) for chunk in expected["chunks"]]
    return filled


def _filled(expected: Any, kind: type[Any]) -> Any:
    given = expected if isinstance(expected, Mapping) else plain_result(expected)
    if not isinstance(given, Mapping):
        raise ValueError(  # noqa: TRY004  # as pydantic's, which says the same of what is further inside
            f"expected a JSON object in the shape of {kind.__name__}, not {type(expected).__name__}"
        )
    marked = _numbers_for_any(given)
    filled = plain_result(kind.model_validate(marked))
    unsaid = [name for name in MADE_UP if name not in given]
    return _with_any({name: value for name, value in filled.items() if name not in unsaid}, given)


def _numbers_for_any(value: Any) -> Any:
    # "{any}" may stand for a number, which the type would refuse.
    if isinstance(value, Mapping):
        return {
            name: 0 if item == "{any}" and name == "created" else _numbers_for_any(item) for name, item in value.items()
        }
    return [_numbers_for_any(item) for item in value] if isinstance(value, list) else value


def _with_any(filled: Any, given: Any) -> Any:
    if given == "{any}":
        return given
    if isinstance(filled, dict) and isinstance(given, Mapping):
        return {name: _with_any(item, given.get(name)) for name, item in filled.items()}
    if isinstance(filled, list) and isinstance(given, list):
        return [_with_any(*pair) for pair in zip(filled, given, strict=True)]
    return filled
