"""Plugins to pluggy: what is registered is an adapter of ours with plain functions, checked against the hookspecs.

pluggy 1.7 passes over partials and over attributes that only ``__getattr__`` offers, needs plugins that hash, and
ignores ``__signature__``; adapted functions are none of that, and one plugin may serve several names.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import pluggy

from ._blame import blame
from ._extensions import around_of, finder_of, observer_of
from ._kinds import adapt, kind_of, takes_only
from ._settings import ProviderInfo
from ._shapes import describe
from .errors import ContractViolationError, PluginError, ProviderLoadError
from .hookspecs import PROJECT, hookimpl

__all__ = [
    "MARK",
    "OPERATIONS",
    "Adapter",
    "adapted",
    "functions",
    "hooks_of",
    "info_of",
    "managed",
    "missing_hooks",
    "name_of",
    "single",
]

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


def adapted(plugin: object, owner: object, specs: type) -> Adapter:
    """Return a plugin's hooks as plain functions; ``owner``, as text, names it in errors.

    Raises ContractViolationError for a hook that cannot be one, ProviderLoadError for what is no plugin.
    """
    try:
        return _adapter(plugin, specs, owner)
    except PluginError as error:
        raise type(error)(f"{owner}: {error}") from error
    except Exception as error:  # a plugin's own attributes and signatures may fail in any way
        raise ProviderLoadError(f"{owner} cannot be read: {type(error).__name__}: {error}") from error


def managed(specs: type, adapters: Iterable[Adapter]) -> pluggy.PluginManager:
    """Return a manager of these specs with these plugins; it is never changed again."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    for adapter in adapters:
        manager.register(adapter)
    return manager


def functions(manager: pluggy.PluginManager, hook: str) -> list[Callable[..., Any]]:
    """Return a hook's functions in the order in which pluggy calls them."""
    return [implementation.function for implementation in reversed(getattr(manager.hook, hook).get_hookimpls())]


def single(manager: pluggy.PluginManager, hook: str) -> Callable[..., Any] | None:
    """Return the hook's one function, or None."""
    return next(iter(functions(manager, hook)), None)


def info_of(manager: pluggy.PluginManager, plugin: object, owner: object) -> ProviderInfo:
    """Return what the plugin's ``provider_info()`` tells, or the defaults."""
    hook = single(manager, "provider_info")
    info = ProviderInfo() if hook is None else hook()
    if not isinstance(info, ProviderInfo):
        error = ContractViolationError(f"provider_info() returned {describe(info)}, not a ProviderInfo")
        raise blame(error, str(owner), inspect.getattr_static(plugin, "provider_info", None))
    return info


def missing_hooks(plugin: object, names: Iterable[str]) -> str:
    """Say why a plugin has none of these hooks, in words that help its author."""
    if unmarked := [name for name in names if callable(getattr(plugin, name, None))]:
        return (
            f"{name_of(plugin)} defines {', '.join(unmarked)} without @hookimpl; mark what is a hook "
            "(from jackfield import hookimpl)"
        )
    return f"{name_of(plugin)} implements no hook; it needs at least one of {', '.join(names)}, marked @hookimpl"


class Adapter:
    """Holds the adapted functions of one plugin, each under its hook's name."""


def _adapter(plugin: object, specs: type, owner: object) -> Adapter:
    if inspect.isclass(plugin):
        name = plugin.__qualname__
        raise ProviderLoadError(f"{name} is a class; give an instance ({name}()), or a module")
    adapter = Adapter()
    for function, hook, options in _marked(plugin, specs):
        if hook not in hooks_of(specs):
            warnings.warn(
                f"{owner} implements a hook {hook!r} that this jackfield does not know; it is passed over"
                f"{_remedy(hook, hooks_of(specs))}",
                stacklevel=2,
            )
        elif hasattr(adapter, hook):
            raise ContractViolationError(f"there are two functions for the hook {hook}")
        else:
            mark = hookimpl(tryfirst=options["tryfirst"], trylast=options["trylast"])
            setattr(adapter, hook, mark(_plain(hook, function, options)))
    if not vars(adapter):
        raise ProviderLoadError(missing_hooks(plugin, hooks_of(specs)))
    return adapter


def _remedy(hook: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(hook, known, n=1, cutoff=0.75)
    return f"; did you mean {near[0]!r}?" if near else ". Try: pip install --upgrade jackfield"


def _marked(plugin: object, specs: type) -> Iterator[tuple[Callable[..., Any], str, dict[str, Any]]]:
    hooks = hooks_of(specs)
    for name in sorted({*(name for name in dir(plugin) if not name.startswith("__")), *hooks}):
        # Static, but for the hooks' own names: looking for marks must not run a plugin's properties.
        options = getattr(inspect.getattr_static(plugin, name, None), MARK, None)
        if options is None and name in hooks:
            options = getattr(getattr(plugin, name, None), MARK, None)
        if isinstance(options, dict):
            yield getattr(plugin, name), options.get("specname") or name, options


def hooks_of(specs: type) -> list[str]:
    """Return the names of the hooks that these specs have."""
    return [name for name, value in vars(specs).items() if inspect.isfunction(value)]


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


_PLAIN: dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]] = {
    "provider_info": _provider_info,
    "response_error": _response_error,
    "find_provider": finder_of,
    "around": around_of,
    "observe": observer_of,
}


def _only_plain(hook: str, function: Callable[..., Any], names: tuple[str, ...]) -> Callable[..., Any]:
    if kind_of(function) != "plain":
        raise ContractViolationError(f"{hook} is a plain function: it is called in place and does no I/O")
    return takes_only(hook, function, names)


def name_of(plugin: object) -> str:
    """Return the name that a module or an object has, else its class's."""
    try:
        return str(cast("Any", plugin).__name__)
    except Exception:  # no such attribute, or one that fails in its own way
        return f"{type(plugin).__module__}.{type(plugin).__qualname__}"
