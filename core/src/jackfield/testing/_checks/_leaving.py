"""A caller who leaves a stream before its end, under every driver."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from importlib.util import find_spec
from types import AsyncGeneratorType, FrameType, GeneratorType
from typing import Any
from weakref import WeakSet

from .._cases import Case
from .._check import each_case, fail
from .._flows import place_of
from .._places import Roots, definition, inside, line_at, line_of
from .._replay import Replay, in_pieces
from .._runs import call, leave, leave_on_asyncio, leave_on_trio
from .._subject import Subject
from ._selections import NO_STREAM, streams

__all__ = ["test_leaving_early_closes_the_connection"]

Leave = Callable[[Subject, Case, Replay, Callable[[], Any]], Any]

GENERATORS = (GeneratorType, AsyncGeneratorType)

LOOKS, PAUSE_SECONDS = 200, 0.01
"""For generators that run in another thread, where one is closed when its step returns. Looks are counted, and not
seconds, since of those a machine that stands still for a while leaves none."""


@each_case(streams, NO_STREAM)
def test_leaving_early_closes_the_connection(subject: Subject, case: Case) -> None:
    """A caller who leaves after the first chunk closes what it came from: in a sync call, on asyncio and on trio.

    Over HTTP that is the connection, and the rest was not read before; else it is every generator of the plugin's code.
    If this fails: return `EventStream(http(…), decoder=…)`, which the core reads as the caller goes along; a hook that
    awaits the whole answer with `yield from http(…)` and cuts it into chunks has streamed nothing. A generator closes
    the one it reads from, `async with aclosing(…) as pieces:`, since `async for` does not; an iterator written by hand
    has a `close()`, an async one an `aclose()`.
    """
    if call(subject, case, cut=in_pieces(1)).error is not None:
        return  # told by test_stream_golden, or test_a_stream_comes_byte_by_byte
    left = _left_wire if case.exchanges else _left_source
    left(subject, case, "in a sync call", leave)
    left(subject, case, "on asyncio", leave_on_asyncio)
    if find_spec("trio") is not None:
        left(subject, case, "on trio", leave_on_trio)


def _left_wire(subject: Subject, case: Case, where: str, leave: Leave) -> None:
    complete, closed = _seen(subject, case, where, leave, _state)
    at = definition(subject.function(case.operation))
    if complete:
        fail(f"the answer of {case.name} had been read to its end before its first chunk came {where}", at=at)
    if not closed:
        fail(f"the connection of {case.name} was still open after its stream was closed {where}", at=at)


def _state(replay: Replay) -> tuple[bool, bool]:
    # Read while the caller still has the stream: one that is dropped closes its connection.
    return replay.replies[-1].complete, replay.replies[-1].closed


def _left_source(subject: Subject, case: Case, where: str, leave: Leave) -> None:
    begun = _Generators(subject.roots)
    at_once = _seen(subject, case, where, leave, lambda _: begun.asynchronous())
    # Only on asyncio does a plugin's async code run where its caller does, who has awaited its end.
    left = (leave is leave_on_asyncio and at_once) or begun.unfinished_in_time()
    if left:
        fail(f"the stream of {case.name} was closed {where} after its first chunk, and left unfinished:", left)


def _seen(subject: Subject, case: Case, where: str, leave: Leave, look: Callable[[Replay], Any]) -> Any:
    replay = Replay(case, cut=in_pieces(1))
    try:
        return leave(subject, case, replay, lambda: look(replay))
    except Exception as error:
        at = line_of(error, subject.roots) or place_of(subject, case)
        said = f"{type(error).__name__}: {error}"
        fail(f"leaving {case.name} after its first chunk {where} failed with {said}", at=at, cause=error)


class _Generators:
    """The generators of a plugin's code that have begun since this was made, and are not over."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._before: WeakSet[Any] = WeakSet([generator for generator, _ in _unfinished(roots)])

    def asynchronous(self) -> list[str]:
        """Return where the async ones stand."""
        return [line for generator, line in self._new() if isinstance(generator, AsyncGeneratorType)]

    def unfinished_in_time(self) -> list[str]:
        """Return where those stand that nobody closes."""
        left = WeakSet([generator for generator, _ in self._new()])  # each look would go through the whole memory
        for _ in range(LOOKS):
            if not any(map(_frame, left)):
                break
            time.sleep(PAUSE_SECONDS)
        return sorted(line_at(frame) for frame in map(_frame, left) if frame is not None)

    def _new(self) -> list[tuple[Any, str]]:
        return [each for each in _unfinished(self._roots) if each[0] not in self._before]


def _unfinished(roots: Roots) -> list[tuple[Any, str]]:
    """Return generators of the code in these places, and where they stand."""
    found = [(each, _frame(each)) for each in gc.get_objects() if isinstance(each, GENERATORS)]
    standing = [(each, frame) for each, frame in found if frame is not None]
    return [(each, line_at(frame)) for each, frame in standing if inside(frame.f_code.co_filename, roots)]


def _frame(generator: Any) -> FrameType | None:
    frame: FrameType | None = getattr(generator, "gi_frame", None) or getattr(generator, "ag_frame", None)
    return frame
