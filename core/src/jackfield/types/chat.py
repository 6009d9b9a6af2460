"""Whole chat completions, in the shapes of OpenAI's API.

Source of the wire format: OpenAI's API description, ``CreateChatCompletionResponse``. Tolerant where real servers are:
``created`` may be a float, ``index`` may be missing, ``choices`` empty and ``usage`` null. Log probabilities, audio,
annotations and moderation stay plain JSON.
"""

from typing import Any, Self

from pydantic import Field

from ._base import Model, make_id, now


class FunctionCall(Model):
    """The function a model wants called; ``arguments`` is JSON text as the model wrote it."""

    name: str | None = None
    arguments: str | None = None


class ToolCall(Model):
    """One call of a tool in a whole message."""

    id: str | None = None
    type: str = "function"
    function: FunctionCall = Field(default_factory=FunctionCall)


class Message(Model):
    """A whole message of the assistant."""

    content: str | list[Any] | None = None
    role: str = "assistant"
    tool_calls: list[ToolCall] | None = None
    function_call: FunctionCall | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    annotations: list[Any] | None = None
    audio: Any = None


class PromptTokensDetails(Model):
    """Which of the prompt's tokens were of which sort; a server that does not count a sort leaves it None."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    text_tokens: int | None = None


class CompletionTokensDetails(Model):
    """Which of the answer's tokens were of which sort; a server that does not count a sort leaves it None."""

    reasoning_tokens: int | None = None
    accepted_prediction_tokens: int | None = None
    rejected_prediction_tokens: int | None = None
    audio_tokens: int | None = None
    text_tokens: int | None = None


ADDENDS = ("prompt_tokens", "completion_tokens")  # what a total that nobody gave is the sum of


class Usage(Model):
    """Tokens used: counts, never money."""

    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    total_tokens: int | None = Field(default_factory=lambda known: sum(known[name] or 0 for name in ADDENDS))
    prompt_tokens_details: PromptTokensDetails | None = None
    completion_tokens_details: CompletionTokensDetails | None = None


class Choices(Model):
    """One answer; several when ``n`` asked for them."""

    finish_reason: str | None = None
    index: int = 0
    message: Message = Field(default_factory=Message)
    logprobs: Any = None


class ModelResponse(Model):
    """The answer to ``completion()``."""

    id: str = Field(default_factory=lambda: make_id("chatcmpl"))
    choices: list[Choices] = []
    created: int | float = Field(default_factory=now)
    model: str | None = None
    object: str = "chat.completion"
    system_fingerprint: str | None = None
    service_tier: str | None = None
    metadata: dict[str, Any] | None = None
    moderation: Any = None
    usage: Usage | None = None

    @classmethod
    def of_text(
        cls,
        text: str,
        *,
        model: str | None = None,
        usage: Usage | dict[str, Any] | None = None,
        finish_reason: str = "stop",
        **fields: Any,
    ) -> Self:
        """Make the answer that holds one message with this text and has finished."""
        choice = {"finish_reason": finish_reason, "index": 0, "message": {"content": text, "role": "assistant"}}
        return cls.model_validate({"choices": [choice], "model": model, "usage": usage, **fields})
