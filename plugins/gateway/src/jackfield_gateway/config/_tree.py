"""A YAML file as a tree in which every value and every key knows where it stands.

YAML 1.1 as PyYAML reads it, but for two things that surprise everybody: a date is a text, as ``api_version`` wants it,
and ``1e-6`` is a number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import yaml

from ._config import Position
from ._report import Report

__all__ = ["Field", "Fields", "Items", "Node", "Scalar", "parse", "reread"]

MOST_VALUES = 100_000
"""Values of one file, those that its aliases repeat included."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as YAML reads it; ``plain`` when it stands without quotes."""

    where: Position
    value: str | int | float | bool | None
    plain: bool = True


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    where: Position
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping, in the file's order."""

    where: Position
    entries: Mapping[str, Field]


class Field(NamedTuple):
    """A key's value, and where the key stands."""

    where: Position
    node: Node


Node = Scalar | Items | Fields


class _Loader(yaml.SafeLoader):
    """Reads scalars as SafeLoader does, but for dates and floats without a dot."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"), list("-+0123456789")
)

_CONSTRUCTOR = _Loader("")
_CORE = "tag:yaml.org,2002:"
_TEXTS = frozenset({f"{_CORE}str", f"{_CORE}value", f"{_CORE}merge"})
_SCALARS = frozenset({f"{_CORE}null", f"{_CORE}bool", f"{_CORE}int", f"{_CORE}float"}) | _TEXTS


def parse(text: str, path: Path, report: Report) -> Node | None:
    """Return the tree of a file's text; None for an empty file, and for one that is no YAML: the report says why."""
    try:
        root = yaml.compose(text, Loader=_Loader)
        return None if root is None else _Builder(path, report).build(root)
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        where = Position(path, before.count("\n") + 1, error.position - before.rfind("\n"))
        report.problem(where, f"the character U+{ord(text[error.position]):04X} cannot stand in YAML: take it out")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        where = _position(path, mark) if mark else Position(path, 1, 1)
        report.problem(where, f"this is not YAML: {said}; look at the indentation, colons and quotes here")
    except RecursionError:
        report.problem(Position(path, 1, 1), "this file nests too deeply to be read: make it flatter")
    return None


def reread(text: str) -> str | int | float | bool | None:
    """Return what a text would be, had it stood in a file without quotes."""
    try:
        return _value(_tag_of(text), text)
    except ValueError:
        return text


def _tag_of(text: str) -> str:
    tag: str = _CONSTRUCTOR.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return tag


def _value(tag: str, text: str) -> str | int | float | bool | None:
    if tag in _TEXTS:
        return text
    value: str | int | float | bool | None = _CONSTRUCTOR.construct_object(yaml.ScalarNode(tag, text))
    return value


def _is_whole(text: str) -> bool:
    """Tell a text from one with half a character, which an escape can make, and which nothing can print or send."""
    return all(not "\ud800" <= character <= "\udfff" for character in text)


def _position(path: Path, mark: yaml.Mark) -> Position:
    return Position(path, mark.line + 1, mark.column + 1)


class _Builder:
    """Turns PyYAML's nodes into a tree without aliases and merges. What is wrong is reported and left out."""

    def __init__(self, path: Path, report: Report) -> None:
        self._path = path
        self._report = report
        self._open: list[yaml.Node] = []
        self._left = MOST_VALUES

    def build(self, node: yaml.Node) -> Node | None:
        """Return the tree below a node; None where a problem stands in its place."""
        self._left -= 1
        if self._left < 0:
            raise yaml.MarkedYAMLError(
                problem=f"aliases make more than {MOST_VALUES:,} values", problem_mark=node.start_mark
            )
        if any(node is each for each in self._open):
            self._wrong(node, "this anchor holds an alias of itself: a config cannot be endless")
            return None
        self._open.append(node)
        built = self._built(node)
        self._open.pop()
        return built

    def _built(self, node: yaml.Node) -> Node | None:
        where = _position(self._path, node.start_mark)
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node, where)
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_CORE}seq":
            return Items(where, tuple(built for each in node.value if (built := self.build(each)) is not None))
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_CORE}map":
            return Fields(where, self._merged(node) | self._own(node))
        self._wrong(node, f"the tag {node.tag!r} means nothing here: write the value without a tag")
        return None

    def _scalar(self, node: yaml.ScalarNode, where: Position) -> Scalar | None:
        try:
            return Scalar(where, _value(node.tag, node.value), plain=node.style is None)
        except (ValueError, KeyError, IndexError):  # what PyYAML raises for "!!int x", "!!bool x" and "!!float ''"
            self._wrong(node, "YAML takes this for a number or a flag, and it is none: put it in quotes")
            return None

    def _own(self, mapping: yaml.MappingNode) -> dict[str, Field]:
        entries: dict[str, Field] = {}
        for key, value in mapping.value:
            if key.tag == f"{_CORE}merge":
                continue
            if not isinstance(key, yaml.ScalarNode) or not _is_whole(key.value):
                self._wrong(key, "a key is a text, never a list, a mapping or half a character")
            elif (known := entries.get(key.value)) is not None:
                self._wrong(key, f"{key.value!r} stands here already, in line {known.where.line}: keep one of them")
            elif (built := self.build(value)) is not None:
                entries[key.value] = Field(_position(self._path, key.start_mark), built)
        return entries

    def _merged(self, mapping: yaml.MappingNode) -> dict[str, Field]:
        """Return what ``<<`` brings: of two that bring a key, the first one's."""
        entries: dict[str, Field] = {}
        for key, value in mapping.value:
            if key.tag != f"{_CORE}merge":
                continue
            built = self.build(value)
            for each in built.nodes if isinstance(built, Items) else (built,):
                if isinstance(each, Fields):
                    entries = {**each.entries, **entries}
                else:
                    self._wrong(value, "<< takes a mapping, or a list of mappings")
        return entries

    def _wrong(self, node: yaml.Node, text: str) -> None:
        self._report.problem(_position(self._path, node.start_mark), text)
