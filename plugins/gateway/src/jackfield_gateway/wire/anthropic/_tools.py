"""Tools and the choice among them.

A tool is ``name``, ``description``, ``input_schema`` and ``strict`` there, a ``function`` here; what else Anthropic's
tools say (``cache_control``, ``input_examples``, ``eager_input_streaming`` …) stands beside the function. Tools that
Anthropic defines itself, such as web_search, have no schema to pass on and are refused by name.
"""

from __future__ import annotations

from typing import Any

from ..shape import a_boolean, a_list, a_string, an_object, one_of, refused, rest, wrong

__all__ = ["choice_for_anthropic", "choice_for_chat", "tools_for_anthropic", "tools_for_chat"]

OWN = {"type", "name", "description", "input_schema", "strict"}
WORDS = {"auto": "auto", "any": "required", "none": "none"}
CHOICES = {word: {"type": kind} for kind, word in WORDS.items()}


def tools_for_chat(tools: Any, where: str) -> list[dict[str, Any]]:
    """Return Anthropic's tools as a chat's; raises BadRequestError, as all of these do."""
    return [_function(tool, f"{where}[{number}]") for number, tool in enumerate(a_list(tools, where))]


def tools_for_anthropic(tools: Any, where: str) -> list[dict[str, Any]]:
    """Return a chat's tools as Anthropic's."""
    return [_tool(tool, f"{where}[{number}]") for number, tool in enumerate(a_list(tools, where))]


def choice_for_chat(choice: Any, where: str) -> dict[str, Any]:
    """Return Anthropic's ``tool_choice`` as a chat's ``tool_choice`` and, where it says so, ``parallel_tool_calls``."""
    kind = one_of(an_object(choice, where).get("type"), f"{where}.type", *WORDS, "tool")
    for name in rest(choice, {"type", "name", "disable_parallel_tool_use"}):
        raise refused(f"{where}.{name}", "a chat's tool_choice has no such field")
    chosen: dict[str, Any] = {"tool_choice": WORDS.get(kind)}
    if kind == "tool":
        name = a_string(choice.get("name"), f"{where}.name")
        chosen = {"tool_choice": {"type": "function", "function": {"name": name}}}
    if (alone := choice.get("disable_parallel_tool_use")) is not None:
        chosen["parallel_tool_calls"] = not a_boolean(alone, f"{where}.disable_parallel_tool_use")
    return chosen


def choice_for_anthropic(choice: Any, parallel: Any) -> dict[str, Any] | None:
    """Return a chat's ``tool_choice`` and ``parallel_tool_calls`` as Anthropic's ``tool_choice``; None for neither."""
    if choice is None and parallel is None:
        return None
    chosen = dict(_choice(choice, "tool_choice"))
    if parallel is not None and chosen["type"] != "none":  # where nothing is called, nothing is called in parallel
        chosen["disable_parallel_tool_use"] = not a_boolean(parallel, "parallel_tool_calls")
    return chosen


def _function(tool: Any, where: str) -> dict[str, Any]:
    kind = an_object(tool, where).get("type")
    if kind not in (None, "custom"):
        raise refused(f"{where}.type", f"{a_string(kind, f'{where}.type')} is a tool that only Anthropic's models have")
    function: dict[str, Any] = {"name": a_string(tool.get("name"), f"{where}.name")}
    if (description := tool.get("description")) is not None:
        function["description"] = a_string(description, f"{where}.description")
    function["parameters"] = an_object(tool.get("input_schema"), f"{where}.input_schema")
    if (strict := tool.get("strict")) is not None:
        function["strict"] = a_boolean(strict, f"{where}.strict")
    return {"type": "function", "function": function, **rest(tool, OWN)}


def _tool(tool: Any, where: str) -> dict[str, Any]:
    if (kind := an_object(tool, where).get("type")) != "function":
        raise refused(f"{where}.type", f"Anthropic takes functions, not {a_string(kind, f'{where}.type')}")
    function = an_object(tool.get("function"), f"{where}.function")
    schema = function.get("parameters")
    return {
        **rest(tool, {"type", "function"}),
        **rest(function, {"parameters"}),
        "name": a_string(function.get("name"), f"{where}.function.name"),
        "input_schema": {"type": "object"} if schema is None else an_object(schema, f"{where}.function.parameters"),
    }


def _choice(choice: Any, where: str) -> dict[str, Any]:
    if choice is None or isinstance(choice, str):
        return CHOICES[one_of(choice or "auto", where, *CHOICES)]
    if an_object(choice, where).get("type") != "function":
        raise wrong(f"{where}.type", '"function"', choice.get("type"))
    function = an_object(choice.get("function"), f"{where}.function")
    return {"type": "tool", "name": a_string(function.get("name"), f"{where}.function.name")}
