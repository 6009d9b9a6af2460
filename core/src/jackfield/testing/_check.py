"""What a check is: a function with a docstring that says what to do when it fails, and when it applies."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from ._cases import Case
from ._errors import NonconformanceError
from ._subject import Subject

__all__ = ["Check", "each_case", "fail", "once"]


def always(subject: Subject) -> str | None:
    """Give no reason not to run a check."""
    return None


def never(subject: Subject, case: Case) -> str | None:
    """Give no reason to leave a case out."""
    return None


@dataclass(frozen=True, slots=True)
class Check:
    """One standard test.

    ``function`` takes the subject, and where ``selects`` is given, each case that it selects. ``unless`` says why the
    check does not apply to a provider, or None; ``nothing`` says it where no case was selected, and ``left_out`` for
    one of the selected cases.
    """

    name: str
    function: Callable[..., None]
    selects: Callable[[Subject, Case], bool] | None = None
    unless: Callable[[Subject], str | None] = always
    nothing: str = ""
    left_out: Callable[[Subject, Case], str | None] = never

    @property
    def doc(self) -> str:
        """The function's docstring: the rule, and what to do if this fails."""
        return inspect.getdoc(self.function) or ""

    @property
    def remedy(self) -> str:
        """The paragraph that begins with "If this fails"."""
        return self.doc.partition("If this fails: ")[2].replace("\n", " ")

    def scope(self, subject: Subject) -> tuple[list[Case | None], dict[str, str]]:
        """Return what the check runs for, cases or None once for the provider as a whole, and what does not run.

        Of the latter its name, or that with a case in brackets → the reason. To find out may take calls of cases.
        """
        if (reason := self.unless(subject)) is not None:
            return [], {self.name: reason}
        if self.selects is None:
            return [None], {}
        selected = [(case, self.left_out(subject, case)) for case in subject.cases if self.selects(subject, case)]
        if not selected:
            return [], {self.name: self.nothing}
        left_out = {f"{self.name}[{case.name}]": why for case, why in selected if why is not None}
        return [case for case, why in selected if why is None], left_out

    def run(self, subject: Subject, case: Case | None) -> None:
        """Check; raises NonconformanceError."""
        if case is None:
            self.function(subject)
        else:
            self.function(subject, case)


def once(unless: Callable[[Subject], str | None] = always) -> Callable[[Callable[[Subject], None]], Check]:
    """Make a check of the provider as a whole."""
    return lambda function: Check(_name(function), function, unless=unless)


def each_case(
    selects: Callable[[Subject, Case], bool],
    nothing: str,
    unless: Callable[[Subject], str | None] = always,
    left_out: Callable[[Subject, Case], str | None] = never,
) -> Callable[[Callable[[Subject, Case], None]], Check]:
    """Make a check of each case that is selected; ``nothing`` is the reason where there is none."""
    return lambda function: Check(_name(function), function, selects, unless, nothing, left_out)


def _name(function: Any) -> str:
    return str(function.__name__)


def fail(
    said: str,
    details: list[str] | tuple[str, ...] = (),
    at: str | None = None,
    *,
    cause: BaseException | None = None,
    remedy: str | None = None,
) -> NoReturn:
    """Raise NonconformanceError: what was seen, the details one a line, and the plugin's line where it is known.

    ``cause`` is the error that was seen, which a gap may name; ``remedy`` stands for the check's own.
    """
    lines = [said, *(f"  {detail}" for detail in details)]
    if at is not None:
        lines.append(f"  at {at}")
    failed = NonconformanceError("\n".join(lines))
    failed.remedy = remedy
    raise failed from cause
