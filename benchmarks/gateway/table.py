"""The table: a row of Markdown for each figure, a column for each gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from shared import Must, amount

OURS = "jackfield"


@dataclass(frozen=True)
class Figure:
    """Every gateway's value in `unit`, or in words why it has none; what ours must reach, and what it aims at."""

    title: str
    unit: str
    measured: Mapping[str, float | str]
    musts: Sequence[Must] = ()
    aims: Sequence[Must] = ()
    at_least: bool = True

    def row(self, names: Iterable[str]) -> str:
        cells = [self._cell(name) for name in names]
        return line([self.title, *cells, self._verdicts(self.musts), self._verdicts(self.aims)])

    def reasons(self) -> Iterator[tuple[str, str]]:
        """Who has no value, and why."""
        return ((name, value) for name, value in self.measured.items() if isinstance(value, str))

    def _cell(self, name: str) -> str:
        value, ours = self.measured.get(name, ""), self.measured.get(OURS, "")
        if isinstance(value, str):
            return "—"
        text = amount(value, self.unit).replace(" /", "/")
        if name == OURS or isinstance(ours, str) or value <= 0 or ours <= 0:
            return text
        return f"{text} ({ours / value:.2f}×)"

    def _verdicts(self, bounds: Sequence[Must]) -> str:
        return "; ".join(f"{bound.words(self.unit)}: {self._verdict(bound)}" for bound in bounds)

    def _verdict(self, bound: Must) -> str:
        value = self.measured.get(OURS, "")
        other = self.measured.get(bound.against, "") if bound.against else 1.0
        if isinstance(value, str) or isinstance(other, str):
            return "not measured"
        return "met" if bound.met(value / other) else "NOT MET"


def head(names: Sequence[str]) -> Iterator[str]:
    titles = ["figure", *names, "must", "aim"]
    yield line(titles)
    yield line(["---"] + ["---:"] * len(names) + ["---"] * 2)


def line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
