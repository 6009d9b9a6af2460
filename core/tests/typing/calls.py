"""What a type checker says of calls. Never run: mypy checks it, and an ignore that nothing needs is an error."""

from typing import Any, assert_type

import jackfield
from jackfield import (
    AsyncStream,
    Client,
    EmbeddingResponse,
    ImageResponse,
    ModelList,
    ModelResponse,
    ModelResponseStream,
    Stream,
    TextCompletionResponse,
    Usage,
)

MESSAGES = [{"role": "user", "content": "Hi"}]


def whole() -> None:
    response = jackfield.completion("p/m", MESSAGES, temperature=0.5, api_key="k")
    assert_type(response, ModelResponse)
    assert_type(response.usage, Usage | None)
    assert_type(jackfield.completion("p/m", stream=False), ModelResponse)
    assert_type(jackfield.completion("p/m", stream=None), ModelResponse)
    assert_type(jackfield.text_completion("p/m", "Hi"), TextCompletionResponse)
    assert_type(jackfield.embedding("p/m", ["Hi"]), EmbeddingResponse)
    assert_type(jackfield.image_generation("p/m", "a cat"), ImageResponse)
    assert_type(jackfield.image_edit("p/m", b"png", "redder"), ImageResponse)
    assert_type(jackfield.list_models("p"), ModelList)


def streamed() -> None:
    stream = jackfield.completion("p/m", MESSAGES, stream=True)
    assert_type(stream, Stream[ModelResponseStream, ModelResponse])
    with stream as entered:
        for chunk in entered:
            assert_type(chunk, ModelResponseStream)
            assert_type(chunk.choices[0].delta.content, str | list[Any] | None)
    assert_type(stream.response, ModelResponse)
    text = jackfield.text_completion("p/m", "Hi", stream=True)
    assert_type(text, Stream[TextCompletionResponse, TextCompletionResponse])


def either(stream: bool) -> None:  # a flag that is not known before
    response = jackfield.completion("p/m", stream=stream)
    assert_type(response, ModelResponse | Stream[ModelResponseStream, ModelResponse])


async def asynchronous() -> None:
    assert_type(await jackfield.acompletion("p/m", MESSAGES), ModelResponse)
    stream = await jackfield.acompletion("p/m", MESSAGES, stream=True)
    assert_type(stream, AsyncStream[ModelResponseStream, ModelResponse])
    async with stream as entered:
        async for chunk in entered:
            assert_type(chunk, ModelResponseStream)
    assert_type(stream.response, ModelResponse)
    assert_type(await jackfield.atext_completion("p/m", "Hi"), TextCompletionResponse)
    assert_type(await jackfield.aembedding("p/m", [1, 2]), EmbeddingResponse)
    assert_type(await jackfield.aimage_generation("p/m", "a cat"), ImageResponse)
    assert_type(await jackfield.aimage_edit("p/m", "a.png"), ImageResponse)
    assert_type(await jackfield.alist_models("p"), ModelList)


def by_request(client: Client, request: jackfield.CompletionRequest) -> None:
    assert_type(client.run(request), Any)
    assert_type(request.replace(stream=True), jackfield.CompletionRequest)
    assert_type(jackfield.get_llm_provider("p/m"), tuple[str, str, str | None, str | None])


def settings() -> None:
    jackfield.default_provider = "p"
    jackfield.num_retries = 0
    jackfield.request_timeout = 1.5
    jackfield.drop_params = True
    jackfield.custom_provider_map = [{"provider": "p", "custom_handler": object()}]


def errors() -> None:
    try:
        jackfield.completion("p/m")
    except jackfield.RateLimitError as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.status_code, int)
    except jackfield.Timeout as error:
        assert_type(error.retryable, bool)
        assert_type(error.provider, str | None)
    except jackfield.APIError as error:
        assert_type(error.message, str)


def mistakes() -> None:
    jackfield.complition("p/m")  # type: ignore[attr-defined]
    jackfield.completion()  # type: ignore[call-overload]
    jackfield.completion("p/m", stream="yes")  # type: ignore[call-overload]
    jackfield.completion("p/m").choices[0].message.text()  # type: ignore[attr-defined]
    jackfield.embedding("p/m", input=5)  # type: ignore[arg-type]
    jackfield.ProviderInfo(api_keys=())  # type: ignore[call-arg]
    jackfield.CompletionRequest("p/m").model = "q/m"  # type: ignore[misc]
