"""A pool of daemon threads for foreign code that may block, or hang.

The threads of executors, of `asyncio.to_thread` and of anyio hold up the exit of the process behind a call that hangs;
these do not. A caller that stops waiting *abandons* its job: the thread no longer counts as one of the pool's, another
may take its place, and when the job returns after all, its result is dropped.

How the hot path does without a lock (`append`, `pop` and the test-and-set of a lock are atomic):

- Whoever adds a job wakes one worker, unless one is already on its way to look for jobs (``searching``). A worker that
  takes a job and sees more wakes the next one before it starts. So quick jobs that come together are done by one or
  two threads, and each blocking one still gets a thread of its own.
- A worker that finds no job lists itself as idle and then looks again; whoever adds a job adds it before it looks for
  an idle worker. One of the two always sees the other.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from contextvars import Context
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Generic, TypeVar

from ._contexts import below, depth
from ._handover import Outcome
from .errors import PluginError

__all__ = ["Job", "Pool", "places", "pool"]

T = TypeVar("T")

LIMIT = 64
"""Threads that work at once, and jobs that may hang abandoned before new ones are refused."""

IDLE_SECONDS = 10.0


class Job(Outcome[T], Generic[T]):
    """A function to be called in a worker thread.

    ``wake`` is called there once the outcome is known. If the caller has given up by then, ``cleanup`` is called
    instead, and what it returns or raises is dropped like the outcome: nobody is left to hear it.
    """

    __slots__ = ("_cleanup", "_context", "_fn", "_settled", "_wake", "thread")

    def __init__(
        self,
        fn: Callable[[], T],
        context: Context,
        wake: Callable[[], None],
        cleanup: Callable[[], object] | None = None,
    ) -> None:
        self._error = None  # what super().__init__ does; this is the hot path
        self.done = False
        self._fn = fn
        self._context = context
        self._wake = wake
        self._cleanup = cleanup
        self._settled = threading.Lock()
        self.thread: int | None = None

    def settle(self) -> bool:
        """Decide, once and for all, between the worker that has the outcome and the caller that gives up."""
        return self._settled.acquire(blocking=False)

    @property
    def cleans_up(self) -> bool:
        """Whether there is something to do when the caller gives up."""
        return self._cleanup is not None

    def perform(self, level: int) -> bool:
        """Do it; False when the caller gave up before it was done."""
        self.thread = threading.get_ident()
        if not self._settled.locked():
            self._call(level)
        if self.settle():
            self.done = True
            self._wake()
            return True
        self.forget()
        if self._cleanup is not None:
            with suppress(BaseException):
                self._context.run(self._cleanup)
        return False

    def _call(self, level: int) -> None:
        try:
            self.succeed(self._context.run(_at, level, self._fn))
        except BaseException as error:  # the caller gets it, whatever it is
            self.fail(error)


def _at(level: int, fn: Callable[[], T]) -> T:
    depth.set(level)
    return fn()


class Pool:
    """The threads of one depth, started as they are needed, at most 64 at work."""

    def __init__(self, level: int, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self.threads: set[_Worker] = set()
        self.abandoned: set[Job[Any]] = set()
        self.level = level
        self._idle_seconds = idle_seconds
        self._jobs: deque[Job[Any]] = deque()
        self._idle: deque[_Worker] = deque()
        self._searching = False
        self._growing = threading.RLock()  # re-entrant: a finalizer that runs while a thread is made may need one too

    def submit(self, job: Job[Any]) -> None:
        """Have the job done; PluginError when too many abandoned ones hang."""
        if self.abandoned and len(self.abandoned) >= LIMIT:
            where = places(job.thread for job in tuple(self.abandoned))
            raise PluginError(
                f"{len(self.abandoned)} calls that were given up still hold their threads: {where}. "
                "Make that code end by itself (give its network calls a time limit of their own), "
                "or restart the process."
            )
        self._jobs.append(job)
        if not self._searching or not self.threads:
            try:
                self._wake_one()
            except RuntimeError:  # the system gives no thread
                job.settle()
                raise

    def abandon(self, job: Job[Any]) -> bool:
        """Stop waiting for the job; False when it is done already."""
        self.abandoned.add(job)  # first: the worker that finds the job given up takes it out again
        if not job.settle():
            self.abandoned.discard(job)
            return False
        if job.thread is None:
            self.abandoned.discard(job)
            self._forget(job)
        if self._jobs:
            self._wake_one()
        return True

    def _forget(self, job: Job[Any]) -> None:
        """Drop a job that has not begun, unless whoever takes it has to clean up: where all hang, that is never."""
        if not job.cleans_up:
            with suppress(ValueError):
                self._jobs.remove(job)

    def work(self) -> None:
        """Do jobs until there are none."""
        self._searching = False  # first: a job that is added from now on is either seen below or wakes somebody
        jobs = self._jobs
        while jobs:
            try:
                job = jobs.popleft()
            except IndexError:  # somebody was quicker
                return
            if jobs and not self._searching:
                self._wake_one()
            if not job.perform(self.level):
                self.abandoned.discard(job)

    def rest(self, worker: _Worker) -> bool:
        """Wait until there may be work; False when this worker is one too many, or has been idle for long."""
        if len(self.threads) > LIMIT and self._working() > LIMIT:
            return False
        self._idle.append(worker)
        if self._jobs and self._is_idle_no_more(worker):
            return True
        try:
            worker.inbox.get(timeout=self._idle_seconds)
        except Empty:
            return not self._is_idle_no_more(worker) or bool(self._jobs)
        return True

    def leave(self, worker: _Worker) -> None:
        """Let a worker go."""
        self.threads.discard(worker)
        if self._jobs:  # added while this worker still counted
            self._wake_one()

    def _wake_one(self) -> None:
        while True:
            self._searching = True
            try:
                worker = self._idle.pop()
            except IndexError:
                if self._grow():
                    return
                self._searching = False
                if not (self._jobs and self._idle):  # one that became idle meanwhile may have looked too early
                    return
            else:
                worker.inbox.put(None)
                return

    def _grow(self) -> bool:
        with self._growing:
            if self._working() >= LIMIT:
                return False
            worker = _Worker(self)
            self.threads.add(worker)
            try:
                worker.start()
            except RuntimeError:  # the system gives no more threads
                self.threads.discard(worker)
                if self.threads:
                    return False
                self._searching = False
                raise
            return True

    def _working(self) -> int:
        return len(self.threads) - len(self.abandoned)

    def _is_idle_no_more(self, worker: _Worker) -> bool:
        """Take it out of the idle ones; False when somebody did so already and is about to wake it."""
        try:
            self._idle.remove(worker)
        except ValueError:
            return False
        return True


class _Worker(threading.Thread):
    def __init__(self, home: Pool) -> None:
        super().__init__(name="jackfield-worker", daemon=True)
        self.inbox: SimpleQueue[None] = SimpleQueue()
        self._home = home

    def run(self) -> None:
        try:
            self._home.work()
            while self._home.rest(self):
                self._home.work()
        finally:
            self._home.leave(self)


def places(threads: Iterable[int | None]) -> str:
    """Say where these threads are, the most frequent places first: "2 in acme.completion, line 12"."""
    frames = sys._current_frames()  # noqa: SLF001  # the documented way to ask where a thread is
    counted = Counter(_place(frames[thread]) for thread in threads if thread in frames)
    return ", ".join(f"{count} in {place}" for place, count in counted.most_common(3))


def _place(frame: FrameType | None) -> str:
    """Name the outermost function of a thread that belongs neither to us nor to what starts threads and tasks."""
    place = "a function that is just ending"
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] not in {"asyncio", "jackfield", "threading"}:
            place = f"{module}.{frame.f_code.co_qualname}, line {frame.f_lineno}"
        frame = frame.f_back
    return place


_pools: dict[int, Pool] = {}


def pool() -> Pool:
    """Return the pool for what the running code starts."""
    try:
        return _pools[depth.get() + 1]
    except KeyError:
        level = below()
        return _pools.setdefault(level, Pool(level))


if hasattr(os, "register_at_fork"):
    # A child of a fork has none of the threads, and perhaps a lock that one of them held.
    os.register_at_fork(after_in_child=_pools.clear)
