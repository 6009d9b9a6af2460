"""The functions' keyword arguments to request objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from . import types
from ._arguments import split
from .types import CallOptions, CompletionRequest

if TYPE_CHECKING:
    from .types import (
        EmbeddingRequest,
        ImageEditRequest,
        ImageGenerationRequest,
        ListModelsRequest,
        TextCompletionRequest,
    )

__all__ = ["chat", "edit", "embedding", "image", "models", "text"]

NO_OPTIONS = CallOptions()


def chat(model: str, messages: Sequence[Any], kwargs: dict[str, Any], *, stream: bool | None) -> CompletionRequest:
    """Return the request of ``completion()``."""
    if not kwargs:
        return CompletionRequest(model, messages, stream=bool(stream), options=NO_OPTIONS)
    options, params, metadata = _taken(kwargs)
    return CompletionRequest(model, messages, stream=bool(stream), params=params, metadata=metadata, options=options)


def text(model: str, prompt: Any, kwargs: dict[str, Any], *, stream: bool | None) -> TextCompletionRequest:
    """Return the request of ``text_completion()``."""
    options, params, metadata = _taken(kwargs)
    return types.TextCompletionRequest(
        model, prompt, stream=bool(stream), params=params, metadata=metadata, options=options
    )


def embedding(model: str, texts: Any, kwargs: dict[str, Any]) -> EmbeddingRequest:
    """Return the request of ``embedding()``."""
    options, params, metadata = _taken(kwargs)
    return types.EmbeddingRequest(model, texts, params=params, metadata=metadata, options=options)


def image(model: str, prompt: str, kwargs: dict[str, Any]) -> ImageGenerationRequest:
    """Return the request of ``image_generation()``."""
    options, params, metadata = _taken(kwargs)
    return types.ImageGenerationRequest(model, prompt, params=params, metadata=metadata, options=options)


def edit(model: str, images: Any, prompt: str | None, kwargs: dict[str, Any]) -> ImageEditRequest:
    """Return the request of ``image_edit()``; one image becomes a list of one."""
    options, params, metadata = _taken(kwargs)
    mask = params.pop("mask", None)
    if not isinstance(images, list):
        images = [] if images is None else [images]
    return types.ImageEditRequest(model, images, prompt, mask, params=params, metadata=metadata, options=options)


def models(provider: str, kwargs: dict[str, Any]) -> ListModelsRequest:
    """Return the request of ``list_models()``."""
    options, params, metadata = _taken(kwargs)
    options["provider"] = provider
    return types.ListModelsRequest("", params=params, metadata=metadata, options=options)


def _taken(kwargs: dict[str, Any]) -> tuple[CallOptions, dict[str, Any], Any]:
    options, params = split(kwargs)
    return options, params, params.pop("metadata", None)
