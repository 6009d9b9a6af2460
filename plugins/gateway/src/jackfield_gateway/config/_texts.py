"""Kinds of texts: names, references, credentials."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from ._environment import MisspeltReferenceError, expanded, needed_by, refers
from ._kinds import WRONG, refuse, text_of
from ._references import reference_problem
from ._report import Report, guess
from ._tree import Node, Scalar

__all__ = ["Choice", "Credential", "Reference", "Text", "Unset", "credential_problem", "url_problem"]


@dataclass(frozen=True)
class Text:
    """A text that is not empty; ``check`` returns what is wrong with it, or None."""

    text: str = "a text"
    check: Callable[[str], str | None] = lambda _: None

    def read(self, name: str, node: Node, report: Report) -> Any:
        value = text_of(node, report) if isinstance(node, Scalar) else node
        if value is WRONG:
            return WRONG
        if not isinstance(value, str) or not value:
            return refuse(self, name, node, report, ": put it in quotes" if isinstance(value, int | float) else "")
        if problem := self.check(value):
            report.problem(node.where, problem)
            return WRONG
        return value


@dataclass(frozen=True)
class Choice:
    """One of a few names."""

    names: Collection[str]

    @property
    def text(self) -> str:
        return " or ".join(f"`{name}`" for name in self.names)

    def read(self, name: str, node: Node, report: Report) -> Any:
        value = text_of(node, report) if isinstance(node, Scalar) else node
        if value is WRONG or (isinstance(value, str) and value in self.names):
            return value
        if not isinstance(node, Scalar) or not isinstance(value, str) or refers(str(node.value)):
            return refuse(self, name, node, report)
        report.problem(node.where, f"there is no {value!r}: {guess(value, self.names)}")
        return WRONG


@dataclass(frozen=True)
class Reference:
    """The name of an object in a file: ``module.object``."""

    text: str = "the name of an object, as `module.object`"

    def read(self, name: str, node: Node, report: Report) -> Any:
        value = Text(self.text).read(name, node, report)
        if value is not WRONG and (problem := reference_problem(value)):
            shown = "this" if refers(str(node.value)) else repr(value)  # type: ignore[union-attr]  # a text is a scalar
            report.problem(node.where, f"{shown} {problem}")
            return WRONG
        return value


class Unset(NamedTuple):
    """Stands for a credential whose variable is not set, or empty."""

    variable: str


@dataclass(frozen=True)
class Credential:
    """A text, ``Unset`` where the environment should have held it, or None for one that is meant to be empty."""

    text: str = "a text"

    def read(self, name: str, node: Node, report: Report) -> Any:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            with suppress(MisspeltReferenceError):  # which Text reports
                if (variable := needed_by(node.value, report.environment)) is not None:
                    return Unset(variable)
                if not expanded(node.value, report.environment):
                    return None
        return Text(self.text).read(name, node, report)


def url_problem(text: str) -> str | None:
    """Return what is wrong with a server's address, or None."""
    if not text.startswith(("http://", "https://")):
        return "an address begins with http:// or https://"
    return "an address has no fragment (#…), which no server is sent" if "#" in text else None


def credential_problem(text: str) -> str | None:
    """Return why no client could send this as its key, or None."""
    if all("!" <= character <= "~" for character in text):
        return None
    return "this key holds a space, a line's end or another character that no client can send: make another"
