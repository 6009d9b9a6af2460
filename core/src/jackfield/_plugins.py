"""Plugins to pluggy: what is registered is an adapter of ours with plain functions, checked against the hookspecs.

pluggy 1.7 passes over partials and over attributes that only ``__getattr__`` offers, needs plugins that hash, and
ignores ``__signature__``; adapted functions are none of that, and one plugin may serve several names.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pluggy

from ._extensions import around_of, observer_of
from ._kinds import adapt, kind_of, takes_only
from ._settings import ProviderInfo
from .errors import ContractViolationError, PluginError, ProviderLoadError
from .hookspecs import PROJECT, hookimpl

__all__ = ["OPERATIONS", "functions", "info_of", "managed", "missing_operation", "single"]

MARK = f"{PROJECT}_impl"

OPERATIONS = (
    "completion",
    "streaming",
    "text_completion",
    "embedding",
    "image_generation",
    "image_edit",
    "list_models",
)


def managed(specs: type, plugins: list[tuple[object, str]]) -> pluggy.PluginManager:
    """Return a manager of these specs with these plugins, each with its owner's name; it is never changed again."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    for plugin, owner in plugins:
        manager.register(_adapter(plugin, owner, specs))
    return manager


def functions(manager: pluggy.PluginManager, hook: str) -> list[Callable[..., Any]]:
    """Return a hook's functions in the order in which pluggy calls them."""
    return [implementation.function for implementation in reversed(getattr(manager.hook, hook).get_hookimpls())]


def single(manager: pluggy.PluginManager, hook: str) -> Callable[..., Any] | None:
    """Return the hook's one function, or None."""
    return next(iter(functions(manager, hook)), None)


def info_of(manager: pluggy.PluginManager, owner: str) -> ProviderInfo:
    """Return what the plugin's ``provider_info()`` tells, or the defaults."""
    hook = single(manager, "provider_info")
    info = ProviderInfo() if hook is None else hook()
    if not isinstance(info, ProviderInfo):
        raise ContractViolationError(f"{owner}: provider_info() returned {type(info).__name__}, not a ProviderInfo")
    return info


def missing_operation(plugin: object) -> str:
    """Say why a plugin has no operation, in words that help its author."""
    unmarked = [name for name in OPERATIONS if callable(getattr(plugin, name, None))]
    if unmarked:
        names = ", ".join(unmarked)
        return f"{_name(plugin)} defines {names} without @hookimpl; mark them (from jackfield import hookimpl)"
    return (
        f"{_name(plugin)} implements no operation; it needs at least one of {', '.join(OPERATIONS)}, marked @hookimpl"
    )


class _Adapter:
    """Holds the adapted functions of one plugin."""


def _adapter(plugin: object, owner: str, specs: type) -> _Adapter:
    if inspect.isclass(plugin):
        raise ProviderLoadError(
            f"{owner}: {plugin.__qualname__} is a class; give an instance ({plugin.__qualname__}()), or a module"
        )
    adapter = _Adapter()
    for function, hook, options in _marked(plugin):
        if not hasattr(specs, hook):
            warnings.warn(
                f"{owner} implements a hook {hook!r} that this jackfield does not know; it is passed over. "
                "Try: pip install --upgrade jackfield",
                stacklevel=2,
            )
            continue
        try:
            plain = _plain(hook, function, options)
        except PluginError as error:
            raise type(error)(f"{owner}: {error}") from error
        setattr(adapter, hook, hookimpl(tryfirst=options["tryfirst"], trylast=options["trylast"])(plain))
    return adapter


def _marked(plugin: object) -> Iterator[tuple[Callable[..., Any], str, dict[str, Any]]]:
    for name in dir(plugin):
        # Static: looking for marks must not run a plugin's properties.
        options = getattr(inspect.getattr_static(plugin, name, None), MARK, None)
        if isinstance(options, dict):
            yield getattr(plugin, name), options.get("specname") or name, options


def _plain(hook: str, function: Callable[..., Any], options: dict[str, Any]) -> Callable[..., Any]:
    if options["wrapper"] or options["hookwrapper"]:
        raise ContractViolationError(
            f"the hook {hook} is a wrapper, which cannot stand around a flow; write an extension with the hook "
            "around(call, request, settings)"
        )
    return _PLAIN[hook](function) if hook in _PLAIN else adapt(hook, function)


def _provider_info(function: Callable[..., Any]) -> Callable[..., Any]:
    bound = _only_plain("provider_info", function, ())

    def provider_info() -> Any:
        return bound()

    return provider_info


def _response_error(function: Callable[..., Any]) -> Callable[..., Any]:
    bound = _only_plain("response_error", function, ("response",))

    def response_error(response: Any) -> Any:
        return bound(response)

    return response_error


def _find_provider(function: Callable[..., Any]) -> Callable[..., Any]:
    bound = _only_plain("find_provider", function, ("name",))

    def find_provider(name: str) -> Any:
        return bound(name)

    return find_provider


_PLAIN = {
    "provider_info": _provider_info,
    "response_error": _response_error,
    "find_provider": _find_provider,
    "around": around_of,
    "observe": observer_of,
}


def _only_plain(hook: str, function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    if kind_of(function) != "plain":
        raise ContractViolationError(f"{hook} is a plain function: it is called in place and does no I/O")
    return takes_only(hook, function, names)


def _name(plugin: object) -> str:
    return getattr(plugin, "__name__", None) or f"{type(plugin).__module__}.{type(plugin).__qualname__}"
