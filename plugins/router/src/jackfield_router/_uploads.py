"""The files of an image edit: an attempt reads them, and the next one must find them as they were."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, TypeAlias

from jackfield import BadRequestError, Flow, ImageEditRequest
from jackfield.flow import call

__all__ = ["Restore", "restorable"]

Restore: TypeAlias = Callable[[], bool]
"""Puts files back to where they stood, and says whether it could."""


def restorable(request: ImageEditRequest) -> Flow[tuple[ImageEditRequest, Restore | None]]:
    """Return the request and what puts its files back to where they stood; None where it holds no file objects.

    A file that cannot be put back (a pipe) is read once, and a file in memory takes its place.
    """
    if not any(map(_has_file, (*request.image, request.mask))):
        return request, None
    return (yield from call(lambda: _prepared(request)))


def _prepared(request: ImageEditRequest) -> tuple[ImageEditRequest, Restore]:
    try:
        return _kept(request)
    except (OSError, ValueError) as error:
        # No path stands here: this message may travel to whoever asked the gateway.
        said = getattr(error, "strerror", None) or error
        raise BadRequestError(f"image cannot be read: {said}", param="image") from error


def _kept(request: ImageEditRequest) -> tuple[ImageEditRequest, Restore]:
    image, mask = [_in_memory(item) for item in request.image], _in_memory(request.mask)
    places = [(file, file.tell()) for item in (*image, mask) if (file := _file_of(item)) is not None]

    def restore() -> bool:
        try:
            for file, place in places:
                file.seek(place)
        except (OSError, ValueError):  # an attempt has closed it
            return False
        return True

    return request.replace(image=image, mask=mask), restore


def _in_memory(item: Any) -> Any:
    file = _file_of(item)
    if file is None or _can_seek(file):
        return item
    copy = _Copy(_content(file))
    copy.name = getattr(file, "name", None)
    return (item[0], copy, *item[2:]) if isinstance(item, tuple) else copy


class _Copy(io.BytesIO):
    """A file in memory that keeps the name of the one it was read from."""

    name: Any = None


def _content(file: Any) -> bytes:
    content = file.read()
    if not isinstance(content, bytes):
        raise BadRequestError("image cannot be sent: the file is open as text; open it with 'rb'", param="image")
    return content


def _has_file(item: Any) -> bool:
    return _file_of(item) is not None


def _file_of(item: Any) -> Any:
    """Return the file object that an item is or holds, or None."""
    content = item[1] if isinstance(item, tuple) and len(item) > 1 else item
    return content if hasattr(content, "read") else None


def _can_seek(file: Any) -> bool:
    return bool(hasattr(file, "seekable") and file.seekable() and hasattr(file, "seek"))
