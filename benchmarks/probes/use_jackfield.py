"""Jackfield, as its README shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import jackfield

MESSAGES = [{"role": "user", "content": "What is a jackfield?"}]


def ask(url: str) -> dict[str, Any]:
    return {"model": "openai/gpt-mock", "messages": MESSAGES, "api_base": url, "api_key": "key"}


def completion(url: str) -> Callable[[], int]:
    arguments = ask(url)

    def call() -> int:
        return len(jackfield.completion(**arguments).choices[0].message.content)

    return call


def acompletion(url: str) -> Callable[[], Awaitable[int]]:
    arguments = ask(url)

    async def call() -> int:
        return len((await jackfield.acompletion(**arguments)).choices[0].message.content)

    return call


def stream(url: str) -> Callable[[], int]:
    arguments = ask(url)

    def call() -> int:
        chunks = jackfield.completion(**arguments, stream=True)
        return sum(len(chunk.choices[0].delta.content or "") for chunk in chunks)

    return call


def astream(url: str) -> Callable[[], Awaitable[int]]:
    arguments = ask(url)

    async def call() -> int:
        total = 0
        async for chunk in await jackfield.acompletion(**arguments, stream=True):
            total += len(chunk.choices[0].delta.content or "")
        return total

    return call


def custom(url: str) -> Callable[[], int]:
    """A plain handler under a sync caller."""
    register(plain_handler())

    def call() -> int:
        return len(jackfield.completion(model="mine/m", messages=MESSAGES).choices[0].message.content)

    return call


def acustom(url: str) -> Callable[[], Awaitable[int]]:
    """An `async def` handler under an async caller."""
    register(async_handler())
    return acall


def acustom_plain(url: str) -> Callable[[], Awaitable[int]]:
    """A plain handler under an async caller: it runs in a thread."""
    register(plain_handler())
    return acall


async def acall() -> int:
    return len((await jackfield.acompletion(model="mine/m", messages=MESSAGES)).choices[0].message.content)


def plain_handler() -> Any:
    ready = answer()

    class Plain(jackfield.CustomLLM):
        def completion(self, *args: Any, **kwargs: Any) -> Any:
            return ready

    return Plain()


def async_handler() -> Any:
    ready = answer()

    class Async(jackfield.CustomLLM):
        async def acompletion(self, *args: Any, **kwargs: Any) -> Any:
            return ready

    return Async()


def answer() -> Any:
    """Built once: handlers answer at once, so that what is measured is all the library's."""
    message = {"role": "assistant", "content": "Hi!"}
    return jackfield.ModelResponse(model="m", choices=[{"index": 0, "message": message, "finish_reason": "stop"}])


def register(handler: Any) -> None:
    jackfield.custom_provider_map = [{"provider": "mine", "custom_handler": handler}]
