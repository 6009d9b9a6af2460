"""The parameters that echo knows, and how it reads them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from jackfield import BadRequestError, Request

__all__ = ["CREATED", "PARAMETERS", "count", "identity", "one_of"]

CREATED = 1_700_000_000
"""The ``created`` of every answer, in seconds since 1970: a clock would make two answers differ."""

# An echo has nothing to sample, so these cannot change it; refusing them would only make it hard to try things out.
_WITHOUT_EFFECT = {"frequency_penalty", "presence_penalty", "seed", "temperature", "top_p", "user"}
_TEXT = {"max_tokens", "n", "stop"} | _WITHOUT_EFFECT
_CHAT = {"max_completion_tokens", "parallel_tool_calls", "response_format", "tool_choice", "tools"} | _TEXT
_IMAGES = {"n", "response_format", "size", "user"}

PARAMETERS = {
    "completion": _CHAT,
    "streaming": _CHAT,
    "text_completion": _TEXT,
    "embedding": {"dimensions", "encoding_format", "user"},
    "image_generation": _IMAGES,
    "image_edit": _IMAGES,
    "list_models": set(),
}
"""Operation → the parameters it takes."""


def count(request: Request, name: str) -> int | None:
    """Return a parameter that counts something, or None where it is not given; raises BadRequestError."""
    value = request.params.get(name)
    if value is None or (isinstance(value, int) and value >= 1):
        return value
    raise BadRequestError(f"{name} must be a whole number, 1 or more, not {value!r}", param=name)


def one_of(request: Request, name: str, *values: str) -> str:
    """Return a parameter that is one of these, the first where it is not given; raises BadRequestError."""
    value = request.params.get(name) or values[0]
    if value in values:
        return str(value)
    allowed = " or ".join(map(repr, values))
    raise BadRequestError(f"{name} must be {allowed}, not {value!r}", param=name)


def identity(prefix: str, request: Request, content: Any) -> str:
    """Return an id that only the same request gets again, such as ``chatcmpl-4f…``."""
    asked = json.dumps([request.model, content, dict(request.params)], sort_keys=True, default=repr)
    return f"{prefix}-{hashlib.sha256(asked.encode()).hexdigest()[:32]}"
