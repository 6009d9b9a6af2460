"""The cases against the real server, to see whether it still answers as it did when they were recorded."""

from __future__ import annotations

from typing import Any

from ..errors import APIConnectionError, AuthenticationError
from ._cases import Case
from ._check import each_case, fail
from ._checks._answer_laws import broken_laws
from ._differences import differences
from ._results import plain_result, recorded
from ._runs import call
from ._subject import Subject
from ._tape import real_call, real_request
from ._unanswered import UNREACHED

__all__ = ["LIVE"]

NOT_REACHED = (APIConnectionError, AuthenticationError)


def _answered(subject: Subject, case: Case) -> bool:
    return case.error is None and case.result is not None


@each_case(_answered, "no case has a result")
def test_the_real_server_agrees(subject: Subject, case: Case) -> None:
    """The real server answers in the shape that was recorded: the same fields, of the same types, by the same laws.

    If this fails: the server has changed since it was recorded: record the case again with `pytest --record`, see what
    the difference means for the plugin, and commit both.
    """
    outcome, _ = real_call(subject, real_request(subject, case))
    if outcome.error is not None:
        said = f"the real server did not answer {case.name}: {type(outcome.error).__name__}: {outcome.error}"
        fail(said, remedy=UNREACHED if isinstance(outcome.error, NOT_REACHED) else None)
    expected = recorded(case.result, case.operation, streams=case.streams)
    shape = _shape(expected["response"] if case.streams else expected)
    if found := differences(shape, _shape(plain_result(outcome.response))):
        fail(f"the real server answers {case.name} in another shape than was recorded:", found)
    if (broken := broken_laws(case, outcome.response)) and not broken_laws(case, call(subject, case).response):
        fail(f"the real server's answer to {case.name} breaks these laws, which the recorded one keeps:", broken)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items() if name not in {"id", "created"}} | _counted(value)
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _counted(usage: dict[str, Any]) -> dict[str, str]:
    """Tell counts from zeros, which stand where a server says nothing of them."""
    return {"total_tokens": "0" if usage["total_tokens"] == 0 else "a number"} if "total_tokens" in usage else {}


LIVE = test_the_real_server_agrees
