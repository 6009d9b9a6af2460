"""Processes on a core of their own: they are started, asked, measured and ended here, and end with this one."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from shared import ENVIRON, HERE, Unavailable, environments, last_words

PATIENCE = 10.0  # seconds a process has to end when it is asked to
OPEN_FILES = 16_384  # 2,000 streams are 4,000 connections of a gateway

Command = Sequence["str | Path"]


@dataclass(frozen=True)
class Cores:
    """Where processes run: gateways on one core; the load, the upstream and this process on another."""

    gateway: int
    load: int

    @classmethod
    def of_this_machine(cls) -> Cores:
        """The first and the last that there are; raises Unavailable where they cannot be told apart."""
        if not hasattr(os, "sched_setaffinity") or not shutil.which("setpriv"):
            raise Unavailable("processes are held to a core as Linux does it: this system cannot, or has no setpriv")
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            raise Unavailable("there is one core only, and the load must not run on that of the gateway")
        return cls(cores[0], cores[-1])


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started within this runs on that core alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def start(
    command: Command, core: int, environ: Mapping[str, str] | None = None, **options: Any
) -> subprocess.Popen[str]:
    """Start a process that is killed when this one is gone, however it went."""
    with on_core(core):
        tied = ["setpriv", "--pdeathsig", "KILL", *command]
        return subprocess.Popen(tied, env=ENVIRON | dict(environ or {}), text=True, **options)


def end(process: subprocess.Popen[Any]) -> None:
    """Ask a process to end; kill it where it does not."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def allow_many_connections() -> None:
    """For this process and those it starts."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, most), most))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


# ------------------------------------------------------------------------------------------------------- what it weighs


@dataclass(frozen=True)
class Memory:
    """Of a process and all that it started, in MB: resident, its share of that, and the most that was ever resident."""

    resident: float
    proportional: float
    peak: float


def memory(pid: int) -> Memory:
    processes = [pid, *descendants(pid)]
    rolled = [_kilobytes(f"/proc/{number}/smaps_rollup") for number in processes]
    peaks = [_kilobytes(f"/proc/{number}/status")["VmHWM"] for number in processes]
    return Memory(sum(one["Rss"] for one in rolled) / 1e3, sum(one["Pss"] for one in rolled) / 1e3, sum(peaks) / 1e3)


def cpu_seconds(pid: int) -> float:
    """What a process and all that it started have spent so far."""
    stats = (Path(f"/proc/{number}/stat").read_text() for number in (pid, *descendants(pid)))
    # The second field, the name in brackets, may hold spaces; the 14th and 15th are user and system time.
    ticks = (stat.rpartition(")")[2].split()[11:13] for stat in stats)
    return sum(int(user) + int(system) for user, system in ticks) / os.sysconf("SC_CLK_TCK")


def descendants(pid: int) -> Iterator[int]:
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield int(child)
        yield from descendants(int(child))


def _kilobytes(path: str) -> dict[str, float]:
    """The numbers of such a file, by name; kernel kilobytes are 1,024 bytes, these are 1,000."""
    lines = (line.split() for line in Path(path).read_text().splitlines())
    return {fields[0].rstrip(":"): int(fields[1]) * 1.024 for fields in lines if len(fields) == 3 and fields[2] == "kB"}


# ----------------------------------------------------------------------------------------- the two that every run needs


@contextlib.contextmanager
def upstream(core: int) -> Iterator[int]:
    """The port of an upstream that ends with this context."""
    command = [environments.python_of("server"), HERE / "upstream.py"]
    process = start(command, core, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        end(process)
        process.stdout.close()


class Generator:
    """The process that makes the load."""

    def __init__(self, core: int) -> None:
        command = [environments.python_of("server"), HERE / "generator.py"]
        self._process = start(command, core, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, **job: Any) -> dict[str, Any]:
        """Do one job; Unavailable says what went wrong."""
        print(json.dumps(job), file=_pipe(self._process.stdin), flush=True)
        line = _pipe(self._process.stdout).readline()
        if not line:
            raise Unavailable(f"the generator ended: {last_words(_pipe(self._process.stderr).read())}")
        result: dict[str, Any] = json.loads(line)
        if "error" in result:
            raise Unavailable(result["error"])
        return result

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream
