"""Measure Jackfield beside its peers and print one table.

    python3 benchmarks/run.py                                     everything
    python3 benchmarks/run.py imports streams                     some families of figures
    python3 benchmarks/run.py --only jackfield,httpx sync_calls   some contestants

README.md beside this file says what the figures mean.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path

import environments
import report
from harness import Bench, mock_server

FAMILIES = ("imports", "first_answer", "sync_calls", "async_calls", "custom_format", "streams")
BUSY = 0.5  # load average of a minute from which a run is no fair comparison
CONTESTANTS = ("jackfield", *(name for name in environments.PEERS if name != "server"))


def main() -> None:
    options = parse()
    pythons = {name: python_or_reason(name) for name in options.only}
    print(*describe(pythons), *report.head(), sep="\n", flush=True)
    with mock_server(environments.python_of("server")) as url:
        bench = Bench(pythons, url, options.rounds, options.seconds, options.starts)
        for family in options.figures or FAMILIES:
            for figure in importlib.import_module(f"figures.{family}").figures(bench):
                print(*figure.rows(), "", sep="\n", flush=True)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure Jackfield beside its peers, in one run.")
    parser.add_argument("figures", nargs="*", metavar="FIGURE", help=f"of {', '.join(FAMILIES)} (default: all)")
    parser.add_argument("--only", type=by_comma, default=CONTESTANTS, help="contestants, separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contestant (default: 5)")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a round (default: 1)")
    parser.add_argument("--starts", type=int, default=15, help="process starts of each contestant (default: 15)")
    options = parser.parse_args()
    if unknown := [name for name in options.figures if name not in FAMILIES]:
        parser.error(f"no figure {unknown[0]!r}; there are {', '.join(FAMILIES)}")
    if unknown := [name for name in options.only if name not in CONTESTANTS]:
        parser.error(f"no contestant {unknown[0]!r}; there are {', '.join(CONTESTANTS)}")
    return options


def by_comma(names: str) -> list[str]:
    return names.split(",")


def python_or_reason(name: str) -> Path | str:
    try:
        return environments.python_of(name)
    except environments.Unavailable as error:
        return str(error)


def describe(pythons: dict[str, Path | str]) -> Iterable[str]:
    """What was measured on what."""
    load = os.getloadavg()[0]
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
    yield f"Python {platform.python_version()} and its asyncio, {system}"
    if load > BUSY:
        yield "The machine is busy: whoever works in threads of its own, as tensorzero does, looks slower than it is."
    yield ", ".join(
        f"{name} {environments.version(name)}" for name, found in pythons.items() if isinstance(found, Path)
    )
    yield "Medians of interleaved rounds; in brackets: what carried the calls."
    yield ""


if __name__ == "__main__":
    main()
