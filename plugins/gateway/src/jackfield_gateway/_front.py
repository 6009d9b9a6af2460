"""What every request passes: it gets its id, its record and its limits, is let in or refused, and ends in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Protocol

from ._attendance import Message, Receive, Scope, Send
from ._body import BODY_CAME, Body, too_large
from ._exchange import STATE_KEY, Exchange
from ._guard import Guard, Refusal
from ._quits import as_exception
from ._refusals import RequestIds, refuse
from .config import Config
from .wire.errors import Told, openai_type, told

__all__ = ["App", "Front", "Recorder"]

App = Callable[[Scope, Receive, Send], Any]

RETRY_AFTER = 1
"""Seconds after which a client may try again that came when all places were taken."""

log = logging.getLogger(__name__)

usable_id = re.compile(rb"[A-Za-z0-9._-]{1,128}").fullmatch


class Recorder(Protocol):
    """What is told of each request: once when it begins and once when it has ended."""

    def begin(self) -> None: ...
    def end(self, exchange: Exchange) -> None: ...


class Front:
    """The outermost ASGI app: around ``app``, and around ``probes``, which take no place among requests in flight.

    Nothing that a request does gets past it but the answer: an exception becomes a 500, or ends the connection where
    the status line is out.
    """

    def __init__(self, app: App, config: Config, recorder: Recorder, probes: Mapping[str, App] | None = None) -> None:
        self._app = app
        self._probes = probes or {}
        self._recorder = recorder
        self._new_id = RequestIds()
        self._in_flight = 0
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Go by another config from the next request on."""
        self._guard = Guard(config.master_key)
        self._limits = config.limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers: Mapping[bytes, bytes] = dict(scope["headers"])
        sent_id = headers.get(b"x-request-id")
        exchange = Exchange(
            sent_id.decode() if sent_id is not None and usable_id(sent_id) else self._new_id(), scope["method"]
        )
        scope.setdefault("state", {})[STATE_KEY] = exchange
        answer = _Answer(send, exchange).send
        self._recorder.begin()
        try:
            await self._serve(scope, headers, receive, answer, exchange)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            exchange.error = failure = as_exception(error)
            if exchange.status is None:
                await refuse(answer, told(failure, exchange.request_id), scope["path"])
            # else: the server sees an answer that is not complete, and closes the connection
        finally:
            exchange.seconds = perf_counter() - exchange.started
            self._record(exchange)

    def _record(self, exchange: Exchange) -> None:
        try:
            self._recorder.end(exchange)
        except Exception:  # the answer is out: what cannot be written of it is no reason to take it back
            log.exception("the request %s is not recorded", exchange.request_id)

    async def _serve(
        self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, answer: Send, exchange: Exchange
    ) -> None:
        path: str = scope["path"]
        refusal = self._guard.refusal(path, headers)
        if refusal is not None:
            await _turn_away(answer, refusal, path, exchange.request_id)
        elif (probe := self._probes.get(path)) is not None:
            exchange.route = path
            await probe(scope, receive, answer)
        elif self._in_flight >= self._limits.max_requests_in_flight:
            await refuse(answer, _busy(exchange.request_id), path)
        else:
            self._in_flight += 1
            try:
                await self._app(scope, self._bounded(scope, headers, receive, exchange), answer)
            finally:
                self._in_flight -= 1

    def _bounded(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, exchange: Exchange) -> Receive:
        length = headers.get(b"content-length")
        if length is not None and int(length) > self._limits.max_body_bytes:
            raise too_large(self._limits.max_body_bytes)
        expected = (length is not None or b"transfer-encoding" in headers) and BODY_CAME not in scope["state"]
        return Body(receive, exchange, self._limits, expected=expected).receive


class _Answer:
    """``send`` that notes what was sent, and adds the request's id."""

    __slots__ = ("_exchange", "_send")

    def __init__(self, send: Send, exchange: Exchange) -> None:
        self._send = send
        self._exchange = exchange

    async def send(self, message: Message) -> None:
        exchange = self._exchange
        if exchange.status is None:
            exchange.status = message["status"]
            own = (b"x-request-id", exchange.request_id.encode())
            message["headers"] = [*message.get("headers", ()), own]
        else:
            if exchange.first_byte_at is None and message.get("body"):
                exchange.first_byte_at = perf_counter()
            if not message.get("more_body", False):
                exchange.complete = True
        await self._send(message)


def _busy(request_id: str) -> Told:
    return Told(
        503,
        "This gateway has as many requests in flight as it takes: try again in a moment.",
        openai_type(503),
        "too_many_requests_in_flight",
        retry_after=RETRY_AFTER,
        request_id=request_id,
    )


async def _turn_away(answer: Send, refusal: Refusal, path: str, request_id: str) -> None:
    said = Told(refusal.status, refusal.message, openai_type(refusal.status), refusal.code, request_id=request_id)
    await refuse(answer, said, path, [(b"www-authenticate", b"Bearer")] if refusal.status == 401 else [])
