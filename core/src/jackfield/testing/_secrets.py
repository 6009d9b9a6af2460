"""The key in every form in which it could leak."""

from __future__ import annotations

import string
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["forms_of", "hidden", "shows", "texts_of"]

BASE64 = string.ascii_letters + string.digits + "+/-_"
LONG_ENOUGH = 6
"""Characters of a form: a shorter one would be found in innocent text."""

PIECE = 8
"""Characters of a key in a row that give it away: who only tells keys apart shows four."""


def forms_of(key: str) -> set[bytes]:
    """Return a key as it is, quoted, reversed, in hex, and in base64 wherever in a text it stands."""
    raw = key.encode()
    return {raw, *_quoted(key), raw.hex().encode(), raw[::-1], *_in_base64(raw)}


def _quoted(key: str) -> set[bytes]:
    return {quote(key, safe="").encode(), quote_plus(key).encode()}


def _in_base64(raw: bytes) -> set[bytes]:
    forms = set()
    for shift in range(3):  # what stands before it moves the bits
        for encode in (b64encode, urlsafe_b64encode):
            forms.add(encode(b"\0" * shift + raw).rstrip(b"=")[4 if shift else 0 : -2])
    return forms


def hidden(text: str, key: str) -> str:
    """Return a text with ``{api_key}`` for the key, quoted too, and ``{api_key:encoded}`` for it in another form.

    Of base64 the whole word goes, for its letters beside the key hold bits of it.
    """
    plain, encoded, words = _stand_ins(key)
    for form in plain:
        text = text.replace(form, "{api_key}")
    for form in encoded:
        text = text.replace(form, "{api_key:encoded}")
    for form in words:
        if form in text:
            text = _without_words(text, form)
    return text


@lru_cache(maxsize=16)
def _stand_ins(key: str) -> tuple[list[str], list[str], list[str]]:
    raw = key.encode()
    kinds = (_quoted(key), {raw.hex().encode(), raw[::-1]}, _in_base64(raw))
    plain, encoded, words = ([form.decode() for form in forms if len(form) >= LONG_ENOUGH] for forms in kinds)
    return [key, *plain], encoded, words


def _without_words(text: str, form: str) -> str:
    before, found, rest = text.partition(form)
    done = []
    while found:
        done += [before.rstrip(BASE64), "{api_key:encoded}"]
        before, found, rest = rest.lstrip(BASE64).lstrip("=").partition(form)
    return "".join([*done, before])


def shows(key: str, texts: Iterable[str]) -> bool:
    """Whether any of the texts shows the key, or a piece of it."""
    forms = _to_look_for(key)
    return any(form in text for text in texts for form in forms)


@lru_cache(maxsize=16)
def _to_look_for(key: str) -> set[str]:
    pieces = {key[at : at + PIECE] for at in range(len(key) - PIECE + 1)}
    return {form.decode() for form in forms_of(key)} | pieces


def texts_of(error: BaseException) -> list[str]:
    """Return all that an error, and what led to it, shows: texts, reprs, notes and attributes."""
    texts, waiting, seen = [], [error], set()
    while waiting:
        each: Any = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        texts += [str(each), repr(each), *getattr(each, "__notes__", ()), repr(vars(each))]
        waiting += (each.__cause__, each.__context__)
    return texts
