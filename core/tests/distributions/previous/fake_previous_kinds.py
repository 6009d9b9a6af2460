"""The kinds of function that are no flow, as an author wrote them for jackfield 0.1. Never edited again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from jackfield import CompletionRequest, ModelResponse, Settings, hookimpl


class Blocking:
    @hookimpl
    def completion(self, request: CompletionRequest) -> ModelResponse:
        return ModelResponse.of_text(request.messages[-1]["content"])

    @hookimpl
    def streaming(self, request: CompletionRequest, settings: Settings, size: int = 1) -> Iterator[str]:
        text = request.messages[-1]["content"]
        yield from (text[at : at + size] for at in range(0, len(text), size))


class Asynchronous:
    @hookimpl
    async def completion(self, request: CompletionRequest) -> ModelResponse:
        return ModelResponse.of_text(request.messages[-1]["content"])

    @hookimpl
    async def streaming(self, request: CompletionRequest) -> AsyncIterator[dict[str, object]]:
        for letter in request.messages[-1]["content"]:
            yield {"text": letter, "is_finished": False, "finish_reason": "", "index": 0, "usage": None}


blocking = Blocking()
asynchronous = Asynchronous()
