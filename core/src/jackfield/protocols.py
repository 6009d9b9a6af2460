"""One protocol for each operation, so that a type checker can check a plugin module against the contract.

from jackfield import protocols
import jackfield_acme
plugin: protocols.Completion = jackfield_acme
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Iterable
from typing import Any, Protocol, TypeAlias, TypeVar

from ._settings import Settings
from .flow import EventStream, Flow
from .types import (
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    ImageEditRequest,
    ImageGenerationRequest,
    ImageResponse,
    ListModelsRequest,
    ModelList,
    ModelResponse,
    TextCompletionRequest,
    TextCompletionResponse,
)

__all__ = ["Completion", "Embedding", "ImageEdit", "ImageGeneration", "ListModels", "Streaming", "TextCompletion"]

T = TypeVar("T")

Result: TypeAlias = Flow[T] | Awaitable[T] | T
Chunks: TypeAlias = EventStream | Iterable[Any] | AsyncIterable[Any] | Awaitable[Any]


class Completion(Protocol):
    """A plugin with the hook ``completion``."""

    def completion(self, request: CompletionRequest, settings: Settings) -> Result[ModelResponse]: ...


class Streaming(Protocol):
    """A plugin with the hook ``streaming``."""

    def streaming(self, request: CompletionRequest, settings: Settings) -> Chunks: ...


class TextCompletion(Protocol):
    """A plugin with the hook ``text_completion``."""

    def text_completion(
        self, request: TextCompletionRequest, settings: Settings
    ) -> Result[TextCompletionResponse] | Result[EventStream] | Result[TextCompletionResponse | EventStream]: ...


class Embedding(Protocol):
    """A plugin with the hook ``embedding``."""

    def embedding(self, request: EmbeddingRequest, settings: Settings) -> Result[EmbeddingResponse]: ...


class ImageGeneration(Protocol):
    """A plugin with the hook ``image_generation``."""

    def image_generation(self, request: ImageGenerationRequest, settings: Settings) -> Result[ImageResponse]: ...


class ImageEdit(Protocol):
    """A plugin with the hook ``image_edit``."""

    def image_edit(self, request: ImageEditRequest, settings: Settings) -> Result[ImageResponse]: ...


class ListModels(Protocol):
    """A plugin with the hook ``list_models``."""

    def list_models(self, request: ListModelsRequest, settings: Settings) -> Result[ModelList]: ...
