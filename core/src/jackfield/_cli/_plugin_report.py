"""What ``jackfield doctor`` finds when it imports every plugin."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from .._index import Found, Index
from .._known import BARE_MODEL_PROVIDER, DISTRIBUTIONS
from ..errors import JackfieldError
from ._checks import (
    AVAILABLE,
    Entry,
    Problem,
    attempt,
    commands_of,
    extension,
    extensions_of,
    operations,
    provider,
    providers_of,
)
from ._foreign import command
from ._options import one_line

if TYPE_CHECKING:
    from .._settings import ProviderInfo

__all__ = ["PluginReport"]

Row = tuple[str, str, str]


class PluginReport:
    """Looks at each plugin once, and gathers as ``advice`` what is wrong.

    ``own_commands`` are the names that no plugin's command can have; ``infos`` is what each provider tells of itself.
    """

    def __init__(self, own_commands: Container[str] = ()) -> None:
        self.index = Index()
        self.advice: list[str] = []
        self.infos: dict[str, ProviderInfo] = {}
        self._own_commands = own_commands

    def providers(self) -> list[Row]:
        """Import each provider and name its operations."""
        entries = providers_of(self.index)
        if not entries:
            self.advice.append(f"no provider is installed: pip install {DISTRIBUTIONS[BARE_MODEL_PROVIDER]}")
        return [self._row(entry, self._provider) for entry in entries]

    def extensions(self) -> list[Row]:
        """Import each extension; where one does not load, no call is made."""
        return [self._row(entry, _extension) for entry in extensions_of(self.index)]

    def commands(self) -> list[Row]:
        """Import each command."""
        return [self._row(entry, _command) for entry in commands_of(self.index, self._own_commands)]

    def handlers(self) -> list[Row]:
        """Check every entry of ``custom_provider_map``, as a call would."""
        import jackfield

        return [self._handler(place, entry) for place, entry in enumerate(jackfield.custom_provider_map)]

    def _row(self, entry: Entry, check: Callable[[Found], str]) -> Row:
        found, state = entry.found, entry.state
        if state == AVAILABLE:
            state = attempt(check, found)
        if isinstance(state, Problem):
            self.advice.append(state if found.distribution in state else f"{found.name} of {found.owner}: {state}")
        return (found.name, found.owner, state)

    def _provider(self, found: Found) -> str:
        loaded = provider(found)
        self.infos[found.name] = loaded.info
        return operations(loaded)

    def _handler(self, place: int, entry: Any) -> Row:
        from .. import get_llm_provider

        where = f"custom_provider_map[{place}]"
        try:
            name = str(entry["provider"])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # about other entries, which have their own rows
                get_llm_provider("any model", name)
        except (JackfieldError, TypeError, KeyError) as error:
            problem = f"{type(error).__name__}: {one_line(error)}"
            self.advice.append(f"{where}: {problem}")
            return (where, "", problem)
        return (where, name, AVAILABLE)


def _extension(found: Found) -> str:
    extension(found)
    return AVAILABLE


def _command(found: Found) -> str:
    command(found)
    return AVAILABLE
