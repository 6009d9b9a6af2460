"""What a config names in files: handlers and callbacks. They are loaded elsewhere; here their names are checked."""

from __future__ import annotations

from ._config import Callback, Handler
from ._keys import HANDLER
from ._kinds import WRONG, described, is_null
from ._litellm_keys import BUILT_IN_CALLBACKS
from ._report import Report
from ._texts import Reference
from ._tree import Fields, Items, Node, Scalar
from ._unknown import refuse_unknown

__all__ = ["read_callbacks", "read_handlers"]


def read_handlers(node: Node | None, report: Report) -> tuple[Handler, ...]:
    """Return the entries of ``custom_provider_map``; a provider has one handler."""
    if node is None:
        return ()
    if not isinstance(node, Items):
        report.problem(node.where, f"custom_provider_map must be a list of mappings, not {described(node)}")
        return ()
    handlers: dict[str, Handler] = {}
    for each in node.nodes:
        handler = _handler(each, report)
        if handler is not None and handler.provider in handlers:
            first = handlers[handler.provider].where
            report.problem(each.where, f"the provider {handler.provider!r} has a handler already, at {first}: keep one")
        elif handler is not None:
            handlers[handler.provider] = handler
    return tuple(handlers.values())


def _handler(node: Node, report: Report) -> Handler | None:
    if not isinstance(node, Fields):
        advice = 'write {"provider": "a-name", "custom_handler": module.object}'
        report.problem(
            node.where, f"an entry of custom_provider_map must be a mapping, not {described(node)}: {advice}"
        )
        return None
    known, others = HANDLER.split(node)
    refuse_unknown(HANDLER, others, report)
    found = HANDLER.read(known, report)
    for name in ("provider", "custom_handler"):
        if not any(key.name == name and not is_null(field.node) for key, _, field in known):
            report.problem(node.where, f"this entry of custom_provider_map has no {name}: it needs both")
    if len(found) < 2:
        return None
    return Handler(found["provider"].value, found["custom_handler"].value, found["custom_handler"].where)


def read_callbacks(node: Node | None, report: Report) -> tuple[Callback, ...]:
    """Return the objects that ``callbacks`` names, each once and in its order."""
    if node is None:
        return ()
    if isinstance(node, Fields):
        report.problem(node.where, "callbacks must be a list of objects' names, each module.object, not a mapping")
        return ()
    callbacks: dict[str, Callback] = {}
    for place, each in enumerate(node.nodes if isinstance(node, Items) else (node,)):
        if isinstance(each, Scalar) and isinstance(each.value, str) and each.value in BUILT_IN_CALLBACKS:
            report.warn(each.where, f"{each.value}: {BUILT_IN_CALLBACKS[each.value]}")
        elif (reference := Reference().read(f"callbacks[{place}]", each, report)) is not WRONG:
            callbacks.setdefault(reference, Callback(reference, each.where))
    return tuple(callbacks.values())
