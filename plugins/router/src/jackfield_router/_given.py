"""What a caller gives along with a call to a group: options that go before the deployment's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from jackfield import CallOptions, Settings

__all__ = ["Given", "given_in", "joined"]

CREDENTIAL = re.compile("auth|cookie|key|secret|token", re.IGNORECASE)
"""What the name of a header that carries one holds."""

BOUND_TO_ADDRESS = ("api_key", "api_version", "headers", "extra_headers", "extra_body")
"""A deployment's options that may hold its credentials, and so go to no other address than its own."""


class Given(NamedTuple):
    """The caller's options, None where there are none, and whether an address or a credential is among them."""

    options: CallOptions | None = None
    credentials: bool = False


def given_in(settings: Settings) -> Given:
    """Return what the caller gave for this call.

    The limits of time are not among it: they bound the attempts from outside.
    """
    said: dict[str, Any] = {
        "api_key": settings.api_key,
        "api_base": settings.api_base,
        "api_version": settings.api_version,
        "extra_headers": settings.headers,
        "extra_body": settings.extra_body,
        "drop_params": settings.drop_params,
        "client": settings.client,
    }
    options = {name: value for name, value in said.items() if value}
    if not options:
        return Given()
    credentials = "api_key" in options or "api_base" in options or any(map(CREDENTIAL.search, settings.headers))
    return Given(cast("CallOptions", options), credentials)


def joined(own: CallOptions, given: CallOptions) -> CallOptions:
    """Return a deployment's options with the caller's before them; headers and extra bodies are joined."""
    kept: dict[str, Any] = dict(own)
    if "api_base" in given:
        for name in BOUND_TO_ADDRESS:
            kept.pop(name, None)
    both = {name: {**kept[name], **value} for name, value in _mappings(given) if kept.get(name)}
    return cast("CallOptions", kept | given | both)


def _mappings(given: CallOptions) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in given.items() if name in ("extra_headers", "extra_body")]
