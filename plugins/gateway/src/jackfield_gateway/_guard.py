"""Who may come in: the rules about Host, Origin and key, read from a request's headers and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hmac import compare_digest
from ipaddress import ip_address
from typing import NamedTuple

__all__ = ["OPEN", "Guard", "Refusal"]

OPEN = frozenset({"/", "/health/liveliness", "/health/liveness", "/health/readiness"})
"""Paths that need no key."""

LOCAL_NAMES = frozenset({"localhost", "0.0.0.0", "::"})  # noqa: S104  # names that a client writes, no address to bind
OWN_SITES = frozenset({b"none", b"same-origin"})
"""What browsers say in Sec-Fetch-Site of an address that somebody typed, and of the gateway's own page."""

DEFAULT_PORT = {"http": "80", "https": "443"}

BY_KEY = "or set general_settings.master_key in the config"


class Refusal(NamedTuple):
    """Why a request is not let in: an HTTP status, what to tell the client, and a code for programs."""

    status: int
    message: str
    code: str


class Guard:
    """The rules for one config.

    With a master key, everything but ``OPEN`` needs it, as ``Authorization: Bearer …`` or as ``x-api-key``. Without
    one, whoever reaches the port may call; a page in somebody's browser reaches it too, so Host and Origin must be
    local, and so must Sec-Fetch-Site, which alone tells of an image or a link: those have no Origin.
    """

    def __init__(self, master_key: str | None) -> None:
        self._key = master_key.encode() if master_key else None

    def refusal(self, path: str, headers: Mapping[bytes, bytes]) -> Refusal | None:
        """Return why a request is refused, or None; the names of ``headers`` are in lower case."""
        if self._key is None:
            return _foreign(headers)
        if path in OPEN or self._has_key(headers, self._key):
            return None
        return MISSING_KEY if _given(headers) is None else WRONG_KEY

    def _has_key(self, headers: Mapping[bytes, bytes], key: bytes) -> bool:
        bearer = _bearer(headers)
        # Each that was sent is compared, whatever the other said, so that time tells nothing.
        right = bearer is not None and compare_digest(bearer, key)
        other = headers.get(b"x-api-key")
        return (other is not None and compare_digest(other, key)) or right


MISSING_KEY = Refusal(
    401, "No API key was sent: send the gateway's key as Authorization: Bearer KEY, or as x-api-key.", "missing_api_key"
)
WRONG_KEY = Refusal(401, "This is not the gateway's API key.", "invalid_api_key")


def _given(headers: Mapping[bytes, bytes]) -> bytes | None:
    return headers.get(b"x-api-key") or _bearer(headers)


def _bearer(headers: Mapping[bytes, bytes]) -> bytes | None:
    value = headers.get(b"authorization")
    if value is None or value[:7].lower() != b"bearer ":
        return None
    return value[7:].strip()


# -------------------------------------------------------------------------------------------------------- without a key


def _foreign(headers: Mapping[bytes, bytes]) -> Refusal | None:
    host = headers.get(b"host", b"")
    if not _is_local(host):
        return Refusal(
            403,
            f"This gateway has no key and answers this machine alone: call it as localhost or 127.0.0.1, {BY_KEY}.",
            "host_not_allowed",
        )
    origin = headers.get(b"origin")
    if headers.get(b"sec-fetch-site", b"none") in OWN_SITES and (origin is None or _is_same(origin, host)):
        return None
    return Refusal(
        403,
        f"This gateway has no key and answers no page of another origin: call it from a program, {BY_KEY}.",
        "origin_not_allowed",
    )


@lru_cache(maxsize=256)
def _is_local(host: bytes) -> bool:
    """Whether a Host is this machine by its name or address; the port may be any.

    A page whose own name was made to lead here (DNS rebinding) sends that name.
    """
    name, _ = _split(host.decode("latin-1").lower())
    if name in LOCAL_NAMES or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _is_same(origin: bytes, host: bytes) -> bool:
    """Whether an Origin is the Host itself, port and all; "null" is nobody's."""
    scheme, separator, place = origin.decode("latin-1").lower().partition("://")
    if not separator or scheme not in DEFAULT_PORT:
        return False
    port = DEFAULT_PORT[scheme]
    name, at = _split(place)
    wanted, wanted_at = _split(host.decode("latin-1").lower())
    return bool(name) and (name, at or port) == (wanted, wanted_at or port)


def _split(host: str) -> tuple[str, str]:
    """Split ``name:port``; the name is empty where that is no host."""
    if host.startswith("["):
        name, bracket, rest = host[1:].partition("]")
        colon, port = (rest[:1], rest[1:]) if bracket else ("?", "?")
    else:
        name, colon, port = host.partition(":")
    if (colon and not port.isdecimal()) or (port and colon != ":"):
        return "", ""
    return name.removesuffix("."), port
