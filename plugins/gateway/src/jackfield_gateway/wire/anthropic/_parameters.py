"""Parameters of a request: each function takes a value and its name and gives what stands for it on the other side.

A parameter that is not in these tables has the same name and meaning on both sides, or none on the other; it passes on
as it is, and the server that does not know it says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..shape import a_list, a_number, a_string, an_integer, an_object, one_of, refused, rest
from ._tools import choice_for_chat, tools_for_anthropic, tools_for_chat

__all__ = ["FOR_ANTHROPIC", "FOR_CHAT"]

Translate = Callable[[Any, str], dict[str, Any]]

TIERS = {"standard_only": "default"}
TIERS_BACK = {chat: anthropic for anthropic, chat in TIERS.items()}
SCHEMA_NAME = "output"  # a chat's schema needs a name, which nobody sees


def _same(check: Callable[[Any, str], Any]) -> Translate:
    return lambda value, name: {name: check(value, name)}


def _unless_empty(name: str, found: list[Any]) -> dict[str, Any]:
    # An empty list asks for nothing, and servers refuse it.
    return {name: found} if found else {}


# ---------------------------------------------------------------------------------------------------- Anthropic to chat


def _stop(value: Any, name: str) -> dict[str, Any]:
    return _unless_empty("stop", [a_string(word, f"{name}[{n}]") for n, word in enumerate(a_list(value, name))])


def _user(value: Any, name: str) -> dict[str, Any]:
    found = {}
    if (user := an_object(value, name).get("user_id")) is not None:
        found["user"] = a_string(user, f"{name}.user_id")
    others = rest(value, {"user_id"})
    return {**found, name: others} if others else found


def _tier(value: Any, name: str) -> dict[str, Any]:
    return {name: TIERS.get(tier := a_string(value, name), tier)}


def _output(value: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if (effort := an_object(value, name).get("effort")) is not None:
        found["reasoning_effort"] = a_string(effort, f"{name}.effort")
    if (shape := value.get("format")) is not None:
        found["response_format"] = _response_format(shape, f"{name}.format")
    others = rest(value, {"effort", "format"})
    return {**found, name: others} if others else found


def _response_format(shape: Any, where: str) -> dict[str, Any]:
    one_of(an_object(shape, where).get("type"), f"{where}.type", "json_schema")
    schema = an_object(shape.get("schema"), f"{where}.schema")
    named = {"name": SCHEMA_NAME, "strict": True, **rest(shape, {"type", "schema"})}
    return {"type": "json_schema", "json_schema": {**named, "schema": schema}}


FOR_CHAT: Mapping[str, Translate] = {
    "max_tokens": _same(an_integer),
    "metadata": _user,
    "output_config": _output,
    "service_tier": _tier,
    "stop_sequences": _stop,
    "temperature": _same(a_number),
    "thinking": _same(an_object),
    "tool_choice": choice_for_chat,
    "tools": lambda value, name: _unless_empty(name, tools_for_chat(value, name)),
    "top_k": _same(an_integer),
    "top_p": _same(a_number),
}


# ---------------------------------------------------------------------------------------------------- chat to Anthropic


def _stop_sequences(value: Any, name: str) -> dict[str, Any]:
    words = [value] if isinstance(value, str) else a_list(value, name)
    return _unless_empty("stop_sequences", [a_string(word, f"{name}[{n}]") for n, word in enumerate(words)])


def _format(value: Any, name: str) -> dict[str, Any]:
    kind = one_of(an_object(value, name).get("type"), f"{name}.type", "text", "json_schema")
    if kind == "text":
        return {}
    # The name is for nobody, and Anthropic holds itself to every schema, so ``strict`` says nothing more.
    described = an_object(value.get("json_schema"), f"{name}.json_schema")
    for other in rest(described, {"name", "strict", "schema"}):
        raise refused(f"{name}.json_schema.{other}", "Anthropic's output format has a schema alone")
    schema = an_object(described.get("schema"), f"{name}.json_schema.schema")
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def _one(value: Any, name: str) -> dict[str, Any]:
    if value != 1:
        raise refused(name, "Anthropic gives one answer")
    return {}


def _stream_options(value: Any, name: str) -> dict[str, Any]:
    for other in rest(an_object(value, name), {"include_usage"}):
        raise refused(f"{name}.{other}", "Anthropic's streams have no options; they always end with the usage")
    return {}


FOR_ANTHROPIC: Mapping[str, Translate] = {
    "max_completion_tokens": lambda value, name: {"max_tokens": an_integer(value, name)},
    "metadata": _same(an_object),
    "n": _one,
    "output_config": _same(an_object),
    "reasoning_effort": lambda value, name: {"output_config": {"effort": a_string(value, name)}},
    "response_format": _format,
    "service_tier": lambda value, name: {name: TIERS_BACK.get(tier := a_string(value, name), tier)},
    "stop": _stop_sequences,
    "stream_options": _stream_options,
    "tools": lambda value, name: _unless_empty(name, tools_for_anthropic(value, name)),
    "user": lambda value, name: {"metadata": {"user_id": a_string(value, name)}},
}
