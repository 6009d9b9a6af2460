"""Providers that lose something of what they were asked, or send too much; the line at fault says so."""

from __future__ import annotations

from dataclasses import replace

from fine import HELLO, JSON, KNOWN, Fine
from jackfield import ImageResponse, ModelResponse, ProviderInfo, hookimpl
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
    """Right: it takes tools as well, so that there is more to lose."""

    cases = dict.fromkeys(("chat-tools", "chat-tool-results"), ({}, [(200, JSON, HELLO)]))

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
        if "tools" in body:
            body["tools"] = [each["function"]["name"] for each in body["tools"]]
        return body


class LosesTheWish(Fine):
    @hookimpl
    def image_generation(self, request, settings):  # here
        return (yield from super().image_generation(request.replace(prompt="a square"), settings))


class KeyForEverybody(Fine):
    @hookimpl
    def image_generation(self, request, settings):
        answer = yield from super().image_generation(request, settings)  # here
        return answer

    def look(self, location, settings):
        return http("GET", location, headers=self.headers(settings))


class ReadsHalf:
    """In the caller's own process: it takes every parameter, and looks at one."""

    @hookimpl
    def completion(self, request, settings):  # here
        limit = request.params.get("max_tokens")
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
