"""Tokens used.

A chat's ``prompt_tokens`` are all of the prompt's; Anthropic's ``input_tokens`` are those that neither came from the
cache nor were written to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jackfield.types import Usage

__all__ = ["chat_tier", "chat_usage", "delta_usage", "message_usage", "start_usage"]

TIER = {"default": "standard", "priority": "priority", "batch": "batch"}
TIER_BACK = {anthropic: chat for chat, anthropic in TIER.items()}


def message_usage(usage: Usage | None, service_tier: str | None = None) -> dict[str, Any]:
    """Return the usage of a whole message; what is not known is null, or 0 where null may not stand."""
    counts = delta_usage(usage)
    return {
        **counts,
        "input_tokens": counts["input_tokens"] or 0,
        "cache_creation": None,
        "inference_geo": None,
        "service_tier": TIER.get(service_tier or ""),
    }


def start_usage(usage: Usage | None, service_tier: str | None) -> dict[str, Any]:
    """Return the usage at the start of a stream: what is known of the prompt."""
    counts = message_usage(usage, service_tier)
    counts.pop("output_tokens_details", None)
    return {**counts, "output_tokens": 0}


def delta_usage(usage: Usage | None) -> dict[str, Any]:
    """Return the usage at the end of a stream; what is not known is null."""
    counts: dict[str, Any] = {
        "input_tokens": None,
        "output_tokens": 0,
        "cache_creation_input_tokens": None,
        "cache_read_input_tokens": None,
        "server_tool_use": None,
    }
    if usage is None:
        return counts
    read, written = _cached(usage)
    counts["input_tokens"] = max(0, (usage.prompt_tokens or 0) - (read or 0) - (written or 0))
    counts["output_tokens"] = usage.completion_tokens or 0
    counts["cache_creation_input_tokens"] = written
    counts["cache_read_input_tokens"] = read
    thought = usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details is not None else None
    if thought is not None:
        counts["output_tokens_details"] = {"thinking_tokens": thought}
    return counts


def chat_usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return Anthropic's usage as a chat's."""
    read, written = usage.get("cache_read_input_tokens"), usage.get("cache_creation_input_tokens")
    prompt = (usage.get("input_tokens") or 0) + (read or 0) + (written or 0)
    answer = usage.get("output_tokens") or 0
    counts: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}
    if read is not None or written is not None:
        counts["prompt_tokens_details"] = {"cached_tokens": read, "cache_write_tokens": written}
    details = usage.get("output_tokens_details")
    if isinstance(details, Mapping) and (thought := details.get("thinking_tokens")) is not None:
        counts["completion_tokens_details"] = {"reasoning_tokens": thought}
    return counts


def chat_tier(usage: Mapping[str, Any]) -> str | None:
    """Return a chat's ``service_tier``, which Anthropic's usage holds."""
    return TIER_BACK.get(usage.get("service_tier") or "")


def _cached(usage: Usage) -> tuple[int | None, int | None]:
    """Return the tokens that were read from the cache and those written to it, under OpenAI's names or LiteLLM's."""
    known = usage.prompt_tokens_details
    read = known.cached_tokens if known is not None else None
    written = known.cache_write_tokens if known is not None else None
    if usage.__pydantic_extra__:
        read = _count(usage, "cache_read_input_tokens") if read is None else read
        written = _count(usage, "cache_creation_input_tokens") if written is None else written
    return read, written


def _count(usage: Usage, name: str) -> int | None:
    count = usage.get(name)
    return count if type(count) is int else None
