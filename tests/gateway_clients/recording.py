"""What goes over the wire between an official client and the gateway, written down as it passes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import httpx2

__all__ = ["Event", "Exchange", "Recorder"]


SETTINGS: dict[str, Any] = {
    "timeout": 30,
    "trust_env": False,  # no proxy stands between this machine and itself
    "verify": False,  # there is nothing to verify, and reading certificates takes longer than a test
}


@dataclass(frozen=True)
class Event:
    """One event of a stream; ``name`` is None where it has none."""

    name: str | None
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


@dataclass
class Exchange:
    """One request and its answer, as far as the client read it; header names are in lower case."""

    method: str
    url: str
    request: bytes
    status: int
    headers: dict[str, str]
    body: bytearray = field(default_factory=bytearray)

    def replaced(self, body: bytes) -> Exchange:
        """Return the same exchange with another answer."""
        return replace(self, body=bytearray(body))

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def kind(self) -> str:
        """The answer's media type."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def sent(self) -> Any:
        """The request's body."""
        return json.loads(self.request)

    @property
    def events(self) -> list[Event]:
        """The events of a stream that came whole; comments are none."""
        blocks = self.body.decode().split("\n\n")[:-1]
        return [event for block in blocks if (event := _event(block)) is not None]


def _event(block: str) -> Event | None:
    fields = [line.partition(": ")[::2] for line in block.split("\n")]
    data = [value for name, value in fields if name == "data"]
    names = [value for name, value in fields if name == "event"]
    return Event(names[0] if names else None, "\n".join(data)) if data else None


class Recorder:
    """Makes HTTP clients for the official SDKs, and has every exchange of theirs in ``exchanges``, in order."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []

    @property
    def last(self) -> Exchange:
        return self.exchanges[-1]

    def client(self) -> httpx2.Client:
        """Return a client for blocking code."""
        return httpx2.Client(event_hooks={"response": [self._note]}, **SETTINGS)

    def async_client(self) -> httpx2.AsyncClient:
        """Return a client for async code."""
        return httpx2.AsyncClient(event_hooks={"response": [self._anote]}, **SETTINGS)

    @contextmanager
    def nothing_judged(self) -> Iterator[None]:
        """Forget what passes inside of the block."""
        before = len(self.exchanges)
        yield
        del self.exchanges[before:]

    def _note(self, response: httpx2.Response) -> None:
        request = response.request
        request.read()
        self._watch(response, request.content)

    async def _anote(self, response: httpx2.Response) -> None:
        request = response.request
        await request.aread()
        self._watch(response, request.content)

    def _watch(self, response: httpx2.Response, content: bytes) -> None:
        request = response.request
        headers = {name.lower(): value for name, value in response.headers.items()}
        exchange = Exchange(request.method, str(request.url), content, response.status_code, headers)
        self.exchanges.append(exchange)
        response.stream = _Tee(response.stream, exchange)


class _Tee(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    def __init__(self, stream: Any, exchange: Exchange) -> None:
        self._stream = stream
        self._exchange = exchange

    def __iter__(self) -> Iterator[bytes]:
        for data in self._stream:
            self._exchange.body += data
            yield data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._stream:
            self._exchange.body += data
            yield data

    def close(self) -> None:
        self._stream.close()

    async def aclose(self) -> None:
        await self._stream.aclose()
