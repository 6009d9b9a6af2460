"""Which cases a check is for, where several checks are for the same, and the reasons where there is none."""

from __future__ import annotations

from .._cases import Case
from .._flows import described
from .._subject import Subject

__all__ = [
    "NO_ANSWER",
    "NO_HOOK",
    "NO_STREAM",
    "NO_WIRE",
    "NO_WIRE_STREAM",
    "first_of_each",
    "hooked",
    "in_flow",
    "on_wire",
    "streams",
    "whole",
]

NO_HOOK = "no case is of a hook of the provider's own"
NO_ANSWER = "no case ends with an answer over HTTP"
NO_WIRE = "the provider has no HTTP exchanges"
NO_STREAM = "no case is a stream"
NO_WIRE_STREAM = "no case is a stream over HTTP"


def hooked(subject: Subject, case: Case) -> bool:
    """Whether a case is of a hook of the provider's own."""
    return case.operation in subject.hooks


def first_of_each(subject: Subject, case: Case) -> bool:
    """Whether a case is the first of its operation that is answered, and that over HTTP."""
    return case is subject.of(case.operation) and bool(case.exchanges) and hooked(subject, case)


def in_flow(subject: Subject, case: Case) -> bool:
    """Whether a case is of a hook that does no I/O itself."""
    return hooked(subject, case) and subject.is_flow(case.operation)


def whole(subject: Subject, case: Case) -> bool:
    """Whether a case is answered with a whole result, by a hook of the provider's own."""
    return not case.streams and case.error is None and hooked(subject, case)


def streams(subject: Subject, case: Case) -> bool:
    """Whether a case is a stream with a result, of a hook of the provider's own."""
    return case.streams and case.error is None and hooked(subject, case)


def on_wire(subject: Subject, case: Case) -> bool:
    """Whether a case is a stream whose frames come over HTTP."""
    if not (streams(subject, case) and case.exchanges):
        return False
    try:
        return described(subject, case) is not None
    except Exception:  # what is wrong with it, test_stream_golden tells
        return True
