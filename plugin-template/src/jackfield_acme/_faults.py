"""What the server says when it refuses: `{"fault": {"code", "text", "retry_in_ms"}}`, whole or in a stream."""

from __future__ import annotations

from jackfield import APIStatusError, HttpResponse, InvalidResponseError
from jackfield.errors import error_of_body
from pydantic import ValidationError

from ._shape import Shape

__all__ = ["Fault", "error_in"]

CODES = {"prompt_too_long": "context_length_exceeded", "unsafe": "content_policy_violation"}
"""The server's codes → OpenAI's, where jackfield has an error of its own for them."""

STATUSES = {"prompt_too_long": 400, "unsafe": 400, "too_many": 429, "busy": 503}
"""What a code means where it comes without a status: in a stream, or in a job."""


class Fault(Shape):
    """What went wrong: a code, a sentence, and where waiting helps, for how long in milliseconds."""

    code: str
    text: str
    retry_in_ms: float | None = None

    def error(self, status: int | None = None) -> APIStatusError:
        """Return it as jackfield's error, for the status that it came with."""
        body = {"message": self.text, "code": CODES.get(self.code, self.code)}
        error = error_of_body(status or STATUSES.get(self.code, 500), body)
        error.body = self.model_dump()
        error.retry_after = None if self.retry_in_ms is None else self.retry_in_ms / 1000
        return error


class _Refusal(Shape):
    fault: Fault


def error_in(response: HttpResponse) -> APIStatusError | None:
    """Return the error that a response tells of; None where it is not the server's own, but some proxy's, say."""
    try:
        return _Refusal.model_validate(response.json()).fault.error(response.status)
    except (InvalidResponseError, ValidationError):
        return None
