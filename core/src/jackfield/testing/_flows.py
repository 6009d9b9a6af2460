"""A provider's flows without the core around them: what the plugin's own code does, step by step."""

from __future__ import annotations

import inspect
from collections import defaultdict
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from .._chunks import as_chunk
from .._failures import error_of_response
from .._framing import splitter_factory
from .._kinds import Restartable, as_stream
from ..errors import APIConnectionError, ContractViolationError
from ..flow import Call, EventStream, Flow, Http, HttpResponse, Retried, Sleep
from ..transports.memory import Headers
from ._cases import Answer, Case
from ._places import definition
from ._replay import API_BASE, STEPS, body_at, without_end
from ._subject import Subject

__all__ = [
    "Bare",
    "chunks_of",
    "described",
    "description_of",
    "frames_of",
    "opened_again",
    "place_of",
    "several",
    "shared_by_streams",
]

Step = Callable[[], AbstractContextManager[Any]]


@dataclass
class Bare:
    """One call of a provider's hook with nothing between the kit and the plugin: no retries, no scrubbing of secrets.

    ``answers`` gives the nth answer; ``step`` makes the context in which each step of the plugin's code runs. ``asked``
    holds its HTTP effects, and ``waited`` the seconds of its pauses: how many requests came before → how long.
    """

    subject: Subject
    case: Case
    answers: Callable[[int], Answer | Exception] | None = None
    step: Step = nullcontext
    asked: list[Http] = field(default_factory=list)
    waited: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))

    def run(self, request: Any = None, **unset: None) -> Any:
        """Return the hook's result, a stream read to its end as the list of what its decoder gave.

        ``unset`` names settings that the hook is not to find.
        """
        result = self.result(request, **unset)
        return self.read(as_stream(result)) if self.case.streams else result

    def quietly(self, request: Any = None) -> None:
        """Run, whatever comes of it: what is wrong with the call is another check's to tell."""
        with suppress(Exception):
            self.run(request)

    def result(self, request: Any = None, **unset: None) -> Any:
        """Return what the hook gives, of a stream its description as it stands."""
        given = request if request is not None else self.subject.request(self.case)
        settings = replace(self.subject.settings(given), **unset)  # type: ignore[arg-type]  # of those that may be None
        bare = given.replace(options={})
        with self.step():
            flow = self.subject.loaded.operation(self.case.operation)(bare, settings)
        return self.finish(iter(flow))

    def finish(self, flow: Flow[Any]) -> Any:
        """Run a flow to its result."""
        value: Any = None
        error: Exception | None = None
        for _ in range(STEPS):
            try:
                with self.step():
                    effect = flow.send(value) if error is None else flow.throw(error)
            except StopIteration as stop:
                return stop.value
            value, error = None, None
            try:
                value = self._performed(effect)
            except Exception as raised:
                error = raised
        raise without_end(flow)

    def source(self, description: EventStream) -> tuple[EventStream, Any]:
        """Follow a description to the one that decodes, and to its HTTP effect or its chunks."""
        while True:
            if isinstance(description.source, Http):
                return description, description.source
            if not description.is_flow:
                return description, description.chunks()
            with self.step():
                result = description.source()
            if isinstance(result, Generator | Restartable):
                result = self.finish(iter(result))
            if not isinstance(result, EventStream):
                return description, result
            for transform in description.transforms:
                result = result.map(*transform)
            description = result

    def read(self, description: EventStream) -> list[Any]:
        """Return what a stream's decoder gives for the answer's frames, or the chunks of one without HTTP."""
        described, source = self.source(description)
        if not isinstance(source, Http):
            chunks = listed(source)
            with self.step():
                return _transformed(described, chunks)
        body = self._answer(source).content
        with self.step():
            return _transformed(described, list(chunks_of(described, body)))

    def _performed(self, effect: Any) -> Any:
        if isinstance(effect, Http):
            return self._answer(effect)
        if isinstance(effect, Sleep):
            self.waited[len(self.asked)] += effect.seconds
            return None
        if isinstance(effect, Call):
            return _called(effect)
        if isinstance(effect, Retried):
            return self.finish(effect.attempt())
        raise ContractViolationError(f"a flow yielded {effect!r}, which the kit has no answer to")

    def _answer(self, effect: Http) -> HttpResponse:
        self.asked.append(effect)
        answer = self._next()
        if isinstance(answer, Exception):
            raise answer
        response = HttpResponse(answer.status, Headers(answer.headers), body_at(answer.body, API_BASE))
        if response.status >= 300 and response.status not in effect.accept:
            with self.step():  # response_error is the plugin's
                raise error_of_response(response, self.subject.loaded.response_error)
        return response

    def _next(self) -> Answer | Exception:
        number = len(self.asked) - 1
        if self.answers is not None:
            return self.answers(number)
        exchanges = self.case.exchanges
        return exchanges[number].answer if number < len(exchanges) else APIConnectionError("no answer was recorded")


def listed(source: Any) -> list[Any]:
    """Return the chunks of an iterable or an async iterable."""
    if not hasattr(source, "__aiter__"):
        return list(source)

    async def collected() -> list[Any]:
        return [chunk async for chunk in source]

    import asyncio

    return asyncio.run(collected())


def _called(effect: Call[Any]) -> Any:
    if effect.sync is not None:
        return effect.sync()
    import asyncio

    assert effect.asynchronous is not None  # call() takes one of the two

    async def awaited(make: Callable[[], Any] = effect.asynchronous) -> Any:
        return await make()

    return asyncio.run(awaited())


def described(subject: Subject, case: Case) -> EventStream | None:
    """Return the description of a case's stream where its source is HTTP, else None."""
    bare = Bare(subject, case)
    result = bare.result()
    if not isinstance(result, EventStream):
        return None
    description, source = bare.source(result)
    return description if isinstance(source, Http) else None


def description_of(subject: Subject, case: Case) -> EventStream | None:
    """Return the same, and None where the hook fails, too: what is wrong with it, its own checks tell."""
    try:
        return described(subject, case)
    except Exception:
        return None


def place_of(subject: Subject, case: Case, method: str = "") -> str | None:
    """Return where the plugin makes a case's answer: its decoder, for a stream that has one, or its hook.

    ``method`` is the one of the decoder's methods that makes it, where the decoder itself defines it.
    """
    decoder = _decoder(subject, case) if case.streams else None
    own = vars(decoder).get(method) if inspect.isclass(decoder) else None
    return definition(own or decoder) or definition(subject.function(case.operation))


def shared_by_streams(subject: Subject, case: Case) -> str | None:
    """Return which argument of EventStream gives all openings of a stream one and the same object, or None."""
    description = description_of(subject, case)
    made = {} if description is None else {"decoder": description.decoder, "framing": description.framing}
    return next((name for name, factory in made.items() if _gives_one(factory)), None)


def _gives_one(factory: Any) -> bool:
    return callable(factory) and not inspect.isclass(factory) and factory() is factory()


def _decoder(subject: Subject, case: Case) -> Any:
    description = description_of(subject, case)
    return description.decoder if description is not None else None


def frames_of(description: EventStream, pieces: list[bytes]) -> Iterator[Any]:
    """Cut pieces into frames with a splitter of the description's own."""
    splitter: Any = splitter_factory(description.framing)()
    for piece in pieces:
        yield from splitter.feed(piece)
    yield from getattr(splitter, "flush", tuple)()


def chunks_of(description: EventStream, body: bytes) -> Iterator[Any]:
    """Give what a description's decoder makes of a body, before any transform."""
    assert description.decoder is not None  # a description whose source is HTTP has one
    decoder = description.decoder()
    for frame in frames_of(description, [body]):
        decoded = decoder.decode(frame)
        if decoded is None:
            break
        yield from several(decoded)
    yield from getattr(decoder, "flush", tuple)()


def opened_again(description: EventStream, body: bytes) -> list[Any]:
    """Return what a description gives for a body when it is opened a second time, the first left in the middle."""
    assert description.decoder is not None
    splitter: Any = splitter_factory(description.framing)()
    decoder = description.decoder()
    for frame in splitter.feed(body[: len(body) // 2]):
        decoder.decode(frame)
    return list(chunks_of(description, body))


def several(given: Any) -> list[Any] | tuple[Any, ...]:
    """Return what a decoder or a transform gave, one chunk or several, as several."""
    return given if isinstance(given, list | tuple) else (given,)


def _transformed(description: EventStream, chunks: list[Any]) -> list[Any]:
    for fn, at_end in description.transforms:
        given = (fn(as_chunk(chunk)) for chunk in chunks)
        chunks = [chunk for each in given if each is not None for chunk in several(each)]
        chunks += at_end() if at_end is not None else ()
    return chunks
