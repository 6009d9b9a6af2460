"""The cases against the real server, to see whether it still answers as it did when they were recorded."""

from __future__ import annotations

from typing import Any

from ._cases import Case
from ._check import each_case, fail
from ._differences import differences
from ._results import plain_result, recorded
from ._subject import Subject
from ._tape import real_call, real_request

__all__ = ["LIVE"]


def _answered(subject: Subject, case: Case) -> bool:
    return case.error is None and case.result is not None


@each_case(_answered, "no case has a result")
def test_the_real_server_agrees(subject: Subject, case: Case) -> None:
    """The real server answers in the shape that was recorded: the same fields, of the same types.

    If this fails: where the server answered, it has changed since it was recorded: record the case again with `pytest
    --record`, see what the difference means for the plugin, and commit both. Where it did not, the provider's variables
    must hold its address and a key that it takes.
    """
    outcome, _ = real_call(subject, real_request(subject, case))
    if outcome.error is not None:
        fail(f"the real server did not answer {case.name}: {type(outcome.error).__name__}: {outcome.error}")
    expected = recorded(case.result, case.operation, streams=case.streams)
    shape = _shape(expected["response"] if case.streams else expected)
    if found := differences(shape, _shape(plain_result(outcome.response))):
        fail(f"the real server answers {case.name} in another shape than was recorded:", found)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items() if name not in {"id", "created"}}
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


LIVE = test_the_real_server_agrees
