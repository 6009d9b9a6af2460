"""Messages of a request, from a chat's to Anthropic's: the opposite of ``_messages``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..shape import a_list, a_string, an_object, one_of, refused, rest, wrong
from ._parts import to_blocks
from ._thinking import blocks_of, signed

__all__ = ["turns"]

SYSTEM = {"system", "developer"}
ROLES = ("system", "developer", "user", "assistant", "tool")
OF_ASSISTANT = {"role", "content", "tool_calls", "refusal", "reasoning_content", "thinking_blocks"}
OF_TOOL = {"role", "content", "tool_call_id", "name", "is_error", "cache_control"}


def turns(messages: Iterable[Mapping[str, Any]]) -> tuple[str | list[dict[str, Any]] | None, list[dict[str, Any]]]:
    """Return ``system`` (None where there is none) and the turns of a chat; raises BadRequestError.

    What the system says before all others is ``system``, later it is a turn of its own. The results of tools, and
    what the user says right after them, are one turn.
    """
    system: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    results: list[dict[str, Any]] | None = None  # the turn that results of tools have begun
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        role = one_of(an_object(message, where).get("role"), f"{where}.role", *ROLES)
        content = _contents(role, message, where)
        if role in SYSTEM and not found:
            system += content
        elif role in SYSTEM and not content:
            continue
        elif role == "tool" and results is None:
            results = content
            found.append({"role": "user", "content": results})
        elif results is not None and role in {"tool", "user"}:
            results += content
            results = results if role == "tool" else None
        else:
            results = None
            found.append({"role": "system" if role in SYSTEM else role, "content": _content(content)})
    return _content(system) if system else None, found


def _content(blocks: list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    if not blocks:
        return ""
    if len(blocks) == 1 and blocks[0].keys() == {"type", "text"}:
        text: str = blocks[0]["text"]
        return text
    return blocks


def _contents(role: str, message: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    if role == "assistant":
        return _said(message, where)
    if role == "tool":
        return [_result(message, where)]
    _only(message, where, {"role", "content"})
    return to_blocks(message.get("content"), f"{where}.content")


def _said(message: Mapping[str, Any], where: str) -> list[dict[str, Any]]:
    _only(message, where, OF_ASSISTANT)
    blocks = blocks_of(message.get("reasoning_content") or "", signed(message.get("thinking_blocks")))
    blocks += to_blocks(message.get("content"), f"{where}.content")
    blocks += to_blocks(message.get("refusal"), f"{where}.refusal")
    calls = message.get("tool_calls")
    for number, call in enumerate(a_list(calls, f"{where}.tool_calls") if calls is not None else ()):
        blocks.append(_tool_use(call, f"{where}.tool_calls[{number}]"))
    return blocks


def _tool_use(call: Any, where: str) -> dict[str, Any]:
    function = an_object(an_object(call, where).get("function"), f"{where}.function")
    return {
        "type": "tool_use",
        "id": a_string(call.get("id"), f"{where}.id"),
        "name": a_string(function.get("name"), f"{where}.function.name"),
        "input": _input(a_string(function.get("arguments"), place := f"{where}.function.arguments"), place),
        **rest(call, {"id", "type", "index", "function"}),
    }


def _input(arguments: str, where: str) -> dict[str, Any]:
    try:
        read = json.loads(arguments) if arguments.strip() else {}
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise wrong(where, "the JSON text of an object", arguments)
    return read


def _result(message: Mapping[str, Any], where: str) -> dict[str, Any]:
    _only(message, where, OF_TOOL)
    block = {
        "type": "tool_result",
        "tool_use_id": a_string(message.get("tool_call_id"), f"{where}.tool_call_id"),
        "content": _content(to_blocks(message.get("content"), f"{where}.content")),
    }
    # A tool's name is said again by careful clients; the id tells it already.
    return {**block, **{name: message[name] for name in ("is_error", "cache_control") if message.get(name)}}


def _only(message: Mapping[str, Any], where: str, known: set[str]) -> None:
    """Refuse what Anthropic's messages cannot hold, unless it says nothing."""
    for name, value in message.items():
        if name not in known and value:
            raise refused(f"{where}.{name}", "Anthropic's messages have no such field")
