"""What handlers return, repaired where it needs it: they fill responses with mappings, which pydantic lets pass."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from jackfield.types import (
    Choices,
    Embedding,
    EmbeddingResponse,
    ImageObject,
    ImageResponse,
    Message,
    ModelResponse,
    ToolCall,
    Usage,
)

__all__ = ["chat", "embedding", "image"]

T = TypeVar("T", Choices, Embedding, ImageObject, Message, ToolCall, Usage)


def chat(result: Any) -> Any:
    """Return a chat's result; text becomes an answer."""
    if isinstance(result, str):
        return ModelResponse.of_text(result)
    if isinstance(result, ModelResponse):
        _repair_usage(result)
        _repair_list(result, "choices", Choices)
        for choice in result.choices:
            if type(choice.message) is not Message:
                choice.message = _built(Message, choice.message)
            if choice.message.tool_calls:
                _repair_list(choice.message, "tool_calls", ToolCall)
    return result


def embedding(result: Any) -> Any:
    """Return an embedding's result."""
    if isinstance(result, EmbeddingResponse):
        _repair_usage(result)
        _repair_list(result, "data", Embedding)
    return result


def image(result: Any) -> Any:
    """Return an image operation's result."""
    if isinstance(result, ImageResponse):
        _repair_list(result, "data", ImageObject)
    return result


def _repair_usage(result: Any) -> None:
    if result.usage is not None and type(result.usage) is not Usage:
        result.usage = _built(Usage, result.usage)


def _repair_list(owner: Any, field: str, kind: type[T]) -> None:
    items = getattr(owner, field)
    for item in items:
        if type(item) is not kind:
            setattr(owner, field, [_built(kind, item) for item in items])
            return


def _built(kind: type[T], value: Any) -> T:
    return kind.model_validate(dict(value)) if isinstance(value, Mapping) else value
