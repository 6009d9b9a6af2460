"""A route that calls a model: from a request's bytes to its answer's, whole or streamed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING, Any

from jackfield import ContractViolationError

from ._attendance import Attendance, ClientLeft, Receive, Scope, Send
from ._dialects import Dialect, Writer
from ._events import EventWriter
from ._exchange import Exchange, exchange_of, tokens_of
from ._hook_values import user_of
from ._incoming import body_of, metadata_of, options_of
from ._outgoing import respond
from ._quits import as_exception
from ._refusals import refuse
from ._serving import Serving, current_exchange
from .wire.errors import told

if TYPE_CHECKING:
    from jackfield import Request

__all__ = ["Route"]

FIRST_CHUNK_WAIT = 15.0
"""Seconds in which a stream that fails before its first chunk is answered with the status it deserves."""


@dataclass(slots=True)
class Call:
    """One call, from the moment its body has been read."""

    serving: Serving
    exchange: Exchange
    dialect: Dialect
    body: dict[str, Any]
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    user: Any = None
    request: Request | None = None
    writer: Writer | None = None
    response: Any = None

    async def prepare(self, scope: Scope) -> Request:
        """Return the core's request, after the hooks that may change or refuse it."""
        serving, exchange = self.serving, self.exchange
        exchange.model = serving.group(self.body["model"])
        if serving.callbacks:
            self.user = user_of(scope, self.body)
            self.body = await serving.callbacks.before(self.body, self.dialect.call_type, self.user)
            if not isinstance(model := self.body.get("model"), str):
                raise ContractViolationError("async_pre_call_hook returned a body without a model")
            exchange.model = serving.group(model)
        options = options_of(self.body, serving)
        metadata = metadata_of(scope, self.body) if serving.config.handlers else None
        if serving.config.log_content:
            exchange.content = {"request": self.body}
        self.request = self.dialect.request(self.body, metadata).replace(options=options)
        return self.request

    async def tell(self) -> None:
        """Tell LiteLLM's log hooks, after the answer has gone out."""
        callbacks, error = self.serving.callbacks, self.exchange.error
        if error is None:
            await callbacks.log_success(self._told(), self.response, self.began, datetime.now(UTC))
        else:
            await callbacks.log_failure(self._told() | {"exception": error}, None, self.began, datetime.now(UTC))

    def _told(self) -> dict[str, Any]:
        request = self.request
        return {
            **self.body,
            "call_type": self.dialect.call_type,
            "custom_llm_provider": self.exchange.provider,
            "litellm_call_id": self.exchange.request_id,
            "litellm_params": {"metadata": (request and request.metadata) or {}},
            "optional_params": dict(request.params) if request else {},
        }


class Route:
    """An ASGI application that answers one route in its dialect."""

    def __init__(self, path: str, dialect: Dialect, serving: Callable[[], Serving]) -> None:
        self.path = path
        self._dialect = dialect
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        exchange.route = self.path
        current_exchange.set(exchange)
        serving = self._serving().enter()
        body: dict[str, Any] = {}
        call: Call | None = None
        events: EventWriter | None = None
        try:
            body = await body_of(self._dialect.body, scope, receive, serving.config)
            call = Call(serving, exchange, self._dialect, body)
            request = await call.prepare(scope)
            if getattr(request, "stream", False):
                events = EventWriter(send)
                await self._stream(call, request, receive, events)
            else:
                await self._whole(call, request, receive, send)
        except ClientLeft as left:
            exchange.client_left, exchange.error = True, left
        except BaseException as error:
            await self._fail(as_exception(error), call, scope, send, events)
        finally:
            if call is not None and call.request is not None:
                exchange.fell_back = serving.fell_back(call.request.model, exchange.deployment)
            if events is not None:
                events.stop()
            self._dialect.release(body)
            serving.leave()
        if call is not None and serving.callbacks:
            await call.tell()

    async def _whole(self, call: Call, request: Request, receive: Receive, send: Send) -> None:
        with Attendance(receive):
            response = await call.serving.client.run(request)
        call.exchange.usage = tokens_of(getattr(response, "usage", None))
        if call.serving.callbacks:
            response = await call.serving.callbacks.succeeded(call.body, call.user, response)
        call.response = response
        content = self._dialect.answer(response, call.body)
        if call.exchange.content is not None:
            call.exchange.content = {**call.exchange.content, "response": json.loads(content)}
        await respond(send, 200, content)

    async def _stream(self, call: Call, request: Request, receive: Receive, events: EventWriter) -> None:
        call.writer = writer = self._dialect.writer(call.body)
        opening = asyncio.ensure_future(_opened(call.serving, request))
        try:
            with Attendance(receive):
                await asyncio.wait((opening,), timeout=FIRST_CHUNK_WAIT)
                if not opening.done():
                    await events.begin()
                async with await opening as stream:
                    call.exchange.first_chunk_at = perf_counter()
                    writer.begin(stream)
                    try:
                        await _copy(stream, writer, events)
                    finally:  # also of a stream that fails or is left, what came of it has been used
                        call.response = stream.response
                        call.exchange.usage = call.response.usage
        finally:
            await _ended(opening)
        await events.end(writer.end(call.exchange.usage))

    async def _fail(
        self, error: Exception, call: Call | None, scope: Scope, send: Send, events: EventWriter | None
    ) -> None:
        exchange = exchange_of(scope)
        if call is not None and call.serving.callbacks:
            error = await call.serving.callbacks.failed(call.body, call.user, error)
        exchange.error = error
        answer = told(error, exchange.request_id)
        if call is not None and call.writer is not None and events is not None and events.begun:
            await events.end(call.writer.fail(answer))
        else:
            await refuse(send, answer, scope["path"])


async def _copy(stream: Any, writer: Writer, events: EventWriter) -> None:
    """Write a stream's chunks as they come; what came together goes out together."""
    async for chunks in stream.batches():
        if data := b"".join(map(writer.chunk, chunks)):
            if not events.begun:
                await events.begin()
            await events.write(data)
    if not events.begun:
        await events.begin()


async def _opened(serving: Serving, request: Request) -> Any:
    """Open a stream. SystemExit that leaves a task ends the loop, so none leaves this one."""
    try:
        return await serving.client.run(request)
    except (SystemExit, KeyboardInterrupt) as error:
        raise as_exception(error) from error


async def _ended(opening: asyncio.Future[Any]) -> None:
    """Leave no call behind that nobody waits for."""
    if not opening.done():
        opening.cancel()
        await asyncio.wait((opening,))
