"""A stand-in for what your provider calls: an SDK, or a library that runs the model. Nothing in it knows jackfield."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["Completion", "EngineError", "OverloadError", "complete", "count", "stream", "vector"]


class EngineError(Exception):
    """The engine could not answer."""


class OverloadError(EngineError):
    """Too much at once; `seconds` is how long to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__("every worker is busy")
        self.seconds = seconds


@dataclass
class Completion:
    """A whole answer: its text, whether the limit cut it off, and the tokens (words) on both sides."""

    text: str
    cut: bool
    read: int
    written: int


def stream(model: str, prompt: str, limit: int | None = None) -> Iterator[str | Completion]:
    """Say the prompt back word by word, and at last what it was as a whole. The models "busy" and "broken" fail."""
    if model == "busy":
        raise OverloadError(seconds=2.0)
    words = re.findall(r"\s*\S+", prompt)
    said = words[:limit]
    for place, word in enumerate(said):
        if model == "broken" and place:
            raise EngineError("the engine has lost its weights")
        yield word
    yield Completion("".join(said), cut=len(said) < len(words), read=len(words), written=len(said))


def complete(model: str, prompt: str, limit: int | None = None) -> Completion:
    """Say the prompt back."""
    *_, whole = stream(model, prompt, limit)
    assert isinstance(whole, Completion)
    return whole


def vector(text: str) -> list[float]:
    """Return a vector for a text: its length, and how many of its letters are vowels."""
    return [float(len(text)), float(len(re.findall("[aeiou]", text)))]


def count(text: str) -> int:
    """Return how many tokens a text is."""
    return len(text.split())
