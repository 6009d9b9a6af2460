"""The body of ``responses``. Source: OpenAI's API description, ``CreateResponse``.

Of ``input`` it is checked here that each item is an object with a known role or a type, and that a message's content
is one; which items a chat can carry, the translator says.
"""

from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import Discriminator, Field, Tag
from typing_extensions import TypedDict

from ._common import JsonObject, NonEmpty, Number, Texts, several, wire_object

__all__ = ["ResponsesBody"]


@wire_object
class InputPart(TypedDict):
    type: Literal["input_text", "input_image", "input_file", "input_audio", "output_text", "refusal", "summary_text"]
    text: NotRequired[str]
    image_url: NotRequired[str | None]
    file_id: NotRequired[str | None]
    file_data: NotRequired[str | None]
    file_url: NotRequired[str | None]
    filename: NotRequired[str | None]
    detail: NotRequired[str | None]
    refusal: NotRequired[str]


InputContent = Annotated[str, Tag("<a string>")] | Annotated[list[InputPart], several, Tag("<a list of content parts>")]


@wire_object
class MessageItem(TypedDict):
    """A message; its ``type`` may be left out."""

    type: NotRequired[Literal["message"]]
    role: Literal["user", "assistant", "system", "developer"]
    content: InputContent


@wire_object
class FunctionCallItem(TypedDict):
    type: Literal["function_call"]
    call_id: NonEmpty
    name: NonEmpty
    arguments: str


@wire_object
class FunctionOutputItem(TypedDict):
    type: Literal["function_call_output"]
    call_id: NonEmpty
    output: InputContent


@wire_object
class OtherItem(TypedDict):
    type: str


FUNCTIONS = ("function_call", "function_call_output")  # no set: what a client calls a type may be a list


def _sort_of_item(item: Any) -> str:
    kind = item.get("type") if isinstance(item, dict) else None
    if kind is None or kind == "message":
        return "<message>"
    return f"<{kind}>" if kind in FUNCTIONS else "<item>"


InputItem = Annotated[
    Annotated[MessageItem, Tag("<message>")]
    | Annotated[FunctionCallItem, Tag("<function_call>")]
    | Annotated[FunctionOutputItem, Tag("<function_call_output>")]
    | Annotated[OtherItem, Tag("<item>")],
    Discriminator(_sort_of_item),
]
Input = Annotated[str, Tag("<a string>")] | Annotated[list[InputItem], several, Tag("<a list of items>")]


@wire_object
class ResponsesTool(TypedDict):
    """A function has its name beside its type; tools of OpenAI's own have other types."""

    type: NonEmpty
    name: NotRequired[str | None]
    description: NotRequired[str | None]
    parameters: NotRequired[JsonObject | None]
    strict: NotRequired[bool | None]


ToolChoice = Annotated[str, Tag("<a string>")] | Annotated[JsonObject, Tag("<an object>")]


@wire_object
class TextFormat(TypedDict):
    type: str
    name: NotRequired[str | None]
    schema: NotRequired[JsonObject | None]
    strict: NotRequired[bool | None]
    description: NotRequired[str | None]


@wire_object
class TextOptions(TypedDict, total=False):
    format: TextFormat | None
    verbosity: str | None


@wire_object
class Reasoning(TypedDict, total=False):
    effort: str | None
    summary: str | None
    generate_summary: str | None


@wire_object
class ResponsesBody(TypedDict, total=False):
    """An answer to make, without anything that the server would have to remember."""

    model: Required[NonEmpty]
    input: Required[Input]
    background: bool | None
    context_management: Any
    conversation: Any
    include: Texts | None
    instructions: str | None
    max_output_tokens: Annotated[int, Field(ge=1)] | None
    max_tool_calls: int | None
    metadata: JsonObject | None
    moderation: Any
    parallel_tool_calls: bool | None
    previous_response_id: str | None
    prompt: JsonObject | None
    prompt_cache_key: str | None
    prompt_cache_options: JsonObject | None
    prompt_cache_retention: str | None
    reasoning: Reasoning | None
    safety_identifier: str | None
    service_tier: str | None
    store: bool | None
    stream: bool | None
    stream_options: JsonObject | None
    temperature: Number | None
    text: TextOptions | None
    tool_choice: ToolChoice | None
    tools: Annotated[list[ResponsesTool], several] | None
    top_logprobs: int | None
    top_p: Number | None
    truncation: str | None
    user: str | None
