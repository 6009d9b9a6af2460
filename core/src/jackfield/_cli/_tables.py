"""Tables: wrapped to the width of a terminal, and one line a row for everybody else."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

__all__ = ["table"]


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows of cells under their headings."""
    if sys.stdout.isatty():
        _for_people(headings, rows)
    else:
        _for_programs(headings, rows)


def _for_people(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, header_style="bold")
    for heading in headings:
        shown.add_column(heading, overflow="fold")
    for row in rows:
        shown.add_row(*map(Text, row))  # as text: brackets in an error are no markup
    Console().print(shown)


def _for_programs(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
