"""The Acme model server, as a provider for jackfield.

    completion("acme/acme-1", messages)

One function for each thing that the server can do; each is a flow, which asks for HTTP and is sent the answer, and does
no I/O of its own. Delete what your server has not: jackfield then says so to whoever asks for it.

    _requests   what goes out: addresses, headers, OpenAI's messages and parameters in the server's words
    _answers    what comes back whole, in the server's shapes, and made into jackfield's
    _stream     what comes back as a stream: bytes cut into frames, frames made into chunks
    _faults     what the server says when it refuses
    _shape      what its JSON objects have in common
"""

from __future__ import annotations

from jackfield import (
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    EventStream,
    Flow,
    HttpResponse,
    ImageGenerationRequest,
    ImageResponse,
    JackfieldError,
    ListModelsRequest,
    ModelList,
    ModelResponse,
    ProviderInfo,
    Settings,
    hookimpl,
)
from jackfield.flow import sleep

from ._answers import Answer, Job, Models, Vectors
from ._faults import error_in
from ._requests import PARAMETERS, chat, get, image, job, vectors
from ._stream import Events, Frames

__all__ = [
    "completion",
    "embedding",
    "image_generation",
    "list_models",
    "provider_info",
    "response_error",
    "streaming",
]


@hookimpl
def provider_info() -> ProviderInfo:
    """Say where the server is, which variables hold key and address, and which parameters it takes.

    jackfield refuses every other parameter by name. Without `parameters=` all of them reach the hooks.
    """
    return ProviderInfo(
        display_name="Acme",
        api_key_env=("ACME_API_KEY",),
        api_base_env=("ACME_API_BASE",),
        api_base="https://models.acme.example",
        parameters=PARAMETERS,
    )


@hookimpl
def completion(request: CompletionRequest, settings: Settings) -> Flow[ModelResponse]:
    """Answer a chat."""
    response = yield from chat("/chat", request, settings)
    return Answer.model_validate(response.json()).response()


@hookimpl
def streaming(request: CompletionRequest, settings: Settings) -> EventStream:
    """Answer a chat piece by piece. This only describes the stream; jackfield opens it, again if a retry must."""
    return EventStream(chat("/chat/stream", request, settings), framing=Frames, decoder=Events)


@hookimpl
def embedding(request: EmbeddingRequest, settings: Settings) -> Flow[EmbeddingResponse]:
    """Return a vector for each text."""
    response = yield from vectors("/vectors", request, settings)
    return Vectors.model_validate(response.json()).response()


@hookimpl
def image_generation(request: ImageGenerationRequest, settings: Settings) -> Flow[ImageResponse]:
    """Start a job and ask for it until it is done; the caller's `timeout` ends the waiting."""
    response = yield from image("/images", request, settings)
    while response.status == 202:
        yield from sleep(Job.model_validate(response.json()).pause)
        response = yield from job(response.headers["location"], settings)
    return Job.model_validate(response.json()).response()


@hookimpl
def list_models(request: ListModelsRequest, settings: Settings) -> Flow[ModelList]:
    """List what can stand after `acme/`."""
    response = yield from get("/models", settings)
    return Models.model_validate(response.json()).response()


@hookimpl
def response_error(response: HttpResponse) -> JackfieldError | None:
    """Read the body of a status of 400 and above; None leaves it to jackfield, which knows OpenAI's and such."""
    return error_in(response)
