"""Errors in Anthropic's shape. Source: Anthropic's API documentation, "Errors"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["error_body", "error_type", "status_of"]

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
STATUS = {name: status for status, name in TYPES.items()}  # of two, the later: what Anthropic itself answers


def error_type(status: int) -> str:
    """Return the type's name for an HTTP status."""
    return TYPES.get(status) or ("api_error" if status >= 500 else "invalid_request_error")


def status_of(body: Mapping[str, Any]) -> int:
    """Return the HTTP status that an error's body speaks of; 500 for an unknown type."""
    error = body.get("error")
    return STATUS.get(error.get("type") or "", 500) if isinstance(error, Mapping) else 500


def error_body(type: str, message: str, request_id: str | None = None) -> dict[str, Any]:
    """Return an error's body, which in a stream is the data of an event named ``error``."""
    return {"type": "error", "error": {"type": type, "message": message}, "request_id": request_id}
