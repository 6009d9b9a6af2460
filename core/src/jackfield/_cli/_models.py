"""``jackfield models``."""

from __future__ import annotations

import click

from ._options import as_json, destination, given

__all__ = ["models"]


@click.command()
@click.argument("provider")
@as_json
@destination
def models(provider: str, *, as_json: bool, api_base: str | None, api_key: str | None) -> None:
    """List the models that PROVIDER has.

    One a line, as they are written after "provider/".
    """
    from .. import list_models

    answer = list_models(provider, **given(api_base=api_base, api_key=api_key))
    if as_json:
        click.echo(answer.model_dump_json(indent=2, exclude_none=True))
        return
    for model in answer.data:
        click.echo(model.id)
