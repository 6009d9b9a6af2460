"""What a provider makes of errors: the server's, the network's, and of answers that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...errors import APIConnectionError, APIStatusError, APITimeoutError, JackfieldError, PluginError, error_class
from .._cases import Answer, Case
from .._check import each_case, fail
from .._differences import shown
from .._flows import Bare, place_of
from .._places import definition, line_of
from .._replay import API_BASE, UnexpectedRequestError, body_at
from .._runs import Outcome, call
from .._subject import Subject
from ._answers import told
from ._selections import NO_WIRE, first_of_each
from ._servers import Cutting, Fixed, Raising

__all__ = [
    "STATUSES",
    "test_answers_of_another_shape_are_told",
    "test_error_golden",
    "test_network_faults_are_told",
    "test_statuses_become_errors",
]

MOST = 8
CALM, SECONDS = {"content-type": "application/json"}, 7.0

STATUSES = (400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504)
BODIES = (
    b'{"error": {"message": "conformance", "type": "conformance", "code": null}}',
    b'{"detail": "conformance"}',
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"",
    b"upstream failed",
    b"<!doctype html><html><body>Bad Gateway</body></html>",
    b'{"error": ',
    b"\xff\xfe",
)
SHAPES = (
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"7",
    b"",
    b"no JSON",
    b"<!doctype html><html></html>",
    b'{"cut": ',
    b"\xff\xfe",
)


def _fails(subject: Subject, case: Case) -> bool:
    return case.error is not None


@each_case(_fails, "no case ends with an error")
def test_error_golden(subject: Subject, case: Case) -> None:
    """A recorded error raises the expected class, with `retryable`, `retry_after` and message as the case says.

    If this fails: what comes with a status of 400 and above, read in `response_error(response)`; what comes with status
    200, or as an event of a stream, raise where it is read, in the hook or in the decoder's `decode`:
    `errors.error_of_body(status, body)`. It never becomes text, and is never passed over.
    """
    outcome = call(subject, case)
    if outcome.error is None:
        got = shown(_text_of(outcome.plain)) if outcome.plain else "nothing"
        fail(f"{case.name} was answered with {got}, and {case.error['type']} was expected", at=_reader(subject, case))
    seen: dict[str, Any] = {name: getattr(outcome.error, name, None) for name in case.error}
    seen["type"] = type(outcome.error).__name__
    wrong = [
        f"{name}: expected {case.error[name]!r}, got {seen[name]!r}"
        for name in case.error
        if seen[name] != case.error[name]
    ]
    if wrong and isinstance(outcome.error, PluginError):
        told(subject, case, outcome)
    if wrong:
        at = line_of(outcome.error, subject.roots) or _reader(subject, case)
        fail(f"{case.name} raised {type(outcome.error).__name__}: {outcome.error}", wrong, at, cause=outcome.error)


def _reader(subject: Subject, case: Case) -> str | None:
    """Return where the plugin reads the error of a case: of a refused request, of an answer or of a stream's frames."""
    refused = bool(case.exchanges) and case.exchanges[-1].answer.status >= 400
    at = definition(subject.function("response_error")) if refused else None
    return at or place_of(subject, case, "decode")


def _text_of(result: dict[str, Any]) -> Any:
    """Return what a caller would show of an answer."""
    choices = result.get("response", result).get("choices") or [result]
    return choices[0].get("message", choices[0]).get("content", choices[0])


@each_case(first_of_each, NO_WIRE)
def test_statuses_become_errors(subject: Subject, case: Case) -> None:
    """Every status above 400, with whatever body, becomes its error, retryable as the status is, with Retry-After.

    The server's own error bodies, as recorded, keep their message at every status.

    If this fails: `response_error` must read any body a proxy may send, with none of its own fields, or no JSON at all;
    return None for what it does not know, and the core reads status, message and Retry-After itself. A flow lets errors
    pass: retries are the core's, as many as the caller asked for.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    bodies = [*((body, None) for body in BODIES), *_recorded(subject)]
    wrong = [
        found for status in STATUSES for body, own in bodies if (found := _misread(subject, case, status, body, own))
    ]
    if wrong:
        at = next((place for _, place in wrong if place), None) or definition(subject.function("response_error"))
        of = f"{len(wrong)} of {len(STATUSES) * len(bodies)} answers are misread:"
        fail(of, [said for said, _ in wrong[:MOST]], at)


def _recorded(subject: Subject) -> list[tuple[bytes, Exception]]:
    """Return the server's own error bodies, and the errors that they become at the status they came with."""
    cases = [case for case in subject.cases if case.error is not None and len(case.exchanges) == 1]
    refused = [case for case in cases if case.exchanges[0].answer.status >= 400 and case.operation in subject.hooks]
    errors = [(case.exchanges[0].answer.body, call(subject, case).error) for case in refused]
    return [(body_at(body, API_BASE), error) for body, error in errors if isinstance(error, APIStatusError)]


def _misread(
    subject: Subject, case: Case, status: int, body: bytes, own: Exception | None
) -> tuple[str, str | None] | None:
    """Say what is wrong with the error that an answer becomes, and where; None where nothing is."""
    server = Fixed(Answer(status, {**CALM, "retry-after": "7"}, body))
    outcome = call(subject, case, handler=server)
    if problem := _problem(outcome.error, status, own):
        at = line_of(outcome.error, subject.roots)
    elif problem := _repeated(server):
        at = definition(subject.function(case.operation))
    else:
        return None
    return f"{status} with {body[:40]!r} {problem}", at


def _problem(error: Exception | None, status: int, own: Exception | None = None) -> str | None:
    if error is None:
        return "passed for an answer"
    if not isinstance(error, APIStatusError):
        return f"raised {type(error).__name__}: {error}"
    wanted = error_class(status)
    if not (isinstance(error, wanted) or type(error) is type(own)) or error.status_code != status:
        return f"raised {type(error).__name__} with status {error.status_code}, expected {wanted.__name__}"
    if error.retryable != wanted("", status_code=status).retryable:
        return f"raised {type(error).__name__} with retryable={error.retryable}, which the status is not"
    return _loss(error, own)


def _loss(error: APIStatusError, own: Exception | None) -> str | None:
    if error.retry_after is None or (own is None and error.retry_after != SECONDS):
        return f"lost Retry-After: 7, retry_after is {error.retry_after}"
    if own is not None and str(error) != str(own):
        return f"lost the server's message {str(own)!r}: {error}"
    return None if str(error) else f"raised {type(error).__name__} without a message"


def _repeated(server: Fixed | Raising | Cutting) -> str | None:
    return None if server.asked < 2 else f"led to {server.asked} requests, and whether to try again is the caller's"


@each_case(first_of_each, NO_WIRE)
def test_answers_of_another_shape_are_told(subject: Subject, case: Case) -> None:
    """An answer of status 200 that is another JSON, or none, is told as the server's fault, and not the plugin's.

    If this fails: look before you reach, and raise `InvalidResponseError(message, body=…)` where the answer is not what
    the server's documentation says; a KeyError out of a plugin blames the plugin, and an empty answer nobody.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    for body in SHAPES:
        outcome = call(subject, case, handler=Fixed(Answer(200, CALM, body)))
        if isinstance(outcome.error, UnexpectedRequestError):
            at = definition(subject.function(case.operation))
            fail(f"answered with 200 and {body!r}, {outcome.error}", at=at, remedy=outcome.error.remedy)
        if isinstance(outcome.error, PluginError) or not isinstance(outcome.error, JackfieldError | None):
            at = line_of(outcome.error, subject.roots)
            fail(f"200 with {body!r} raised {type(outcome.error).__name__}: {outcome.error}", at=at)
        if outcome.error is None and _of_no_use(case, body, outcome.plain):
            at = definition(subject.function(case.operation))
            got = shown(outcome.plain)
            fail(f"200 with {body!r} passed for an answer: {got}; expected InvalidResponseError", at=at)


def _of_no_use(case: Case, body: bytes, result: Any) -> bool:
    """Whether an answer had nothing to make a result of, to judge by the kind of JSON that the server sends."""
    kind = type(_json(case.exchanges[-1].answer.body))
    if case.streams or kind not in {dict, list}:
        return False  # a cut stream has a check of its own; what is no JSON may be anything
    if case.operation == "list_models" and body == b"[]":
        return False  # no models, in the words of some servers
    return type(_json(body)) is not kind or (kind is dict and not _holds_something(result))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return ...  # which is no kind of JSON, as None is


def _holds_something(result: dict[str, Any]) -> bool:
    if "choices" not in result:
        return bool(result.get("data"))
    said = [choice.get("message", choice) for choice in result["choices"]]
    return any(each.get("content") or each.get("text") or each.get("tool_calls") for each in said)


@each_case(first_of_each, NO_WIRE)
def test_network_faults_are_told(subject: Subject, case: Case) -> None:
    """A refused or reset connection, a time-out and a body that is cut are connection errors, and may be retried.

    Nor does a flow go on asking for ever where the connection is lost at a later request.
    If this fails: do not catch exceptions around `yield from http(…)`; the caller is to learn that no answer came, and
    says how often to try again.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    for how, handler, wanted in _faults(subject, case):
        outcome = call(subject, case, handler=handler)
        repeated = _repeated(handler)
        if repeated or not _told(outcome, wanted):
            raised = f"raised {type(outcome.error).__name__}: {outcome.error}"
            got = repeated or (raised if outcome.error else "passed for an answer")
            at = None if repeated else line_of(outcome.error, subject.roots)
            at = at or definition(subject.function(case.operation))
            fail(f"a connection that {how} {got}; expected {wanted.__name__}", at=at)
    _ends_without_the_last_answer(subject, case)


def _ends_without_the_last_answer(subject: Subject, case: Case) -> None:
    *before, _ = case.exchanges
    refused = APIConnectionError("connection refused")
    try:
        Bare(subject, case, lambda number: before[number].answer if number < len(before) else refused).run()
    except UnexpectedRequestError as error:
        at = line_of(error, subject.roots)
        fail(f"a connection is refused at request {len(before) + 1}, and {error}", at=at, remedy=error.remedy)
    except Exception:
        return  # as it should; which one, the first request tells


def _told(outcome: Outcome, wanted: type[JackfieldError]) -> bool:
    return isinstance(outcome.error, wanted) and outcome.error.retryable


def _faults(subject: Subject, case: Case) -> Iterator[tuple[str, Any, type[JackfieldError]]]:
    yield "was refused", Raising(APIConnectionError("connection refused")), APIConnectionError
    yield "timed out", Raising(APITimeoutError("no answer")), APITimeoutError
    body = body_at(case.exchanges[0].answer.body, API_BASE)
    reset = APIConnectionError("connection reset")
    first = case.exchanges[0].answer
    yield "was reset within the body", Cutting(first, [body[: len(body) // 2], reset]), APIConnectionError
