"""A worker as a process of its own, which a supervisor starts: ``python -m jackfield_gateway._child``."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import deque

from jackfield import ConfigurationError

from ._channel import NOT_TAKEN, READY, STARTUP_FAILED, TAKEN, ConfigReader, mark
from ._http import run
from ._log import LineWriter, send_logging_to
from ._share import Place
from ._worker import Worker
from .config import Config

__all__ = ["main"]

STDIN, STDOUT = 0, 1


def main(index: str, count: str, listener: str, marks: str) -> int:
    """Serve until told to stop; ``listener`` and ``marks`` are inherited file descriptors. Returns the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the supervisor reads the config and sends it
    sys.stdout = sys.stderr  # what handlers print is no line of the log
    writer = LineWriter(STDOUT)
    send_logging_to(writer)

    async def serve() -> None:
        updates = _Updates(int(marks))
        worker = Worker(
            updates.first(), socket.socket(fileno=int(listener)), writer, updates.ready, Place(int(index), int(count))
        )
        updates.watch(worker)
        await worker.serve()

    try:
        run(serve)
    except ConfigurationError as error:
        sys.stderr.write(f"Error: {error}\n")
        return STARTUP_FAILED
    return 0


class _Updates:
    """The worker's end of the channel."""

    def __init__(self, marks: int) -> None:
        self._marks = marks
        self._reader = ConfigReader()
        self._waiting: deque[tuple[int, Config]] = deque()
        self._task: asyncio.Task[None] | None = None

    def first(self) -> Config:
        """Wait for the config to begin with."""
        while not self._waiting:
            if not (data := os.read(STDIN, 65536)):
                raise ConfigurationError("the supervisor ended before its worker began")
            self._waiting += self._reader.feed(data)
        return self._waiting.popleft()[1]

    def ready(self) -> None:
        """Tell the supervisor that requests are answered."""
        os.write(self._marks, mark(READY))

    def watch(self, worker: Worker) -> None:
        """Hand on what has come since the first config, and what comes from now on."""
        self._hand_on(worker)
        asyncio.get_running_loop().add_reader(STDIN, self._read, worker)

    def _read(self, worker: Worker) -> None:
        if not (data := os.read(STDIN, 65536)):
            asyncio.get_running_loop().remove_reader(STDIN)
            worker.stop()
            return
        self._waiting += self._reader.feed(data)
        self._hand_on(worker)

    def _hand_on(self, worker: Worker) -> None:
        if self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._change(worker))

    async def _change(self, worker: Worker) -> None:
        while self._waiting:
            number, config = self._waiting.popleft()
            os.write(self._marks, mark(TAKEN if await worker.change(config) else NOT_TAKEN, number))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
