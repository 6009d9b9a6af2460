"""The errors of ``jackfield.errors`` under the names that LiteLLM's users know."""

from __future__ import annotations

from . import errors as _errors
from .errors import *  # noqa: F403  # the whole tree, by its __all__
from .errors import APIStatusError, APITimeoutError, BadRequestError, InternalServerError

APIError = APIStatusError
Timeout = APITimeoutError
BadGatewayError = InternalServerError
InvalidRequestError = BadRequestError
UnsupportedParamsError = BadRequestError
APIResponseValidationError = _errors.InvalidResponseError

__all__ = [  # noqa: PLE0604  # strings, all of them
    *_errors.__all__,
    "APIError",
    "APIResponseValidationError",
    "BadGatewayError",
    "InvalidRequestError",
    "Timeout",
    "UnsupportedParamsError",
]
