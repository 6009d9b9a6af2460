"""The figures: what each gateway does while all of them take turns, and what is asked of ours."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from servers import DIRECT, Run
from shared import Must, take_turns
from table import Figure

IN_FLIGHT = 50
MEMORY_REQUESTS = 2_000
WARM_UP = 3  # rounds

Measured = Mapping[str, "float | str"]


@dataclass(frozen=True)
class Bench:
    """How much of it: `rounds` are taken by each gateway, `seconds` each; `starts` is how often it is started."""

    run: Run
    rounds: int
    seconds: float
    starts: int

    def loaded(self, kind: str, **how: Any) -> dict[str, Any]:
        """What the generator counted in each round, with the upstream itself beside the gateways.

        Node's compiler takes some 5,000 requests to be done, so a round of `seconds` comes after a longer one.
        """
        names = [*self.run.candidates, DIRECT]
        longer = {"seconds": WARM_UP * self.seconds} if "seconds" in how else {}
        take_turns({name: partial(self.run.load, name, kind, **how | longer) for name in names}, 1)
        return take_turns({name: partial(self.run.load, name, kind, **how) for name in names}, self.rounds)


def medians(samples: Mapping[str, Any], value: Callable[[Any], float]) -> dict[str, float | str]:
    return {
        name: found if isinstance(found, str) else statistics.median(map(value, found))
        for name, found in samples.items()
    }


def added(measured: Measured) -> dict[str, float | str]:
    """What is left when the time of the upstream itself is taken off, which stays as it is."""
    base = measured[DIRECT]
    if isinstance(base, str):
        return dict.fromkeys(measured, base)
    return {
        name: value if name == DIRECT or isinstance(value, str) else value - base for name, value in measured.items()
    }


def spent(samples: Mapping[str, Any], what: str) -> dict[str, float | str]:
    """CPU time a gateway spends on each of what was counted, in µs: noise moves it far less than rates."""
    gateways = {name: found for name, found in samples.items() if name != DIRECT}
    return medians(gateways, lambda sample: sample["cpu"] / sample[what] * 1e6)


def start(bench: Bench) -> Iterator[Figure]:
    turns = {name: partial(start_once, bench, name) for name in bench.run.candidates}
    taken = take_turns(turns, bench.starts + 1)
    # The first start of each may have had to compile, or to read from a cold disk.
    samples = {name: found if isinstance(found, str) else found[1:] for name, found in taken.items()}
    healthy = medians(samples, lambda sample: sample[0])
    musts, aims = (Must(1.0),), (Must(0.5),)
    yield Figure("start to first healthy answer", "s", healthy, musts, aims, at_least=False)
    yield Figure("start to first chat answer", "s", medians(samples, lambda sample: sample[1]), at_least=False)


def start_once(bench: Bench, name: str) -> tuple[float, float]:
    with contextlib.closing(bench.run.start(name)) as server:
        return server.until_healthy(), server.until_answer()


def chat(bench: Bench) -> Iterator[Figure]:
    samples = bench.loaded("chat", in_flight=IN_FLIGHT, seconds=bench.seconds)
    measured = medians(samples, lambda sample: sample["answers"] / sample["seconds"])
    musts = (Must(20, "litellm", at_least=True), Must(2.5, "portkey", at_least=True))
    aims = (Must(0.7, "bare", at_least=True),)
    yield Figure(f"chat requests, {IN_FLIGHT} in flight", "/s", measured, musts, aims)
    yield Figure("CPU time of each", "µs", spent(samples, "answers"), at_least=False)


def latency(bench: Bench) -> Iterator[Figure]:
    samples = bench.loaded("chat", in_flight=1, seconds=bench.seconds)
    measured = added(medians(samples, lambda sample: sample["median"] * 1e3))
    yield Figure("latency added, one in flight", "ms", measured, (Must(0.5),), (Must(0.3),), at_least=False)


def burst(bench: Bench) -> Iterator[Figure]:
    samples = bench.loaded("burst", in_flight=IN_FLIGHT, seconds=bench.seconds)
    measured = medians(samples, lambda sample: sample["tokens"] / sample["seconds"])
    musts, aims = (Must(40_000, at_least=True),), (Must(1, "portkey", at_least=True),)
    yield Figure(f"streamed chunks, {IN_FLIGHT} streams × 200", "/s", measured, musts, aims)
    yield Figure("CPU time of each", "µs", spent(samples, "tokens"), at_least=False)


def paced(bench: Bench) -> Iterator[Figure]:
    samples = bench.loaded("paced", in_flight=IN_FLIGHT, count=IN_FLIGHT)
    title = f"first token added, {IN_FLIGHT} streams of 200 chunks, 10 ms apart"
    measured = added(medians(samples, lambda sample: sample["first"] * 1e3))
    yield Figure(title, "ms", measured, (Must(15),), (Must(6),), at_least=False)
    slowest = added(medians(samples, lambda sample: sample["slowest_first"] * 1e3))
    yield Figure("the last of those first tokens", "ms", slowest, at_least=False)


def memory(bench: Bench) -> Iterator[Figure]:
    """After all that was asked of it in this run, and at least this."""
    samples = take_turns({name: partial(weigh, bench, name) for name in bench.run.candidates}, 1)
    resident = medians(samples, lambda weight: weight.resident)
    yield Figure("memory after the load, resident", "MB", resident, (Must(90),), (Must(70),), at_least=False)
    proportional = medians(samples, lambda weight: weight.proportional)
    yield Figure("the same, its share of shared pages", "MB", proportional, at_least=False)


def weigh(bench: Bench, name: str) -> Any:
    bench.run.load(name, "chat", in_flight=IN_FLIGHT, count=MEMORY_REQUESTS)
    bench.run.load(name, "burst", in_flight=IN_FLIGHT, count=IN_FLIGHT)
    return bench.run.server(name).memory()


FIGURES = {figure.__name__: figure for figure in (start, chat, latency, burst, paced, memory)}
