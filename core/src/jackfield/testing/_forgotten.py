"""Effects and flows that a plugin's code makes and nobody runs: what comes of a forgotten `yield from`."""

from __future__ import annotations

import ast
import dis
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType, GeneratorType
from typing import Any

from ..flow import Effect
from ._places import Roots, inside, line_at, profiled, written

__all__ = ["Forgotten"]


class Forgotten:
    """What the plugin's code made in some runs, and did not ask for in any of them."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._dropped: dict[str, None] = {}  # in their order, each once
        self._held: dict[tuple[CodeType, str], set[GeneratorType[Any, Any, Any]]] = {}
        self._looked_at: set[CodeType] = set()

    @contextmanager
    def noticed(self) -> Iterator[None]:
        """Notice what is made within the block; of one that fails no more than what was dropped at once."""
        held, self._held = self._held, {}
        try:
            with profiled(self._note):
                yield
            for place, flows in self._held.items():
                held.setdefault(place, set()).update(flows)
        finally:
            self._held = held

    def lines(self) -> list[str]:
        """Return what was made in vain, and where."""
        held = [place for place, flows in self._held.items() if all(map(_asks_when_begun, flows))]
        return [*self._dropped, *(f"{name} is a flow and never begun, at {_given(code, name)}" for code, name in held)]

    def _note(self, frame: FrameType, event: str, result: Any) -> None:
        if event != "return":
            return
        if isinstance(result, Effect) and not frame.f_code.co_flags & inspect.CO_GENERATOR:
            self._take(result, frame.f_back)
        if inside(frame.f_code.co_filename, self._roots):
            self._look_at(frame)

    def _take(self, effect: Effect[Any], caller: FrameType | None) -> None:
        """Note an effect that was returned to a statement which does nothing with it."""
        if caller is None or not inside(caller.f_code.co_filename, self._roots):
            return
        positions = [*caller.f_code.co_positions()][caller.f_lasti // 2]
        ends = [(call.end_lineno, call.end_col_offset) for call in _statements(caller.f_code.co_filename)]
        if (positions[1], positions[3]) in ends:  # and not the end of a call within it
            self._drop(f"{type(effect).__name__.lower()}(…)", line_at(caller))

    def _look_at(self, frame: FrameType) -> None:
        """Note the flows that a function of the plugin leaves, in its variables or in a statement of their own."""
        for name, value in frame.f_locals.items():
            if isinstance(value, GeneratorType) and inside(value.gi_code.co_filename, self._roots):
                self._held.setdefault((frame.f_code, name), set()).add(value)
        if frame.f_code in self._looked_at:
            return
        self._looked_at.add(frame.f_code)
        own = {line for *_, line in frame.f_code.co_lines()}
        for call in _statements(frame.f_code.co_filename):
            if call.lineno in own and inspect.isgeneratorfunction(_named(call.func, frame)):
                self._drop(f"{ast.unparse(call.func)}(…)", written(frame.f_code, call.lineno))

    def _drop(self, what: str, line: str) -> None:
        self._dropped[f"{what} is made and dropped, at {line}"] = None


@cache
def _statements(file: str) -> list[ast.Call]:
    """Return the calls in a file that are statements, so that nobody takes what they return."""
    try:
        nodes = ast.walk(ast.parse(Path(file).read_bytes()))
    except (OSError, SyntaxError):  # what has no source
        return []
    return [node.value for node in nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]


def _named(node: ast.expr, frame: FrameType) -> Any:
    """Return what a name, or a name with dots, stands for in a frame, without running any code; else None."""
    if isinstance(node, ast.Name):
        return frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    if not isinstance(node, ast.Attribute):
        return None
    found = inspect.getattr_static(_named(node.value, frame), node.attr, None)
    return getattr(found, "__func__", found)  # of a static method and its kin


def _asks_when_begun(flow: GeneratorType[Any, Any, Any]) -> bool:
    """Whether a generator has not begun, and is a flow: other generators may be made for nothing."""
    if inspect.getgeneratorstate(flow) != inspect.GEN_CREATED:
        return False
    try:
        return isinstance(next(flow), Effect)
    except Exception:
        return False
    finally:
        flow.close()


def _given(code: CodeType, name: str) -> str:
    """Return the line at which a variable is given its value."""
    stores = [each for each in dis.get_instructions(code) if each.opname.startswith("STORE") and each.argval == name]
    lines = [each.positions.lineno for each in stores if each.positions is not None and each.positions.lineno]
    return written(code, lines[-1] if lines else code.co_firstlineno)
