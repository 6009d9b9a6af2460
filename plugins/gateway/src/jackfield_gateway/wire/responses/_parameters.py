"""The parameters of a request, each as what it is called in a chat.

    max_output_tokens                  max_tokens: the name that every server and custom handler knows; who needs
                                       ``max_completion_tokens`` gives that, and it passes on
    text.format, text.verbosity        response_format, verbosity
    reasoning.effort                   reasoning_effort
    include, top_logprobs              logprobs, top_logprobs
    tools, tool_choice                 the same, in a chat's nested shape
    anything else                      the same

Kept, and not sent on, since it asks for what is so anyway:

    store, background                  false
    truncation                         disabled
    text.format                        text
    tools                              an empty list
    n                                  1
    max_tool_calls                     any: it counts the calls of OpenAI's own tools
    include                            reasoning.encrypted_content: reasoning comes open, and may be sent back so
    reasoning.summary                  auto: reasoning stands where its summary would, for clients that look only there
    anything                           null: it is not given
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..shape import a_boolean, a_list, a_number, a_string, an_integer, an_object, one_of, refused, rest
from ._tools import chat_tool_choice, chat_tools

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
    "modalities": "a response is text",
    "audio": "a response is text",
}

LOG_PROBS = "message.output_text.logprobs"
OPEN_REASONING = "reasoning.encrypted_content"


def chat_parameters(name: str, value: Any) -> dict[str, Any]:
    """Return what a chat calls this parameter: none, one or several."""
    if value is None:
        return {}
    if name in REFUSED:
        raise refused(name, REFUSED[name])
    if name in TRANSLATED:
        return TRANSLATED[name](value)
    if name in CHECKED:
        CHECKED[name](value, name)
    return {name: value}


# --------------------------------------------------------------------------------------------------------- one by one


def _only_false(name: str, why: str) -> Callable[[Any], dict[str, Any]]:
    def translated(value: Any) -> dict[str, Any]:
        if a_boolean(value, name):
            raise refused(name, why, value="true")
        return {}

    return translated


def _max_output_tokens(value: Any) -> dict[str, Any]:
    return {"max_tokens": an_integer(value, "max_output_tokens")}


def _max_tool_calls(value: Any) -> dict[str, Any]:
    an_integer(value, "max_tool_calls")
    return {}


def _top_logprobs(value: Any) -> dict[str, Any]:
    # A chat gives them only where it is asked for log probabilities as well; 0 alone asks for none.
    return {"logprobs": True, "top_logprobs": value} if an_integer(value, "top_logprobs") else {}


def _include(value: Any) -> dict[str, Any]:
    wanted = a_list(value, "include")
    for place, name in enumerate(wanted):
        one_of(name, f"include[{place}]", LOG_PROBS, OPEN_REASONING)
    return {"logprobs": True} if LOG_PROBS in wanted else {}


def _n(value: Any) -> dict[str, Any]:
    if an_integer(value, "n") != 1:
        raise refused("n", "a response is one answer")
    return {}


def _truncation(value: Any) -> dict[str, Any]:
    if one_of(value, "truncation", "disabled", "auto") == "auto":
        raise refused("truncation", "a conversation is not made shorter", value="auto")
    return {}


def _reasoning(value: Any) -> dict[str, Any]:
    asked = rest(an_object(value, "reasoning"), ())
    for name in asked:
        if name not in ("effort", "summary", "generate_summary"):
            raise refused(f"reasoning.{name}", "a chat has no word for it")
    for name in ("summary", "generate_summary"):
        if name in asked and asked[name] != "auto":
            raise refused(f"reasoning.{name}", 'nobody sums reasoning up; "auto" gives all that a provider sends')
    return {"reasoning_effort": a_string(asked["effort"], "reasoning.effort")} if "effort" in asked else {}


def _text(value: Any) -> dict[str, Any]:
    asked = rest(an_object(value, "text"), ())
    for name in asked:
        if name not in ("format", "verbosity"):
            raise refused(f"text.{name}", "a chat has no word for it")
    params = _response_format(asked["format"]) if "format" in asked else {}
    if "verbosity" in asked:
        params["verbosity"] = a_string(asked["verbosity"], "text.verbosity")
    return params


def _response_format(value: Any) -> dict[str, Any]:
    asked = an_object(value, "text.format")
    kind = one_of(asked.get("type"), "text.format.type", "text", "json_schema", "json_object")
    if kind == "text":
        return {}
    if kind == "json_object":
        return {"response_format": asked}
    a_string(asked.get("name"), "text.format.name")
    an_object(asked.get("schema"), "text.format.schema")
    return {"response_format": {"type": kind, "json_schema": rest(asked, ("type",))}}


def _metadata(value: Any, where: str) -> None:
    for name, text in an_object(value, where).items():
        a_string(text, f"{where}.{name}")


TRANSLATED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "background": _only_false("background", "a response is made while its caller waits"),
    "include": _include,
    "max_output_tokens": _max_output_tokens,
    "max_tool_calls": _max_tool_calls,
    "n": _n,
    "reasoning": _reasoning,
    "store": _only_false("store", "no response is kept"),
    "text": _text,
    "tool_choice": chat_tool_choice,
    "tools": chat_tools,
    "top_logprobs": _top_logprobs,
    "truncation": _truncation,
}

CHECKED: dict[str, Callable[[Any, str], object]] = {
    "metadata": _metadata,
    "parallel_tool_calls": a_boolean,
    "prompt_cache_key": a_string,
    "safety_identifier": a_string,
    "service_tier": a_string,
    "stream_options": an_object,
    "temperature": a_number,
    "top_p": a_number,
    "user": a_string,
}
