"""A provider that keeps the contract, for a server with a format of its own, and the wire files of that server.

The wrong providers of these tests are this one with one thing changed.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from jackfield import (
    BadRequestError,
    EmbeddingResponse,
    EventStream,
    ImageResponse,
    InvalidResponseError,
    ModelResponse,
    ProviderInfo,
    RateLimitError,
    ServiceUnavailableError,
    hookimpl,
)
from jackfield.errors import error_class
from jackfield.flow import http, sleep

KNOWN = {"temperature", "max_tokens", "stream_options"}
REASONS = {"done": "stop", "full": "length"}


class Decoder:
    """Frames of the chat stream to chunks."""

    def decode(self, event: Any, /) -> Any:
        return chunks_of(event.data)


def chunks_of(data: bytes) -> Any:
    said = parsed(data)
    if "fault" in said:
        raise fault(said["fault"])
    if isinstance(said.get("text"), str):
        return {"model": "fine-1", "choices": [{"index": 0, "delta": {"content": said["text"]}}]}
    if said.get("end") not in REASONS:
        raise InvalidResponseError("the stream holds an event of another shape", body=said)
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": REASONS[said["end"]]}], "usage": usage(said)}


def parsed(data: bytes) -> dict[str, Any]:
    try:
        said = json.loads(data)
    except ValueError as error:
        raise InvalidResponseError("the server sent no JSON") from error
    if not isinstance(said, dict):
        raise InvalidResponseError("the server sent no JSON object", body=said)
    return said


def usage(said: dict[str, Any]) -> dict[str, int]:
    counts = said.get("counts")
    if not isinstance(counts, list) or len(counts) != 2:
        raise InvalidResponseError("the server told no counts", body=said)
    return {"prompt_tokens": counts[0], "completion_tokens": counts[1], "total_tokens": sum(counts)}


def fault(said: Any) -> Exception:
    if not isinstance(said, dict) or not isinstance(said.get("words"), str):
        return InvalidResponseError("the server failed and did not say why", body=said)
    kinds = {"busy": RateLimitError, "down": ServiceUnavailableError}
    return kinds.get(said.get("kind", ""), BadRequestError)(said["words"])


class Fine:
    pause = 0.01
    framing: Any = "sse"
    decoder: Any = Decoder

    @hookimpl
    def provider_info(self):
        known = {"completion": KNOWN - {"stream_options"}, "streaming": KNOWN, "embedding": (), "image_generation": ()}
        return ProviderInfo(
            display_name="Fine",
            api_key_env=("FINE_KEY",),
            api_base_env=("FINE_BASE",),
            api_base="https://fine.invalid",
            parameters=known,
        )

    @hookimpl
    def completion(self, request, settings):
        response = yield from http(
            "POST", f"{settings.api_base}/chat", headers=self.headers(settings), json=self.body(request, settings)
        )
        return self.answer(request, response)

    @hookimpl
    def streaming(self, request, settings):
        opened = http(
            "POST", f"{settings.api_base}/flow", headers=self.headers(settings), json=self.body(request, settings)
        )
        return EventStream(opened, framing=self.framing, decoder=self.decoder)

    @hookimpl
    def embedding(self, request, settings):
        body = {"model": request.model, "texts": request.input, **settings.extra_body}
        response = yield from http("POST", f"{settings.api_base}/vectors", headers=self.headers(settings), json=body)
        said = parsed(response.content)
        if not isinstance(said.get("vectors"), list):
            raise InvalidResponseError("the server sent no vectors", body=said)
        return EmbeddingResponse(data=[{"embedding": each} for each in said["vectors"]], model=request.model)

    @hookimpl
    def image_generation(self, request, settings):
        body = {"model": request.model, "wish": request.prompt, **settings.extra_body}
        response = yield from http("POST", f"{settings.api_base}/pictures", headers=self.headers(settings), json=body)
        while response.status == 202:
            yield from sleep(self.pause)
            response = yield from self.look(response.headers.get("location", ""), settings)
        said = parsed(response.content)
        if not isinstance(said.get("picture"), str):
            raise InvalidResponseError("the server sent no picture", body=said)
        return ImageResponse(data=[{"b64_json": said["picture"]}])

    @hookimpl
    def response_error(self, response):
        try:
            said = response.json()["fault"]
            return error_class(response.status)(said["words"], code=said["kind"], status_code=response.status)
        except (InvalidResponseError, KeyError, TypeError):
            return None

    def headers(self, settings):
        return {"x-fine-key": settings.require_api_key(), **settings.headers}

    def look(self, location, settings):
        if not location.startswith(settings.api_base + "/"):
            return http("GET", location)
        return http("GET", location, headers=self.headers(settings))

    def body(self, request, settings):
        params = {name: value for name, value in request.params.items() if name != "stream_options"}
        return {"model": request.model, "turns": request.messages, **params, **settings.extra_body}

    def answer(self, request, response):
        said = parsed(response.content)
        if "fault" in said:
            raise fault(said["fault"])
        if not isinstance(said.get("text"), str) or said.get("end") not in REASONS:
            raise InvalidResponseError("the server sent no text, or no end of it", body=said)
        whole = ModelResponse.of_text(said["text"], model="fine-1", usage=usage(said))
        whole.choices[0].finish_reason = REASONS[said["end"]]
        return whole


class NeverAgain(Fine):
    @hookimpl
    def provider_info(self):
        return replace(super().provider_info(), num_retries=0)  # no server gets better here, and nobody waits


def events(*each: dict[str, Any]) -> bytes:
    return b"".join(b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\n\n" for one in each)


JSON = {"content-type": "application/json"}
STREAM = {"content-type": "text/event-stream"}
HELLO = {"text": "Hello there.", "end": "done", "counts": [3, 2]}
FLOW = events({"text": "Hello"}, {"text": " thére."}, {"end": "done", "counts": [3, 2]})
BUSY = {"fault": {"kind": "busy", "words": "Too many at once."}}
REFUSED = {"type": "BadRequestError"}

CASES: dict[str, tuple[dict[str, Any], list[tuple[int, dict[str, str], Any]]]] = {
    **{name: ({}, [(200, JSON, HELLO)]) for name in ("chat-system", "chat-turns", "chat-image", "chat-tool-results")},
    "chat-tool-results": ({"error": {**REFUSED, "param": "tools"}}, []),
    "chat-plain": ({}, [(200, JSON, {**HELLO, "text": "Hello thére."})]),
    "chat-tools": ({"error": {**REFUSED, "param": "tools"}}, []),
    "chat-parallel-tools": ({"error": {**REFUSED, "param": "tools"}}, []),
    "chat-json-schema": ({"error": {**REFUSED, "param": "response_format"}}, []),
    "chat-parameters": ({"error": REFUSED}, []),
    "chat-unknown-parameter": ({"error": {**REFUSED, "param": "conformance_unknown"}}, []),
    "chat-own-parameters": (
        {"operation": "completion", "request": {"messages": [], "params": {"temperature": 0.5, "max_tokens": 9}}},
        [(200, JSON, {**HELLO, "end": "full"})],
    ),
    "stream-plain": ({"same_answer": "chat-plain"}, [(200, STREAM, FLOW)]),
    "stream-tools": ({"error": REFUSED}, []),
    "stream-parallel-tools": ({"error": REFUSED}, []),
    "stream-error": (
        {"error": {"type": "RateLimitError", "message": "Too many at once."}},
        [(200, STREAM, events({"text": "Hel"}, BUSY, {"end": "done", "counts": [3, 2]}))],
    ),
    "embedding-one": ({}, [(200, JSON, {"vectors": [[0.5, 1.0]]})]),
    "embedding-several": ({}, [(200, JSON, {"vectors": [[0.5, 1.0], [1.0, 0.5]]})]),
    "image-generation": (
        {},
        [(202, {"location": "{api_base}/pictures/7"}, None), (200, JSON, {"picture": "iVBORw0KGgo="})],
    ),
    "error-authentication": ({}, [(401, JSON, {"fault": {"kind": "key", "words": "No such key."}})]),
    "error-rate-limit": (
        {"error": {"type": "RateLimitError", "code": "busy", "retry_after": 2.0, "message": "Too many at once."}},
        [(429, {**JSON, "retry-after": "2"}, BUSY)],
    ),
}


def write_wire(folder: Path, **others: Any) -> Path:
    """Write the server's side of all cases; what is sent and what comes of it is for the provider to say."""
    for name, (said, answers) in {**CASES, **others}.items():
        case = folder / name
        case.mkdir(parents=True)
        (case / "case.json").write_text(json.dumps(said), encoding="utf-8")
        for number, (status, headers, body) in enumerate(answers, 1):
            response: dict[str, Any] = {"status": status, "headers": headers}
            if isinstance(body, bytes):
                response["body_file"] = f"{number}.response.body"
                (case / response["body_file"]).write_bytes(body)
            elif body is not None:
                response["json"] = body
            (case / f"{number}.response.json").write_text(json.dumps(response), encoding="utf-8")
    return folder


IN_PROCESS = """
from jackfield import ModelResponse, ProviderInfo, hookimpl

@hookimpl
def provider_info():
    return ProviderInfo(parameters={"completion": ()})

@hookimpl
def completion(request, settings):
    return ModelResponse.of_text("Hi", model=request.model)
"""
"""The source of a provider without a server, to be installed."""
