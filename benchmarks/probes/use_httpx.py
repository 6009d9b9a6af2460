"""Raw httpx: what a program would write without any library for models.

Its own limits stand: fifty in flight are faster with them than with as many connections as calls.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

MESSAGES = [{"role": "user", "content": "What is a jackfield?"}]
ASK = {"model": "gpt-mock", "messages": MESSAGES}
ASK_STREAM = {**ASK, "stream": True}


def completion(url: str) -> Callable[[], int]:
    client, address = httpx.Client(), f"{url}/chat/completions"

    def call() -> int:
        answer = client.post(address, json=ASK).json()
        return len(answer["choices"][0]["message"]["content"])

    return call


def acompletion(url: str) -> Callable[[], Awaitable[int]]:
    client, address = httpx.AsyncClient(timeout=60), f"{url}/chat/completions"

    async def call() -> int:
        answer = (await client.post(address, json=ASK)).json()
        return len(answer["choices"][0]["message"]["content"])

    return call


def stream(url: str) -> Callable[[], int]:
    client, address = httpx.Client(), f"{url}/chat/completions"

    def call() -> int:
        total = 0
        with client.stream("POST", address, json=ASK_STREAM) as response:
            for line in response.iter_lines():
                total += text_of(line)
        return total

    return call


def astream(url: str) -> Callable[[], Awaitable[int]]:
    client, address = httpx.AsyncClient(), f"{url}/chat/completions"

    async def call() -> int:
        total = 0
        async with client.stream("POST", address, json=ASK_STREAM) as response:
            async for line in response.aiter_lines():
                total += text_of(line)
        return total

    return call


def text_of(line: str) -> int:
    if not line.startswith("data: ") or line == "data: [DONE]":
        return 0
    chunk: dict[str, Any] = json.loads(line[6:])
    return len(chunk["choices"][0]["delta"].get("content") or "")
