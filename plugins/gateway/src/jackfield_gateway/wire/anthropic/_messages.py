"""Messages of a request, from Anthropic's to a chat's.

A user's turn holds the results of tools and what the user says; in a chat each result is a message of its own, and
those come first. An assistant's turn is one message: what it thought, said and called, in this order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shape import a_boolean, a_list, a_string, an_object, one_of, refused, rest, wrong
from ._parts import blocks_in, content_of, misfit, to_part
from ._thinking import THINKING, to_reasoning
from ._tool_calls import arguments_of

__all__ = ["assistant_message", "chat_messages"]

DIRECT = {"type": "direct"}


def chat_messages(system: Any, messages: Any) -> list[dict[str, Any]]:
    """Return ``system`` and ``messages`` as a chat's messages; raises BadRequestError."""
    chat = _system(system, "system") if system is not None else []
    if not a_list(messages, "messages"):
        raise wrong("messages", "at least one message", messages)
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        role = one_of(an_object(message, where).get("role"), f"{where}.role", *_OF_ROLE)
        for name in rest(message, {"role", "content"}):
            raise refused(f"{where}.{name}", "a message has a role and content")
        chat += _OF_ROLE[role](message.get("content"), f"{where}.content")
    return chat


def assistant_message(content: Any, where: str) -> dict[str, Any]:
    """Return an assistant's turn as a chat's message; raises BadRequestError."""
    if isinstance(content, str):
        return {"role": "assistant", "content": content}
    parts, calls, thoughts = [], [], []
    for place, kind, block in blocks_in(content, where):
        if kind == "tool_use":
            calls.append(_call(block, place))
        elif kind in THINKING:
            thoughts.append(_thought(block, place))
        elif kind == "text":
            parts.append(to_part(kind, block, place))
        else:
            raise misfit(kind, place)
    message: dict[str, Any] = {"role": "assistant", "content": content_of(parts) or (None if calls else "")}
    if calls:
        message["tool_calls"] = calls
    return {**message, **to_reasoning(thoughts)}


def _system(content: Any, where: str) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"role": "system", "content": content}] if content else []
    parts = []
    for place, kind, block in blocks_in(content, where):
        one_of(kind, f"{place}.type", "text")
        parts.append(to_part(kind, block, place))
    return [{"role": "system", "content": content_of(parts)}] if parts else []


def _user(content: Any, where: str) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    results, parts = [], []
    for place, kind, block in blocks_in(content, where):
        if kind == "tool_result":
            results.append(_tool_message(block, place))
        else:
            parts.append(to_part(kind, block, place))
    if not (results or parts):
        raise wrong(where, "at least one content block", content)
    return [*results, {"role": "user", "content": content_of(parts)}] if parts else results


def _assistant(content: Any, where: str) -> list[dict[str, Any]]:
    return [assistant_message(content, where)]


_OF_ROLE: dict[str, Callable[[Any, str], list[dict[str, Any]]]] = {
    "user": _user,
    "assistant": _assistant,
    "system": _system,
}


def _tool_message(block: dict[str, Any], where: str) -> dict[str, Any]:
    content = block.get("content")
    if content is None or isinstance(content, str):
        told: str | list[dict[str, Any]] = content or ""
    else:
        blocks = blocks_in(content, f"{where}.content")
        told = content_of([to_part(kind, inner, place) for place, kind, inner in blocks]) or ""
    message = {
        "role": "tool",
        "tool_call_id": a_string(block.get("tool_use_id"), f"{where}.tool_use_id"),
        "content": told,
        **rest(block, {"type", "tool_use_id", "content", "is_error"}),
    }
    if (failed := block.get("is_error")) is not None and a_boolean(failed, f"{where}.is_error"):
        message["is_error"] = True
    return message


def _call(block: dict[str, Any], where: str) -> dict[str, Any]:
    if block.get("caller") not in (None, DIRECT):
        raise refused(f"{where}.caller", "only a model's own calls can stand in a chat")
    name, given = a_string(block.get("name"), f"{where}.name"), an_object(block.get("input"), f"{where}.input")
    try:
        function = {"name": name, "arguments": arguments_of(given)}
    except RecursionError as error:
        raise wrong(f"{where}.input", "an object that is nested less deeply", given) from error
    return {
        "id": a_string(block.get("id"), f"{where}.id"),
        "type": "function",
        "function": function,
        **rest(block, {"type", "id", "name", "input", "caller"}),
    }


def _thought(block: dict[str, Any], where: str) -> dict[str, Any]:
    if block["type"] == "redacted_thinking":
        return {"type": "redacted_thinking", "data": a_string(block.get("data"), f"{where}.data")}
    signature = block.get("signature")
    return {
        "type": "thinking",
        "thinking": a_string(block.get("thinking"), f"{where}.thinking"),
        "signature": "" if signature is None else a_string(signature, f"{where}.signature"),
    }
