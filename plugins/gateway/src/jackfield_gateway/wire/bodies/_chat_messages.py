"""The messages of a chat. Source: OpenAI's API description, ``ChatCompletionRequestMessage``.

Accepted are any part in any role, and vLLM's parts (``audio_url``, ``video_url``) beside OpenAI's.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, Tag
from typing_extensions import TypedDict

from ._common import CalledFunction, JsonObject, several, wire_object

__all__ = ["Content", "Message"]

# ------------------------------------------------------------------------------------------------------- content parts


@wire_object
class Url(TypedDict):
    url: str
    detail: NotRequired[str | None]


@wire_object
class AudioData(TypedDict):
    data: str
    format: str


@wire_object
class FileData(TypedDict, total=False):
    file_id: str | None
    file_data: str | None
    filename: str | None


@wire_object
class TextPart(TypedDict):
    type: Literal["text"]
    text: str


@wire_object
class ImagePart(TypedDict):
    type: Literal["image_url"]
    image_url: Url


@wire_object
class AudioPart(TypedDict):
    type: Literal["input_audio"]
    input_audio: AudioData


@wire_object
class FilePart(TypedDict):
    type: Literal["file"]
    file: FileData


@wire_object
class RefusalPart(TypedDict):
    type: Literal["refusal"]
    refusal: str


@wire_object
class AudioUrlPart(TypedDict):
    type: Literal["audio_url"]
    audio_url: Url


@wire_object
class VideoUrlPart(TypedDict):
    type: Literal["video_url"]
    video_url: Url


Part = Annotated[
    TextPart | ImagePart | AudioPart | FilePart | RefusalPart | AudioUrlPart | VideoUrlPart, Field(discriminator="type")
]
Content = (
    Annotated[str, Tag("<a string>")]
    | Annotated[list[Part], several, Field(min_length=1), Tag("<a list of content parts>")]
)

# ------------------------------------------------------------------------------------------------------------ messages


@wire_object
class FunctionToolCall(TypedDict):
    type: Literal["function"]
    id: str
    function: CalledFunction


@wire_object
class CustomCall(TypedDict):
    name: str
    input: str


@wire_object
class CustomToolCall(TypedDict):
    type: Literal["custom"]
    id: str
    custom: CustomCall


ToolCall = Annotated[FunctionToolCall | CustomToolCall, Field(discriminator="type")]


@wire_object
class SystemMessage(TypedDict):
    role: Literal["system", "developer"]
    content: Content
    name: NotRequired[str | None]


@wire_object
class UserMessage(TypedDict):
    role: Literal["user"]
    content: Content
    name: NotRequired[str | None]


@wire_object
class AssistantMessage(TypedDict):
    role: Literal["assistant"]
    content: NotRequired[Content | None]
    name: NotRequired[str | None]
    refusal: NotRequired[str | None]
    audio: NotRequired[JsonObject | None]
    tool_calls: NotRequired[Annotated[list[ToolCall], several] | None]
    function_call: NotRequired[CalledFunction | None]


@wire_object
class ToolMessage(TypedDict):
    role: Literal["tool"]
    content: Content
    tool_call_id: str


@wire_object
class FunctionMessage(TypedDict):
    role: Literal["function"]
    content: Content | None
    name: str


Message = Annotated[
    SystemMessage | UserMessage | AssistantMessage | ToolMessage | FunctionMessage, Field(discriminator="role")
]
