"""Providers that are right in ways of their own, as their servers ask for: no check of the kit fails them."""

from __future__ import annotations

import itertools
import json
from typing import Any, ClassVar

import pytest
from fine import HELLO, JSON, STREAM, Decoder, Fine, chunks_of, events, parsed, write_wire
from jackfield import (
    AuthenticationError,
    BadRequestError,
    ImageResponse,
    InvalidResponseError,
    ModelResponse,
    ProviderInfo,
    hookimpl,
)
from jackfield.flow import http
from jackfield.testing import check
from jackfield.testing._checks._drivers import test_the_gateway_agrees as gateway_agrees
from jackfield.testing._subject import subject_of
from jackfield.testing._written import accept

COUNTER = itertools.count()


def calls_of(said: dict[str, Any]) -> list[dict[str, Any]]:
    functions = [{"name": name, "arguments": "{}"} for name in said.get("tools") or () if isinstance(name, str)]
    return [{"id": f"call-{next(COUNTER)}", "type": "function", "function": each} for each in functions]


class DecoderOfCalls(Decoder):
    def decode(self, event: Any, /) -> Any:
        if calls := calls_of(parsed(event.data)):
            pieces = [{"index": place, **each} for place, each in enumerate(calls)]
            return {"choices": [{"index": 0, "delta": {"tool_calls": pieces}}]}
        return chunks_of(event.data)


class MakesUpIds(Fine):
    """Its server calls tools without ids: each call gets one that no other has."""

    wire: ClassVar[dict[str, Any]] = {
        "chat-plain": ({}, [(200, JSON, {**HELLO, "text": "thére", "tools": ["rain"]})]),
        "stream-plain": (
            {"same_answer": "chat-plain"},
            [(200, STREAM, events({"text": "thére"}, {"tools": ["rain"]}, {"end": "done", "counts": [3, 2]}))],
        ),
    }
    decoder: Any = DecoderOfCalls

    def answer(self, request, response):
        whole = super().answer(request, response).model_dump()
        whole["choices"][0]["message"]["tool_calls"] = calls_of(parsed(response.content)) or None
        return ModelResponse.model_validate(whole)


class TellsResultsByName(MakesUpIds):
    """Its server knows the result of a tool by the tool's name, wherever the call stands."""

    wire: ClassVar[dict[str, Any]] = {
        "chat-tools": ({}, [(200, JSON, {**HELLO, "tools": ["rain"]})]),
        "chat-parallel-tools": ({}, [(200, JSON, {**HELLO, "tools": ["rain", "wind"]})]),
        "chat-tool-results": ({}, [(200, JSON, HELLO)]),
    }

    @hookimpl
    def provider_info(self):
        info = super().provider_info()
        known = {**info.parameters, "completion": {*info.parameters["completion"], "tools"}}
        return ProviderInfo(api_key_env=info.api_key_env, api_base=info.api_base, parameters=known)

    def body(self, request, settings):
        calls = [call for each in request.messages for call in each.get("tool_calls") or ()]
        names = {call["id"]: call["function"]["name"] for call in calls if "function" in call}
        turns = [self.turn(each, names) for each in request.messages]
        return {**super().body(request, settings), "turns": turns, **settings.extra_body}

    def turn(self, message, names):
        if (ref := message.get("tool_call_id")) is None:
            return message
        if ref not in names:
            raise BadRequestError("this result is of no call", param="messages")
        return {**{name: value for name, value in message.items() if name != "tool_call_id"}, "tool": names[ref]}


class DecoderOfTokens(Decoder):
    def decode(self, event: Any, /) -> Any:
        said = parsed(event.data)
        if said.get("special") is True:
            said = {name: value for name, value in said.items() if name != "text"}
        return chunks_of(json.dumps(said).encode())


TOKENS = (
    {"text": "Hello", "special": False},
    {"text": " thére.", "special": False},
    {"text": "</s>", "special": True, "end": "done", "counts": [3, 2]},
)


class EndsWithAToken(Fine):
    """Its server's last token stands where texts do, and is none."""

    wire: ClassVar[dict[str, Any]] = {"stream-plain": ({"same_answer": "chat-plain"}, [(200, STREAM, events(*TOKENS))])}
    decoder: Any = DecoderOfTokens


class TellsAWrongKeyWith400(Fine):
    """Its server says in words what others say with a status."""

    wire: ClassVar[dict[str, Any]] = {
        "error-authentication": ({}, [(400, JSON, {"fault": {"kind": "key", "words": "No such key."}})])
    }

    @hookimpl
    def response_error(self, response):
        error = super().response_error(response)
        return AuthenticationError(str(error)) if error is not None and error.code == "key" else error


ELSEWHERE = "https://pictures.invalid/7"


class GetsAnAddressInItsAnswer(Fine):
    """Its server says where a picture is: at another host, with an address in the JSON."""

    wire: ClassVar[dict[str, Any]] = {
        "image-generation": ({}, [(200, JSON, {"at": ELSEWHERE}), (200, JSON, {"picture": "iVBORw0KGgo="})])
    }

    @hookimpl
    def image_generation(self, request, settings):
        body = {"model": request.model, "wish": request.prompt, **settings.extra_body}
        asked = yield from http("POST", f"{settings.api_base}/pictures", headers=self.headers(settings), json=body)
        said = parsed(asked.content)
        if not isinstance(said.get("at"), str):
            raise InvalidResponseError("the server did not say where the picture is", body=said)
        picture = parsed((yield from self.look(said["at"], settings)).content)
        if not isinstance(picture.get("picture"), str):
            raise InvalidResponseError("the server sent no picture", body=picture)
        return ImageResponse(data=[{"b64_json": picture["picture"]}])


@pytest.mark.parametrize(
    "plugin", [MakesUpIds, TellsResultsByName, EndsWithAToken, TellsAWrongKeyWith400, GetsAnAddressInItsAnswer]
)
def test_a_right_provider_passes(plugin, tmp_path):
    folder = write_wire(tmp_path / "wire", **plugin.wire)
    accept(subject_of("fine", plugin=plugin(), model="fine-1", wire=folder))
    assert check("fine", plugin=plugin(), model="fine-1", wire=folder).failed == {}


def test_a_case_that_asks_another_host_does_not_go_through_the_gateway(tmp_path):
    folder = write_wire(tmp_path / "wire", **GetsAnAddressInItsAnswer.wire)
    subject = subject_of("fine", plugin=GetsAnAddressInItsAnswer(), model="fine-1", wire=folder)
    why = {case.name: gateway_agrees.left_out(subject, case) for case in subject.cases}
    assert "pictures.invalid" in why.pop("image-generation")
    assert set(why.values()) == {None}
