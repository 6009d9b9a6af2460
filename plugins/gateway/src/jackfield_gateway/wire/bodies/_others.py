"""The bodies of ``completions``, ``embeddings`` and ``images/…``. Source: OpenAI's API description."""

from typing import Annotated, Literal, Required

from pydantic import Field, Tag
from typing_extensions import TypedDict

from ._chat import StreamOptions
from ._common import NonEmpty, Number, OneOrMoreTexts, TokensOrTexts, form, several, wire_object

__all__ = ["CompletionBody", "EmbeddingBody", "ImageEditBody", "ImageEditForm", "ImageGenerationBody"]

Count = Annotated[int, Field(ge=1, le=128)]


@wire_object
class CompletionBody(TypedDict, total=False):
    """One text to continue, or several (``CreateCompletionRequest``)."""

    model: Required[NonEmpty]
    prompt: Required[TokensOrTexts]
    best_of: int | None
    echo: bool | None
    frequency_penalty: Number | None
    logit_bias: dict[str, Number] | None
    logprobs: int | None
    max_tokens: int | None
    n: Count | None
    presence_penalty: Number | None
    seed: int | None
    stop: OneOrMoreTexts | None
    stream: bool | None
    stream_options: StreamOptions | None
    suffix: str | None
    temperature: Number | None
    top_p: Number | None
    user: str | None


@wire_object
class EmbeddingBody(TypedDict, total=False):
    """Texts or tokens to embed (``CreateEmbeddingRequest``)."""

    model: Required[NonEmpty]
    input: Required[TokensOrTexts]
    dimensions: Annotated[int, Field(ge=1)] | None
    encoding_format: Literal["float", "base64"] | None
    user: str | None


class _Image(TypedDict, total=False):
    model: Required[NonEmpty]
    background: str | None
    n: Count | None
    output_compression: int | None
    output_format: str | None
    partial_images: int | None
    quality: str | None
    response_format: str | None
    safety_identifier: str | None
    size: str | None
    stream: bool | None
    user: str | None


@wire_object
class ImageGenerationBody(_Image, total=False):
    """An image to make (``CreateImageRequest``)."""

    prompt: Required[str]
    moderation: str | None
    style: str | None


@wire_object
class ImageReference(TypedDict, total=False):
    """An image as a data URL. Addresses and file ids are refused where it is read: nothing is fetched."""

    image_url: str | None
    file_id: str | None


OneImage = Annotated[str, Tag("<a data URL>")] | Annotated[ImageReference, Tag("<an object with image_url>")]
Images = (
    Annotated[str, Tag("<a data URL>")]
    | Annotated[ImageReference, Tag("<an object with image_url>")]
    | Annotated[list[OneImage], several, Field(min_length=1), Tag("<a list of images>")]
)


@wire_object
class ImageEditBody(_Image, total=False):
    """Images to change, as data URLs in ``images`` or ``image`` (``EditImageBodyJsonParam``)."""

    image: Images | None
    images: Images | None
    mask: OneImage | None
    prompt: str | None
    input_fidelity: str | None
    moderation: str | None


@form
class ImageEditForm(_Image, total=False):
    """The fields of the multipart form that are no files."""

    prompt: str | None
    input_fidelity: str | None
    moderation: str | None
