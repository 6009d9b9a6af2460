"""``jackfield embed``."""

from __future__ import annotations

import json

import click

from ._options import as_json, destination, given, read_stdin

__all__ = ["embed"]


@click.command()
@click.argument("model")
@click.argument("texts", nargs=-1, metavar="[TEXT]...")
@click.option("--dimensions", type=int, metavar="NUMBER", help="How many numbers a vector is to have.")
@as_json
@destination
def embed(
    model: str,
    texts: tuple[str, ...],
    dimensions: int | None,
    *,
    as_json: bool,
    api_base: str | None,
    api_key: str | None,
) -> None:
    """Print a vector for each TEXT.

    Each is a line of JSON. Without a TEXT, or with -, each line of stdin is one.
    """
    from .. import embedding

    inputs = read_stdin("a TEXT").splitlines() if texts in ((), ("-",)) else list(texts)
    answer = embedding(model, inputs, **given(dimensions=dimensions, api_base=api_base, api_key=api_key))
    if as_json:
        click.echo(answer.model_dump_json(indent=2, exclude_none=True))
        return
    for entry in answer.data:
        click.echo(json.dumps(entry.embedding))
