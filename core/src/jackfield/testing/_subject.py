"""What is checked: a provider, found through its real entry point or given as an object, and its cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .._client import Core
from .._index import Found, Index
from .._kinds import kind_of
from .._plugins import name_of
from .._registry import Provider, Registry
from .._settings import ProviderInfo, Settings
from ..errors import PluginError
from ..types import CallOptions, Request
from ._canonical import canonical_names, off_the_point
from ._cases import Case, expectation
from ._errors import SuiteError
from ._frozen import fresh
from ._places import Roots, root_of
from ._replay import API_BASE, API_KEY
from ._wire import SUITE, cases_of, declared_in, not_yet_recorded

if TYPE_CHECKING:
    from ._gateway import Gateway

__all__ = ["Subject", "installed", "subject_of"]


class Subject:
    """One provider under the checks.

    ``found`` is its entry point, None for an object that a test gave; ``loaded`` is what the core made of it, alone
    and without extensions; ``hooks`` are the operations that it implements itself; ``roots`` is where its code stands.
    ``tried`` names cases that nobody gave: the canonical ones, of which a provider without HTTP may refuse some.
    ``imports`` is what processes saw that imported it. ``written`` is what was written to its wire files, by how.
    ``declared`` are the gaps that its wire files come with, and the reason of each.
    """

    def __init__(
        self,
        name: str,
        plugin: object,
        registry: Registry,
        *,
        found: Found | None,
        model: str | None,
        cases: list[Case],
    ) -> None:
        self.name = name
        self.plugin: Any = plugin
        self.found = found
        self.registry = registry
        self.loaded: Provider = registry.provider(name)
        self.core = Core(registry)
        self.cases = cases
        self.http = any(case.exchanges for case in self.cases)
        self.hooks = frozenset(self.loaded.operations) - self.loaded.bridged
        self.tried: frozenset[str] = frozenset()
        self.imports: list[dict[str, Any]] = []
        self.written: dict[str, list[str]] = {}
        self.declared: Mapping[str, str] = {}
        self._model = model
        self._gateway: Gateway | None = None

    @property
    def model(self) -> str:
        """The model that cases ask for; raises SuiteError where none is named and what was recorded speaks of one."""
        if not self._model and not self.http:
            return "a-model"
        if not self._model:
            raise SuiteError(
                f'which model? Say model = "…" in the suite, --model on the command line, or write {{"model": "…"}} '
                f"into {self.suite_file}: what callers write after {self.name}/"
            )
        return self._model

    @property
    def suite_file(self) -> Path:
        """The file beside the cases that says what goes for all of them."""
        return next((case.folder.parent for case in self.cases if case.folder), Path("wire")) / SUITE

    @cached_property
    def roots(self) -> Roots:
        """The folders and files of the plugin's code."""
        modules = [
            self.module,
            self.plugin.__name__ if isinstance(self.plugin, ModuleType) else type(self.plugin).__module__,
        ]
        roots = [root_of(module) for module in modules if module.partition(".")[0] not in {"jackfield", "builtins"}]
        return tuple(dict.fromkeys(root for root in roots if root is not None))

    @property
    def module(self) -> str:
        """The module that the entry point names, or that the object is of."""
        if self.found is not None:
            return self.found.value.partition(":")[0].strip()
        return self.plugin.__name__ if isinstance(self.plugin, ModuleType) else type(self.plugin).__module__

    @property
    def owner(self) -> str:
        """The provider as messages name it."""
        return f"{self.name} ({self.loaded.owner})"

    def gateway(self) -> Gateway:
        """Return a running gateway that serves this provider's cases; started at first need."""
        from ._gateway import Gateway

        if self._gateway is None:
            self._gateway = Gateway(self)
        return self._gateway

    def close(self) -> None:
        """Stop the gateway, where one was started."""
        if self._gateway is not None:
            self._gateway.close()
            self._gateway = None

    def function(self, hook: str) -> Any:
        """Return a hook's function as the plugin has it, or None where it is found under another name only."""
        return getattr(self.plugin, hook, None)

    def is_flow(self, hook: str) -> bool:
        """Whether a hook does no I/O itself: a generator function, or for streams a plain one."""
        function = self.function(hook)
        if function is None:
            return False
        return kind_of(function) == ("plain" if hook == "streaming" else "generator")

    def request(self, case: Case, **options: Any) -> Request:
        """Return a case's request as a caller of this provider makes it, anew each time."""
        given = {"api_base": API_BASE, "api_key": API_KEY, "num_retries": 0, **case.options, **options}
        return fresh(case.asked.replace(model=self.model_of(case), options=CallOptions(provider=self.name, **given)))  # type: ignore[typeddict-item]

    def model_of(self, case: Case) -> str:
        """Return the model that a case asks for: its own, or the suite's; none where it asks which there are."""
        return case.asked.model or ("" if case.operation == "list_models" else self.model)

    def settings(self, request: Request) -> Settings:
        """Return the settings that the provider sees with a request."""
        return self.loaded.settings(request.options)

    def named(self, name: str) -> Case | None:
        """Return the case of a name."""
        return next((case for case in self.cases if case.name == name), None)

    def of(self, operation: str) -> Case | None:
        """Return the first case of an operation that is answered with a result."""
        fit = (case for case in self.cases if case.operation == operation and case.error is None)
        return next(fit, None)

    def missing(self) -> list[str]:
        """Return the canonical cases that the hooks need and that are not there."""
        names = {case.name for case in self.cases}
        return [name for name in canonical_names(set(self.hooks), http=self.http) if name not in names]


def subject_of(
    name: str,
    *,
    model: str | None = None,
    plugin: object = None,
    wire: Path | None = None,
    cases: Iterable[Case] | None = None,
    complete: bool = True,
) -> Subject:
    """Return the provider of a name with its cases; raises SuiteError where it cannot be checked.

    Without ``complete`` cases may lack their answers, and canonical ones are added: they are to be recorded.
    """
    found, registry = installed(name) if plugin is None else (None, _holding(name, plugin))
    try:
        registry.provider(name)
        loaded = found.entry_point.load() if found is not None else plugin
    except PluginError as error:
        raise SuiteError(f"the provider {name!r} cannot be checked: {error}") from error
    given = cases_of(wire, complete=complete) if wire is not None else []
    if wire is not None and not given and complete:
        raise SuiteError(_nothing_in(wire, registry.provider(name).info))
    named, declared = declared_in(wire) if wire is not None else (None, {})
    every = [*given, *map(_settled, cases or ())]
    subject = Subject(name, loaded, registry, found=found, model=model or named, cases=every)
    subject.declared = declared
    if wire is not None and not complete:
        subject.http, subject.cases = True, [*given, *not_yet_recorded(subject.hooks, given, wire)]
    if not subject.cases:
        _without_cases(subject)
    for case in subject.cases:
        subject.model_of(case)  # which raises where nobody named it, here and not in the middle of the checks
    return subject


def _nothing_in(wire: Path, info: ProviderInfo) -> str:
    seen = f"there is no wire folder {wire}"
    if wire.exists():
        seen = f"the wire folder {wire} is empty: a suite without cases would pass whatever the plugin does"
    needed = (info.api_key_env, info.api_base_env if info.api_base is None else ())
    variables = "".join(f"{names[0]}=… " for names in needed if names)
    return f"{seen}; to have the real server's answers written there, type {variables}pytest --record"


def _settled(case: Case) -> Case:
    if not isinstance(case, Case):
        raise SuiteError(f"cases holds {case!r}, which is no jackfield.testing.Case")
    expected = expectation(case.error, f"the case {case.name!r}")
    asked = case.asked  # which must be there
    if (lost := off_the_point(case.name, asked)) is not None:
        raise SuiteError(lost)
    return Case(
        case.name, asked, result=case.result, error=expected, same_answer=case.same_answer, options=case.options
    )


def _without_cases(subject: Subject) -> None:
    """Ask a provider without HTTP the canonical questions; for one with HTTP there is nothing to answer with."""
    flows = [hook for hook in subject.hooks if hook != "streaming" and subject.is_flow(hook)]
    if flows:
        named = ", ".join(sorted({*flows, *(subject.hooks & {"streaming"})}))
        raise SuiteError(
            f"the provider {subject.owner} talks to a server ({named}), and there are no wire files to answer in its "
            f"place: `jackfield check {subject.name} --wire tests/wire` names them; or say wire = … in the suite, or "
            "ship them in the package as the folder wire"
        )
    subject.cases += [Case(name) for name in canonical_names(set(subject.hooks), http=False)]
    subject.tried = frozenset(case.name for case in subject.cases)


def installed(name: str) -> tuple[Found, Registry]:
    """Return the entry point of an installed provider, and a registry of it alone; raises SuiteError."""
    index = Index()
    enabled = [found for found in index.provider(name) if found.switched_off_by is None]
    if len(enabled) == 1:
        return enabled[0], Registry(Index([enabled[0].entry_point]))
    try:
        Registry(index).provider(name)
    except PluginError as error:
        raise SuiteError(f"the provider {name!r} cannot be checked: {error}") from error
    raise SuiteError(f"the provider {name!r} is no entry point of an installed distribution")


def _holding(name: str, plugin: object) -> Registry:
    registry = Registry(Index([]))
    try:
        registry.register(name, plugin)
    except PluginError as error:
        raise SuiteError(f"the plugin {name_of(plugin)} cannot be checked: {error}") from error
    return registry


def package_folder(module: str) -> Path | None:
    """Return the folder of a loaded module's package, or None for a module that stands alone."""
    root = root_of(module)
    return Path(root) if root is not None and Path(root).is_dir() else None
