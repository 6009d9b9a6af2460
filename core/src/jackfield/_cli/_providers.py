"""``jackfield providers``."""

from __future__ import annotations

import click

from .._index import Index
from .._known import BARE_MODEL_PROVIDER, DISTRIBUTIONS
from ._checks import AVAILABLE, Entry, Problem, attempt, operations, provider, providers_of
from ._tables import table

__all__ = ["providers"]


@click.command()
@click.option("--check", is_flag=True, help="Import each, and say what it can do or why it cannot.")
def providers(*, check: bool) -> None:
    """List the installed providers. Without --check nothing of theirs is imported."""
    entries = providers_of(Index())
    if not entries:
        click.echo(f"No provider is installed. Try: pip install {DISTRIBUTIONS[BARE_MODEL_PROVIDER]}")
    elif check:
        table(["NAME", "DISTRIBUTION", "VERSION", "STATE", "DETAILS"], [_checked(entry) for entry in entries])
        click.echo("* made by jackfield out of what the provider has")
    else:
        table(["NAME", "DISTRIBUTION", "VERSION", "STATE"], [entry.cells for entry in entries])


def _checked(entry: Entry) -> list[str]:
    if entry.state != AVAILABLE:
        return [*entry.cells, ""]
    loaded = attempt(provider, entry.found)
    if isinstance(loaded, Problem):
        return [*entry.cells[:-1], "broken", loaded]
    return [*entry.cells, operations(loaded)]
