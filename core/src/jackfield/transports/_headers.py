"""The headers of a request as they go on the wire, the same for every transport."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from .. import __version__
from ..errors import BadRequestError

if TYPE_CHECKING:
    from . import Outgoing
    from ._targets import Target

__all__ = ["Pairs", "fixed_headers", "raw_headers", "wire_headers"]

Pairs: TypeAlias = tuple[tuple[str, str], ...]

NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
VALUE = re.compile(r"[\t -~]*")

# The body is framed here and nowhere else: a foreign length would desynchronise the connection.
FRAMING = frozenset({"content-length", "transfer-encoding"})


def wire_headers(outgoing: Outgoing, target: Target, *, defaults: bool = True) -> list[tuple[str, str]]:
    """Return all headers, Host first; BadRequestError for one that HTTP does not allow.

    ``defaults`` may be left to a client that has its own. The error names the header and never its value, which is
    often the key (read from a file, with the line's end).
    """
    headers = fixed_headers(tuple(outgoing.headers.items()), target, defaults=defaults)
    return [*headers, ("Content-Length", str(len(outgoing.content)))] if _has_body(outgoing) else [*headers]


def raw_headers(outgoing: Outgoing, target: Target) -> list[tuple[bytes, bytes]]:
    """Return the same as bytes."""
    headers = _raw(tuple(outgoing.headers.items()), target)
    return [*headers, (b"Content-Length", b"%d" % len(outgoing.content))] if _has_body(outgoing) else [*headers]


def _has_body(outgoing: Outgoing) -> bool:
    return bool(outgoing.content) or outgoing.method in {"POST", "PUT", "PATCH"}


# The same from call to call, in most programs.
@lru_cache(maxsize=256)
def _raw(given: Pairs, target: Target) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode("ascii"), value.encode("ascii")) for name, value in fixed_headers(given, target))


@lru_cache(maxsize=256)
def fixed_headers(given: Pairs, target: Target, *, defaults: bool = True) -> Pairs:
    """Return all headers but the length of the body, checked as ``wire_headers`` does."""
    headers = [_checked(name, value) for name, value in given if name.lower() not in FRAMING]
    names = {name.lower() for name, _ in headers}
    if "host" not in names:
        headers.insert(0, ("Host", target.host_header))
    if target.authorization is not None and "authorization" not in names:
        headers.append(("Authorization", target.authorization))
    if defaults:
        headers += [default for default in DEFAULTS if default[0].lower() not in names]
    return tuple(headers)


def _checked(name: str, value: str) -> tuple[str, str]:
    if not NAME.fullmatch(name):
        raise BadRequestError(f"{name!r} is no header name that HTTP allows")
    if not VALUE.fullmatch(value):
        raise BadRequestError(
            f"the value of the header {name!r} holds a character that HTTP does not allow: "
            "plain ASCII without line breaks is allowed (was a key read from a file together with its line end?)"
        )
    return name, value.strip()


# No "Accept: */*": it says what its absence says, and each header has its price in every call.
DEFAULTS = (("Accept-Encoding", "gzip, deflate"), ("User-Agent", f"jackfield/{__version__}"))
