"""The official OpenAI SDK, as its documentation shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from openai import AsyncOpenAI, OpenAI

ASK: dict[str, Any] = {"model": "gpt-mock", "messages": [{"role": "user", "content": "What is a jackfield?"}]}


def completion(url: str) -> Callable[[], int]:
    client = OpenAI(base_url=url, api_key="key")

    def call() -> int:
        return len(client.chat.completions.create(**ASK).choices[0].message.content)

    return call


def acompletion(url: str) -> Callable[[], Awaitable[int]]:
    client = AsyncOpenAI(base_url=url, api_key="key")

    async def call() -> int:
        return len((await client.chat.completions.create(**ASK)).choices[0].message.content)

    return call


def stream(url: str) -> Callable[[], int]:
    client = OpenAI(base_url=url, api_key="key")

    def call() -> int:
        chunks = client.chat.completions.create(**ASK, stream=True)
        return sum(len(chunk.choices[0].delta.content or "") for chunk in chunks)

    return call


def astream(url: str) -> Callable[[], Awaitable[int]]:
    client = AsyncOpenAI(base_url=url, api_key="key")

    async def call() -> int:
        total = 0
        async for chunk in await client.chat.completions.create(**ASK, stream=True):
            total += len(chunk.choices[0].delta.content or "")
        return total

    return call
