"""Everything that can go wrong, mapped to jackfield's errors: the one place that does it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeGuard

from ._blame import place_of, slip_in
from ._shapes import first_problem
from .errors import (
    LONGEST_MESSAGE,
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ContractViolationError,
    InvalidResponseError,
    JackfieldError,
    PluginError,
    error_class,
    error_of_body,
)
from .flow import HTML_PAGE, HttpResponse

__all__ = ["error_of_exception", "error_of_response", "retry_after", "scrub"]

BODY_EXCERPT = 2000
REDACTED = "***"


def error_of_response(
    response: HttpResponse, hook: Callable[[HttpResponse], JackfieldError | None] | None = None
) -> JackfieldError:
    """Return the error that a response of status 300 and above means; the provider's ``response_error`` reads first."""
    error: Any = hook(response) if hook is not None and response.status >= 400 else None
    if error is None:
        error = _error_of_body(response)
    elif not isinstance(error, JackfieldError):
        error = ContractViolationError(f"response_error returned {type(error).__name__}, not a JackfieldError or None")
    if isinstance(error, APIStatusError):
        error.request_id = error.request_id or response.headers.get("x-request-id")
        if error.retry_after is None:
            error.retry_after = retry_after(response.headers)
    failed: JackfieldError = error
    return failed


def _error_of_body(response: HttpResponse) -> APIStatusError:
    status = response.status
    if status < 400:
        target = response.headers.get("location", "an unnamed address")
        return APIStatusError(
            f"the server answered {status}, a redirect to {target}; redirects are not followed, since a credential "
            "must not travel: set api_base to the address itself",
            status_code=status,
        )
    return error_of_body(status, _parsed(response), otherwise=_excerpt(response) or "no message")


def _parsed(response: HttpResponse) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return response.text[:BODY_EXCERPT]


def _excerpt(response: HttpResponse) -> str:
    if response.is_html:
        return f"the server answered {response.status} with {HTML_PAGE}"
    text = response.text.strip()
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the wait in seconds that ``retry-after-ms`` or ``Retry-After`` (seconds or a date) ask for, or None."""
    try:
        if (milliseconds := headers.get("retry-after-ms")) is not None:
            return max(0.0, float(milliseconds) / 1000)
        value = headers.get("retry-after")
        if value is None:
            return None
        if value.strip().replace(".", "", 1).isdigit():
            return float(value)
        import time
        from email.utils import parsedate_to_datetime

        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None  # a header that means nothing asks for nothing


def error_of_exception(error: Exception, who: str, *, asked: bool = True) -> JackfieldError:
    """Return what a foreign exception means; ``who`` names the plugin it came out of.

    ``asked`` says whether anything was asked yet: what could not be read before is no server's answer.
    """
    if isinstance(error, JackfieldError):
        return error
    if isinstance(error, TimeoutError):
        return APITimeoutError(str(error) or "timed out")
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and not isinstance(status, bool):
        return _with_status(error, status)
    if (httpx := sys.modules.get("httpx")) is not None and isinstance(error, httpx.HTTPError):
        return _error_of_httpx(error, httpx)
    if asked and (unreadable := _unreadable(error)) is not None:
        return InvalidResponseError(unreadable)
    said = first_problem(error) if _is_validation(error) else error
    return PluginError(f"{who} failed with {type(error).__name__}: {said}{place_of(error)}{slip_in(error)}")


def _is_validation(error: Exception) -> TypeGuard[ValueError]:
    return type(error).__name__ == "ValidationError" and isinstance(error, ValueError)


def _unreadable(error: Exception) -> str | None:
    if _is_validation(error):
        return f"the server's answer has another shape than expected: {first_problem(error)}"
    if isinstance(error, json.JSONDecodeError | UnicodeDecodeError):
        return f"the server sent something that is no JSON: {error}"
    return None


def _with_status(error: Exception, status: int) -> JackfieldError:
    message = getattr(error, "message", None)
    headers = getattr(getattr(error, "response", None), "headers", None)
    wait = getattr(error, "retry_after", None)
    if isinstance(wait, bool) or not isinstance(wait, int | float):
        wait = None
    if wait is None and isinstance(headers, Mapping):
        wait = retry_after(headers)
    text = message if isinstance(message, str) else str(error)
    return error_class(status)(text or type(error).__name__, status_code=status, retry_after=wait)


def _error_of_httpx(error: Any, httpx: Any) -> JackfieldError:
    if isinstance(error, httpx.HTTPStatusError):
        response = error.response
        content = response.content if response.is_stream_consumed else b""
        return error_of_response(HttpResponse(response.status_code, response.headers, content))
    if isinstance(error, httpx.TimeoutException):
        return APITimeoutError(str(error) or "timed out")
    return APIConnectionError(str(error) or type(error).__name__)


def scrub(error: JackfieldError, secrets: Iterable[str]) -> None:
    """Take the call's secrets out of an error: its message, its body, and causes that show one."""
    for secret in secrets:
        if len(secret) < 4:  # would tear innocent words apart, and hides nothing
            continue
        if secret in error.message:
            error.message = error.message.replace(secret, REDACTED)
            error.args = (error.message, *error.args[1:])
        if notes := getattr(error, "__notes__", None):
            error.__notes__ = [note.replace(secret, REDACTED) for note in notes]
        for name in ("body", "code", "type", "param", "request_id"):
            if (value := getattr(error, name, None)) is not None:
                setattr(error, name, _scrubbed(value, secret))
        if _shows(error.__cause__, secret) or _shows(error.__context__, secret):
            error.__cause__ = None
            error.__context__ = None
            error.__suppress_context__ = True


def _scrubbed(value: Any, secret: str) -> Any:
    if isinstance(value, str):
        return value.replace(secret, REDACTED)
    if isinstance(value, Mapping):
        return {_scrubbed(key, secret): _scrubbed(item, secret) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_scrubbed(item, secret) for item in value)
    return value


def _shows(error: BaseException | None, secret: str) -> bool:
    """Whether an error, or what led to it by either way, shows a secret."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        error = waiting.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        if any(secret in text for text in (str(error), repr(error), *getattr(error, "__notes__", ()))):
            return True
        waiting += (error.__cause__, error.__context__)
    return False
