"""What is taken out of an exchange before it is written: keys, accounts, cookies, ids of requests, addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from .._settings import Settings
from ._cases import Answer

__all__ = ["Redaction"]

PRIVATE = re.compile(
    r"cookie|auth|key|token(?!s)|secret|account|organi[sz]ation|\borg\b|project|user|tenant|customer|workspace|"
    r"request-id|requestid|trace|span|session|correlation|\bray\b|-ray$|\bip\b|forwarded",
    re.IGNORECASE,
)
PASSING = {
    *("connection", "content-encoding", "content-length", "date", "keep-alive", "server", "transfer-encoding", "vary"),
    *("via", "alt-svc", "strict-transport-security", "x-content-type-options"),
}
LONG_ENOUGH = 8
"""Characters: a shorter value would be found in innocent text."""


class Redaction:
    """Replaces what is private of one call's exchanges, the same everywhere."""

    def __init__(self, settings: Settings) -> None:
        self._replaced: list[tuple[str, str]] = []
        if settings.api_key:
            self._replaced.append((settings.api_key, "{api_key}"))
        for name, value in settings.headers.items():
            if PRIVATE.search(name) and len(value) >= LONG_ENOUGH:
                self._replaced.append((value, "{redacted}"))
        if settings.api_base:
            parts = urlsplit(settings.api_base)
            for address in (settings.api_base, f"{parts.scheme}://{parts.netloc}", parts.netloc):
                self._replaced.append((address, "{api_base}"))
                self._replaced.append((address.replace("/", "\\/"), "{api_base}"))  # as some write it in JSON

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return an answer that may be shown to anybody."""
        private = {name: value for name, value in headers.items() if PRIVATE.search(name)}
        for value in private.values():
            if len(value) >= LONG_ENOUGH:
                self._replaced.append((value, "{redacted}"))
        kept = {name.lower(): self.text(value) for name, value in headers.items() if name not in private}
        kept = {name: value for name, value in kept.items() if name not in PASSING}
        return Answer(status, kept, self.content(body))

    def text(self, value: str) -> str:
        """Return a text without what is private."""
        for secret, stand_in in self._replaced:
            value = value.replace(secret, stand_in)
        return value

    def content(self, value: bytes) -> bytes:
        """Return a body without what is private."""
        for secret, stand_in in self._replaced:
            value = value.replace(secret.encode(), stand_in.encode())
        return value

    def request(self, value: Any) -> Any:
        """Return a request, in the form of the wire files, without what is private."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.content(value)
        if isinstance(value, Mapping):
            return {name: self.request(item) for name, item in value.items()}
        return [self.request(item) for item in value] if isinstance(value, list) else value
