"""Figures, what is asked of them, and the table they are printed as."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

OURS = "jackfield"
COLUMNS = "{:<24} {:>17} {:>17} {:>8}   {:<42} {}"


@dataclass(frozen=True)
class Must:
    """A bound on our ratio to the contestant `against`, or on our figure itself where that is None."""

    bound: float
    against: str | None = None
    at_least: bool = False
    aim: float | None = None

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def words(self, unit: str) -> str:
        sign = "≥" if self.at_least else "≤"
        of = f"× of {self.against}" if self.against else f" {unit}"
        aim = "" if self.aim is None else f", aim {self.aim:,g}"
        return f"{sign} {self.bound:,g}{of}{aim}"


@dataclass(frozen=True)
class Figure:
    """One line of the contract: every contestant's value in `unit`, or in words why it has none."""

    title: str
    unit: str
    baseline: str
    measured: Mapping[str, float | str]
    musts: tuple[Must, ...]
    labels: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> Iterator[str]:
        """The figure's block of the table."""
        yield self.title
        for name, value in self.measured.items():
            label = f"  {name} ({self.labels[name]})" if name in self.labels else f"  {name}"
            if isinstance(value, str):
                yield COLUMNS.format(label, "—", "", "", self._asked(name), "not measured")
                yield f"    {value}"
            else:
                yield from self._measured_rows(name, label, value)

    def _asked(self, name: str) -> str:
        return ", ".join(must.words(self.unit) for must in self.musts) if name == OURS else ""

    def _measured_rows(self, name: str, label: str, value: float) -> Iterator[str]:
        measured, baseline = amount(value, self.unit), self.measured.get(self.baseline, "")
        if name != OURS or not self.musts:
            yield COLUMNS.format(label, measured, *self._against(value, baseline), "", "").rstrip()
        for must in self.musts if name == OURS else ():
            other = self.measured.get(must.against, "") if must.against else baseline
            verdict = self._verdict(must, value, other)
            yield COLUMNS.format(label, measured, *self._against(value, other), must.words(self.unit), verdict)
            label = measured = ""

    def _against(self, value: float, baseline: float | str) -> tuple[str, str]:
        if isinstance(baseline, str) or not baseline:
            return "", ""
        return amount(baseline, self.unit), f"{value / baseline:.2f}×"

    def _verdict(self, must: Must, value: float, other: float | str) -> str:
        if must.against is None:
            return "met" if must.met(value) else "NOT MET"
        if isinstance(other, str):
            return f"no {must.against} to compare with"
        return "met" if must.met(value / other) else "NOT MET"


def amount(value: float, unit: str) -> str:
    """A value as people read it: three digits at least, thousands apart."""
    digits = 0 if value >= 100 or value == int(value) else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def head() -> Iterator[str]:
    yield COLUMNS.format("figure", "measured", "baseline", "ratio", "must", "").rstrip()
    yield "─" * 122
