"""Commands that plugins bring, in the entry-point group ``jackfield.commands``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from .._index import Found
from ._options import one_line

__all__ = ["PluginCommand", "command"]


class PluginCommand(click.Command):
    """Stands for a plugin's command until it runs: its help is made of metadata, nothing is imported."""

    def __init__(self, name: str, claims: Sequence[Found]) -> None:
        owners = " and ".join(found.owner for found in claims)
        super().__init__(name, short_help=f"From {owners}." if len(claims) == 1 else f"Claimed by {owners}.")
        self.claims = claims

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Import the command and hand over to it; raises ClickException where that cannot be."""
        found, *others = self.claims
        if others:
            raise click.ClickException(
                f"the command {self.name!r} is claimed by {found.owner} and {others[0].owner}; keep one: "
                f"pip uninstall {others[0].distribution}"
            )
        return command(found).make_context(info_name, args, parent, **extra)


def command(found: Found) -> click.Command:
    """Import a plugin's command; raises ClickException that names plugin, cause and remedy."""
    try:
        loaded = found.entry_point.load()
    except (Exception, SystemExit) as error:
        raise click.ClickException(
            f"the command {found.name!r} of {found.owner} does not load: {found.value}: {type(error).__name__}: "
            f"{one_line(error)}. {found.remedy(error)}"
        ) from error
    if isinstance(loaded, click.Command):
        return loaded
    raise click.ClickException(
        f"the command {found.name!r} of {found.owner} is no click command: {found.value} is {type(loaded).__name__}"
    )
