"""What a model said, as the items of a response's ``output``: reasoning, a message, calls of functions.

An item's id is made of the answer's and of its place in the output, ``msg_4f…_0``: the same whether the answer streams
or not. ``base`` is what the answer's id gives to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..said import reasoning_in, text_in

if TYPE_CHECKING:
    from jackfield.types import Choices

__all__ = ["annotations_in", "call_item", "item_id", "log_probs_in", "output_of", "part", "spoken_item"]

PREFIXES = {"message": "msg", "function_call": "fc", "reasoning": "rs"}


def output_of(choice: Choices, base: str, reasoning_kind: str) -> list[dict[str, Any]]:
    """Return the items of a whole answer, complete; where there is nothing else, a message without text."""
    message = choice.message
    items: list[dict[str, Any]] = []
    if reasoning := reasoning_in(message):
        items.append(spoken_item("reasoning", item_id("reasoning", base, 0), [part(reasoning_kind, reasoning)]))
    content = _content_of(choice)
    calls = message.tool_calls or []
    if content or not (items or calls):
        items.append(spoken_item("message", item_id("message", base, len(items)), content or [part("output_text", "")]))
    for place, call in enumerate(calls, len(items)):
        own, said = item_id("function_call", base, place), call.function
        items.append(call_item(own, call.id, said.name, said.arguments, beside=call.__pydantic_extra__))
    return items


def item_id(kind: str, base: str, place: int) -> str:
    """Return the id of an item of this type, at this place in the output."""
    return f"{PREFIXES[kind]}_{base}_{place}"


def spoken_item(kind: str, id: str, parts: list[dict[str, Any]], status: str = "completed") -> dict[str, Any]:
    """Return a message, or reasoning, of these parts."""
    fields: dict[str, Any] = {"role": "assistant"} if kind == "message" else {"summary": []}
    fields["summary" if parts and parts[0]["type"] == "summary_text" else "content"] = parts
    return {"id": id, "type": kind, "status": status, **fields}


def part(kind: str, text: str, **fields: Any) -> dict[str, Any]:
    """Return a part of an item: "output_text" (with annotations and logprobs), "refusal" or a text of reasoning."""
    if kind == "output_text":
        return {"type": kind, "text": text, "annotations": [], "logprobs": [], **fields}
    return {"type": kind, "refusal" if kind == "refusal" else "text": text}


def call_item(
    id: str,
    call_id: str | None,
    name: str | None,
    arguments: str | None,
    *,
    status: str = "completed",
    beside: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a call of a function. What a provider sent beside it stays: some want it back with the call's output."""
    call = {"call_id": call_id or f"call_{id}", "name": name or "", "arguments": arguments or ""}
    return {**(beside or {}), "id": id, "type": "function_call", "status": status, **call}


def log_probs_in(given: Any) -> list[dict[str, Any]]:
    """Return a chat's log probabilities of a text as this format's, which has lists where a chat may have null."""
    tokens = given.get("content") if isinstance(given, Mapping) else None
    return [_log_prob(token) for token in _objects(tokens)]


def annotations_in(given: Any) -> list[dict[str, Any]]:
    """Return a chat's annotations of a text as this format's: the same, without the inner object."""
    return [_annotation(note) for note in _objects(given)]


def _content_of(choice: Choices) -> list[dict[str, Any]]:
    message = choice.message
    text, logprobs, notes = text_in(message.content), log_probs_in(choice.logprobs), annotations_in(message.annotations)
    content = [part("output_text", text, annotations=notes, logprobs=logprobs)] if text or logprobs or notes else []
    return [*content, part("refusal", message.refusal)] if message.refusal else content


def _annotation(note: Mapping[str, Any]) -> dict[str, Any]:
    kind = note.get("type")
    inner = note.get(kind) if isinstance(kind, str) else None
    return {"type": kind, **inner} if isinstance(inner, Mapping) else dict(note)


def _log_prob(token: Mapping[str, Any]) -> dict[str, Any]:
    others = [{**other, "bytes": other.get("bytes") or []} for other in _objects(token.get("top_logprobs"))]
    return {**token, "bytes": token.get("bytes") or [], "top_logprobs": others}


def _objects(given: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list; a provider may send anything where the chat's types say Any."""
    return [item for item in given if isinstance(item, Mapping)] if isinstance(given, list) else []
