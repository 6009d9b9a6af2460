"""Candidates at work: a started gateway, what it is asked, and the run in which all of them are measured."""

from __future__ import annotations

import contextlib
import http.client
import json
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Self

from candidates import Candidate, Place
from kinds import KINDS
from processes import Cores, Generator, Memory, cpu_seconds, end, free_port, memory, on_core, start, upstream
from shared import Unavailable, last_words

STARTING = 60.0  # seconds after which a gateway that does not answer has failed
BETWEEN_LOOKS = 0.002
DIRECT = "upstream"  # the name under which the upstream itself takes part
CONVERSATION = [
    {"role": "system", "content": "You answer in one sentence."},
    {"role": "user", "content": "What is a jackfield, and who needs one?"},
]


def request(port: int, kind: str, path: str = "", headers: Mapping[str, str] | None = None) -> str:
    """The bytes of a request for such an answer, as OpenAI's clients send them."""
    body = {"model": kind, "messages": CONVERSATION, "temperature": 0.7, "max_tokens": 256}
    content = json.dumps(body | ({"stream": True} if KINDS[kind].tokens else {}))
    fields = {
        "host": f"127.0.0.1:{port}",
        "accept": "application/json",
        "authorization": "Bearer key",
        "content-type": "application/json",
        "content-length": str(len(content)),
        **(headers or {}),
    }
    lines = [f"POST {path or '/v1'}/chat/completions HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", content])


class Server:
    """A gateway from its start to its end. What it says goes to a file, and into the reason when it does not start."""

    def __init__(self, candidate: Candidate, program: Path, upstream_port: int, core: int) -> None:
        self._candidate = candidate
        self._folder = tempfile.TemporaryDirectory(prefix="gateway-")
        self._place = Place(free_port(), upstream_port, Path(self._folder.name))
        self._said = Path(self._folder.name, "said").open("w+")  # noqa: SIM115 - close() closes it
        command = candidate.command(program, self._place)
        self._began = perf_counter()
        self._process = start(
            command, core, candidate.environ, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def until_healthy(self) -> float:
        """Seconds from the start until it says that it is healthy."""
        return self._until(lambda connection: connection.request("GET", self._candidate.healthy))

    def until_answer(self) -> float:
        """Seconds from the start until it has answered a chat."""
        _, _, content = (whole := request(self._place.port, "chat")).partition("\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in whole.partition("\r\n\r\n")[0].splitlines()[1:])
        headers |= self._candidate.headers(self._place, "chat")
        return self._until(lambda connection: connection.request("POST", "/v1/chat/completions", content, headers))

    def job(self, kind: str) -> dict[str, Any]:
        """The part of the generator's job that is this gateway's."""
        headers = self._candidate.headers(self._place, kind)
        port = self._place.port
        return {"port": port, "request": request(port, kind, headers=headers), "marks": KINDS[kind].marks}

    def memory(self) -> Memory:
        return memory(self.pid)

    def close(self) -> None:
        end(self._process)
        self._said.close()
        self._folder.cleanup()

    def _until(self, ask: Any) -> float:
        while perf_counter() - self._began < STARTING:
            connection = http.client.HTTPConnection("127.0.0.1", self._place.port, timeout=STARTING)
            with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
                ask(connection)
                if connection.getresponse().status == 200:
                    return perf_counter() - self._began
            if self._process.poll() is not None:
                raise Unavailable(f"it ended: {self._last_words()}")
            time.sleep(BETWEEN_LOOKS)
        raise Unavailable(f"it did not answer within {STARTING:g} s: {self._last_words()}")

    def _last_words(self) -> str:
        self._said.seek(0)
        return last_words(self._said.read())


@dataclass(frozen=True)
class Direct:
    """The upstream itself, asked as a gateway is: what the generator and it can do together."""

    port: int

    def job(self, kind: str) -> dict[str, Any]:
        path = KINDS[kind].base
        return {"port": self.port, "request": request(self.port, kind, path), "marks": KINDS[kind].marks}


def program_or_reason(candidate: Candidate) -> Path | str:
    try:
        return candidate.program()
    except Unavailable as error:
        return str(error)


class Run:
    """One comparison: its upstream, its generator, and the gateways, each started when it is first needed.

    A gateway that cannot take part is a reason in words, here and in every figure. What is missing is installed when
    the run is made, and not looked at again: a tree may change under it.
    """

    def __init__(self, candidates: Mapping[str, Candidate], cores: Cores) -> None:
        self.candidates = candidates
        self.cores = cores
        self.programs = {name: program_or_reason(candidate) for name, candidate in candidates.items()}
        self._stack = contextlib.ExitStack()
        self._servers: dict[str, Server | str] = {}

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            stack.enter_context(on_core(self.cores.load))
            self.upstream = stack.enter_context(upstream(self.cores.load))
            self.generator = stack.enter_context(contextlib.closing(Generator(self.cores.load)))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    def start(self, name: str) -> Server:
        """A gateway that is just starting; whoever asked for it closes it."""
        program = self.programs[name]
        if isinstance(program, str):
            raise Unavailable(program)
        return Server(self.candidates[name], program, self.upstream, self.cores.gateway)

    def server(self, name: str) -> Server:
        """The gateway that lives as long as the run; raises Unavailable."""
        if name not in self._servers:
            self._servers[name] = self._serve(name)
        found = self._servers[name]
        if isinstance(found, str):
            raise Unavailable(found)
        return found

    def load(self, name: str, kind: str, **how: Any) -> dict[str, Any]:
        """Have the generator ask a gateway, or the upstream directly. `cpu` is what a gateway spent, in seconds."""
        if name == DIRECT:
            return self.generator.run(**Direct(self.upstream).job(kind), **how)
        server = self.server(name)
        before = cpu_seconds(server.pid)
        result = self.generator.run(**server.job(kind), **how)
        return result | {"cpu": cpu_seconds(server.pid) - before}

    def _serve(self, name: str) -> Server | str:
        try:
            server = self._stack.enter_context(contextlib.closing(self.start(name)))
            server.until_answer()
        except Unavailable as error:
            return str(error)
        return server
