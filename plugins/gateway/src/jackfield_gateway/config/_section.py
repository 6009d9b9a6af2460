"""A section of the config: a table of keys, and how a mapping in the file is held against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ._config import Position
from ._kinds import WRONG, Kind, Number, described, is_null
from ._report import Report
from ._tree import Field, Fields, Node

__all__ = ["SECONDS", "Found", "Key", "Part", "Section"]

SECONDS = Number(above=True, unit="seconds")
"""What every time-out takes."""


class Part:
    """The kind of a value that is read further elsewhere; ``text`` says what it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, name: str, node: Node, report: Report) -> Node:
        return node


class Key(NamedTuple):
    """A key that a section takes. ``default`` is told on the reference page; ``also`` are other spellings of it.

    YAML's null leaves a key out, unless that could be a slip with consequences: then it is not ``nullable``.
    """

    name: str
    kind: Kind
    meaning: str
    default: str = ""
    also: tuple[str, ...] = ()
    nullable: bool = True


class Found(NamedTuple):
    """A value that stood in the file, checked, and where."""

    value: Any
    where: Position


class Section:
    """A table of keys. ``name`` is how findings call it."""

    def __init__(self, name: str, keys: Sequence[Key]) -> None:
        self.name = name
        self.keys = tuple(keys)
        self._by_name = {name: key for key in keys for name in (key.name, *key.also)}

    def names(self) -> list[str]:
        """Return every spelling of every key."""
        return list(self._by_name)

    def fields_of(self, node: Node, report: Report) -> Fields | None:
        """Return a section's mapping; None, reported, for anything else, and None for an empty one."""
        if isinstance(node, Fields):
            return node
        if not is_null(node):
            report.problem(node.where, f"{self.name} must be a mapping, not {described(node)}")
        return None

    def split(self, fields: Fields) -> tuple[list[tuple[Key, str, Field]], list[tuple[str, Field]]]:
        """Return the fields that are keys of this section, and the others."""
        known = [(self._by_name[name], name, field) for name, field in fields.entries.items() if name in self._by_name]
        return known, [(name, field) for name, field in fields.entries.items() if name not in self._by_name]

    def read(self, known: Sequence[tuple[Key, str, Field]], report: Report) -> dict[str, Found]:
        """Return what stands in the file, by the name of the key; null is as good as left out."""
        found: dict[str, Found] = {}
        seen: set[str] = set()
        for key, name, field in known:
            if key.nullable and is_null(field.node):
                continue
            if key.name in seen:
                spelled = f"{name!r} and {' and '.join(repr(each) for each in (key.name, *key.also) if each != name)}"
                report.problem(field.where, f"{spelled} are one key of {self.name}: keep one of them")
            elif (value := key.kind.read(name, field.node, report)) is not WRONG:
                found[key.name] = Found(value, field.node.where)
            seen.add(key.name)
        return found
