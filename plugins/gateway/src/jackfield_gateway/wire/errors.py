"""What of an error may reach a client: one table, and the two wire formats of it.

A client reads the text of what is about its own request: that of an APIStatusError, of an UnsupportedOperationError,
and of a handler's CustomLLMError, which is an APIStatusError by then. All else is the operator's: a client reads a
fixed sentence, and the full text is for the log. A text that a provider wrote loses addresses and paths on its way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from jackfield.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    InvalidResponseError,
    PluginError,
    ProviderBlockedError,
    ProviderConflictError,
    ProviderLoadError,
    ProviderNotFoundError,
    StreamInterruptedError,
    UnsupportedOperationError,
)

from .anthropic import error_body
from .anthropic import error_type as anthropic_type
from .cleaning import cleaned

__all__ = ["Told", "anthropic", "openai", "openai_type", "told"]


@dataclass(frozen=True, slots=True)
class Told:
    """What a client is told; ``type`` is OpenAI's or the provider's word, ``retry_after`` is in whole seconds."""

    status: int
    message: str
    type: str = "server_error"
    code: str | None = None
    param: str | None = None
    retry_after: int | None = None
    request_id: str | None = None


SENTENCES: tuple[tuple[type[BaseException], int, str, str], ...] = (
    (ConfigurationError, 500, "configuration_error", "the gateway is not set up for this model"),
    (ProviderNotFoundError, 500, "provider_unavailable", "this model's provider is not available"),
    (ProviderConflictError, 500, "provider_unavailable", "this model's provider is not available"),
    (ProviderBlockedError, 500, "provider_unavailable", "this model's provider is not available"),
    (ProviderLoadError, 500, "provider_unavailable", "this model's provider is not available"),
    (PluginError, 500, "provider_error", "this model's provider failed"),
    (APITimeoutError, 504, "timeout", "the provider did not answer in time"),
    (StreamInterruptedError, 502, "stream_interrupted", "the provider's answer broke off"),
    (APIConnectionError, 502, "connection_error", "the provider cannot be reached"),
    (InvalidResponseError, 502, "invalid_response", "the provider's answer cannot be read"),
    (BaseException, 500, "internal_error", "internal error"),
)
"""Error class → status, code and sentence, the nearer class first: for all whose own text is not for clients."""

REFUSED_CREDENTIAL = {
    401: "the provider does not accept the gateway's credential",
    403: "the provider does not allow this to the gateway's credential",
}
"""For a provider's 401 and 403: their texts speak of the operator's key, not of the client's."""

OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}

LONGEST_WORD = 200  # characters of a provider's code, type or param


def told(error: BaseException, request_id: str | None) -> Told:
    """Return what a client is told of an error."""
    if isinstance(error, UnsupportedOperationError):
        message = cleaned(error.message)
        return Told(400, message, openai_type(400), "unsupported_operation", request_id=request_id)
    if isinstance(error, APIStatusError) and not isinstance(error, InvalidResponseError):
        if 300 <= error.status_code < 400:  # its text names where the redirect led
            return _fixed(APIConnectionError(""), request_id)
        return _of_status(error, request_id)
    return _fixed(error, request_id)


def openai(told: Told) -> dict[str, Any]:
    """Return it in OpenAI's shape."""
    return {"error": {"message": told.message, "type": told.type, "param": told.param, "code": told.code}}


def anthropic(told: Told) -> dict[str, Any]:
    """Return it in Anthropic's shape, which has its own word for each status and neither code nor parameter."""
    return error_body(anthropic_type(told.status), told.message, told.request_id)


def openai_type(status: int) -> str:
    """Return OpenAI's type name for an HTTP status."""
    return OPENAI_TYPES.get(status) or ("server_error" if status >= 500 else "invalid_request_error")


def _of_status(error: APIStatusError, request_id: str | None) -> Told:
    status = error.status_code if 400 <= error.status_code <= 599 else 502
    wait = _seconds(error.retry_after)
    if error.provider is None:  # the gateway's own
        return Told(status, error.message, error.type or openai_type(status), error.code, error.param, wait, request_id)
    if sentence := REFUSED_CREDENTIAL.get(status):
        return Told(status, sentence, openai_type(status), retry_after=wait, request_id=request_id)
    return Told(
        status,
        cleaned(error.message) or "the provider gave no reason",
        _word(error.type) or openai_type(status),
        _word(error.code),
        _word(error.param),
        wait,
        request_id,
    )


def _fixed(error: BaseException, request_id: str | None) -> Told:
    status, code, sentence = next(row[1:] for row in SENTENCES if isinstance(error, row[0]))
    if variables := getattr(error, "variables", ()):
        sentence = f"{sentence}: its operator has to set {' or '.join(variables)}"
    if status == 500 and request_id:
        sentence = f"{sentence} (the gateway's log tells more of request {request_id})"
    return Told(status, sentence, openai_type(status), code, request_id=request_id)


def _word(value: Any) -> str | None:
    return None if value is None else cleaned(str(value))[:LONGEST_WORD]


def _seconds(wait: float | None) -> int | None:
    return math.ceil(wait) if wait is not None and math.isfinite(wait) and wait >= 0 else None
