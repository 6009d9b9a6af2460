"""More wrong providers: what they make of answers, errors and streams. The tests look for the line that says "here"."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

from fine import KNOWN, Decoder, Fine, chunks_of, parsed
from jackfield import (
    APIConnectionError,
    EmbeddingResponse,
    ImageResponse,
    InvalidResponseError,
    ModelResponse,
    NotFoundError,
    RateLimitError,
    ServiceUnavailableError,
    hookimpl,
)
from jackfield.errors import error_class
from jackfield.flow import HttpResponse, http


class RetriesByItself(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        try:
            return (yield from super().completion(request, settings))
        except ServiceUnavailableError:
            return (yield from super().completion(request, settings))


class ReadsOneStatus(Fine):
    @hookimpl
    def response_error(self, response):  # here
        if response.status not in {401, 429}:
            return error_class(response.status)("something went wrong", status_code=response.status)
        return super().response_error(response)


class NeverMind(RateLimitError):
    retryable = False


class NeverToBeRetried(Fine):
    @hookimpl
    def response_error(self, response):  # here
        error = super().response_error(response)
        return NeverMind(str(error)) if response.status == 429 and error is None else error


class TooLongIsTooMany(Fine):
    @hookimpl
    def response_error(self, response):  # here
        return RateLimitError("too long") if response.status == 413 else super().response_error(response)


class TakesGoneForAnAnswer(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        url, body = f"{settings.api_base}/vectors", {"model": request.model, "texts": request.input}
        sent = {"json": {**body, **settings.extra_body}, "headers": self.headers(settings)}
        response = yield from http("POST", url, **sent, accept={410})
        vectors = [] if response.status == 410 else parsed(response.content).get("vectors")
        if vectors is None:
            raise InvalidResponseError("the server sent no vectors")
        return EmbeddingResponse(data=[{"embedding": each} for each in vectors], model=request.model)


class PaintsNothingWhereTheJobIsGone(Fine):
    def look(self, location, settings):
        try:
            return (yield from super().look(location, settings))
        except NotFoundError:
            return HttpResponse(200, {}, b'{"gone": true}')

    @hookimpl
    def image_generation(self, request, settings):  # here
        try:
            return (yield from super().image_generation(request, settings))
        except InvalidResponseError as error:
            if error.body != {"gone": True}:
                raise
            return ImageResponse(data=[])


class WaitsANumber(Fine):
    @hookimpl
    def response_error(self, response):
        if response.status in {429, 503}:
            float(response.headers.get("retry-after", 0))  # here
        return super().response_error(response)


class WaitsWhereNobodySaid(Fine):
    @hookimpl
    def response_error(self, response):
        if response.status == 503:
            response.headers["retry-after"]  # here
        return super().response_error(response)


class WaitsNoTime(Fine):
    @hookimpl
    def response_error(self, response):  # here
        error = super().response_error(response)
        if error is not None and response.status == 503:
            error.retry_after = 0.0
        return error


class RaisesItsErrors(Fine):
    @hookimpl
    def response_error(self, response):
        if (error := super().response_error(response)) is not None and response.status == 503:
            raise error  # here
        return error


class ReadsWordsThatMayBeNone(Fine):
    @hookimpl
    def response_error(self, response):
        try:
            said = response.json()["fault"]
            words = said["words"].strip()  # here
            return error_class(response.status)(words, code=said["kind"], status_code=response.status)
        except (InvalidResponseError, KeyError, TypeError):
            return None


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


class CallsTools(Fine):
    """Nothing is wrong with it: its server calls tools, each in a frame."""

    @hookimpl
    def provider_info(self):
        known = super().provider_info()
        return replace(known, parameters={**known.parameters, "streaming": {*KNOWN, "tools"}})

    class decoder(Decoder):  # noqa: N801
        count = 0

        def decode(self, event, /):
            if (tool := parsed(event.data).get("tool")) is None:
                return chunks_of(event.data)
            place, self.count = self.count, self.count + 1
            called = {"index": place, "id": tool, "function": {"name": tool, "arguments": "{}"}}
            return {"choices": [{"index": 0, "delta": {"tool_calls": [called]}}]}


class MakesIdsUp(CallsTools):
    """Nothing is wrong with it: its server has no ids for calls."""

    class decoder(CallsTools.decoder):  # noqa: N801
        def decode(self, event, /):
            chunk = super().decode(event)
            for called in chunk["choices"][0]["delta"].get("tool_calls", ()):
                called["id"] = f"call_{uuid4()}"
            return chunk


class EveryCallIsTheFirst(CallsTools):
    class decoder(CallsTools.decoder):  # noqa: N801  # here
        def decode(self, event, /):
            self.count = 0
            chunk = super().decode(event)
            for called in chunk["choices"][0]["delta"].get("tool_calls", ()):
                called["id"] = "call_0"
            return chunk


class OnlyTheLastCall(CallsTools):
    class decoder(CallsTools.decoder):  # noqa: N801  # here
        def decode(self, event, /):
            return () if b"rain" in event.data else super().decode(event)
