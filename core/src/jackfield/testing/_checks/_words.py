"""Texts in other letters of as many bytes, and a recorded stream with them, as the server would send it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from .._cases import Case
from .._results import plain_result
from .._runs import Outcome

__all__ = ["answered_with", "chunk_texts", "in_other_letters", "in_other_words", "texts_in", "with_separators"]

LETTERS = "abcdefghijklmnopqrstuvwxyz"
OTHER_LETTERS = str.maketrans(LETTERS + LETTERS.upper(), 2 * "zabcdefghijklmnopqrstuvwxy")

SEPARATORS = ("\u2028", "\x85")
"""Where `str.splitlines` cuts and no server does."""


def in_other_letters(value: Any) -> Any:
    """Return a value of JSON with each letter of its texts and names changed for another."""
    if isinstance(value, Mapping):
        return {in_other_letters(name): in_other_letters(item) for name, item in value.items()}
    if isinstance(value, list):
        return [in_other_letters(item) for item in value]
    return value.translate(OTHER_LETTERS) if isinstance(value, str) else value


def texts_in(value: Any) -> Iterator[str]:
    """Yield all texts that a value of JSON holds, names aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from texts_in(item)


def in_other_words(case: Case, alone: Outcome) -> Case:
    """Return the case with the letters of its texts changed, each for one of as many bytes."""
    body = case.exchanges[-1].answer.body
    for text in sorted(set(chunk_texts(alone)), key=len, reverse=True):
        body = body.replace(text.encode(), in_other_letters(text).encode())
    return answered_with(case, body)


def answered_with(case: Case, body: bytes, number: int = -1) -> Case:
    """Return the case with another body of the answer of this number, else of the last."""
    exchanges = list(case.exchanges)
    exchanges[number] = replace(exchanges[number], answer=replace(exchanges[number].answer, body=body))
    return replace(case, exchanges=tuple(exchanges))


def with_separators(case: Case, alone: Outcome) -> Iterator[tuple[str, str, Case]]:
    """Yield a text of the stream, the same with a line end that only Unicode knows within it, and the case with it.

    As many bytes of ASCII make room for it. Nothing is yielded where the text cannot be found in the body.
    """
    body = case.exchanges[-1].answer.body
    for separator in SEPARATORS:
        size = len(separator.encode())
        for text in chunk_texts(alone):
            if len(text) > size + 1 and text[1 : size + 1].isascii() and body.count(text.encode()) == 1:
                other = text[0] + separator + text[size + 1 :]
                yield text, other, answered_with(case, body.replace(text.encode(), other.encode()))
                break


def chunk_texts(alone: Outcome) -> Iterator[str]:
    """Yield the texts of a stream's chunks that are longer than a letter."""
    for chunk in plain_result(alone.chunks):
        for choice in chunk.get("choices", []):
            text = choice.get("text") or choice.get("delta", {}).get("content")
            if isinstance(text, str) and len(text) > 1:
                yield text
