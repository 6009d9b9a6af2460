"""Texts as words: echo's tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jackfield import BadRequestError, Request, Usage

from ._parameters import count

__all__ = ["limited", "pieces", "usage"]


def pieces(text: str) -> list[str]:
    """Cut a text into its words, each with the blanks before it; together they are the text."""
    return re.findall(r"\s*\S+|\s+$", text)


def limited(text: str, request: Request) -> tuple[str, str]:
    """Return the text as far as ``stop`` and ``max_tokens`` let it go, and the finish reason."""
    for mark in _marks(request):
        text = text.partition(mark)[0]
    most = count(request, "max_completion_tokens") or count(request, "max_tokens")
    words = pieces(text)
    if most is not None and len(words) > most:
        return "".join(words[:most]), "length"
    return text, "stop"


def _marks(request: Request) -> list[str]:
    stop = request.params.get("stop") or []
    marks = [stop] if isinstance(stop, str) else stop
    if not isinstance(marks, list) or not all(isinstance(mark, str) and mark for mark in marks):
        raise BadRequestError(f"stop must be a text or a list of texts, not {stop!r}", param="stop")
    return marks


def usage(sent: Iterable[str], answered: Iterable[str]) -> Usage:
    """Count words on both sides."""
    prompt, completion = (sum(len(text.split()) for text in texts) for texts in (sent, answered))
    return Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)
