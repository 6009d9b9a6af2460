"""Whole requests, both ways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jackfield import BadRequestError

from ..shape import an_object
from ._messages import chat_messages
from ._parameters import FOR_ANTHROPIC, FOR_CHAT
from ._tools import choice_for_anthropic
from ._turns import turns

__all__ = ["chat_to_request", "request_to_chat"]

NO_PARAMETERS = {"model", "messages", "system", "stream"}
CHOICE = {"tool_choice", "parallel_tool_calls"}
MERGED = {"metadata", "output_config"}  # objects that several of a chat's parameters make together

MAX_TOKENS = 4096


def request_to_chat(body: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return a chat's messages and parameters for a body of ``/v1/messages``.

    ``model`` and ``stream`` are the caller's to read. Parameters come in the body's order; unknown ones, and
    ``thinking``, pass on as they are; null is as good as nothing. Raises BadRequestError with ``param`` such as
    ``messages[0].content[1].source`` where a shape is wrong, where a chat cannot hold what is said, and where two
    parameters say the same thing.
    """
    an_object(body, "the body")
    messages = chat_messages(body.get("system"), body.get("messages"))
    params: dict[str, Any] = {}
    for name, value in body.items():
        if name in NO_PARAMETERS or (value is None and name in FOR_CHAT):
            continue
        translate = FOR_CHAT.get(name)
        for made, stands_for in (translate(value, name) if translate else {name: value}).items():
            if made in params:
                raise _said_twice(name, made)
            params[made] = stands_for
    return messages, params


def chat_to_request(
    messages: Iterable[Mapping[str, Any]], params: Mapping[str, Any], *, max_tokens: int = MAX_TOKENS
) -> dict[str, Any]:
    """Return a body of ``/v1/messages``, without ``model`` and ``stream``, for a chat's messages and parameters.

    ``max_tokens`` stands in where the chat sets no limit: Anthropic requires one. Parameters that only OpenAI has pass
    on, and Anthropic refuses them by name. Raises BadRequestError as ``request_to_chat`` does.
    """
    system, found = turns(messages)
    body: dict[str, Any] = {"messages": found} if system is None else {"system": system, "messages": found}
    for name, value in params.items():
        if name in CHOICE or (value is None and (name in FOR_ANTHROPIC or name == "max_tokens")):
            continue
        translate = FOR_ANTHROPIC.get(name)
        for made, stands_for in (translate(value, name) if translate else {name: value}).items():
            if made in MERGED:
                stands_for = _merged(name, body.get(made, {}), stands_for)  # noqa: PLW2901  # it is still that
            elif made in body:
                raise _said_twice(name, made)
            body[made] = stands_for
    if (choice := choice_for_anthropic(params.get("tool_choice"), params.get("parallel_tool_calls"))) is not None:
        body["tool_choice"] = choice
    return {"max_tokens": max_tokens, **body}


def _merged(name: str, known: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    for twice in known.keys() & more.keys():
        raise _said_twice(name, twice)
    return {**known, **more}


def _said_twice(name: str, made: str) -> BadRequestError:
    return BadRequestError(f"{name}: {made} is said twice; send it once", param=name, code="invalid_value")
