"""The shapes in which a stream may give its chunks, made into one, and chunks of chats into chunks of text and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._shapes import describe, fields_of, fitted, plain, text_in, validated
from .errors import ContractViolationError
from .flow import Effect
from .types import ModelResponse, ModelResponseStream, TextCompletionResponse

__all__ = ["as_chunk", "chunk_of_response", "chunk_of_text", "text_of_chunk"]

GENERIC = frozenset({"text", "is_finished", "finish_reason", "usage", "index", "tool_use", "provider_specific_fields"})
"""The keys of LiteLLM's GenericStreamingChunk."""


def as_chunk(item: Any) -> ModelResponseStream | TextCompletionResponse:
    """Return one item of a stream as a chunk: a chunk, a piece of text, or a mapping in either chunk's shape."""
    if isinstance(item, ModelResponseStream | TextCompletionResponse):
        return item
    if isinstance(item, str):
        return ModelResponseStream.model_validate({"choices": [{"delta": {"content": item}}]})
    if isinstance(item, ModelResponse):
        return chunk_of_response(item)
    if isinstance(item, Mapping):
        if "choices" in item:
            kind = TextCompletionResponse if item.get("object") == "text_completion" else ModelResponseStream
            known = item if item["choices"] is not None else {**item, "choices": []}
            chunk: ModelResponseStream | TextCompletionResponse = validated(kind, known)
            return chunk
        if item.keys() & GENERIC:
            return _chunk_of_generic(item)
    hint = ""
    if isinstance(item, Effect):
        hint = (
            "; a generator function as streaming hook is a blocking source of chunks: to ask for effects first, "
            "return EventStream(lambda: open_stream(request, settings), decoder=…) from a plain function"
        )
    raise ContractViolationError(
        f"a stream gave {describe(item)}, which is no chunk (ModelResponseStream, text, or a mapping of either){hint}"
    )


def _chunk_of_generic(item: Mapping[str, Any]) -> ModelResponseStream:
    """Convert LiteLLM's GenericStreamingChunk; fields beyond it are kept on the delta."""
    delta: dict[str, Any] = {key: value for key, value in item.items() if key not in GENERIC}
    if (text := item.get("text")) is not None:
        delta["content"] = text
    if tool := item.get("tool_use"):
        delta["tool_calls"] = [{"type": "function", **tool}] if isinstance(tool, Mapping) else tool
    chunk: dict[str, Any] = {"usage": item.get("usage")}
    if specific := item.get("provider_specific_fields"):
        delta["provider_specific_fields"] = chunk["provider_specific_fields"] = specific
    finish = item.get("finish_reason") or ("stop" if item.get("is_finished") else None)
    chunk["choices"] = [{"index": item.get("index") or 0, "delta": delta, "finish_reason": finish}]
    made: ModelResponseStream = validated(ModelResponseStream, chunk)
    return made


def chunk_of_response(response: ModelResponse) -> ModelResponseStream:
    """Return a whole answer as the one chunk that streams it."""
    choices = []
    for choice in response.choices:
        delta = fields_of(choice.message)
        delta["role"] = choice.message.role
        if isinstance(choice.message.content, list):
            delta["content"] = text_in(choice.message.content)
        if choice.message.tool_calls:
            calls = enumerate(choice.message.tool_calls)
            delta["tool_calls"] = [{"index": index, **fields_of(call), "type": call.type} for index, call in calls]
        choices.append({**fields_of(choice, "message"), "index": choice.index, "delta": delta})
    fields = fields_of(response, "choices", "object")
    return fitted(ModelResponseStream, plain({**fields, "choices": choices}))


def chunk_of_text(chunk: TextCompletionResponse) -> ModelResponseStream:
    """Return a chunk of a text completion as a chunk of a chat."""
    choices = [
        {**plain(fields_of(choice, "text")), "index": choice.index, "delta": {"content": choice.text}}
        for choice in chunk.choices
    ]
    return fitted(ModelResponseStream, {**plain(fields_of(chunk, "choices", "object")), "choices": choices})


def text_of_chunk(chunk: ModelResponseStream) -> TextCompletionResponse | None:
    """Return a chunk of a chat as a chunk of a text completion; None where it carries no text, finish or usage."""
    choices = [
        {**plain(fields_of(choice, "delta")), "index": choice.index, "text": text_in(choice.delta.content)}
        for choice in chunk.choices
        if choice.delta.content or choice.finish_reason
    ]
    if not choices and chunk.usage is None:
        return None
    fields = plain(fields_of(chunk, "choices", "object"))
    return fitted(TextCompletionResponse, {**fields, "choices": choices})
