"""A whole answer as the chunks of a stream: what a server might have sent, in pieces of three characters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._chunks import chunk_of_response
from ._shapes import text_in
from .types import Delta, DeltaToolCall, FunctionCall, ModelResponse, ModelResponseStream, StreamingChoices

__all__ = ["PIECE", "cut", "pieces"]

PIECE = 3  # characters


def pieces(whole: ModelResponse) -> Iterator[ModelResponseStream]:
    """Cut a whole answer into chunks: each choice's message, the finish reasons, the usage."""
    chunk = chunk_of_response(whole)
    for choice in chunk.choices:
        for delta in _deltas(choice.delta):
            yield chunk.replace(choices=[StreamingChoices(index=choice.index, delta=delta)], usage=None)
    yield chunk.replace(choices=[choice.replace(delta=Delta()) for choice in chunk.choices], usage=None)
    if chunk.usage is not None:
        yield chunk.replace(choices=[])


def cut(text: str) -> list[str]:
    """Cut a text; an empty one is one empty piece."""
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)] or [""]


def _deltas(delta: Delta) -> Iterator[Delta]:
    """Cut a message: all that is no text, with the text's first piece; the rest of the text; each tool call."""
    text: list[Any] = [None] if delta.content is None else cut(text_in(delta.content))
    yield delta.replace(content=text[0], tool_calls=None)
    for piece in text[1:]:
        yield Delta(content=piece)
    for call in delta.tool_calls or ():
        function = call.function or FunctionCall()
        first, *rest = cut(function.arguments or "")
        yield Delta(tool_calls=[call.replace(function=function.replace(arguments=first))])
        for piece in rest:
            yield Delta(tool_calls=[DeltaToolCall(index=call.index, function=FunctionCall(arguments=piece))])
