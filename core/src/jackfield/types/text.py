"""Text completions (the older ``/completions`` route), whole and streamed: one shape for both.

Source of the wire format: OpenAI's API description, ``CreateCompletionResponse``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pydantic import Field

from ._base import Model, make_id, now
from .chat import Usage
from .requests import Request


class TextChoices(Model):
    """One text; ``index`` counts prompts times ``n``."""

    finish_reason: str | None = None
    index: int = 0
    logprobs: Any = None
    text: str | None = ""


class TextCompletionResponse(Model):
    """The answer to ``text_completion()``, and each chunk of a streamed one."""

    id: str = Field(default_factory=lambda: make_id("cmpl"))
    object: str = "text_completion"
    created: int | float = Field(default_factory=now)
    model: str | None = None
    choices: list[TextChoices] = []
    system_fingerprint: str | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class TextCompletionRequest(Request):
    """One prompt, several, or prompts as token numbers."""

    operation: ClassVar[str] = "text_completion"

    prompt: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]] = ""
    stream: bool = field(default=False, kw_only=True)
