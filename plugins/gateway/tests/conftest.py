"""What the tests share: one request to an ASGI application, held in the hand."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from jackfield_gateway._exchange import STATE_KEY, Exchange


class Exchanged:
    """A request that runs: its answer so far is kept, and the client may be slow or leave."""

    def __init__(self, app: Any, path: str, body: Any) -> None:
        self.messages: list[dict[str, Any]] = []
        self._content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._left = asyncio.Event()
        self._reads = asyncio.Event()
        self._reads.set()
        self._came = asyncio.Condition()
        headers = [(b"content-type", b"application/json"), (b"host", b"127.0.0.1")]
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": "POST",
            "path": path,
            "query_string": b"",
            "headers": headers,
            "state": {STATE_KEY: Exchange("request-1", "POST")},
        }
        self.task = asyncio.ensure_future(app(self.scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._content is not None:
            content, self._content = self._content, None
            return {"type": "http.request", "body": content, "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        await self._reads.wait()
        async with self._came:
            self.messages.append(message)
            self._came.notify_all()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until what was sent makes this true."""
        async with asyncio.timeout(10), self._came:
            await self._came.wait_for(true)

    async def has(self, text: bytes, times: int = 1) -> None:
        """Wait until the answer's body holds this."""
        await self.until(lambda: self.body.count(text) >= times)

    async def ended(self) -> Exchanged:
        """Wait until the application has done with the request."""
        async with asyncio.timeout(10):
            await self.task
        return self

    def leave(self) -> None:
        """Close the connection."""
        self._left.set()

    def stop_reading(self) -> None:
        """Take nothing more, as a slow client does."""
        self._reads.clear()

    def read_on(self) -> None:
        """Take what comes again."""
        self._reads.set()

    @property
    def status(self) -> int | None:
        """The status that was sent."""
        return self.messages[0]["status"] if self.messages else None

    @property
    def body(self) -> bytes:
        """The body that was sent."""
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def events(self) -> list[str]:
        """The data of the events that were sent."""
        lines = self.body.decode().split("\n")
        return [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run where the gateway runs."""
    return "asyncio"


@pytest.fixture
async def exchanged(anyio_backend):
    """Start a request to an application; a task that is left behind fails the test."""
    before = asyncio.all_tasks()
    yield Exchanged
    await asyncio.sleep(0)
    left = [task for task in asyncio.all_tasks() - before if "TestRunner" not in repr(task)]  # pytest's own
    assert left == []
