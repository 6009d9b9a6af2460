"""A provider as an author wrote it for jackfield 0.1, with all that a flow could ask for then. Never edited again.

Where a later jackfield breaks it, that jackfield breaks a promise to every author (docs/authors/versions.md).
"""

from __future__ import annotations

import json
from functools import partial

from jackfield import (
    BadRequestError,
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    EventStream,
    Flow,
    HttpResponse,
    ImageEditRequest,
    ImageGenerationRequest,
    ImageResponse,
    JackfieldError,
    ListModelsRequest,
    ModelList,
    ModelResponse,
    ModelResponseStream,
    ProviderInfo,
    RateLimitError,
    ServerSentEvent,
    Settings,
    TextCompletionRequest,
    TextCompletionResponse,
    hookimpl,
)
from jackfield.flow import Http, call, http, retried, sleep
from jackfield.types import prompt_of, prompts_of


@hookimpl
def provider_info() -> ProviderInfo:
    return ProviderInfo(
        display_name="Previous",
        api_key_env=("PREVIOUS_API_KEY",),
        api_base_env=("PREVIOUS_API_BASE",),
        api_base="https://previous.example",
        docs_url="https://previous.example/docs",
        num_retries=0,
        parameters={"completion": {"temperature"}, "streaming": {"temperature"}},
    )


@hookimpl
def completion(request: CompletionRequest, settings: Settings) -> Flow[ModelResponse]:
    if request.params.get("temperature") == 9:
        raise BadRequestError("too hot", param="temperature")
    response = yield from retried(partial(asked, "chat", request, settings))
    while response.status == 202:
        yield from sleep(0)
        response = yield from http("GET", response.headers["location"], headers=headers(settings))
    answer = response.json()
    return ModelResponse.of_text(answer["output"], usage={"prompt_tokens": 1, "completion_tokens": 2})


@hookimpl
def streaming(request: CompletionRequest, settings: Settings) -> EventStream:
    stream = EventStream(asking("stream", request, settings), framing="sse", decoder=Decoder)
    return stream.map(lambda chunk: chunk)


@hookimpl
def text_completion(request: TextCompletionRequest, settings: Settings) -> Flow[TextCompletionResponse | EventStream]:
    [prompt] = prompts_of(request.prompt)
    text = yield from call(sync=partial(str.upper, prompt))
    if request.stream:
        return EventStream.of([text])
    return TextCompletionResponse.model_validate({"choices": [{"text": text}]})


@hookimpl
def embedding(request: EmbeddingRequest, settings: Settings) -> Flow[EmbeddingResponse]:
    response = yield from asking("vectors", request, settings, texts=request.input)
    return EmbeddingResponse.model_validate({"data": [{"embedding": vector} for vector in response.json()["vectors"]]})


@hookimpl
def image_generation(request: ImageGenerationRequest, settings: Settings) -> Flow[ImageResponse]:
    response = yield from asking("paint", request, settings, prompt=request.prompt)
    return ImageResponse.model_validate({"data": [{"url": response.json()["url"]}]})


@hookimpl
def image_edit(request: ImageEditRequest, settings: Settings) -> Flow[ImageResponse]:
    files = [("image", ("image.png", image, "image/png")) for image in [*request.image, request.mask] if image]
    url = f"{settings.require_api_base()}/edit"
    response = yield from http("POST", url, data={"prompt": request.prompt}, files=files, headers=headers(settings))
    return ImageResponse.model_validate({"data": [{"url": response.json()["url"]}]})


@hookimpl
def list_models(request: ListModelsRequest, settings: Settings) -> Flow[ModelList]:
    response = yield from http("GET", f"{settings.api_base}/models", headers=headers(settings), accept={404})
    return ModelList.model_validate({"data": [{"id": name} for name in response.json()["models"]]})


@hookimpl
def response_error(response: HttpResponse) -> JackfieldError | None:
    if response.status != 420:
        return None
    return RateLimitError(response.text, status_code=response.status, retry_after=float(response.headers["wait"]))


class Decoder:
    """Reads an event at a time, and gives what it held back at the end."""

    def __init__(self) -> None:
        self.held: list[ModelResponseStream] = []

    def decode(self, frame: ServerSentEvent) -> list[ModelResponseStream] | None:
        if frame.event == "end":
            return None
        event = json.loads(frame.data)
        chunk = ModelResponseStream.model_validate({"choices": [{"index": 0, "delta": {"content": event["text"]}}]})
        given, self.held = self.held, [chunk]
        return given

    def flush(self) -> list[ModelResponseStream]:
        return self.held


def asked(path: str, request: CompletionRequest, settings: Settings) -> Flow[HttpResponse]:
    return (yield from asking(path, request, settings, prompt=prompt_of(request.messages)))


def asking(path: str, request: object, settings: Settings, **fields: object) -> Http:
    own = {"model": request.model, **request.params, **(request.metadata or {}), **fields}
    body = {**own, "version": settings.api_version, **settings.extra_body}
    return http("POST", f"{settings.require_api_base()}/{path}", json=body, headers=headers(settings))


def headers(settings: Settings) -> dict[str, str]:
    return {"x-key": settings.require_api_key(), **settings.headers}
