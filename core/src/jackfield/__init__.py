"""Jackfield: call any model through plugins.

``completion()``, ``embedding()``, ``image_generation()`` and their kin reach every installed provider package; a
provider is a package of its own, found through entry points. Importing this does no I/O and loads no plugin.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

custom_provider_map: list[Any] = []
"""Custom handlers: ``[{"provider": …, "custom_handler": …}]``; read at each call, the last entry of a name wins."""

default_provider: str | None = None
"""The provider of a model string without one."""

drop_params: bool = False
"""Drop parameters that a provider cannot send, with a warning, instead of refusing them."""

num_retries: int | None = None
"""How often a failed call is tried again; None leaves it to the provider (2 for most, 0 for custom handlers)."""

request_timeout: float | None = None
"""Seconds for one attempt; None means 600."""

if TYPE_CHECKING:
    from jackfield_custom_format import CustomLLM as CustomLLM
    from jackfield_custom_format import CustomLLMError as CustomLLMError

    from . import errors, exceptions, flow, protocols, types
    from ._adrive import AsyncStream
    from ._api import (
        acompletion,
        aembedding,
        aimage_edit,
        aimage_generation,
        alist_models,
        atext_completion,
        completion,
        embedding,
        get_llm_provider,
        image_edit,
        image_generation,
        list_models,
        list_providers,
        register_provider,
        text_completion,
        unregister_provider,
    )
    from ._client import AsyncClient, Client
    from ._drive import Stream
    from ._events import Event
    from ._settings import ProviderInfo, Settings
    from .errors import (
        APIConnectionError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ConfigurationError,
        ConflictError,
        ContentPolicyViolationError,
        ContextWindowExceededError,
        ContractViolationError,
        InternalServerError,
        InvalidResponseError,
        JackfieldError,
        NotFoundError,
        PermissionDeniedError,
        PluginError,
        ProviderBlockedError,
        ProviderConflictError,
        ProviderLoadError,
        ProviderNotFoundError,
        RateLimitError,
        ServiceUnavailableError,
        StreamInterruptedError,
        UnprocessableEntityError,
        UnsupportedOperationError,
    )
    from .exceptions import APIError, Timeout
    from .flow import Decoder, EventStream, Flow, HttpResponse, ServerSentEvent
    from .hookspecs import hookimpl
    from .types import (
        CallOptions,
        Choices,
        CompletionRequest,
        CompletionTokensDetails,
        Delta,
        DeltaToolCall,
        Embedding,
        EmbeddingRequest,
        EmbeddingResponse,
        FunctionCall,
        GenericStreamingChunk,
        ImageEditRequest,
        ImageGenerationRequest,
        ImageObject,
        ImageResponse,
        ImageUsage,
        ListModelsRequest,
        Message,
        ModelInfo,
        ModelList,
        ModelResponse,
        ModelResponseStream,
        PromptTokensDetails,
        Request,
        StreamingChoices,
        TextChoices,
        TextCompletionRequest,
        TextCompletionResponse,
        ToolCall,
        Usage,
    )

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIStatusError",
    "APITimeoutError",
    "AsyncClient",
    "AsyncStream",
    "AuthenticationError",
    "BadRequestError",
    "CallOptions",
    "Choices",
    "Client",
    "CompletionRequest",
    "CompletionTokensDetails",
    "ConfigurationError",
    "ConflictError",
    "ContentPolicyViolationError",
    "ContextWindowExceededError",
    "ContractViolationError",
    "Decoder",
    "Delta",
    "DeltaToolCall",
    "Embedding",
    "EmbeddingRequest",
    "EmbeddingResponse",
    "Event",
    "EventStream",
    "Flow",
    "FunctionCall",
    "GenericStreamingChunk",
    "HttpResponse",
    "ImageEditRequest",
    "ImageGenerationRequest",
    "ImageObject",
    "ImageResponse",
    "ImageUsage",
    "InternalServerError",
    "InvalidResponseError",
    "JackfieldError",
    "ListModelsRequest",
    "Message",
    "ModelInfo",
    "ModelList",
    "ModelResponse",
    "ModelResponseStream",
    "NotFoundError",
    "PermissionDeniedError",
    "PluginError",
    "PromptTokensDetails",
    "ProviderBlockedError",
    "ProviderConflictError",
    "ProviderInfo",
    "ProviderLoadError",
    "ProviderNotFoundError",
    "RateLimitError",
    "Request",
    "ServerSentEvent",
    "ServiceUnavailableError",
    "Settings",
    "Stream",
    "StreamInterruptedError",
    "StreamingChoices",
    "TextChoices",
    "TextCompletionRequest",
    "TextCompletionResponse",
    "Timeout",
    "ToolCall",
    "UnprocessableEntityError",
    "UnsupportedOperationError",
    "Usage",
    "__version__",
    "acompletion",
    "aembedding",
    "aimage_edit",
    "aimage_generation",
    "alist_models",
    "atext_completion",
    "completion",
    "custom_provider_map",
    "default_provider",
    "drop_params",
    "embedding",
    "errors",
    "exceptions",
    "flow",
    "get_llm_provider",
    "hookimpl",
    "image_edit",
    "image_generation",
    "list_models",
    "list_providers",
    "num_retries",
    "protocols",
    "register_provider",
    "request_timeout",
    "text_completion",
    "types",
    "unregister_provider",
]

_HOME = {
    "_adrive": ("AsyncStream",),
    "_api": (
        "acompletion",
        "aembedding",
        "aimage_edit",
        "aimage_generation",
        "alist_models",
        "atext_completion",
        "completion",
        "embedding",
        "get_llm_provider",
        "image_edit",
        "image_generation",
        "list_models",
        "list_providers",
        "register_provider",
        "text_completion",
        "unregister_provider",
    ),
    "_client": ("AsyncClient", "Client"),
    "_drive": ("Stream",),
    "_events": ("Event",),
    "_settings": ("ProviderInfo", "Settings"),
    "errors": (
        "APIConnectionError",
        "APIStatusError",
        "APITimeoutError",
        "AuthenticationError",
        "BadRequestError",
        "ConfigurationError",
        "ConflictError",
        "ContentPolicyViolationError",
        "ContextWindowExceededError",
        "ContractViolationError",
        "InternalServerError",
        "InvalidResponseError",
        "JackfieldError",
        "NotFoundError",
        "PermissionDeniedError",
        "PluginError",
        "ProviderBlockedError",
        "ProviderConflictError",
        "ProviderLoadError",
        "ProviderNotFoundError",
        "RateLimitError",
        "ServiceUnavailableError",
        "StreamInterruptedError",
        "UnprocessableEntityError",
        "UnsupportedOperationError",
    ),
    "exceptions": ("APIError", "Timeout"),
    "flow": ("Decoder", "EventStream", "Flow", "HttpResponse", "ServerSentEvent"),
    "hookspecs": ("hookimpl",),
    "types": (
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
    ),
}

if not TYPE_CHECKING:
    _MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

    def __getattr__(name: str) -> Any:
        if (module := _MODULE_OF.get(name)) is not None:
            value = getattr(import_module(f".{module}", __name__), name)
        elif name in ("errors", "exceptions", "flow", "protocols", "types"):
            value = import_module(f".{name}", __name__)
        else:
            value = import_module("._lazy", __name__).from_plugin(name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
