"""How uvicorn's answers go out: the head in one packet with the body, and no chunks to who knows none."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

__all__ = ["Head", "without_chunks"]


class Head:
    """Stands for the transport until an answer's head is out, and holds that for a moment: it goes with the body.

    uvicorn writes one after the other, which is two packets, and twice the work at both ends.
    """

    def __init__(self, cycle: RequestResponseCycle, loop: asyncio.AbstractEventLoop) -> None:
        self._cycle = cycle
        self._transport = cycle.transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        if self._held:
            self._held += data
            self._let_go()
        else:
            self._held = data
            self._loop.call_soon(self._let_go)

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        if self._held and not self._transport.is_closing():
            self._transport.write(self._held)
        self._held = b""
        self._cycle.transport = self._transport


def without_chunks(app: Any, cycle: RequestResponseCycle) -> Any:
    """Return an app for a client of HTTP/1.0: where an answer has no length, the connection's end is its end.

    uvicorn would send chunks, unless a length was told, and it holds the body to that: it is told the longest, and in
    the end what was left.
    """

    async def plain(scope: Any, receive: Any, send: Any) -> None:
        lengthless = False

        async def send_plain(message: Any) -> None:
            nonlocal lengthless
            if message["type"] == "http.response.start":
                lengthless = all(name.lower() != b"content-length" for name, _ in message["headers"])
                if lengthless:
                    cycle.chunked_encoding = False
                    cycle.expected_content_length = sys.maxsize
            elif lengthless and not message.get("more_body", False):
                cycle.expected_content_length = len(message.get("body", b""))
            await send(message)

        await app(scope, receive, send_plain)

    return plain
