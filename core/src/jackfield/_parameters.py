"""Parameters are never dropped silently: passed on, or refused by name, or dropped with a warning when asked to."""

from __future__ import annotations

import warnings
from typing import Any

from ._kinds import Operation
from ._settings import ProviderInfo
from .errors import BadRequestError
from .flow import Flow
from .types import Request

__all__ = ["checked"]

STREAM_OPTIONS = "stream_options"


def checked(operation: str, function: Operation, info: ProviderInfo) -> Operation:
    """Return a provider's own operation behind a check of the parameters it can send."""
    allowed = None if info.parameters is None else info.parameters.get(operation)

    def flow(request: Any, settings: Any) -> Flow[Any]:
        if allowed is not None or STREAM_OPTIONS in request.params:
            request = _with_allowed(request, operation, allowed, settings)
        return function(request, settings)

    return flow


def _with_allowed(request: Request, operation: str, allowed: Any, settings: Any) -> Request:
    params = dict(request.params)
    # The core answers include_usage itself, so stream_options is neither refused nor passed on where it means nothing.
    if not getattr(request, "stream", False) or (allowed is not None and STREAM_OPTIONS not in allowed):
        params.pop(STREAM_OPTIONS, None)
    if allowed is not None and (unknown := [name for name in params if name not in allowed]):
        _refuse_or_warn(unknown, operation, settings)
        for name in unknown:
            del params[name]
    return request if params == request.params else request.replace(params=params)


def _refuse_or_warn(unknown: list[str], operation: str, settings: Any) -> None:
    names = ", ".join(unknown)
    if not settings.drop_params:
        raise BadRequestError(
            f"the provider {settings.provider!r} cannot send {names} with {operation}; leave it out, or pass "
            "drop_params=True to have it dropped",
            param=unknown[0],
        )
    warnings.warn(f"drop_params: the provider {settings.provider!r} does not get {names}", stacklevel=2)
