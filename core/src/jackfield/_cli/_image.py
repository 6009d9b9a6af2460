"""``jackfield image``."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from itertools import count
from typing import TYPE_CHECKING

import click

from ._options import as_json, destination, given

if TYPE_CHECKING:
    from ..types import ImageObject

__all__ = ["image"]

STDOUT = "-"
SIGNATURES = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"RIFF": ".webp", b"GIF8": ".gif"}


@click.command()
@click.argument("model")
@click.argument("prompt")
@click.option("-o", "--output", metavar="FILE", help="Where to write the picture; - is stdout.")
@click.option("--size", metavar="WIDTHxHEIGHT", help="How large it is to be.")
@click.option("-n", "number", type=int, metavar="NUMBER", help="How many to make; their files are numbered.")
@as_json
@destination
def image(
    model: str,
    prompt: str,
    output: str | None,
    size: str | None,
    number: int | None,
    *,
    as_json: bool,
    api_base: str | None,
    api_key: str | None,
) -> None:
    """Have MODEL paint PROMPT.

    Prints the names of the files it writes, or the addresses that the server gave.
    """
    from .. import image_generation

    _check_place(output)  # before anything is painted, and paid for
    answer = image_generation(model, prompt, **given(size=size, n=number, api_base=api_base, api_key=api_key))
    if as_json:
        click.echo(answer.model_dump_json(indent=2, exclude_none=True))
        return
    several = len(answer.data) > 1
    for place, picture in enumerate(answer.data, start=1):
        _deliver(picture, _numbered(output, place) if output and several else output)


def _check_place(output: str | None) -> None:
    if output is None or output == STDOUT:
        return
    folder = os.path.dirname(output) or "."
    if os.path.isdir(output):
        raise click.UsageError(f"{output} is a folder; name a file in it")
    if not os.path.isdir(folder):
        raise click.UsageError(f"the folder {folder} does not exist")


def _numbered(output: str, place: int) -> str:
    root, extension = os.path.splitext(output)
    return output if output == STDOUT else f"{root}-{place}{extension}"


def _deliver(picture: ImageObject, output: str | None) -> None:
    if picture.b64_json is not None:
        content = _decoded(picture.b64_json)
        if output == STDOUT:
            click.echo(content, nl=False)
        else:
            click.echo(_written(content, output))
    elif picture.url is not None:
        click.echo(picture.url)
    else:
        raise click.ClickException("the provider sent neither a picture nor an address")


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise click.ClickException(f"the provider's picture is no base64: {error}") from error


def _written(content: bytes, output: str | None) -> str:
    """Write a picture and return its file's name. Without ``output`` it is a new file, whatever there is already."""
    name = output or next(name for name in _names(content) if not os.path.lexists(name))
    with open(name, "wb" if output else "xb") as file:
        file.write(content)
    return name


def _names(content: bytes) -> Iterator[str]:
    kind = next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), ".png")
    yield f"image{kind}"
    yield from (f"image-{number}{kind}" for number in count(2))
