"""The functions: thin keyword forms of ``Client.run(request)`` and ``AsyncClient.run(request)``.

Everything heavy is imported at the first call. Call arguments that are the core's stand in
``jackfield.types.CallOptions``; every other keyword reaches the provider in ``request.params``, untouched.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast, overload

from ._loading import loading

if TYPE_CHECKING:
    from ._adrive import AsyncStream
    from ._client import AsyncClient, Client
    from ._drive import Stream
    from .types import (
        CallOptions,
        EmbeddingResponse,
        ImageResponse,
        ModelList,
        ModelResponse,
        ModelResponseStream,
        TextCompletionResponse,
    )

    ChatStream: TypeAlias = Stream[ModelResponseStream, ModelResponse]
    AsyncChatStream: TypeAlias = AsyncStream[ModelResponseStream, ModelResponse]
    TextStream: TypeAlias = Stream[TextCompletionResponse, TextCompletionResponse]
    AsyncTextStream: TypeAlias = AsyncStream[TextCompletionResponse, TextCompletionResponse]

__all__ = [
    "acompletion",
    "aembedding",
    "aimage_edit",
    "aimage_generation",
    "alist_models",
    "atext_completion",
    "completion",
    "embedding",
    "get_llm_provider",
    "image_edit",
    "image_generation",
    "list_models",
    "list_providers",
    "register_provider",
    "text_completion",
    "unregister_provider",
]

Prompt: TypeAlias = "str | Sequence[str] | Sequence[int] | Sequence[Sequence[int]]"

# Made at the first call: importing this module loads nothing.
_client: Client | None = None
_aclient: AsyncClient | None = None
_requests: Any = None
_find_provider: Any = None

_PACKAGE: Any = sys.modules[__package__]  # its attributes are settings that users assign


@overload
def completion(
    model: str, messages: Sequence[Any] = ..., *, stream: Literal[False] | None = ..., **kwargs: Any
) -> ModelResponse: ...
@overload
def completion(model: str, messages: Sequence[Any] = ..., *, stream: Literal[True], **kwargs: Any) -> ChatStream: ...
@overload
def completion(
    model: str, messages: Sequence[Any] = ..., *, stream: bool | None, **kwargs: Any
) -> ModelResponse | ChatStream: ...
def completion(
    model: str, messages: Sequence[Any] = (), *, stream: bool | None = None, **kwargs: Any
) -> ModelResponse | ChatStream:
    """Answer a chat: a whole response, or with ``stream=True`` a stream of chunks.

    ``model`` is "provider/model", ``messages`` a list of mappings as OpenAI's API takes them. ``api_key``,
    ``api_base``, ``timeout`` (seconds), ``num_retries``, ``fallbacks`` and the other fields of ``CallOptions`` are the
    core's; every other keyword is a parameter of the provider. ``response_format`` also takes a pydantic model class.
    Raises JackfieldError: BadRequestError before any I/O for bad arguments, ProviderNotFoundError and its kin for
    plugins, APIStatusError and APIConnectionError for what the server did.
    """
    result: ModelResponse | ChatStream = _sync().run(_requests.chat(model, messages, kwargs, stream=stream))
    return result


@overload
async def acompletion(
    model: str, messages: Sequence[Any] = ..., *, stream: Literal[False] | None = ..., **kwargs: Any
) -> ModelResponse: ...
@overload
async def acompletion(
    model: str, messages: Sequence[Any] = ..., *, stream: Literal[True], **kwargs: Any
) -> AsyncChatStream: ...
@overload
async def acompletion(
    model: str, messages: Sequence[Any] = ..., *, stream: bool | None, **kwargs: Any
) -> ModelResponse | AsyncChatStream: ...
async def acompletion(
    model: str, messages: Sequence[Any] = (), *, stream: bool | None = None, **kwargs: Any
) -> ModelResponse | AsyncChatStream:
    """Answer a chat from async code; as ``completion``."""
    result: ModelResponse | AsyncChatStream = await _async().run(_requests.chat(model, messages, kwargs, stream=stream))
    return result


@overload
def text_completion(
    model: str, prompt: Prompt = ..., *, stream: Literal[False] | None = ..., **kwargs: Any
) -> TextCompletionResponse: ...
@overload
def text_completion(model: str, prompt: Prompt = ..., *, stream: Literal[True], **kwargs: Any) -> TextStream: ...
@overload
def text_completion(
    model: str, prompt: Prompt = ..., *, stream: bool | None, **kwargs: Any
) -> TextCompletionResponse | TextStream: ...
def text_completion(
    model: str, prompt: Prompt = "", *, stream: bool | None = None, **kwargs: Any
) -> TextCompletionResponse | TextStream:
    """Continue a prompt, or several: one choice for each, in their order. Streams with ``stream=True``."""
    result: TextCompletionResponse | TextStream = _sync().run(_requests.text(model, prompt, kwargs, stream=stream))
    return result


@overload
async def atext_completion(
    model: str, prompt: Prompt = ..., *, stream: Literal[False] | None = ..., **kwargs: Any
) -> TextCompletionResponse: ...
@overload
async def atext_completion(
    model: str, prompt: Prompt = ..., *, stream: Literal[True], **kwargs: Any
) -> AsyncTextStream: ...
@overload
async def atext_completion(
    model: str, prompt: Prompt = ..., *, stream: bool | None, **kwargs: Any
) -> TextCompletionResponse | AsyncTextStream: ...
async def atext_completion(
    model: str, prompt: Prompt = "", *, stream: bool | None = None, **kwargs: Any
) -> TextCompletionResponse | AsyncTextStream:
    """Continue a prompt from async code; as ``text_completion``."""
    result: TextCompletionResponse | AsyncTextStream = await _async().run(
        _requests.text(model, prompt, kwargs, stream=stream)
    )
    return result


def embedding(model: str, input: Prompt = "", **kwargs: Any) -> EmbeddingResponse:  # OpenAI's name
    """Return one vector for each input: floats, or base64 of them with ``encoding_format="base64"``."""
    result: EmbeddingResponse = _sync().run(_requests.embedding(model, input, kwargs))
    return result


async def aembedding(model: str, input: Prompt = "", **kwargs: Any) -> EmbeddingResponse:  # OpenAI's name
    """Return one vector for each input, from async code."""
    result: EmbeddingResponse = await _async().run(_requests.embedding(model, input, kwargs))
    return result


def image_generation(model: str, prompt: str = "", **kwargs: Any) -> ImageResponse:
    """Make images from a description."""
    result: ImageResponse = _sync().run(_requests.image(model, prompt, kwargs))
    return result


async def aimage_generation(model: str, prompt: str = "", **kwargs: Any) -> ImageResponse:
    """Make images from a description, from async code."""
    result: ImageResponse = await _async().run(_requests.image(model, prompt, kwargs))
    return result


def image_edit(model: str, image: Any = None, prompt: str | None = None, **kwargs: Any) -> ImageResponse:
    """Change images.

    ``image`` is a path, bytes, a binary file object, a tuple ``(name, content[, media type])``, or a list of these;
    ``mask=`` is one such item.
    """
    result: ImageResponse = _sync().run(_requests.edit(model, image, prompt, kwargs))
    return result


async def aimage_edit(model: str, image: Any = None, prompt: str | None = None, **kwargs: Any) -> ImageResponse:
    """Change images from async code; as ``image_edit``."""
    result: ImageResponse = await _async().run(_requests.edit(model, image, prompt, kwargs))
    return result


def list_models(provider: str, **kwargs: Any) -> ModelList:
    """List the models that a provider's server has."""
    result: ModelList = _sync().run(_requests.models(provider, kwargs))
    return result


async def alist_models(provider: str, **kwargs: Any) -> ModelList:
    """List the models that a provider's server has, from async code."""
    result: ModelList = await _async().run(_requests.models(provider, kwargs))
    return result


def register_provider(name: str, plugin: object) -> None:
    """Register a plugin (a module or an object with hooks) under a name; it wins over what is installed."""
    _sync().register_provider(name, plugin)


def unregister_provider(name: str) -> None:
    """Take a registration back."""
    _sync().unregister_provider(name)


def list_providers() -> list[str]:
    """Return the names of the providers that are registered or installed, sorted; imports none of them."""
    return sorted({*_sync().registry.names(), *_handler_names()})


def get_llm_provider(
    model: str, custom_llm_provider: str | None = None, api_base: str | None = None, api_key: str | None = None
) -> tuple[str, str, str | None, str | None]:
    """Return ``(model, provider, api_key, api_base)`` as a call would use them, the environment's key and base too."""
    from ._arguments import check, split
    from .types import CompletionRequest

    core = _sync().core
    options, _ = split({"provider": custom_llm_provider, "api_base": api_base, "api_key": api_key})
    provider, bare = core.route(check(CompletionRequest(model, options=options)), options)
    settings = core.registry.provider(provider).settings(options)
    return bare, provider, settings.api_key, settings.api_base


def _sync() -> Client:
    return _client or _made()[0]


def _async() -> AsyncClient:
    return _aclient or _made()[1]


def _made() -> tuple[Client, AsyncClient]:
    """Make the two default clients, which share one registry, and import what the functions need."""
    global _client, _aclient, _requests
    with loading():
        from . import _requests as requests
        from ._client import AsyncClient, Client, Core
        from ._registry import Registry
    core = Core(Registry(finder=_handler), _defaults, _default_provider)
    _requests = requests
    _client = _client or Client(core=core)
    _aclient = _aclient or AsyncClient(core=_client.core)
    return _client, _aclient


def _defaults() -> CallOptions | None:
    """Read the package's settings, as module attributes, at each call."""
    package = _PACKAGE
    if package.num_retries is None and package.request_timeout is None and not package.drop_params:
        return None
    from ._arguments import check_option

    check_option("num_retries", package.num_retries)
    check_option("request_timeout", package.request_timeout)
    options = {
        "num_retries": package.num_retries,
        "timeout": package.request_timeout,
        "drop_params": package.drop_params or None,
    }
    return cast("CallOptions", {name: value for name, value in options.items() if value is not None})


def _default_provider() -> str | None:
    name: Any = _PACKAGE.default_provider
    if name is None or isinstance(name, str):
        return name
    from .errors import BadRequestError

    raise BadRequestError(
        f"default_provider must be a provider's name, not {type(name).__name__}", param="default_provider"
    )


def _handler(name: str) -> object | None:
    """Find a handler of ``custom_provider_map``; while that is empty nothing is loaded for it."""
    if not _PACKAGE.custom_provider_map:
        return None
    find = _find_provider or _finder(name)
    plugin: object | None = find(name)
    return plugin


def _finder(name: str) -> Any:
    global _find_provider
    from importlib import import_module

    from ._known import HANDLER_DISTRIBUTION, HANDLER_MODULE
    from .errors import ProviderNotFoundError

    try:
        _find_provider = import_module(HANDLER_MODULE).find_provider
    except ModuleNotFoundError as error:
        if error.name != HANDLER_MODULE:
            raise
        if name not in _handler_names():
            return lambda _: None  # a missing package hurts only who asks for what it would bring
        raise ProviderNotFoundError(
            f"the provider {name!r} is a custom handler, and {HANDLER_DISTRIBUTION}, which serves handlers, is not "
            f"installed: pip install {HANDLER_DISTRIBUTION}",
            provider=name,
        ) from error
    return _find_provider


def _handler_names() -> list[str]:
    """Return the names in ``custom_provider_map``, passing over what is no entry."""
    handlers = _PACKAGE.custom_provider_map
    entries = (entry for entry in (handlers if isinstance(handlers, Sequence) else ()) if isinstance(entry, Mapping))
    return [name for entry in entries if isinstance(name := entry.get("provider"), str)]


for _name in __all__:
    globals()[_name].__module__ = __package__
del _name
