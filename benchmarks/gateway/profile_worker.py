"""Show where the time of a gateway's worker goes, as py-spy samples it under load.

    python3 benchmarks/gateway/profile_worker.py chat|burst|paced [--seconds 5] [--native] [--of jackfield|bare|…]
    python3 benchmarks/gateway/profile_worker.py chat --python .venv/bin/python --svg chat.svg

prints the functions that were running most often themselves, and those that were most often somewhere on the stack, in
percent of the samples in which the worker was busy; what is on every stack is left out. `--native` tells C functions
apart too (uvloop, httptools, pydantic); without it their time is that of the Python function that called them. `--svg`
draws a flame graph instead.

py-spy needs leave to look into another process: in a container that is the capability SYS_PTRACE.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from candidates import CANDIDATES, jackfield_of, python_option
from kinds import KINDS
from processes import Cores, allow_many_connections, start
from servers import Run, Server
from shared import Unavailable, environments, last_words

IN_FLIGHT = 50
RATE = 250  # samples a second
SHOWN = 40
_PLACE = re.compile(r"^(?P<function>.*) \((?P<file>.*?)(:\d+)?\)$")


def main() -> None:
    options = parse()
    candidate = jackfield_of(options.python) if options.python else CANDIDATES[options.of]
    allow_many_connections()
    try:
        with Run({"it": candidate}, Cores.of_this_machine()) as run:
            run.load("it", options.kind, in_flight=IN_FLIGHT, seconds=1)
            with tempfile.TemporaryDirectory() as folder:
                target = options.svg or Path(folder, "stacks")
                sample(run, run.server("it"), options, target)
                if not options.svg:
                    print(*report(target.read_text()), sep="\n")
    except Unavailable as error:
        sys.exit(str(error))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Sample a gateway's worker under load.")
    parser.add_argument("kind", choices=[kind for kind in KINDS if kind != "slow"], help="what it is asked for")
    parser.add_argument("--seconds", type=int, default=5, help="how long (default: 5)")
    parser.add_argument("--native", action="store_true", help="tell C functions apart")
    parser.add_argument("--svg", type=Path, help="draw a flame graph into this file")
    parser.add_argument("--of", choices=CANDIDATES, default="jackfield", help="which gateway (default: jackfield)")
    parser.add_argument("--python", type=python_option, help="interpreter beside which the jackfield to sample stands")
    return parser.parse_args()


def sample(run: Run, server: Server, options: argparse.Namespace, target: Path) -> None:
    """Have py-spy write stacks, or draw them, while the load runs."""
    spy = environments.python_of("py-spy").parent / "py-spy"
    command = [str(spy), "record", "--pid", str(server.pid), "--duration", str(options.seconds), "--rate", str(RATE)]
    command += ["--format", "flamegraph" if options.svg else "raw", "--output", str(target)]
    command += ["--native"] if options.native else []
    spying = start(command, run.cores.load, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    result = run.load("it", options.kind, in_flight=IN_FLIGHT, seconds=options.seconds + 1)
    _, errors = spying.communicate(timeout=60)
    if spying.returncode:
        raise Unavailable(f"py-spy: {last_words(errors)}")
    done = result["tokens"] if KINDS[options.kind].tokens else result["answers"]
    rate, each = done / result["seconds"], result["cpu"] / done * 1e6
    print(f"{rate:,.0f} a second while it was sampled, {each:.1f} µs of CPU time each")


def report(stacks: str) -> Iterator[str]:
    """Two tables out of py-spy's lines `outermost;…;innermost count`."""
    alone: Counter[str] = Counter()
    within: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        frames = [name(frame) for frame in stack.split(";")]
        alone[frames[-1]] += int(count)
        within.update(dict.fromkeys(frames, int(count)))
    yield from table("itself", alone, alone.total())
    yield from table("with all it called", within, alone.total())


def table(title: str, counts: Counter[str], samples: int) -> Iterator[str]:
    yield f"\n{title}, of {samples:,} samples"
    shown = [(frame, count) for frame, count in counts.most_common() if count < samples]
    for frame, count in shown[:SHOWN]:
        yield f"{100 * count / samples:6.1f} %  {frame}"


def name(frame: str) -> str:
    """A frame without its line, and its file by the last two parts of the path."""
    found = _PLACE.match(frame)
    if not found:
        return frame
    return f"{found['function']}  {'/'.join(Path(found['file']).parts[-2:])}"


if __name__ == "__main__":
    main()
