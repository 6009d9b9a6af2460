"""The parent of several workers: starts them, replaces those that die, and gives them new configs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress

from ._channel import NOT_TAKEN, READY, STARTUP_FAILED, frame
from ._notices import reread, say_in_force
from .config import Config

__all__ = ["Supervisor"]

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

STEADY_SECONDS = 10.0
"""A worker that served this long was well: when it dies, the next is started at once."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds before the next worker is started where one died young: doubled from one to the other."""

TRIES = 3
"""How many workers may die before any has served, until the supervisor gives up."""

KILL_AFTER = 7.0
"""Seconds beyond the shutdown's bound after which a worker that still runs is killed."""

log = logging.getLogger(__name__)


class _Child:
    """A worker's process, seen from here."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.ready_at: float | None = None

    @property
    def pid(self) -> int:
        return self.process.pid

    def send(self, config: Config) -> None:
        assert self.process.stdin is not None  # it was started with a pipe
        self.process.stdin.write(frame(config))

    def signal(self, number: int) -> None:
        if self.process.returncode is None:
            self.process.send_signal(number)

    def was_steady(self) -> bool:
        return self.ready_at is not None and time.monotonic() - self.ready_at > STEADY_SECONDS


class Supervisor:
    """Keeps ``count`` workers on one listening socket. ``announce`` is called when the first of them answers."""

    def __init__(self, config: Config, listener: socket.socket, count: int, announce: Callable[[], object]) -> None:
        self._config = config
        self._before = config
        self._listener = listener
        self._count = count
        self._announce = announce
        self._children: dict[int, _Child] = {}
        self._served = False
        self._deaths = 0
        self._stopping = asyncio.Event()
        self._code = 0

    async def run(self) -> int:
        """Supervise until SIGTERM or SIGINT, or until no worker comes up; returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop, number)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)
        with tempfile.TemporaryDirectory(prefix="jackfield-metrics-", ignore_cleanup_errors=True) as folder:
            self._folder = folder
            await asyncio.gather(*(self._keep(index) for index in range(self._count)))
        return self._code

    # ---------------------------------------------------------------------------------------------------------- signals

    def _on_stop(self, number: int) -> None:
        if self._stopping.is_set():
            self._signal_all(signal.SIGKILL)
            os._exit(128 + number)
        self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        self._listener.close()
        self._signal_all(signal.SIGTERM)
        bound = self._config.limits.shutdown_timeout + KILL_AFTER
        asyncio.get_running_loop().call_later(bound, self._signal_all, signal.SIGKILL)

    def _on_hangup(self) -> None:
        config = reread(self._config.path, self._listener.getsockname()[0])
        if config is None:
            return
        self._before, self._config = self._config, config
        for child in self._children.values():
            child.send(config)
        say_in_force(config)

    def _signal_all(self, number: int) -> None:
        for child in self._children.values():
            child.signal(number)

    # ---------------------------------------------------------------------------------------------------------- workers

    async def _keep(self, index: int) -> None:
        """Keep one place filled."""
        pause = 0.0
        while not self._stopping.is_set():
            child = await self._start(index)
            code = await child.process.wait()
            self._bury(child)
            if self._stopping.is_set():
                return
            pause = 0.0 if child.was_steady() else min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
            self._mourn(child, code, pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _start(self, index: int) -> _Child:
        marks, told = os.pipe()
        places = (index, self._count, self._listener.fileno(), told)
        process = await asyncio.create_subprocess_exec(
            # -P: the folder that the gateway was started in is no place to import its modules from.
            *(sys.executable, "-P", "-m", "jackfield_gateway._child", *map(str, places)),
            stdin=asyncio.subprocess.PIPE,
            pass_fds=(self._listener.fileno(), told),
            env={**os.environ, FOLDER_VARIABLE: self._folder},
            process_group=0,  # a terminal's Ctrl-C is for the supervisor; a worker would take its word for the second
        )
        os.close(told)
        child = self._children[index] = _Child(process)
        child.send(self._config)
        asyncio.get_running_loop().add_reader(marks, self._read_marks, child, marks)
        if self._stopping.is_set():  # since this began
            child.signal(signal.SIGTERM)
        return child

    def _read_marks(self, child: _Child, marks: int) -> None:
        told = os.read(marks, 64)
        if not told:
            asyncio.get_running_loop().remove_reader(marks)
            os.close(marks)
        if READY in told:
            child.ready_at = time.monotonic()
            if not self._served:
                self._served = True
                self._announce()
        if NOT_TAKEN in told:  # it says why; those that replace it are to begin with what works
            self._config = self._before

    def _bury(self, child: _Child) -> None:
        # Its counts stay in the sums, its gauges are of the living. The module's import is worth saving till now.
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(child.pid, self._folder)  # type: ignore[no-untyped-call]  # prometheus_client has no types for it

    def _mourn(self, child: _Child, code: int, pause: float) -> None:
        log.error("worker %d ended with code %d, the next begins in %g s", child.pid, code, pause)
        self._deaths += 1
        if not self._served and (code == STARTUP_FAILED or self._deaths >= TRIES):
            log.critical("no worker comes up: giving up")
            self._code = 1
            if not self._stopping.is_set():
                self._stop()
