"""A plugin module with a hook of each kind, as its author's type checker sees it. Never run."""

from collections.abc import AsyncIterator

from jackfield import (
    CompletionRequest,
    Decoder,
    EmbeddingRequest,
    EmbeddingResponse,
    EventStream,
    Flow,
    HttpResponse,
    ImageGenerationRequest,
    ImageResponse,
    JackfieldError,
    ModelResponse,
    ModelResponseStream,
    ProviderInfo,
    ServerSentEvent,
    Settings,
    TextCompletionRequest,
    TextCompletionResponse,
    hookimpl,
)
from jackfield.flow import http, sleep


class Chunks:
    """A decoder."""

    def decode(self, frame: ServerSentEvent) -> ModelResponseStream | None:
        return None if frame.data == b"[DONE]" else ModelResponseStream.model_validate_json(frame.data)


DECODER: type[Decoder] = Chunks


@hookimpl
def completion(request: CompletionRequest, settings: Settings) -> Flow[ModelResponse]:
    response = yield from http("POST", f"{settings.api_base}/chat", json={"messages": list(request.messages)})
    while response.status == 202:
        yield from sleep(0.5)
        response = yield from http("GET", response.headers["location"])
    return ModelResponse.of_text(response.json()["output"], model=request.model)


@hookimpl
def streaming(request: CompletionRequest, settings: Settings) -> EventStream:
    return EventStream(http("POST", f"{settings.api_base}/stream"), decoder=Chunks).map(lambda chunk: chunk)


@hookimpl
def text_completion(request: TextCompletionRequest, settings: Settings) -> Flow[TextCompletionResponse | EventStream]:
    yield from sleep(0)
    return EventStream.of(["a"]) if request.stream else TextCompletionResponse()


@hookimpl
async def embedding(request: EmbeddingRequest, settings: Settings) -> EmbeddingResponse:
    return EmbeddingResponse()


@hookimpl
def image_generation(request: ImageGenerationRequest, settings: Settings) -> ImageResponse:
    return ImageResponse()


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(api_key_env=("ACME_API_KEY",), parameters={"completion": {"n"}})


@hookimpl
def response_error(response: HttpResponse) -> JackfieldError | None:
    return None


async def chunks(request: CompletionRequest, settings: Settings) -> AsyncIterator[str]:
    """A streaming hook of another kind."""
    yield request.model
