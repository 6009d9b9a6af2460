"""The load: requests over kept connections, as raw bytes, so that the gateway and not its client is measured.

    python generator.py

reads jobs from standard input, one line of JSON each (`Job`), and answers each with a line: what was counted and timed,
or {"error": …} with the first thing that went wrong. It ends with its input. Every answer is checked: it must have
status 200, end as HTTP says, and bring as many tokens as were sent upstream.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import statistics
import sys
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import uvloop

from kinds import MARK

_MARK = MARK.encode()
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n0\r\n\r\n"  # of a chunked answer
_AT_ONCE = 200  # connections that are opened together


@dataclass(frozen=True)
class Job:
    """`in_flight` connections to a port repeat a request for so many `seconds`, or until `count` were answered.

    What is in flight then is still waited for. `marks` is what each answer has to bring. A job that takes longer than
    `patience` seconds has failed.
    """

    port: int
    request: str
    marks: int
    in_flight: int
    seconds: float = 0.0
    count: int = 0
    patience: float = 120.0


class Failed(Exception):
    """An answer is not as it must be."""


class Load:
    """One job at work, and what came of it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.request = job.request.encode()
        self.times: list[float] = []  # from the request to the end of its answer
        self.firsts: list[float] = []  # and to its first token
        self.streaming = self.most_streaming = 0
        self._begun = self._busy = 0
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> dict[str, Any]:
        connections = await self._connect()
        self._started, self._busy = perf_counter(), len(connections)
        for connection in connections:
            connection.ask()
        try:
            async with asyncio.timeout(self.job.patience):
                await self._done
        except TimeoutError:
            raise Failed(f"{len(self.times)} of {self._begun} answers came within {self.job.patience:g} s") from None
        finally:
            elapsed = perf_counter() - self._started
            for connection in connections:
                connection.close()
        return self._result(elapsed)

    def goes_on(self) -> bool:
        """Whether another request is to be sent; if so, it counts as begun."""
        job = self.job
        another = self._begun < job.count if job.count else perf_counter() - self._started < job.seconds
        self._begun += another
        return another

    def leave(self) -> None:
        """Say that a connection has no more to do."""
        self._busy -= 1
        if not self._busy and not self._done.done():
            self._done.set_result(None)

    def fail(self, reason: str) -> None:
        if not self._done.done():
            self._done.set_exception(Failed(reason))

    async def _connect(self) -> list[Connection]:
        loop = asyncio.get_running_loop()
        connections: list[Connection] = []
        while missing := min(_AT_ONCE, self.job.in_flight - len(connections)):
            opened = (
                loop.create_connection(lambda: Connection(self), "127.0.0.1", self.job.port) for _ in range(missing)
            )
            connections += [connection for _, connection in await asyncio.gather(*opened)]
        return connections

    def _result(self, elapsed: float) -> dict[str, Any]:
        return {
            "answers": len(self.times),
            "tokens": len(self.times) * self.job.marks,
            "seconds": elapsed,
            "median": statistics.median(self.times),
            "first": statistics.median(self.firsts),
            "slowest_first": max(self.firsts),
            "most_streaming": self.most_streaming,
        }


class Connection(asyncio.Protocol):
    """Sends a request and reads its answer, again and again."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._waiting = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting:
            self._load.fail(f"the connection was closed in the middle of an answer ({error or 'without an error'})")

    def close(self) -> None:
        self._waiting = False
        self._transport.abort()

    def ask(self) -> None:
        if not self._load.goes_on():
            self._load.leave()
            return
        self._head: bytes | None = b""  # until it is complete
        self._left = 0  # bytes that are still to come of a body of known length
        self._tail = b""  # the last bytes of a chunked one
        self._marks = 0
        self._waiting = True
        self._asked = perf_counter()
        self._transport.write(self._load.request)

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            data = self._read_head(data)
        if not data:
            return
        if marks := data.count(_MARK):
            self._count(marks)
        if self._left > 0:
            self._left -= len(data)
            if self._left <= 0:
                self._finish()
        else:
            self._tail = (self._tail + data[-len(_END) :])[-len(_END) :]
            if self._tail == _END:
                self._finish()

    def _read_head(self, data: bytes) -> bytes:
        """Take the head off, if it is there whole; returns what of the body came with it."""
        received = (self._head or b"") + data
        end = received.find(b"\r\n\r\n")
        if end < 0:
            self._head = received
            return b""
        self._head = None
        if not received.startswith(b"HTTP/1.1 200 "):
            self._load.fail(f"answered {received[9:12].decode()}: {received[end + 4 :][:200].decode(errors='replace')}")
        length = _LENGTH.search(received, 0, end)
        self._left = int(length[1]) if length else 0
        return received[end + 4 :]

    def _count(self, marks: int) -> None:
        load = self._load
        if not self._marks:
            load.firsts.append(perf_counter() - self._asked)
            load.streaming += 1
            load.most_streaming = max(load.most_streaming, load.streaming)
        self._marks += marks

    def _finish(self) -> None:
        load = self._load
        load.times.append(perf_counter() - self._asked)
        load.streaming -= 1
        if self._marks != load.job.marks:
            load.fail(f"an answer brought {self._marks} tokens, not {load.job.marks}")
        self._waiting = False
        self.ask()


async def work(line: str) -> dict[str, Any]:
    try:
        return await Load(Job(**json.loads(line))).run()
    except (Failed, OSError) as error:
        return {"error": str(error)}


def main() -> None:
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for line in sys.stdin:
            print(json.dumps(runner.run(work(line))), flush=True)


if __name__ == "__main__":
    main()
