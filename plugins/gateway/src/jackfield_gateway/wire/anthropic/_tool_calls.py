"""Calls of tools: Anthropic's ``input`` is an object, a chat's ``arguments`` the JSON text that the model wrote."""

from __future__ import annotations

import json
import re
from typing import Any

from pydantic_core import from_json

__all__ = ["arguments_of", "input_of", "made_id", "tool_use"]

NOT_IN_IDS = re.compile(r"[^a-zA-Z0-9_-]")


def tool_use(id: str, name: str, input: dict[str, Any]) -> dict[str, Any]:
    """Return the block of an answer that calls a tool: the caller is the model itself, not a program that it wrote."""
    return {"type": "tool_use", "id": id, "name": name, "input": input, "caller": {"type": "direct"}}


def arguments_of(input: Any) -> str:
    """Return an input as JSON text."""
    return json.dumps(input, ensure_ascii=False, separators=(",", ":"))


def input_of(arguments: str | None, *, cut_off: bool) -> dict[str, Any]:
    """Return what a model wrote as an object.

    Text that the token limit has ``cut_off`` gives what can be read of it, as Anthropic's SDK does with a stream.
    Anything else that is no object stands as it is under ``INVALID_JSON``, the key that Anthropic's documentation
    proposes: the client's tool sees what went wrong, instead of arguments that nobody wrote.
    """
    if not arguments or arguments.isspace():
        return {}
    try:
        read = from_json(arguments, allow_partial=cut_off)
    except ValueError:
        read = arguments
    if read is None:
        return {}
    return read if isinstance(read, dict) else {"INVALID_JSON": arguments}


def made_id(message: str, number: int) -> str:
    """Return an id for a message's call that has none: the same each time, so that a stream has the whole's."""
    return f"toolu_{NOT_IN_IDS.sub('_', message)}_{number}"
