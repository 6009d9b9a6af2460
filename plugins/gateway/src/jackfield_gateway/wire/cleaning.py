"""What of a foreign text must not reach a client: addresses, files' paths and tracebacks."""

from __future__ import annotations

import re

__all__ = ["LONGEST_TEXT", "cleaned"]

LONGEST_TEXT = 2000
REMOVED = "[removed]"

TRACEBACK = "Traceback (most recent call last)"

PRIVATE = re.compile(
    r"[a-z][a-z0-9+.-]*://[^\s\"'<>`)\]}]+"  # an address
    r"|\bunix:[^\s\"'<>`)\]}]+"
    r"|\b(?:localhost|(?:[\w-]+\.)+[a-z][\w-]*):\d{2,5}\b"  # a host and its port
    r"|\b[a-z][\w-]*:(?:\d{4,5}|80|443)\b"  # one of a container's neighbours, which have no dots
    r"|\b(?:[\w-]+\.)+(?:local|localdomain|internal|intranet|svc|lan|corp|home)\b"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"
    r"|\[(?:[0-9a-f]*:){2,}[0-9a-f]*\](?::\d+)?"
    r"|(?<![\w.:/])(?:~|\.{1,2}|/)?/[\w.@+-]+(?:/[\w.@+-]+)+/?"  # a file
    r"|(?<=[\s\"'(=])/[\w.@+-]{2,}"
    r"|\b[A-Za-z]:\\[^\s\"'<>|]+",
    re.IGNORECASE,
)


def cleaned(text: str) -> str:
    """Return a text of a provider's without what tells of where it runs.

    An address goes also where it is a page to read: nobody can tell it from an inner one.
    """
    text = text.partition(TRACEBACK)[0][:LONGEST_TEXT]
    return PRIVATE.sub(REMOVED, text).strip()
