"""Where in a plugin something happened: the lines that a failed check names."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType, TracebackType
from typing import Any

from .._blame import past_decorators

__all__ = [
    "Roots",
    "definition",
    "inside",
    "line_at",
    "line_here",
    "line_of",
    "line_of_return",
    "passed_through",
    "profiled",
    "raised_in",
    "root_of",
    "seen_from_here",
    "written",
]

Roots = tuple[str, ...]
"""Folders and files that a plugin's code stands in."""


def root_of(module: str) -> str | None:
    """Return the folder of the package that a loaded module belongs to, or the file of a module that stands alone.

    A namespace, which has no file, is no such package, since others' code stands in it too, unless it holds the module.
    """
    for name in accumulate(module.split("."), lambda outer, inner: f"{outer}.{inner}"):
        found = sys.modules.get(name)
        if file := getattr(found, "__file__", None):
            alone: str = os.path.dirname(file) if "." in name else file
            return os.path.realpath(next(iter(getattr(found, "__path__", ())), alone))
    return None


def line_of(error: BaseException | None, roots: Roots) -> str | None:
    """Return the innermost line of the plugin that an error passed through, or else one that caused it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for frame, line in reversed([*_frames(error.__traceback__)]):
            if inside(frame.f_code.co_filename, roots):
                return written(frame.f_code, line)
        error = error.__cause__ or error.__context__
    return None


def passed_through(error: BaseException, function: Any) -> bool:
    """Whether an error came out of a function."""
    code = _code_of(function)
    return code is not None and any(frame.f_code is code for frame, _ in _frames(error.__traceback__))


def raised_in(error: BaseException, roots: Roots) -> bool:
    """Whether a line of the plugin's raised an error, and not the core one that it passed through."""
    frames = [frame for frame, _ in _frames(error.__traceback__)]
    return bool(frames) and inside(frames[-1].f_code.co_filename, roots)


def line_here(roots: Roots) -> str | None:
    """Return the plugin's line that stands nearest in the running stack."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001  # the one way to the stack, documented as such
    while frame is not None:
        if inside(frame.f_code.co_filename, roots):
            return written(frame.f_code, frame.f_lineno)
        frame = frame.f_back
    return None


def line_at(frame: FrameType) -> str:
    """Return the line that a frame has come to."""
    return written(frame.f_code, frame.f_lineno)


def definition(function: Any) -> str | None:
    """Return where a function or class is defined."""
    if inspect.isclass(function):
        try:
            file, (_, line) = inspect.getfile(function), inspect.getsourcelines(function)
        except (OSError, TypeError):  # a class without source
            return None
        return _placed(file, past_decorators(file, line), function.__qualname__)
    code = _code_of(function)
    return written(code, past_decorators(code.co_filename, code.co_firstlineno)) if code is not None else None


@contextmanager
def profiled(note: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    """Have the running thread's calls and returns told to a function, as `sys.setprofile` tells them."""
    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield
    finally:
        sys.setprofile(before)


def line_of_return(function: Any, action: Callable[[], object]) -> str | None:
    """Return the line from which a function last returned while ``action`` ran; None where it never did."""
    code, lines = _code_of(function), []

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "return" and frame.f_code is code:
            lines.append(frame.f_lineno)

    with profiled(note), suppress(Exception):  # which has been told already: this run only finds the line
        action()
    return written(code, lines[-1]) if code is not None and lines else definition(function)


def _code_of(function: Any) -> CodeType | None:
    function = inspect.unwrap(getattr(function, "__func__", function))
    while hasattr(function, "func"):
        function = function.func
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def _frames(trace: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while trace is not None:
        yield trace.tb_frame, trace.tb_lineno
        trace = trace.tb_next


@cache
def inside(file: str, roots: Roots) -> bool:
    """Whether a file is one of the plugin's: one of the roots, or in the folder that one is."""
    if file.startswith("<"):  # what has no file, as `<string>`, and would seem to stand in the working folder
        return False
    file = os.path.realpath(file)
    return any(file == root or file.startswith(root + os.sep) for root in roots)


def written(code: CodeType, line: int) -> str:
    """Return a line of some code as failures name it."""
    return _placed(code.co_filename, line, code.co_name)


def _placed(file: str, line: int, name: str) -> str:
    return f"{seen_from_here(file)}:{line}, in {name}"


def seen_from_here(file: str | Path) -> str:
    """Return a path as it is from the working folder, or as it was given where it is not in there."""
    here = Path.cwd()  # and not os.path.relpath, which fails from one drive of Windows to another
    return str(Path(file).relative_to(here) if Path(file).is_relative_to(here) else file)
