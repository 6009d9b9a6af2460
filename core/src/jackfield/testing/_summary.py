"""What a run did and what it did not, as it is told at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ._canonical import BY_HAND, to_write
from ._cases import Case
from ._check import Check
from ._checks._answer_laws import silent
from ._live import LIVE
from ._record import RECORDING
from ._report import Report
from ._subject import Subject
from ._wire_files import read_object

__all__ = ["accepted", "gaps", "live", "not_run", "recorded"]

CHATS = {"completion", "streaming"}
COUNTING = {*CHATS, "text_completion", "embedding"}
"""The operations whose answers tell how many tokens they took."""

NEXT = "look at the difference before you commit it, then run pytest"


def recorded(subject: Subject, report: Report) -> list[str]:
    """Return the lines after a recording: what was written and how, what was not, and what is left to do."""
    missing = sorted(BY_HAND & set(subject.missing()))
    lines = [
        *_told(subject.written),
        *_told(
            {
                "failed": _cases(report.failed),
                "left as they are, since they end with an error": _others(subject, RECORDING),
            }
        ),
        *(f"still to be written by hand: {name}, its case.json {to_write(name)}" for name in missing),
    ]
    if missing:
        lines.append("for each of these a 1.response.json, too; pytest --accept adds what the plugin sends")
    if any("refused" in how for how in subject.written):
        lines.append("where nothing should be refused: mend the plugin, delete the case's folder, and record it again")
    if not subject.written:
        return lines
    return [*lines, *_worth_a_look(subject), NEXT]


def _worth_a_look(subject: Subject) -> Iterator[str]:
    """Yield what is as it may be, and more often is not."""
    results = [(case, read_object(file)) for case in subject.cases if (file := _result_of(case)).exists()]
    answers = [(case, each.get("response", each)) for case, each in results]
    for case, each in answers:
        yield from (f"{case.name}: {said}" for said in silent(case, each))
    yield from _odd_ends([(case, *end) for case, each in answers if case.operation in CHATS for end in _ends(each)])
    counted = {case.operation for case, each in answers if "usage" in each}
    if uncounted := sorted({case.operation for case, _ in answers} & COUNTING - counted):
        yield f"no answer has usage: {', '.join(uncounted)}; where the server counts tokens, callers are to be told"


def _odd_ends(ends: list[tuple[Case, str | None, bool]]) -> Iterator[str]:
    cut_short = {case.operation for case, end, _ in ends if end == "length"}
    if whole := sorted({case.operation for case, *_ in ends} - cut_short):
        yield f'no answer ends with "length": {", ".join(whole)}; a case of few max_tokens shows what the server says'
    if stopped := [case.name for case, end, calls in ends if calls and end == "stop"]:
        yield f'tool calls that end with "stop", and not with "tool_calls", as few servers say: {", ".join(stopped)}'
    for stream, end, _ in ends:
        for case, other, _ in ends:
            alike = stream.streams and case.asked == stream.asked.replace(stream=False)
            if alike and end and other and end != other:
                yield f'{stream.name} ends with "{end}", and {case.name}, the same request, with "{other}"'


def _ends(answer: Mapping[str, Any]) -> Iterator[tuple[str | None, bool]]:
    """Yield how each choice of an answer ends, and whether it calls tools."""
    for choice in answer.get("choices", ()):
        yield choice.get("finish_reason"), "tool_calls" in choice.get("message", ())


def _result_of(case: Case) -> Path:
    return (case.folder or Path()) / "result.json"


def accepted(written: dict[str, list[str]]) -> list[str]:
    """Return the lines after --accept."""
    return [*_told(written), NEXT] if written else ["nothing was missing, and nothing was written"]


def live(subject: Subject, report: Report) -> list[str]:
    """Return the lines after --live."""
    asked = {"answered as recorded": _cases(report.passed), "answered otherwise, or not": _cases(report.failed)}
    return _told({**asked, "not asked, since they end with an error or have no result": _others(subject, LIVE)})


def gaps(report: Report) -> list[str]:
    """Return a line for each declared gap that a test failed as it says."""
    return [f"gap {test}: {reason}" for test, reason in report.gaps.items()]


def not_run(report: Report, most: int | None = None) -> list[str]:
    """Return a line for each reason why tests did not run; past ``most`` tests, how many others there are."""
    alike: dict[str, list[str]] = {}
    for test, reason in report.not_run.items():
        alike.setdefault(reason, []).append(test)
    return [f"not run {_listed(tests, most or len(tests))}: {reason}" for reason, tests in alike.items()]


def _listed(tests: list[str], most: int) -> str:
    return ", ".join(tests) if len(tests) <= most else f"{', '.join(tests[:most])} and {len(tests) - most} others"


def _told(names: dict[str, list[str]]) -> list[str]:
    return [f"{how}: {', '.join(each)}" for how, each in names.items() if each]


def _cases(tests: Iterable[str]) -> list[str]:
    return [test.partition("[")[2].removesuffix("]") for test in tests]


def _others(subject: Subject, check: Check) -> list[str]:
    asked = [case.name for case in check.scope(subject)[0] if case is not None]
    return [case.name for case in subject.cases if case.name not in asked]
