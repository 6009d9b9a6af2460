"""Custom handlers as people write them, one in blocking and one in async code; they answer as the loopback server does.

The gateway loads this file from beside its config. A model called `error-<status>` raises that status, `breaking` does
so in the middle of a stream, `relay` has the other handler answer.
"""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import loopback_answers as answers
from jackfield import CustomLLM, CustomLLMError, EmbeddingResponse, ImageResponse, ModelResponse, acompletion
from jackfield.types import ModelResponseStream


def chat_of(arguments: dict[str, Any]) -> Any:
    """The answer to a chat: its whole body, or the list of a stream's chunks."""
    model = arguments["model"]
    if model.startswith("error-"):
        raise CustomLLMError(status_code=int(model.removeprefix("error-")), message=f"The handler says {model}")
    return answers.chat({**arguments["optional_params"], "model": model, "messages": arguments["messages"]})


def chunks_of(arguments: dict[str, Any]) -> Any:
    """The chunks of a chat; usage is always told, as handlers do that know nothing of `include_usage`."""
    options = {**arguments["optional_params"], "stream_options": {"include_usage": True}}
    for event in chat_of({**arguments, "optional_params": options}):
        if "error" in event:
            raise CustomLLMError(status_code=503, message="The handler broke off")
        if event != "[DONE]":
            yield event


def generic(event: dict[str, Any]) -> dict[str, Any]:
    """A chunk as LiteLLM's documents show it, and beside it what a model thought."""
    [choice] = event["choices"] or [{"delta": {}, "finish_reason": None}]
    calls = choice["delta"].get("tool_calls")
    thought = choice["delta"].get("reasoning_content")
    return {
        **({"reasoning_content": thought} if thought else {}),
        "text": choice["delta"].get("content") or "",
        "is_finished": choice["finish_reason"] is not None,
        "finish_reason": choice["finish_reason"],
        "index": 0,
        "tool_use": calls[0] if calls else None,
        "usage": event.get("usage"),
    }


def edit_of(arguments: dict[str, Any]) -> ImageResponse:
    """The changed picture; files are tuples of name, content and media type."""
    optional = dict(arguments["optional_params"])
    masks = [optional.pop("mask")] if "mask" in optional else []
    named = [("image", file) for file in arguments["image"]] + [("mask", file) for file in masks]
    files = [SimpleNamespace(name=name, content=content_of(file)) for name, file in named]
    return ImageResponse(**answers.image_edits({**optional, "prompt": arguments["prompt"], "files": files}))


def content_of(file: Any) -> bytes:
    _, content, _ = file
    return content if isinstance(content, bytes) else bytes(content.read())


class Blocking(CustomLLM):
    """Blocking code, with chunks that are plain mappings."""

    def completion(self, **arguments: Any) -> ModelResponse:
        return ModelResponse(**chat_of(arguments))

    def streaming(self, **arguments: Any) -> Any:
        for event in chunks_of(arguments):
            yield generic(event)

    def embedding(self, **arguments: Any) -> EmbeddingResponse:
        payload = {"model": arguments["model"], "input": arguments["input"], **arguments["optional_params"]}
        return EmbeddingResponse(**answers.embeddings({**payload, "encoding_format": "float"}))

    def image_generation(self, **arguments: Any) -> ImageResponse:
        return ImageResponse(
            **answers.image_generations({"prompt": arguments["prompt"], **arguments["optional_params"]})
        )

    def image_edit(self, **arguments: Any) -> ImageResponse:
        return edit_of(arguments)


class Awaited(CustomLLM):
    """Async code, with chunks that are OpenAI's."""

    async def acompletion(self, **arguments: Any) -> Any:
        await asyncio.sleep(0)
        if arguments["model"] == "relay":
            return await acompletion("blocking/small", arguments["messages"])
        return dict(chat_of(arguments))

    async def astreaming(self, **arguments: Any) -> Any:
        for event in chunks_of(arguments):
            await asyncio.sleep(0)
            yield ModelResponseStream(**event)

    async def aembedding(self, **arguments: Any) -> dict[str, Any]:
        payload = {"model": arguments["model"], "input": arguments["input"], **arguments["optional_params"]}
        return answers.embeddings({**payload, "encoding_format": "float"})

    async def aimage_generation(self, **arguments: Any) -> dict[str, Any]:
        return answers.image_generations({"prompt": arguments["prompt"], **arguments["optional_params"]})

    async def aimage_edit(self, **arguments: Any) -> ImageResponse:
        return edit_of(arguments)


blocking = Blocking()
awaited = Awaited()
