"""A watch over what Python does: files, sockets, processes and threads, and the reading of environment variables."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ._places import Roots, line_here

__all__ = ["environment_watched", "watched"]

WATCHED = ("open", "os.remove", "os.rename", "os.mkdir", "socket.", "subprocess.", "shutil.", "urllib.")
CODE = (".py", ".pyc", ".so", ".pyd", ".dll", ".dylib", ".pth")

_watches: list[Watch] = []
_installed = False


class Watch(list[str]):
    """What was seen, each with the plugin's line that did it."""

    def __init__(self, roots: Roots) -> None:
        super().__init__()
        self.roots = roots
        self.on = True

    def note(self, said: str) -> None:
        """Note what the plugin's code does; what others do is theirs."""
        if self.on and (line := line_here(self.roots)) is not None and (seen := f"{said} at {line}") not in self:
            self.append(seen)


@contextmanager
def watched(roots: Roots) -> Iterator[Watch]:
    """Note every file, socket, process and thread that the plugin's code opens or starts within the block."""
    global _installed
    if not _installed:
        sys.addaudithook(_audit)  # for good: Python takes none back, so it looks at the list below
        _installed = True
    watch, start = Watch(roots), threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        watch.note("started a thread")
        start(thread)

    _watches.append(watch)
    threading.Thread.start = noted  # type: ignore[assignment, method-assign]  # Python 3.11 tells no audit hook of threads
    try:
        yield watch
    finally:
        threading.Thread.start = start  # type: ignore[method-assign]
        _watches.remove(watch)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watches or not event.startswith(WATCHED) or _is_code(event, arguments):
        return
    for watch in _watches:
        watch.note(_said(event, arguments))


def _is_code(event: str, arguments: tuple[Any, ...]) -> bool:
    # What the import system reads: a module that is loaded when it is first needed.
    path = str(arguments[0]) if arguments else ""
    return "__pycache__" in path or (event == "open" and path.endswith(CODE))


def _said(event: str, arguments: tuple[Any, ...]) -> str:
    if event == "open":
        return f"opened {arguments[0]!r}"
    return f"{event}{arguments[1:2]!r}"


@contextmanager
def environment_watched(roots: Roots) -> Iterator[list[str]]:
    """Note every environment variable that a line of the plugin itself reads within the block."""
    environ: Any = os.environ
    before, seen = environ._data, []  # noqa: SLF001  # the one place that os.environ, os.getenv and their kin read

    class Noting(dict[Any, Any]):
        def __getitem__(self, key: Any) -> Any:
            if (line := _reader(roots)) is not None:
                seen.append(f"{key.decode() if isinstance(key, bytes) else key} at {line}")
            return super().__getitem__(key)

    noting = environ._data = Noting(before)  # noqa: SLF001
    try:
        yield seen
    finally:
        environ._data = before  # noqa: SLF001  # with what was set or deleted meanwhile
        before.clear()
        before.update(noting.items())


def _reader(roots: Roots) -> str | None:
    """Return the plugin's line that reads a variable, where it is the plugin and no library that it calls."""
    frame = sys._getframe(2)  # noqa: SLF001
    while frame.f_back is not None and frame.f_globals.get("__name__") in {"os", "collections.abc", __name__}:
        frame = frame.f_back
    line = line_here(roots)
    if line is None or not any(os.path.realpath(frame.f_code.co_filename).startswith(root) for root in roots):
        return None
    return line
