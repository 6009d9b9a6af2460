"""Images and parameters as the form that ``/images/edits`` takes."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from jackfield import BadRequestError

if TYPE_CHECKING:
    from jackfield import ImageEditRequest

__all__ = ["form_fields", "uploads_of"]

Upload: TypeAlias = tuple[str, bytes, str]
"""File name, content, media type: what ``http(files=…)`` takes for one field."""

_KINDS = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "png"),
    (re.compile(rb"\xff\xd8\xff"), "jpeg"),
    (re.compile(rb"GIF8[79]a"), "gif"),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), "webp"),
)


def uploads_of(request: ImageEditRequest) -> list[tuple[str, Upload]]:
    """Read images and mask: field → upload. One image is ``image``, several are ``image[]``.

    Blocking, where an item is a path or a file object; a file object is read from where it stands and put back there,
    so that a second provider can read it too. Raises BadRequestError naming the item that cannot be sent.
    """
    field = "image" if len(request.image) == 1 else "image[]"
    files = [(field, _upload(f"image[{place}]", item)) for place, item in enumerate(request.image)]
    if request.mask is not None:
        files.append(("mask", _upload("mask", request.mask)))
    return files


def form_fields(body: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a body as form fields: lists as ``name[]``, mappings as ``name[key]``, values as JSON would write them."""
    fields: dict[str, list[str]] = {}
    for name, value in body.items():
        for field, text in _flat(name, value):
            fields.setdefault(field, []).append(text)
    return fields


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(f"{name}[{key}]", item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _flat(f"{name}[]", item)
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)


def _upload(where: str, item: Any) -> Upload:
    if not isinstance(item, tuple):
        return _described(_name(item), _content(where, item))
    if len(item) not in (2, 3) or not isinstance(item[0], str | None) or isinstance(item[1], str):
        raise _no_image(where, "a tuple is (name, content) or (name, content, media type), its content bytes or a file")
    name, content, *media_type = item
    return _described(name or _name(content), _content(where, content), *media_type)


def _described(name: str | None, content: bytes, media_type: str | None = None) -> Upload:
    # Servers judge an upload by its media type, and the first bytes say that better than a name.
    kind = next((kind for beginning, kind in _KINDS if beginning.match(content)), None)
    return name or f"image.{kind or 'bin'}", content, media_type or _media_type(kind)


def _content(where: str, item: Any) -> bytes:
    if isinstance(item, bytes | bytearray | memoryview):
        return bytes(item)
    if isinstance(item, io.TextIOBase):
        raise _no_image(where, "the file is open as text; open it with 'rb'")
    try:
        content = _read(item)
    except (OSError, ValueError) as error:
        # The path itself stays out: this message may travel to whoever asked the gateway.
        raise _no_image(where, f"it cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if not isinstance(content, bytes):
        raise _no_image(where, f"{type(item).__name__} is neither a path, bytes, a binary file object nor a tuple")
    return content


def _read(item: Any) -> object:
    if isinstance(item, str | os.PathLike):
        return Path(item).read_bytes()
    if not hasattr(item, "read"):
        return None
    start = item.tell() if hasattr(item, "seekable") and item.seekable() else None
    content: object = item.read()
    if start is not None:
        item.seek(start)
    return content


def _name(item: Any) -> str | None:
    path = item if isinstance(item, str | os.PathLike) else getattr(item, "name", None)
    return Path(path).name if isinstance(path, str | os.PathLike) else None


def _media_type(kind: str | None) -> str:
    return f"image/{kind}" if kind else "application/octet-stream"


def _no_image(where: str, why: str) -> BadRequestError:
    return BadRequestError(f"{where} cannot be sent: {why}", param=where.partition("[")[0])
