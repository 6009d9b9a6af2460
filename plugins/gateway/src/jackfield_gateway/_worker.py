"""One process that answers requests: the app, the server around it, and how they begin, change and end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable

from jackfield import ModelResponse

from ._app import Gateway
from ._exchange import Exchange
from ._front import Front
from ._handlers import changed_files
from ._http import Server, server_config
from ._log import AccessLog, LineWriter
from ._metrics import Metrics
from ._notices import say_wrong
from ._probes import Probes
from ._share import ALONE, Place
from .config import Config
from .wire.bodies import adapter

__all__ = ["Worker"]

CLOSING_SECONDS = 5.0
"""After the time that streams have: for closing connections to providers, and for threads to end."""

SAME_TELLING = 1.0
"""Seconds within which a second signal is the first one again: who signals a supervisor's whole group, as systemd does,
reaches its workers twice."""

log = logging.getLogger(__name__)


class Worker:
    """Serves a config on a listening socket until SIGTERM or SIGINT.

    ``announce`` is called once requests are answered. Raises ConfigurationError where the config cannot be served.
    """

    def __init__(
        self,
        config: Config,
        listener: socket.socket,
        writer: LineWriter,
        announce: Callable[[], object],
        place: Place = ALONE,
    ) -> None:
        self._place = place
        self._listener = listener
        self._shutdown_timeout = config.limits.shutdown_timeout
        self._gateway = Gateway(place.share(config))
        _load_for_the_first_request()
        self._access = AccessLog(writer, config)
        self._metrics = Metrics(_groups(config))
        self._probes = Probes(self._metrics.page)
        self._front = Front(self._gateway, config, self, self._probes.routes)
        self._server = Server(server_config(self._front, config.limits), self._answers)
        self._announce = announce
        self._told = 0.0
        self._changing = asyncio.Lock()

    def begin(self) -> None:
        """Count a request that has come."""
        self._metrics.begin()

    def end(self, exchange: Exchange) -> None:
        """Log and count a request that has ended."""
        try:
            self._access.write(exchange)
        finally:
            self._metrics.end(exchange)

    def _answers(self) -> None:
        gc.freeze()  # what is loaded by now stays; no collection needs to look at it again
        self._announce()

    async def serve(self) -> None:
        """Answer requests; return when the last one is answered after a signal to stop."""
        if sys.platform != "win32":  # there Ctrl-C ends the process, and nothing else is to be had
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop, number)
        await self._server.serve(sockets=[self._listener])
        try:
            async with asyncio.timeout(CLOSING_SECONDS):
                await self._gateway.aclose()
        except TimeoutError:
            log.warning("connections to providers were not closed within %g seconds", CLOSING_SECONDS)

    @property
    def is_stopping(self) -> bool:
        """Whether it takes no more requests."""
        return self._server.should_exit

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Take no more requests and end when those in flight have; told again later, end at once."""
        now = time.monotonic()
        if self._server.should_exit:
            if self._place is not ALONE and now - self._told < SAME_TELLING:
                return
            os._exit(128 + number)
        self._told = now
        log.info("stopping: requests in flight have %g seconds to end", self._shutdown_timeout)
        self._probes.draining = True
        self._server.should_exit = True
        _exit_after(self._shutdown_timeout + CLOSING_SECONDS)

    async def change(self, config: Config) -> bool:
        """Go by another config from the next request on; the old one stays, and False returns, where that cannot be.

        The idle time-out, the time for a request's head and the shutdown's bound are those of the start.
        """
        async with self._changing:
            try:
                await self._gateway.reload(self._place.share(config))
            except Exception as error:  # a handler's file may raise what it likes; who waits is to have an answer
                say_wrong(error)
                return False
            self._front.configure(config)
            self._access.configure(config)
            self._metrics.configure(_groups(config))
        if self._place.index == 0:  # what all workers would say, one says
            _say_changed()
        return True


def _load_for_the_first_request() -> None:
    """Import and build what the first chat needs and nothing before it: who is ready shall answer at once."""
    import aiohttp  # noqa: F401  # what carries the calls to providers

    adapter("chat")
    ModelResponse.of_text("")


def _groups(config: Config) -> set[str]:
    return {deployment.model_name for deployment in config.deployments}


def _say_changed() -> None:
    for path in changed_files():
        log.warning("%s has changed since it was loaded and is not executed again: restart the gateway", path)


def _exit_after(seconds: float) -> None:
    """End the process then, whatever holds it up: the thread of a handler that hangs, an answer that never comes."""
    timer = threading.Timer(seconds, os._exit, (0,))
    timer.daemon = True
    timer.start()
