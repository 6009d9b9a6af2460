"""Whose fault it was, and at which line: what the errors of a plugin's own code say beside what happened."""

from __future__ import annotations

import inspect
import linecache
import os
import re
import traceback
from collections.abc import Generator
from dataclasses import FrozenInstanceError
from types import FrameType
from typing import Any

from .errors import ContractViolationError
from .flow import Effect, Http

__all__ = ["blame", "past_decorators", "place_of", "slip_in"]

CORE = os.path.dirname(__file__) + os.sep
LIBRARY = os.path.dirname(os.__file__) + os.sep
PACKAGES = ("site-packages", "dist-packages")
"""Folders of what is installed, which may stand in the standard library's."""

PYDANTIC = tuple(f"{folder}{os.sep}pydantic{os.sep}" for folder in PACKAGES)

DEFINITION = re.compile(r"\s*(async\s+def|def|class)\b")


def blame(error: ContractViolationError, who: str, made_by: Any = None) -> ContractViolationError:
    """Say in a violation of the contract whose it is and where, and return it; who is named first is the nearest.

    The place is the plugin's line that the error passed through, else the definition of the function or class that
    made what was wrong. One made within another function stands for code elsewhere, and is no place.
    """
    if not error.blamed:
        error.blamed = True
        error.message = f"{who}: {error.message}{place_of(error) or _definition(made_by)}"
        error.args = (error.message,)
    return error


def place_of(error: BaseException) -> str:
    """Return the innermost line of a plugin that an error passed through, as the end of a sentence, or nothing."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if _is_foreign(frame.filename)]
    return _written(inside[-1].filename, inside[-1].lineno) if inside else ""


def _definition(function: Any) -> str:
    function = inspect.unwrap(getattr(function, "__func__", function))
    if not (inspect.isroutine(function) or inspect.isclass(function)):  # of a hook's name may be a module, too
        return ""
    try:
        file, (_, line) = inspect.getfile(function), inspect.getsourcelines(function)
    except (OSError, TypeError):  # one without source
        return ""
    if "<locals>" in function.__qualname__ or not _is_foreign(file):
        return ""
    return _written(file, past_decorators(file, line))


def past_decorators(file: str, line: int) -> int:
    """Return the line of the `def` or `class` itself: what Python takes for its first line is a decorator's."""
    if not linecache.getline(file, line).lstrip().startswith("@"):
        return line
    found = line
    while (text := linecache.getline(file, found)) and not DEFINITION.match(text):
        found += 1
    return found if text else line


def _written(file: str, line: int | None) -> str:
    return f" ({file}, line {line})"


def _is_foreign(file: str) -> bool:
    """Whether a file is neither the core's, nor pydantic's, which the core brings, nor Python's own."""
    if file.startswith((CORE, "<")) or any(folder in file for folder in PYDANTIC):
        return False
    return not file.startswith(LIBRARY) or any(name in file for name in PACKAGES)


def slip_in(error: Exception) -> str:
    """Point at a slip: an effect, or a helper's flow, that was taken for its answer, or a request that was changed."""
    if isinstance(error, FrozenInstanceError):
        return "; what a hook is given stays as it is: make another with request.replace(…)"
    if not isinstance(error, AttributeError | TypeError):
        return ""
    for frame in reversed([frame for frame, _ in traceback.walk_tb(error.__traceback__)]):
        if _is_foreign(frame.f_code.co_filename) and (found := _taken_for_answer(frame, error)):
            return found
    return ""


def _taken_for_answer(frame: FrameType, error: Exception) -> str:
    for name, value in frame.f_locals.items():
        if isinstance(value, Effect) or (isinstance(value, Generator) and value is getattr(error, "obj", None)):
            what = repr(value) if isinstance(value, Http) else "a flow"
            return f"; {name} is {what} and no answer yet: {name} = yield from …"
    return ""
