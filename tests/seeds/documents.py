"""The documents that Jackfield was asked to implement, and the pieces of code that stand in them.

They are read in place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from shared import shared_folder

__all__ = ["NAMES", "Block", "blocks", "text_of"]

NAMES = ("000", "001", "002", "003", "004")
FENCE = "```"
LONGEST_STATEMENT = 60  # lines


@dataclass(frozen=True)
class Block:
    """A piece of code: where it stands, and its kind ("python", "output", "yaml", "shell", "curl" or "unknown")."""

    document: str
    line: int
    text: str

    @property
    def kind(self) -> str:
        word = self.text.split(maxsplit=1)[0] if self.text.strip() else ""
        if word in _FIRST_WORDS:
            return _FIRST_WORDS[word]
        statements = _parsed(self.text)
        if not statements:
            return "unknown"
        return "output" if all(map(_is_dict, statements)) else "python"


_FIRST_WORDS = {"curl": "curl", "litellm": "shell", "model_list:": "yaml"}


def folder() -> Path:
    """Return where the documents are; without them the test is skipped, or fails where they are required."""
    return shared_folder("seeds", "documents")


def text_of(name: str) -> str:
    """Return a document's text."""
    [file] = folder().glob(f"{name}_*.txt")
    return file.read_text(encoding="utf-8")


def blocks(name: str, text: str) -> list[Block]:
    """Return the pieces of code of a document, in order: what is fenced, or else every run of Python statements."""
    lines = text.splitlines()
    found = _fenced(lines) if any(line.startswith(FENCE) for line in lines) else _unfenced(lines)
    return [Block(name, line, code) for line, code in found]


def _fenced(lines: list[str]) -> Iterator[tuple[int, str]]:
    marks = [number for number, line in enumerate(lines) if line.startswith(FENCE)]
    for begin, end in zip(marks[::2], marks[1::2], strict=True):
        yield begin + 2, "\n".join(lines[begin + 1 : end])


def _unfenced(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Find statements among prose; those with nothing but blank lines and comments between them are one piece."""
    begin = end = position = 0
    while position < len(lines):
        if after := _end_of_statement(lines, position):
            begin = position if begin == end else begin
            position = end = after
            continue
        if begin != end and not _is_silent(lines[position]):
            yield begin + 1, "\n".join(lines[begin:end])
            begin = end
        position += 1
    if begin != end:
        yield begin + 1, "\n".join(lines[begin:end])


def _end_of_statement(lines: list[str], begin: int) -> int | None:
    for end in range(begin + 1, min(begin + LONGEST_STATEMENT, len(lines)) + 1):
        if statements := _parsed("\n".join(lines[begin:end])):
            return end if all(map(_is_code, statements)) else None
    return None


def _is_silent(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _parsed(text: str) -> list[ast.stmt]:
    try:
        return ast.parse(text).body
    except SyntaxError:
        return []


def _is_code(statement: ast.stmt) -> bool:
    """Tell statements from prose that happens to parse, as single words do."""
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Call | ast.Dict)
    return True


def _is_dict(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Dict)
