"""Tools and the choice among them: flat in this format, nested in a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..shape import a_list, a_string, an_object, one_of, refused, rest, wrong

__all__ = ["chat_tool_choice", "chat_tools", "shown_tools"]

CHOICES = ("none", "auto", "required")


def chat_tools(value: Any) -> dict[str, Any]:
    """Return a chat's ``tools``; none for an empty list, which chats do not take."""
    tools = [_chat_tool(tool, f"tools[{place}]") for place, tool in enumerate(a_list(value, "tools"))]
    return {"tools": tools} if tools else {}


def chat_tool_choice(value: Any) -> dict[str, Any]:
    """Return a chat's ``tool_choice``: a word, one function, or some functions (``allowed_tools``)."""
    if isinstance(value, str):
        return {"tool_choice": one_of(value, "tool_choice", *CHOICES)}
    if not isinstance(value, dict):
        raise wrong("tool_choice", f"one of {', '.join(CHOICES)}, or an object", value)
    if value.get("type") == "allowed_tools":
        return {"tool_choice": _allowed_tools(value)}
    return {"tool_choice": _function(value, "tool_choice")}


def shown_tools(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a request's tools as a response shows them, which names ``strict`` and ``parameters`` even where null."""
    return [{"strict": None, "parameters": None, **tool} for tool in tools]


def _chat_tool(value: Any, where: str) -> dict[str, Any]:
    tool = an_object(value, where)
    _check_function(tool, where)
    if tool.get("description") is not None:
        a_string(tool["description"], f"{where}.description")
    if tool.get("parameters") is not None:
        an_object(tool["parameters"], f"{where}.parameters")
    return {"type": "function", "function": rest(tool, ("type",))}


def _allowed_tools(choice: Mapping[str, Any]) -> dict[str, Any]:
    tools = a_list(choice.get("tools"), "tool_choice.tools")
    allowed = {
        "mode": one_of(choice.get("mode"), "tool_choice.mode", "auto", "required"),
        "tools": [_function(tool, f"tool_choice.tools[{place}]") for place, tool in enumerate(tools)],
    }
    return {"type": "allowed_tools", "allowed_tools": allowed}


def _function(value: Any, where: str) -> dict[str, Any]:
    function = an_object(value, where)
    _check_function(function, where)
    return {"type": "function", "function": rest(function, ("type",))}


def _check_function(tool: Mapping[str, Any], where: str) -> None:
    """Raise BadRequestError unless the object names a function."""
    kind = a_string(tool.get("type"), f"{where}.type")
    if kind != "function":
        why = "OpenAI runs such tools itself; functions are what any model can call"
        raise refused(f"{where}.type", why, value=kind)
    if not a_string(tool.get("name"), f"{where}.name"):
        raise wrong(f"{where}.name", "a name", "")
