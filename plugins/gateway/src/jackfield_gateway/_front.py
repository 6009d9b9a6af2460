"""What every request passes: it gets its id, its record and its limits, is let in or refused, and ends in the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, Protocol

from ._attendance import Message, Receive, Scope, Send
from ._body import BODY_CAME, Body, packed, too_large
from ._exchange import STATE_KEY, Exchange
from ._guard import Guard, Refusal
from ._quits import as_exception
from ._refusals import RequestIds, id_headers, refuse
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
        self._in_flight = _Places()
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
        answer = _Answer(send, exchange, scope["path"])
        self._recorder.begin()
        try:
            await self._serve(scope, headers, receive, answer)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            exchange.error = failure = as_exception(error)
            if exchange.status is None:
                await refuse(answer.send, told(failure, exchange.request_id), scope["path"])
            # else: the server sees an answer that is not complete, and closes the connection
        finally:
            answer.end()
            self._record(exchange)

    def _record(self, exchange: Exchange) -> None:
        try:
            self._recorder.end(exchange)
        except Exception:  # the answer is out: what cannot be written of it is no reason to take it back
            log.exception("the request %s is not recorded", exchange.request_id)

    async def _serve(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, answer: _Answer) -> None:
        path: str = scope["path"]
        exchange = answer.exchange
        refusal = self._guard.refusal(path, headers)
        if refusal is not None:
            await _turn_away(answer.send, refusal, path, exchange.request_id)
        elif (probe := self._probes.get(path)) is not None:
            exchange.route = path
            await probe(scope, receive, answer.send)
        elif self._in_flight.taken >= self._limits.max_requests_in_flight:
            await refuse(answer.send, _busy(exchange.request_id), path)
        else:
            answer.take(self._in_flight)
            await self._app(scope, self._bounded(scope, headers, receive, exchange), answer.send)

    def _bounded(self, scope: Scope, headers: Mapping[bytes, bytes], receive: Receive, exchange: Exchange) -> Receive:
        length = headers.get(b"content-length")
        if length is not None and int(length) > self._limits.max_body_bytes:
            raise too_large(self._limits.max_body_bytes)
        expected = length is not None or b"transfer-encoding" in headers
        if expected and headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise packed()
        expected = expected and BODY_CAME not in scope["state"]
        return Body(receive, exchange, self._limits, expected=expected).receive


class _Places:
    """How many requests are in flight."""

    __slots__ = ("taken",)

    def __init__(self) -> None:
        self.taken = 0


class _Answer:
    """``send`` that notes what was sent, and adds the request's id.

    With its last message a request's time and its place end: what code does afterwards, a hook that logs, is neither.
    """

    __slots__ = ("_ended", "_path", "_places", "_send", "exchange")

    def __init__(self, send: Send, exchange: Exchange, path: str) -> None:
        self._path = path
        self.exchange = exchange
        self._send = send
        self._places: _Places | None = None
        self._ended = False

    def take(self, places: _Places) -> None:
        """Take a place until the end."""
        places.taken += 1
        self._places = places

    def end(self) -> None:
        """Note that there is nothing more to come."""
        if self._ended:
            return
        self._ended = True
        self.exchange.seconds = perf_counter() - self.exchange.started
        if self._places is not None:
            self._places.taken -= 1

    async def send(self, message: Message) -> None:
        """Send a message of an ASGI app."""
        exchange = self.exchange
        if exchange.status is None:
            exchange.status = message["status"]
            message["headers"] = [*message.get("headers", ()), *id_headers(exchange.request_id, self._path)]
            await self._send(message)
            return
        if exchange.first_byte_at is None and message.get("body"):
            exchange.first_byte_at = perf_counter()
        exchange.complete = not message.get("more_body", False)
        await self._send(message)
        if exchange.complete:
            self.end()


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
