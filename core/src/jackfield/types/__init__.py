"""Request and response types, in OpenAI's shapes."""

from .chat import (
    Choices,
    Delta,
    DeltaToolCall,
    FunctionCall,
    GenericStreamingChunk,
    Message,
    ModelResponse,
    ModelResponseStream,
    StreamingChoices,
    ToolCall,
    Usage,
)
from .embedding import Embedding, EmbeddingResponse
from .image import ImageObject, ImageResponse
from .models import ModelInfo, ModelList
from .prompts import prompt_of, prompts_of
from .requests import (
    CallOptions,
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    Request,
    TextCompletionRequest,
)
from .text import TextChoices, TextCompletionResponse

__all__ = [
    "CallOptions",
    "Choices",
    "CompletionRequest",
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
    "ListModelsRequest",
    "Message",
    "ModelInfo",
    "ModelList",
    "ModelResponse",
    "ModelResponseStream",
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

for _name in __all__:
    globals()[_name].__module__ = __name__
del _name
