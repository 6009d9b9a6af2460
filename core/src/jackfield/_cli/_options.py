"""What several commands share: where a call goes, text from stdin, errors in one line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["as_json", "destination", "given", "one_line", "read_stdin"]

F = TypeVar("F", bound=Callable[..., Any])


def destination(command: F) -> F:
    """Add the options that say where a call goes."""
    command = click.option("--api-key", help="The key; better kept in the provider's environment variable.")(command)
    return click.option("--api-base", metavar="URL", help="The server's address.")(command)


def as_json(command: F) -> F:
    """Add ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print the whole answer as JSON.")(command)


def given(**options: Any) -> dict[str, Any]:
    """Return the options that were given: what a call gets, and nothing else."""
    return {name: value for name, value in options.items() if value is not None}


def read_stdin(what: str) -> str:
    """Return all of stdin but its last newline; raises UsageError at a terminal, where nothing was piped in."""
    if sys.stdin.isatty():
        raise click.UsageError(f"Give {what}, or pipe it in.")
    try:
        return sys.stdin.read().removesuffix("\n")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"stdin is no text: {error}") from error


def one_line(error: BaseException) -> str:
    """Return an error's text without its line breaks."""
    return " ".join(str(error).split())
