"""What a run of the checks found, as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .. import __version__
from ._subject import Subject

__all__ = ["Report", "no_place_for", "written_reports"]


@dataclass
class Report:
    """One provider's run.

    ``passed`` names tests, with the case in brackets; ``failed``, ``gaps`` and ``not_run`` map names to what was seen,
    to the declared reason, and to why the test does not apply. ``complete`` says whether all ran that do apply.
    """

    provider: str
    distribution: str | None
    version: str | None
    operations: list[str]
    bridged: list[str]
    jackfield: str = __version__
    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    gaps: dict[str, str] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    complete: bool = True

    @classmethod
    def of(cls, subject: Subject) -> Report:
        """Return the empty report on a subject."""
        found = subject.found
        return cls(
            subject.name,
            found.distribution if found is not None else None,
            found.version if found is not None else None,
            sorted(subject.hooks),
            sorted(subject.loaded.bridged),
        )

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    def note(self, test: str, verdict: str, text: str = "") -> None:
        """Add a test's verdict: "passed", "failed", "gap" or "not run"."""
        if verdict == "passed":
            self.passed.append(test)
        else:
            {"failed": self.failed, "gap": self.gaps, "not run": self.not_run}[verdict][test] = text

    def shown(self, test: str) -> str:
        """Return what is to be told of a failed test: one line where an earlier one failed with the same text."""
        text = self.failed[test]
        for earlier, other in self.failed.items():
            if earlier == test:
                break
            if _essence(earlier, other) == _essence(test, text):
                return f"the same as {earlier}: {text.partition(chr(10))[0]}"
        return text

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain JSON."""
        return asdict(self)


def _essence(test: str, text: str) -> str:
    """Return a failure's text without its case and what to do."""
    case = test.partition("[")[2].removesuffix("]")
    said = text.partition("\nIf this fails: ")[0]
    return re.sub(rf"(?<![\w-]){re.escape(case)}(?![\w-])", "…", said) if case else said


def no_place_for(file: Path) -> str | None:
    """Say why a report could not be written to a file, which is better known before the run; None where it can."""
    if file.is_dir():
        return f"{file} is a folder, and the report is a file"
    return None if file.parent.is_dir() else f"there is no folder {file.parent} for the report"


def written_reports(reports: Iterable[Report], file: Path) -> None:
    """Write reports to a file."""
    providers = [report.as_dict() for report in reports]
    complete = all(each["complete"] for each in providers)
    document = {"jackfield": __version__, "complete": complete, "providers": providers}
    file.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")
