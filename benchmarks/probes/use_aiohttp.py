"""Raw aiohttp: what a program would write without any library for models."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

MESSAGES = [{"role": "user", "content": "What is a jackfield?"}]
ASK = {"model": "gpt-mock", "messages": MESSAGES}
ASK_STREAM = {**ASK, "stream": True}


async def acompletion(url: str) -> Callable[[], Awaitable[int]]:
    session, address = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)), f"{url}/chat/completions"

    async def call() -> int:
        async with session.post(address, json=ASK) as response:
            answer = await response.json()
        return len(answer["choices"][0]["message"]["content"])

    return call


async def astream(url: str) -> Callable[[], Awaitable[int]]:
    session, address = aiohttp.ClientSession(), f"{url}/chat/completions"

    async def call() -> int:
        total = 0
        async with session.post(address, json=ASK_STREAM) as response:
            async for line in response.content:
                total += text_of(line)
        return total

    return call


def text_of(line: bytes) -> int:
    if not line.startswith(b"data: ") or line.startswith(b"data: [DONE]"):
        return 0
    chunk: dict[str, Any] = json.loads(line[6:])
    return len(chunk["choices"][0]["delta"].get("content") or "")
