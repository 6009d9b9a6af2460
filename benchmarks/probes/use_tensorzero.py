"""TensorZero's embedded gateway: a client in Rust behind a Python package."""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tensorzero import AsyncTensorZeroGateway, TensorZeroGateway

ASK: dict[str, Any] = {
    "model_name": "mock",
    "input": {"messages": [{"role": "user", "content": "What is a jackfield?"}]},
}
CONFIG = """
[gateway]
observability.enabled = false
[models.mock]
routing = ["mock"]
[models.mock.providers.mock]
type = "openai"
model_name = "gpt-mock"
api_base = "{url}/"
api_key_location = "none"
"""


def completion(url: str) -> Callable[[], int]:
    with config(url) as file:
        gateway = TensorZeroGateway.build_embedded(config_file=file)

    def call() -> int:
        return len(gateway.inference(**ASK).content[0].text)

    return call


async def acompletion(url: str) -> Callable[[], Awaitable[int]]:
    gateway = await agateway(url)

    async def call() -> int:
        return len((await gateway.inference(**ASK)).content[0].text)

    return call


def stream(url: str) -> Callable[[], int]:
    with config(url) as file:
        gateway = TensorZeroGateway.build_embedded(config_file=file)

    def call() -> int:
        return sum(text_of(chunk) for chunk in gateway.inference(**ASK, stream=True))

    return call


async def astream(url: str) -> Callable[[], Awaitable[int]]:
    gateway = await agateway(url)

    async def call() -> int:
        total = 0
        async for chunk in await gateway.inference(**ASK, stream=True):
            total += text_of(chunk)
        return total

    return call


async def agateway(url: str) -> Any:
    with config(url) as file:
        return await AsyncTensorZeroGateway.build_embedded(config_file=file)


@contextmanager
def config(url: str) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(CONFIG.format(url=url))
        file.flush()
        yield file.name


def text_of(chunk: Any) -> int:
    return sum(len(part.text) for part in chunk.content)
