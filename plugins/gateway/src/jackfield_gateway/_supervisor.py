"""The parent of several workers: starts them, replaces those that die, and gives them new configs."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress

from ._channel import FOLDER_VARIABLE, STARTUP_FAILED, read_marks
from ._notices import Hangups, reread, say_in_force
from ._process import WorkerProcess
from .config import Config

__all__ = ["Supervisor"]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
"""Seconds before the next worker is started where one died young: doubled from one to the other."""

TRIES = 3
"""How many workers may die before any has served, until the supervisor gives up."""

KILL_AFTER = 7.0
"""Seconds beyond the shutdown's bound after which a worker that still runs is killed."""

log = logging.getLogger(__name__)


class Supervisor:
    """Keeps ``count`` workers on one listening socket. ``announce`` is called when the first of them answers."""

    def __init__(self, config: Config, listener: socket.socket, count: int, announce: Callable[[], object]) -> None:
        self._config = config
        self._number = 0
        self._listener = listener
        self._address = listener.getsockname()[0]
        self._count = count
        self._announce = announce
        self._children: dict[int, WorkerProcess] = {}
        self._served = False
        self._deaths = 0
        self._stopping = asyncio.Event()
        self._word = signal.SIGTERM
        self._code = 0

    async def run(self) -> int:
        """Supervise until SIGTERM or SIGINT, or until no worker comes up; returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_stop, number)
        loop.add_signal_handler(signal.SIGHUP, Hangups(self._reload).tell)
        with tempfile.TemporaryDirectory(prefix="jackfield-metrics-", ignore_cleanup_errors=True) as folder:
            self._folder = folder
            await asyncio.gather(*(self._keep(index) for index in range(self._count)))
        return self._code

    # ---------------------------------------------------------------------------------------------------------- signals

    def _on_stop(self, number: int) -> None:
        if self._stopping.is_set():
            self._code = 128 + number
            self._word = signal.SIGKILL
            self._signal_all(signal.SIGKILL)
        else:
            self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        self._listener.close()
        self._signal_all(signal.SIGTERM)
        bound = self._config.limits.shutdown_timeout + KILL_AFTER
        asyncio.get_running_loop().call_later(bound, self._signal_all, signal.SIGKILL)

    def _signal_all(self, number: int) -> None:
        for child in self._children.values():
            child.signal(number)

    # -------------------------------------------------------------------------------------------------------- reloading

    async def _reload(self) -> None:
        """Read the config again; it is in force when all workers that answer have taken it, and else in none.

        One of them tries it first, and loads what it names: what is wrong with it is wrong in one place, and told once.
        """
        config = await reread(self._config.path, self._address)
        if config is None or self._stopping.is_set():
            return
        self._number += 1
        asked = self._ready()[:1]
        answers = await self._offer(config, asked)
        if all(answers):
            others = [child for child in self._ready() if child not in asked]
            answers += await self._offer(config, others)
            asked += others
        if self._stopping.is_set():
            return
        if all(answers):
            self._put_in_force(config, asked)
        else:
            self._take_back(child for child, answer in zip(asked, answers, strict=True) if answer is not False)

    def _ready(self) -> list[WorkerProcess]:
        return [child for child in self._children.values() if child.is_ready]

    async def _offer(self, config: Config, children: list[WorkerProcess]) -> list[bool | None]:
        return await asyncio.gather(*(child.takes(self._number, config) for child in children))

    def _put_in_force(self, config: Config, taken_by: list[WorkerProcess]) -> None:
        self._config = config
        for child in self._children.values():
            if child not in taken_by:  # it has begun since with the one before
                child.send(self._number, config)
        say_in_force(config)

    def _take_back(self, children: Iterable[WorkerProcess]) -> None:
        self._number += 1
        for child in children:
            child.send(self._number, self._config)

    # ---------------------------------------------------------------------------------------------------------- workers

    async def _keep(self, index: int) -> None:
        """Keep one place filled."""
        pause = 0.0
        while not self._stopping.is_set():
            child = await self._start(index)
            code = await child.process.wait()
            child.bury()
            self._bury(child)
            if self._stopping.is_set():
                return
            pause = 0.0 if child.was_steady() else min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
            self._mourn(child, code, pause)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _start(self, index: int) -> WorkerProcess:
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
        child = self._children[index] = WorkerProcess(process)
        child.send(self._number, self._config)
        asyncio.get_running_loop().add_reader(marks, self._read_marks, child, marks)
        if self._stopping.is_set():  # since this began
            child.signal(self._word)
        return child

    def _read_marks(self, child: WorkerProcess, marks: int) -> None:
        told = read_marks(marks)
        if not told:
            asyncio.get_running_loop().remove_reader(marks)
            os.close(marks)
        for kind, number in told:
            child.hear(kind, number)
        if child.is_ready and not self._served:
            self._served = True
            self._announce()

    def _bury(self, child: WorkerProcess) -> None:
        # Its counts stay in the sums, its gauges are of the living. The module's import is worth saving till now.
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(child.pid, self._folder)  # type: ignore[no-untyped-call]  # prometheus_client has no types for it

    def _mourn(self, child: WorkerProcess, code: int, pause: float) -> None:
        log.error("worker %d ended with code %d, the next begins in %g s", child.pid, code, pause)
        self._deaths += 1
        if not self._served and (code == STARTUP_FAILED or self._deaths >= TRIES):
            log.critical("no worker comes up: giving up")
            self._code = 1
            if not self._stopping.is_set():
                self._stop()
