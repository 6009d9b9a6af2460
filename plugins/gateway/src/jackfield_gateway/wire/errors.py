"""What of an error may reach a client: one table, and the two wire formats of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Told", "anthropic", "openai", "told"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a client is told: ``retry_after`` in whole seconds."""

    status: int
    message: str
    type: str = "internal_error"
    code: str | None = None
    param: str | None = None
    retry_after: int | None = None
    request_id: str | None = None


def told(error: BaseException, request_id: str | None) -> Told:
    """Return what a client is told of an error."""
    return Told(500, f"internal error (request {request_id})", request_id=request_id)


def openai(told: Told) -> dict[str, Any]:
    """Return it in OpenAI's shape."""
    return {"error": {"message": told.message, "type": told.type, "param": told.param, "code": told.code}}


def anthropic(told: Told) -> dict[str, Any]:
    """Return it in Anthropic's shape."""
    return {"type": "error", "error": {"type": "api_error", "message": told.message}, "request_id": told.request_id}
