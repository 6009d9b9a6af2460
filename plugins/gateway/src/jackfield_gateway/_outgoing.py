"""Whole answers as they go out."""

from __future__ import annotations

from collections.abc import Iterable

from ._attendance import Send

__all__ = ["JSON", "respond"]

JSON = (b"content-type", b"application/json")


async def respond(send: Send, status: int, content: bytes, headers: Iterable[tuple[bytes, bytes]] = (JSON,)) -> None:
    """Send a whole answer."""
    length = (b"content-length", b"%d" % len(content))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": content})
