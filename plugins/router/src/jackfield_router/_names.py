"""From the name that a caller asks for to the group that serves it: exact names, aliases, wildcards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jackfield import ConfigurationError

from ._group import Group

__all__ = ["Match", "Names"]


class Match(NamedTuple):
    """The group of a name, and the text that stands for the ``*`` of a wildcard, else None."""

    group: Group
    text: str | None


class Names:
    """All names of a router. An alias goes before a group of its name, an exact name before wildcards.

    Of several wildcards that match, the longest counts. Raises ConfigurationError for an alias that leads nowhere.
    """

    def __init__(self, groups: Mapping[str, Group], aliases: Mapping[str, str]) -> None:
        self._exact = {name: Match(group, None) for name, group in groups.items() if "*" not in name}
        wild = sorted((name for name in groups if "*" in name), key=lambda name: (-len(name), name))
        self._wild = [(name.partition("*"), groups[name]) for name in wild]
        self.all = tuple(sorted({*groups, *aliases}))
        self._exact |= {alias: self._aliased(alias, aliases) for alias in aliases}

    def find(self, name: str) -> Match | None:
        """Return what serves this name, or None."""
        return self._exact.get(name) or self._matched(name)

    def _matched(self, name: str) -> Match | None:
        for (prefix, _, suffix), group in self._wild:
            end = len(name) - len(suffix)
            if len(prefix) < end and name.startswith(prefix) and name.endswith(suffix):
                return Match(group, name[len(prefix) : end])
        return None

    def _aliased(self, alias: str, aliases: Mapping[str, str]) -> Match:
        seen, name = {alias}, aliases[alias]
        while name in aliases and name not in seen:
            seen.add(name)
            name = aliases[name]
        if (found := self.find(name)) is None:
            raise ConfigurationError(f"the alias {alias!r} leads to {name!r}, which is no model group")
        return found
