"""What a provider makes of statuses: at each of them the server's own errors, and whatever a proxy may send."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ...errors import APIStatusError, ContractViolationError, PluginError, error_class
from .._cases import Answer, Case, Exchange
from .._check import each_case, fail
from .._places import definition, line_of, passed_through, raised_in
from .._replay import API_BASE, Replay, body_at
from .._results import plain_result
from .._runs import Outcome, call
from .._subject import Subject
from ._errors import holds_something
from ._selections import NO_ANSWER, first_of_each
from ._servers import JSON, Fixed, repeated

__all__ = ["STATUSES", "test_statuses_become_errors"]

MOST = 8

STATUSES = (400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504)
RARE = (408, 410, 413, 418, 425, 451, 520, 529)
"""Statuses that a provider may tell as others: only whether to try again must stay as it is."""

SECONDS = 7.0
WAIT = {"retry-after": "7"}
DATE = "Thu, 31 Dec 2099 23:59:59 GMT"
WAITS: tuple[Mapping[str, str], ...] = ({}, {"retry-after-ms": "7000"}, {"retry-after": DATE})
"""How else servers say how long to wait, or do not."""

BODIES = (
    b'{"error": {"message": "conformance", "type": "conformance", "code": null}}',
    b'{"error": {"message": {"text": "conformance"}, "type": 7, "code": 7}}',
    b'{"error": null, "message": null, "detail": [{"msg": "conformance"}]}',
    b'{"error": ["conformance"]}',
    b'{"detail": "conformance"}',
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"7",
    b"",
    b"upstream failed",
    b"<!doctype html><html><body>Bad Gateway</body></html>",
    b'{"error": ',
    b"\xff\xfe",
)


class Refusal(NamedTuple):
    """An answer, and the error that its body becomes at the status it was recorded with, where it was recorded."""

    status: int
    body: bytes
    wait: Mapping[str, str] = WAIT
    own: Exception | None = None

    def __str__(self) -> str:
        headers = "".join(f", {name}: {value}" for name, value in self.wait.items() if self.wait is not WAIT)
        return f"{self.status} with {self.body[:40]!r}{headers}"


class Misread(NamedTuple):
    """An answer that became the wrong error: what is wrong, and the plugin's line where it is known."""

    refusal: Refusal
    problem: str
    at: str | None


@each_case(first_of_each, NO_ANSWER)
def test_statuses_become_errors(subject: Subject, case: Case) -> None:
    """Every status above 400, with whatever body, becomes its error, retryable as the status is, with Retry-After.

    The server's own error bodies, as recorded, keep their message at every status. A refusal of the last of several
    requests makes no empty answer.

    If this fails: `response_error` must read any body a proxy may send, with none of its own fields, or no JSON at all,
    with Retry-After as a number, as a date, or without; return None for what it does not know, and the core reads
    status, message and Retry-After itself. A flow lets errors pass: retries are the core's, as many as the caller asked
    for.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    refusals = [*_refusals(subject)]
    wrong = [found for each in refusals if (found := _misread(subject, case, each)) is not None]
    if wrong:
        at = next((each.at for each in wrong if each.at), None) or definition(subject.function("response_error"))
        fail(f"{len(wrong)} of {len(refusals)} answers are misread:", _told(wrong), at)
    _tells_later_refusals(subject, case)


def _told(wrong: list[Misread]) -> list[str]:
    """Return a line for each problem, with the first answer that has it."""
    alike: dict[str, list[Refusal]] = {}
    for each in wrong:
        alike.setdefault(each.problem, []).append(each.refusal)
    lines = [
        f"{first} {problem}{f' (and {len(more)} more)' if more else ''}" for problem, (first, *more) in alike.items()
    ]
    return lines[:MOST]


def _refusals(subject: Subject) -> Iterator[Refusal]:
    """Yield every status with every body, and some of both with what else says how long to wait."""
    own, plain = [*_recorded(subject)], Refusal(0, BODIES[0])
    bodies = dict.fromkeys([*BODIES, *(_emptied(each.body) for each in own)])
    every = [*(Refusal(0, body) for body in bodies), *own]
    for status in (*STATUSES, *RARE):
        yield from (each._replace(status=status) for each in (every if status in STATUSES else [plain, *own]))
        yield from (plain._replace(status=status, wait=wait) for wait in WAITS)
    yield from (each._replace(wait=wait) for each in own if each.status in STATUSES for wait in WAITS)


def _recorded(subject: Subject) -> Iterator[Refusal]:
    """Yield the server's own refusals, with the errors that they become.

    One whose words say another status than it has (a wrong key, with 400) is told by test_error_golden alone.
    """
    cases = [case for case in subject.cases if case.error is not None and len(case.exchanges) == 1]
    for case in cases:
        answer = case.exchanges[0].answer
        if answer.status >= 400 and case.operation in subject.hooks:
            error = call(subject, case).error
            if isinstance(error, APIStatusError) and error.status_code == answer.status:
                yield Refusal(answer.status, body_at(answer.body, API_BASE), own=error)


def _emptied(body: bytes) -> bytes:
    """Return a body with nothing but null in its fields; one that is no JSON as it is."""
    try:
        return json.dumps(_without_values(json.loads(body))).encode()
    except ValueError:
        return body


def _without_values(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _without_values(value) for name, value in said.items()}
    return [_without_values(value) for value in said] if isinstance(said, list) else None


def _misread(subject: Subject, case: Case, refusal: Refusal) -> Misread | None:
    """Say what is wrong with the error that an answer becomes, and where; None where nothing is."""
    server = Fixed(Answer(refusal.status, {**JSON, **refusal.wait}, refusal.body))
    error = call(subject, case, handler=server).error
    problem = _problem(error, refusal)
    if error is not None and problem:
        return Misread(refusal, problem + _raised(subject, error), _place(subject, error))
    if problem := problem or repeated(server):
        return Misread(refusal, problem, definition(subject.function(case.operation)))
    return None


def _raised(subject: Subject, error: Exception) -> str:
    raised = isinstance(error, APIStatusError) and passed_through(error, subject.function("response_error"))
    return "; response_error raised it, and is to return it" if raised else ""


def _place(subject: Subject, error: Exception) -> str | None:
    """Return the line at fault; for what response_error returned, not that of the flow into which the core threw it."""
    hook = subject.function("response_error")
    returned = isinstance(error, APIStatusError | ContractViolationError) and not raised_in(error, subject.roots)
    return (definition(hook) if returned else None) or line_of(error, subject.roots)


def _problem(error: Exception | None, refusal: Refusal) -> str | None:
    if error is None:
        return "passed for an answer"
    raised = f"raised {type(error).__name__}"
    if not isinstance(error, APIStatusError):
        return f"{raised}: {error}"
    wanted = error_class(refusal.status)
    fits = isinstance(error, wanted) or type(error) is type(refusal.own)
    if refusal.status in STATUSES and not (fits and error.status_code == refusal.status):
        return f"{raised} with status {error.status_code}, expected {wanted.__name__}"
    if error.retryable != wanted("", status_code=refusal.status).retryable:
        return f"{raised} with retryable={error.retryable}, which the status is not"
    return _loss(error, refusal)


def _loss(error: APIStatusError, refusal: Refusal) -> str | None:
    own, wait = refusal.own, error.retry_after
    seconds = refusal.wait.get("retry-after") != DATE and own is None  # a date is not told of, and a body may say more
    if refusal.wait and (not wait or (seconds and wait != SECONDS)):
        return f"lost Retry-After, retry_after is {wait}"
    if own is not None and str(error) != str(own):
        return f"lost the server's message {str(own)!r}: {error}"
    return None if str(error) or refusal.body not in BODIES else f"raised {type(error).__name__} without a message"


def _tells_later_refusals(subject: Subject, case: Case) -> None:
    """Fail where the last of several requests is refused, once, and that makes an answer with nothing in it."""
    *before, last = case.exchanges
    for status in STATUSES if before else ():
        refused = Exchange(None, Answer(status, JSON, BODIES[0]))
        outcome = call(subject, case, handler=Replay(replace(case, exchanges=(*before, refused, last))))
        if isinstance(outcome.error, PluginError) or _is_empty(outcome):
            got = f"raised {type(outcome.error).__name__}: {outcome.error}" if outcome.error else "passed for an answer"
            at = line_of(outcome.error, subject.roots) or definition(subject.function(case.operation))
            fail(f"{status} for request {len(before) + 1} {got}; expected {error_class(status).__name__}", at=at)


def _is_empty(outcome: Outcome) -> bool:
    return outcome.error is None and not holds_something(plain_result(outcome.response))
