"""Providers that lose what only some callers ask, or fail at it; the line at fault says so."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import ClassVar

from fine import HELLO, JSON, REFUSED, Fine
from jackfield import hookimpl
from jackfield.types import prompt_of
from wrong_requests import TakesTools

SYSTEM = ("system", "developer")


class Turns(Fine):
    """Right: it makes turns of the messages itself."""

    @hookimpl
    def completion(self, request, settings):
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        return {**super().body(request, settings), "turns": self.turns(request.messages)}

    def turns(self, messages):
        return [self.turn(each) for each in messages]

    def turn(self, message):
        return message


class LosesNames(Turns):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def turn(self, message):
        return {name: value for name, value in message.items() if name != "name"}


class LosesFieldsItDoesNotKnow(Turns):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def turn(self, message):
        return {name: message[name] for name in ("role", "content", "name") if name in message}


class KeepsTheLastMessages(Turns):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def turns(self, messages):
        return messages[-10:]


class LosesALaterSystemText(Turns):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def turns(self, messages):
        return [each for place, each in enumerate(messages) if each["role"] not in SYSTEM or place == 0]


class TakesDevelopersForUsers(Turns):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def turn(self, message):
        return {**message, "role": "user"} if message["role"] == "developer" else message


class ReadsOnePartAsText(Turns):
    def turn(self, message):
        content = message.get("content")
        return {**message, "content": content[0]["text"]} if alone(content) else message  # here


def alone(content):
    return isinstance(content, list) and len(content) == 1 and content[0]["type"] != "image_url"


class MakesOnePrompt(Fine):
    """Right: its server knows no messages, and so no roles and no names."""

    cases: ClassVar = {"chat-image": ({"error": REFUSED}, [])}

    def body(self, request, settings):
        return {**super().body(request, settings), "turns": prompt_of(request.messages)}


class LosesAnEarlierResult(TakesTools):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        results = [each for each in request.messages if each["role"] == "tool"]
        turns = [each for each in request.messages if each["role"] != "tool"]
        return {**super().body(request, settings), "turns": [*turns, *results[-1:]]}


class LosesFieldsOfTools(TakesTools):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        body = super().body(request, settings)
        return {**body, "tools": [tool_of(each) for each in body.get("tools") or ()]}


def tool_of(tool):
    known = ("name", "description", "parameters")
    return {name: tool["function"].get(name) for name in known} if "function" in tool else tool


class NeedsEveryDescription(TakesTools):
    def body(self, request, settings):
        body = super().body(request, settings)
        described = [each["function"] for each in body.get("tools") or () if each["type"] == "function"]
        return {**body, "help": [each["description"] for each in described]}  # here


class NeedsFunctions(TakesTools):
    def body(self, request, settings):
        body = super().body(request, settings)
        return {**body, "names": [each["function"]["name"] for each in body.get("tools") or ()]}  # here


class ReadsArguments(TakesTools):
    def body(self, request, settings):
        calls = [call for each in request.messages for call in each.get("tool_calls") or () if "function" in call]
        return {**super().body(request, settings), "wanted": [wanted(each["function"]) for each in calls]}


def wanted(function):
    return json.loads(function["arguments"])  # here


class FailsAtNone(Fine):
    def body(self, request, settings):
        params = request.params
        warmth = {"warmth": 100 * params["temperature"]} if "temperature" in params else {}  # here
        return {**super().body(request, settings), **warmth}


class TakesStop(Fine):
    """Right: its server stops at several texts, and a caller may give one alone."""

    cases: ClassVar = {
        "chat-stop": ({"operation": "completion", "request": {"params": {"stop": ["END"]}}}, [(200, JSON, HELLO)])
    }

    @hookimpl
    def provider_info(self):
        info = super().provider_info()
        return replace(info, parameters={**info.parameters, "completion": {"temperature", "max_tokens", "stop"}})

    def body(self, request, settings):
        stop = request.params.get("stop")
        return {**super().body(request, settings), "stop": [stop] if isinstance(stop, str) else stop}


class StopsAtLetters(TakesStop):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        return {**super().body(request, settings), "stop": list(request.params.get("stop") or ())}


class NumbersItsRequests(Fine):
    """Right: an id in each request, as many a server asks for."""

    def headers(self, settings):
        return {"x-request-id": uuid.uuid4().hex, **super().headers(settings)}


class NumbersItsRequestsAndLosesZero(NumbersItsRequests):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        return {name: value for name, value in super().body(request, settings).items() if value}


class NumbersItsRequestsAndLosesImages(NumbersItsRequests):
    @hookimpl
    def completion(self, request, settings):  # here
        return (yield from super().completion(request, settings))

    def body(self, request, settings):
        turns = [each for each in request.messages if isinstance(each.get("content"), str)]
        return {**super().body(request, settings), "turns": turns}
