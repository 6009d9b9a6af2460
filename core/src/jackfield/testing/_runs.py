"""Calls as a caller makes them, through the core's own drivers, with a transport in memory and without waiting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from .._drive import Stream, drive
from .._scope import Instructions
from ..errors import JackfieldError
from ..flow import Sleep
from ..transports.memory import AsyncMemoryTransport, MemoryTransport
from ..types import Request
from ._cases import Case
from ._replay import STEPS, Cut, Replay, without_end, written
from ._results import comparable, plain_result
from ._subject import Subject

__all__ = [
    "Outcome",
    "call",
    "call_on_asyncio",
    "call_on_trio",
    "leave",
    "leave_on_asyncio",
    "leave_on_trio",
    "stream_of",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call: the response or the error, a stream's chunks, and what was exchanged."""

    response: Any = None
    chunks: list[Any] | None = None
    error: Exception | None = None
    replay: Replay | None = None

    @property
    def sent(self) -> list[Any]:
        """The requests that went out, as wire files hold them."""
        return [written(outgoing) for outgoing in self.replay.sent] if self.replay is not None else []

    @property
    def plain(self) -> Any:
        """The result as JSON, or None after an error."""
        if self.error is not None:
            return None
        whole = plain_result(self.response)
        return whole if self.chunks is None else {"chunks": plain_result(self.chunks), "response": whole}

    @property
    def said(self) -> Any:
        """All that a caller learns, as JSON without what is made up anew at each call."""
        heard = {} if self.chunks is None else {"chunks": comparable(plain_result(self.chunks))}
        if self.error is None:
            return heard | {"response": comparable(plain_result(self.response))}
        return heard | {"error": type(self.error).__name__, "message": str(self.error)}


def call(
    subject: Subject, case: Case, *, cut: Cut | None = None, handler: Any = None, params: Any = None, **options: Any
) -> Outcome:
    """Make a case's call under the sync driver, to the end of its stream; ``params`` go in as the object they are."""
    replay = handler or Replay(case, cut=cut)
    request = subject.request(case, **options)
    if params is not None:
        request = request.replace(params=params)
    return _heard(lambda: start(subject, request, replay), replay, streams=case.streams)


def stream_of(subject: Subject, case: Case, replay: Replay) -> Stream[Any, Any]:
    """Open a case's stream under the sync driver."""
    stream: Stream[Any, Any] = start(subject, subject.request(case), replay)
    return stream


def start(subject: Subject, request: Request, handler: Callable[..., Any]) -> Any:
    """Run a request under the sync driver: its response, or its opened stream."""
    transport: Any = MemoryTransport(handler)
    return drive(at_once(subject.core.flow(request)), lambda: transport)


def _heard(begin: Callable[[], Any], replay: Replay, *, streams: bool) -> Outcome:
    chunks: list[Any] | None = None
    try:
        result = begin()
        if not streams:
            return Outcome(result, replay=replay)
        chunks = []
        chunks.extend(result)
    except (JackfieldError, AssertionError) as error:
        return Outcome(getattr(error, "partial", None), chunks, error, replay)
    return Outcome(result.response, chunks, replay=replay)


def at_once(instructions: Instructions) -> Instructions:
    """Return the same instructions without their pauses, since no check waits for a polling server, and with an end."""
    value: Any = None
    error: Exception | None = None
    for _ in range(STEPS):
        try:
            instruction, scope = instructions.send(value) if error is None else instructions.throw(error)
        except StopIteration as stop:
            return stop.value
        value, error = None, None
        if type(instruction) is Sleep:
            continue
        try:
            value = yield instruction, scope
        except Exception as raised:
            error = raised
        except BaseException:
            instructions.close()
            raise
    raise without_end(instructions)


def leave(subject: Subject, case: Case, replay: Replay, look: Callable[[], T]) -> T:
    """Leave a case's stream after its first chunk, under the sync driver; return what is seen at once."""
    stream = stream_of(subject, case, replay)
    next(stream)
    stream.close()
    return look()


def leave_on_asyncio(subject: Subject, case: Case, replay: Replay, look: Callable[[], T]) -> T:
    """Do so under asyncio; what is seen is seen before the loop does anything else."""
    import asyncio

    return asyncio.run(_aleave(subject, case, replay, look))


def leave_on_trio(subject: Subject, case: Case, replay: Replay, look: Callable[[], T]) -> T:
    """Do so under trio, which must be installed."""
    import trio

    return trio.run(_aleave, subject, case, replay, look)


async def _aleave(subject: Subject, case: Case, replay: Replay, look: Callable[[], T]) -> T:
    stream = await _astart(subject, case, replay)
    await anext(stream)
    await stream.close()
    return look()


def call_on_asyncio(subject: Subject, case: Case) -> Outcome:
    """Make a case's call under asyncio."""
    import asyncio

    return asyncio.run(_acall(subject, case))


def call_on_trio(subject: Subject, case: Case) -> Outcome:
    """Make a case's call under trio, which must be installed."""
    import trio

    return trio.run(_acall, subject, case)


async def _astart(subject: Subject, case: Case, replay: Replay) -> Any:
    from .._adrive import adrive

    transport = AsyncMemoryTransport(replay)
    return await adrive(at_once(subject.core.flow(subject.request(case))), lambda: transport)


async def _acall(subject: Subject, case: Case) -> Outcome:
    replay, chunks = Replay(case), None
    try:
        result = await _astart(subject, case, replay)
        if not case.streams:
            return Outcome(result, replay=replay)
        chunks = []
        async for chunk in result:
            chunks.append(chunk)
    except (JackfieldError, AssertionError) as error:
        return Outcome(getattr(error, "partial", None), chunks, error, replay)
    return Outcome(result.response, chunks, replay=replay)
