"""The files of a config: one, and those that it includes, joined into one tree."""

from __future__ import annotations

from pathlib import Path

from ._config import Position
from ._keys import TOP
from ._kinds import WRONG, described, is_null
from ._report import Report
from ._tree import Field, Fields, Items, Node, parse

__all__ = ["read_files"]

LARGEST = 8 * 1024 * 1024
"""Bytes of a config file; what is larger is some other file."""


def read_files(path: Path, report: Report) -> Fields | None:
    """Return the tree of a config, None where its first file cannot be read; the report says what is wrong."""
    return _Files(report).read(path, Position(path, 1, 1), ())


class _Files:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._read: dict[Path, Path] = {}

    def read(self, path: Path, named: Position, chain: tuple[Path, ...]) -> Fields | None:
        """Read a file that is named at a place, by the files of the chain, and all that it includes."""
        try:
            itself = path.resolve()
        except (OSError, RuntimeError, ValueError) as error:  # links in a circle, a NUL in the name
            self._report.problem(named, f"{path} cannot be read: {error}; give the path of a YAML file")
            return None
        if itself in chain:
            self._report.problem(named, f"{path} includes itself, through this line or others: remove one")
            return None
        if itself in self._read:
            self._report.problem(named, f"{path} is part of the config already: include it once")
            return None
        self._read[itself] = path
        text = self._text(path, named)
        root = None if text is None else self._root(text, path)
        return root and self._with_included(root, path, (*chain, itself))

    def _text(self, path: Path, named: Position) -> str | None:
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            self._report.problem(named, f"{path} cannot be read: {error.strerror}; give the path of a YAML file")
            return None
        if len(content) > LARGEST:
            self._report.problem(named, f"{path} is larger than {LARGEST:,} bytes: this cannot be a config")
            return None
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = content[: error.start]
            where = Position(path, before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
            self._report.problem(where, "this byte is not UTF-8: save the file as UTF-8")
            return None

    def _root(self, text: str, path: Path) -> Fields | None:
        found = len(self._report.problems)
        root = parse(text, path, self._report)
        if isinstance(root, Fields):
            return root
        if found == len(self._report.problems):
            where = Position(path, 1, 1) if root is None else root.where
            what = "is empty" if root is None or is_null(root) else f"holds {described(root)}"
            self._report.problem(where, f"{path} {what}: a config is a mapping that begins with 'model_list:'")
        return None

    def _with_included(self, root: Fields, path: Path, chain: tuple[Path, ...]) -> Fields:
        include = root.entries.get("include")
        root = Fields(root.where, {name: field for name, field in root.entries.items() if name != "include"})
        for name, where in self._included(include):
            if (part := self.read(path.parent / name, where, chain)) is not None:
                root = _joined(root, part, self._report)
        return root

    def _included(self, include: Field | None) -> list[tuple[str, Position]]:
        if include is None or is_null(include.node):
            return []
        [key] = [key for key in TOP.keys if key.name == "include"]
        names = key.kind.read("include", include.node, self._report)
        if names is WRONG:
            return []
        nodes: tuple[Node, ...] = include.node.nodes if isinstance(include.node, Items) else (include.node,)
        return [(name, node.where) for name, node in zip(names, nodes, strict=True)]


def _joined(first: Fields, second: Fields, report: Report) -> Fields:
    """Return two files' mappings as one: mappings and lists are joined, anything else stands in one file only."""
    entries = dict(first.entries)
    for name, field in second.entries.items():
        ours = entries.get(name)
        if ours is None or is_null(ours.node):
            entries[name] = field
        elif isinstance(ours.node, Fields) and isinstance(field.node, Fields):
            entries[name] = Field(ours.where, _joined(ours.node, field.node, report))
        elif isinstance(ours.node, Items) and isinstance(field.node, Items):
            entries[name] = Field(ours.where, Items(ours.node.where, ours.node.nodes + field.node.nodes))
        elif not is_null(field.node):
            report.problem(field.where, f"{name!r} is set at {ours.where} already: keep one of them")
    return Fields(first.where, entries)
