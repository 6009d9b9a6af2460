"""Flows and the effects they ask for.

A hook of a provider does no I/O. It is a *flow*: a generator that yields effects and is sent their results, as the
flows of ``httpx.Auth`` do. The same flow serves ``completion()`` and ``acompletion()``.

    def completion(request, settings):
        response = yield from http("POST", f"{settings.api_base}/chat", json={"prompt": …})
        return ModelResponse.of_text(response.json()["output"])

``yield`` and ``yield from`` both work on an effect; ``yield from`` keeps its static type.
"""

from __future__ import annotations

import re
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeAlias, TypeVar

from .errors import ContractViolationError, InvalidResponseError

if TYPE_CHECKING:
    from ._events import Event
    from .errors import JackfieldError
    from .types import ModelResponse, ModelResponseStream, Request, TextCompletionResponse

    Chunk: TypeAlias = ModelResponseStream | TextCompletionResponse | ModelResponse | Mapping[str, Any] | str

__all__ = [
    "Call",
    "Decoder",
    "Effect",
    "EventStream",
    "Finish",
    "Flow",
    "Http",
    "HttpResponse",
    "Invoke",
    "Retried",
    "ServerSentEvent",
    "Sleep",
    "call",
    "http",
    "invoke",
    "retried",
    "sleep",
]

T = TypeVar("T")

PRIVATE = r"(?<=://)[^/?#]*@|[?#].*"
"""What of an address may hold a secret, and is not shown."""

Flow: TypeAlias = Generator["Effect[Any]", Any, T]
"""What a flow returns when called: ``def completion(request, settings) -> Flow[ModelResponse]``."""


class Effect(Generic[T]):
    """Something a flow asks for; the core does it and sends the result back."""

    __slots__ = ()

    def __iter__(self) -> Generator[Effect[T], Any, T]:
        result: T = yield self
        return result


HTML_PAGE = "an HTML page; is api_base the address of the API itself?"


class HttpResponse:
    """A whole HTTP response.

    ``status`` is the number, ``headers`` a mapping that ignores the case of its keys, ``content`` the body's bytes,
    already decompressed.
    """

    __slots__ = ("content", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def text(self) -> str:
        """The body as text; bytes that are no UTF-8 are replaced."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Parse the body; raises InvalidResponseError where it is no JSON."""
        import json

        try:
            return json.loads(self.content)
        except ValueError as error:
            what = HTML_PAGE if self.is_html else f"something that is no JSON: {self.text[:200]!r}"
            raise InvalidResponseError(
                f"the server answered {self.status} with {what}", body=self.text[:2000]
            ) from error

    @property
    def is_html(self) -> bool:
        """Whether the body looks like a page for people, which an API's answer never is."""
        return self.content[:200].lstrip().lower().startswith((b"<!doctype", b"<html"))

    def __repr__(self) -> str:
        return f"HttpResponse({self.status}, {len(self.content)} bytes)"


class Http(Effect[HttpResponse]):
    """Send a request, read the whole response. A status of 300 and above is thrown as an error, but for ``accept``."""

    __slots__ = ("accept", "content", "data", "files", "headers", "json", "method", "url")

    def __init__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        data: Mapping[str, Any] | None = None,
        files: Sequence[tuple[str, Any]] | None = None,
        accept: Iterable[int] = (),
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.json = json
        self.content = content
        self.data = data
        self.files = files
        self.accept = accept

    def __repr__(self) -> str:
        # An address's user and query may hold the key.
        return f"http({self.method!r}, {re.sub(PRIVATE, '', self.url)!r})"


class Sleep(Effect[None]):
    """Wait, in seconds."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = max(0.0, seconds)


class Call(Effect[T]):
    """Call a foreign function in the colour at hand; the missing colour is bridged."""

    __slots__ = ("asynchronous", "sync")

    def __init__(
        self, sync: Callable[[], T] | None = None, asynchronous: Callable[[], Awaitable[T]] | None = None
    ) -> None:
        if sync is None and asynchronous is None:
            raise ContractViolationError("call() takes a function: sync=, asynchronous=, or both")
        for colour, given in (("sync", sync), ("asynchronous", asynchronous)):
            if given is not None and not callable(given):
                raise ContractViolationError(
                    f"call({colour}=…) takes a function to call, not {type(given).__name__}: {colour}=lambda: …"
                )
        self.sync = sync
        self.asynchronous = asynchronous


class Invoke(Effect[Any]):
    """Call another model, with all that a call of its own would have: routing, extensions, retries."""

    __slots__ = ("observe", "request")

    def __init__(self, request: Request, observe: Callable[[Event], None] | None = None) -> None:
        self.request = request
        self.observe = observe


class Retried(Effect[T]):
    """Run a flow, and a fresh one after an error that may pass."""

    __slots__ = ("at_once", "attempt", "limit")

    def __init__(
        self,
        attempt: Callable[[], Flow[T]],
        limit: Callable[[JackfieldError], int | None] | None,
        at_once: Callable[[], bool] | None,
    ) -> None:
        self.attempt = attempt
        self.limit = limit
        self.at_once = at_once


def http(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    content: bytes | None = None,
    data: Mapping[str, Any] | None = None,
    files: Sequence[tuple[str, Any]] | None = None,
    accept: Iterable[int] = (),
) -> Http:
    """Ask for an HTTP exchange.

    The body is one of ``json`` (anything JSON holds; pydantic models too), ``content`` (bytes), or ``data`` with
    ``files`` (a form; with files, multipart: ``files`` is a list of ``(field, (file name, bytes, media type))``).
    A status of 300 and above is thrown here as an error, from 400 on in the words of ``response_error``, unless
    ``accept`` holds it. Redirects are not followed. The request's time limit is the call's ``timeout``.
    """
    return Http(method, url, headers=headers, json=json, content=content, data=data, files=files, accept=accept)


def sleep(seconds: float) -> Sleep:
    """Ask to wait for so many seconds; the call's ``timeout`` ends the wait."""
    return Sleep(seconds)


def call(sync: Callable[[], T] | None = None, asynchronous: Callable[[], Awaitable[T]] | None = None) -> Call[T]:
    """Ask for a foreign function to be called: ``sync`` under a sync caller, ``asynchronous`` under an async one.

    Where one is missing the other is bridged: blocking code runs in a worker thread, async code on one shared
    background loop.
    """
    return Call(sync, asynchronous)


def invoke(request: Request, observe: Callable[[Event], None] | None = None) -> Invoke:
    """Ask for another model's answer: the response, or for a stream the opened stream (its first chunk has come).

    ``observe`` is told of this one call's events, as the hook of an extension is of all calls: of its start, a
    stream's first chunk, and one end, "finished" or "failed". A call that fails before it starts has no events.
    """
    return Invoke(request, observe)


def retried(
    attempt: Callable[[], Flow[T]],
    limit: Callable[[JackfieldError], int | None] | None = None,
    at_once: Callable[[], bool] | None = None,
) -> Retried[T]:
    """Ask for a flow to be run, and for a fresh one after an error that may pass, as often as the call's num_retries.

    For attempts that ``invoke`` other models, each perhaps another one; what they invoke is best given
    ``num_retries=0``. ``limit(error)`` gives another number of retries for some errors, None for the call's.
    ``at_once()`` says whether the next attempt need not wait; otherwise it waits as the core always does.
    """
    return Retried(attempt, limit, at_once)


class ServerSentEvent:
    """One event of a ``text/event-stream``: its type ("message" where none is named) and its data as bytes."""

    __slots__ = ("data", "event", "id")

    def __init__(
        self, data: bytes, event: str = "message", id: str | None = None
    ) -> None:  # the field's name in the standard
        self.data = data
        self.event = event
        self.id = id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ServerSentEvent) and (self.data, self.event, self.id) == (
            other.data,
            other.event,
            other.id,
        )

    __hash__ = None  # type: ignore[assignment]  # compared by value, and never a key

    def __repr__(self) -> str:
        return f"ServerSentEvent({self.data!r}, event={self.event!r}, id={self.id!r})"


class Decoder(Protocol):
    """Turns the frames of one stream into chunks; made anew at each opening, so it may keep state.

    ``flush()`` is optional: called at the end, it returns the chunks still held.
    """

    def decode(self, frame: Any, /) -> Chunk | list[Chunk] | tuple[Chunk, ...] | None:
        """Return a chunk, a list or tuple of chunks (``()`` for none), or None when the stream is over."""


class Splitter(Protocol):
    """Cuts bytes into frames, whatever the pieces they come in. ``flush()`` is optional: the frames still held."""

    def feed(self, data: bytes, /) -> Iterable[Any]:
        """Return the frames that these bytes complete."""


class Finish(Effect[Any]):
    """Open a stream and read it to its end: the accumulated response. For bridging."""

    __slots__ = ("description",)

    def __init__(self, description: EventStream) -> None:
        self.description = description


class EventStream:
    """The description of a stream: how to open it, never a running one, so that it can be opened again.

    ``source`` is an ``http(…)`` effect, or a function without arguments that returns a flow whose result is one (where
    a token must be fetched first), another description, or an iterable of chunks. ``framing`` is "sse", of which each
    frame is a ``ServerSentEvent``, "ndjson", of which each is a line as bytes, or a factory of a splitter with
    ``feed(bytes) -> frames``. ``decoder`` is a factory, called at each opening, of what has ``decode(frame)``: it gives
    a chunk or a list of them, ``()`` for a frame that says nothing, and None where the stream is over.
    """

    __slots__ = ("decoder", "framing", "is_flow", "restartable", "source", "transforms")

    def __init__(
        self,
        source: Http | Callable[[], Flow[Any]],
        *,
        decoder: Callable[[], Decoder] | None = None,
        framing: str | Callable[[], Splitter] = "sse",
    ) -> None:
        if isinstance(source, Generator):
            raise ContractViolationError(
                "EventStream got a generator, which can run only once; give the function that makes it "
                "(EventStream(lambda: open_stream(request, settings), …)), so that a retry can open the stream again"
            )
        if isinstance(source, Http) and decoder is None:
            raise ContractViolationError("EventStream(http(…)) needs decoder=, which makes chunks of the frames")
        if decoder is not None and not callable(decoder):
            raise ContractViolationError(
                f"decoder= got an object of {type(decoder).__name__}, which only one stream could use; give what makes "
                f"one for each stream: decoder={type(decoder).__name__}"
            )
        self.source: Any = source
        self.decoder = decoder
        self.framing = framing
        self.is_flow = not isinstance(source, Http)
        self.restartable = True
        self.transforms: tuple[tuple[Callable[[Any], Any], Callable[[], Iterable[Any]] | None], ...] = ()

    @classmethod
    def of(cls, chunks: Callable[[], Any] | Iterable[Any] | AsyncIterable[Any]) -> EventStream:
        """Describe a stream of chunks that need no decoding: an iterable, an async iterable, or a function giving one.

        An iterator can be opened once; a function can be opened again, so a retry works. A stream that simply ends
        has finished.
        """
        stream = object.__new__(cls)
        stream.restartable = not isinstance(chunks, Iterator | AsyncIterator)
        stream.source = chunks if stream.restartable else _once(chunks)
        stream.decoder, stream.framing, stream.is_flow, stream.transforms = None, "sse", False, ()
        return stream

    def chunks(self) -> Any:
        """Return what ``of`` was given, anew where it was given as a function."""
        return self.source() if callable(self.source) else self.source

    def map(self, fn: Callable[[Any], Any], at_end: Callable[[], Iterable[Chunk]] | None = None) -> EventStream:
        """Return this stream with each chunk passed through ``fn``, which returns a chunk, a list of chunks, or None.

        None drops the chunk. ``at_end`` gives chunks to add when the source has ended; the finish still comes last.
        Both must be pure: a stream may be opened more than once.
        """
        stream = object.__new__(type(self))
        stream.source, stream.decoder, stream.framing = self.source, self.decoder, self.framing
        stream.is_flow, stream.restartable = self.is_flow, self.restartable
        stream.transforms = (*self.transforms, (fn, at_end))
        return stream


def _once(iterator: Any) -> Callable[[], Any]:
    held = [iterator]

    def chunks() -> Any:
        if held:
            return held.pop()
        raise ContractViolationError(
            "an EventStream of an iterator was opened a second time, when the iterator had been used; give the "
            "function that makes it: EventStream.of(lambda: make_chunks())"
        )

    return chunks
