"""``jackfield.custom_provider_map``: from a provider's name to the handler that somebody put there."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import jackfield
from jackfield.errors import ConfigurationError

from ._handler import METHODS, own_methods
from ._plugin import plugin_of

__all__ = ["find_provider", "provider_of"]

_found: dict[str, tuple[object, object]] = {}
"""Provider name → its handler and the plugin made of it: the core adapts a plugin once, as long as it is the same."""


def find_provider(name: str) -> object | None:
    """Return the plugin of the last entry with this name, the same one as long as its handler is; None without one.

    Only this entry is checked: ConfigurationError where it has no handler, a class, or no handler at all.
    """
    for entry in reversed(jackfield.custom_provider_map):
        try:
            found = entry["provider"] == name
        except (TypeError, KeyError, IndexError):
            warnings.warn(
                f"custom_provider_map holds {_shown(entry)}, which is passed over: an entry is a mapping with "
                "'provider' and 'custom_handler'",
                stacklevel=2,
            )
            continue
        if found:
            return _plugin(name, entry)
    return None


def provider_of(name: str, handler: object) -> object:
    """Return a handler as a plugin, for ``register_provider`` of a client that is not the default one.

    Raises ConfigurationError, which says ``name``, for a class and for what is no handler.
    """
    problem = None
    if inspect.isclass(handler):
        problem = f"holds the class {handler.__qualname__}; give an instance: {handler.__qualname__}()"
    elif not own_methods(handler):
        problem = f"holds {_shown(handler)}, which is no handler: it has none of {', '.join(METHODS)} of its own"
    if problem is not None:
        raise _wrong(name, problem)
    return plugin_of(handler)


def _plugin(name: str, entry: Any) -> object:
    if "custom_handler" not in entry:
        raise _wrong(name, f"has no 'custom_handler' (it has {', '.join(map(repr, entry))})")
    handler = entry["custom_handler"]
    known = _found.get(name)
    if known is None or known[0] is not handler:
        known = _found[name] = (handler, provider_of(name, handler))
    return known[1]


def _wrong(name: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"the entry {name!r} of custom_provider_map {problem}", provider=name)


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"a mapping of {', '.join(map(repr, value)) or 'nothing'}"
    return "None" if value is None else f"a {type(value).__qualname__}"
