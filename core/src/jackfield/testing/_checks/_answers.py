"""What a provider makes of answers."""

from __future__ import annotations

import json
from typing import Any

from ...errors import BadRequestError, PluginError
from .._canonical import PARALLEL
from .._cases import Case
from .._check import each_case, fail
from .._differences import differences
from .._flows import place_of, shared_by_streams
from .._places import line_of, line_of_return
from .._replay import UnexpectedRequestError
from .._results import MADE_UP, plain_result, recorded
from .._runs import Outcome, call
from .._subject import Subject
from ._selections import whole

__all__ = ["compare", "is_json", "shared", "test_response_golden", "told", "two_calls"]

MENDING = "mend the plugin there. The call gave no answer, so there is nothing that --accept could write."
DECLARING = 'If it is to end with this error, say so in case.json: {"error": {"type": "…"}}.'


@each_case(whole, "no case has a whole answer")
def test_response_golden(subject: Subject, case: Case) -> None:
    """The recorded answer gives exactly the recorded result.

    If this fails: where the plugin is wrong, mend it; where the new result is right, delete the case's result.json, run
    `pytest --accept` and look at the difference before you commit it.
    """
    outcome = call(subject, case)
    told(subject, case, outcome)
    if outcome.error is None:
        two_calls(subject, case, outcome)
    if outcome.error is None and (case.result is not None or case.folder is not None):
        compare(subject, case, outcome.plain)


def told(subject: Subject, case: Case, outcome: Outcome) -> None:
    """Fail where a call failed that should not have."""
    if (error := outcome.error) is None or isinstance(error, UnexpectedRequestError):
        return  # the latter is told by test_request_golden
    if case.name in subject.tried and isinstance(error, BadRequestError):
        return  # refused, and nobody said that it would not be
    at = line_of(error, subject.roots)
    if at is None:  # nothing of the plugin is on the way: what it returned was wrong
        at = _maker(subject, case)
    remedy = MENDING if isinstance(error, PluginError) else f"{MENDING} {DECLARING}"
    said = f"{case.operation} failed with {type(error).__name__}: {error}{shared(subject, case)}"
    fail(said, at=at, cause=error, remedy=remedy)


def shared(subject: Subject, case: Case) -> str:
    """Point at a decoder or splitter that all streams share, as the end of a sentence, or return nothing."""
    if not case.streams or (name := shared_by_streams(subject, case)) is None:
        return ""
    return f"; its {name}= gives one and the same object to every stream, and each is to get one of its own"


def two_calls(subject: Subject, case: Case, outcome: Outcome) -> None:
    """Fail where the answer of a case that is about two tool calls has fewer."""
    if case.name in PARALLEL and (count := _whole_calls(outcome)) < 2:
        at = _maker(subject, case)
        fail(f"{case.place} is about two tool calls, and adds up to {count} with arguments", at=at)


def _whole_calls(outcome: Outcome) -> int:
    """Return how many tool calls have an id of their own and arguments that are JSON."""
    calls = plain_result(outcome.response)["choices"][0]["message"].get("tool_calls", [])
    return len({each.get("id") for each in calls if is_json(each["function"].get("arguments"))})


def is_json(text: Any) -> bool:
    """Whether something is a text of JSON."""
    try:
        json.loads(text)
    except (TypeError, ValueError):
        return False
    return True


def compare(subject: Subject, case: Case, actual: Any) -> None:
    """Fail where a result is another than the case's."""
    if case.result is None:
        fail(f"{case.place} has no result.json; `pytest --accept` writes what the plugin answers now")
    try:
        expected = recorded(case.result, case.operation, streams=case.streams)
    except ValueError as error:
        fail(f"the result of {case.place} has not the shape of a result of {case.operation}: {error}")
    if case.streams and "chunks" not in expected:
        actual = {"response": actual["response"]}
    if found := differences(expected, _as_far_as(expected, actual)):
        where = f"{case.place}/result.json" if case.folder is not None else case.place
        fail(
            f"{subject.name} answers something else than {where}{shared(subject, case)}:", found, _maker(subject, case)
        )


def _maker(subject: Subject, case: Case) -> str | None:
    if case.streams:
        return place_of(subject, case)
    return line_of_return(subject.function(case.operation), lambda: call(subject, case))


def _as_far_as(expected: Any, actual: Any) -> Any:
    """Return a result without the made-up fields that the expected one does not name."""
    if isinstance(expected, dict) and isinstance(actual, dict) and "response" in expected and "response" in actual:
        return {name: _as_far_as(expected.get(name), value) for name, value in actual.items()}
    if isinstance(expected, list) and isinstance(actual, list):
        named = [expected[at] if at < len(expected) else {} for at in range(len(actual))]
        return [_as_far_as(*pair) for pair in zip(named, actual, strict=True)]
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {name: value for name, value in actual.items() if name in expected or name not in MADE_UP}
    return actual
