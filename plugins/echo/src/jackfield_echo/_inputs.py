"""The forms in which texts come to ``text_completion`` and ``embedding``."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["texts_of"]


def texts_of(given: str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]) -> list[str]:
    """Return one text, several, or token numbers, as a list of texts; echo reads a token as its number."""
    if isinstance(given, str):
        return [given]
    if all(isinstance(item, int) for item in given):
        return [" ".join(map(str, given))]
    return [item if isinstance(item, str) else " ".join(map(str, item)) for item in given]  # type: ignore[arg-type]
