"""What a provider makes of errors: the server's, the network's, and of answers that are none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...errors import APIConnectionError, APITimeoutError, JackfieldError, PluginError
from .._cases import Answer, Case
from .._check import each_case, fail
from .._differences import shown
from .._flows import Bare, place_of
from .._places import definition, line_of
from .._replay import API_BASE, UnexpectedRequestError, body_at
from .._runs import Outcome, call
from .._subject import Subject
from ._answer_laws import silent
from ._answers import shared, told
from ._selections import NO_ANSWER, first_of_each
from ._servers import JSON, Cutting, Fixed, Raising, repeated

__all__ = [
    "holds_something",
    "test_answers_of_another_shape_are_told",
    "test_error_golden",
    "test_network_faults_are_told",
]

ENDED = (
    "let the decoder return `()` for a frame without text, since None ends the stream, and nothing after it is read. "
    "And do not catch exceptions around `yield from http(…)`."
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
        raised = f"{case.name} raised {type(outcome.error).__name__}: {outcome.error}{shared(subject, case)}"
        fail(raised, wrong, at, cause=outcome.error)


def _reader(subject: Subject, case: Case) -> str | None:
    """Return where the plugin reads the error of a case: of a refused request, of an answer or of a stream's frames."""
    refused = bool(case.exchanges) and case.exchanges[-1].answer.status >= 400
    at = definition(subject.function("response_error")) if refused else None
    return at or place_of(subject, case, "decode")


def _text_of(result: dict[str, Any]) -> Any:
    """Return what a caller would show of an answer."""
    choices = result.get("response", result).get("choices") or [result]
    return choices[0].get("message", choices[0]).get("content", choices[0])


@each_case(first_of_each, NO_ANSWER)
def test_answers_of_another_shape_are_told(subject: Subject, case: Case) -> None:
    """An answer of status 200 that is another JSON, or none, is told as the server's fault, and not the plugin's.

    If this fails: look before you reach, and raise `InvalidResponseError(message, body=…)` where the answer is not what
    the server's documentation says; a KeyError out of a plugin blames the plugin, and an empty answer nobody.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    for body in SHAPES:
        outcome = call(subject, case, handler=Fixed(Answer(200, JSON, body)))
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
    return type(_json(body)) is not kind or (kind is dict and not holds_something(result))


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return ...  # which is no kind of JSON, as None is


def holds_something(result: dict[str, Any]) -> bool:
    """Whether a result has content."""
    if "choices" not in result:
        return bool(result.get("data"))
    said = [choice.get("message", choice) for choice in result["choices"]]
    return any(each.get("content") or each.get("text") or each.get("tool_calls") for each in said)


@each_case(first_of_each, NO_ANSWER)
def test_network_faults_are_told(subject: Subject, case: Case) -> None:
    """A refused or reset connection, a time-out and a body that is cut are connection errors, and may be retried.

    Nor does a flow go on asking for ever where the connection is lost at a later request.
    If this fails: do not catch exceptions around `yield from http(…)`; the caller is to learn that no answer came, and
    says how often to try again.
    """
    whole = call(subject, case)
    if whole.error is not None or silent(case, whole.response):
        return  # told by the golden tests, or by the laws
    for how, handler, wanted in _faults(subject, case):
        outcome = call(subject, case, handler=handler)
        again = repeated(handler)
        if again or not _told(outcome, wanted):
            raised = f"raised {type(outcome.error).__name__}: {outcome.error}"
            got = again or (raised if outcome.error else "passed for an answer")
            at = None if again else line_of(outcome.error, subject.roots)
            at = at or definition(subject.function(case.operation))
            remedy = ENDED if case.streams and outcome.error is None else None
            fail(f"a connection that {how} {got}; expected {wanted.__name__}", at=at, remedy=remedy)
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
