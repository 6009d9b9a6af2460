"""A handler as a plugin: the hooks that it can serve itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from jackfield import ProviderInfo, hookimpl

from . import _arguments, _flows, _results
from ._handler import own_methods
from ._methods import Arguments, Method, awaited

__all__ = ["HandlerPlugin", "plugin_of"]


def plugin_of(handler: object) -> HandlerPlugin:
    """Return a handler as a plugin whose class is named like the handler's: errors name a plugin by its class."""
    kind = type(handler)
    names = {"__module__": kind.__module__, "__qualname__": kind.__qualname__}
    plugin: HandlerPlugin = type(kind.__name__, (HandlerPlugin,), names)(handler)
    return plugin


class HandlerPlugin:
    """Has a hook for each operation with a method of the handler's own; the core bridges the others."""

    def __init__(self, handler: object) -> None:
        info = ProviderInfo(display_name=type(handler).__qualname__, num_retries=0)
        self.provider_info = hookimpl(lambda: info)
        own = own_methods(handler)
        for hook, operation in OPERATIONS.items():
            plain, asynchronous = (
                Method(handler, name, operation.arguments[name]) if name in own else None
                for name in operation.arguments
            )
            if plain or asynchronous:
                setattr(self, hook, hookimpl(operation.flow(plain, awaited(asynchronous))))


class Operation(NamedTuple):
    """What makes an operation's hook: its flow, and its sync and its async method with what they are called with."""

    flow: Callable[..., Callable[..., Any]]
    arguments: dict[str, Arguments]


_chat = partial(_flows.whole, _results.chat)
_embedding = partial(_flows.whole, _results.embedding)
_image = partial(_flows.whole, _results.image)

OPERATIONS = {
    "completion": Operation(_chat, {"completion": _arguments.chat, "acompletion": _arguments.achat}),
    "streaming": Operation(_flows.streaming, {"streaming": _arguments.chat, "astreaming": _arguments.achat}),
    "embedding": Operation(_embedding, dict.fromkeys(("embedding", "aembedding"), _arguments.embedding)),
    "image_generation": Operation(
        _image, dict.fromkeys(("image_generation", "aimage_generation"), _arguments.image_generation)
    ),
    "image_edit": Operation(_image, dict.fromkeys(("image_edit", "aimage_edit"), _arguments.image_edit)),
}
