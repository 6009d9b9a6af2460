"""What reading a config file finds: every problem with its place, all of them told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jackfield.errors import ConfigurationError

from ._config import Position

__all__ = ["Finding", "InvalidConfig", "Report", "guess", "quoted"]


MOST_NAMES = 30
"""Names that a sentence can list."""


class Finding(NamedTuple):
    """One problem: where it stands, and a sentence that says what is wrong and what to do."""

    where: Position
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"


class InvalidConfig(ConfigurationError):
    """A config that is not served. ``findings`` are its problems, sorted by file and line; the message has them all."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(sorted(set(findings)))
        count = len(self.findings)
        head = f"the configuration has {count} problems:\n" if count > 1 else ""
        super().__init__(head + "\n".join(map(str, self.findings)))

    def __reduce__(self) -> tuple[type[InvalidConfig], tuple[tuple[Finding, ...]]]:
        return InvalidConfig, (self.findings,)


class Report:
    """Collects problems and warnings while a config is read. ``environment`` is where variables are looked up."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[Finding] = []
        self._warnings: list[Finding] = []

    def problem(self, where: Position, text: str) -> None:
        """Note something that keeps the config from being served."""
        self.problems.append(Finding(where, text))

    def warn(self, where: Position, text: str) -> None:
        """Note something that the log should tell."""
        self._warnings.append(Finding(where, text))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings as texts, sorted by file and line."""
        return tuple(map(str, sorted(set(self._warnings))))

    def finish(self) -> None:
        """Raise InvalidConfig where there is any problem."""
        if self.problems:
            raise InvalidConfig(self.problems)


def guess(name: str, names: Iterable[str]) -> str:
    """Return "did you mean …?" with the nearest of the names, or all of them where none is near and they are few."""
    known = sorted(names)
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"there are {quoted(known)}" if len(known) <= MOST_NAMES else f"none of {len(known)} names is like it"


def quoted(names: Iterable[str]) -> str:
    """Return names for a sentence: 'a', 'b'."""
    return ", ".join(map(repr, names))
