"""uvicorn's HTTP protocol with bounds: on what is no body, and on the time in which a request's head must come."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ._body import BODY_CAME, SLOWEST
from ._refusals import RequestIds, body, id_headers
from ._sending import Head, without_chunks
from .wire.errors import Told, openai_type

__all__ = ["HEAD_SECONDS", "GatewayProtocol"]

HEAD_LIMIT = 64 * 1024
"""Bytes of a request that are no body: its line, its headers, what chunks are framed in, and what follows the last."""

HEADER_LIMIT = 128
"""How many headers a request may have."""

CHUNK_FRAME = 16
"""Bytes around each chunk that a client may spend."""

PIPELINE = 16
"""Requests that may wait on a connection while one is answered; with more, the connection is not read for the time."""

HEAD_SECONDS = 10.0
"""Time for a head, and for what is still sent of a request that was refused."""

REASONS = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large"}

OFFER = frozenset({b"upgrade", b"http2-settings"})
"""The headers that offer another protocol, and what Connection says of them."""

new_id = RequestIds()


class GatewayProtocol(HttpToolsProtocol):
    """One connection.

    The parser has no bounds of its own: it collects a header for as long as one comes. So what was read is counted
    here, less what went to the app as a body. And while no answer is due, the client has ``head_seconds`` to bring
    a whole head; only the silence between two requests lasts longer, by uvicorn's own timer. A client that reads
    nothing of what it is sent has as long, and a second for each 64 KiB still to go: then it is taken for gone.
    """

    def __init__(self, *args: Any, head_seconds: float = HEAD_SECONDS, **options: Any) -> None:
        super().__init__(*args, **options)
        self._head_seconds = head_seconds
        self._no_body = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._refused = False
        self._reader: asyncio.TimerHandle | None = None
        self._running: RequestResponseCycle | None = None

    # ---------------------------------------------------------------------------------------------- what uvicorn calls

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self._reader_came()
        super().connection_lost(exc)
        for cycle in (self._running, *(waiting for waiting, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:  # uvicorn tells the last one alone
                cycle.disconnected = True
                cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        self._no_body += len(data)
        self._feed(data)
        if self._no_body > HEAD_LIMIT:
            self._refuse(431, "The request's head is too large.")
        elif self._is_idle() and self._deadline is None and self.timeout_keep_alive_task is None:
            self._await_head()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._reader_came()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._await_reader()

    def timeout_keep_alive_handler(self) -> None:
        self._close()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, without_chunks(app, cycle) if cycle.scope["http_version"] == "1.0" else app)

    # ------------------------------------------------------------------------------------------- what the parser calls

    def on_headers_complete(self) -> None:
        if len(self.headers) > HEADER_LIMIT or (self._no_body > HEAD_LIMIT and self._head_size() > HEAD_LIMIT):
            self._refuse(431, "The request's head is too large.")
            raise httptools.HttpParserError("head too large")  # the parser is to stop here
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (hosts == 0 and self.parser.get_http_version() != "1.0"):
            self._refuse(400, "A request has one Host header.")  # RFC 9112, 3.2
            raise httptools.HttpParserError("no host, or several")
        if self.parser.should_upgrade():
            return  # it is read again, without the offer
        self._head_came()
        super().on_headers_complete()
        if 0 < len(self.pipeline) <= PIPELINE:
            self.flow.resume_reading()  # who does not read does not see a client leave
        self.cycle.transport = cast("asyncio.Transport", Head(self.cycle, self.loop))
        self.headers = deque(maxlen=0)  # type: ignore[assignment]  # trailers come later and are no headers: none stays

    def on_body(self, body: bytes) -> None:
        self._no_body -= len(body) + CHUNK_FRAME
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            self._no_body = 0
            self.scope["state"][BODY_CAME] = True
            super().on_message_complete()

    # --------------------------------------------------------------------------------------------------------- reading

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._feed_without_offer(data[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(400, "This is no valid HTTP request.")

    def _feed_without_offer(self, rest: bytes) -> None:
        """Read a request again as if it offered no other protocol.

        Java's HTTP client offers HTTP/2 with each first request. A server may pass that over (RFC 9110, 7.8), but
        the parser ends there and leaves the body unread.
        """
        if self.parser.get_method() == b"CONNECT":
            self._refuse(400, "This is no proxy.")
            return
        head = [b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        head += [b"%b: %b" % (name, _without_offer(name, value)) for name, value in self.headers if name not in OFFER]
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"\r\n".join([*head, b"", b""]) + rest)

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    # ------------------------------------------------------------------------------------------------------------ time

    def _is_idle(self) -> bool:
        cycle = self._cycle()
        return cycle is None or cycle.response_complete

    def _is_in_head(self) -> bool:
        return type(self.headers) is list  # None before the first request, and no list any more after a head

    def _cycle(self) -> RequestResponseCycle | None:
        return cast("RequestResponseCycle | None", self.cycle)  # None before the first request

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
            self._close()

    def _await_reader(self) -> None:
        if self._reader is None:
            patience = self.timeout_keep_alive + self.transport.get_write_buffer_size() / SLOWEST
            self._reader = self.loop.call_later(patience, self.transport.abort)

    def _reader_came(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def _close(self) -> None:
        """Close when the client has read what is still to go, if it ever does."""
        self.transport.close()
        self._await_reader()

    # -------------------------------------------------------------------------------------------------------- refusing

    def _refuse(self, status: int, message: str) -> None:
        """Answer and close; where the next bytes belong to another answer, only close."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        cycle = self._cycle()
        if cycle is not None and self._is_in_body_of(cycle):
            cycle.disconnected = True  # the app is to write nothing any more
            cycle.message_event.set()
            self._answer(status, message)
        elif self._is_idle():
            self._answer(status, message)
        self._close()

    def _is_in_body_of(self, cycle: RequestResponseCycle) -> bool:
        return cycle.more_body and not cycle.response_started and not self.pipeline

    def _answer(self, status: int, message: str) -> None:
        request_id = new_id()
        path = getattr(self, "url", b"").decode("latin-1").partition("?")[0]
        content = body(Told(status, message, openai_type(status), request_id=request_id), path)
        head = (
            f"HTTP/1.1 {status} {REASONS[status]}\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(content)}\r\n"
            "connection: close\r\n"
        ).encode()
        ids = b"".join(b"%b: %b\r\n" % header for header in id_headers(request_id, path))
        self.transport.write(head + ids + b"\r\n" + content)


def _without_offer(name: bytes, value: bytes) -> bytes:
    """Return a header's value: of Connection, what it says besides the offer."""
    if name != b"connection":
        return value
    return b", ".join(token for token in map(bytes.strip, value.split(b",")) if token.lower() not in OFFER)
