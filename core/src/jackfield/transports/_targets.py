"""Where a request goes: its URL taken apart once, and what every transport needs of it."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ..errors import ConfigurationError

__all__ = ["Origin", "Target", "target_of"]

# RFC 3986: what may stand in a URL besides letters and digits; "%" too, since what is quoted stays as it is.
LEGAL = "%/:=&?~@+!$,;'()*[]._-"
PORTS = {"http": 80, "https": 443}


class Origin(NamedTuple):
    """What a connection leads to; only requests of one origin share it."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Target(NamedTuple):
    """A URL as the wire wants it.

    ``url`` is quoted and carries neither fragment nor credentials; ``host_header`` names the port only where it is not
    the scheme's own; ``authorization`` holds the credentials that stood in the URL, None where none did.
    """

    url: str
    origin: Origin
    host_header: str
    authorization: str | None


@lru_cache(maxsize=1024)
def target_of(url: str) -> Target:
    """Take a URL apart; ConfigurationError where it leads nowhere."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS[parts.scheme]
        host = (parts.hostname or "").encode("idna").decode("ascii")
    except (ValueError, KeyError):
        raise _unusable(url) from None  # the ValueError repeats the URL, and a URL may hold a key
    if not host:
        raise _unusable(url)
    origin = Origin(parts.scheme, host, port)
    authority = str(origin) if port != PORTS[parts.scheme] else str(origin).rpartition(":")[0]
    path = quote(parts.path or "/", safe=LEGAL)
    query = "?" + quote(parts.query, safe=LEGAL) if parts.query else ""
    return Target(f"{parts.scheme}://{authority}{path}{query}", origin, authority, _basic(parts))


def _basic(parts: SplitResult) -> str | None:
    if parts.username is None:
        return None
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return "Basic " + b64encode(pair.encode()).decode("ascii")


def _unusable(url: str) -> ConfigurationError:
    shown = url.partition("?")[0].rpartition("@")[2]
    return ConfigurationError(
        f"{shown[:200]!r} is no address to call: it needs http:// or https:// and a host name; check api_base"
    )
