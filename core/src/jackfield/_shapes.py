"""The shapes a provider may give, made into the one shape that callers get: the one table of such conversions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import types
from .errors import ContractViolationError, InvalidResponseError
from .flow import Effect, EventStream
from .types import ModelResponse, ModelResponseStream

if TYPE_CHECKING:
    from .types import TextCompletionResponse

__all__ = [
    "as_chunk",
    "chat_of_text",
    "chunk_of_response",
    "chunk_of_text",
    "describe",
    "fields_of",
    "first_problem",
    "result_of",
    "text_of_chat",
    "text_of_chunk",
]

RESULTS = {
    "completion": "ModelResponse",
    "text_completion": "TextCompletionResponse",
    "embedding": "EmbeddingResponse",
    "image_generation": "ImageResponse",
    "image_edit": "ImageResponse",
    "list_models": "ModelList",
}
"""Operation → the response type's name in ``types``, which loads it when it is first used."""


def result_of(operation: str, result: Any, model: str) -> Any:
    """Return a hook's result as its operation's response type; a missing ``model`` becomes the one asked for."""
    wanted = getattr(types, RESULTS[operation])
    if type(result) is not wanted:
        result = _converted(operation, wanted, result)
    if getattr(result, "model", model) is None:
        result.model = model
    return result


def _converted(operation: str, wanted: type[Any], result: Any) -> Any:
    if isinstance(result, wanted):
        return result
    if wanted is ModelResponse and isinstance(result, types.TextCompletionResponse):
        return chat_of_text(result)
    if wanted is types.TextCompletionResponse and isinstance(result, ModelResponse):
        return text_of_chat(result)
    if isinstance(result, Mapping):
        return validated(wanted, result)
    hint = ""
    if result is None:
        hint = "; did the hook forget its return?"
    elif isinstance(result, EventStream):
        hint = "; streams belong to the hook streaming"
    raise ContractViolationError(f"the hook {operation} returned {describe(result)}, not a {wanted.__name__}{hint}")


def validated(wanted: type[Any], value: Mapping[str, Any]) -> Any:
    """Build the type from a mapping; raises InvalidResponseError where the shape does not fit."""
    try:
        return wanted.model_validate(dict(value))
    except ValueError as error:
        raise InvalidResponseError(f"the provider's answer is no {wanted.__name__}: {first_problem(error)}") from error


def first_problem(error: ValueError) -> str:
    """Say in one line where a pydantic validation failed, without the input."""
    problems = getattr(error, "errors", None)
    if problems is None:
        return str(error)
    first = problems(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"


def describe(value: object) -> str:
    """Name a value's type as a sentence can."""
    if isinstance(value, Effect):
        return f"the effect {value!r}"
    return "None" if value is None else f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")


def as_chunk(item: Any) -> ModelResponseStream | TextCompletionResponse:
    """Return one item of a stream as a chunk: a chunk, a piece of text, or a mapping in either chunk's shape."""
    if isinstance(item, ModelResponseStream | types.TextCompletionResponse):
        return item
    if isinstance(item, str):
        return ModelResponseStream.model_validate({"choices": [{"delta": {"content": item}}]})
    if isinstance(item, ModelResponse):
        return chunk_of_response(item)
    if isinstance(item, Mapping):
        if "choices" in item:
            kind = types.TextCompletionResponse if item.get("object") == "text_completion" else ModelResponseStream
            chunk: ModelResponseStream | TextCompletionResponse = validated(kind, item)
            return chunk
        if "text" in item or "is_finished" in item:
            return _chunk_of_generic(item)
    hint = ""
    if isinstance(item, Effect):
        hint = (
            "; a generator function as streaming hook is a blocking source of chunks: to ask for effects first, "
            "return EventStream(lambda: open_stream(request, settings), decoder=…) from a plain function"
        )
    raise ContractViolationError(
        f"a stream gave {describe(item)}, which is no chunk (ModelResponseStream, text, or a mapping of either){hint}"
    )


def _chunk_of_generic(item: Mapping[str, Any]) -> ModelResponseStream:
    """Convert LiteLLM's GenericStreamingChunk; fields beyond it are kept on the delta."""
    known = {"text", "is_finished", "finish_reason", "usage", "index", "tool_use", "provider_specific_fields"}
    delta: dict[str, Any] = {key: value for key, value in item.items() if key not in known}
    if (text := item.get("text")) is not None:
        delta["content"] = text
    if tool := item.get("tool_use"):
        delta["tool_calls"] = [{"type": "function", **tool}] if isinstance(tool, Mapping) else tool
    chunk: dict[str, Any] = {"usage": item.get("usage")}
    if specific := item.get("provider_specific_fields"):
        delta["provider_specific_fields"] = chunk["provider_specific_fields"] = specific
    finish = item.get("finish_reason") or ("stop" if item.get("is_finished") else None)
    chunk["choices"] = [{"index": item.get("index") or 0, "delta": delta, "finish_reason": finish}]
    made: ModelResponseStream = validated(ModelResponseStream, chunk)
    return made


def fields_of(model: Any, *without: str) -> dict[str, Any]:
    """Return the fields that were set, extra ones included, but for those named."""
    return {name: getattr(model, name) for name in model.model_fields_set if name not in without}


def chunk_of_response(response: ModelResponse) -> ModelResponseStream:
    """Return a whole answer as the one chunk that streams it."""
    choices = []
    for choice in response.choices:
        delta = fields_of(choice.message)
        delta["role"] = choice.message.role
        if isinstance(choice.message.content, list):
            delta["content"] = _text(choice.message.content)
        if choice.message.tool_calls:
            calls = enumerate(choice.message.tool_calls)
            delta["tool_calls"] = [{"index": index, **fields_of(call), "type": call.type} for index, call in calls]
        choices.append({**fields_of(choice, "message"), "index": choice.index, "delta": delta})
    fields = fields_of(response, "choices", "object")
    return ModelResponseStream.model_validate(_plain({**fields, "choices": choices}))


def text_of_chat(response: ModelResponse) -> TextCompletionResponse:
    """Return a chat answer in the text_completion shape."""
    choices = [
        {**fields_of(choice, "message"), "index": choice.index, "text": _text(choice.message.content)}
        for choice in response.choices
    ]
    fields = fields_of(response, "choices", "object")
    return types.TextCompletionResponse.model_validate(_plain({**fields, "choices": choices}))


def chat_of_text(response: TextCompletionResponse) -> ModelResponse:
    """Return a text completion in the chat shape."""
    choices = [
        {**fields_of(choice, "text"), "index": choice.index, "message": {"role": "assistant", "content": choice.text}}
        for choice in response.choices
    ]
    fields = fields_of(response, "choices", "object")
    return ModelResponse.model_validate(_plain({**fields, "choices": choices}))


def chunk_of_text(chunk: TextCompletionResponse) -> ModelResponseStream:
    """Return a chunk of a text completion as a chunk of a chat."""
    choices = [
        {**_plain(fields_of(choice, "text")), "index": choice.index, "delta": {"content": choice.text}}
        for choice in chunk.choices
    ]
    return ModelResponseStream.model_validate({**_plain(fields_of(chunk, "choices", "object")), "choices": choices})


def text_of_chunk(chunk: ModelResponseStream) -> TextCompletionResponse | None:
    """Return a chunk of a chat as a chunk of a text completion; None where it carries no text, finish or usage."""
    choices = [
        {**_plain(fields_of(choice, "delta")), "index": choice.index, "text": choice.delta.content or ""}
        for choice in chunk.choices
        if choice.delta.content or choice.finish_reason
    ]
    if not choices and chunk.usage is None:
        return None
    fields = _plain(fields_of(chunk, "choices", "object"))
    return types.TextCompletionResponse.model_validate({**fields, "choices": choices})


def _text(content: str | list[Any] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part.get("text") or "" for part in content if isinstance(part, Mapping))


def _plain(value: Any) -> Any:
    """Return a value with the models in it as the mappings of what was set in them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _plain(fields_of(value)) if hasattr(value, "model_fields_set") else value
