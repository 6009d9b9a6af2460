"""Providers whose hooks fail, or ask for more than there is."""

from __future__ import annotations

from typing import ClassVar

from fine import JSON, Decoder, Fine, parsed
from jackfield import BadRequestError, EventStream, ImageResponse, hookimpl
from jackfield.flow import http, sleep
from wrong import Events


class Refuses(Fine):
    @hookimpl
    def embedding(self, request, settings):
        raise BadRequestError("no")
        yield


class AsksTwice(Fine):
    @hookimpl
    def embedding(self, request, settings):
        yield from super().embedding(request, settings)
        return (yield from super().embedding(request, settings))


class BreaksTheContractWithinAStream(Fine):
    class decoder(Decoder):  # noqa: N801
        def decode(self, event, /):
            return 7


class FailsAtEveryChat(Fine):
    @hookimpl
    def completion(self, request, settings):
        raise KeyError("nothing")
        yield


class OneForAll(Decoder):
    over = False

    def decode(self, event, /):
        chunk = super().decode(event)
        before, self.over = self.over, self.over or b"end" in event.data
        return () if before else chunk


class SharesADecoderThatKnowsItsEnd(Fine):
    one = OneForAll()

    @hookimpl
    def streaming(self, request, settings):
        return EventStream(super().streaming(request, settings).source, decoder=lambda: self.one)


class CountsForAll(Decoder):
    """Remembers how often it was asked, and tells it."""

    def __init__(self):
        self.seen = 0

    def decode(self, event, /):
        self.seen += 1
        said = super().decode(event)
        return {**said, "model": f"fine-{self.seen}"} if isinstance(said, dict) else said


class SharesADecoderThatCounts(SharesADecoderThatKnowsItsEnd):
    one = CountsForAll()


class KeepsItsFirstBytes(Events):
    """Gives the first event of the first stream before all others."""

    first = b""

    def feed(self, data):
        self.first = self.first or data.partition(b"\n\n")[0] + b"\n\n"
        return super().feed(self.first + data)


class SharesASplitter(Fine):
    one = KeepsItsFirstBytes()

    def framing(self):
        return self.one


class ReturnsADict(Fine):
    @hookimpl
    def response_error(self, response):  # here
        return {"message": "busy"} if response.status == 503 else super().response_error(response)


class PollsThroughFaults(Fine):
    def look(self, location, settings):
        while True:
            try:
                return (yield from super().look(location, settings))  # here
            except Exception:
                continue


class PollsWhateverIsSaid(Fine):
    cases: ClassVar = {
        "image-generation": ({}, [(200, JSON, {"state": "waiting"}), (200, JSON, {"state": "done", "picture": "iVBO"})])
    }

    @hookimpl
    def image_generation(self, request, settings):  # here
        url = f"{settings.api_base}/pictures"
        body = {"model": request.model, "wish": request.prompt, **settings.extra_body}
        said = parsed((yield from http("POST", url, headers=self.headers(settings), json=body)).content)
        while said.get("state") != "done":
            yield from sleep(self.pause)
            said = parsed((yield from http("GET", url, headers=self.headers(settings))).content)
        return ImageResponse(data=[{"b64_json": said.get("picture")}])


class DropsARequest(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        answer = yield from super().image_generation(request, settings)
        self.look(  # here
            f"{settings.api_base}/pictures/7", settings
        )
        return answer


class DropsAPause(Fine):
    @hookimpl
    def embedding(self, request, settings):
        sleep(0.1)  # here
        return (yield from super().embedding(request, settings))


class DropsAFlow(Fine):
    @hookimpl
    def embedding(self, request, settings):
        answer = yield from super().embedding(request, settings)
        self.delete(settings)  # here
        return answer

    def delete(self, settings):
        yield from http("DELETE", f"{settings.api_base}/vectors", headers=self.headers(settings))


class BeginsNoFlow(Fine):
    @hookimpl
    def embedding(self, request, settings):
        token = self.token(settings)  # here
        if token:
            return (yield from super().embedding(request, settings))

    def token(self, settings):
        response = yield from http("GET", f"{settings.api_base}/token", headers=self.headers(settings))
        return response.text


class LeavesNothingOut(Fine):
    """Right: what looks as if nobody asked for it is asked for later, in another case, or is none to ask for."""

    @hookimpl
    def completion(self, request, settings):
        asked, rest = [], (turn for turn in request.messages)
        asked.append(http("POST", f"{settings.api_base}/chat", headers=self.headers(settings), json=rest))
        asked[0].json = self.body(request, settings)
        answered, refused = self.answered(request, asked[0]), self.noted(request)
        yield from refused if request.params.get("max_tokens") else ()
        return (yield from answered)

    def answered(self, request, effect):
        return self.answer(request, (yield from effect))

    def noted(self, request):
        yield from sleep(0)


class AnswersNothing(Fine):
    cases = dict.fromkeys(("embedding-one", "embedding-several"), ({"error": {"type": "BadRequestError"}}, []))

    @hookimpl
    def embedding(self, request, settings):  # here
        raise BadRequestError("no vectors today", param="input")
        yield
