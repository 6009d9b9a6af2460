"""Servers of LiteLLM's older ``custom/`` format: one POST with prompts, answered with outputs.

    POST api_base   {"model": …, "params": {"prompt": [...], "max_tokens": …, "temperature": …, "top_p": …, "top_k": …}}
    200             {"data": [{"prompt": …, "output": [...], "params": {...}}], "message": "ok"}

The address is ``api_base`` itself, nothing is added to it. ``api_key`` goes out as a bearer token when it is given.
The format has no streaming and no roles: the core streams the whole answer as one chunk, and the messages of a chat
become one prompt, joined by newlines. Outputs are returned as they come; many servers repeat the prompt in them.

Source of the format: LiteLLM's documentation, "Custom LLM API-Endpoints".
"""

from __future__ import annotations

from jackfield import (
    CompletionRequest,
    EventStream,
    Flow,
    ModelResponse,
    ProviderInfo,
    Settings,
    TextCompletionRequest,
    TextCompletionResponse,
    hookimpl,
)
from jackfield.types import prompt_of, prompts_of

from ._outputs import Outputs
from ._query import PARAMETERS, query

__all__ = ["completion", "provider_info", "text_completion"]


@hookimpl
def provider_info() -> ProviderInfo:
    """Name the parameters that the format has; the core refuses others by name."""
    return ProviderInfo(
        display_name="Server of the older custom/ format",
        parameters={"completion": PARAMETERS, "text_completion": PARAMETERS},
    )


@hookimpl
def completion(request: CompletionRequest, settings: Settings) -> Flow[ModelResponse]:
    """Send the messages as one prompt; every output is a choice."""
    response = yield from query([prompt_of(request.messages)], request, settings)
    outputs = Outputs.of(response, prompts=1)
    choices = [
        {"index": index, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        for index, text in enumerate(outputs.texts)
    ]
    return ModelResponse.model_validate({"model": request.model, "choices": choices, "usage": outputs.usage})


@hookimpl
def text_completion(request: TextCompletionRequest, settings: Settings) -> Flow[TextCompletionResponse | EventStream]:
    """Send the prompts, all in one request; every output is a choice, in the order of the prompts."""
    prompts = prompts_of(request.prompt)
    response = yield from query(prompts, request, settings)
    outputs = Outputs.of(response, prompts=len(prompts))
    choices = [{"index": index, "finish_reason": "stop", "text": text} for index, text in enumerate(outputs.texts)]
    answer = TextCompletionResponse.model_validate({"model": request.model, "choices": choices, "usage": outputs.usage})
    return EventStream.of([answer]) if request.stream else answer
