"""A watch over what Python does: files, sockets, processes, threads and sleeps, and variables that are read."""

from __future__ import annotations

import _thread
import os
import select
import sys
import threading
import time
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ._places import Roots, inside, line_here, profiled

__all__ = ["by_hand", "environment_watched", "watched"]

WATCHED = (
    *("open", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil."),
    *("socket.", "urllib.", "sqlite3.connect", "subprocess.", "pty.spawn"),
    *("os.system", "os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.startfile"),
)
"""Beginnings of audit events."""

CALLED: dict[Any, str] = {
    time.sleep: "called time.sleep",
    select.select: "called select.select",
    _thread.start_new_thread: "started a thread",
    getattr(_thread, "start_joinable_thread", None): "started a thread",  # threading's way since Python 3.13
    getattr(_thread, "_start_joinable_thread", None): "started a thread",
}
"""Functions of which no audit hook learns, or not before Python 3.13."""

WAIT = threading.Condition.wait.__code__
"""In which events, queues, futures and semaphores wait, once there is something to wait for."""

CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib", ".pth")
METADATA = (f".dist-info{os.sep}", f".egg-info{os.sep}")

WRAPPERS = {
    *("codecs", "configparser", "contextlib", "gzip", "http", "importlib", "io", "os", "pathlib", "queue", "shutil"),
    *("socket", "sqlite3", "subprocess", "tempfile", "threading", "urllib"),
}
"""Modules of Python's that do as their caller says; others (mimetypes, zoneinfo, platform) have files of their own."""

Line = Callable[[Roots], str | None]

_watches: list[Watch] = []
_installed = False


class Watch(list[str]):
    """What was seen, each with the plugin's line that did it."""

    def __init__(self, roots: Roots, line: Line) -> None:
        super().__init__()
        self.roots = roots
        self.line = line
        self.on = True

    def note(self, said: str) -> None:
        """Note what the plugin's code does, once a line; what others do is theirs."""
        if not self.on or (line := self.line(self.roots)) is None:
            return
        if not any(seen.endswith(f" at {line}") for seen in self):
            self.append(f"{said} at {line}")


@contextmanager
def watched(roots: Roots, line: Line = line_here) -> Iterator[Watch]:
    """Note every file, socket, process and thread that the plugin's code opens or starts, and where it waits.

    Functions written in C are watched through the profiler of the running thread, under whatever name they are called.
    ``line`` says which line of the plugin's it was, if any: by itself the nearest one, whatever stands between.
    """
    global _installed
    if not _installed:
        sys.addaudithook(_audit)  # for good: Python takes none back, so it looks at the list below
        _installed = True
    watch = Watch(roots, line)
    _watches.append(watch)
    try:
        with profiled(_profiler(watch)):
            yield watch
    finally:
        _watches.remove(watch)


def _profiler(watch: Watch) -> Callable[[FrameType, str, Any], None]:
    def called(frame: FrameType, event: str, function: Any) -> None:
        if event == "c_call" and function in CALLED:
            watch.note(CALLED[function])
        elif event == "call" and frame.f_code is WAIT and frame.f_locals["timeout"] != 0:
            watch.note("waited for another thread")

    return called


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watches or not event.startswith(WATCHED) or _is_loading(event, arguments):
        return
    if event == "sqlite3.connect/handle":
        return  # its second event for one connection
    for watch in _watches:
        watch.note(_said(event, arguments))


def _is_loading(event: str, arguments: tuple[Any, ...]) -> bool:
    # What the import system reads, and importlib.metadata: a module that is loaded when it is first needed, metadata
    # of distributions, and archives that stand on the path. What has a number only is open already.
    path = str(arguments[0]) if arguments else ""
    if "__pycache__" in path or event != "open":
        return "__pycache__" in path
    if isinstance(arguments[0], int):
        return True
    metadata = any(folder in path for folder in METADATA) or path in sys.path
    return path.endswith(CODE) or (metadata and arguments[1] in {"r", "rb"})


def _said(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "open":
        return f"opened {arguments[0]!r}"
    shown = arguments[1:2] if event.startswith(("socket.", "subprocess.")) else arguments[:1]
    return f"{event}({', '.join(map(repr, shown))})"


@contextmanager
def environment_watched(roots: Roots) -> Iterator[list[str]]:
    """Note every environment variable that a line of the plugin itself reads within the block."""
    environ: Any = os.environ
    before, seen = environ._data, []  # noqa: SLF001  # the one place that os.environ, os.getenv and their kin read
    kin: list[Any] = [environ, *([os.environb] if os.supports_bytes_environ else [])]  # which share it

    class Noting(dict[Any, Any]):
        def __getitem__(self, key: Any) -> Any:
            if (line := by_hand(roots, {"os", "collections"})) is not None:
                seen.append(f"{key.decode() if isinstance(key, bytes) else key} at {line}")
            return super().__getitem__(key)

    noting = Noting(before)
    for each in kin:
        each._data = noting  # noqa: SLF001
    try:
        yield seen
    finally:
        for each in kin:
            each._data = before  # noqa: SLF001
        before.clear()
        before.update(noting.items())  # with what was set or deleted meanwhile


def by_hand(roots: Roots, wrappers: Container[str] = WRAPPERS) -> str | None:
    """Return the plugin's line that does something, where it is the plugin and no library that it calls."""
    frame = sys._getframe(1)  # noqa: SLF001
    while frame.f_back is not None and _passes_on(frame.f_globals.get("__name__", ""), wrappers):
        frame = frame.f_back
    return line_here(roots) if inside(frame.f_code.co_filename, roots) else None


def _passes_on(module: str, wrappers: Container[str]) -> bool:
    return module == __name__ or module.partition(".")[0] in wrappers
