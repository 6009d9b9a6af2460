"""What a client of the gateway sends for a case, and how it reads the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import ceil
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    ConfigurationError,
    InvalidResponseError,
    PluginError,
    UnsupportedOperationError,
)
from ._cases import Case
from ._differences import ANY
from ._results import plain_result

if TYPE_CHECKING:
    from ._runs import Outcome

__all__ = ["asked_of", "to_be_told", "told", "unroutable"]

ROUTES = {
    "completion": "/v1/chat/completions",
    "streaming": "/v1/chat/completions",
    "text_completion": "/v1/completions",
    "embedding": "/v1/embeddings",
    "image_generation": "/v1/images/generations",
    "image_edit": "/v1/images/edits",
}
CONFIGURED = {"api_version", "timeout", "headers", "extra_headers", "extra_body", "fallbacks", "drop_params"}
"""Options of a call that a gateway's config holds for each of its models."""

STATUSES = (
    (UnsupportedOperationError, 400),
    (ConfigurationError, 500),
    (PluginError, 500),
    (APITimeoutError, 504),
    (APIConnectionError, 502),
    (InvalidResponseError, 502),
)
"""Error → status, the nearer class first; all others have their own."""

DONE = "[DONE]"
UNNAMED = {"id", "created", "model"}


def unroutable(case: Case) -> str | None:
    """Say why a case cannot be sent through the gateway, or None."""
    if case.operation not in ROUTES:
        return f"the gateway has no route to a provider's {case.operation}"
    if others := sorted(case.options.keys() - CONFIGURED):
        return f"the gateway's config has no {', '.join(others)} of a single model"
    try:
        json.dumps([dict(case.options), dict(case.asked.params)])
    except TypeError as error:
        return f"what it gives beside the question cannot be written as JSON: {error}"
    return None


def asked_of(case: Case) -> tuple[str, bytes, dict[str, str]]:
    """Return path, body and headers of the request that asks for a case; image edits are a form, as of OpenAI's SDK."""
    asked = case.asked
    fields = {name: getattr(asked, name) for name in asked.own_fields() if name not in {"model", "metadata"}}
    body = {"model": case.name, **fields, **asked.params} | ({"stream": True} if case.streams else {})
    kind, content = _form(body) if case.operation == "image_edit" else ("application/json", json.dumps(body).encode())
    return ROUTES[case.operation], content, {"content-type": kind}


def _form(body: Mapping[str, Any]) -> tuple[str, bytes]:
    from ..transports.httpx_ import encode_form

    images = [("image[]", image) for image in body["image"]]
    masks = [("mask", body["mask"])] if body.get("mask") is not None else []
    fields = {name: value for name, value in body.items() if name not in {"image", "mask"} and value is not None}
    return encode_form(fields, [(name, _upload(image)) for name, image in (*images, *masks)])


def _upload(image: Any) -> Any:
    return Path(image).read_bytes() if isinstance(image, str | PathLike) else image


def told(case: Case, status: int, wait: str | None, content: str) -> dict[str, Any]:
    """Return an answer of the gateway for comparison: status, Retry-After, and its JSON or its list of events."""
    if not case.streams or status != 200:
        return {"status": status, "retry-after": wait, "answer": _bare(json.loads(content))}
    # Split at newlines and nowhere else: a text may hold what splitlines() takes for a line's end.
    data = [line.removeprefix("data: ") for line in content.split("\n") if line.startswith("data: ")]
    return {"status": status, "retry-after": wait, "answer": [_bare(json.loads(each)) for each in data if each != DONE]}


def to_be_told(case: Case, outcome: Outcome) -> dict[str, Any]:
    """Return what the gateway's answer is to be, in the form of ``told``, where a sync call had this outcome."""
    error = outcome.error
    if error is None:
        answer = _bare(outcome.plain["chunks"] if case.streams else outcome.plain)
        if case.operation == "embedding":
            answer["usage"] = _counts_of_vectors(answer.get("usage", {}))
        return {"status": 200, "retry-after": None, "answer": answer}
    if outcome.chunks:
        chunks = _bare(plain_result(outcome.chunks))
        return {"status": 200, "retry-after": None, "answer": [*chunks, {"error": _of_error(error)}]}
    wait = getattr(error, "retry_after", None)
    seconds = None if wait is None else str(ceil(wait))
    return {"status": _status(error), "retry-after": seconds, "answer": {"error": _of_error(error)}}


def _counts_of_vectors(usage: Mapping[str, Any]) -> dict[str, Any]:
    # On OpenAI's wire both counts are there, 0 where nobody knows them, and nothing is counted that was written.
    known = {name: count for name, count in usage.items() if name != "completion_tokens"}
    return {"prompt_tokens": 0, "total_tokens": 0, **known}


def _status(error: Exception) -> int:
    """Return the status that an error maps to."""
    for kind, status in STATUSES:
        if isinstance(error, kind):
            return status
    own = getattr(error, "status_code", 0)
    return own if 400 <= own <= 599 else 502


def _of_error(error: Exception) -> dict[str, Any]:
    """Return an error in OpenAI's shape. What is the operator's alone the gateway tells in words of its own."""
    said = {"message": ANY, "type": ANY}
    if not isinstance(error, APIStatusError) or isinstance(error, InvalidResponseError) or error.status_code < 400:
        return said | {"code": ANY}
    if error.status_code in {401, 403}:
        return said
    # Where several parameters are refused, which is named first hangs on their order.
    named = {"code": error.code and str(error.code), "param": error.param and ANY}
    return said | {name: value for name, value in named.items() if value is not None}


def _bare(value: Any) -> Any:
    """Return plain JSON without nulls and without what the gateway names in its own way."""
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, dict):
        return {name: _bare(item) for name, item in value.items() if item is not None and name not in UNNAMED}
    return value
