"""What metadata alone tells: which plugins are installed, switched off, claimed twice, or made for a newer core."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from ._loading import loading

__all__ = ["ALLOW", "DENY", "GROUPS", "Found", "Index", "canonical"]

ALLOW = "JACKFIELD_PLUGINS"
DENY = "JACKFIELD_DISABLE_PLUGINS"

PROVIDERS = "jackfield.providers"
PRESETS = "jackfield.presets"
EXTENSIONS = "jackfield.extensions"
COMMANDS = "jackfield.commands"
GROUPS = (PROVIDERS, PRESETS, EXTENSIONS, COMMANDS)

_NEWER = f"{PROVIDERS}.v"


class Found:
    """One entry point: its name, group and value, and who declares it.

    Distribution and version are read when somebody asks: parsing metadata is most of what discovery costs.
    """

    def __init__(self, entry_point: Any) -> None:
        self.entry_point = entry_point
        self.name: str = entry_point.name
        self.group: str = entry_point.group
        self.value: str = entry_point.value

    @cached_property
    def _declared(self) -> tuple[str, str]:
        try:
            return self.entry_point.dist.name, self.entry_point.dist.version
        except Exception:  # an installation that lost its metadata fails in ways that change with importlib_metadata
            return "a distribution without metadata", "?"

    @property
    def distribution(self) -> str:
        """The distribution's name."""
        return self._declared[0]

    @property
    def version(self) -> str:
        """The distribution's version."""
        return self._declared[1]

    def remedy(self, error: BaseException) -> str:
        """Say what to do about an error of its import, as a sentence without its end."""
        missing = error.name if isinstance(error, ImportError) else None
        if (missing or "").partition(".")[0] == "jackfield":  # of which it imports what only a newer one has
            return "Try: pip install --upgrade jackfield"
        if self._is_editable:  # where pip would put a published one over what its author is writing
            return "It is installed as editable: mend it where it is written"
        return f"Try: pip install --upgrade --force-reinstall {self.distribution}"

    @property
    def _is_editable(self) -> bool:
        try:
            return bool(self.entry_point.dist.origin.dir_info.editable)
        except Exception:  # nobody wrote down where it came from
            return False

    @property
    def owner(self) -> str:
        """The distribution and its version, as errors name them."""
        return f"{self.distribution} {self.version}"

    def __str__(self) -> str:
        return self.owner  # so that a plugin's owner can be told without being read beforehand

    @property
    def switched_off_by(self) -> str | None:
        """The environment variable that switches this entry point off, or None."""
        if (allowed := _names(os.environ.get(ALLOW))) and not self._is_in(allowed):
            return ALLOW
        if (denied := _names(os.environ.get(DENY))) and self._is_in(denied):
            return DENY
        return None

    def _is_in(self, names: set[str]) -> bool:
        return "*" in names or canonical(self.name) in names or canonical(self.distribution) in names


class Index:
    """All entry points of jackfield's groups, by group and name, read once from metadata; imports nothing."""

    def __init__(self, entry_points: Iterable[Any] | None = None) -> None:
        self._groups: dict[str, dict[str, list[Found]]] = {group: {} for group in GROUPS}
        self._newer: dict[str, list[Found]] = {}
        for entry_point in _installed() if entry_points is None else entry_points:
            if entry_point.group in self._groups:
                _add(self._groups[entry_point.group], Found(entry_point))
            elif entry_point.group.startswith(_NEWER) and entry_point.group.removeprefix(_NEWER).isdigit():
                _add(self._newer, Found(entry_point))

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

    def available(self) -> list[str]:
        """Return the names that ``provider`` finds and nobody has switched off, sorted."""
        names = {*self._groups[PROVIDERS], *self._groups[PRESETS]}
        return sorted(name for name in names if any(each.switched_off_by is None for each in self.provider(name)))


def _installed() -> Iterable[Any]:
    with loading():
        import importlib_metadata

        return importlib_metadata.entry_points()


def _add(names: dict[str, list[Found]], found: Found) -> None:
    same = names.setdefault(found.name, [])
    if all((other.value, other.distribution) != (found.value, found.distribution) for other in same):
        same.append(found)


def _names(value: str | None) -> set[str]:
    return {canonical(part) for part in (value or "").split(",") if part.strip()}


def canonical(name: str) -> str:
    """Return a distribution's or entry point's name as comparisons need it: case, dashes, dots, underscores alike."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
