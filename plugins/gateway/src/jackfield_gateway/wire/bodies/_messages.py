"""The bodies of ``messages`` and ``messages/count_tokens``. Source: Anthropic's API, ``CreateMessageParams``.

Blocks are checked as far as their type's own fields go. Which of them a chat can carry, the translator says.
"""

from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import Field, Tag
from typing_extensions import TypedDict

from ._common import JsonObject, NonEmpty, Number, Texts, several, wire_object

__all__ = ["CountTokensBody", "MessagesBody"]

# -------------------------------------------------------------------------------------------------------------- blocks


@wire_object
class Base64Source(TypedDict):
    type: Literal["base64"]
    data: str
    media_type: str


@wire_object
class UrlSource(TypedDict):
    type: Literal["url"]
    url: str


@wire_object
class TextSource(TypedDict):
    type: Literal["text"]
    data: str


@wire_object
class FileSource(TypedDict):
    type: Literal["file"]
    file_id: str


@wire_object
class ContentSource(TypedDict):
    type: Literal["content"]
    content: Any


ImageSource = Annotated[Base64Source | UrlSource | FileSource, Field(discriminator="type")]
DocumentSource = Annotated[
    Base64Source | UrlSource | TextSource | FileSource | ContentSource, Field(discriminator="type")
]


@wire_object
class TextBlock(TypedDict):
    type: Literal["text"]
    text: str
    cache_control: NotRequired[JsonObject | None]


@wire_object
class ImageBlock(TypedDict):
    type: Literal["image"]
    source: ImageSource


@wire_object
class DocumentBlock(TypedDict):
    type: Literal["document"]
    source: DocumentSource
    title: NotRequired[str | None]
    context: NotRequired[str | None]


@wire_object
class SearchResultBlock(TypedDict):
    type: Literal["search_result"]
    source: str
    title: str
    content: Annotated[list[TextBlock], several]


@wire_object
class ToolReferenceBlock(TypedDict):
    type: Literal["tool_reference"]
    tool_name: str


ResultBlock = Annotated[
    TextBlock | ImageBlock | DocumentBlock | SearchResultBlock | ToolReferenceBlock, Field(discriminator="type")
]
ResultContent = (
    Annotated[str, Tag("<a string>")] | Annotated[list[ResultBlock], several, Tag("<a list of content blocks>")]
)


@wire_object
class ToolUseBlock(TypedDict):
    type: Literal["tool_use"]
    id: NonEmpty
    name: NonEmpty
    input: JsonObject


@wire_object
class ToolResultBlock(TypedDict):
    type: Literal["tool_result"]
    tool_use_id: NonEmpty
    content: NotRequired[ResultContent | None]
    is_error: NotRequired[bool | None]


@wire_object
class ThinkingBlock(TypedDict):
    type: Literal["thinking"]
    thinking: str
    signature: NotRequired[str | None]


@wire_object
class RedactedThinkingBlock(TypedDict):
    type: Literal["redacted_thinking"]
    data: str


@wire_object
class ServerToolBlock(TypedDict):
    """What Anthropic's own tools leave in a chat."""

    type: Literal[
        "server_tool_use",
        "web_search_tool_result",
        "web_fetch_tool_result",
        "code_execution_tool_result",
        "bash_code_execution_tool_result",
        "text_editor_code_execution_tool_result",
        "tool_search_tool_result",
        "container_upload",
        "mcp_tool_use",
        "mcp_tool_result",
    ]


Block = Annotated[
    TextBlock
    | ImageBlock
    | DocumentBlock
    | SearchResultBlock
    | ToolUseBlock
    | ToolResultBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | ServerToolBlock,
    Field(discriminator="type"),
]
Content = Annotated[str, Tag("<a string>")] | Annotated[list[Block], several, Tag("<a list of content blocks>")]
System = Annotated[str, Tag("<a string>")] | Annotated[list[TextBlock], several, Tag("<a list of text blocks>")]


@wire_object
class MessageParam(TypedDict):
    role: Literal["user", "assistant", "system"]
    content: Content


# --------------------------------------------------------------------------------------------------------------- tools


@wire_object
class ToolParam(TypedDict):
    """A tool of the client's own, or by its ``type`` one of Anthropic's, which has no schema."""

    name: NonEmpty
    type: NotRequired[str | None]
    description: NotRequired[str | None]
    input_schema: NotRequired[JsonObject]


@wire_object
class FreeChoice(TypedDict):
    type: Literal["auto", "any", "none"]
    disable_parallel_tool_use: NotRequired[bool | None]


@wire_object
class NamedChoice(TypedDict):
    type: Literal["tool"]
    name: NonEmpty
    disable_parallel_tool_use: NotRequired[bool | None]


@wire_object
class Thinking(TypedDict):
    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: NotRequired[int | None]


@wire_object
class Metadata(TypedDict, total=False):
    user_id: str | None


# ----------------------------------------------------------------------------------------------------------- the bodies


class _Asked(TypedDict, total=False):
    model: Required[NonEmpty]
    messages: Required[Annotated[list[MessageParam], several, Field(min_length=1)]]
    system: System | None
    thinking: Thinking | None
    tool_choice: Annotated[FreeChoice | NamedChoice, Field(discriminator="type")] | None
    tools: Annotated[list[ToolParam], several] | None
    output_config: JsonObject | None
    cache_control: JsonObject | None


@wire_object
class MessagesBody(_Asked, total=False):
    """A chat to continue."""

    max_tokens: Required[Annotated[int, Field(ge=1)]]
    container: Any
    inference_geo: str | None
    mcp_servers: Annotated[list[JsonObject], several] | None
    context_management: JsonObject | None
    metadata: Metadata | None
    service_tier: str | None
    stop_sequences: Texts | None
    stream: bool | None
    temperature: Number | None
    top_k: int | None
    top_p: Number | None


@wire_object
class CountTokensBody(_Asked, total=False):
    """A chat whose tokens are to be counted (``CountMessageTokensParams``)."""
