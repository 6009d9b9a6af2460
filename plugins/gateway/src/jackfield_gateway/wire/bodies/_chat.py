"""The body of ``chat/completions``. Source: OpenAI's API description, ``CreateChatCompletionRequest``.

More is accepted than OpenAI accepts where other servers have more: any ``response_format`` type, any word where OpenAI
lists some. Values are judged by the provider.
"""

from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import Field, Tag
from typing_extensions import TypedDict

from ._chat_messages import Content, Message
from ._common import JsonObject, NonEmpty, Number, OneOrMoreTexts, several, wire_object

__all__ = ["ChatBody", "StreamOptions"]

# --------------------------------------------------------------------------------------------------------------- tools


@wire_object
class Function(TypedDict):
    name: NonEmpty
    description: NotRequired[str | None]
    parameters: NotRequired[JsonObject | None]
    strict: NotRequired[bool | None]


@wire_object
class FunctionTool(TypedDict):
    type: Literal["function"]
    function: Function


@wire_object
class CustomDescription(TypedDict):
    name: NonEmpty
    description: NotRequired[str | None]
    format: NotRequired[JsonObject | None]


@wire_object
class CustomTool(TypedDict):
    type: Literal["custom"]
    custom: CustomDescription


Tool = Annotated[FunctionTool | CustomTool, Field(discriminator="type")]


@wire_object
class Named(TypedDict):
    name: NonEmpty


@wire_object
class FunctionChoice(TypedDict):
    type: Literal["function"]
    function: Named


@wire_object
class CustomChoice(TypedDict):
    type: Literal["custom"]
    custom: Named


@wire_object
class AllowedTools(TypedDict):
    mode: str
    tools: Annotated[list[JsonObject], several]


@wire_object
class AllowedChoice(TypedDict):
    type: Literal["allowed_tools"]
    allowed_tools: AllowedTools


ToolChoice = (
    Annotated[str, Tag("<a string>")]
    | Annotated[
        FunctionChoice | CustomChoice | AllowedChoice, Field(discriminator="type"), Tag("<an object that names a tool>")
    ]
)
FunctionChoiceOfOld = Annotated[str, Tag("<a string>")] | Annotated[Named, Tag("<an object with a name>")]

# ------------------------------------------------------------------------------------------------------------ the body


@wire_object
class JsonSchema(TypedDict):
    name: NonEmpty
    description: NotRequired[str | None]
    schema: NotRequired[JsonObject | None]
    strict: NotRequired[bool | None]


@wire_object
class ResponseFormat(TypedDict):
    type: str
    json_schema: NotRequired[JsonSchema | None]


@wire_object
class StreamOptions(TypedDict, total=False):
    include_usage: bool | None
    include_obfuscation: bool | None


@wire_object
class Prediction(TypedDict):
    type: str
    content: Content


@wire_object
class ChatBody(TypedDict, total=False):
    """A chat to continue."""

    model: Required[NonEmpty]
    messages: Required[Annotated[list[Message], several, Field(min_length=1)]]
    audio: JsonObject | None
    frequency_penalty: Number | None
    function_call: FunctionChoiceOfOld | None
    functions: Annotated[list[Function], several] | None
    logit_bias: dict[str, Number] | None
    logprobs: bool | None
    max_completion_tokens: int | None
    max_tokens: int | None
    metadata: JsonObject | None
    modalities: Annotated[list[str], several] | None
    moderation: Any
    n: Annotated[int, Field(ge=1, le=128)] | None
    parallel_tool_calls: bool | None
    prediction: Prediction | None
    presence_penalty: Number | None
    prompt_cache_key: str | None
    prompt_cache_options: JsonObject | None
    prompt_cache_retention: str | None
    reasoning_effort: str | None
    response_format: ResponseFormat | None
    safety_identifier: str | None
    seed: int | None
    service_tier: str | None
    stop: OneOrMoreTexts | None
    store: bool | None
    stream: bool | None
    stream_options: StreamOptions | None
    temperature: Number | None
    tool_choice: ToolChoice | None
    tools: Annotated[list[Tool], several] | None
    top_logprobs: int | None
    top_p: Number | None
    user: str | None
    verbosity: str | None
    web_search_options: JsonObject | None
