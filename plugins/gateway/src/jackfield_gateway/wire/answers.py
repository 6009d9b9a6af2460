"""Answers and chunks in OpenAI's shapes, as JSON.

What the provider sent stands there, with each field that the documentation of custom handlers shows (``tool_calls``,
``function_call``, ``system_fingerprint``, ``usage``) and each that OpenAI's API description requires; what nobody gave
is null, and no other empty field is added. A chunk that has all of it, as an OpenAI-shaped server's have, is written
as it is. ``asked_for`` is the model that the client named.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError, to_json

from .names import is_path, model_told
from .said import text_in
from .vectors import as_base64, as_floats

if TYPE_CHECKING:
    from jackfield.types import (
        EmbeddingResponse,
        ImageResponse,
        ModelResponse,
        ModelResponseStream,
        TextCompletionResponse,
    )

__all__ = ["chat", "chat_chunk", "embeddings", "encoded", "images", "model", "models", "text", "text_chunk"]

CHUNK = "chat.completion.chunk"
CHUNK_FIELDS = frozenset({"id", "object", "created", "model", "choices"})
CHUNK_CHOICE_FIELDS = frozenset({"index", "delta", "finish_reason"})
MESSAGE_FIELDS = ("content", "refusal", "tool_calls", "function_call")


def chat(response: ModelResponse, asked_for: str) -> bytes:
    """Return a whole chat completion."""
    data = _head(response, "chat.completion", asked_for)
    data["choices"] = [_chat_choice(choice, place) for place, choice in enumerate(data.get("choices") or ())]
    data.setdefault("system_fingerprint", None)
    data["usage"] = _usage(data)
    return encoded(data)


def chat_chunk(chunk: ModelResponseStream, asked_for: str) -> bytes:
    """Return one chunk of a streamed chat completion."""
    if _is_whole(chunk):
        try:
            return chunk.__pydantic_serializer__.to_json(chunk, exclude_unset=True)
        except PydanticSerializationError:
            pass  # half of a surrogate pair, which is written otherwise
    data = _head(chunk, CHUNK, asked_for)
    data["choices"] = [_chunk_choice(choice, place) for place, choice in enumerate(data.get("choices") or ())]
    _with_usage_if_any(data)
    return encoded(data)


def text(response: TextCompletionResponse, asked_for: str) -> bytes:
    """Return a whole text completion."""
    data = _text_head(response, asked_for)
    for choice in data["choices"]:
        choice["finish_reason"] = choice["finish_reason"] or "stop"
    return encoded(data)


def text_chunk(chunk: TextCompletionResponse, asked_for: str) -> bytes:
    """Return one chunk of a streamed text completion."""
    return encoded(_text_head(chunk, asked_for))


def embeddings(response: EmbeddingResponse, encoding_format: str | None, asked_for: str) -> bytes:
    """Return vectors as floats, or for "base64" as little-endian 32-bit floats in base64, whatever the provider gave.

    Raises InvalidResponseError where the provider's base64 is none.
    """
    encode = as_base64 if encoding_format == "base64" else as_floats
    data = _dumped(response)
    data["object"] = "list"
    data["model"] = model_told(response, asked_for)
    for given, item in zip(response.data, data.get("data") or (), strict=False):
        item.update(object="embedding", index=given.index, embedding=encode(given.embedding))
    given_usage = data.get("usage") or {}
    counted = _usage(data) or {"prompt_tokens": 0, "total_tokens": 0}
    data["usage"] = {**given_usage, **{name: counted[name] for name in ("prompt_tokens", "total_tokens")}}
    return encoded(data)


def images(response: ImageResponse) -> bytes:
    """Return images."""
    data = _dumped(response)
    data["created"] = _seconds(response.created)
    data.setdefault("data", [])
    return encoded(data)


def models(names: Iterable[str], created: int = 0) -> bytes:
    """Return the list of models; ``created`` is in seconds since 1970."""
    return encoded({"object": "list", "data": [_model(name, created) for name in names]})


def model(name: str, created: int = 0) -> bytes:
    """Return one model."""
    return encoded(_model(name, created))


def _model(name: str, created: int) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": created, "owned_by": "jackfield"}


def _is_whole(chunk: ModelResponseStream) -> bool:
    """Whether a chunk has what the API description requires, and nothing that must not leave as it is."""
    # One long question, asked for each chunk of each stream: in pieces it takes half as long again.
    given = chunk.__pydantic_fields_set__
    if (
        not given >= CHUNK_FIELDS
        or "usage" in given  # it stands on the last chunk alone; elsewhere it is null
        or type(chunk.created) is not int
        or chunk.object != CHUNK
        or not chunk.model
        or is_path(chunk.model)
    ):
        return False
    for choice in chunk.choices:
        delta = choice.delta
        if (
            not choice.__pydantic_fields_set__ >= CHUNK_CHOICE_FIELDS
            or choice.logprobs is not None
            or type(delta.content) is list
            or (delta.tool_calls is not None and not all("index" in call.model_fields_set for call in delta.tool_calls))
        ):
            return False
    return True


def _head(response: ModelResponse | ModelResponseStream, kind: str, asked_for: str) -> dict[str, Any]:
    data = _dumped(response)
    data["id"] = response.id
    data["object"] = kind
    data["created"] = _seconds(response.created)
    data["model"] = model_told(response, asked_for)
    return data


def _chat_choice(choice: dict[str, Any], place: int) -> dict[str, Any]:
    message = choice.setdefault("message", {})
    message["role"] = message.get("role") or "assistant"
    for name in MESSAGE_FIELDS:
        message.setdefault(name, None)
    if type(message["content"]) is list:
        message["content"] = text_in(message["content"])
    for call in message["tool_calls"] or ():
        call["id"] = call.get("id") or f"call_{token_hex(12)}"  # its result has to name it
        call.setdefault("type", "function")
    finish = choice.get("finish_reason") or ("tool_calls" if message["tool_calls"] else "stop")
    choice.update(finish_reason=finish, index=choice.get("index", place), logprobs=_logprobs(choice))
    return choice


def _chunk_choice(choice: dict[str, Any], place: int) -> dict[str, Any]:
    delta = choice.setdefault("delta", {})
    if type(delta.get("content")) is list:
        delta["content"] = text_in(delta["content"])
    for number, call in enumerate(delta.get("tool_calls") or ()):
        call.setdefault("index", number)
    choice["index"] = choice.get("index", place)
    choice.setdefault("finish_reason", None)
    if "logprobs" in choice:
        choice["logprobs"] = _logprobs(choice)
    return choice


def _text_head(response: TextCompletionResponse, asked_for: str) -> dict[str, Any]:
    data = _dumped(response)
    # A chat's answer that became a text's keeps its id, in the spelling of this route.
    data["id"] = f"cmpl-{response.id.removeprefix('chatcmpl-')}" if response.id.startswith("chatcmpl-") else response.id
    data["object"] = "text_completion"
    data["created"] = _seconds(response.created)
    data["model"] = model_told(response, asked_for)
    for place, choice in enumerate(data.setdefault("choices", [])):
        choice["text"] = choice.get("text") or ""
        choice.setdefault("index", place)
        choice.setdefault("logprobs", None)
        choice.setdefault("finish_reason", None)
    _with_usage_if_any(data)
    return data


def _with_usage_if_any(data: dict[str, Any]) -> None:
    if (usage := _usage(data)) is not None:
        data["usage"] = usage
    else:
        data.pop("usage", None)


def _usage(data: dict[str, Any]) -> dict[str, Any] | None:
    usage: dict[str, Any] | None = data.get("usage")
    if usage is None:
        return None
    prompt, completion = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    total = usage.get("total_tokens")
    total = prompt + completion if total is None else total
    return {**usage, "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def _logprobs(choice: dict[str, Any]) -> Any:
    given = choice.get("logprobs")
    return {"content": None, "refusal": None, **given} if isinstance(given, dict) else given


def _seconds(created: float | None) -> int:
    return int(created) if created is not None and math.isfinite(created) else 0


def _dumped(response: Any) -> dict[str, Any]:
    data: dict[str, Any] = response.__pydantic_serializer__.to_python(response, mode="json", exclude_unset=True)
    return data


def encoded(data: Mapping[str, Any]) -> bytes:
    """Return JSON as it goes on the wire."""
    try:
        return to_json(data, inf_nan_mode="null")
    except PydanticSerializationError:
        # Half of a surrogate pair, as handlers make it that cut a text in two: escaped, the other half may follow.
        return json.dumps(data, separators=(",", ":")).encode()
