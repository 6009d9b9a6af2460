"""Errors that come with status 200: in the body of a whole answer, or as an event of a stream."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jackfield.errors import APIStatusError, error_of_body

__all__ = ["error_in"]

_STATUS_OF_WORDS = {
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "content_policy_violation": 400,
    "content_filter": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "permission_denied": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "server_error": 500,
    "overloaded_error": 503,
    "service_unavailable": 503,
}
"""What servers write as ``code`` or ``type`` → the status they would have sent, had the answer not begun already."""


def error_in(body: Any, *, certain: bool = False) -> APIStatusError | None:
    """Return the error that a body holds, or None: ``{"error": …}``, or the body itself where it is ``certain`` to be.

    A number as ``code`` is the status, else ``code`` and ``type`` are read as words; what says nothing is a 500.
    """
    error = body.get("error") if isinstance(body, Mapping) else None
    if not error and (certain or (isinstance(body, Mapping) and body.get("object") == "error")):
        error = body
    if not error:
        return None
    return error_of_body(_status(error), body if isinstance(body, Mapping) else {"error": str(error)})


def _status(error: Any) -> int:
    if not isinstance(error, Mapping):
        return 500
    for name in ("code", "status_code", "status"):
        if re.fullmatch(r"[45]\d\d", number := str(error.get(name))):
            return int(number)
    for name in ("code", "type"):
        if (status := _STATUS_OF_WORDS.get(str(error.get(name)))) is not None:
            return status
    return 500
