"""More wrong providers: what they make of answers, errors and streams. The tests look for the line that says "here"."""

from __future__ import annotations

from fine import Decoder, Fine, chunks_of, parsed
from jackfield import (
    APIConnectionError,
    EmbeddingResponse,
    InvalidResponseError,
    ModelResponse,
    ServiceUnavailableError,
    hookimpl,
)


class RetriesByItself(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        try:
            return (yield from super().completion(request, settings))
        except ServiceUnavailableError:
            return (yield from super().completion(request, settings))


class ConnectsAgain(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        try:
            return (yield from super().embedding(request, settings))
        except APIConnectionError:
            return (yield from super().embedding(request, settings))


class AnswersNothing(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        try:
            return (yield from super().completion(request, settings))
        except InvalidResponseError:
            return ModelResponse.of_text("")


class MissesNothing(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        try:
            return (yield from super().embedding(request, settings))
        except InvalidResponseError as error:
            if error.body != {}:
                raise
            return EmbeddingResponse(data=[], model=request.model)


HELD = []


class HoldsTheLastBack(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        """Gives a text when the next has come, and keeps it where all streams do."""

        begun = False

        def decode(self, event, /):
            begun, self.begun = self.begun, True
            if "text" not in parsed(event.data):
                return [*HELD, chunks_of(event.data)] if "end" in parsed(event.data) else chunks_of(event.data)
            before = HELD[:]
            HELD[:] = [chunks_of(event.data)]
            return before if begun else ()
