"""What is installed and in which state: from metadata alone, and by importing one thing at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import click

from .._index import COMMANDS, EXTENSIONS, Found, Index
from ..errors import JackfieldError
from ._options import one_line

if TYPE_CHECKING:
    from .._extensions import Extensions
    from .._registry import Provider

__all__ = [
    "AVAILABLE",
    "Entry",
    "Problem",
    "attempt",
    "commands_of",
    "extension",
    "extensions_of",
    "operations",
    "provider",
    "providers_of",
]

AVAILABLE = "available"

T = TypeVar("T")


class Problem(str):
    """Why something does not work, in one line."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry point and what metadata tells of it.

    ``state`` is "available", or why it is not: a Problem, or that somebody switched it off.
    """

    found: Found
    state: str

    @property
    def cells(self) -> list[str]:
        """The entry as a row of a table."""
        return [self.found.name, self.found.distribution, self.found.version, self.state]


def providers_of(index: Index) -> list[Entry]:
    """Return every claim to a provider's name, by name; imports nothing."""
    entries = []
    for name in index.provider_names():
        entries += _claims(index.provider(name))
        entries += [Entry(found, _off(found) or _too_new(found)) for found in index.newer(name)]
    return entries


def extensions_of(index: Index) -> list[Entry]:
    """Return every extension, by name; those of one name are all in force. Imports nothing."""
    found = [each for _, claims in sorted(index.group(EXTENSIONS).items()) for each in claims]
    return [Entry(each, _off(each) or AVAILABLE) for each in found]


def commands_of(index: Index, own: Container[str]) -> list[Entry]:
    """Return every command that a plugin brings, by name; ``own`` are names that none can have. Imports nothing."""
    entries = [entry for _, claims in sorted(index.group(COMMANDS).items()) for entry in _claims(claims)]
    taken = Problem("conflict with jackfield's own command")
    return [Entry(entry.found, taken) if entry.found.name in own else entry for entry in entries]


def _claims(claims: list[Found]) -> list[Entry]:
    enabled = [found for found in claims if found.switched_off_by is None]
    return [Entry(found, _off(found) or _conflict(found, enabled) or AVAILABLE) for found in claims]


def _off(found: Found) -> str | None:
    variable = found.switched_off_by
    return f"switched off by {variable}" if variable is not None else None


def _conflict(found: Found, enabled: list[Found]) -> str | None:
    others = " and ".join(other.owner for other in enabled if other is not found)
    return Problem(f"conflict with {others}") if others else None


def _too_new(found: Found) -> str:
    return Problem(f"too new ({found.group}): pip install --upgrade jackfield")


def provider(found: Found) -> Provider:
    """Import one provider, apart from all others."""
    from .._registry import Registry

    return Registry(Index([found.entry_point])).provider(found.name)


def extension(found: Found) -> Extensions:
    """Import one extension, apart from all others."""
    from .._registry import Registry

    return Registry(Index([found.entry_point])).extensions


def operations(loaded: Provider) -> str:
    """Name a provider's operations, those that jackfield adds with an asterisk."""
    return ", ".join(f"{name}*" if name in loaded.bridged else name for name in loaded.operations)


def attempt(action: Callable[[Found], T], found: Found) -> T | Problem:
    """Return what an action makes of an entry point, or the problem; nothing that a plugin raises ends the command."""
    try:
        with _naming(found):
            return action(found)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # what is imported may raise anything
        named = isinstance(error, JackfieldError | click.ClickException)  # it says itself whose fault it is
        return Problem(one_line(error) if named else f"{type(error).__name__}: {one_line(error)}")


@contextmanager
def _naming(found: Found) -> Iterator[None]:
    """Show at a terminal what is being imported: where that hangs, one sees which plugin it is."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(f"importing {found.owner}: {found.value}"):
        yield
