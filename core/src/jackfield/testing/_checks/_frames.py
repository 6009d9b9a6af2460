"""A recorded stream cut into its frames: where each ends, and which of them precede the finish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..._accumulate import Accumulator
from ..._chunks import as_chunk, chunk_of_text
from ..._framing import splitter_factory
from ...flow import EventStream
from ...types import ModelResponseStream, TextCompletionResponse
from .._cases import Case
from .._flows import description_of, several
from .._replay import API_BASE, body_at
from .._subject import Subject

__all__ = ["body_of", "chat_chunk", "cuts", "frames_at", "framing_of"]


def framing_of(subject: Subject, case: Case) -> Any:
    """Return the framing of a case's stream over HTTP, or None."""
    description = description_of(subject, case)
    return description.framing if description is not None else None


def body_of(case: Case) -> bytes:
    """Return the bytes of a case's stream."""
    return body_at(case.exchanges[-1].answer.body, API_BASE)


def frames_at(description: EventStream, body: bytes) -> Iterator[tuple[int, Any]]:
    """Yield how many bytes make each frame whole, and the frame."""
    splitter: Any = splitter_factory(description.framing)()
    for at in range(len(body)):
        for frame in splitter.feed(body[at : at + 1]):
            yield at + 1, frame


def cuts(description: EventStream, body: bytes) -> list[int]:
    """Return the ends of the frames that precede the finish."""
    ended = _Ending(description)
    ends: list[int] = []
    for at, frame in frames_at(description, body):
        if ended.after(frame):
            return ends
        ends.append(at)
    return ends[:-1]  # a splitter that holds its last frame back until the end


def chat_chunk(item: Any) -> ModelResponseStream:
    """Return what a decoder gave as a chat's chunk, that of a text completion too."""
    chunk = as_chunk(item)
    return chunk_of_text(chunk) if isinstance(chunk, TextCompletionResponse) else chunk


class _Ending:
    """Tells whether a stream has said its finish, as the core sees it."""

    def __init__(self, description: EventStream) -> None:
        self._accumulator = Accumulator("", include_usage=False)
        self._decoder: Any = description.decoder() if description.decoder is not None else None

    def after(self, frame: Any) -> bool:
        decoded = self._decoder.decode(frame)
        if decoded is None:
            return True
        for item in several(decoded):
            self._accumulator.push(chat_chunk(item))
        return self._accumulator.finished
