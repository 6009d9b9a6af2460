"""Kinds of values: what each key takes, in words and as a check that knows the place of what it refuses.

A kind's ``read`` returns the value, or ``WRONG`` once the report says what is wrong. Nothing that came out of the
environment is ever shown, nor a text: it may be a key.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final, Protocol

from ._environment import MisspeltReferenceError, UnsetVariableError, expanded, refers, stands_alone
from ._report import Report
from ._tree import Fields, Items, Node, Scalar, reread

__all__ = [
    "WRONG",
    "AnyValue",
    "Flag",
    "Kind",
    "ListOf",
    "MapOf",
    "Number",
    "Whole",
    "described",
    "is_null",
    "refuse",
    "text_of",
]

HIGHEST = 1_000_000_000_000
"""Of all numbers that count something: what is greater is a slip, and too much for a clock or a socket."""


class _Wrong:
    def __repr__(self) -> str:
        return "WRONG"


WRONG: Final[Any] = _Wrong()
"""Stands for a value that the report has refused."""


class Kind(Protocol):
    """What a key takes: ``text`` says it ("a whole number, 0 or more"), ``read`` checks it."""

    @property
    def text(self) -> str: ...

    def read(self, name: str, node: Node, report: Report) -> Any: ...


def is_null(node: Node) -> bool:
    """Tell whether a value is YAML's null, which is read as "left out"."""
    return isinstance(node, Scalar) and node.value is None


def described(node: Node) -> str:
    """Say what somebody wrote, without a word of what may be a secret."""
    if isinstance(node, Fields | Items):
        return "a mapping" if isinstance(node, Fields) else "a list"
    value = node.value
    if isinstance(value, str):
        return (
            "what a variable holds, or nothing if that is empty"
            if refers(value)
            else "a text"
            if value
            else "an empty text"
        )
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "nothing"}[value]
    return "a number so great" if abs(value) > HIGHEST else repr(value)


def text_of(scalar: Scalar, report: Report) -> Any:
    """Return a scalar's value with its variables; WRONG where one is not set."""
    if not isinstance(scalar.value, str):
        return scalar.value
    try:
        text = expanded(scalar.value, report.environment)
        text.encode()
    except UnsetVariableError as error:
        advice = f"set it, or write ${{{error.name}:-default}}"
        report.problem(scalar.where, f"the environment variable {error.name} is not set: {advice}")
    except UnicodeEncodeError:
        report.problem(scalar.where, f"{described(scalar)} holds half a character, which cannot be sent: write it anew")
    except MisspeltReferenceError as error:
        report.problem(scalar.where, f"this reference to the environment is misspelt: {error}")
    else:
        return text
    return WRONG


def _typed(node: Node, report: Report) -> Any:
    """Return a scalar's value; a variable's is read as if it stood there without quotes."""
    if not isinstance(node, Scalar):
        return node
    value = text_of(node, report)
    return reread(value) if isinstance(value, str) and refers(str(node.value)) else value


def refuse(kind: Kind, name: str, node: Node, report: Report, advice: str = "") -> Any:
    report.problem(node.where, f"{name} must be {kind.text}, not {described(node)}{advice}")
    return WRONG


@dataclass(frozen=True)
class Flag:
    """True or false."""

    text: str = "true or false"

    def read(self, name: str, node: Node, report: Report) -> Any:
        value = _typed(node, report)
        return value if isinstance(value, bool) or value is WRONG else refuse(self, name, node, report)


@dataclass(frozen=True)
class Number:
    """A number, ``least`` or more, or ``above`` it."""

    least: float = 0
    above: bool = False
    unit: str = ""

    @property
    def text(self) -> str:
        unit = f" of {self.unit}" if self.unit else ""
        return f"a number{unit} above {self.least:g}" if self.above else f"a number{unit}, {self.least:g} or more"

    def read(self, name: str, node: Node, report: Report) -> Any:
        value = _typed(node, report)
        if value is WRONG:
            return WRONG
        fits = isinstance(value, int | float) and not isinstance(value, bool) and self.least <= value <= HIGHEST
        return refuse(self, name, node, report) if not fits or (self.above and value == self.least) else float(value)


@dataclass(frozen=True)
class Whole:
    """A whole number, ``least`` or more."""

    least: int = 0

    @property
    def text(self) -> str:
        return f"a whole number, {self.least} or more"

    def read(self, name: str, node: Node, report: Report) -> Any:
        value = _typed(node, report)
        if value is WRONG:
            return WRONG
        fits = isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= HIGHEST
        return value if fits else refuse(self, name, node, report)


@dataclass(frozen=True)
class ListOf:
    """A list of values of one kind; with ``single``, one value stands for a list of it."""

    kind: Kind
    single: bool = False

    @property
    def text(self) -> str:
        return f"a list, each {self.kind.text}" + (", or one alone" if self.single else "")

    def read(self, name: str, node: Node, report: Report) -> Any:
        if self.single and isinstance(node, Scalar):
            node = Items(node.where, (node,))
        if not isinstance(node, Items):
            return refuse(self, name, node, report)
        values = [self.kind.read(f"{name}[{place}]", each, report) for place, each in enumerate(node.nodes)]
        return WRONG if any(value is WRONG for value in values) else values


@dataclass(frozen=True)
class MapOf:
    """A mapping of names to values of one kind."""

    kind: Kind

    @property
    def text(self) -> str:
        return f"a mapping, each value {self.kind.text}"

    def read(self, name: str, node: Node, report: Report) -> Any:
        if not isinstance(node, Fields):
            return refuse(self, name, node, report)
        values = {key: self.kind.read(f"{name}.{key}", field.node, report) for key, field in node.entries.items()}
        return WRONG if any(value is WRONG for value in values.values()) else values


@dataclass(frozen=True)
class AnyValue:
    """Whatever JSON can hold. A variable that stands alone and without quotes in ``${}`` is read as YAML reads it."""

    text: str = "any value"

    def read(self, name: str, node: Node, report: Report) -> Any:
        if isinstance(node, Items):
            return ListOf(self).read(name, node, report)
        if isinstance(node, Fields):
            return MapOf(self).read(name, node, report)
        value = text_of(node, report)
        if isinstance(value, str) and node.plain and stands_alone(str(node.value)):
            value = reread(value)
        if isinstance(value, float) and not math.isfinite(value):
            return refuse(self, name, node, report, ": JSON has no such number")
        return value
