"""Every error that jackfield raises.

    JackfieldError
    ├─ ConfigurationError              the operator's side: a missing credential, a bad setting
    ├─ PluginError                     a plugin's side; raised as it is when a plugin's own code failed
    │  ├─ ProviderNotFoundError
    │  ├─ ProviderConflictError        two plugins claim one name
    │  ├─ ProviderBlockedError         switched off by an environment variable
    │  ├─ ProviderLoadError            the plugin does not import, or is no plugin
    │  ├─ UnsupportedOperationError    the provider has no such operation
    │  └─ ContractViolationError       a hook broke the contract
    ├─ APIConnectionError              no answer: refused, reset, undecodable
    │  ├─ APITimeoutError
    │  └─ StreamInterruptedError       the stream ended before its finish
    └─ APIStatusError                  an answer that is an error
       ├─ BadRequestError              400, and bad arguments before any I/O
       │  ├─ ContextWindowExceededError
       │  └─ ContentPolicyViolationError
       ├─ AuthenticationError          401
       ├─ PermissionDeniedError        403
       ├─ NotFoundError                404
       ├─ ConflictError                409
       ├─ UnprocessableEntityError     422
       ├─ RateLimitError               429
       ├─ InternalServerError          500 and above
       │  └─ ServiceUnavailableError   503
       └─ InvalidResponseError         a 2xx that does not parse

A message never holds a traceback. A file path stands only in ConfigurationError and PluginError.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "ContentPolicyViolationError",
    "ContextWindowExceededError",
    "ContractViolationError",
    "InternalServerError",
    "InvalidResponseError",
    "JackfieldError",
    "NotFoundError",
    "PermissionDeniedError",
    "PluginError",
    "ProviderBlockedError",
    "ProviderConflictError",
    "ProviderLoadError",
    "ProviderNotFoundError",
    "RateLimitError",
    "ServiceUnavailableError",
    "StreamInterruptedError",
    "UnprocessableEntityError",
    "UnsupportedOperationError",
]


LONGEST_MESSAGE = 500
"""Characters of a server's own text that an error repeats."""


FOREIGN_DETAILS = frozenset(
    {
        *("litellm_debug_info", "max_retries", "num_retries", "request", "response", "headers", "body"),
        *("provider_specific_fields", "exception_status_code"),
    }
)
"""What LiteLLM's constructors take beyond ours: code that comes from there may still pass it, and nothing uses it."""


class JackfieldError(Exception):
    """The base of them all.

    ``provider`` and ``model`` name what was called, ``retryable`` says whether the same call may succeed later,
    ``partial`` holds what had arrived when a stream failed (a response object), else None.
    """

    retryable: bool = False

    def __init__(
        self,
        message: str,
        *positional: object,
        provider: str | None = None,
        model: str | None = None,
        llm_provider: str | None = None,
        **details: Any,
    ) -> None:
        if positional:
            raise TypeError(
                f"{type(self).__name__} takes the message by position and everything else by keyword "
                "(provider=, model=, status_code= …)"
            )
        self.message = _text(message)
        super().__init__(self.message)
        self.provider = provider or llm_provider
        self.model = model
        self.partial: Any = None
        self._take(details)

    def _take(self, details: dict[str, Any]) -> None:
        if unknown := details.keys() - FOREIGN_DETAILS:
            raise TypeError(f"{type(self).__name__} got an unexpected keyword argument {min(unknown)!r}")

    def __str__(self) -> str:
        return self.message


def _text(said: object) -> str:
    """Return as text what a plugin took for a message: a server's may be a list of what is wrong, or missing."""
    return said if isinstance(said, str) else "" if said is None else str(said)


class ConfigurationError(JackfieldError):
    """The operator's side: a credential is missing, a setting or a config file is wrong.

    ``variables`` names the environment variables of which each would mend it, for those who may not see the message.
    """

    def __init__(self, message: str, *positional: object, variables: Iterable[str] = (), **details: Any) -> None:
        super().__init__(message, *positional, **details)
        self.variables = tuple(variables)


class PluginError(JackfieldError):
    """A plugin's side. Raised as it is when a plugin's own code failed with an exception of its own."""


class ProviderNotFoundError(PluginError):
    """No installed plugin and no registration has this provider name."""


class ProviderConflictError(PluginError):
    """Two installed distributions claim this name."""


class ProviderBlockedError(PluginError):
    """The plugin is installed, but an environment variable switches it off."""


class ProviderLoadError(PluginError):
    """The plugin does not import, is made for a newer core, or is no plugin at all."""


class UnsupportedOperationError(PluginError):
    """The provider has no such operation, and it cannot be made of those it has."""


class ContractViolationError(PluginError):
    """A plugin's hook did what the contract does not allow.

    ``blamed`` says whether the message names whose hook it was.
    """

    blamed = False


class APIConnectionError(JackfieldError):
    """No answer came: refused, reset, no such host, or bytes that are no HTTP."""

    retryable = True


class APITimeoutError(APIConnectionError):
    """No answer, or no next chunk, within ``timeout`` seconds."""


class StreamInterruptedError(APIConnectionError):
    """The stream ended before its finish; ``partial`` holds what had arrived."""


class APIStatusError(JackfieldError):
    """The server answered with an error.

    ``status_code`` is the HTTP status, ``code``, ``type`` and ``param`` are the server's own words where it gave them,
    ``body`` is the parsed (or raw) body, ``request_id`` the server's id, ``retry_after`` a wait in seconds or None.
    """

    status_code: int = 500
    _fields: ClassVar = ("status_code", "code", "type", "param", "body", "request_id", "retry_after")

    code: str | None = None
    type: str | None = None
    param: str | None = None
    body: Any = None
    request_id: str | None = None
    retry_after: float | None = None

    def _take(self, details: dict[str, Any]) -> None:
        for name in self._fields:
            if (value := details.pop(name, None)) is not None:
                setattr(self, name, value)
        super()._take(details)

    @property
    def retryable(self) -> bool:  # type: ignore[override]  # read-only here: it follows from the status
        return self.status_code in RETRYABLE_STATUS


class BadRequestError(APIStatusError):
    """The request is wrong; also raised for bad arguments, before any I/O."""

    status_code = 400


class ContextWindowExceededError(BadRequestError):
    """The prompt is longer than the model takes."""


class ContentPolicyViolationError(BadRequestError):
    """The server refuses this content."""


class AuthenticationError(APIStatusError):
    """The credential is missing or wrong."""

    status_code = 401


class PermissionDeniedError(APIStatusError):
    """The credential is right, but does not allow this."""

    status_code = 403


class NotFoundError(APIStatusError):
    """No such model or no such route."""

    status_code = 404


class ConflictError(APIStatusError):
    """The server's state does not allow this now."""

    status_code = 409


class UnprocessableEntityError(APIStatusError):
    """The request is well-formed and means nothing to the server."""

    status_code = 422


class RateLimitError(APIStatusError):
    """Too many requests or tokens; ``retry_after`` where the server says how long."""

    status_code = 429


class InternalServerError(APIStatusError):
    """The server failed."""

    status_code = 500


class ServiceUnavailableError(InternalServerError):
    """The server cannot answer now."""

    status_code = 503


class InvalidResponseError(APIStatusError):
    """The server answered 2xx with something that does not parse."""

    status_code = 502

    @property
    def retryable(self) -> bool:  # type: ignore[override]
        return False


RETRYABLE_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})

STATUS_TO_ERROR: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: BadRequestError,
    418: BadRequestError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    503: ServiceUnavailableError,
}


def error_class(status: int) -> type[APIStatusError]:
    """Return the class for an HTTP status: the one table of status and error."""
    return STATUS_TO_ERROR.get(status) or (InternalServerError if status >= 500 else APIStatusError)


CODE_TO_ERROR: dict[str, type[APIStatusError]] = {
    "context_length_exceeded": ContextWindowExceededError,
    "content_policy_violation": ContentPolicyViolationError,
    "content_filter": ContentPolicyViolationError,
}


def error_of_body(
    status: int, body: Any, *, otherwise: str = "the server sent an error without a message"
) -> APIStatusError:
    """Return the error that a status and a parsed body mean, for providers whose errors come with status 200 too.

    Read are the shapes that servers commonly send: an ``error`` object or text, else ``message`` or ``detail``;
    ``otherwise`` is the message where there is none.
    """
    details = _details(body)
    message = details.pop("message", None) or otherwise
    code = details.get("code")
    wanted = CODE_TO_ERROR.get(code) if isinstance(code, str) and status < 500 else None
    return (wanted or error_class(status))(str(message), status_code=status, body=body, **details)


def _details(body: Any) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        return {}
    error = body.get("error") or body
    if isinstance(error, str):
        return {"message": error}
    if not isinstance(error, Mapping):
        error = body
    details = {name: error[name] for name in ("message", "code", "type", "param") if error.get(name) is not None}
    message = details.setdefault("message", error.get("detail"))
    if not isinstance(message, str | None):
        details["message"] = json.dumps(message, default=str)[:LONGEST_MESSAGE]
    return details
