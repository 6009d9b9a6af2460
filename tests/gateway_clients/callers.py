"""The official SDKs' clients, sync and async, behind one way of calling them, so that a test is written once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any, Protocol

__all__ = ["COLOURS", "Awaiting", "Caller", "Direct", "calling"]

COLOURS = ("sync", "async")


class Caller(Protocol):
    """Calls a method of a client by its dotted name; a stream comes as the list of what it gave."""

    client: Any

    def __call__(self, method: str, **arguments: Any) -> Any: ...

    def accumulated(self, method: str, final: str, **arguments: Any) -> Any:
        """Read a stream of the SDK's own helper to its end, and return its events and what its ``final`` gives."""


class Direct:
    """A sync client."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __call__(self, method: str, **arguments: Any) -> Any:
        result = attrgetter(method)(self.client)(**arguments)
        return list(result) if arguments.get("stream") else result

    def accumulated(self, method: str, final: str, **arguments: Any) -> Any:
        with attrgetter(method)(self.client)(**arguments) as stream:
            events = list(stream)
            return events, getattr(stream, final)()


class Awaiting:
    """An async client, on a loop of its own."""

    def __init__(self, client: Any, runner: asyncio.Runner) -> None:
        self.client = client
        self._runner = runner

    def __call__(self, method: str, **arguments: Any) -> Any:
        return self._runner.run(self._called(method, arguments))

    def accumulated(self, method: str, final: str, **arguments: Any) -> Any:
        return self._runner.run(self._accumulated(method, final, arguments))

    async def _called(self, method: str, arguments: dict[str, Any]) -> Any:
        result = attrgetter(method)(self.client)(**arguments)
        result = await result if inspect.isawaitable(result) else result
        return [item async for item in result] if arguments.get("stream") else result

    async def _accumulated(self, method: str, final: str, arguments: dict[str, Any]) -> Any:
        async with attrgetter(method)(self.client)(**arguments) as stream:
            events = [event async for event in stream]
            return events, await getattr(stream, final)()


@contextmanager
def calling(colour: str, sync: Any, asynchronous: Any, recorder: Any, **settings: Any) -> Iterator[Caller]:
    """Make a client of either colour with a recorder's HTTP client, and close it at the end."""
    if colour == "sync":
        with sync(http_client=recorder.client(), max_retries=0, **settings) as client:
            yield Direct(client)
        return
    with asyncio.Runner() as runner:
        client = asynchronous(http_client=recorder.async_client(), max_retries=0, **settings)
        yield Awaiting(client, runner)
        runner.run(client.close())
