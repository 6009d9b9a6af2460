"""``jackfield new``: a plugin package to make one's own."""

from __future__ import annotations

import keyword
import os
import re
import shlex
import sys
from typing import Any

import click

from .._index import Index, canonical
from .._known import DISTRIBUTIONS, PUBLISHED
from ._templates import kinds, rendered, written

__all__ = ["new"]

LONGEST = 32
FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
RULE = (
    "a name begins with a letter and has lower-case letters and digits, single dashes between them, and at most "
    f"{LONGEST} characters, such as my-models"
)


def _checked_name(_: click.Context, __: click.Parameter, name: str) -> str:
    """Return a name that a new provider can have; raises BadParameter, with the rule or with who has it already."""
    if not FORM.fullmatch(name) or len(name) > LONGEST:
        raise click.BadParameter(f"{name!r} is no name for a provider: {RULE}")
    if name.split("-", maxsplit=1)[0] == "jackfield":
        raise click.BadParameter(f"leave jackfield out of {name!r}: the package becomes jackfield-NAME")
    if keyword.iskeyword(name) or keyword.issoftkeyword(name) or name in sys.stdlib_module_names:
        raise click.BadParameter(f"{name!r} is a word of Python's own; take one that says whose models these are")
    if owner := _owner(name):
        raise click.BadParameter(f"the name {name!r} is taken by {owner}; choose another")
    return name


def _checked_kind(_: click.Context, __: click.Parameter, kind: str) -> str:
    if kind not in kinds():
        raise click.BadParameter(f"{kind!r} is none of {', '.join(kinds())}")
    return kind


@click.command()
@click.argument("name", callback=_checked_name)
@click.option("--dir", "folder", metavar="DIR", help="The folder to make; jackfield-NAME where none is given.")
@click.option("--kind", default="http", show_default=True, callback=_checked_kind, help="What has the models.")
def new(name: str, folder: str | None, kind: str) -> None:
    """Make a plugin package for a provider NAME.

    It works and passes its tests as it is, with something invented in the place of your models. The kinds: "http" for a
    server with a format of its own, "openai" for one that speaks OpenAI's, "python" for code in the caller's process.
    """
    folder = folder or f"jackfield-{name}"
    if os.path.lexists(folder):
        raise click.ClickException(f"{folder} exists already; give --dir a folder that does not, which is then made")
    package = rendered(kind, name)
    try:
        written(folder, package)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise click.ClickException(f"{folder} cannot be made: {why}; give --dir another folder") from error
    click.echo(f"Made {folder}: {len(package)} files, a provider that works. Next:")
    click.echo(f'  cd {shlex.quote(folder)} && pip install --editable ".[test]"')
    click.echo("  pytest")
    click.echo("  then make it yours, as README.md says")


def _owner(name: str) -> str | None:
    """Return who has a provider's name, or the name of the distribution that it would be in; None where nobody has."""
    index = Index()
    for taken in index.provider_names():
        if canonical(taken) == name:
            return str((index.provider(taken) or index.newer(taken))[0])
    known = {canonical(taken): owner for taken, owner in DISTRIBUTIONS.items()}
    if owner := known.get(name):
        return owner
    distribution = f"jackfield-{name}"
    return distribution if distribution in PUBLISHED else _installed(distribution)


def _installed(distribution: str) -> str | None:
    import importlib_metadata as metadata

    try:
        found: Any = metadata.distribution(distribution)
    except metadata.PackageNotFoundError:
        return None
    return f"{distribution} {found.version}"
