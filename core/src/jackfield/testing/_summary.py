"""What a run did and what it did not, as it is told at its end."""

from __future__ import annotations

from collections.abc import Iterable

from ._canonical import BY_HAND, to_write
from ._check import Check
from ._live import LIVE
from ._record import RECORDING
from ._report import Report
from ._subject import Subject

__all__ = ["accepted", "live", "not_run", "recorded"]

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
    if subject.written and not _any_is_cut(subject):
        lines.append('no answer ends with "length": a case of few max_tokens shows what the server calls that')
    return [*lines, NEXT] if subject.written else lines


def _any_is_cut(subject: Subject) -> bool:
    """Whether an answer is short of its end, or there is no chat whose answer could be."""
    chats = [case.folder for case in subject.cases if case.operation in {"completion", "streaming"} and case.folder]
    results = [folder / "result.json" for folder in chats]
    return not chats or any(b'"length"' in file.read_bytes() for file in results if file.exists())


def accepted(written: dict[str, list[str]]) -> list[str]:
    """Return the lines after --accept."""
    return [*_told(written), NEXT] if written else ["nothing was missing, and nothing was written"]


def live(subject: Subject, report: Report) -> list[str]:
    """Return the lines after --live."""
    asked = {"answered as recorded": _cases(report.passed), "answered otherwise, or not": _cases(report.failed)}
    return _told({**asked, "not asked, since they end with an error or have no result": _others(subject, LIVE)})


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
