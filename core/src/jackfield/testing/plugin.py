"""The pytest plugin of the kit: ``-p jackfield.testing.plugin``, and never by installing the core.

--accept                    write the request.json and result.json that are missing, from what the provider does now
--record                    run the cases against the real server and write their wire files, redacted
--live                      run the cases against the real server and compare the shapes of its answers
--conformance-report=FILE   write what was found as JSON
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from unittest import TestCase

import pytest

from ._engine import Test, plan_of
from ._errors import SuiteError
from ._live import LIVE
from ._record import RECORDING
from ._report import Report, no_place_for, written_reports
from ._suite import STANDARD, ProviderSuite, instead_of
from ._summary import accepted, gaps, live, not_run, recorded
from ._tape import check_variables
from ._written import accept

MODES = {"record": RECORDING, "live": LIVE}
ACCEPT = "accept"
SWITCHES = {"skip", "skipif", "xfail"}
"""Marks by which pytest runs a test in vain, or not at all."""

IN_VAIN = "so that nothing of it would run"


class Run:
    """One suite in this session: its subject, loaded once, what is to run, and its report."""

    def __init__(self, suite: type[ProviderSuite], config: pytest.Config) -> None:
        self.mode: str | None = next((mode for mode in (*MODES, ACCEPT) if config.getoption(mode)), None)
        self.subject = suite.subject(complete=self.mode != "record")
        self.accepted: dict[str, list[str]] = {}
        if self.mode == ACCEPT:
            self.accepted = accept(self.subject)
            self.subject.close()
            self.subject = suite.subject()
        if self.mode in MODES:
            check_variables(self.subject)
            self.plan = plan_of(self.subject, checks=[MODES[self.mode]])
        else:
            self.plan = plan_of(self.subject, suite.gaps)
        self.report = Report.of(self.subject)
        for name, reason in self.plan.not_run.items():
            self.report.note(name, "not run", reason)
        self.told = not_run(self.report, most=3)

    def close(self) -> None:
        """Stop what was started, and note which tests came to no verdict, whoever left them out."""
        self.subject.close()
        told = {*self.report.passed, *self.report.failed, *self.report.gaps}
        missing = [test.name for test in self.plan.tests if test.name not in told]
        for name in missing:
            self.report.note(name, "not run", "it was not selected, or not reached")
        if missing:
            self.report.complete = False
            count = f"{len(missing)} of {len(self.plan.tests)} tests"
            self.told = [f"not run {count}: they were not selected, or not reached"]

    def bound(self, test: Test) -> Callable[[], None]:
        """Return a test as what pytest runs."""

        def run() -> None:
            verdict = test.run(self.subject)
            self.report.note(test.name, verdict.kind, verdict.text)
            if verdict.kind == "failed":
                pytest.fail(self.report.shown(test.name), pytrace=False)
            if verdict.kind == "gap":
                pytest.xfail(verdict.text)

        return run

    def summary(self) -> list[str]:
        """Return the lines that tell what this session's mode did; where it only checked, gaps and what did not run."""
        if self.mode == ACCEPT:
            return accepted(self.accepted)
        if self.mode is None:
            return [*gaps(self.report), *self.told]
        if not (self.report.passed or self.report.failed):
            return []
        return (recorded if self.mode == "record" else live)(self.subject, self.report)


class Conformance:
    """The hooks that collect suites; one object a session."""

    def __init__(self) -> None:
        self.runs: dict[type[ProviderSuite], Run] = {}

    def run_of(self, suite: type[ProviderSuite], config: pytest.Config) -> Run:
        """Return a suite's run; a suite that cannot be run is an error of its collection."""
        if suite not in self.runs:
            try:
                self.runs[suite] = Run(suite, config)
            except SuiteError as error:
                raise pytest.Collector.CollectError(f"{suite.__name__}: {error}") from error
        return self.runs[suite]

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makeitem(self, collector: pytest.Collector, name: str, obj: object) -> list[Any] | None:
        """Leave out standard tests of which nothing is to run, and refuse a suite that pytest would pass over."""
        if _is_suite(obj) and (reason := _passed_over(obj, name, collector)):
            raise pytest.Collector.CollectError(f"{name} {reason}")
        suite: Any = getattr(collector, "obj", None)
        if not _is_suite(suite) or name not in STANDARD:
            return None
        return None if self.run_of(suite, collector.config).plan.of(name) else []

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of each case."""
        suite, name = metafunc.cls, metafunc.function.__name__
        if not _is_suite(suite) or name not in STANDARD:
            return
        run = self.run_of(suite, metafunc.config)
        tests = run.plan.of(name)
        ids = [test.case.name if test.case else run.subject.name for test in tests]
        metafunc.parametrize("conformance", [run.bound(test) for test in tests], ids=ids)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Refuse marks that switch a standard test off, whoever put them there."""
        for item in filter(_is_standard, session.items):
            if marks := SWITCHES & {mark.name for mark in item.iter_markers()}:
                raise pytest.UsageError(_switched_off(item, f"is marked {min(marks)}"))

    @pytest.hookimpl(tryfirst=True, hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, Any, None]:
        """Have a standard test fail that a fixture or a set-up skips: it is for the kit to say what does not apply."""
        report = (yield).get_result()
        if report.when == "setup" and report.skipped and _is_standard(item):
            report.outcome, report.longrepr = "failed", _switched_off(item, "was skipped before it ran")
            vars(report).pop("wasxfail", None)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Stop what was started and write the report."""
        for run in self.runs.values():
            run.close()
        if file := session.config.getoption("conformance_report"):
            written_reports([run.report for run in self.runs.values()], Path(file))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was written, or asked, or not run."""
        if terminalreporter.config.option.collectonly:
            return
        for run in self.runs.values():
            if lines := run.summary():
                terminalreporter.section(f"{run.subject.name}: {f'pytest --{run.mode}' if run.mode else 'conformance'}")
                for line in lines:
                    terminalreporter.write_line(line)


def _is_suite(suite: Any) -> bool:
    return isinstance(suite, type) and issubclass(suite, ProviderSuite)


def _is_standard(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and _is_suite(item.cls) and item.originalname in STANDARD


def _passed_over(suite: Any, name: str, collector: Any) -> str | None:
    """Say what of a suite has pytest collect nothing of it, and what to do."""
    if issubclass(suite, TestCase):
        return "is a unittest.TestCase, too, to which pytest gives no cases; derive from ProviderSuite alone"
    if not any(collector.istestclass(suite, each) for each in (name, suite.__name__)):
        return _misnamed(suite, collector.config)
    if not getattr(suite, "__test__", True):
        return f"says __test__ = False, {IN_VAIN}; take it out"
    made = [each for each in ("__init__", "__new__") if getattr(suite, each) is not getattr(object, each)]
    return f"has a method {made[0]}, {IN_VAIN}; take it out" if made else None


def _misnamed(suite: Any, config: pytest.Config) -> str | None:
    """Say what is wrong with a name that pytest passes over, where the suite is nobody's base."""
    if getattr(suite, "provider", None) is None or suite.__subclasses__():
        return None
    wanted = " or ".join(config.getini("python_classes"))
    return f"has a name that pytest passes over, {IN_VAIN}; begin it with {wanted}"


def _switched_off(item: Any, how: str) -> str:
    name = item.originalname
    return f"{item.cls.__name__}: the standard test {name} {how}, and can only pass or fail; {instead_of(name)}"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the kit's options."""
    group = parser.getgroup("jackfield", "conformance of jackfield's providers")
    group.addoption("--accept", action="store_true", help="write missing request.json and result.json files")
    group.addoption("--record", action="store_true", help="write wire files from the real server's answers")
    group.addoption("--live", action="store_true", help="compare the real server's answers with the recorded ones")
    group.addoption("--conformance-report", metavar="FILE", help="write what was found as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Begin; raises UsageError where two things are to be done at once, or one by several processes."""
    if len(modes := [f"--{mode}" for mode in (*MODES, ACCEPT) if config.getoption(mode)]) > 1:
        raise pytest.UsageError(f"{' and '.join(modes)}: each is a run of its own")
    file = config.getoption("conformance_report")
    if file and (problem := no_place_for(Path(file))):
        raise pytest.UsageError(f"--conformance-report: {problem}")
    alone = [*modes, *(["--conformance-report"] if file else [])]
    if alone and config.getoption("dist", "no") != "no":  # pytest-xdist's
        raise pytest.UsageError(f"{alone[0]} is for one process, which knows of all tests; add -n 0")
    config.pluginmanager.register(Conformance(), "jackfield-conformance")
