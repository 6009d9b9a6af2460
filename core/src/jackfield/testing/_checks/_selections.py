"""Which cases a check is for, where several checks are for the same, and the reasons where there is none."""

from __future__ import annotations

from .._cases import Case
from .._subject import Subject

__all__ = ["NO_HOOK", "NO_WIRE", "first_of_each", "hooked"]

NO_HOOK = "no case is of a hook of the provider's own"
NO_WIRE = "the provider has no HTTP exchanges"


def hooked(subject: Subject, case: Case) -> bool:
    """Whether a case is of a hook of the provider's own."""
    return case.operation in subject.hooks


def first_of_each(subject: Subject, case: Case) -> bool:
    """Whether a case is the first of its operation that is answered, and that over HTTP."""
    return case is subject.of(case.operation) and bool(case.exchanges) and hooked(subject, case)
