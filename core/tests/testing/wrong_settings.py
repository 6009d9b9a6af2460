"""Wrong providers: what they do where nobody has set a key or an address."""

from __future__ import annotations

from dataclasses import replace

from fine import Fine
from jackfield import ConfigurationError, hookimpl


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
