"""Why a model stopped: Anthropic's stop reasons, and a chat's finish reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jackfield.types import Choices, StreamingChoices

__all__ = ["finish_of", "matched_in", "stop_of"]

STOP_REASON = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
FINISH_REASON = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
MATCHED = ("stop_reason", "matched_stop", "stop_sequence")
"""Where servers say which stop sequence it was: vLLM, SGLang, and Anthropic's own name for it."""


def stop_of(finish: str | None, *, matched: str | None, refusal: str, calls: bool) -> dict[str, Any]:
    """Return ``stop_reason``, ``stop_sequence`` and ``stop_details``.

    A provider that speaks of stop reasons keeps its word. A turn that calls tools ends with "tool_use" even where the
    server said "stop": a client's loop goes by that. A ``refusal`` in words is the explanation in ``stop_details``.
    """
    reason = finish if finish in FINISH_REASON else STOP_REASON.get(finish or "", "end_turn")
    details = None
    if refusal:
        reason, details = "refusal", {"type": "refusal", "category": None, "explanation": refusal}
    elif reason == "end_turn" and calls:
        reason = "tool_use"
    elif reason == "end_turn" and matched is not None:
        reason = "stop_sequence"
    sequence = matched if reason == "stop_sequence" else None
    return {"stop_reason": reason, "stop_sequence": sequence, "stop_details": details}


def finish_of(stop: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a chat's choice for an answer that has stopped so: ``finish_reason``, and the sequence."""
    fields = {"finish_reason": FINISH_REASON.get(stop.get("stop_reason") or "", "stop")}
    if isinstance(sequence := stop.get("stop_sequence"), str):
        fields["stop_reason"] = sequence
    return fields


def matched_in(choice: Choices | StreamingChoices) -> str | None:
    """Return the stop sequence that a choice says was matched.

    The same fields hold a token's number where a token ended the answer, or a stop reason; neither is a sequence.
    """
    specific = choice.get("provider_specific_fields")
    for said in (choice, specific if isinstance(specific, Mapping) else {}):
        for name in MATCHED:
            if isinstance(word := said.get(name), str) and word not in FINISH_REASON and word not in STOP_REASON:
                return word
    return None
