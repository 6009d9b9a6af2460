"""``jackfield doctor``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ._plugin_report import PluginReport
from ._surroundings import switches, transports, variables, versions
from ._tables import table

__all__ = ["doctor"]


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Report what works, and what to mend.

    Shows versions, transports, settings and plugins, and imports every plugin. Of environment variables it says which
    are set; only jackfield's own switches are shown with what they hold.
    """
    report = PluginReport(own_commands=getattr(ctx.find_root().command, "commands", {}))
    sections: dict[str, Sequence[Sequence[str]]] = {
        "VERSIONS": versions(),
        "TRANSPORTS": transports(report.advice),
        "SWITCHES": switches(report.index, report.advice),
        "PROVIDERS": report.providers(),
        "EXTENSIONS": report.extensions(),
        "COMMANDS": report.commands(),
        "HANDLERS": report.handlers(),
        "VARIABLES": variables(report.infos),
    }
    for title, rows in sections.items():
        if rows:
            table([title, *[""] * (len(rows[0]) - 1)], rows)
            click.echo()
    click.echo("\n".join(["ADVICE", *(f"- {line}" for line in report.advice)] if report.advice else ["All is well."]))
