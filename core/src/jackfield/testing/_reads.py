"""Parameters that notice which of them a plugin looks at."""

from __future__ import annotations

import os
import sys
from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from pathlib import Path
from typing import Any

from ._places import Roots, line_here

__all__ = ["Reads"]

CORE = str(Path(__file__).resolve().parents[1]) + os.sep


class Reads(dict[str, Any]):
    """A mapping whose ``seen`` holds the names whose values were asked for, by the plugin or what it is made with.

    What the core asks for itself does not count.
    Whoever copies it has seen all of it; a name alone (``in``, a loop over the names) shows no value.
    """

    def __init__(self, values: Mapping[str, Any], roots: Roots) -> None:
        super().__init__(values)
        self.seen: set[str] = set()
        self._roots = roots

    def _note(self, names: Iterable[str]) -> None:
        if not _core_asks() or line_here(self._roots) is not None:
            self.seen.update(names)

    def __iter__(self) -> Iterator[str]:
        return super().__iter__()  # which keeps Python from copying past the methods below

    def __getitem__(self, name: str) -> Any:
        self._note([name])
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value, or the default."""
        self._note([name])
        return super().get(name, default)

    def pop(self, name: str, *default: Any) -> Any:
        """Take a value out."""
        self._note([name])
        return super().pop(name, *default)

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # a view all the same
        """Return names and values."""
        self._note(super().keys())
        return super().items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        """Return the values."""
        self._note(super().keys())
        return super().values()

    def copy(self) -> dict[str, Any]:
        """Return a copy."""
        return dict(self.items())

    def __or__(self, other: Any) -> Any:
        return self.copy() | other

    def __ror__(self, other: Any) -> Any:
        return other | self.copy()


def _core_asks() -> bool:
    """Whether the nearest line in the running stack, this module's aside, is the core's."""
    frame = sys._getframe(1)  # noqa: SLF001  # the one way to the stack, documented as such
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return os.path.realpath(frame.f_code.co_filename).startswith(CORE)
