"""What is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jackfield.flow import Http, http

if TYPE_CHECKING:
    from jackfield import Request, Settings

__all__ = ["PARAMETERS", "query"]

PARAMETERS = ("max_tokens", "temperature", "top_p", "top_k")
"""The parameters of the format, in the order in which they are sent."""


def query(prompts: list[str], request: Request, settings: Settings) -> Http:
    """Ask the server to continue these prompts; raises ConfigurationError where no address is known."""
    return http("POST", settings.require_api_base(), headers=_headers(settings), json=_body(prompts, request, settings))


def _body(prompts: list[str], request: Request, settings: Settings) -> dict[str, Any]:
    """Return the body; ``extra_body`` stands beside, or in the place of, "model" and "params"."""
    given = {name: value for name in PARAMETERS if (value := request.params.get(name)) is not None}
    return {"model": request.model, "params": {"prompt": prompts, **given}, **settings.extra_body}


def _headers(settings: Settings) -> dict[str, str]:
    """Return the caller's headers, and the key where none of them is a credential already."""
    headers = {name.lower(): value for name, value in settings.headers.items()}
    if settings.api_key:
        headers.setdefault("authorization", f"Bearer {settings.api_key}")
    return headers
