"""The headers of a request as they go on the wire, the same for every transport."""

from __future__ import annotations

import re
from functools import cache

from ..errors import BadRequestError
from . import Outgoing
from ._targets import Target

__all__ = ["wire_headers"]

NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
VALUE = re.compile(r"[\t -~]*")

# The body is framed here and nowhere else: a foreign length would desynchronise the connection.
FRAMING = frozenset({"content-length", "transfer-encoding"})


def wire_headers(outgoing: Outgoing, target: Target, *, defaults: bool = True) -> list[tuple[str, str]]:
    """Return all headers, Host first; BadRequestError for one that HTTP does not allow.

    ``defaults`` may be left to a client that has its own. The error names the header and never its value, which is
    often the key (read from a file, with the line's end).
    """
    headers = [("Host", target.host_header)]
    given = set()
    for name, value in outgoing.headers.items():
        given.add(lower := name.lower())
        if lower in FRAMING:
            continue
        if not (value.isascii() and value.isprintable()) or not NAME.fullmatch(name):
            _check(name, value)
        headers.append((name, value.strip()))
    if "host" in given:
        del headers[0]
    if target.authorization is not None and "authorization" not in given:
        headers.append(("Authorization", target.authorization))
    if defaults:
        headers += [default for default in _defaults() if default[0].lower() not in given]
    if outgoing.content or outgoing.method in {"POST", "PUT", "PATCH"}:
        headers.append(("Content-Length", str(len(outgoing.content))))
    return headers


def _check(name: str, value: str) -> None:
    if not NAME.fullmatch(name):
        raise BadRequestError(f"{name!r} is no header name that HTTP allows")
    if not VALUE.fullmatch(value):
        raise BadRequestError(
            f"the value of the header {name!r} holds a character that HTTP does not allow: "
            "plain ASCII without line breaks is allowed (was a key read from a file together with its line end?)"
        )


@cache
def _defaults() -> tuple[tuple[str, str], ...]:
    return (("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"), ("User-Agent", _user_agent()))


def _user_agent() -> str:
    from importlib_metadata import PackageNotFoundError, version

    try:
        return f"jackfield/{version('jackfield')}"
    except PackageNotFoundError:  # run from a source tree that is not installed
        return "jackfield"
