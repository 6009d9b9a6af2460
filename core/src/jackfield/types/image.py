"""Images. Source of the wire format: OpenAI's API description, ``ImagesResponse``."""

from typing import Any

from pydantic import Field

from ._base import Model, now


class ImageObject(Model):
    """One image: an address, or its bytes in base64."""

    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


class ImageResponse(Model):
    """The answer to ``image_generation()`` and ``image_edit()``."""

    created: int | float = Field(default_factory=now)
    data: list[ImageObject] = []
    usage: dict[str, Any] | None = None
