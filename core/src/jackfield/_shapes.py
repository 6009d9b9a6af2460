"""The shapes in which a provider may answer, made into the one that its operation's callers get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from . import types
from .errors import ContractViolationError, InvalidResponseError
from .flow import Effect, EventStream
from .types import ModelResponse

if TYPE_CHECKING:
    from .types import EmbeddingResponse, TextCompletionResponse
    from .types._base import Model

__all__ = [
    "chat_of_text",
    "checked",
    "describe",
    "fields_of",
    "first_problem",
    "fitted",
    "plain",
    "result_of",
    "text_in",
    "text_of_chat",
    "validated",
]

ResponseT = TypeVar("ResponseT", bound="Model")

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
    """Return a hook's result as its operation's response type; a missing ``model`` becomes the one asked for.

    Such a model is not in ``model_fields_set``: nobody answered with it.
    """
    wanted = getattr(types, RESULTS[operation])
    if type(result) is not wanted:
        result = _converted(operation, wanted, result)
    if getattr(result, "model", model) is None:
        result = result.replace(model=model)  # a copy: the plugin may keep its own, and give it to others
        result.model_fields_set.discard("model")
    return _numbered(result) if operation == "embedding" else result


def _numbered(response: EmbeddingResponse) -> EmbeddingResponse:
    """Give vectors without an index their place: a caller who sorts by it must not lose any."""
    if all("index" in item.model_fields_set for item in response.data):
        return response
    return response.replace(data=[item.replace(index=place) for place, item in enumerate(response.data)])


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
    elif isinstance(result, Effect):
        hint = ", and nobody asked for it: response = yield from …"
    raise ContractViolationError(f"the hook {operation} returned {describe(result)}, not a {wanted.__name__}{hint}")


def validated(wanted: type[Any], value: Mapping[str, Any]) -> Any:
    """Build the type from a mapping; raises InvalidResponseError where the shape does not fit."""
    try:
        return checked(wanted, value)
    except ValueError as error:
        raise InvalidResponseError(f"the provider's answer is no {wanted.__name__}: {first_problem(error)}") from error


def checked(wanted: type[ResponseT], value: Mapping[str, Any]) -> ResponseT:
    """Build the type from a mapping that holds at least its choices or data; raises ValueError."""
    needed = "choices" if "choices" in wanted.model_fields else "data"
    if value.get(needed) is None:
        raise ValueError(f"it has no {needed!r}")
    return wanted.model_validate(dict(value))


def fitted(wanted: type[ResponseT], fields: dict[str, Any]) -> ResponseT:
    """Build the type from what has been read already; a field whose shape is not the type's is left out."""
    while True:
        try:
            return wanted.model_validate(fields)
        except ValidationError as error:
            fields = _without(fields, error.errors(include_url=False)[0]["loc"])


def _without(value: Any, place: tuple[int | str, ...]) -> Any:
    """Return a copy of nested mappings and lists without what is there that stands nearest to this place."""
    step, rest = place[0], place[1:]
    copy = value.copy()
    if rest and _holds(value[step], rest[0]):
        copy[step] = _without(value[step], rest)
    else:
        del copy[step]
    return copy


def _holds(value: Any, step: int | str) -> bool:
    return isinstance(value, list) if isinstance(step, int) else isinstance(value, dict) and step in value


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


def fields_of(model: Any, *without: str) -> dict[str, Any]:
    """Return the fields that were set, extra ones included, but for those named."""
    return {name: getattr(model, name) for name in model.model_fields_set if name not in without}


def text_of_chat(response: ModelResponse) -> TextCompletionResponse:
    """Return a chat answer in the text_completion shape."""
    choices = [
        {**fields_of(choice, "message"), "index": choice.index, "text": text_in(choice.message.content)}
        for choice in response.choices
    ]
    fields = fields_of(response, "choices", "object")
    return fitted(types.TextCompletionResponse, plain({**fields, "choices": choices}))


def chat_of_text(response: TextCompletionResponse) -> ModelResponse:
    """Return a text completion in the chat shape."""
    choices = [
        {**fields_of(choice, "text"), "index": choice.index, "message": {"role": "assistant", "content": choice.text}}
        for choice in response.choices
    ]
    fields = fields_of(response, "choices", "object")
    return fitted(ModelResponse, plain({**fields, "choices": choices}))


def text_in(content: str | list[Any] | None) -> str:
    """Return a content's text, which may stand in parts."""
    if content is None or isinstance(content, str):
        return content or ""
    texts = [part.get("text") for part in content if isinstance(part, Mapping)]
    return "".join(text for text in texts if isinstance(text, str))


def plain(value: Any) -> Any:
    """Return a value with the models in it as the mappings of what was set in them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return plain(fields_of(value)) if hasattr(value, "model_fields_set") else value
