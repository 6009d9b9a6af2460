"""A recorded stream with other texts, as the server would send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .._cases import Case
from .._results import plain_result
from .._runs import Outcome

__all__ = ["in_other_words"]

LETTERS = "abcdefghijklmnopqrstuvwxyz"
OTHER_LETTERS = str.maketrans(LETTERS + LETTERS.upper(), 2 * "zabcdefghijklmnopqrstuvwxy")


def in_other_words(case: Case, alone: Outcome) -> Case:
    """Return the case with the letters of its texts changed, each for one of as many bytes."""
    last = case.exchanges[-1]
    body = last.answer.body
    for text in sorted(set(_texts(alone)), key=len, reverse=True):
        body = body.replace(text.encode(), text.translate(OTHER_LETTERS).encode())
    return replace(case, exchanges=(*case.exchanges[:-1], replace(last, answer=replace(last.answer, body=body))))


def _texts(alone: Outcome) -> Iterator[str]:
    for chunk in plain_result(alone.chunks):
        for choice in chunk.get("choices", []):
            text = choice.get("text") or choice.get("delta", {}).get("content")
            if isinstance(text, str) and len(text) > 1:
                yield text
