"""Streams and the people who read them: errors before and after the status line, silence, leaving, slowness."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from jackfield import RateLimitError, hookimpl
from jackfield_gateway import _attendance, _calls, _events
from jackfield_gateway._app import Gateway
from jackfield_gateway._exchange import exchange_of
from jackfield_gateway.config import Config
from jackfield_router import Deployment, RouterSettings

pytestmark = pytest.mark.anyio

CHAT = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}
STREAM = {**CHAT, "stream": True}


class Paced:
    """A model whose pieces are given one by one, by the test; an exception is raised where it stands."""

    def __init__(self) -> None:
        self.pieces: asyncio.Queue[Any] = asyncio.Queue()
        self.taken = 0
        self.asked = asyncio.Event()
        self.closed = asyncio.Event()

    def give(self, *pieces: Any) -> None:
        for piece in pieces:
            self.pieces.put_nowait(piece)

    async def _next(self) -> Any:
        self.asked.set()
        piece = await self.pieces.get()
        self.taken += 1
        if isinstance(piece, Exception):
            raise piece
        return piece

    @hookimpl
    async def streaming(self, request, settings):
        try:
            while (piece := await self._next()) is not None:
                yield piece
        finally:
            self.closed.set()

    @hookimpl
    async def completion(self, request, settings):
        try:
            return {"choices": [{"message": {"content": await self._next()}}]}
        finally:
            self.closed.set()


def gateway_of(model: Any, **settings: Any) -> Gateway:
    router = RouterSettings(num_retries=0)
    gateway = Gateway(Config(deployments=(Deployment("any", "paced/one"),), router=router, **settings))
    gateway._serving.client.register_provider("paced", model)
    return gateway


async def closed(model: Paced) -> None:
    async with asyncio.timeout(10):  # the law says within a second, and a busy machine is not the law's
        await model.closed.wait()


async def test_an_error_before_the_first_chunk_has_its_status(exchanged):
    model = Paced()
    model.give(RateLimitError("slow down", retry_after=7))
    request = await exchanged(gateway_of(model), "/v1/chat/completions", STREAM).ended()
    assert (request.status, request.json["error"]["message"]) == (429, "slow down")
    assert (b"retry-after", b"7") in request.messages[0]["headers"]


async def test_an_error_after_the_first_chunk_is_an_event_and_the_stream_ends_without_done(exchanged):
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", STREAM)
    model.give("Hel")
    await request.has(b"Hel")
    model.give(RateLimitError("slow down"))
    await request.ended()
    assert request.status == 200
    assert json.loads(request.events[-1])["error"]["message"] == "slow down"
    assert "[DONE]" not in request.events


async def test_an_error_after_the_wait_for_the_first_chunk_is_an_event(exchanged, monkeypatch):
    monkeypatch.setattr(_calls, "FIRST_CHUNK_WAIT", 0.01)
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", STREAM)
    await request.until(lambda: request.status == 200)
    model.give(RateLimitError("slow down"))
    await request.ended()
    assert (request.status, json.loads(request.events[-1])["error"]["message"]) == (200, "slow down")


async def test_silence_is_filled_with_comments_before_the_first_chunk_and_after_it(exchanged, monkeypatch):
    monkeypatch.setattr(_calls, "FIRST_CHUNK_WAIT", 0.01)
    monkeypatch.setattr(_events, "SILENCE", 0.01)
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", STREAM)
    await request.has(b": keep-alive\n\n: keep-alive\n\n")
    model.give("Hello")
    await request.has(b"Hello")
    await request.has(_events.COMMENT, times=request.body.count(_events.COMMENT) + 1)
    model.give(None)
    await request.ended()
    assert request.events[-1] == "[DONE]"


async def test_a_client_that_leaves_closes_the_upstream(exchanged):
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", STREAM)
    model.give("Hel")
    await request.has(b"Hel")
    request.leave()
    await closed(model)
    await request.ended()
    assert exchange_of(request.scope).client_left


async def test_a_client_that_leaves_before_the_first_chunk_closes_the_upstream(exchanged):
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", STREAM)
    request.leave()
    await request.ended()
    await closed(model)
    assert request.messages == []


async def test_a_client_that_leaves_ends_a_call_that_is_not_streamed(exchanged):
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", CHAT)
    request.leave()
    await closed(model)
    await request.ended()
    assert request.messages == []


async def test_a_server_that_stops_is_no_client_that_left(exchanged, monkeypatch):
    monkeypatch.setattr(_attendance, "GRACE", 0)
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", CHAT)
    await model.asked.wait()
    request.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request.task
    await closed(model)
    assert not exchange_of(request.scope).client_left


async def test_a_slow_client_slows_the_source(exchanged):
    model = Paced()
    request = exchanged(gateway_of(model), "/v1/chat/completions", STREAM)
    model.give("first")
    await request.has(b"first")
    request.stop_reading()
    model.give(*(f"piece {number}" for number in range(1000)), None)
    for _ in range(200):
        await asyncio.sleep(0)
    assert model.taken < 10
    request.read_on()
    await request.ended()
    assert model.taken == 1002
    assert request.events[-1] == "[DONE]"


async def test_another_configuration_leaves_running_requests_alone(exchanged):
    model, other = Paced(), Paced()
    gateway = gateway_of(model)
    before = gateway._serving
    request = exchanged(gateway, "/v1/chat/completions", STREAM)
    model.give("old")
    await request.has(b"old")
    await gateway.reload(Config(deployments=(Deployment("new", "paced/two"),)))
    gateway._serving.client.register_provider("paced", other)
    other.give("new answer")
    answer = await exchanged(gateway, "/v1/chat/completions", {**CHAT, "model": "new"}).ended()
    gone = await exchanged(gateway, "/v1/chat/completions", CHAT).ended()
    assert (answer.status, gone.status) == (200, 404)
    assert before.closing is None
    model.give(" to the end", None)
    await request.ended()
    assert b" to the end" in request.body
    await before.closing
