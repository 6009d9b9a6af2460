"""The response object: what it repeats of its request, and what became of it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jackfield.types import Choices

from ..names import model_told
from ..shape import rest
from ._output import output_of
from ._tools import shown_tools

if TYPE_CHECKING:
    from jackfield.types import ModelResponse, ModelResponseStream, Usage

__all__ = ["base_of", "begun", "failed", "finished", "reasoning_kind_of", "response_of", "status_of_last"]

INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
"""A chat's finish reason → why a response is incomplete."""

ERROR_CODES = {
    "rate_limit_error": "rate_limit_exceeded",
    "rate_limit_exceeded": "rate_limit_exceeded",
    "invalid_request_error": "invalid_prompt",
    "invalid_prompt": "invalid_prompt",
}
"""What an error may be called → what the description calls it; anything else is a ``server_error``."""


def response_of(answer: ModelResponse, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a whole answer as the response to this request, which `request_to_chat` has let through.

    It has the first choice. Its id is the answer's with another prefix, ``chatcmpl-4f…`` → ``resp_4f…``.
    """
    choice = answer.choices[0] if answer.choices else Choices()
    base = base_of(answer.id)
    response = begun(body, base, answer)
    output = output_of(choice, base, reasoning_kind_of(body))
    output[-1]["status"] = status_of_last(choice.finish_reason)
    return finished(response, output, choice.finish_reason, answer.usage)


def base_of(id: str | None) -> str:
    """Return what the ids of a response and of its items have in common: from the answer's id, or else fresh."""
    return (id or "").removeprefix("chatcmpl-") or os.urandom(16).hex()


def reasoning_kind_of(body: Mapping[str, Any]) -> str:
    """Return what reasoning is told as: all of it as a summary where one is asked for, else as what it is."""
    asked = body.get("reasoning") or {}
    return "summary_text" if asked.get("summary") or asked.get("generate_summary") else "reasoning_text"


def begun(body: Mapping[str, Any], base: str, said: ModelResponse | ModelResponseStream) -> dict[str, Any]:
    """Return the response in progress, from the answer or its first chunk."""
    return {
        "id": f"resp_{base}",
        "object": "response",
        "created_at": int(time.time()) if said.created is None else said.created,
        "status": "in_progress",
        "background": False,
        "completed_at": None,
        "error": None,
        "incomplete_details": None,
        "model": model_told(said, body["model"]),
        "output": [],
        "previous_response_id": None,
        "service_tier": said.service_tier,
        "store": False,
        "usage": None,
        **_repeated({name: value for name, value in body.items() if value is not None}),
    }


def finished(
    response: dict[str, Any], output: list[dict[str, Any]], finish_reason: str | None, usage: Usage | None
) -> dict[str, Any]:
    """Return the response that a model has finished: completed, or incomplete."""
    outcome: dict[str, Any] = {"status": status_of_last(finish_reason)}
    if outcome["status"] == "completed":
        outcome["completed_at"] = int(time.time())
    else:
        outcome["incomplete_details"] = {"reason": INCOMPLETE[finish_reason or ""]}
    return {**response, **outcome, "output": output, "usage": _usage(usage)}


def status_of_last(finish_reason: str | None) -> str:
    """Return the status of an answer's last item, and of all of it: the items before have been completed."""
    return "incomplete" if finish_reason in INCOMPLETE else "completed"


def failed(response: dict[str, Any], output: list[dict[str, Any]], code: str, message: str) -> dict[str, Any]:
    """Return the response that nobody finished, with what had come of it."""
    error = {"code": ERROR_CODES.get(code, "server_error"), "message": message}
    return {**response, "status": "failed", "error": error, "output": output}


def _repeated(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a response repeats of its request; where the request says nothing, null leaves it to the provider."""
    return {
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "metadata": asked.get("metadata", {}),
        "parallel_tool_calls": asked.get("parallel_tool_calls", True),
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "reasoning": {"effort": None, "summary": None, **asked.get("reasoning", {})},
        "safety_identifier": asked.get("safety_identifier"),
        "temperature": asked.get("temperature"),
        "text": {"format": {"type": "text"}, **rest(asked.get("text", {}), ())},
        "tool_choice": asked.get("tool_choice", "auto"),
        "tools": shown_tools(asked.get("tools", [])),
        "top_logprobs": asked.get("top_logprobs"),
        "top_p": asked.get("top_p"),
        "truncation": asked.get("truncation", "disabled"),
        "user": asked.get("user"),
    }


def _usage(usage: Usage | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    read, written = usage.prompt_tokens_details, usage.completion_tokens_details
    prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
    return {
        "input_tokens": prompt,
        "input_tokens_details": {
            "cached_tokens": (read and read.cached_tokens) or 0,
            "cache_write_tokens": (read and read.cache_write_tokens) or 0,
        },
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": (written and written.reasoning_tokens) or 0},
        "total_tokens": prompt + completion if usage.total_tokens is None else usage.total_tokens,
    }
