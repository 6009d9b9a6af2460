"""Measure Jackfield's gateway beside its peers and print one table.

    python3 benchmarks/gateway/run.py                                      everything
    python3 benchmarks/gateway/run.py chat latency                         some figures
    python3 benchmarks/gateway/run.py --only jackfield,bare,portkey chat   some gateways
    python3 benchmarks/gateway/run.py --python .venv/bin/python chat       the tree as it is installed there

README.md beside this file says what the figures mean.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from candidates import CANDIDATES, jackfield_of, python_option
from measures import FIGURES, Bench
from processes import Cores, allow_many_connections
from servers import DIRECT, Run
from shared import Unavailable
from table import head

BUSY = 0.5  # load average of a minute from which a run is no fair comparison


def main() -> None:
    options = parse()
    candidates = {name: CANDIDATES[name] for name in options.only}
    if options.python and "jackfield" in candidates:
        candidates["jackfield"] = jackfield_of(options.python)
    try:
        cores = Cores.of_this_machine()
    except Unavailable as error:
        sys.exit(str(error))
    allow_many_connections()
    run, names = Run(candidates, cores), [*candidates, DIRECT]
    print(*describe(run), *head(names), sep="\n", flush=True)
    reasons: dict[tuple[str, str], str] = {}
    with run:
        bench = Bench(run, options.rounds, options.seconds, options.starts)
        for name in options.figures or FIGURES:
            for figure in FIGURES[name](bench):
                print(figure.row(names), flush=True)
                reasons = dict.fromkeys(figure.reasons(), figure.title) | reasons
    print("", *(f"{who}, {first} (first of such): {why}" for (who, why), first in reasons.items()), sep="\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Jackfield's gateway beside its peers, in one run.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FIGURES)} (default: all)")
    parser.add_argument("--only", type=by_comma, default=[*CANDIDATES], help="gateways, separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each gateway (default: 5)")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of a round (default: 2)")
    parser.add_argument("--starts", type=int, default=3, help="starts of each gateway (default: 3)")
    parser.add_argument("--python", type=python_option, help="interpreter beside which the jackfield to measure stands")
    options = parser.parse_args()
    if unknown := [name for name in options.figures if name not in FIGURES]:
        parser.error(f"no figure {unknown[0]!r}; there are {', '.join(FIGURES)}")
    if unknown := [name for name in options.only if name not in CANDIDATES]:
        parser.error(f"no gateway {unknown[0]!r}; there are {', '.join(CANDIDATES)}")
    return options


def by_comma(names: str) -> list[str]:
    return names.split(",")


def describe(run: Run) -> Iterator[str]:
    """What was measured on what."""
    load, cores = os.getloadavg()[0], run.cores
    there = {name: run.candidates[name] for name, found in run.programs.items() if isinstance(found, Path)}
    versions = ", ".join(f"{name} {candidate.version()}" for name, candidate in there.items())
    yield f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
    if load > BUSY:
        yield "The machine is busy: take no result from this."
    yield versions
    yield f"One worker each, on core {cores.gateway}; the load and the upstream on core {cores.load}."
    yield "Medians of interleaved rounds; in brackets: Jackfield's figure divided by theirs."
    yield f"`{DIRECT}` is what the load makes of the upstream without a gateway between them."
    yield ""


if __name__ == "__main__":
    main()
