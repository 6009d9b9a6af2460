"""Wrong providers: what they do where nobody has set a key or an address, or another caller another one."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar
from urllib.parse import urljoin

from fine import JSON, Fine
from jackfield import ConfigurationError, hookimpl
from jackfield.flow import http


class SendsNone(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def headers(self, settings):
        return {"x-fine-key": f"{settings.api_key}", **settings.headers}


class AddsToNone(Fine):
    def headers(self, settings):
        return {"x-fine-key": "" + settings.api_key, **settings.headers}  # here


class NamesNoVariable(Fine):
    def headers(self, settings):
        if not settings.api_key:
            raise ConfigurationError("where is the key?")  # here
        return super().headers(settings)


class AsksNoAddress(Fine):
    @hookimpl
    def provider_info(self):
        return replace(super().provider_info(), api_base=None)

    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))


class KeepsTheFirstKey(Fine):
    key = None

    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def headers(self, settings):
        given = settings.require_api_key()
        self.key = self.key or given
        return {"x-fine-key": self.key, **settings.headers}


class KeepsTheFirstAddress(Fine):
    base = None

    @hookimpl
    def completion(self, request, settings):
        self.base = self.base or settings.require_api_base()
        body, headers = self.body(request, settings), self.headers(settings)
        response = yield from http("POST", f"{self.base}/chat", headers=headers, json=body)  # here
        return self.answer(request, response)


class KeepsHeadersByAddress(Fine):
    def __init__(self):
        self.made = {}

    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def headers(self, settings):
        return {**self.made.setdefault(settings.api_base, super().headers(settings)), **settings.headers}


class KeepsAnAddressByKey(Fine):
    def __init__(self):
        self.made = {}

    @hookimpl
    def completion(self, request, settings):
        base = self.made.setdefault(settings.require_api_key(), settings.require_api_base())
        body, headers = self.body(request, settings), self.headers(settings)
        response = yield from http("POST", f"{base}/chat", headers=headers, json=body)  # here
        return self.answer(request, response)


class LosesThePath(Fine):
    @hookimpl
    def completion(self, request, settings):  # here
        body, headers = self.body(request, settings), self.headers(settings)
        response = yield from http("POST", urljoin(settings.require_api_base(), "/chat"), headers=headers, json=body)
        return self.answer(request, response)


class FollowsAPath(Fine):
    """Right: a path that the server names is one of its host's, whatever the path of its own address."""

    waiting = (202, {"location": "/jobs/7"}, None)
    cases: ClassVar = {"image-generation": ({}, [waiting, (200, JSON, {"picture": "iVBORw0KGgo="})])}

    def look(self, location, settings):
        return super().look(urljoin(settings.api_base, location), settings)
