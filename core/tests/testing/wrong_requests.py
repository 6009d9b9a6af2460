"""Providers that lose something of what they were asked, or send too much; the line at fault says so."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from fine import BUSY, HELLO, JSON, KNOWN, Fine, parsed
from jackfield import ImageResponse, InvalidResponseError, ModelList, ModelResponse, ProviderInfo, hookimpl
from jackfield.flow import http


class LosesZero(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        return {name: value for name, value in super().body(request, settings).items() if value}


class LosesExtraHeaders(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def headers(self, settings):
        return {"x-fine-key": settings.require_api_key()}


class LosesExtraBody(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        body = super().body(request, settings)
        return {name: value for name, value in body.items() if name not in settings.extra_body}


class LosesExtraHeadersOfTheJob(Fine):
    @hookimpl
    def image_generation(self, request, settings):  # here
        return (yield from super().image_generation(request, settings))

    def look(self, location, settings):
        if not location.startswith(settings.api_base + "/"):
            return http("GET", location)
        return http("GET", location, headers={"x-fine-key": settings.require_api_key()})


class Lists(Fine):
    """Right: it lists models too, and has no parameter for that."""

    cases: ClassVar = {"list-models": ({}, [(200, JSON, {"names": ["fine-1"]})])}

    @hookimpl
    def provider_info(self):
        info = super().provider_info()
        return replace(info, parameters={**info.parameters, "list_models": ()})

    @hookimpl
    def list_models(self, request, settings):
        response = yield from http("GET", f"{settings.api_base}/names", headers=self.headers(settings))
        names = parsed(response.content).get("names")
        if not isinstance(names, list):
            raise InvalidResponseError("the server sent no names", body=names)
        return ModelList(data=[{"id": name} for name in names])


class ListsWhateverIsAsked(Lists):
    @hookimpl
    def provider_info(self):
        return Fine().provider_info()

    @hookimpl
    def list_models(self, request, settings):  # here
        return (yield from super().list_models(request, settings))


class LosesTheSystemText(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        turns = [each for each in request.messages if each["role"] != "system"]
        return {**super().body(request, settings), "turns": turns}


class LosesImages(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        turns = [{**each, "content": text_of(each.get("content"))} for each in request.messages]
        return {**super().body(request, settings), "turns": turns}


def text_of(content):
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content or ())


class TakesTools(Fine):
    """Right: it takes tools as well, so that there is more to lose. Two at once are too many for its server."""

    cases = {
        **dict.fromkeys(("chat-tools", "chat-tool-results"), ({}, [(200, JSON, HELLO)])),
        "chat-parallel-tools": ({"error": {"type": "RateLimitError"}}, [(429, JSON, BUSY)]),
    }

    @hookimpl
    def provider_info(self):
        chat = {"temperature", "max_tokens", "tools"}
        known = {"completion": chat, "streaming": KNOWN, "embedding": (), "image_generation": ()}
        return replace(super().provider_info(), parameters=known)


class LosesToolResults(TakesTools):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        turns = [{"role": each["role"], "content": each["content"]} for each in request.messages]
        return {**super().body(request, settings), "turns": turns}


class LosesToolSchemas(TakesTools):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        body = super().body(request, settings)
        if body.get("tools"):
            body["tools"] = [each["function"]["name"] for each in body["tools"]]
        return body


class AsksOneModelAlone(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request.replace(model="fine-1"), settings))


class LosesTheWish(Fine):
    @hookimpl
    def image_generation(self, request, settings):  # here
        return (yield from super().image_generation(request.replace(prompt="a square"), settings))


class LosesTheSecondTool(TakesTools):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        body = super().body(request, settings)
        return body | {"tools": body["tools"][:1]} if body.get("tools") else body


class ReadsTheFirstPart(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        turns = [{**each, "content": first_text(each.get("content"))} for each in request.messages]
        return {**super().body(request, settings), "turns": turns}


def first_text(content):
    one_kind = isinstance(content, list) and {part["type"] for part in content} == {"text"}
    return content[0]["text"] if one_kind else content


class LosesPartsItDoesNotKnow(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        turns = [{**each, "content": known_parts(each.get("content"))} for each in request.messages]
        return {**super().body(request, settings), "turns": turns}


def known_parts(content):
    kinds = {"text", "image_url"}
    return content if isinstance(content, str) else [part for part in content or () if part["type"] in kinds]


class LosesTheFirstTool(TakesTools):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        body = super().body(request, settings)
        return body | {"tools": body["tools"][-1:]} if body.get("tools") else body


class LosesTheSystemTextOfStreams(Fine):
    @hookimpl
    def streaming(self, request, settings):  # here
        said = [each for each in request.messages if each["role"] != "system"]
        return super().streaming(request.replace(messages=said), settings)


class LosesTokens(Fine):
    @hookimpl
    def embedding(self, request, settings):  # here
        texts = [request.input] if isinstance(request.input, str) else request.input
        texts = [text for text in texts if isinstance(text, str)]
        return (yield from super().embedding(request.replace(input=texts), settings))


class ItsOwnKeyWins(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def headers(self, settings):
        return {**settings.headers, "x-fine-key": settings.require_api_key()}


class ItsOwnBodyWins(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        return {**super().body(request, settings), "model": request.model}


WAITING = (202, {"location": "{api_base}/pictures/7"}, None)


class Polls(Fine):
    """Right: its job takes longer."""

    cases: ClassVar = {"image-generation": ({}, [WAITING, WAITING, (200, JSON, {"picture": "iVBORw0KGgo="})])}


class PollsWithoutAPause(Polls):
    pause = 0

    @hookimpl
    def image_generation(self, request, settings):  # here
        return (yield from super().image_generation(request, settings))


class PollsTooLate(Polls):
    pause = 250  # milliseconds

    @hookimpl
    def image_generation(self, request, settings):  # here
        return (yield from super().image_generation(request, settings))


class KeyForEverybody(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        answer = yield from super().image_generation(request, settings)  # here
        return answer

    def look(self, location, settings):
        return http("GET", location, headers=self.headers(settings))


class ReadsHalf:
    """In the caller's own process: it takes every parameter, and looks at two."""

    @hookimpl
    def completion(self, request, settings):  # here
        limit = request.params.get("max_tokens")
        if "stop" in request.params:
            limit = len(request.params["stop"])
        return ModelResponse.of_text("Hello there."[:limit])


class ReadsAll:
    """Right: a handler that is passed all there is, and an image that takes no parameter."""

    @hookimpl
    def provider_info(self):
        return ProviderInfo(parameters={"image_generation": ()})

    @hookimpl
    def completion(self, request, settings):
        return answered(**request.params)

    @hookimpl
    def image_generation(self, request, settings):
        return ImageResponse(data=[{"b64_json": "iVBORw0KGgo="}])


def answered(temperature=1, **others):
    return ModelResponse.of_text("Hello there.")
