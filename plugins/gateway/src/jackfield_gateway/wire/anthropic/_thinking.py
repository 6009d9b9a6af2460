"""What a model thought: Anthropic's thinking blocks, and a chat's ``reasoning_content``.

A chat holds the text alone. Blocks that are signed or redacted must come back to Anthropic unchanged, so they stand
beside it, whole, as ``thinking_blocks``: the name that LiteLLM gave them. A block that a model without signatures
thought has the signature "", which Anthropic's format requires to be there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["THINKING", "blocks_of", "is_redacted", "signed", "to_reasoning", "unsigned"]

THINKING = ("thinking", "redacted_thinking")  # no set: what a server calls a type may be a list


def unsigned(text: str) -> dict[str, Any]:
    """Return a thinking block of a model that signs nothing."""
    return {"type": "thinking", "thinking": text, "signature": ""}


def is_redacted(block: dict[str, Any]) -> bool:
    """Whether a block holds what only Anthropic can read."""
    return bool(block["type"] == "redacted_thinking")


def signed(blocks: Any) -> list[dict[str, Any]]:
    """Return those of a chat's ``thinking_blocks`` that are thinking blocks, with all their fields."""
    found = []
    for block in blocks if isinstance(blocks, list | tuple) else ():
        if not isinstance(block, dict) or block.get("type") not in THINKING:
            continue
        fields = ("data",) if is_redacted(block) else ("thinking", "signature")
        found.append({"type": block["type"], **{name: block.get(name) or "" for name in fields}})
    return found


def to_reasoning(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return thinking blocks as fields of a chat's message."""
    fields: dict[str, Any] = {}
    if text := "".join(block.get("thinking", "") for block in blocks):
        fields["reasoning_content"] = text
    if kept := [block for block in blocks if is_redacted(block) or block["signature"]]:
        fields["thinking_blocks"] = kept
    return fields


def blocks_of(reasoning: str, blocks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the thinking blocks of a chat's message: those that it kept, else one of its text."""
    kept = list(blocks)
    if reasoning and not any(block.get("thinking") for block in kept):
        return [unsigned(reasoning), *kept]
    return kept
