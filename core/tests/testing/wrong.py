"""Wrong providers: the fine one with one thing changed. What each does is on its line; the tests look for that line."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import threading
from pathlib import Path

import trio
from fine import Decoder, Fine, chunks_of, parsed
from jackfield import APIConnectionError, BadRequestError, EventStream, ModelResponse, ServerSentEvent, hookimpl
from jackfield.flow import http


class ArgumentsInAnotherOrder(Fine):
    @hookimpl
    def embedding(self, settings, request):  # here
        return (yield from super().embedding(request, settings))


class ForgetsTheMark(Fine):
    def embedding(self, request, settings):  # here
        return (yield from super().embedding(request, settings))


class AnotherPath(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        response = yield from http(
            "POST", f"{settings.api_base}/chats", headers=self.headers(settings), json=self.body(request, settings)
        )
        return self.answer(request, response)


class KeyInTheAddress(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        url = f"{settings.api_base}/chat?key={settings.require_api_key()}"
        response = yield from http("POST", url, headers=settings.headers, json=self.body(request, settings))
        return self.answer(request, response)


class ChangesTheRequest(Fine):
    @hookimpl
    def completion(self, request, settings):
        if request.messages:
            request.messages[0]["seen"] = True  # here
        body = self.body(request, settings)
        for turn in request.messages:
            turn.pop("seen", None)
        response = yield from http("POST", f"{settings.api_base}/chat", headers=self.headers(settings), json=body)
        return self.answer(request, response)


class ChangesTheExtraBody(Fine):
    def body(self, request, settings):
        body = settings.extra_body or {}
        body.update(super().body(request, settings))  # here
        return body


class LosesAParameter(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        return {name: value for name, value in super().body(request, settings).items() if name != "max_tokens"}


class OpensAFile(Fine):
    @hookimpl
    def completion(self, request, settings):
        with Path(os.devnull).open("rb"):  # here
            return (yield from super().completion(request, settings))


class StartsAThread(Fine):
    @hookimpl
    def embedding(self, request, settings):
        thread = threading.Thread(target=int)
        thread.start()  # here
        thread.join()
        return (yield from super().embedding(request, settings))


class DecoderThatOpensAFile(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            with Path(os.devnull).open("rb"):  # here
                return chunks_of(event.data)


class ReadsTheEnvironment(Fine):
    @hookimpl
    def completion(self, request, settings):
        os.environ.get("FINE_STYLE", "plain")  # here
        return (yield from super().completion(request, settings))


class AnotherAnswer(Fine):
    @hookimpl
    def embedding(self, request, settings):
        answer = yield from super().embedding(request, settings)
        for item in answer.data:
            item.embedding = [value * 2 for value in item.embedding]
        return answer  # here


class WrongType(Fine):
    @hookimpl
    def embedding(self, request, settings):
        answer = yield from super().embedding(request, settings)
        return answer.data[0].embedding  # here


class ForgetsReturn(Fine):
    @hookimpl
    def embedding(self, request, settings):
        yield from super().embedding(request, settings)  # here


class ForgetsYieldFrom(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        answer = yield super().image_generation(request, settings)  # here
        return answer


class YieldsAForeignObject(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        yield "a pause"  # here
        return (yield from super().image_generation(request, settings))


class AnotherStream(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            text = parsed(event.data).get("text")
            return [*text] if text else chunks_of(event.data)


class Events:
    """A splitter that does all that this server's streams need: nothing is wrong with it."""

    def __init__(self):
        self.held = b""

    def feed(self, data):
        self.held += data.replace(b"\r", b"")
        while b"\n\n" in self.held:
            event, self.held = self.held.split(b"\n\n", 1)
            lines = [line for line in event.split(b"\n") if line.startswith(b"data: ")]
            if lines:
                yield ServerSentEvent(lines[0].removeprefix(b"data: "))


class SplitsByItself(Fine):
    framing = Events


class WithoutComments:  # here
    """Splits events as fits what the server has sent so far."""

    def __init__(self):
        self.held = b""

    def feed(self, data):
        *events, self.held = (self.held + data).split(b"\n\n")
        for event in events:
            yield ServerSentEvent(event.removeprefix(b"data: "))


class SplitsByHand(Fine):
    framing = WithoutComments


class DecodesPieces(Events):  # here
    """Looks at each piece alone, and two pieces may share a character."""

    def feed(self, data):
        return super().feed(data.decode("utf-8", "replace").encode())


class CutsCharacters(Fine):
    framing = DecodesPieces


class ForgetsTheRest(Events):  # here
    def feed(self, data):
        self.held = b""
        return super().feed(data)


class SplitsPieces(Fine):
    framing = ForgetsTheRest


class WordsOfTheServer(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            chunk = chunks_of(event.data)
            if chunk["choices"][0].get("finish_reason"):
                chunk["choices"][0]["finish_reason"] = "end_turn"
            return chunk

    def answer(self, request, response):
        whole = super().answer(request, response)
        whole.choices[0].finish_reason = "end_turn"
        return whole


class MakesAFinishUp(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def flush(self):
            return [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]


class LosesTheUsage(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            chunk = chunks_of(event.data)
            chunk.pop("usage", None)
            return chunk


class RememberingDecoder(Decoder):
    """Passes over a beginning that it has just heard; the one object serves all streams."""

    last = ""

    def decode(self, event, /):
        said = parsed(event.data).get("text", "")
        self.last, repeated = said, said == self.last == "Hello"
        return () if repeated else chunks_of(event.data)


THE_ONE = RememberingDecoder()


class SharesADecoder(Fine):
    def decoder(self):  # here
        return THE_ONE


class ReadsItWhole(Fine):
    @hookimpl
    def streaming(self, request, settings):  # here
        url, headers, body = f"{settings.api_base}/flow", self.headers(settings), self.body(request, settings)

        def opened():
            response = yield from http("POST", url, headers=headers, json=body)
            lines = response.content.split(b"\n\n")
            return [chunks_of(line.removeprefix(b"data: ")) for line in lines if line]

        return EventStream(opened)


class SwallowsAnErrorEvent(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):  # here
            return () if b"fault" in event.data else chunks_of(event.data)


class MisreadsAnError(Fine):
    @hookimpl
    def response_error(self, response):  # here
        if response.status == 429 and b"busy" in response.content:
            return BadRequestError("Too many at once.", status_code=429, code="busy")
        return super().response_error(response)


class TrustsErrorBodies(Fine):
    @hookimpl
    def response_error(self, response):
        said = response.json()["fault"]  # here
        return super().response_error(response) if said else None


class ReachesWithoutLooking(Fine):
    @hookimpl
    def embedding(self, request, settings):
        url = f"{settings.api_base}/vectors"
        body = {"model": request.model, "texts": request.input, **settings.extra_body}
        response = yield from http("POST", url, headers=self.headers(settings), json=body)
        vectors = json.loads(response.content)["vectors"]  # here
        return {"data": [{"embedding": each} for each in vectors], "model": request.model}


class SwallowsFaults(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        try:
            return (yield from super().completion(request, settings))
        except APIConnectionError:
            return ModelResponse.of_text("")


class KeyInAnError(Fine):
    @hookimpl
    def embedding(self, request, settings):
        try:
            return (yield from super().embedding(request, settings))
        except APIConnectionError as error:
            raise type(error)(f"no answer to {self.headers(settings)}") from error  # here


class KeyInTheLog(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        logging.getLogger("fine").debug("calling with %s", settings.api_key)
        return (yield from super().embedding(request, settings))


class KeyForStrangers(Fine):
    @hookimpl
    def image_generation(self, request, settings):  # here
        self.token = base64.b64encode(settings.require_api_key().encode()).decode()
        return (yield from super().image_generation(request, settings))

    def look(self, location, settings):
        if location.startswith(settings.api_base + "/"):
            return super().look(location, settings)
        return http("GET", location, headers={"x-fine-token": self.token})


class LooksAtTheLoop(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        answer = yield from super().embedding(request, settings)
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return answer
        return answer.replace(model="under a loop")


class LooksForTrio(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        answer = yield from super().embedding(request, settings)
        return answer.replace(model="under trio") if trio.lowlevel.in_trio_run() else answer
