"""Async transports by event loop: each loop has one of its own, which dies with it."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, TypeAlias
from weakref import ref

from ._adrive import on_asyncio
from .errors import ConfigurationError
from .transports import AsyncTransport
from .transports._sockets import LEFT_BEHIND

__all__ = ["VARIABLE", "Loops"]

VARIABLE = "JACKFIELD_TRANSPORT"

Key: TypeAlias = tuple[int, int]
"""The process and the loop that a transport belongs to: their numbers."""


class Loops:
    """A transport for each running loop.

    A WeakKeyDictionary would leak, since a session references its loop. An async generator that was started on the
    loop owns the transport, so ``asyncio.run`` and ``trio.run`` close it when they close their async generators.
    """

    def __init__(self, name: str | None) -> None:
        self._name = name
        self._owners: dict[Key, tuple[Any, AsyncTransport, AsyncGenerator[AsyncTransport]]] = {}

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

    def _make(self, key: Key, loop: Any) -> AsyncTransport:
        self._sweep()
        owner = _owner(make_transport(self._name), ref(self), key)
        transport = _first(owner)
        self._owners[key] = (loop, transport, owner)
        return transport

    def _sweep(self) -> None:
        # A loop that was closed without closing its async generators, or that belongs to the parent of this process.
        for key, (loop, _, _) in list(self._owners.items()):
            if key[0] != os.getpid() or (hasattr(loop, "is_closed") and loop.is_closed()):
                self._owners.pop(key, None)

    def forget(self, key: Key) -> None:
        """Forget the transport of a loop."""
        self._owners.pop(key, None)

    def __del__(self) -> None:
        # asyncio closes a generator that was dropped; trio does too, but complains about it.
        for (process, _), (loop, transport, owner) in self._owners.items():
            if process != os.getpid():
                LEFT_BEHIND.append(owner)
            elif hasattr(loop, "run_sync_soon"):
                _leaving[id(transport)] = owner
                with suppress(RuntimeError):  # the run is over, and has closed it
                    loop.run_sync_soon(_close, owner)


async def _owner(transport: AsyncTransport, home: ref[Loops], key: Key) -> AsyncGenerator[AsyncTransport]:
    # It refers weakly to who holds it: a client that is dropped lets go of its connections at once.
    try:
        yield transport
    finally:
        if (loops := home()) is not None:
            loops.forget(key)
        _leaving.pop(id(transport), None)
        await transport.aclose()


_leaving: dict[int, AsyncGenerator[AsyncTransport]] = {}
"""Owners in runs of trio that nobody else holds any more, until they are closed."""


def _close(owner: AsyncGenerator[AsyncTransport]) -> None:
    import trio

    with suppress(RuntimeError):  # the run is ending, and closes what is left by itself
        trio.lowlevel.spawn_system_task(owner.aclose)


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
    """Return a new transport of this name, or of the variable's; without one aiohttp where it fits, else httpx."""
    source = "transport="
    if name is None:
        name, source = os.environ.get(VARIABLE) or None, VARIABLE
    if name is None:
        name = "aiohttp" if on_asyncio() and importlib.util.find_spec("aiohttp") is not None else "httpx"
    if name == "aiohttp" and not on_asyncio():
        raise ConfigurationError(f"{source} is 'aiohttp', which needs asyncio: under trio there is 'httpx'")
    if name == "aiohttp":
        from .transports.aiohttp_ import AiohttpTransport

        return AiohttpTransport()
    if name == "httpx":
        from .transports.httpx_ import AsyncHttpxTransport

        return AsyncHttpxTransport()
    raise ConfigurationError(f"{source} is {name!r}: there are 'aiohttp' and 'httpx'")
