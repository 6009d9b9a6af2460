"""Call arguments: which are the core's, which the provider's, and whether their types fit; all before any I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from ._shapes import describe
from .errors import BadRequestError
from .types import CallOptions, CompletionRequest, Request

__all__ = ["OPTION_NAMES", "check", "check_option", "check_options", "split"]

ALIASES = {
    "base_url": "api_base",
    "custom_llm_provider": "provider",
    "request_timeout": "timeout",
    "max_retries": "num_retries",
}

_OPTIONS = CallOptions.__annotations__

OPTION_NAMES: dict[str, str] = {name: name for name in _OPTIONS} | ALIASES
"""Every call argument that is the core's → the option it sets."""


def split(arguments: Mapping[str, Any]) -> tuple[CallOptions, dict[str, Any]]:
    """Return the core's options and the provider's parameters, in the caller's order. None in an option is unset."""
    options: dict[str, Any] = {}
    params: dict[str, Any] = {}
    for name, value in arguments.items():
        option = OPTION_NAMES.get(name)
        if option is None:
            params[name] = value
        elif value is not None:
            if option in options and name != option:
                continue  # both spellings were given: the plain one wins
            options[option] = value
    return cast("CallOptions", options), params


def check(request: Request) -> Request:
    """Return the request with messages and ``response_format`` as mappings; or raise BadRequestError."""
    checker = _CHECKS.get(getattr(request, "operation", ""))
    if checker is None or not isinstance(request, Request):
        raise BadRequestError(
            f"run() takes a request such as CompletionRequest(model, messages), not {describe(request)}"
        )
    model = request.model
    if not isinstance(model, str):
        raise _wrong("model", "a string such as 'provider/model'", model)
    if not model and request.operation != "list_models":
        raise BadRequestError("model is empty: write 'provider/model'", param="model")
    if request.options:
        check_options(request.options)
    return checker(request)


def check_options(options: CallOptions) -> None:
    """Raise BadRequestError for an option that there is not, or whose value cannot be meant."""
    if type(options) is not dict and not isinstance(options, Mapping):
        raise _wrong("options", "a mapping, a CallOptions", options)
    for name, value in options.items():
        if name not in _OPTIONS:
            raise _unknown(name)
        check_option(name, value)
    for place, fallback in enumerate(options.get("fallbacks") or ()):
        _check_fallback(place, fallback)


def check_option(name: str, value: Any) -> None:
    """Raise BadRequestError where a value cannot be meant; ``name`` may be another name of an option."""
    option = OPTION_NAMES[name]
    expected = _EXPECTED.get(option)
    if expected is None or value is None:
        return
    if not expected[0](value):
        raise _wrong(name, expected[1], value)
    if option == "api_base" and "#" in value:
        raise BadRequestError(f"{name} must not hold a fragment, which no server is sent", param=name)


def _unknown(name: object) -> BadRequestError:
    from difflib import get_close_matches

    near = [OPTION_NAMES[each] for each in get_close_matches(str(name), OPTION_NAMES, n=1)]
    guess = f"; did you mean {near[0]!r}?" if near else "; a provider's parameters stand in params"
    return BadRequestError(f"there is no option {name!r}{guess}", param="options")


def _check_fallback(place: int, fallback: object) -> None:
    if isinstance(fallback, str) and fallback:
        return
    if not isinstance(fallback, Mapping) or not isinstance(model := fallback.get("model"), str) or not model:
        raise _wrong(f"fallbacks[{place}]", "a model string, or a mapping with a model string as 'model'", fallback)
    try:
        for name, value in split(fallback)[0].items():
            check_option(name, value)
    except BadRequestError as error:
        raise BadRequestError(f"fallbacks[{place}]: {error}", param="fallbacks") from error


def _check_completion(request: Any) -> Request:
    messages = request.messages
    # A list is told by its type: asking whether something is a Sequence costs more than all other checks together.
    if type(messages) is not list and (isinstance(messages, str | Mapping) or not isinstance(messages, Sequence)):
        raise _wrong("messages", "a list of mappings such as {'role': 'user', 'content': 'Hi'}", messages)
    for position, message in enumerate(messages):
        if type(message) is not dict:
            request = _with_plain_messages(request, position)
            break
    if request.params and isinstance(kind := request.params.get("response_format"), type):
        from ._schema import response_format_of

        request = request.replace(params={**request.params, "response_format": response_format_of(kind)})
    return cast("Request", request)


def _with_plain_messages(request: CompletionRequest, position: int) -> Request:
    """Turn message objects (an earlier answer's ``choices[0].message``) into mappings; name the first that is none."""
    plain = list(request.messages)
    for index in range(position, len(plain)):
        message: Any = plain[index]
        if hasattr(message, "model_dump"):
            plain[index] = message.model_dump(exclude_none=True)
        elif not isinstance(message, Mapping):
            raise _wrong(f"messages[{index}]", "a mapping such as {'role': 'user', 'content': 'Hi'}", message)
    return request.replace(messages=plain)


def _check_text(request: Any) -> Request:
    _check_inputs("prompt", request.prompt)
    return cast("Request", request)


def _check_embedding(request: Any) -> Request:
    _check_inputs("input", request.input)
    return cast("Request", request)


def _check_inputs(name: str, value: Any) -> None:
    if isinstance(value, str):
        return
    if not isinstance(value, list | tuple) or not value:
        raise _wrong(name, "a text, or a list of texts or token numbers that is not empty", value)
    kinds = {str if isinstance(item, str) else list if isinstance(item, list | tuple) else type(item) for item in value}
    if kinds not in ({str}, {int}, {list}):
        raise _wrong(name, "a text, a list of texts, or token numbers", value)


def _check_edit(request: Any) -> Request:
    if request.prompt is not None and not isinstance(request.prompt, str):
        raise _wrong("prompt", "a text", request.prompt)
    if isinstance(request.image, str | bytes) or not isinstance(request.image, Sequence):
        raise _wrong("image", "a list of paths, bytes, file objects or tuples (name, content)", request.image)
    if not request.image:
        raise BadRequestError("image is missing: give a path, bytes, a file object or (name, content)", param="image")
    return cast("Request", request)


def _check_prompt(request: Any) -> Request:
    if not isinstance(request.prompt, str):
        raise _wrong("prompt", "a text", request.prompt)
    return cast("Request", request)


def _wrong(name: str, expected: str, value: object) -> BadRequestError:
    given = type(value).__name__
    if value is None or (isinstance(value, int | float) and OPTION_NAMES.get(name) in ("timeout", "num_retries")):
        given = repr(value)  # which may not be shown where a secret could stand
    elif isinstance(value, str) and not value:
        given = "an empty one"
    return BadRequestError(f"{name} must be {expected}, not {given}", param=name.partition("[")[0])


def _is_timeout(value: object) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value > 0
    return hasattr(value, "connect") and hasattr(value, "read")  # httpx.Timeout, without importing httpx


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_url(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _is_headers(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)


def _is_fallbacks(value: object) -> bool:
    return isinstance(value, list | tuple)  # each of them is checked, and named, by itself


def _as_it_is(request: Request) -> Request:
    return request


_EXPECTED: dict[str, tuple[Callable[[object], bool], str]] = {
    "provider": (_is_name, "a string"),
    "api_base": (_is_url, "a URL that begins with http:// or https://"),
    "api_key": (_is_text, "a string"),
    "api_version": (_is_text, "a string"),
    "timeout": (_is_timeout, "a number of seconds above 0, or an httpx.Timeout"),
    "headers": (_is_headers, "a mapping of strings to strings"),
    "extra_headers": (_is_headers, "a mapping of strings to strings"),
    "extra_body": (_is_mapping, "a mapping"),
    "num_retries": (_is_count, "a whole number, 0 or more"),
    "fallbacks": (_is_fallbacks, "a list of model strings, or of mappings with a model"),
}

_CHECKS: dict[str, Callable[[Any], Request]] = {
    "completion": _check_completion,
    "streaming": _check_completion,
    "text_completion": _check_text,
    "embedding": _check_embedding,
    "image_generation": _check_prompt,
    "image_edit": _check_edit,
    "list_models": _as_it_is,
}
