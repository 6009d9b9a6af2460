"""Async transports by event loop: each loop has one of its own, which dies with it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncGenerator
from typing import Any

from ._adrive import on_asyncio
from .errors import ConfigurationError
from .transports import AsyncTransport

__all__ = ["VARIABLE", "Loops"]

VARIABLE = "JACKFIELD_TRANSPORT"


class Loops:
    """A transport for each running loop.

    A WeakKeyDictionary would leak, since a session references its loop. An async generator that was started on the
    loop owns the transport, so ``asyncio.run`` and ``trio.run`` close it when they close their async generators.
    """

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._owners: dict[tuple[int, int], tuple[Any, AsyncTransport, AsyncGenerator[AsyncTransport]]] = {}

    def transport(self) -> AsyncTransport:
        """Return the running loop's transport, making it at first need."""
        loop = running_loop()
        key = (os.getpid(), id(loop))
        owned = self._owners.get(key)
        return owned[1] if owned is not None else self._make(key, loop)

    async def aclose(self) -> None:
        """Close the running loop's transport."""
        owned = self._owners.get((os.getpid(), id(running_loop())))
        if owned is not None:
            await owned[2].aclose()

    def _make(self, key: tuple[int, int], loop: Any) -> AsyncTransport:
        self._sweep()
        owner = self._owner(key)
        transport = _first(owner)
        self._owners[key] = (loop, transport, owner)
        return transport

    def _sweep(self) -> None:
        # A loop that was closed without closing its async generators, or that belongs to the parent of this process.
        for key, (loop, _, _) in list(self._owners.items()):
            if key[0] != os.getpid() or (hasattr(loop, "is_closed") and loop.is_closed()):
                self._owners.pop(key, None)

    async def _owner(self, key: tuple[int, int]) -> AsyncGenerator[AsyncTransport]:
        transport = make_transport(self._name or os.environ.get(VARIABLE))
        try:
            yield transport
        finally:
            self._owners.pop(key, None)
            await transport.aclose()


def _first(owner: AsyncGenerator[AsyncTransport]) -> AsyncTransport:
    # The first step awaits nothing, so it can be taken by hand; taking it tells the loop about the generator.
    try:
        owner.__anext__().send(None)
    except StopIteration as stop:
        transport: AsyncTransport = stop.value
        return transport
    raise RuntimeError("the transport's owner awaited before its first value")


def running_loop() -> Any:
    """Return what identifies the running loop: asyncio's loop, or trio's token."""
    if on_asyncio():
        import asyncio

        return asyncio.get_running_loop()
    import trio

    return trio.lowlevel.current_trio_token()


def make_transport(name: str | None) -> AsyncTransport:
    """Return a new transport of this name; None means aiohttp where it is installed and fits, else httpx."""
    if name is None:
        name = "aiohttp" if on_asyncio() and importlib.util.find_spec("aiohttp") is not None else "httpx"
    if name == "aiohttp":
        from .transports.aiohttp_ import AiohttpTransport

        return AiohttpTransport()
    if name == "httpx":
        from .transports.httpx_ import AsyncHttpxTransport

        return AsyncHttpxTransport()
    raise ConfigurationError(f"{VARIABLE} is {name!r}: there are 'aiohttp' and 'httpx'")
