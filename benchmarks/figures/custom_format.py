"""A handler in the same process that answers at once: all that is measured is the library's."""

from __future__ import annotations

from collections.abc import Iterator

from harness import Bench
from report import OURS, Figure, Must
from workers import Probe, Timed, time_probes

LENGTH = len("Hi!")
HOP = Probe("jackfield", "hop", LENGTH, 1, contestant="thread")


def figures(bench: Bench) -> Iterator[Figure]:
    yield direct(bench, "custom-format, handler under a sync caller", "custom", 0, Must(15, aim=10))
    yield direct(bench, "custom-format, async handler under an async caller", "acustom", 1, Must(15))
    if OURS in bench.pythons:
        yield above_a_hop(bench)
        yield fifty_in_flight(bench)


def direct(bench: Bench, title: str, function: str, in_flight: int, must: Must) -> Figure:
    timed = time_probes(bench, {name: Probe(name, function, LENGTH, in_flight) for name in (OURS, "litellm")})
    return Figure(title, "µs", "litellm", timed.microseconds(), (must,))


def above_a_hop(bench: Bench) -> Figure:
    timed = time_probes(bench, {"bare thread hop": HOP, OURS: Probe(OURS, "acustom_plain", LENGTH, 1)})
    title = "custom-format, plain handler under an async caller, above a bare thread hop"
    return Figure(title, "µs", "", less_the_hop(timed), (Must(15),))


def less_the_hop(timed: Timed) -> dict[str, float | str]:
    measured = timed.microseconds()
    ours, hop = measured[OURS], measured["bare thread hop"]
    if not isinstance(ours, str) and not isinstance(hop, str):
        measured["jackfield in all"], measured[OURS] = ours, ours - hop
    return measured


def fifty_in_flight(bench: Bench) -> Figure:
    timed = time_probes(bench, {OURS: Probe(OURS, "acustom_plain", LENGTH, 50)})
    title = "custom-format, plain handler under an async caller, 50 in flight, a call"
    return Figure(title, "µs", "", timed.microseconds(), (Must(35),))
