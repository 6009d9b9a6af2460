"""The registry: provider names to loaded providers. A fault of one plugin hurts only who asks for its name."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from copy import copy

from . import _known
from ._blame import place_of
from ._bridges import bridged
from ._extensions import Extensions, extended
from ._index import DENY, EXTENSIONS, PROVIDERS, Found, Index
from ._kinds import Operation
from ._parameters import checked
from ._plugins import OPERATIONS, Adapter, adapted, functions, info_of, managed, missing_hooks, name_of, single
from ._settings import Settings, resolve
from .errors import (
    PluginError,
    ProviderBlockedError,
    ProviderConflictError,
    ProviderLoadError,
    ProviderNotFoundError,
    UnsupportedOperationError,
)
from .hookspecs import ExtensionHooks, ProviderHooks
from .types import CallOptions

__all__ = ["Provider", "Registry"]


class Provider:
    """A loaded provider: its operations as flows, bridged where it lacks one; frozen.

    ``within`` gives it with extensions around every operation, which is what calls use.
    """

    __slots__ = ("_last", "_owner", "_plugin", "bridged", "info", "name", "operations", "response_error")

    def __init__(self, name: str, plugin: object, owner: object) -> None:
        try:
            manager = managed(ProviderHooks, [adapted(plugin, owner, ProviderHooks)])
            self.info = info_of(manager, plugin, owner)
        except PluginError as error:
            error.provider = name
            raise
        except Exception as error:
            raise ProviderLoadError(
                f"{owner}: provider_info() failed: {type(error).__name__}: {error}{place_of(error)}", provider=name
            ) from error
        native = {hook: function for hook in OPERATIONS if (function := single(manager, hook)) is not None}
        if not native:
            raise ProviderLoadError(f"{owner}: {missing_hooks(plugin, OPERATIONS)}", provider=name)
        native = {hook: checked(hook, function, self.info) for hook, function in native.items()}
        added = bridged(native)
        self.name = name
        self._owner = owner
        self._plugin = plugin
        self.bridged = frozenset(added)
        self.operations: Mapping[str, Operation] = native | added
        self.response_error = single(manager, "response_error")
        self._last: tuple[Mapping[str, object], Settings | None] = ({}, None)

    @property
    def owner(self) -> str:
        """Whose plugin it is, as errors name it: a distribution with its version, or a registration."""
        return str(self._owner)

    def hook(self, name: str) -> object:
        """Return the plugin's own function of a hook, for its place, or None where it has another name."""
        return inspect.getattr_static(self._plugin, name, None)  # which runs nothing of the plugin's

    def within(self, extensions: Extensions) -> Provider:
        """Return this provider with the extensions around each of its operations, own and bridged."""
        if not extensions.around or self.info.relays:
            return self
        composed = copy(self)
        who = f"the provider {self.name!r} ({self.owner})"
        composed.operations = {hook: extended(flow, extensions.around, who) for hook, flow in self.operations.items()}
        return composed

    def settings(self, options: CallOptions) -> Settings:
        """Return the settings of a call with these options."""
        # Settings are frozen, and most programs say the same at every call.
        options_then, then = self._last
        if then is not None and options_then == options:
            return then
        settings = resolve(self.name, self.info, options)
        if self._says_all(options):
            self._last = dict(options), settings
        return settings

    def _says_all(self, options: CallOptions) -> bool:
        """Whether nothing but these options has a say: no variable of the environment, no mapping that may change."""
        unsaid = (self.info.api_key_env and "api_key" not in options) or (
            self.info.api_base_env and "api_base" not in options
        )
        return not unsaid and all(isinstance(value, str | int | float) for value in options.values())

    def operation(self, name: str) -> Operation:
        """Return an operation's flow; raises UnsupportedOperationError that names those there are."""
        try:
            return self.operations[name]
        except KeyError:
            raise UnsupportedOperationError(
                f"the provider {self.name!r} ({self.owner}) has no {name}; it has {', '.join(self.operations)}",
                provider=self.name,
            ) from None


class Registry:
    """Loads a provider when its name is first used, and keeps it.

    ``finder`` is asked before everything that is installed (the default client's serves ``custom_provider_map``);
    ``index`` replaces the installed entry points, for tests and isolation.
    """

    def __init__(self, index: Index | None = None, finder: Callable[[str], object | None] | None = None) -> None:
        self._index = index
        self._finder = finder
        self._registered: dict[str, Provider] = {}
        self._providers: dict[str, Provider] = {}
        self._found: dict[str, tuple[object, Extensions, Provider]] = {}
        self._extensions: Extensions | None = None
        self._extension_adapters: tuple[Adapter, ...] = ()
        self._changing = threading.Lock()  # held while something is stored, never while a plugin's code runs

    @property
    def index(self) -> Index:
        """What metadata tells, read at first need."""
        if self._index is None:
            self._index = Index()
        return self._index

    @property
    def extensions(self) -> Extensions:
        """The extensions, loaded once; raises ProviderLoadError where one of them does not load."""
        while (extensions := self._extensions) is None:
            self._load_extensions()
        return extensions

    def provider(self, name: str) -> Provider:
        """Return the provider of this name, loading it at first use; raises the PluginError that says why not."""
        if name not in self._registered and (plugin := self._found_by_finders(name)) is not None:
            return self._adapted(name, plugin)
        return self._providers.get(name) or self._load(name)

    def knows(self, name: str) -> bool:
        """Whether something is registered, installed or switched off under this name; imports no provider."""
        if name in self._registered or self.index.provider(name) or self.index.newer(name):
            return True
        return self._found_by_finders(name) is not None

    def register(self, name: str, plugin: object) -> None:
        """Register a plugin (a module or an object with hooks) under a name; it wins over what is installed."""
        if not isinstance(name, str):
            raise ProviderLoadError(f"{name!r} is no provider name: it must be a string, not {type(name).__name__}")
        if not name or "/" in name:
            raise ProviderLoadError(f"{name!r} is no provider name: it must not be empty or hold a slash")
        provider = Provider(name, plugin, _registration(plugin))
        with self._changing:
            self._registered[name] = provider
            self._providers.pop(name, None)  # extensions load with the first call, not with a registration

    def unregister(self, name: str) -> None:
        """Take a registration back; what is installed under the name is found again."""
        with self._changing:
            if name not in self._registered:
                raise ProviderNotFoundError(f"{name!r} is not registered", provider=name)
            del self._registered[name]
            self._providers.pop(name, None)

    def register_extension(self, plugin: object) -> None:
        """Add an extension that is no entry point; it stands around those that were there before it."""
        adapter = adapted(plugin, _registration(plugin), ExtensionHooks)
        with self._changing:
            self._extension_adapters = (*self._extension_adapters, adapter)
            self._extensions = None
            self._providers.clear()

    def names(self) -> list[str]:
        """Return the provider names that are registered, or installed and neither switched off nor too new; sorted."""
        return sorted({*self._registered, *self.index.available()})

    def _adapted(self, name: str, plugin: object) -> Provider:
        extensions, known = self.extensions, self._found.get(name)
        if known is None or known[0] is not plugin or known[1] is not extensions:
            provider = Provider(name, plugin, _registration(plugin)).within(extensions)
            known = self._found[name] = (plugin, extensions, provider)
        return known[2]

    def _load(self, name: str) -> Provider:
        while True:
            registered, extensions = self._registered.get(name), self.extensions
            provider = (registered or self._installed(name)).within(extensions)
            with self._changing:  # what another thread registered in the meantime counts
                if self._registered.get(name) is registered and self._extensions is extensions:
                    return self._providers.setdefault(name, provider)

    def _installed(self, name: str) -> Provider:
        found = self._one(name)
        return Provider(name, _loaded(found), found)

    def _found_by_finders(self, name: str) -> object | None:
        if self._finder is not None and (plugin := self._finder(name)) is not None:
            return plugin
        for find in (self._extensions or self.extensions).finders:
            if (plugin := find(name)) is not None:
                return plugin
        return None

    def _one(self, name: str) -> Found:
        claims = self.index.provider(name)
        enabled = [found for found in claims if found.switched_off_by is None]
        if len(enabled) == 1:
            return enabled[0]
        if enabled:
            raise _conflict(name, enabled)
        if claims:
            raise _blocked(name, claims[0])
        if newer := self.index.newer(name):
            if newer[0].switched_off_by is not None:
                raise _blocked(name, newer[0])
            raise ProviderLoadError(
                f"the provider {name!r} of {newer[0].owner} is made for a newer interface ({newer[0].group}): "
                "pip install --upgrade jackfield",
                provider=name,
            )
        raise _not_found(name, self.names(), self.index.provider_names())

    def _load_extensions(self) -> None:
        # Of equals pluggy calls the last registered first: so the first of the alphabet is outermost, on every machine.
        installed = sorted(_enabled(self.index.group(EXTENSIONS).values()), key=lambda found: found.name, reverse=True)
        registered = self._extension_adapters
        manager = managed(ExtensionHooks, [*map(_extension, installed), *registered])
        extensions = Extensions(*(functions(manager, hook) for hook in ("around", "observe", "find_provider")))
        with self._changing:
            if self._extension_adapters is registered and self._extensions is None:
                self._extensions = extensions


def _enabled(groups: Iterable[list[Found]]) -> list[Found]:
    return [found for claims in groups for found in claims if found.switched_off_by is None]


def _loaded(found: Found) -> object:
    """Import an entry point; raises ProviderLoadError naming distribution, version, cause and remedy."""
    try:
        plugin: object = found.entry_point.load()
    except (Exception, SystemExit) as error:  # a plugin that ends the program while it is imported is broken too
        raise ProviderLoadError(
            f"the plugin {found.name!r} of {found.owner} does not load: {found.value}: "
            f"{type(error).__name__}: {error}. {found.remedy(error)}",
            provider=found.name,
        ) from error
    return plugin


def _registration(plugin: object) -> str:
    return f"the registered plugin {name_of(plugin)}"


def _conflict(name: str, claims: list[Found]) -> ProviderConflictError:
    owners = " and ".join(f"{found.owner} ({found.value})" for found in claims)
    return ProviderConflictError(
        f"the provider name {name!r} is claimed by {owners}; keep one: pip uninstall {claims[-1].distribution}, "
        f"or {DENY}={claims[-1].distribution}",
        provider=name,
    )


def _blocked(name: str, found: Found) -> ProviderBlockedError:
    return ProviderBlockedError(
        f"the provider {name!r} of {found.owner} is switched off by the environment variable {found.switched_off_by}",
        provider=name,
    )


def _not_found(name: str, available: list[str], claimed: list[str]) -> ProviderNotFoundError:
    from difflib import get_close_matches

    installed = {*available, *claimed}  # a name that is switched off is no name to install
    near = get_close_matches(name, [*installed, *_known.DISTRIBUTIONS], n=1, cutoff=0.75)
    guess = f"; did you mean {near[0]!r}?" if near and near[0] != name else "."
    said = [f"there is no provider {name!r}{guess} Installed: {', '.join(available) or 'none'}."]
    if distribution := next((_known.DISTRIBUTIONS.get(each) for each in near if each not in installed), None):
        said.append(f"Try: pip install {distribution}")
    elif not near:
        said.append(f"Install the distribution that declares {name!r} in the entry-point group {PROVIDERS!r}.")
    return ProviderNotFoundError(" ".join(said), provider=name)


def _extension(found: Found) -> Adapter:
    try:
        return adapted(_loaded(found), found, ExtensionHooks)
    except PluginError as error:
        raise ProviderLoadError(
            f"the extension {found.name!r} must not be absent silently, so no call is made: {error}. "
            f"To do without it, switch it off with {DENY}={found.name}"
        ) from error
