"""Images. Source of the wire format: OpenAI's API description, ``ImagesResponse``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from ._base import Model, now
from .requests import Request


class ImageObject(Model):
    """One image: an address, or its bytes in base64."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


class ImageUsage(Model):
    """Tokens used for images: counts, never money."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: dict[str, Any] | None = None
    output_tokens_details: dict[str, Any] | None = None


class ImageResponse(Model):
    """The answer to ``image_generation()`` and ``image_edit()``; with what the server says of them."""

    created: int | float = Field(default_factory=now)
    data: list[ImageObject] = []
    usage: ImageUsage | None = None
    svg_usage: dict[str, Any] | None = None
    size: str | None = None
    quality: str | None = None
    background: str | None = None
    output_format: str | None = None
    safety_identifier: str | None = None


@dataclass(frozen=True, slots=True)
class ImageGenerationRequest(Request):
    """A description of the image to make."""

    operation: ClassVar[str] = "image_generation"

    prompt: str = ""


@dataclass(frozen=True, slots=True)
class ImageEditRequest(Request):
    """Images to change and what to change.

    ``image`` is a list: each item a path, bytes, a binary file object, or a tuple ``(name, content[, media type])``.
    ``mask`` is one such item or None.
    """

    operation: ClassVar[str] = "image_edit"

    image: Sequence[Any] = ()
    prompt: str | None = None
    mask: Any = None
