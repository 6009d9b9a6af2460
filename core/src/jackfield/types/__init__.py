"""Request and response types, in OpenAI's shapes."""

from .chat import (
    Choices,
    CompletionTokensDetails,
    Delta,
    DeltaToolCall,
    FunctionCall,
    GenericStreamingChunk,
    Message,
    ModelResponse,
    ModelResponseStream,
    PromptTokensDetails,
    StreamingChoices,
    ToolCall,
    Usage,
)
from .embedding import Embedding, EmbeddingResponse
from .image import ImageObject, ImageResponse, ImageUsage
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

for _name in __all__:
    globals()[_name].__module__ = __name__
del _name
