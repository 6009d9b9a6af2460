"""What echo says in a chat, whole and in chunks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from jackfield import (
    BadRequestError,
    Choices,
    CompletionRequest,
    Delta,
    DeltaToolCall,
    FunctionCall,
    Message,
    ModelResponse,
    ModelResponseStream,
    StreamingChoices,
    ToolCall,
)

from ._examples import example_of
from ._parameters import CREATED, count, identity
from ._words import limited, pieces, usage

__all__ = ["answer", "chunks"]


def answer(request: CompletionRequest) -> ModelResponse:
    """Return the whole answer; raises BadRequestError for parameters that mean nothing."""
    message, finish = _message(request)
    number = count(request, "n") or 1
    return ModelResponse(
        id=identity("chatcmpl", request, list(request.messages)),
        created=CREATED,
        model=request.model,
        choices=[Choices(index=index, message=message, finish_reason=finish) for index in range(number)],
        usage=usage(map(_text, request.messages), [_spoken(message)] * number),
    )


def chunks(whole: ModelResponse) -> list[ModelResponseStream]:
    """Cut an answer into the chunks of a stream: a word each, then the finish of each choice and the usage."""
    parts = [StreamingChoices(index=c.index, delta=delta) for c in whole.choices for delta in _deltas(c.message)]
    ends = [StreamingChoices(index=c.index, finish_reason=c.finish_reason) for c in whole.choices]
    head = ModelResponseStream(id=whole.id, created=whole.created, model=whole.model)
    return [*(head.replace(choices=[choice]) for choice in [*parts, *ends]), head.replace(usage=whole.usage)]


def _message(request: CompletionRequest) -> tuple[Message, str]:
    if (function := _called(request)) is not None:
        arguments = json.dumps(example_of(function.get("parameters") or {"type": "object"}))
        call = FunctionCall(name=function["name"], arguments=arguments)
        return Message(tool_calls=[ToolCall(id=f"call_{function['name']}", function=call)]), "tool_calls"
    text, finish = limited(_content(request), request)
    return Message(content=text), finish


def _called(request: CompletionRequest) -> Mapping[str, Any] | None:
    """Return the function to call: the first, or the one that ``tool_choice`` names; none once a result is there."""
    choice = request.params.get("tool_choice")
    functions = _functions(request)
    if choice == "none" or not functions or (request.messages and request.messages[-1].get("role") == "tool"):
        return None
    if not isinstance(choice, Mapping):
        return next(iter(functions.values()))
    wanted = choice.get("function", {}).get("name")
    if wanted not in functions:
        raise BadRequestError(f"tool_choice names {wanted!r}, which is not among the tools", param="tool_choice")
    return functions[wanted]


def _functions(request: CompletionRequest) -> dict[str, Mapping[str, Any]]:
    try:
        return {tool["function"]["name"]: tool["function"] for tool in request.params.get("tools") or ()}
    except (KeyError, TypeError):
        example = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
        raise BadRequestError(f"tools must be a list of mappings such as {example}", param="tools") from None


def _content(request: CompletionRequest) -> str:
    shape = request.params.get("response_format") or {"type": "text"}
    match shape:
        case {"type": "json_schema", "json_schema": {"schema": schema}}:
            return json.dumps(example_of(schema))
        case {"type": "json_object"}:
            return json.dumps({"text": _last_words(request)})
        case {"type": "text"}:
            return _last_words(request)
        case _:
            raise BadRequestError(f"response_format is no shape that echo knows: {shape!r}", param="response_format")


def _last_words(request: CompletionRequest) -> str:
    """Return the last text that was said to the assistant: by the user, or by a tool."""
    said = [message for message in request.messages if message.get("role") in ("user", "tool")]
    return _text(said[-1]) if said else ""


def _text(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] if part.get("type") == "text" else f"[{part.get('type')}]" for part in content)


def _spoken(message: Message) -> str:
    if message.tool_calls:
        return " ".join(f"{call.function.name} {call.function.arguments}" for call in message.tool_calls)
    return str(message.content)


def _deltas(message: Message) -> Iterator[Delta]:
    """Cut a message: a tool call into its head and then its arguments, a text into words."""
    for index, call in enumerate(message.tool_calls or ()):
        head = FunctionCall(name=call.function.name, arguments="")
        yield Delta(tool_calls=[DeltaToolCall(index=index, id=call.id, type=call.type, function=head)])
        for piece in pieces(call.function.arguments or ""):
            yield Delta(tool_calls=[DeltaToolCall(index=index, function=FunctionCall(arguments=piece))])
    if message.content is not None:
        for piece in pieces(str(message.content)) or [""]:
            yield Delta(content=piece)
