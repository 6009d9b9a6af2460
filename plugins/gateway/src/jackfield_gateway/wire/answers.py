"""Answers and chunks in OpenAI's shapes, as JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jackfield.types import (
        EmbeddingResponse,
        ImageResponse,
        ModelResponse,
        ModelResponseStream,
        TextCompletionResponse,
    )

__all__ = ["chat", "chat_chunk", "embeddings", "images", "model", "models", "text", "text_chunk"]


def chat(response: ModelResponse, asked_for: str) -> bytes:
    """Return a whole chat completion."""
    return response.model_dump_json(exclude_unset=True).encode()


def chat_chunk(chunk: ModelResponseStream, asked_for: str) -> bytes:
    """Return one chunk of a streamed chat completion."""
    return chunk.model_dump_json(exclude_unset=True).encode()


def text(response: TextCompletionResponse, asked_for: str) -> bytes:
    """Return a whole text completion."""
    return response.model_dump_json(exclude_unset=True).encode()


def text_chunk(chunk: TextCompletionResponse, asked_for: str) -> bytes:
    """Return one chunk of a streamed text completion."""
    return chunk.model_dump_json(exclude_unset=True).encode()


def embeddings(response: EmbeddingResponse, encoding_format: str | None, asked_for: str) -> bytes:
    """Return vectors as floats, or with "base64" as little-endian 32-bit floats in base64."""
    return response.model_dump_json(exclude_unset=True).encode()


def images(response: ImageResponse) -> bytes:
    """Return images."""
    return response.model_dump_json(exclude_unset=True).encode()


def models(names: Iterable[str], created: int) -> dict[str, Any]:
    """Return the list of models."""
    return {"object": "list", "data": [model(name, created) for name in names]}


def model(name: str, created: int) -> dict[str, Any]:
    """Return one model."""
    return {"id": name, "object": "model", "created": created, "owned_by": "jackfield"}
