"""Pictures: valid PNG files of one colour.

Source of the format: Portable Network Graphics, https://www.w3.org/TR/png-3/.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import zlib

from jackfield import BadRequestError, ImageEditRequest, ImageGenerationRequest, ImageObject, ImageResponse

from ._parameters import CREATED, count, one_of

__all__ = ["pictures"]

DEFAULT_SIZE = "8x8"
LARGEST = 4096


def pictures(request: ImageGenerationRequest | ImageEditRequest) -> ImageResponse:
    """Return ``n`` pictures of the prompt, in base64, or as addresses that hold the picture themselves."""
    prompt = request.prompt or ""
    encoded = base64.b64encode(png(*_size(request), colour=hashlib.sha256(prompt.encode()).digest()[:3])).decode()
    if one_of(request, "response_format", "b64_json", "url") == "url":
        picture = ImageObject(url=f"data:image/png;base64,{encoded}", revised_prompt=prompt)
    else:
        picture = ImageObject(b64_json=encoded, revised_prompt=prompt)
    return ImageResponse(created=CREATED, data=[picture] * (count(request, "n") or 1))


def png(width: int, height: int, *, colour: bytes) -> bytes:
    """Return a picture of one colour (red, green, blue), with one bit for each pixel: the index of that colour."""
    header = struct.pack(">IIBBBBB", width, height, 1, 3, 0, 0, 0)  # bit depth 1, colour type 3: a palette
    row = bytes(1 + (width + 7) // 8)  # its filter (none), then its pixels
    parts = [(b"IHDR", header), (b"PLTE", colour), (b"IDAT", zlib.compress(row * height)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_part(kind, content) for kind, content in parts)


def _part(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _size(request: ImageGenerationRequest | ImageEditRequest) -> tuple[int, int]:
    size = request.params.get("size") or "auto"
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})", DEFAULT_SIZE if size == "auto" else str(size))
    if found is None or not all(1 <= int(side) <= LARGEST for side in found.groups()):
        raise BadRequestError(f"size must be 'auto' or such as '64x64', at most {LARGEST}, not {size!r}", param="size")
    return int(found[1]), int(found[2])
