"""Never run, only checked: handlers may narrow the signatures of CustomLLM as LiteLLM's users do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any

from jackfield import CustomLLM
from jackfield_custom_format import AsyncHTTPHandler, HTTPHandler

if TYPE_CHECKING:
    import httpx
    from jackfield.types import GenericStreamingChunk, ImageResponse, ModelResponse


class Wide(CustomLLM):
    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        response: ModelResponse = kwargs["model_response"]
        return response

    def streaming(self, *args: Any, **kwargs: Any) -> Iterator[GenericStreamingChunk]:
        yield {"text": "Hi!", "is_finished": True, "finish_reason": "stop", "usage": None}

    async def acompletion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return self.completion(*args, **kwargs)

    async def astreaming(self, *args: Any, **kwargs: Any) -> AsyncIterator[GenericStreamingChunk]:
        yield {"text": "Hi!", "is_finished": True, "finish_reason": "stop", "usage": None}


class Narrow(CustomLLM):
    def image_generation(
        self,
        model: str,
        prompt: str,
        model_response: ImageResponse,
        *,
        optional_params: dict[str, Any],
        timeout: float | httpx.Timeout | None = None,
        client: HTTPHandler | None = None,
    ) -> ImageResponse:
        response: httpx.Response = (client or HTTPHandler()).post("https://model.example", json={"prompt": prompt})
        model_response.data = response.json()
        return model_response

    async def aimage_edit(self, image: list[Any], client: AsyncHTTPHandler, **kwargs: Any) -> ImageResponse:
        response: httpx.Response = await client.post("https://model.example", files={"image": image[0]})
        answer: ImageResponse = response.json()
        return answer
