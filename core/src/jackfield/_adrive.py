"""The async driver: runs the same instructions on asyncio and on trio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from . import _threads
from ._contexts import enterable, rest_of, steps, steps_of
from ._drive import ERROR_BODY_BYTES, close_after, given_client
from ._pipeline import Pipeline
from ._scope import Drain, Instructions, Opening, Scope
from ._within import within
from .flow import Call, HttpResponse, Sleep
from .transports import AsyncIncoming, AsyncTransport, Outgoing

__all__ = ["AsyncStream", "adrive", "on_asyncio"]

ChunkT = TypeVar("ChunkT")
ResponseT = TypeVar("ResponseT")


class AsyncStream(Generic[ChunkT, ResponseT]):
    """A running stream of chunks for async code. Iterate, or use it with ``async with``; leaving early closes it.

    ``response`` is what has arrived so far as a whole answer, with usage when it is known.
    """

    __module__ = "jackfield"

    def __init__(
        self,
        source: AsyncIterator[Any],
        take: Callable[[Any], Iterator[ChunkT]],
        pipeline: Pipeline,
        held: AsyncIncoming | _Held,
        limits: tuple[float, float] | None = None,
    ) -> None:
        """``limits``: seconds for the first item and for each that follows, where no transport keeps them."""
        self._source = source
        self._take = take
        self._pipeline = pipeline
        self._held = held
        self._limits = limits
        self._ready: Iterator[ChunkT] = iter(())
        self._ending = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChunkT:
        # A plain iterator and no async generator: it can be dropped without a loop to await its end.
        while True:
            try:
                for chunk in self._ready:
                    return chunk
                if self._ending:
                    break
                await self._pull()
            except Exception as error:
                failed = self._pipeline.failed(error)  # before it is closed: an observer is told of one end only
            except BaseException:
                self._stop()
                raise
            else:
                continue
            await self.close()
            raise failed
        if self._pipeline.over:
            await self._held.finish()
        await self.close()
        raise StopAsyncIteration

    async def _pull(self) -> None:
        if not self._pipeline.over:
            try:
                item = await self._next()
            except StopAsyncIteration:
                pass
            else:
                if not self._ending:  # else it was closed meanwhile
                    self._ready = self._take(item)
                return
        self._ending = True
        self._ready = self._pipeline.end()

    async def _next(self) -> Any:
        if self._limits is None:
            return await anext(self._source)
        first, gap = self._limits
        self._limits = gap, gap
        return await _within(time.monotonic() + first, anext(self._source))

    async def batches(self) -> AsyncGenerator[list[ChunkT]]:
        """Iterate over lists of the chunks that arrived together, for whoever passes them on; none is empty."""
        async for chunk in self:
            batch = [chunk]
            try:
                batch.extend(self._ready)
            except Exception as error:
                self._ready = _failing(error)  # after what came before it
            yield batch

    @property
    def response(self) -> ResponseT:
        """What has arrived so far, as a whole answer."""
        response: Any = self._pipeline.response
        return response  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close the connection; may be called at any time and more than once."""
        self._ending, self._ready = True, iter(())
        await self._held.aclose()
        self._pipeline.closed()

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _stop(self) -> None:
        self._ending, self._ready = True, iter(())
        self._held.abort()
        self._pipeline.closed()

    def __del__(self) -> None:
        self._stop()  # a finalizer cannot await; aborting what is closed already does nothing


def _failing(error: Exception) -> Iterator[Any]:
    yield from ()
    raise error


async def adrive(instructions: Instructions, transport: Callable[[], AsyncTransport]) -> Any:
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
            value = await _PERFORM[type(instruction)](instruction, scope, transport)
        except Exception as raised:
            error = raised
        except BaseException as raised:
            close_after(instructions, raised)
            raise


def on_asyncio() -> bool:
    """Whether the running event loop is asyncio's (any implementation); otherwise it is trio's."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _send(outgoing: Outgoing, scope: Scope, transport: Callable[[], AsyncTransport]) -> Awaitable[HttpResponse]:
    return transport_for(scope, transport).send(outgoing)


def transport_for(scope: Scope, transport: Callable[[], AsyncTransport]) -> AsyncTransport:
    """Return the client's transport, or one around the httpx client that the caller gave."""
    client = given_client(scope, "AsyncClient", other="Client", called="an async call")
    if client is None:
        return transport()
    from .transports.httpx_ import AsyncClientTransport

    return AsyncClientTransport(client)


async def _sleep(effect: Sleep, scope: Scope, transport: Callable[[], AsyncTransport]) -> None:
    if on_asyncio():
        await asyncio.sleep(effect.seconds)
    else:
        import anyio

        await anyio.sleep(effect.seconds)


async def _call(effect: Call[Any], scope: Scope, transport: Callable[[], AsyncTransport]) -> Any:
    if effect.asynchronous is None:
        assert effect.sync is not None  # call() takes one of the two
        return await _threads.arun(effect.sync, timeout=scope.time_left, context=scope.context)
    if not on_asyncio():
        from . import _background

        return await _background.arun(effect.asynchronous, timeout=scope.time_left, context=scope.context)
    return await _within(scope.deadline, effect.asynchronous())


async def _within(until: float, awaitable: Awaitable[Any]) -> Any:
    """Await something until that ``time.monotonic()``; raises TimeoutError without a text."""
    awaiting = steps_of(awaitable)
    try:
        asked = awaiting.send(None)
    except StopIteration as stop:
        return stop.value  # it never waited: a timer would have cost as much as all else
    with _limit(until - time.monotonic()):
        return await rest_of(awaiting, asked)


def _limit(seconds: float) -> AbstractContextManager[Any]:
    if on_asyncio():
        return within(seconds)
    from anyio import fail_after

    return fail_after(seconds)


async def _open(
    opening: Opening, scope: Scope, transport: Callable[[], AsyncTransport]
) -> AsyncStream[Any, Any] | HttpResponse:
    pipeline, target = opening.pipeline, opening.target
    stream: AsyncStream[Any, Any]
    if isinstance(target, Outgoing):
        incoming = await transport_for(scope, transport).stream(target)
        if incoming.status >= 300 and incoming.status not in opening.accept:
            return HttpResponse(incoming.status, incoming.headers, await incoming.read_error(ERROR_BODY_BYTES))
        stream = AsyncStream(aiter(incoming), pipeline.feed, pipeline, incoming)
    else:
        if isinstance(target, AsyncStream):  # another call's, opened by invoke()
            inner = target._pipeline  # noqa: SLF001  # one of its own kind
            if pipeline.gives_way_to(inner):
                return target
            pipeline.inherit(inner)
        source = _AtOnce(target) if isinstance(target, list | tuple) else _source(target, scope)
        stream = AsyncStream(source, pipeline.items, pipeline, _Held(source), (scope.time_left, scope.total))
    await anext(stream)  # READY: the first chunk is there
    return stream


class _Held:
    """What a stream of items holds: no connection, only its source."""

    def __init__(self, source: Any) -> None:
        self._source = source

    async def finish(self) -> None:
        """Leave at the end."""

    async def aclose(self) -> None:
        """Close the source, where it can be closed; one that is in a step ends with that step."""
        if (aclose := getattr(self._source, "aclose", None)) is not None:
            try:
                await aclose()
            except RuntimeError as error:
                if "already running" not in str(error):
                    raise

    def abort(self) -> None:
        """Drop the source: its own finalizer closes it."""


class _AtOnce:
    """Iterate over what is there already."""

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = iter(items)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        for item in self._items:
            return item
        raise StopAsyncIteration


def _source(target: Any, scope: Scope) -> Any:
    if isinstance(target, AsyncStream):
        return target
    context = enterable(scope.context)
    if isinstance(target, AsyncIterable):
        if on_asyncio():
            return steps(target, context=context)
        from . import _background

        return _background.aiterate(target, context=context)
    return _threads.aiterate(context.run(iter, target), context=context)


async def _drain(drain: Drain, scope: Scope, transport: Callable[[], AsyncTransport]) -> None:
    with _limit(scope.time_left):
        try:
            async for _ in drain.stream:
                pass
        finally:
            await drain.stream.close()


_PERFORM: dict[type, Callable[[Any, Scope, Callable[[], AsyncTransport]], Awaitable[Any]]] = {
    Outgoing: _send,
    Call: _call,
    Sleep: _sleep,
    Opening: _open,
    Drain: _drain,
}
