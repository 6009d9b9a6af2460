"""``jackfield image``."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from ._options import as_json, destination, given

if TYPE_CHECKING:
    from ..types import ImageObject

__all__ = ["image"]

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

    answer = image_generation(model, prompt, **given(size=size, n=number, api_base=api_base, api_key=api_key))
    if as_json:
        click.echo(answer.model_dump_json(indent=2, exclude_none=True))
        return
    for suffix, picture in _numbered(answer.data):
        _deliver(picture, output, suffix)


def _numbered(pictures: list[ImageObject]) -> Iterator[tuple[str, ImageObject]]:
    for place, picture in enumerate(pictures, start=1):
        yield (f"-{place}" if len(pictures) > 1 else ""), picture


def _deliver(picture: ImageObject, output: str | None, suffix: str) -> None:
    if picture.b64_json is None:
        click.echo(picture.url)
        return
    content = _decoded(picture.b64_json)
    if output == "-":
        click.echo(content, nl=False)
    else:
        click.echo(_written(content, output, suffix))


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise click.ClickException(f"the provider's picture is no base64: {error}") from error


def _written(content: bytes, output: str | None, suffix: str) -> str:
    """Write a picture and return its file's name; a file that was not named is never written over."""
    kind = next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), ".png")
    root, extension = os.path.splitext(output or "image")
    name = f"{root}{suffix}{extension or kind}"
    with open(name, "xb" if output is None else "wb") as file:
        file.write(content)
    return name
