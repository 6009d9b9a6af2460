"""What metadata alone tells: which plugins are installed, switched off, claimed twice, or made for a newer core."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["ALLOW", "DENY", "GROUPS", "Found", "Index"]

ALLOW = "JACKFIELD_PLUGINS"
DENY = "JACKFIELD_DISABLE_PLUGINS"

PROVIDERS = "jackfield.providers"
PRESETS = "jackfield.presets"
EXTENSIONS = "jackfield.extensions"
COMMANDS = "jackfield.commands"
GROUPS = (PROVIDERS, PRESETS, EXTENSIONS, COMMANDS)

_NEWER = re.compile(r"jackfield\.providers\.v\d+")


@dataclass(frozen=True, slots=True)
class Found:
    """One entry point: its name and value, and the distribution that declares it."""

    name: str
    group: str
    value: str
    distribution: str
    version: str
    entry_point: Any

    @property
    def owner(self) -> str:
        """The distribution and its version, as errors name them."""
        return f"{self.distribution} {self.version}"

    @property
    def switched_off_by(self) -> str | None:
        """The environment variable that switches this entry point off, or None."""
        return _switched_off_by(self.name, self.distribution, os.environ)


class Index:
    """All entry points of jackfield's groups, by group and name, read once from metadata; imports nothing."""

    def __init__(self, entry_points: Iterable[Any] | None = None) -> None:
        self._groups: dict[str, dict[str, list[Found]]] = {group: {} for group in GROUPS}
        self._newer: dict[str, list[Found]] = {}
        for entry_point in _installed() if entry_points is None else entry_points:
            if entry_point.group in self._groups:
                _add(self._groups[entry_point.group], _found(entry_point))
            elif _NEWER.fullmatch(entry_point.group):
                _add(self._newer, _found(entry_point))

    def group(self, group: str) -> Mapping[str, list[Found]]:
        """Return name → entry points; more than one for a name is a conflict."""
        return self._groups[group]

    def provider(self, name: str) -> list[Found]:
        """Return what claims this provider name: real providers, or where there is none the presets."""
        return self._groups[PROVIDERS].get(name) or self._groups[PRESETS].get(name) or []

    def newer(self, name: str) -> list[Found]:
        """Return what claims this name in a group of a newer interface."""
        return self._newer.get(name, [])

    def provider_names(self) -> list[str]:
        """Return all names that ``provider`` or ``newer`` find, sorted."""
        return sorted({*self._groups[PROVIDERS], *self._groups[PRESETS], *self._newer})


def _installed() -> Iterable[Any]:
    import importlib_metadata

    return importlib_metadata.entry_points()


def _found(entry_point: Any) -> Found:
    try:
        name, version = entry_point.dist.name, entry_point.dist.version
    except Exception:  # an installation that lost its metadata fails in ways that change with importlib_metadata
        name, version = "a distribution without metadata", "?"
    return Found(entry_point.name, entry_point.group, entry_point.value, name, version, entry_point)


def _add(names: dict[str, list[Found]], found: Found) -> None:
    same = names.setdefault(found.name, [])
    if all((other.value, other.distribution) != (found.value, found.distribution) for other in same):
        same.append(found)


def _switched_off_by(name: str, distribution: str, environment: Mapping[str, str]) -> str | None:
    allowed = _names(environment.get(ALLOW))
    if allowed and not _listed(allowed, name, distribution):
        return ALLOW
    denied = _names(environment.get(DENY))
    if _listed(denied, name, distribution):
        return DENY
    return None


def _names(value: str | None) -> set[str]:
    return {_canonical(part) for part in (value or "").split(",") if part.strip()}


def _listed(names: set[str], name: str, distribution: str) -> bool:
    return "*" in names or _canonical(name) in names or _canonical(distribution) in names


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
