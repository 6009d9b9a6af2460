"""Chunks of streamed chat completions, in the shapes of OpenAI's API and, for custom handlers, of LiteLLM's.

Source of the wire format: OpenAI's API description, ``CreateChatCompletionStreamResponse``. Tolerant as the whole ones.
"""

from typing import Any, Literal, TypedDict

from pydantic import Field

from ._base import Model
from .chat import FunctionCall, Usage


class DeltaToolCall(Model):
    """A piece of a tool call; pieces with the same ``index`` belong together."""

    index: int = 0
    id: str | None = None
    type: str | None = None
    function: FunctionCall | None = None


class Delta(Model):
    """What one chunk adds to a message."""

    content: str | list[Any] | None = None
    role: str | None = None
    tool_calls: list[DeltaToolCall] | None = None
    function_call: FunctionCall | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    audio: Any = None


class StreamingChoices(Model):
    """One answer's part of a chunk."""

    finish_reason: str | None = None
    index: int = 0
    delta: Delta = Field(default_factory=Delta)
    logprobs: Any = None


class ModelResponseStream(Model):
    """One chunk of a streamed answer. The usage chunk has no choices."""

    id: str | None = None
    choices: list[StreamingChoices] = []
    created: int | float | None = None
    model: str | None = None
    object: str = "chat.completion.chunk"
    system_fingerprint: str | None = None
    service_tier: str | None = None
    moderation: Any = None
    obfuscation: str | None = None
    usage: Usage | None = None


class _ToolUse(TypedDict, total=False):
    id: str | None
    type: Literal["function"]
    function: dict[str, Any]
    index: int


class GenericStreamingChunk(TypedDict, total=False):
    """A chunk as custom handlers give it; ``text`` is what it adds."""

    text: str
    is_finished: bool
    finish_reason: str | None
    usage: dict[str, Any] | None
    index: int
    tool_use: _ToolUse | None
    provider_specific_fields: dict[str, Any] | None
