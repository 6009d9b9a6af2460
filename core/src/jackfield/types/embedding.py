"""Embeddings. Source of the wire format: OpenAI's API description, ``CreateEmbeddingResponse``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from ._base import Model
from .chat import Usage
from .requests import Request


class Embedding(Model):
    """One vector: floats, or base64 of little-endian 32-bit floats where the caller asked for that."""

    embedding: list[float] | str = Field(default_factory=list)
    index: int = 0
    object: str = "embedding"


class EmbeddingResponse(Model):
    """The answer to ``embedding()``: one entry for each input, in their order."""

    data: list[Embedding] = []
    model: str | None = None
    object: str = "list"
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class EmbeddingRequest(Request):
    """A text, several texts, or texts as token numbers."""

    operation: ClassVar[str] = "embedding"

    input: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]] = ""
