"""What importing costs: wall time and memory of a fresh process, and what else it loads."""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from environments import Unavailable, last_words
from harness import ENVIRON, PROBES, Bench, take_turns
from report import OURS, Figure, Must

FROM_IMPORT = "from jackfield import completion"
STATEMENTS = {  # what is measured → (environment, statement)
    "pydantic": ("pydantic", "import pydantic"),
    OURS: ("jackfield", "import jackfield"),
    FROM_IMPORT: ("jackfield", FROM_IMPORT),
    "openai": ("openai", "import openai"),
    "tensorzero": ("tensorzero", "import tensorzero"),
    "litellm": ("litellm", "import litellm"),
}
IMPORT = Must(0.6, "pydantic", aim=0.3)
NAMED_IMPORT = Must(0.8, "pydantic")
NOT_LOADED = {"asyncio", "httpx", "aiohttp", "jackfield_openai_compatible", "jackfield_custom_format"}

Samples = Mapping[str, "list[dict[str, Any]] | str"]


def figures(bench: Bench) -> Iterator[Figure]:
    turns = {
        name: partial(import_once, bench, environment, statement)
        for name, (environment, statement) in STATEMENTS.items()
        if environment in bench.pythons
    }
    samples = take_turns(turns, bench.starts + 1)
    plain = {name: found for name, found in samples.items() if name != FROM_IMPORT}
    named = {name.replace(FROM_IMPORT, OURS): samples[name] for name in samples if name in (FROM_IMPORT, "pydantic")}
    yield Figure("import, wall time", "ms", "pydantic", medians(plain, "seconds", 1e3), (IMPORT,))
    yield Figure("import, memory that it adds", "MB", "pydantic", medians(plain, "memory", 1e-6), (IMPORT,))
    yield Figure(f"{FROM_IMPORT}, wall time", "ms", "pydantic", medians(named, "seconds", 1e3), (NAMED_IMPORT,))
    if OURS in samples:
        extra = {OURS: unwanted(samples[OURS])}
        yield Figure("import, modules loaded that must not be", "modules", "", extra, (Must(0),))


def import_once(bench: Bench, environment: str, statement: str) -> dict[str, Any]:
    command = [str(bench.python(environment)), "-I", str(PROBES / "measure_import.py"), statement]
    done = subprocess.run(command, capture_output=True, text=True, env=ENVIRON, check=False)
    if done.returncode:
        raise Unavailable(last_words(done.stderr))
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def medians(samples: Samples, key: str, scale: float) -> dict[str, float | str]:
    """The first start of each is left out: it may have had to compile or to read from a cold disk."""
    return {name: found if isinstance(found, str) else middle(found[1:], key, scale) for name, found in samples.items()}


def middle(samples: list[dict[str, Any]], key: str, scale: float) -> float | str:
    values = [sample[key] for sample in samples]
    return "this system does not tell" if None in values else statistics.median(values) * scale


def unwanted(samples: list[dict[str, Any]] | str) -> float | str:
    return samples if isinstance(samples, str) else len(NOT_LOADED.intersection(*(s["modules"] for s in samples)))
