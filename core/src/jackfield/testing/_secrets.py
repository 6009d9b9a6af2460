"""The key in every form in which it could leak."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

__all__ = ["forms_of", "shows", "texts_of"]


def forms_of(key: str) -> set[bytes]:
    """Return a key as it is, quoted, reversed, in hex, and in base64 wherever in a text it stands."""
    raw = key.encode()
    forms = {raw, quote(key, safe="").encode(), quote_plus(key).encode(), raw.hex().encode(), raw[::-1]}
    for shift in range(3):  # what stands before it moves the bits
        for encode in (b64encode, urlsafe_b64encode):
            forms.add(encode(b"\0" * shift + raw).rstrip(b"=")[4 if shift else 0 : -2])
    return forms


def shows(key: str, texts: Iterable[str]) -> bool:
    """Whether any of the texts shows the key."""
    forms = [form.decode() for form in forms_of(key)]
    return any(form in text for text in texts for form in forms)


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
