"""The parameters of a request, each as what it is called in a chat.

    max_output_tokens                  max_tokens: the name that every server and custom handler knows; who needs
                                       ``max_completion_tokens`` gives that, and it passes on
    text.format, text.verbosity        response_format, verbosity
    reasoning.effort                   reasoning_effort
    include, top_logprobs              logprobs, top_logprobs
    tools, tool_choice                 the same, in a chat's nested shape
    anything else                      the same

Kept, and not sent on, since it asks for what is so anyway: ``store`` and ``background`` false, ``truncation`` disabled,
``text.format`` text, an empty list of tools, ``max_tool_calls`` (it counts the calls of OpenAI's own tools),
``reasoning.summary`` auto and ``include`` reasoning.encrypted_content (reasoning comes whole and open, whenever a
provider sends it, and may be sent back so).
"""

from __future__ import annotations

from typing import Any

from ._shape import a_boolean, refused

__all__ = ["chat_parameters"]

STATELESS = "nothing is kept between requests; send the whole conversation in input"

REFUSED = {
    "previous_response_id": STATELESS,
    "conversation": STATELESS,
    "prompt": "templates of prompts are kept by OpenAI; send their text in instructions and input",
    "context_management": "a conversation is not made shorter; send what the model is to read",
    "messages": "this format has the conversation in input",
    "functions": "this format has them in tools",
    "function_call": "this format has it in tool_choice",
    "n": "a response is one answer",
    "modalities": "a response is text",
    "audio": "a response is text",
}

FORMAT_FIELDS = ("name", "description", "schema", "strict")
LOG_PROBS = "message.output_text.logprobs"
OPEN_REASONING = "reasoning.encrypted_content"


def chat_parameters(name: str, value: Any) -> dict[str, Any]:
    """Return what a chat calls this parameter: none, one or several; null is not given."""
    if name in REFUSED and value is not None:
        raise refused(name, REFUSED[name])
    if name in TRANSLATED:
        return {} if value is None else TRANSLATED[name](value)
    if value is not None and name in CHECKED:
        CHECKED[name](value, name)
    return {name: value}


# ------------------------------------------------------------------------------------------------------ one by one


def _store(value: Any) -> dict[str, Any]:
    if a_boolean(value, "store"):
        raise refused("store: true", "no response is kept").replace_param("store")
    return {}
