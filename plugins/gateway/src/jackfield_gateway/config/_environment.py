"""Environment variables in a config's texts: ``os.environ/NAME``, ``${NAME}`` and ``${NAME:-default}``.

``os.environ/NAME`` is a whole value; the other two may stand anywhere in a text, and ``$${`` writes a plain ``${``. As
in a shell, the default of ``:-`` stands in for an empty variable too. What a variable holds is shown to nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["MisspeltReferenceError", "UnsetVariableError", "expanded", "needed_by", "refers", "stands_alone"]

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_WHOLE = "os.environ/"
_INSIDE = re.compile(rf"\$(\$\{{)|\$\{{(?:({_NAME})(?::-([^}}]*))?\}})?")


class UnsetVariableError(Exception):
    """A variable is not set; ``name`` is its name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class MisspeltReferenceError(Exception):
    """Something begins as a reference and is none; the message says what to write."""


def refers(text: str) -> bool:
    """Tell whether a text takes anything from the environment (or means to)."""
    return text.startswith(_WHOLE) or "${" in text


def needed_by(text: str, environment: Mapping[str, str]) -> str | None:
    """Return the variable that is missing, or empty, where a text is nothing without it; None where it is something.

    A text that says itself that it may be empty, as ``${NAME:-}`` does, needs none.
    """
    try:
        if expanded(text, environment):
            return None
    except UnsetVariableError as error:
        return error.name
    if text.startswith(_WHOLE):
        return text.removeprefix(_WHOLE)
    return next((match[2] for match in _INSIDE.finditer(text) if match[2] and match[3] is None), None)


def stands_alone(text: str) -> bool:
    """Tell whether a text is one ``${…}`` and nothing else."""
    match = _INSIDE.fullmatch(text)
    return match is not None and match[2] is not None


def expanded(text: str, environment: Mapping[str, str]) -> str:
    """Return the text with its variables' values; raises UnsetVariableError and MisspeltReferenceError."""
    if text.startswith(_WHOLE):
        return _whole(text.removeprefix(_WHOLE), environment)
    return _INSIDE.sub(lambda match: _inside(match, environment), text)


def _whole(name: str, environment: Mapping[str, str]) -> str:
    if not re.fullmatch(_NAME, name):
        raise MisspeltReferenceError("os.environ/ is followed by the name of a variable and nothing else")
    if name not in environment:
        raise UnsetVariableError(name)
    return environment[name]


def _inside(match: re.Match[str], environment: Mapping[str, str]) -> str:
    literal, name, default = match.groups()
    if literal:
        return "${"
    if name is None:
        raise MisspeltReferenceError("write ${NAME} or ${NAME:-default}, and $${ where the text itself has ${")
    value = environment.get(name)
    if default is not None:
        return value or default
    if value is None:
        raise UnsetVariableError(name)
    return value
