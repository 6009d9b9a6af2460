"""Echo: a provider that needs no network and answers with what it was told. Read it to learn how a provider is written.

A provider is a module (or an object) whose functions are marked ``@hookimpl`` and named after what they do. Implement
what you have: the core adds what it can make of the rest, such as streaming out of ``completion``.

Every hook takes the request and the settings of the call. ``request.model`` comes without "echo/", ``request.params``
holds all that the caller gave beyond the core's own arguments; ``settings`` holds the key, the address and the headers.

A plain ``def`` hook is blocking code: an async caller gets it run in a worker thread. That costs a few dozen
microseconds and is what a page to learn from should look like. A provider that talks to a server is a flow instead,
which yields what it needs and waits for nothing, so it serves sync and async callers without any thread:

    response = yield from http("POST", f"{settings.api_base}/chat", json={"messages": request.messages})

The same request always gets the same answer, ``id`` and ``created`` included, so outputs may stand in documentation.
"""

from __future__ import annotations

from jackfield import (
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    EventStream,
    ImageEditRequest,
    ImageGenerationRequest,
    ImageResponse,
    ListModelsRequest,
    ModelInfo,
    ModelList,
    ModelResponse,
    ProviderInfo,
    Settings,
    TextCompletionRequest,
    TextCompletionResponse,
    hookimpl,
)

from ._chat import answer, chunks
from ._parameters import PARAMETERS
from ._pictures import pictures
from ._texts import continuation, text_chunks
from ._vectors import vectors

__all__ = [
    "completion",
    "embedding",
    "image_edit",
    "image_generation",
    "list_models",
    "provider_info",
    "streaming",
    "text_completion",
]


@hookimpl
def provider_info() -> ProviderInfo:
    """Tell the core about this provider, as data: here, which parameters it knows. Others are refused by name."""
    return ProviderInfo(display_name="Echo", parameters=PARAMETERS)


@hookimpl
def completion(request: CompletionRequest, settings: Settings) -> ModelResponse:
    """Answer a chat with its last words, with a call of its first tool, or with JSON of the shape asked for."""
    return answer(request)


@hookimpl
def streaming(request: CompletionRequest, settings: Settings) -> EventStream:
    """Give the same answer word by word.

    An EventStream only describes a stream; the core opens it, puts the role on the first chunk, and keeps finish and
    usage for the end.
    """
    return EventStream.of(chunks(answer(request)))


@hookimpl
def text_completion(request: TextCompletionRequest, settings: Settings) -> TextCompletionResponse | EventStream:
    """Give every prompt back, whole or word by word."""
    whole = continuation(request)
    return EventStream.of(text_chunks(whole)) if request.stream else whole


@hookimpl
def embedding(request: EmbeddingRequest, settings: Settings) -> EmbeddingResponse:
    """Give one vector of length 1 for each input; texts that share words point in similar directions."""
    return vectors(request)


@hookimpl
def image_generation(request: ImageGenerationRequest, settings: Settings) -> ImageResponse:
    """Paint the prompt: a PNG of one colour, which the prompt decides."""
    return pictures(request)


@hookimpl
def image_edit(request: ImageEditRequest, settings: Settings) -> ImageResponse:
    """Paint the prompt over the images, which are not looked at."""
    return pictures(request)


@hookimpl
def list_models(request: ListModelsRequest, settings: Settings) -> ModelList:
    """Name the one model; in truth every name is answered."""
    return ModelList(data=[ModelInfo(id="hello", owned_by="jackfield-echo")])
