"""The sync driver: runs instructions with blocking calls. Imports no asyncio."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterable, Callable, Generator, Iterator
from contextvars import Context
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar

from ._contexts import enterable
from ._scope import Drain, Instructions, Opening, Scope
from .errors import BadRequestError
from .flow import Call, HttpResponse, Sleep
from .transports import Incoming, Outgoing, Transport

if TYPE_CHECKING:
    from ._pipeline import Pipeline

__all__ = ["ERROR_BODY_BYTES", "Stream", "drive"]

ERROR_BODY_BYTES = 1024 * 1024
"""Of a stream's error answer no more is read than this."""

ChunkT = TypeVar("ChunkT")
ResponseT = TypeVar("ResponseT")


class Stream(Generic[ChunkT, ResponseT]):
    """A running stream of chunks. Iterate over it, or use it with ``with``; leaving early closes the connection.

    ``response`` is what has arrived so far as a whole answer, with usage when it is known.
    """

    __module__ = "jackfield"

    def __init__(self, chunks: Generator[ChunkT], pipeline: Pipeline, close: Callable[[], None]) -> None:
        self._chunks = chunks
        self._pipeline = pipeline
        self._close = close

    def __iter__(self) -> Iterator[ChunkT]:
        # The inner generator itself: a generator that held its own Stream would make a cycle, and a dropped stream
        # would stay connected until the garbage collector ran.
        return self._chunks

    def __next__(self) -> ChunkT:
        return next(self._chunks)

    @property
    def response(self) -> ResponseT:
        """What has arrived so far, as a whole answer."""
        response: Any = self._pipeline.response
        return response  # type: ignore[no-any-return]

    def close(self) -> None:
        """Close the connection; may be called at any time, more than once, and from another thread."""
        self._close()
        try:
            self._chunks.close()
        except Exception as error:
            if isinstance(error, ValueError) and "already executing" in str(error):
                return  # another thread is in a step, which ends with its source
            failed = self._pipeline.mapped(error)
        else:
            return
        raise failed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def drive(instructions: Instructions, transport: Callable[[], Transport]) -> Any:
    """Run instructions to their result."""
    value: Any = None
    error: Exception | None = None
    while True:
        try:
            instruction, scope = instructions.send(value) if error is None else instructions.throw(error)
        except StopIteration as stop:
            return stop.value
        value, error = None, None
        try:
            value = _PERFORM[type(instruction)](instruction, scope, transport)
        except Exception as raised:
            error = raised
        except BaseException as raised:
            close_after(instructions, raised)
            raise


def close_after(instructions: Instructions, raised: BaseException) -> None:
    """Close a flow because of a cancellation, which goes on whatever the flow does; what it does is told in a note."""
    try:
        instructions.close()
    except Exception as error:
        raised.add_note(f"{type(error).__name__} while the flow was closed: {error}")


def _send(outgoing: Outgoing, scope: Scope, transport: Callable[[], Transport]) -> HttpResponse:
    return transport_for(scope, transport).send(outgoing)


def transport_for(scope: Scope, transport: Callable[[], Transport]) -> Transport:
    """Return the client's transport, or one around the httpx client that the caller gave."""
    client = given_client(scope, "Client", other="AsyncClient", called="a sync call")
    if client is None:
        return transport()
    from .transports.httpx_ import ClientTransport

    return ClientTransport(client)


def given_client(scope: Scope, wanted: str, *, other: str, called: str) -> Any:
    """Return the httpx client of this colour that the caller gave, or None.

    Raises BadRequestError for one of the other colour: its proxy and credentials must not be passed over.
    """
    client = scope.settings.client
    if client is None or (httpx := sys.modules.get("httpx")) is None:
        return None
    if isinstance(client, getattr(httpx, other)):
        raise BadRequestError(
            f"client= is an httpx.{other}, and this is {called}: give an httpx.{wanted}", param="client"
        )
    return client if isinstance(client, getattr(httpx, wanted)) else None


def _sleep(effect: Sleep, scope: Scope, transport: Callable[[], Transport]) -> None:
    time.sleep(effect.seconds)


def _call(effect: Call[Any], scope: Scope, transport: Callable[[], Transport]) -> Any:
    if effect.sync is None:
        from . import _background

        assert effect.asynchronous is not None  # call() takes one of the two
        return _background.run(effect.asynchronous, timeout=scope.time_left, context=scope.context)
    if not scope.limited:
        return effect.sync()
    from . import _threads

    return _threads.run(effect.sync, timeout=scope.time_left, context=scope.context)


def _open(opening: Opening, scope: Scope, transport: Callable[[], Transport]) -> Stream[Any, Any] | HttpResponse:
    pipeline, target = opening.pipeline, opening.target
    if isinstance(target, Outgoing):
        incoming = transport_for(scope, transport).stream(target)
        if incoming.status >= 300 and incoming.status not in opening.accept:
            return HttpResponse(incoming.status, incoming.headers, incoming.read_error(ERROR_BODY_BYTES))
        return _primed(_of_wire(incoming, pipeline), pipeline, incoming.close)
    if isinstance(target, Stream):  # another call's, opened by invoke()
        inner = target._pipeline  # noqa: SLF001  # one of its own kind
        if pipeline.gives_way_to(inner):
            return target
        pipeline.inherit(inner)
    # A foreign generator is closed where its steps run, which closing the chunks does.
    return _primed(_of_items(_iterator(target, scope), pipeline), pipeline, _nothing)


def _primed(chunks: Generator[Any], pipeline: Pipeline, close: Callable[[], None]) -> Stream[Any, Any]:
    next(chunks)
    return Stream(chunks, pipeline, close)


def _of_wire(incoming: Incoming, pipeline: Pipeline) -> Generator[Any]:
    try:
        for data in incoming:
            yield from pipeline.feed(data)
            if pipeline.over:
                break
        yield from pipeline.end()
        if pipeline.over:
            incoming.finish()
    except Exception as error:
        failed = pipeline.failed(error)  # before it is closed: an observer is told of one end only
    else:
        return
    finally:
        incoming.close()
        pipeline.closed()
    raise failed


def _of_items(iterator: Iterator[Any], pipeline: Pipeline) -> Generator[Any]:
    try:
        for item in iterator:
            yield from pipeline.items(item)
        yield from pipeline.end()
    except Exception as error:
        failed = pipeline.failed(error)
    else:
        return
    finally:
        getattr(iterator, "close", _nothing)()
        pipeline.closed()
    raise failed


def _iterator(target: Any, scope: Scope) -> Iterator[Any]:
    if isinstance(target, list | tuple | Stream):
        return iter(target)
    context = enterable(scope.context)
    if isinstance(target, AsyncIterable):
        from . import _background

        return _background.iterate(target, gap=scope.total, context=context)
    iterator = context.run(iter, target)
    if scope.limited:
        from . import _threads

        return _threads.iterate(iterator, gap=scope.total, context=context)
    return _steps(iterator, context)


def _steps(iterator: Iterator[Any], context: Context) -> Generator[Any]:
    """Take every step of a foreign iterator in the call's context."""
    run, end = context.run, object()
    try:
        while (item := run(next, iterator, end)) is not end:
            yield item
    finally:
        if (close := getattr(iterator, "close", None)) is not None:
            run(close)


def _drain(drain: Drain, scope: Scope, transport: Callable[[], Transport]) -> None:
    stream = drain.stream
    try:
        for _ in stream:
            scope.check_time()
    finally:
        stream.close()


def _nothing() -> None:
    """Close what needs no closing."""


_PERFORM: dict[type, Callable[[Any, Scope, Callable[[], Transport]], Any]] = {
    Outgoing: _send,
    Call: _call,
    Sleep: _sleep,
    Opening: _open,
    Drain: _drain,
}
