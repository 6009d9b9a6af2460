"""uvicorn as the gateway runs it: on uvloop and httptools, with our bounds, told by nobody but the worker."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import partial
from math import ceil
from typing import Any, cast

import uvicorn
from jackfield import ConfigurationError

from ._binding import BACKLOG
from ._front import App
from ._protocol import HEAD_SECONDS, GatewayProtocol
from .config import Limits

__all__ = ["Server", "run", "server_config"]


class Server(uvicorn.Server):
    """uvicorn's, which tells when it answers and leaves signals to whoever runs it."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], object]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def server_config(app: App, limits: Limits) -> uvicorn.Config:
    """Return uvicorn's config: httptools with our bounds, no log and no signals of its own."""
    protocol = partial(GatewayProtocol, head_seconds=min(HEAD_SECONDS, limits.read_timeout))
    return uvicorn.Config(
        cast("Any", app),
        interface="asgi3",
        http=cast("Any", protocol),  # uvicorn only calls it
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=ceil(limits.idle_timeout),
        timeout_graceful_shutdown=ceil(limits.shutdown_timeout),
    )


def run(serve: Callable[[], Awaitable[None]]) -> None:
    """Run a coroutine function to its end, on uvloop where there is one."""

    async def main() -> None:
        await serve()

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(main())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if sys.platform == "win32":
        return None  # uvloop is not made for it
    try:
        import uvloop
    except ImportError as error:
        raise ConfigurationError(f"uvloop does not load: {error}. Try: pip install --force-reinstall uvloop") from error
    return uvloop.new_event_loop
