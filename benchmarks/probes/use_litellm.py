"""LiteLLM, as its documentation shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import litellm
from litellm import CustomLLM

litellm.telemetry = False
MESSAGES = [{"role": "user", "content": "What is a jackfield?"}]


def ask(url: str) -> dict[str, Any]:
    return {"model": "openai/gpt-mock", "messages": MESSAGES, "api_base": url, "api_key": "key"}


def completion(url: str) -> Callable[[], int]:
    arguments = ask(url)

    def call() -> int:
        return len(litellm.completion(**arguments).choices[0].message.content)

    return call


def acompletion(url: str) -> Callable[[], Awaitable[int]]:
    arguments = ask(url)

    async def call() -> int:
        return len((await litellm.acompletion(**arguments)).choices[0].message.content)

    return call


def stream(url: str) -> Callable[[], int]:
    arguments = ask(url)

    def call() -> int:
        chunks = litellm.completion(**arguments, stream=True)
        return sum(len(chunk.choices[0].delta.content or "") for chunk in chunks)

    return call


def astream(url: str) -> Callable[[], Awaitable[int]]:
    arguments = ask(url)

    async def call() -> int:
        total = 0
        async for chunk in await litellm.acompletion(**arguments, stream=True):
            total += len(chunk.choices[0].delta.content or "")
        return total

    return call


class Handler(CustomLLM):
    """Answers at once, so that what is measured is all the library's."""

    def __init__(self) -> None:
        message = {"role": "assistant", "content": "Hi!"}
        self.answer = litellm.ModelResponse(model="m", choices=[{"index": 0, "message": message}])

    def completion(self, *args: Any, **kwargs: Any) -> Any:
        return self.answer

    async def acompletion(self, *args: Any, **kwargs: Any) -> Any:
        return self.answer


def custom(url: str) -> Callable[[], int]:
    litellm.custom_provider_map = [{"provider": "mine", "custom_handler": Handler()}]

    def call() -> int:
        return len(litellm.completion(model="mine/m", messages=MESSAGES).choices[0].message.content)

    return call


def acustom(url: str) -> Callable[[], Awaitable[int]]:
    litellm.custom_provider_map = [{"provider": "mine", "custom_handler": Handler()}]

    async def call() -> int:
        return len((await litellm.acompletion(model="mine/m", messages=MESSAGES)).choices[0].message.content)

    return call
