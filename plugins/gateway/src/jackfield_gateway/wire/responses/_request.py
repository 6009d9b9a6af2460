"""A request of the Responses format as a chat's: messages and parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jackfield import BadRequestError

from ..shape import a_boolean, a_string, an_object
from ._conversation import messages_of
from ._parameters import chat_parameters

__all__ = ["request_to_chat"]

NOT_PARAMETERS = frozenset({"model", "input", "instructions", "stream"})


def request_to_chat(body: Mapping[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the messages and the parameters of the chat that a request means; ``model`` and ``stream`` stay with it.

    Parameters keep the caller's order, and those that are not known here pass on as they are. A streamed chat is asked
    for its usage, which the last event needs (``stream_options.include_usage``), unless the caller says otherwise.
    Raises BadRequestError with ``param`` for a wrong shape, and for what a gateway that keeps nothing cannot do.
    """
    body = an_object(body, "body")
    a_string(body.get("model"), "model")
    params = _params_of(body)
    if body.get("stream") is not None and a_boolean(body["stream"], "stream"):
        params["stream_options"] = {"include_usage": True, **params.get("stream_options", {})}
    return messages_of(body.get("input"), body.get("instructions")), params


def _params_of(body: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    for name, value in body.items():
        if name in NOT_PARAMETERS:
            continue
        for meant, said in chat_parameters(name, value).items():
            if params.setdefault(meant, said) != said:
                raise BadRequestError(
                    f"{name}: the request says {meant} twice, and not the same; say it once", param=name
                )
    return params
