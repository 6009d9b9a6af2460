"""Cases: what a provider is asked, and what must come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any

from .. import errors
from ..types import Request
from ._canonical import CANONICAL
from ._errors import SuiteError
from ._places import seen_from_here

__all__ = ["Answer", "Case", "Exchange", "expectation"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server sent: status, headers and the whole body; ``{api_base}`` in them stands for the address."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request as it went out, in the form of the wire files (None before it is recorded), and its answer."""

    request: Mapping[str, Any] | None
    answer: Answer
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One call and what must come of it; for providers without HTTP, cases are made of these in Python.

    ``request`` is as a caller makes it, its model without the provider; an empty model is the suite's. A canonical name
    ("chat-plain", …) brings its own. ``result`` is the response, as an object or a mapping (for a stream a mapping of
    ``chunks`` and ``response``); without one everything but the comparison runs. ``error`` is the class of error that
    the call must raise, or a mapping of ``type`` and what else is to be compared. ``same_answer`` names the case of
    whose whole answer this stream is the same.
    """

    name: str
    request: Request | None = None
    _: KW_ONLY
    result: Any = None
    error: Any = None
    same_answer: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    exchanges: tuple[Exchange, ...] = ()
    folder: Path | None = None

    @property
    def operation(self) -> str:
        """The operation that the request asks for."""
        return self.asked.operation

    @property
    def streams(self) -> bool:
        """Whether the answer is a stream."""
        return bool(getattr(self.asked, "stream", False))

    @property
    def asked(self) -> Request:
        """The request; raises SuiteError where there is none."""
        if self.request is not None:
            return self.request
        if self.name not in CANONICAL:
            raise SuiteError(f"the case {self.name!r} has no request, and its name is no canonical one")
        return CANONICAL[self.name].request

    @property
    def place(self) -> str:
        """The folder of its wire files, for messages."""
        return f"the case {self.name!r}" if self.folder is None else seen_from_here(self.folder)

    def __str__(self) -> str:
        return self.name


EXPECTED: dict[str, tuple[Any, str]] = {
    "type": (object, "the name of a class"),
    "status_code": (int, "a whole number"),
    "retryable": (bool, "true or false"),
    "retry_after": (int | float, "a number"),
    "message": (str, "a text"),
    "code": (str | int, "a text or a number"),
    "param": (str, "a text"),
}
"""What may be said of an error → its type, and the type in words; None is for what there must be none of."""


def expectation(error: Any, where: str) -> Mapping[str, Any] | None:
    """Return what is expected of an error as a mapping, or None; raises SuiteError for what no error is."""
    if error is None:
        return None
    wanted = {"type": error} if isinstance(error, str | type) else error
    if not isinstance(wanted, Mapping) or not (set(wanted) <= set(EXPECTED)) or "type" not in wanted:
        others = ", ".join(name for name in EXPECTED if name != "type")
        raise SuiteError(f"{where}: error is a mapping with 'type' and any of {others}, not {error!r}")
    name = wanted["type"].__name__ if isinstance(wanted["type"], type) else wanted["type"]
    kind = getattr(errors, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, errors.JackfieldError)):
        raise SuiteError(f"{where}: there is no error {name!r} in jackfield.errors")
    for field_name, value in wanted.items():
        fits, words = EXPECTED[field_name]
        if value is not None and not isinstance(value, fits):
            raise SuiteError(f"{where}: error's {field_name} is {words}, not {value!r}")
    return {**wanted, "type": name}
