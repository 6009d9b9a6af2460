"""The canonical cases: requests that every provider is asked, by the name of the case."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..types import (
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    Request,
    TextCompletionRequest,
)

__all__ = [
    "BY_HAND",
    "CANONICAL",
    "PARALLEL",
    "PARAMETERS",
    "STREAM_ERROR",
    "Canonical",
    "canonical_error",
    "canonical_names",
    "off_the_point",
    "to_write",
]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
"""A PNG of one red pixel, in base64."""

PARALLEL = {"chat-parallel-tools", "stream-parallel-tools"}
"""The cases whose answer calls two tools at once."""

STREAM_ERROR = "stream-error"
"""The case whose stream ends with an error; with which one is for its case.json to say."""

PLAIN: list[dict[str, Any]] = [{"role": "user", "content": "Say hello."}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
ASKED = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'}}
QUESTION = {"role": "user", "content": "What is the weather in Paris?"}
TWO_QUESTIONS = {"role": "user", "content": "What is the weather in Paris, and what in London?"}
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "city",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "additionalProperties": False,
        },
    },
}

PARAMETERS: dict[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "max_tokens": 64,
    "stop": ["END"],
    "seed": 7,
    "presence_penalty": 0.25,
    "frequency_penalty": 0.75,
    "user": "a-user",
}
"""The common parameters of a chat."""


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonical case: its request, who needs it, and what the call must end with where it is to fail.

    ``needed_by`` is a hook, or "http" for every provider that talks HTTP. ``mark`` stands somewhere in the request's
    JSON: a suite that brings a request of its own under this name must not lose what the name is about.
    """

    needed_by: str
    request: Request
    mark: str = ""
    error: Mapping[str, Any] | None = None


def _chat(*messages: Mapping[str, Any], stream: bool = False, **params: Any) -> CompletionRequest:
    return CompletionRequest("", list(messages) or PLAIN, stream=stream, params=params)


CANONICAL: dict[str, Canonical] = {
    "chat-plain": Canonical("completion", _chat()),
    "chat-system": Canonical(
        "completion", _chat({"role": "system", "content": "You are terse."}, *PLAIN), '"role": "system"'
    ),
    "chat-turns": Canonical(
        "completion",
        _chat(*PLAIN, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "Again."}),
        '"role": "assistant"',
    ),
    "chat-image": Canonical(
        "completion",
        _chat(
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
                ],
            }
        ),
        '"image_url"',
    ),
    "chat-tools": Canonical("completion", _chat(QUESTION, tools=[WEATHER]), '"tools"'),
    "chat-parallel-tools": Canonical("completion", _chat(TWO_QUESTIONS, tools=[WEATHER]), '"tools"'),
    "chat-tool-results": Canonical(
        "completion",
        _chat(
            QUESTION,
            {"role": "assistant", "content": None, "tool_calls": [ASKED]},
            {"role": "tool", "tool_call_id": "call_1", "content": "12 degrees"},
            tools=[WEATHER],
        ),
        '"role": "tool"',
    ),
    "chat-json-schema": Canonical(
        "completion", _chat({"role": "user", "content": "Name a city."}, response_format=SCHEMA), '"response_format"'
    ),
    "chat-parameters": Canonical("completion", _chat(**PARAMETERS), '"params": {"'),
    "chat-unknown-parameter": Canonical("completion", _chat(conformance_unknown=1), '"params": {"'),
    "stream-plain": Canonical("streaming", _chat(stream=True)),
    "stream-tools": Canonical("streaming", _chat(QUESTION, stream=True, tools=[WEATHER]), '"tools"'),
    "stream-parallel-tools": Canonical("streaming", _chat(TWO_QUESTIONS, stream=True, tools=[WEATHER]), '"tools"'),
    STREAM_ERROR: Canonical("streaming", _chat(stream=True)),
    "text-plain": Canonical("text_completion", TextCompletionRequest("", "Once upon a time")),
    "embedding-one": Canonical("embedding", EmbeddingRequest("", "one")),
    "embedding-several": Canonical("embedding", EmbeddingRequest("", ["one", "two"]), '"input": ["'),
    "image-generation": Canonical("image_generation", ImageGenerationRequest("", "a red square")),
    "image-edit": Canonical("image_edit", ImageEditRequest("", [("input.png", b64decode(PIXEL))], "make it blue")),
    "list-models": Canonical("list_models", ListModelsRequest("")),
    "error-authentication": Canonical(
        "http", _chat(), error={"type": "AuthenticationError", "retryable": False, "status_code": 401}
    ),
    "error-rate-limit": Canonical(
        "http", _chat(), error={"type": "RateLimitError", "retryable": True, "status_code": 429}
    ),
}


WIRE_ONLY = {STREAM_ERROR, *PARALLEL}
"""What a provider without HTTP has no way to show."""

BY_HAND = {STREAM_ERROR, "error-rate-limit"}
"""What no server does when it is asked."""


def canonical_names(hooks: set[str], *, http: bool) -> list[str]:
    """Return the names that a provider with these hooks needs."""
    wanted = hooks | ({"http"} if http and hooks & {"completion", "streaming"} else set())
    return [name for name, each in CANONICAL.items() if each.needed_by in wanted and (http or name not in WIRE_ONLY)]


def canonical_error(name: str) -> Mapping[str, Any] | None:
    """Return the error that a canonical case ends with, or None."""
    return CANONICAL[name].error if name in CANONICAL else None


def to_write(name: str) -> str:
    """Say what the case.json of a name is to hold at least."""
    if name == STREAM_ERROR:
        return '{"error": {"type": "…"}} with the class of error that the stream ends with'
    if name in CANONICAL:
        return "{} since the name brings the request"
    return '{"operation": "…", "request": {…}} since no canonical case has this name'


def off_the_point(name: str, asked: Request) -> str | None:
    """Say how a request under a canonical name loses what the name is about, or None."""
    canonical = CANONICAL.get(name)
    if canonical is None or asked is canonical.request:
        return None
    if asked.operation != canonical.request.operation:
        return f"{name} is a case of {canonical.request.operation}, not of {asked.operation}"
    fields = {each: getattr(asked, each) for each in (*asked.own_fields(), "params")}
    if canonical.mark not in json.dumps(fields, default=repr):
        return f"the request has no {canonical.mark}, which is what the case {name} is about"
    return None
