"""Names of groups: aliases and fallbacks, each of which must lead to a model."""

from __future__ import annotations

from collections.abc import Iterable

from jackfield.errors import ConfigurationError
from jackfield_router import Deployment, Router

from ._config import Position
from ._environment import refers
from ._kinds import WRONG, ListOf, described, is_null
from ._report import Report, guess
from ._texts import Text
from ._tree import Field, Fields, Items, Node, Scalar

__all__ = ["Groups", "read_aliases", "read_fallbacks"]

_NAME = Text("the name of a model")


class Groups:
    """The names that a config's models serve, wildcards and aliases too."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = set(names)
        self.aliases: dict[str, str] = {}
        self._router = Router([deployment for name in self.names if (deployment := _any_deployment(name))])

    def serve(self, name: str) -> bool:
        """Tell whether a client may ask for this name."""
        return name in self.names or name in self.aliases or bool(self._router.find(name))

    def check(self, name: str, where: Position, what: str, report: Report, node: Node | None = None) -> bool:
        """Report a name that nothing serves; where ``node`` has it from a variable, it is not shown."""
        if self.serve(name):
            return True
        known = [*self.names, *self.aliases]
        advice = guess(name, known) if known else "model_list is empty"
        shown = "what the variable holds" if isinstance(node, Scalar) and refers(str(node.value)) else repr(name)
        report.problem(where, f"{what}: no model is called {shown}; {advice}")
        return False


def read_aliases(node: Node | None, groups: Groups, report: Report) -> None:
    """Read ``model_group_alias`` into the groups: further names of models, as ``{name: model}``."""
    if node is None or is_null(node):
        return
    if not isinstance(node, Fields):
        report.problem(
            node.where, f"model_group_alias must be a mapping of names to model names, not {described(node)}"
        )
        return
    for alias, field in node.entries.items():
        target = _target(alias, field, report)
        name = _NAME.read(f"model_group_alias.{alias}", target, report) if target is not None else WRONG
        if alias in groups.names:
            report.problem(field.where, f"{alias!r} is a model of model_list: give the alias another name")
        elif name is not WRONG and name in node.entries and name not in groups.names:
            report.problem(field.where, f"{alias!r} stands for an alias itself: name its model")
        elif name is not WRONG and groups.check(name, field.node.where, "model_group_alias", report, target):
            groups.aliases[alias] = name


def _target(alias: str, field: Field, report: Report) -> Node | None:
    """Return what an alias stands for: the value, or the ``model`` of LiteLLM's longer form."""
    if not isinstance(field.node, Fields):
        return field.node
    entries = field.node.entries
    for name in entries.keys() - {"model", "hidden"}:
        report.problem(entries[name].where, f"the alias {alias!r} has no key {name!r}: there are 'model' and 'hidden'")
    hidden = entries.get("hidden")
    if hidden is not None and getattr(hidden.node, "value", None) is not False:
        report.problem(hidden.where, f"/models shows every name, so the alias {alias!r} cannot be hidden: remove this")
    if "model" not in entries:
        report.problem(field.where, f"the alias {alias!r} has no model: write {alias}: name-of-a-model")
        return None
    return entries["model"].node


def read_fallbacks(nodes: Iterable[Node], groups: Groups, report: Report) -> dict[str, tuple[str, ...]]:
    """Return the fallbacks that lists of ``{name: [names]}`` give, by the name they are for."""
    fallbacks: dict[str, tuple[str, ...]] = {}
    for node in nodes:
        for entry in node.nodes if isinstance(node, Items) else (node,):
            if isinstance(node, Items) and isinstance(entry, Fields):
                for name, field in entry.entries.items():
                    _read_fallback(name, field, fallbacks, groups, report)
            else:
                report.problem(
                    entry.where, f"fallbacks must be a list of mappings, [{{a: [b, c]}}], not {described(entry)}"
                )
    return fallbacks


def _read_fallback(
    name: str, field: Field, fallbacks: dict[str, tuple[str, ...]], groups: Groups, report: Report
) -> None:
    targets = ListOf(_NAME).read(f"fallbacks.{name}", field.node, report)
    if name in fallbacks:
        report.problem(field.where, f"the fallbacks of {name!r} stand twice: write them in one list")
    known = groups.check(name, field.where, "fallbacks", report)
    if targets is WRONG or not isinstance(field.node, Items):
        return
    named = zip(targets, field.node.nodes, strict=True)
    good = [groups.check(target, node.where, "fallbacks", report, node) for target, node in named]
    if name in targets:
        report.problem(field.node.where, f"{name!r} cannot be its own fallback: remove it")
    elif known and all(good):
        fallbacks[name] = tuple(targets)


def _any_deployment(name: str) -> Deployment | None:
    try:
        return Deployment(name, "any/model")
    except ConfigurationError:  # reported where the entry was read
        return None
