"""Providers that show their key when one thing goes wrong; the line at fault says so."""

from __future__ import annotations

import logging
import sys

from fine import Decoder, Fine, chunks_of
from jackfield import (
    APITimeoutError,
    BadRequestError,
    EventStream,
    InvalidResponseError,
    JackfieldError,
    NotFoundError,
    RateLimitError,
    hookimpl,
)


class KeyInATimeout(Fine):
    @hookimpl
    def embedding(self, request, settings):
        try:
            return (yield from super().embedding(request, settings))
        except APITimeoutError as error:
            raise APITimeoutError(f"no answer to {self.headers(settings)}") from error  # here


class KeyInARateLimit(Fine):
    @hookimpl
    def embedding(self, request, settings):
        try:
            return (yield from super().embedding(request, settings))
        except RateLimitError as error:
            said = {"asked with": self.headers(settings)}
            raise RateLimitError(str(error), body=said, retry_after=error.retry_after) from error  # here


class KeyBesideNoJSON(Fine):
    @hookimpl
    def embedding(self, request, settings):
        try:
            return (yield from super().embedding(request, settings))
        except InvalidResponseError as error:
            if isinstance(error.__cause__, ValueError):
                raise InvalidResponseError(f"no JSON came for {self.headers(settings)}") from error  # here
            raise


class TellsWithWhat(Decoder):
    def __init__(self, headers):
        self.headers, self.begun = headers, False

    def decode(self, event, /):
        try:
            chunk = chunks_of(event.data)
        except InvalidResponseError as error:
            if self.begun:
                raise InvalidResponseError(f"the stream for {self.headers} broke") from error  # here
            raise
        self.begun = True
        return chunk


class KeyInABrokenStream(Fine):
    decoder = TellsWithWhat

    @hookimpl
    def streaming(self, request, settings):
        described = super().streaming(request, settings)
        return EventStream(described.source, decoder=lambda: self.decoder(self.headers(settings)))


class KeyInALostJob(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        answer = yield from super().image_generation(request, settings)
        return answer

    def look(self, location, settings):
        try:
            return (yield from super().look(location, settings))
        except JackfieldError as error:
            raise InvalidResponseError(f"the job at {location} for {self.headers(settings)} is lost") from error  # here


class KeyInANote(Fine):
    @hookimpl
    def embedding(self, request, settings):
        try:
            return (yield from super().embedding(request, settings))  # here
        except NotFoundError as error:
            error.add_note(f"asked with {self.headers(settings)}")
            raise


class KeyInARefusedValue(Fine):
    @hookimpl
    def completion(self, request, settings):
        if request.params.get("temperature") == -1:
            raise BadRequestError(f"temperature -1, and {self.headers(settings)}", param="temperature")  # here
        return (yield from super().completion(request, settings))


class KeyInARefusedMessage(Fine):
    @hookimpl
    def completion(self, request, settings):
        if any(message["role"] == "conformance" for message in request.messages):
            raise BadRequestError(f"a role for {self.headers(settings)}?", param="messages")  # here
        return (yield from super().completion(request, settings))


class PieceOfTheKeyInTheLog(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        logging.getLogger("fine").debug("calling with %s…", settings.require_api_key()[:8])
        return (yield from super().embedding(request, settings))


KEPT = logging.getLogger("fine.kept")
KEPT.propagate = False
KEPT.addHandler(logging.NullHandler())


class KeyInALogOfItsOwn(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        KEPT.debug("calling with %s", settings.api_key)
        return (yield from super().embedding(request, settings))


class KeyOnTheTerminal(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        print(settings.api_key, file=sys.__stderr__)
        return (yield from super().embedding(request, settings))
