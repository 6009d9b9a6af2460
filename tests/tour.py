"""Every provider at work on real traffic: `python3 dev.py run` shows this.

A small HTTP server on loopback speaks the OpenAI format and the legacy format; echo, and a handler of custom-format,
answer in this process. Each row of the table is one call of a public function. At the end a gateway is started in front
of the same server, and called as its clients call it.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, NamedTuple

import jackfield
from gateway import GatewayProcess
from gateway_tour import CONFIG, HANDLER, calls
from jackfield import (
    CustomLLM,
    ImageObject,
    ImageResponse,
    JackfieldError,
    ModelResponse,
    acompletion,
    aembedding,
    aimage_generation,
    completion,
    embedding,
    image_edit,
    image_generation,
    list_models,
    text_completion,
)
from loopback import LoopbackServer
from loopback_answers import png

WIDTHS = (18, 24, 64)
PAUSE = 0.06  # seconds between two words of a stream: slow enough to be seen
COAT = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class Row(NamedTuple):
    """One call: who answers, what is asked, and how. A stream gives its pieces, anything else one line of text."""

    provider: str
    operation: str
    ask: Callable[[], str | Iterator[str]]


class Shouting(CustomLLM):  # type: ignore[misc,unused-ignore]  # its package is loaded lazily
    """A handler as people write them for LiteLLM: it answers in capitals, in this process."""

    def completion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return ModelResponse.of_text(str(kwargs["messages"][-1]["content"]).upper(), model=kwargs["model"])

    async def acompletion(self, *args: Any, **kwargs: Any) -> ModelResponse:
        return self.completion(*args, **kwargs)

    def streaming(self, *args: Any, **kwargs: Any) -> Iterator[str]:
        for word in str(kwargs["messages"][-1]["content"]).upper().split():
            time.sleep(PAUSE)
            yield f"{word} "

    async def astreaming(self, *args: Any, **kwargs: Any) -> AsyncIterator[str]:
        for word in self.streaming(*args, **kwargs):
            yield word

    def image_generation(self, model: str, prompt: str, **kwargs: Any) -> ImageResponse:
        return ImageResponse(data=[ImageObject(b64_json=base64.b64encode(png((200, 0, 0))).decode())])

    def image_edit(self, model: str, image: Any, prompt: str, **kwargs: Any) -> ImageResponse:
        return ImageResponse(data=[ImageObject(url="https://images.example/edited.png")])


# ---------------------------------------------------------------------------------------------- what is asked of whom


def rows(server: LoopbackServer) -> Iterator[Row]:
    remote = {"api_base": server.url, "api_key": "a-key"}
    yield from chats("echo", "echo/small", {})
    yield from vectors_and_pictures("echo", "echo/small", {})
    yield from chats("openai-compatible", "openai/small", remote)
    yield from vectors_and_pictures("openai-compatible", "openai/small", remote)
    yield from served("openai-compatible", "openai", remote)
    yield from chats("custom-format", "shouting/small", {}, tools=False)
    yield Row("custom-format", "image generation", lambda: picture(image_generation("shouting/small", prompt="a door")))
    yield Row("custom-format", "image edit", lambda: picture(edit("shouting/small")))
    yield from chats("legacy-custom", "custom/llama", {"api_base": server.legacy_url}, tools=False)


def chats(provider: str, model: str, settings: dict[str, Any], *, tools: bool = True) -> Iterator[Row]:
    def chat(text: str, **more: Any) -> Any:
        return completion(model, messages=user(text), **settings, **more)

    yield Row(provider, "chat", lambda: text(chat("Is anybody there?")))
    yield Row(provider, "chat, streaming", lambda: streamed(chat("One word after the other", stream=True)))
    if tools:
        yield Row(provider, "chat with a tool", lambda: called(chat("Shall I take a coat?", tools=[COAT])))
    yield Row(provider, "three chats, async", lambda: asyncio.run(three(model, settings)))


def vectors_and_pictures(provider: str, model: str, settings: dict[str, Any]) -> Iterator[Row]:
    yield Row(provider, "embedding", lambda: numbers(embedding(model, input=["blue", "green"], **settings)))
    yield Row(provider, "image generation", lambda: picture(image_generation(model, prompt="a door", **settings)))
    yield Row(provider, "embedding, image, async", lambda: asyncio.run(both(model, settings)))


def served(provider: str, name: str, settings: dict[str, Any]) -> Iterator[Row]:
    """What only a server does."""

    def texts() -> str:
        answer = text_completion(f"{name}/small", prompt=["Once", "Twice"], **settings)
        return " | ".join(choice.text for choice in answer.choices)

    yield Row(provider, "text completion", texts)
    yield Row(provider, "image edit", lambda: picture(edit(f"{name}/small", **settings)))
    yield Row(provider, "models", lambda: ", ".join(entry.id for entry in list_models(name, **settings).data))
    yield Row(provider, "a 503, and a retry", lambda: text(ask(f"{name}/flaky-503", **settings)))
    yield Row(provider, "an error", lambda: failed(f"{name}/error-401", settings))


def ask(model: str, **settings: Any) -> Any:
    return completion(model, messages=user("Is anybody there?"), **settings)


def edit(model: str, **settings: Any) -> Any:
    return image_edit(model, image=png((0, 0, 200)), prompt="make the sky blue", **settings)


async def three(model: str, settings: dict[str, Any]) -> str:
    """Three calls in flight at once."""
    answers = await asyncio.gather(*(acompletion(model, messages=user(word), **settings) for word in ("A", "B", "C")))
    return " | ".join(text(answer) for answer in answers)


async def both(model: str, settings: dict[str, Any]) -> str:
    vector, image = await asyncio.gather(
        aembedding(model, input=["blue"], **settings), aimage_generation(model, prompt="a door", **settings)
    )
    return f"{numbers(vector)}; {picture(image)}"


def failed(model: str, settings: dict[str, Any]) -> str:
    try:
        ask(model, **settings)
    except JackfieldError as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError(f"{model} was expected to fail")


# ------------------------------------------------------------------------------------------------ answers in one line


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def text(answer: Any) -> str:
    return str(answer.choices[0].message.content)


def streamed(stream: Any) -> Iterator[str]:
    with stream:
        for chunk in stream:
            yield chunk.choices[0].delta.content or ""


def called(answer: Any) -> str:
    function = answer.choices[0].message.tool_calls[0].function
    return f"{function.name}({function.arguments})"


def numbers(answer: Any) -> str:
    vectors = [entry.embedding for entry in answer.data]
    return f"{len(vectors)} x {len(vectors[0])} numbers, the first {vectors[0][0]:.4f}"


def picture(answer: Any) -> str:
    image = answer.data[0]
    return f"PNG of {len(base64.b64decode(image.b64_json))} bytes" if image.b64_json else str(image.url)


# ---------------------------------------------------------------------------------------------------------- the table


def show(row: Row) -> bool:
    """Prints the row, a stream's pieces as they arrive, and says whether the call did what it should."""
    print(line(row.provider, row.operation), end=" ", flush=True)
    started = time.perf_counter()
    try:
        width = write(row.ask())
    except Exception as error:  # the tour goes on, and ends with a failure
        print(f"FAILED {type(error).__name__}: {error}")
        return False
    print(" " * max(0, WIDTHS[2] - width), f"{(time.perf_counter() - started) * 1000:6.0f} ms")
    return True


def write(result: str | Iterator[str]) -> int:
    """Prints a result, shortened to its column, and gives the width printed."""
    printed = 0
    for piece in [result] if isinstance(result, str) else result:
        cut = piece.replace("\n", " ")[: WIDTHS[2] - printed]
        print(cut, end="", flush=True)
        printed += len(cut)
    return printed


def line(*cells: str) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=False))


def main() -> int:
    jackfield.custom_provider_map = [{"provider": "shouting", "custom_handler": Shouting()}]
    print(line("provider", "operation", "result"), "     time")
    print("-" * (sum(WIDTHS) + len(WIDTHS) + 9))
    with LoopbackServer(pause=PAUSE) as server:
        results = [show(row) for row in rows(server)]
        with GatewayProcess(CONFIG.format(url=server.url), files={"custom_handler.py": HANDLER}) as gateway:
            results += [show(Row("gateway", operation, ask)) for operation, ask in calls(gateway.url)]
    print(f"\n{sum(results)} of {len(results)} calls did what they should, over {len(server.requests)} HTTP requests.")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
