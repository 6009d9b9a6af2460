"""The images of an edit whose body is JSON: data URLs to bytes. No address that a client names is fetched."""

from __future__ import annotations

import binascii
from typing import Any
from urllib.parse import unquote_to_bytes

from jackfield.errors import BadRequestError

__all__ = ["Upload", "uploads"]

Upload = tuple[str, bytes, str]
"""A name, the content, and its media type: an image as the core takes it."""

EXAMPLE = "data:image/png;base64,…"


def uploads(body: dict[str, Any]) -> tuple[list[Upload], Upload | None]:
    """Take ``images`` (or ``image``) and ``mask`` out of a checked body; return them as files.

    Raises BadRequestError where there is no image, or one that is no data URL.
    """
    name = "images" if body.get("images") is not None else "image"
    given = body.pop("images", None)
    given = body.pop("image", None) if given is None else given
    mask = body.pop("mask", None)
    several = isinstance(given, list)
    images = given if several else [] if given is None else [given]
    if not images:
        raise BadRequestError(
            f"images is missing: give a list of data URLs such as {EXAMPLE}",
            param="images",
            code="missing_required_parameter",
        )
    places = [f"{name}[{place}]" if several else name for place in range(len(images))]
    made = [_upload(image, place, f"image-{number}") for number, (image, place) in enumerate(zip(images, places), 1)]
    return made, None if mask is None else _upload(mask, "mask", "mask")


def _upload(value: Any, where: str, stem: str) -> Upload:
    if isinstance(value, dict):
        url = value.get("image_url")
        if url is None:
            raise _no_image(where, "no files are kept here" if value.get("file_id") else "it holds no image_url")
        where, value = f"{where}.image_url", url
    media_type, content = _decoded(value, where)
    return f"{stem}.{media_type.rpartition('/')[2].partition('+')[0]}", content, media_type


def _decoded(url: str, where: str) -> tuple[str, bytes]:
    head, comma, data = url.partition(",")
    if head[:5].lower() != "data:" or not comma:
        raise _no_image(where, "no address is fetched here")
    media_type, *attributes = head[5:].split(";")
    if not media_type.lower().startswith("image/"):
        raise _no_image(where, f"its media type is {media_type[:40]!r}" if media_type else "it names no media type")
    try:
        plain = unquote_to_bytes(data)
        content = binascii.a2b_base64(plain, strict_mode=True) if "base64" in attributes else plain
    except ValueError as error:
        raise _no_image(where, f"its base64 does not decode ({error})") from error
    if not content:
        raise _no_image(where, "it holds no bytes")
    return media_type.lower(), content


def _no_image(where: str, why: str) -> BadRequestError:
    return BadRequestError(f"{where} must be an image as a data URL such as {EXAMPLE}: {why}", param=where)
