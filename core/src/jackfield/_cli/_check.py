"""``jackfield check``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..testing import Report

__all__ = ["check"]

SHIPPED = "wire"
"""The folder of a package in which a wheel carries its wire files."""


@click.command()
@click.argument("name")
@click.option("--wire", type=click.Path(exists=True, file_okay=False), help="Wire files; else the package's own.")
@click.option("--model", help="The model that the cases ask for; else suite.json beside them names it.")
@click.option("--report", type=click.Path(dir_okay=False), help="Write what was found to this file, as JSON.")
def check(name: str, wire: str | None, model: str | None, report: str | None) -> int:
    """Prove that the installed provider NAME keeps the contract.

    Nothing is sent anywhere: recorded exchanges stand in for the server, those that the provider's package ships or
    those in the folder --wire. Exit code 1 where a test failed.
    """
    from ..testing import SuiteError
    from ..testing import check as checked
    from ..testing._report import no_place_for, written_reports

    if report is not None and (problem := no_place_for(Path(report))):
        raise click.BadOptionUsage("report", f"--report: {problem}")
    try:
        found = checked(name, model=model, wire=wire or _shipped(name))
    except SuiteError as error:
        raise click.ClickException(str(error)) from error
    if report is not None:
        written_reports([found], Path(report))
    _tell(found)
    return 0 if found.ok else 1


def _shipped(name: str) -> Path | None:
    """Return the folder of wire files that the provider's package carries, or None."""
    from importlib.util import find_spec

    from .._index import Index

    for found in Index().provider(name):
        spec = find_spec(found.value.partition(":")[0].partition(".")[0])
        for place in (spec.submodule_search_locations or ()) if spec is not None else ():
            if (folder := Path(place) / SHIPPED).is_dir():
                return folder
    return None


def _tell(found: Report) -> None:
    from ..testing._summary import gaps, not_run

    for test in found.failed:
        click.echo(f"FAILED {test}")
        click.echo("".join(f"    {line}\n" for line in found.shown(test).splitlines()))
    for line in (*gaps(found), *not_run(found)):
        click.echo(line)
    owner = f"{found.distribution} {found.version}"
    counts = f"{len(found.passed)} passed, {len(found.failed)} failed, {len(found.not_run)} not run"
    click.echo(f"{found.provider} of {owner} under jackfield {found.jackfield}: {counts}")
