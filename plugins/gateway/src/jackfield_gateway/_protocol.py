"""uvicorn's HTTP protocol with bounds: on what is no body, and on the time in which a request's head must come."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ._refusals import RequestIds, body
from .wire.errors import Told

__all__ = ["GatewayProtocol"]

HEAD_LIMIT = 64 * 1024
"""Bytes of a request that are no body: its line, its headers, what chunks are framed in, and what follows the last."""

HEADER_LIMIT = 128
"""How many headers a request may have."""

CHUNK_FRAME = 16
"""Bytes around each chunk that a client may spend."""

HEAD_SECONDS = 10.0
"""Time for a head, and for what is still sent of a request that was refused."""

new_id = RequestIds()


class GatewayProtocol(HttpToolsProtocol):
    """One connection.

    The parser has no bounds of its own: it collects a header for as long as one comes. So what was read is counted
    here, less what went to the app as a body. And while no answer is due, the client has ``head_seconds`` to bring
    a whole head; only the silence between two requests lasts longer, by uvicorn's own timer.
    """

    def __init__(self, *args: Any, head_seconds: float = HEAD_SECONDS, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_seconds = head_seconds
        self._no_body = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._no_body += len(data)
        super().data_received(data)
        if self._no_body > HEAD_LIMIT:
            self._refuse(431, "The request's head is too large.")
        elif self._is_waiting() and self._deadline is None and self.timeout_keep_alive_task is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        if len(self.headers) > HEADER_LIMIT or (self._no_body > HEAD_LIMIT and self._head_size() > HEAD_LIMIT):
            self._refuse(431, "The request's head is too large.")
            raise httptools.HttpParserError("head too large")  # the parser is to stop here
        self._head_came()
        super().on_headers_complete()
        self.headers = deque(maxlen=0)  # type: ignore[assignment]  # trailers come later and are no headers: none is kept

    def on_body(self, body: bytes) -> None:
        self._no_body -= len(body) + CHUNK_FRAME
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._no_body = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer to what is no HTTP, in JSON like all errors."""
        self._refuse(400, "This is no valid HTTP request.")

    def _is_waiting(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request
        return cycle is None or cycle.response_complete

    def _is_in_head(self) -> bool:
        return type(self.headers) is list  # None before the first request, and no list any more after a head

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self._head_seconds, self._give_up)

    def _head_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._is_in_head():
            self._refuse(408, "The request's head did not come in time.")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str) -> None:
        """Answer and close; where another answer is under way, only close: nothing may stand in the middle of it."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        if self._is_waiting():
            self.transport.write(_answer(status, message, getattr(self, "url", b"").decode("latin-1")))
        self.transport.close()


def _answer(status: int, message: str, url: str) -> bytes:
    request_id = new_id()
    told = Told(status, message, "invalid_request_error", request_id=request_id)
    content = body(told, url.partition("?")[0])
    head = (
        f"HTTP/1.1 {status} {REASONS[status]}\r\n"
        "content-type: application/json\r\n"
        f"content-length: {len(content)}\r\n"
        f"x-request-id: {request_id}\r\n"
        "connection: close\r\n\r\n"
    )
    return head.encode() + content


REASONS = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}
