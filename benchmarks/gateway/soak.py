"""Whether the gateway stands a crowd, and whether it grows.

    python3 benchmarks/gateway/soak.py                              both
    python3 benchmarks/gateway/soak.py streams --streams 500        so many streams open at once
    python3 benchmarks/gateway/soak.py growth --requests 500 2000   memory after the one count and after the other
    python3 benchmarks/gateway/soak.py --of bare                    the same of another gateway

`streams` opens 2,000 at once, 20 tokens each and a second between two of them; all must bring their first token while
all are open, and end whole. `growth` compares the memory after 50,000 chats with that after 5,000: it must not be more
than a tenth higher. Ends with 1 where something is not as it must be.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator

from candidates import CANDIDATES, Candidate, jackfield_of, python_option
from kinds import KINDS
from processes import Cores, allow_many_connections
from servers import Run, Server
from shared import Unavailable

IN_FLIGHT = 50
GROWTH = 1.10
PATIENCE = 600.0  # seconds for a crowd or for a count of requests


def main() -> None:
    options = parse()
    candidate = jackfield_of(options.python) if options.python else CANDIDATES[options.of]
    allow_many_connections()
    try:
        met = [CHECKS[name](candidate, options) for name in options.checks or CHECKS]
    except Unavailable as error:
        sys.exit(f"NOT MET: {error}")
    sys.exit(not all(met))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Load one gateway for long and with many.")
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"of {', '.join(CHECKS)} (default: both)")
    parser.add_argument("--of", choices=CANDIDATES, default="jackfield", help="which gateway (default: jackfield)")
    parser.add_argument("--streams", type=int, default=2_000, help="streams open at once (default: 2000)")
    parser.add_argument("--requests", type=int, nargs=2, default=(5_000, 50_000), help="counts (default: 5000 50000)")
    parser.add_argument("--python", type=python_option, help="interpreter beside which the jackfield to load stands")
    options = parser.parse_args()
    if unknown := [name for name in options.checks if name not in CHECKS]:
        parser.error(f"no check {unknown[0]!r}; there are {', '.join(CHECKS)}")
    return options


def streams(candidate: Candidate, options: argparse.Namespace) -> bool:
    count = options.streams
    with one_server(candidate) as (run, server):
        before = server.memory()
        result = run.load("it", "slow", in_flight=count, count=count, patience=PATIENCE)
        after = server.memory()
    lasting = KINDS["slow"].tokens * KINDS["slow"].pause
    print(f"{result['answers']:,} streams of {lasting:g} s ended whole after {result['seconds']:.1f} s")
    print(f"  first token after {result['first']:.2f} s in the median, {result['slowest_first']:.2f} s at the latest")
    print(f"  {result['cpu']:.1f} s of CPU time; memory {before.resident:.0f} MB before, {after.resident:.0f} MB after")
    each = (after.peak - before.resident) * 1e3 / count
    print(f"  at most {after.peak:.0f} MB, {each:.0f} kB a stream")
    return verdict(result["most_streaming"] == count, f"{result['most_streaming']:,} of {count:,} were open at once")


def growth(candidate: Candidate, options: argparse.Namespace) -> bool:
    few, many = options.requests
    with one_server(candidate) as (run, server):
        early = after(run, server, few, few)
        late = after(run, server, many - few, many)
    ratio = late / early
    what = f"after {many:,} requests {ratio:.3f}× the memory after {few:,}, at most {GROWTH:g}×"
    return verdict(ratio <= GROWTH, what)


def after(run: Run, server: Server, more: int, total: int) -> float:
    """Resident MB after so many more requests."""
    result = run.load("it", "chat", in_flight=IN_FLIGHT, count=more, patience=PATIENCE)
    weight = server.memory()
    rate = result["answers"] / result["seconds"]
    print(
        f"{total:,} requests: {weight.resident:.1f} MB resident, {weight.proportional:.1f} MB its share ({rate:,.0f}/s)"
    )
    return weight.resident


@contextlib.contextmanager
def one_server(candidate: Candidate) -> Iterator[tuple[Run, Server]]:
    """A run with one gateway, named `it`, which answers."""
    with Run({"it": candidate}, Cores.of_this_machine()) as run:
        yield run, run.server("it")


def verdict(met: bool, what: str) -> bool:  # noqa: FBT001 - the sentence after it says what it is
    print(f"  {'met' if met else 'NOT MET'}: {what}")
    return met


CHECKS: dict[str, Callable[[Candidate, argparse.Namespace], bool]] = {"streams": streams, "growth": growth}


if __name__ == "__main__":
    main()
