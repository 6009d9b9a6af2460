"""Running the checks: without pytest for ``jackfield check``, and test by test for pytest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import PluginError
from ._cases import Case
from ._check import Check
from ._checks import CHECKS
from ._errors import SuiteError
from ._report import Report
from ._subject import Subject, subject_of

__all__ = ["Gap", "Plan", "Test", "Verdict", "check", "plan_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A standard test that a provider is known to fail: why, and with what.

    ``raises`` is the exception, or exceptions, that the test must fail with: NonconformanceError (an AssertionError)
    for what a test found, or the error behind it. The day the test passes, the gap is to be taken away.
    """

    reason: str
    raises: type[BaseException] | tuple[type[BaseException], ...] = AssertionError


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a test: "passed", "failed" or "gap", and the text that goes with it."""

    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """A check of one provider, for one of its cases or as a whole."""

    __test__ = False  # for pytest, which collects by name

    check: Check
    case: Case | None
    gap: Gap | None = None

    @property
    def name(self) -> str:
        """The test's name, with its case in brackets."""
        return f"{self.check.name}[{self.case.name}]" if self.case is not None else self.check.name

    def run(self, subject: Subject) -> Verdict:
        """Run the check, and hold it to its gap where one is declared."""
        failed = _failure(self, subject)
        if self.gap is not None:
            return _held_to_gap(self.gap, failed)
        if failed is None:
            return Verdict("passed")
        return Verdict("failed", f"{failed}\nIf this fails: {getattr(failed, 'remedy', None) or self.check.remedy}")


def _failure(test: Test, subject: Subject) -> Exception | None:
    try:
        test.check.run(subject, test.case)
    except (AssertionError, PluginError) as error:
        return error
    return None


def _held_to_gap(gap: Gap, failed: Exception | None) -> Verdict:
    if failed is None:
        return Verdict("failed", f"the gap is closed: the test passes. Take it out of gaps ({gap.reason})")
    if isinstance(failed, gap.raises) or isinstance(failed.__cause__, gap.raises):
        return Verdict("gap", gap.reason)
    return Verdict(
        "failed", f"the test fails with something else than its gap says:\n{type(failed).__name__}: {failed}"
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """The tests of a subject, in their order, and what does not run: its name → the reason."""

    tests: list[Test]
    not_run: dict[str, str]

    def of(self, check: str) -> list[Test]:
        """Return the tests of the check of a name."""
        return [test for test in self.tests if test.check.name == check]


def plan_of(subject: Subject, gaps: Mapping[str, Gap] | None = None, checks: Iterable[Check] = CHECKS) -> Plan:
    """Return what is to run of some checks; raises SuiteError for a gap that names no test that runs.

    Without ``gaps`` there are none; with them, those of the wire files are added.
    """
    tests: list[Test] = []
    not_run: dict[str, str] = {}
    for check in checks:
        cases, reasons = check.scope(subject)
        tests += [Test(check, case) for case in cases]
        not_run |= reasons
    if gaps is not None:
        known = _known_gaps(subject, gaps, {name for test in tests for name in (test.name, test.check.name)})
        tests = [replace(test, gap=known.get(test.name) or known.get(test.check.name)) for test in tests]
    return Plan(tests, not_run)


def _known_gaps(subject: Subject, given: Mapping[str, Gap], named: set[str]) -> dict[str, Gap]:
    """Return the gaps given and those of the wire files; raises SuiteError for one that names no test that runs.

    Wire files go where others are: what the machine lacks for a test (the gateway) makes its gap no mistake.
    """
    absent = {each.name for each in CHECKS if each.unless(subject) is not None}
    declared = {name: Gap(reason=reason) for name, reason in subject.declared.items()}
    gaps = {name: gap for name, gap in declared.items() if name.partition("[")[0] not in absent} | dict(given)
    for name, gap in gaps.items():
        if not isinstance(gap, Gap):
            raise SuiteError(f"gaps[{name!r}] is {gap!r}, expected Gap(reason=…, raises=…)")
        if not str(gap.reason).strip():
            raise SuiteError(f"gaps[{name!r}] gives no reason: say what is missing, and until when")
        if name not in named:
            where = "" if name in given else f"{subject.suite_file}: "
            raise SuiteError(
                f"{where}gaps names {name!r}, which is no test that runs for {subject.name}{_near(name, named)}"
            )
    return gaps


def _near(name: str, named: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, named, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def check(
    provider: str,
    *,
    model: str | None = None,
    wire: str | Path | None = None,
    cases: Iterable[Case] | None = None,
    plugin: object = None,
    gaps: Mapping[str, Gap] | None = None,
) -> Report:
    """Run every check that applies to a provider and return what was found; raises SuiteError where none can run.

    ``provider`` is the name of an installed provider, or with ``plugin`` the name under which that object is checked.
    ``wire`` is a folder of wire files, ``cases`` are those of a provider without HTTP.
    """
    subject = subject_of(provider, model=model, plugin=plugin, wire=Path(wire) if wire else None, cases=cases)
    try:
        return _report(subject, gaps or {})
    finally:
        subject.close()


def _report(subject: Subject, given: Mapping[str, Gap]) -> Report:
    plan, report = plan_of(subject, given), Report.of(subject)
    for name, reason in plan.not_run.items():
        report.note(name, "not run", reason)
    for test in plan.tests:
        verdict = test.run(subject)
        report.note(test.name, verdict.kind, verdict.text)
    return report
