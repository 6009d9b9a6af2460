"""What is said about LiteLLM's keys that are not here."""

from __future__ import annotations

from ._kinds import is_null
from ._litellm_keys import FOREIGN, Foreign
from ._report import Report
from ._tree import Field, Fields, Items, Node, Scalar

__all__ = ["tell"]

_BY_NAME = {(foreign.section, name): foreign for foreign in FOREIGN for name in foreign.names.split()}
_ANYWHERE = {name: foreign for foreign in reversed(FOREIGN) for name in foreign.names.split()}


def tell(section: str, name: str, field: Field, report: Report, *, anywhere: bool = True) -> bool:
    """Report a key of LiteLLM's that is not here, and return True; False for a key that is none of those.

    A key is looked for in its own section, and with ``anywhere`` in all of them: one in a wrong place is meant as well.
    """
    foreign = _BY_NAME.get((section, name)) or (_ANYWHERE.get(name) if anywhere else None)
    if foreign is None:
        return False
    if not foreign.refused:
        report.warn(field.where, f"{name}: {foreign.reason}")
    elif _is_harmless(foreign, field.node):
        report.warn(field.where, f"{name}: this changes nothing, it is so anyway; remove it")
    else:
        report.problem(field.where, f"{name}: {foreign.reason}")
    return True


def _is_harmless(foreign: Foreign, node: Node) -> bool:
    """Tell whether a refused key is switched off, or empty."""
    if isinstance(node, Scalar) and isinstance(node.value, bool):
        return node.value in foreign.harmless
    empty = (isinstance(node, Items) and not node.nodes) or (isinstance(node, Fields) and not node.entries)
    return (empty or is_null(node)) and bool(foreign.harmless)
