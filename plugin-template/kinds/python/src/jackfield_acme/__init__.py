"""The Acme models, in the caller's own process, as a provider for jackfield.

    completion("acme/acme-1", messages)

The hooks are plain functions that may block, as the methods of an SDK or a model in memory do: jackfield runs them in
place for a sync caller and in a thread for an async one. `streaming` is a generator. Each could be `async def` as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jackfield import (
    BadRequestError,
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    InternalServerError,
    ModelResponse,
    ProviderInfo,
    RateLimitError,
    Settings,
    hookimpl,
)
from jackfield.types import prompt_of

from . import _engine

__all__ = ["completion", "embedding", "provider_info", "streaming"]


@hookimpl
def provider_info() -> ProviderInfo:
    """Say which parameters there are; jackfield refuses every other one by name."""
    parameters = {"completion": {"max_tokens"}, "streaming": {"max_tokens"}, "embedding": set[str]()}
    return ProviderInfo(display_name="Acme", parameters=parameters)


@hookimpl
def completion(request: CompletionRequest, settings: Settings) -> ModelResponse:
    """Answer a chat."""
    with _errors():
        whole = _engine.complete(*_arguments(request))
    return ModelResponse.of_text(whole.text, usage=_usage(whole), finish_reason=_finish(whole))


@hookimpl
def streaming(request: CompletionRequest, settings: Settings) -> Iterator[str | dict[str, Any]]:
    """Answer a chat piece by piece: text as it is, and at last a chunk with the finish and the usage."""
    with _errors():
        for event in _engine.stream(*_arguments(request)):
            if isinstance(event, str):
                yield event
            else:
                yield {"choices": [{"delta": {}, "finish_reason": _finish(event)}], "usage": _usage(event)}


@hookimpl
def embedding(request: EmbeddingRequest, settings: Settings) -> EmbeddingResponse:
    """Return a vector for each text."""
    texts = _texts(request.input)
    read = sum(_engine.count(text) for text in texts)
    data = [{"embedding": _engine.vector(text)} for text in texts]
    return EmbeddingResponse.model_validate({"data": data, "usage": {"prompt_tokens": read, "total_tokens": read}})


def _arguments(request: CompletionRequest) -> tuple[str, str, int | None]:
    """Return what the engine is asked; raises BadRequestError for messages that are not text alone."""
    return request.model, prompt_of(request.messages), request.params.get("max_tokens")


def _texts(given: Any) -> list[str]:
    """Return what is to become vectors; raises BadRequestError for token numbers."""
    texts = [given] if isinstance(given, str) else list(given)
    if not all(isinstance(text, str) for text in texts):
        raise BadRequestError("input holds token numbers, and this provider takes only text", param="input")
    return texts


def _finish(whole: _engine.Completion) -> str:
    return "length" if whole.cut else "stop"


def _usage(whole: _engine.Completion) -> dict[str, int]:
    return {"prompt_tokens": whole.read, "completion_tokens": whole.written}


@contextmanager
def _errors() -> Iterator[None]:
    """Say in jackfield's words what went wrong, so that it is retried where that helps, and read where it does not."""
    try:
        yield
    except _engine.OverloadError as error:
        raise RateLimitError(str(error), retry_after=error.seconds) from error
    except _engine.EngineError as error:
        raise InternalServerError(str(error)) from error
