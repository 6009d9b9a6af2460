"""Answers: bytes to responses and chunks, parsed once and straight into their types."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from jackfield import HttpResponse, InvalidResponseError, ModelResponse, ServerSentEvent, types

if TYPE_CHECKING:
    from pydantic import BaseModel

from ._errors import error_in

__all__ = ["ChunkDecoder", "model_list", "parsed"]

WHOLE = "chat.completion"

ResponseT = TypeVar("ResponseT", bound="BaseModel")
ChunkT = TypeVar("ChunkT", "types.ModelResponseStream", "types.TextCompletionResponse")


def parsed(kind: type[ResponseT], response: HttpResponse, needed: str) -> ResponseT:
    """Return a whole answer as its type, which needs at least the field named.

    Raises the error that an answer of status 200 may hold in its body, and InvalidResponseError for what is neither.
    """
    try:
        answer = kind.model_validate_json(response.content)
    except ValueError:
        _raise_error_in(response)
        raise  # which the core maps, saying where the shape does not fit
    extra = answer.__pydantic_extra__
    if needed not in answer.model_fields_set or (extra and extra.get("error")):
        _raise_error_in(response)
        raise InvalidResponseError(
            f"the server answered without {needed!r}; is api_base the address of a server of this format?",
            body=response.json(),
        )
    return answer


def model_list(response: HttpResponse) -> types.ModelList:
    """Return a list of models; some servers send it bare."""
    if response.content.lstrip().startswith(b"["):
        return types.ModelList.model_validate({"data": response.json()})
    return parsed(types.ModelList, response, "data")


def _raise_error_in(response: HttpResponse) -> None:
    error = error_in(response.json())
    if error is not None:
        error.request_id = response.headers.get("x-request-id")
        raise error


class ChunkDecoder(Generic[ChunkT]):
    """Events to chunks of one kind. It keeps no state.

    ``decode`` is the hot path of a long stream. What only a few events need is found where parsing fails (``[DONE]``
    is no JSON), or where a chunk has fields beyond its type's.
    """

    def __init__(self, kind: type[ChunkT]) -> None:
        self._parse: Callable[[bytes], ChunkT] = kind.model_validate_json

    def decode(self, event: ServerSentEvent, /) -> ChunkT | ModelResponse | tuple[()] | None:
        """Return the event's chunk, or None at ``[DONE]``; raises the error that an event may hold."""
        try:
            chunk = self._parse(event.data)
        except ValueError as problem:
            return _of_no_chunk(event, problem)
        if chunk.object == WHOLE:  # from a server that passes over ``stream``
            return ModelResponse.model_validate_json(event.data)
        extra = chunk.__pydantic_extra__
        if extra and ("error" in extra or event.event == "error" or chunk.object == "error"):
            _raise_error_event(extra, certain="error" not in extra)
        return chunk


def _of_no_chunk(event: ServerSentEvent, problem: Exception) -> tuple[()] | None:
    data = event.data.strip()
    if data == b"[DONE]":
        return None
    if not data:  # as some servers keep the connection alive
        return ()
    body = _of_json(data, event)
    _raise_error_event(body, certain=event.event == "error")
    raise problem  # JSON of another shape: the core says where it does not fit


def _of_json(data: bytes, event: ServerSentEvent) -> Any:
    try:
        return json.loads(data)
    except ValueError as problem:
        text = data.decode("utf-8", "replace")
        if event.event == "error":
            return text
        raise InvalidResponseError(
            f"the stream holds an event that is no JSON: {text[:200]!r}", body=text[:2000]
        ) from problem


def _raise_error_event(body: Any, *, certain: bool) -> None:
    if (error := error_in(body, certain=certain)) is not None:
        raise error
