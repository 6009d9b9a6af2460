"""A worker's process, seen from its supervisor."""

from __future__ import annotations

import asyncio
import logging
import signal
import time

from ._channel import NOT_TAKEN, READY, TAKEN, frame
from .config import Config

__all__ = ["WorkerProcess"]

STEADY_SECONDS = 10.0
"""A worker that served this long was well: when it dies, the next is started at once."""

ANSWER_SECONDS = 60.0
"""Time for a worker to load what a new config names."""

log = logging.getLogger(__name__)


class WorkerProcess:
    """Gives a worker configs and signals, and hears its marks."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._ready_at: float | None = None
        self._asked: dict[int, asyncio.Future[bool | None]] = {}

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    @property
    def is_ready(self) -> bool:
        """Whether it answers requests."""
        return self._ready_at is not None and self.process.returncode is None

    def was_steady(self) -> bool:
        """Whether it answered requests for a good while."""
        return self._ready_at is not None and time.monotonic() - self._ready_at > STEADY_SECONDS

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    def send(self, number: int, config: Config) -> None:
        """Give it a config to go by."""
        assert self.process.stdin is not None  # it was started with a pipe
        self.process.stdin.write(frame(number, config))

    async def takes(self, number: int, config: Config) -> bool | None:
        """Give it a config and return whether it goes by that one now; None where it does not say."""
        answer: asyncio.Future[bool | None]
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        self.send(number, config)
        await asyncio.wait((answer,), timeout=ANSWER_SECONDS)
        del self._asked[number]
        taken = answer.result() if answer.done() else None
        if taken is None:
            log.error("worker %d did not say whether it takes the new config", self.pid)
        return taken

    def hear(self, kind: bytes, number: int) -> None:
        """Note a mark of the worker."""
        if kind == READY:
            self._ready_at = time.monotonic()
        elif number in self._asked:
            self._asked[number].set_result(kind == TAKEN)
        elif kind == NOT_TAKEN:  # all others go by that config: so will the one that replaces this one
            self.signal(signal.SIGTERM)

    def bury(self) -> None:
        """Note that the process has ended: no more answers come."""
        for answer in self._asked.values():
            if not answer.done():
                answer.set_result(None)
