"""What is taken out of a call's exchanges before they are written: keys, tokens, accounts, ids, addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from .._settings import Settings
from ._cases import Answer
from ._differences import ANY
from ._private import ANYWHERE, in_answers, in_requests, is_private_field, is_private_header, strange_hosts
from ._secrets import hidden
from ._tape import Taped

__all__ = ["Redaction", "is_kept"]

KEPT = re.compile(r"content-type|(operation-)?location|retry-after(-ms)?|(x-)?ratelimit-.*|.*error-?(code|type)")
"""Headers of an answer that a plugin may need; a server can put anything into the others."""

REDACTED = "{redacted}"
SENT = "{redacted:sent}"
"""For what no answer gave, so that offline the plugin sends another."""

STRANGER = "redacted.invalid"
STAND_IN = re.compile(r"([A-Za-z][\w-]*[ =:])?(\{(api_key|api_key:encoded|redacted)\})")
LONG_ENOUGH = 8
"""Characters: a shorter value would be found in innocent text."""


def is_kept(header: str) -> bool:
    """Whether a header of an answer is recorded."""
    return KEPT.fullmatch(header.lower()) is not None


class Redaction:
    """Replaces what is private, the same everywhere: what one answer gives away is taken out of all files.

    ``public`` is the text of the case: what stands there is nobody's secret.
    """

    def __init__(self, settings: Settings, tape: Sequence[Taped] = (), *, public: str = "") -> None:
        self._key = settings.api_key
        self._public = public
        self._bases: dict[str, str] = {}
        self._replaced: dict[str, str] = {}
        self._named: list[tuple[str, str | int]] = []
        self._path = _before_paths(settings.api_base or "")
        self._take_addresses(settings.api_base, tape)
        for name, value in settings.headers.items():
            if is_private_header(name):
                self._take(ANYWHERE, value)
        for value in in_requests(tape):
            self._take(ANYWHERE, value, SENT)
        for name, found in in_answers(tape):
            self._take(name, found)
        self._longest_first = sorted(self._replaced.items(), key=lambda pair: -len(pair[0]))

    def _take_addresses(self, base: str | None, tape: Sequence[Taped]) -> None:
        parts = urlsplit(base or "")
        own = (base, f"{parts.scheme}://{parts.netloc}", parts.netloc) if base else ()
        strange = strange_hosts(tape) - {parts.netloc}
        for address, stand_in in [*((each, "{api_base}") for each in own), *((each, STRANGER) for each in strange)]:
            self._bases[str(address)] = stand_in
            self._bases[str(address).replace("/", "\\/")] = stand_in  # as some write it in JSON

    def _take(self, name: str, value: str | int, stand_in: str = REDACTED) -> None:
        if not value or str(value) in self._public or value == self._key:
            return
        if isinstance(value, str) and _is_telling(value):
            written = (value, json.dumps(value)[1:-1], value.replace("/", "\\/"), quote(value, safe=""))
            self._replaced |= dict.fromkeys(written, stand_in)
        elif name != ANYWHERE:
            self._named.append((name, value))

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return an answer that may be shown to anybody, of a server at an address without a path."""
        lower = {name.lower(): value for name, value in headers.items()}
        kept = {name: self._path.sub("", self.text(value)) for name, value in lower.items() if is_kept(name)}
        said = body.decode(errors="surrogateescape")
        return Answer(status, kept, self._path.sub("", self.text(said)).encode(errors="surrogateescape"))

    def text(self, value: str) -> str:
        """Return a text without what is private."""
        for address, stand_in in self._bases.items():
            value = value.replace(address, stand_in)
        if self._key:
            value = hidden(value, self._key)
        for secret, stand_in in self._longest_first:
            value = value.replace(secret, stand_in)
        for name, short in self._named:
            value = _without_named(value, name, short)
        return value

    def content(self, value: bytes) -> bytes:
        """Return a body without what is private."""
        return self.text(value.decode(errors="surrogateescape")).encode(errors="surrogateescape")

    def request(self, value: Any) -> Any:
        """Return a request, in the form of the wire files, without what is private.

        What stands under a private name and is not known from elsewhere becomes ``{any}``, which fits anything.
        """
        headers = {name: self._header(name, each) for name, each in value["headers"].items()}
        return {**self._clean(value), "headers": headers}

    def _header(self, name: str, value: str) -> str:
        clean = self._clean(value)
        return clean if not is_private_header(name) else self._or_any(clean)

    def _or_any(self, clean: str) -> str:
        return clean if STAND_IN.fullmatch(clean) or clean in self._public else ANY

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            clean = self.text(value)
            return ANY if SENT in clean else clean
        if isinstance(value, bytes):
            return self.content(value)
        if isinstance(value, Mapping):
            return {name: self._field(_name_of(name, value), item) for name, item in value.items()}
        return [self._clean(item) for item in value] if isinstance(value, list) else value

    def _field(self, name: str, value: Any) -> Any:
        clean = self._clean(value)
        return self._or_any(clean) if isinstance(clean, str) and is_private_field(name, value) else clean


def _name_of(name: str, fields: Mapping[str, Any]) -> str:
    # A field of a form is {"name": …, "value": …}: there the one says what the other is.
    return str(fields["name"]) if name == "value" and "name" in fields else name


def _is_telling(value: str) -> bool:
    """Whether a value is what it is wherever it stands: no word as "organization", which may be any field's."""
    return len(value) >= 2 * LONG_ENOUGH or (len(value) >= LONG_ENOUGH and not value.isalpha())


def _before_paths(base: str) -> re.Pattern[str]:
    """Return what finds a base's path where a whole text, or one in quotes, is an address without a host under it."""
    path = re.escape(urlsplit(base).path.rstrip("/"))
    return re.compile(rf'(?<![^"]){path}(?=/[^\s"]*("|$))')


def _without_named(text: str, name: str, value: str | int) -> str:
    field = re.escape(json.dumps(name)) + r"\s*:\s*"
    if isinstance(value, int):
        return re.sub(rf"({field}){value}(?!\d)", r"\g<1>0", text)
    return re.sub(rf"({field}){re.escape(json.dumps(value))}", rf'\g<1>"{REDACTED}"', text)
