"""Request and response types, in OpenAI's shapes; each operation's are loaded when the first of them is used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chat import (
        Choices,
        CompletionTokensDetails,
        FunctionCall,
        Message,
        ModelResponse,
        PromptTokensDetails,
        ToolCall,
        Usage,
    )
    from .chunks import Delta, DeltaToolCall, GenericStreamingChunk, ModelResponseStream, StreamingChoices
    from .embedding import Embedding, EmbeddingRequest, EmbeddingResponse
    from .image import ImageEditRequest, ImageGenerationRequest, ImageObject, ImageResponse, ImageUsage
    from .models import ListModelsRequest, ModelInfo, ModelList
    from .prompts import prompt_of, prompts_of
    from .requests import CallOptions, CompletionRequest, Request
    from .text import TextChoices, TextCompletionRequest, TextCompletionResponse

__all__ = [
    "CallOptions",
    "Choices",
    "CompletionRequest",
    "CompletionTokensDetails",
    "Delta",
    "DeltaToolCall",
    "Embedding",
    "EmbeddingRequest",
    "EmbeddingResponse",
    "FunctionCall",
    "GenericStreamingChunk",
    "ImageEditRequest",
    "ImageGenerationRequest",
    "ImageObject",
    "ImageResponse",
    "ImageUsage",
    "ListModelsRequest",
    "Message",
    "ModelInfo",
    "ModelList",
    "ModelResponse",
    "ModelResponseStream",
    "PromptTokensDetails",
    "Request",
    "StreamingChoices",
    "TextChoices",
    "TextCompletionRequest",
    "TextCompletionResponse",
    "ToolCall",
    "Usage",
    "prompt_of",
    "prompts_of",
]

_HOME = {
    "chat": (
        "Choices",
        "CompletionTokensDetails",
        "FunctionCall",
        "Message",
        "ModelResponse",
        "PromptTokensDetails",
        "ToolCall",
        "Usage",
    ),
    "chunks": ("Delta", "DeltaToolCall", "GenericStreamingChunk", "ModelResponseStream", "StreamingChoices"),
    "embedding": ("Embedding", "EmbeddingRequest", "EmbeddingResponse"),
    "image": ("ImageEditRequest", "ImageGenerationRequest", "ImageObject", "ImageResponse", "ImageUsage"),
    "models": ("ListModelsRequest", "ModelInfo", "ModelList"),
    "prompts": ("prompt_of", "prompts_of"),
    "requests": ("CallOptions", "CompletionRequest", "Request"),
    "text": ("TextChoices", "TextCompletionRequest", "TextCompletionResponse"),
}

if not TYPE_CHECKING:
    _MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

    def __getattr__(name: str) -> Any:
        if (module := _MODULE_OF.get(name)) is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        loaded = import_module(f".{module}", __name__)
        for each in _HOME[module]:
            globals()[each] = getattr(loaded, each)
            globals()[each].__module__ = __name__  # the path that users know, in tracebacks and pickles
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
