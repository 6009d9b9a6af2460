"""What is private of an exchange, found by the names under which it stands: in headers, JSON, forms and addresses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from ._tape import Taped

__all__ = ["ANYWHERE", "JWT", "in_answers", "in_requests", "is_private_field", "is_private_header", "strange_hosts"]

ANYWHERE = ""
"""The name of a value that is private wherever it stands."""

HEADER = re.compile(
    r"cookie|auth|key|token(?!s)|secret|account|organi[sz]ation|\borg\b|project|user(?!-agent)|tenant|customer|"
    r"workspace|request-id|requestid|trace|span|session|correlation|\bray\b|-ray$|\bip\b|forwarded|client-?id|"
    r"subscription|signature|credential|password",
    re.IGNORECASE,
)
FIELD = re.compile(
    r"(access|refresh|id|auth|bearer|session|api|security)[-_]?token$|secret|password|credential|api[-_]?key|account|"
    r"organi[sz]ation|^org([-_]?(id|name))?$|tenant|customer|workspace|^project([-_]?(id|name))?$|"
    r"^user([-_]?(id|name))?$|e-?mail|subscription|client[-_]?id|cookie|^session([-_]?id)?$|key[-_]?(hash|id)$|"
    r"(^|[-_]|client|remote|source)ip([-_]?addr(ess)?)?$",
    re.IGNORECASE,
)
QUERY = re.compile(r"[?&]([\w.-]+)=([^&\s\"'<>\\#]+)")
SIGNED = re.compile(r"^(sig|signature|key|code|x-amz-.*|x-goog-.*)$|token", re.IGNORECASE)
PATH = re.compile(
    r"/(?:account|organi[sz]ation|org|tenant|customer|workspace|project|user|subscription)s?\\?/([^/?#\s\"'\\]+)"
)
HOST = re.compile(r"https?:\\?/\\?/([^/\s\"'\\?#]+)")
KINDS = {"object", "type", "kind", "role", "status", "state"}
"""Fields that say what something is, in words that stand elsewhere too."""

CREDENTIAL = re.compile(r"(?=[^\d\s]*\d)[\w.~+/=-]{16,}")
"""What is long and has a digit: no word of a text, as those that some streams call "token" are."""

MACHINE = re.compile(r"(?=.*[.:\d])[\w-]+(\.[\w-]+)*(:\d+)?")
"""A machine's name or address: it has a dot, a port or a digit, which a word that a model may say has not."""

LOOKS = ((re.compile(r"token$", re.IGNORECASE), CREDENTIAL), (re.compile(r"host([-_]?name)?$", re.IGNORECASE), MACHINE))
"""Fields that are private where their value looks so."""

JWT = re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}")
"""A JSON Web Token (RFC 7519): header, claims and signature in base64url, and the header begins with a brace."""


def is_private_header(name: str) -> bool:
    """Whether a header of this name is of one caller, or of one call."""
    return HEADER.search(name) is not None


def is_private_field(name: str, value: object = None) -> bool:
    """Whether a field of this name is of one caller; a "token" or a "host" only where it looks like one."""
    if FIELD.search(name):
        return True
    return isinstance(value, str) and any(named.search(name) and looks.fullmatch(value) for named, looks in LOOKS)


def in_requests(tape: Iterable[Taped]) -> Iterator[str]:
    """Yield the credentials in private headers of what was sent, and the tokens anywhere in it."""
    for taped in tape:
        outgoing = taped.outgoing
        for text in (outgoing.url, *outgoing.headers.values(), outgoing.content.decode(errors="replace")):
            yield from JWT.findall(text)
        for name, value in outgoing.headers.items():
            if is_private_header(name):
                yield from CREDENTIAL.findall(value)


def in_answers(tape: Iterable[Taped]) -> Iterator[tuple[str, str | int]]:
    """Yield what is private of the answers: (its name, or ANYWHERE, and the value)."""
    for taped in tape:
        for name, value in taped.headers.items():
            if is_private_header(name):
                yield ANYWHERE, value
                yield ANYWHERE, value.partition(";")[0].partition("=")[2]  # of a cookie
        for text in texts_of(taped):
            yield from ((ANYWHERE, value) for value in (*_in_addresses(text), *JWT.findall(text)))
        for said in _json_in(taped.body):
            yield from _in_json(said, private=False)


def texts_of(taped: Taped) -> list[str]:
    """Return what a server said: its headers' values and its body."""
    return [*taped.headers.values(), taped.body.decode(errors="replace")]


def _in_addresses(text: str) -> Iterator[str]:
    for name, value in QUERY.findall(text):
        if SIGNED.search(name) or is_private_field(name):
            yield value
    yield from PATH.findall(text)


def _json_in(body: bytes) -> Iterator[Any]:
    """Yield the JSON of a body: all of it, or what each line holds from its first brace on."""
    text = body.decode(errors="replace")
    try:
        yield json.loads(text)
    except ValueError:
        decoder = json.JSONDecoder()
        for line in text.splitlines():
            _, brace, rest = line.partition("{")
            try:
                yield decoder.raw_decode(brace + rest)[0]
            except ValueError:
                continue


def _in_json(value: Any, *, private: bool, name: str = "") -> Iterator[tuple[str, str | int]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _in_json(item, private=private or is_private_field(key, item), name=key)
    elif isinstance(value, list):
        for item in value:
            yield from _in_json(item, private=private, name=name)
    elif private and name not in KINDS and isinstance(value, str | int) and not isinstance(value, bool):
        yield name, value


def strange_hosts(tape: Iterable[Taped]) -> set[str]:
    """Return the hosts that answers name, in headers or for what was asked next."""
    tape = list(tape)
    said = "\n".join(text for taped in tape for text in texts_of(taped))
    asked = {urlsplit(taped.outgoing.url).netloc for taped in tape}
    named = {host for taped in tape for value in taped.headers.values() for host in HOST.findall(value)}
    return named | {host for host in asked if host in HOST.findall(said)}
