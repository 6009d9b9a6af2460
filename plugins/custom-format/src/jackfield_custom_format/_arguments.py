"""The keyword arguments that LiteLLM passes to a handler's methods: one function for each group of methods.

Their names and meanings are LiteLLM's, the values are fresh for each call, so a handler may change what it gets.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from jackfield.types import EmbeddingResponse, ImageResponse

from ._blank import BlankResponse
from ._silence import LOGGING, do_nothing

if TYPE_CHECKING:
    from jackfield import Settings
    from jackfield.types import CompletionRequest, EmbeddingRequest, ImageEditRequest, ImageGenerationRequest, Request

__all__ = ["achat", "chat", "embedding", "image_edit", "image_generation"]


def chat(request: CompletionRequest, settings: Settings) -> dict[str, Any]:
    """Return the arguments of completion and streaming."""
    optional = _optional(request, settings)
    if request.stream:
        optional["stream"] = True
    return {
        "model": request.model,
        "messages": list(request.messages),
        "headers": dict(settings.headers) if settings.headers else {},
        "model_response": BlankResponse.__new__(BlankResponse),
        "print_verbose": do_nothing,
        "api_key": settings.api_key,
        "api_base": settings.api_base,
        "acompletion": False,
        "logging_obj": LOGGING,
        "optional_params": optional,
        "litellm_params": _of_the_call(request, settings),
        "logger_fn": None,
        "timeout": settings.timeout,
        "custom_prompt_dict": {},
        "client": settings.client,
        "encoding": None,
    }


def achat(request: CompletionRequest, settings: Settings) -> dict[str, Any]:
    """Return the arguments of acompletion and astreaming."""
    arguments = chat(request, settings)
    arguments["acompletion"] = True
    return arguments


def embedding(request: EmbeddingRequest, settings: Settings) -> dict[str, Any]:
    """Return the arguments of embedding and aembedding; ``input`` is what the caller gave, a text or a list."""
    return {
        "model": request.model,
        "input": request.input,
        "logging_obj": LOGGING,
        "api_base": settings.api_base,
        "api_key": settings.api_key,
        "timeout": settings.timeout,
        "optional_params": _optional(request, settings),
        "model_response": EmbeddingResponse(),
        "print_verbose": do_nothing,
        "litellm_params": _of_the_call(request, settings),
    }


def image_generation(request: ImageGenerationRequest, settings: Settings) -> dict[str, Any]:
    """Return the arguments of image_generation and aimage_generation."""
    return {"prompt": request.prompt, **_image(request, settings)}


def image_edit(request: ImageEditRequest, settings: Settings) -> dict[str, Any]:
    """Return the arguments of image_edit and aimage_edit; ``image`` is a list, a mask stands in ``optional_params``."""
    arguments = {"image": list(request.image), "prompt": request.prompt, **_image(request, settings)}
    if request.mask is not None:
        arguments["optional_params"]["mask"] = request.mask
    return arguments


def _image(request: Request, settings: Settings) -> dict[str, Any]:
    return {
        "model": request.model,
        "api_key": settings.api_key,
        "api_base": settings.api_base,
        "model_response": ImageResponse(),
        "optional_params": _optional(request, settings),
        "logging_obj": LOGGING,
        "timeout": settings.timeout,
        "client": settings.client,
    }


def _optional(request: Request, settings: Settings) -> dict[str, Any]:
    optional = dict(request.params)
    if settings.extra_body:
        optional["extra_body"] = dict(settings.extra_body)
    return optional


def _of_the_call(request: Request, settings: Settings) -> dict[str, Any]:
    metadata = dict(request.metadata) if request.metadata else {}
    params = {
        "metadata": metadata,
        "custom_llm_provider": settings.provider,
        "api_base": settings.api_base,
        "timeout": settings.timeout,
        "drop_params": settings.drop_params,
        "litellm_call_id": os.urandom(16).hex(),
    }
    if settings.api_version is not None:
        params["api_version"] = settings.api_version
    if "proxy_server_request" in metadata:
        params["proxy_server_request"] = metadata["proxy_server_request"]
    return params
