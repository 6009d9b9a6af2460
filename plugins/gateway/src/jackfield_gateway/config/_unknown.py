"""What is said about a key that a section does not have."""

from __future__ import annotations

from collections.abc import Iterable

from ._keys import GENERAL, HANDLER, ROUTER, SETTINGS, TOP
from ._litellm import tell
from ._model_keys import INFO, MODEL, PARAMS
from ._report import Report, guess
from ._section import Section
from ._tree import Field

__all__ = ["refuse_unknown"]

SECTIONS = (TOP, MODEL, PARAMS, INFO, SETTINGS, HANDLER, GENERAL, ROUTER)


def refuse_unknown(section: Section, others: Iterable[tuple[str, Field]], report: Report) -> None:
    """Report keys that a section does not have: where they belong, why they are not here, or what is like them."""
    for name, field in others:
        homes = [each.name for each in SECTIONS if each is not section and name in each.names()]
        if tell(section.name, name, field, report, anywhere=not homes):
            continue
        if homes:
            report.problem(field.where, f"{name!r} does not belong in {section.name}: write it in {' or '.join(homes)}")
        else:
            report.problem(field.where, f"{section.name} has no key {name!r}: {guess(name, section.names())}")
