"""An estimate of a prompt's tokens, for providers that cannot count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..said import text_in
from ..shape import an_object
from ._messages import chat_messages
from ._tool_calls import arguments_of
from ._tools import tools_for_chat

__all__ = ["count_tokens"]

CHARACTERS = 4  # to a token, in English


def count_tokens(body: Mapping[str, Any]) -> int:
    """Return the characters of a prompt divided by four, rounded up.

    What counts: the text of ``system`` and of all messages, what the model thought, names and inputs of the tools it
    called, the results that are text, and each tool's name, description and schema as JSON. Images and files count
    nothing: their tokens do not follow from their size. Raises BadRequestError for a wrong shape.
    """
    an_object(body, "the body")
    length = sum(map(_message, chat_messages(body.get("system"), body.get("messages"))))
    tools = body.get("tools")
    for tool in tools_for_chat(tools, "tools") if tools is not None else ():
        function = tool["function"]
        texts = function["name"], function.get("description", ""), arguments_of(function["parameters"])
        length += sum(map(len, texts))
    return -(-length // CHARACTERS)


def _message(message: Mapping[str, Any]) -> int:
    calls = [call["function"] for call in message.get("tool_calls", ())]
    called = sum(len(function["name"]) + len(function["arguments"]) for function in calls)
    return len(text_in(message["content"])) + len(message.get("reasoning_content", "")) + called
