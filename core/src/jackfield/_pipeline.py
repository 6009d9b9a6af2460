"""The pure part of a running stream: bytes or items in, chunks that keep the stream laws out.

Both drivers pull their source and push what comes through one of these; nothing here waits or closes anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ._accumulate import Accumulator
from ._blame import blame
from ._chunks import as_chunk, chunk_of_text, text_of_chunk
from ._framing import splitter_factory
from ._shapes import text_of_chat
from .errors import (
    APIConnectionError,
    APITimeoutError,
    ContractViolationError,
    InvalidResponseError,
    JackfieldError,
    StreamInterruptedError,
)
from .flow import EventStream
from .types import ModelResponse, ModelResponseStream, TextCompletionResponse

__all__ = ["READY", "Pipeline"]

READY: Any = object()
"""What a pipeline gives once, before its first chunk: whoever opens a stream waits for it and keeps the chunk."""


class Pipeline:
    """One opening of one stream.

    ``model`` stands in for a model the source does not name, ``text`` makes text_completion chunks, ``gap`` is the
    longest silence between chunks in seconds, ``due`` the ``time.monotonic()`` by which the first must come.
    """

    def __init__(self, *, model: str, include_usage: bool, text: bool, gap: float, due: float) -> None:
        self.over = False
        prefix = "cmpl" if text else "chatcmpl"
        self.accumulator = Accumulator(model, include_usage=include_usage, id_prefix=prefix)
        self.failure: Callable[[Exception, Any], JackfieldError] = _unmapped
        self.watch: Callable[..., None] | None = None
        self._text = text
        self._gap = gap
        self._due = due
        self._ready = False
        self._direct = False  # the first chunk is out, and chat chunks are delivered as the accumulator gives them
        self._splitter: Any = None
        self._decoder: Any = None
        self._transforms: tuple[Any, ...] = ()
        self._inner: Pipeline | None = None

    def decoding(self, description: EventStream) -> Pipeline:
        """Prepare for this description: a splitter, a decoder and transforms of this opening's own."""
        self._transforms = description.transforms + self._transforms  # what stands nearer to the source comes first
        if description.decoder is not None:
            self._splitter = splitter_factory(description.framing)()
            self._decoder = description.decoder()
        return self

    def inherit(self, inner: Pipeline) -> Pipeline:
        """Take the usage of the running stream that is this one's source, which delivers it only where it is asked."""
        self._inner = inner
        return self

    def gives_way_to(self, inner: Pipeline) -> bool:
        """Let a running stream of another call stand for this one, where nothing of it is to be changed.

        Its chunks then reach this call's reader straight; observers and errors are those of both calls.
        """
        if self._transforms or self._asks_other_than(inner):
            return False
        self._told("first_chunk")
        inner.watch = _both(inner.watch, self.watch)
        inside, outside = inner.failure, self.failure
        inner.failure = lambda error, made_by: outside(inside(error, made_by), None)
        return True

    def _asks_other_than(self, inner: Pipeline) -> bool:
        usage = self.accumulator.include_usage, inner.accumulator.include_usage
        return usage[0] != usage[1] or self._text != inner._text or self._gap < inner._gap

    def mapped(self, error: Exception) -> JackfieldError:
        """Return an error as the caller gets it; a chunk that is none is the decoder's fault, where there is one."""
        return self.failure(error, None if self._decoder is None else type(self._decoder))

    @property
    def response(self) -> ModelResponse | TextCompletionResponse:
        """What has come so far, as a whole answer."""
        whole = self.accumulator.response
        return text_of_chat(whole) if self._text else whole

    def feed(self, data: bytes) -> Iterator[Any]:
        """Give the chunks that these bytes complete; raises APITimeoutError when none came for too long."""
        decode, push = self._decoder.decode, self.accumulator.push
        quiet = True
        for frame in self._splitter.feed(data):
            decoded = decode(frame)
            if self._direct and type(decoded) is ModelResponseStream:
                # What nearly every frame of a long stream is: no generator stands between it and the reader.
                if (chunk := push(decoded)) is not None:
                    quiet = False
                    yield chunk
                continue
            for chunk in self._decoded(decoded):
                quiet = False
                yield chunk
            if self.over:
                return
        self._keep_time(quiet=quiet)

    def items(self, item: Any) -> Iterator[Any]:
        """Give the chunks that one item of an iterable makes."""
        yield from self._delivered(as_chunk(item), self._transforms)

    def end(self) -> Iterator[Any]:
        """Give what is left when the source has ended; raises StreamInterruptedError where the wire broke off."""
        if self._splitter is not None:
            if not self.over:
                yield from self._tail()
            for chunk in getattr(self._decoder, "flush", tuple)():
                yield from self._delivered(as_chunk(chunk), self._transforms)
            if not (self.over or self.accumulator.finished):
                raise StreamInterruptedError("the stream ended before its finish; .partial holds what had arrived")
        yield from self._at_end()
        if self._inner is not None and self.accumulator.usage is None:
            self.accumulator.usage = self._inner.accumulator.usage
        for chunk in self.accumulator.end():
            yield from self._out(chunk)

    def without_decoder(self) -> None:
        """Prepare for chunks instead: what was to be bytes turned out to be an iterable."""
        self._splitter = self._decoder = None

    def failed(self, error: Exception) -> JackfieldError:
        """Return the error that ends this stream, with what had arrived before it."""
        if self._ready and type(error) is APIConnectionError:
            cut = StreamInterruptedError(f"the stream broke off: {error.message}; .partial holds what had arrived")
            cut.__cause__ = error
            error = cut
        mapped = self.mapped(error)
        if mapped.partial is None:
            mapped.partial = self.response
        if self._ready:
            self._told("failed", error=mapped)
        return mapped

    def closed(self) -> None:
        """Note that the stream is over, at its end or because its reader left. One that never began is not told of."""
        if self._ready:
            self._told("finished", usage=self.accumulator.usage)

    def _told(self, kind: str, **details: Any) -> None:
        if self.watch is not None:
            self.watch(kind, **details)
            if kind != "first_chunk":
                self.watch = None  # an end is told once

    def _keep_time(self, *, quiet: bool) -> None:
        now = time.monotonic()
        if not quiet:
            self._due = now + self._gap
        elif now > self._due:
            raise APITimeoutError(f"no chunk came within {self._gap:g} s, although the connection is alive")

    def _decoded(self, decoded: Any) -> Iterator[Any]:
        if decoded is None:
            self.over = True
            return
        for item in decoded if isinstance(decoded, list | tuple) else (decoded,):
            yield from self._delivered(as_chunk(item), self._transforms)

    def _tail(self) -> Iterator[Any]:
        # Bytes that no line end closed: a last frame of a careless server, or a frame that was cut in two.
        for frame in getattr(self._splitter, "flush", tuple)():
            try:
                yield from self._decoded(self._decoder.decode(frame))
            except Exception as error:
                if isinstance(error, JackfieldError) and not isinstance(error, InvalidResponseError):
                    raise  # an error that the server sent whole
                raise StreamInterruptedError("the stream broke off within a frame") from error

    def _delivered(self, chunk: Any, transforms: tuple[Any, ...]) -> Iterator[Any]:
        if transforms:
            for changed in _transformed(chunk, transforms[0][0]):
                yield from self._delivered(changed, transforms[1:])
            return
        if isinstance(chunk, TextCompletionResponse):
            chunk = chunk_of_text(chunk)
        if (kept := self.accumulator.push(chunk)) is not None:
            yield from self._out(kept)

    def _at_end(self) -> Iterator[Any]:
        for position, (_, at_end) in enumerate(self._transforms):
            for item in at_end() if at_end is not None else ():
                yield from self._delivered(as_chunk(item), self._transforms[position + 1 :])

    def _out(self, chunk: ModelResponseStream) -> Iterator[Any]:
        delivered = text_of_chunk(chunk) if self._text else chunk
        if delivered is None:
            return
        if not self._ready:
            self._ready = True
            self._direct = not (self._text or self._transforms)
            self._told("first_chunk")
            yield READY
        yield delivered


def _both(first: Callable[..., None] | None, second: Callable[..., None] | None) -> Callable[..., None] | None:
    if first is None or second is None:
        return first or second

    def watch(kind: str, **details: Any) -> None:
        first(kind, **details)
        second(kind, **details)

    return watch


def _unmapped(error: Exception, made_by: Any) -> JackfieldError:
    return error if isinstance(error, JackfieldError) else APIConnectionError(str(error))


def _transformed(chunk: Any, fn: Callable[[Any], Any]) -> Iterable[Any]:
    changed = fn(chunk)
    if changed is None:
        return ()
    try:
        return [as_chunk(item) for item in changed] if isinstance(changed, list | tuple) else (as_chunk(changed),)
    except ContractViolationError as error:
        raise blame(error, "the function of EventStream.map(…)", fn) from None
