"""What the loopback server answers: one pure function for each path, from the payload to the body.

A chat's model may be called `thinking`, which thinks first; `breaking`, whose streams end in an error; or `cut`, whose
streams end before their end.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Json = dict[str, Any]
CREATED = 1_700_000_000


class Sse(list[Any]):
    """The data of a stream's events: strings as they are, anything else as JSON."""


class Refusal(Exception):
    """An answer with an error status, in the shape of OpenAI's errors."""

    def __init__(self, status: int, message: str, *, code: str | None = None, **headers: str) -> None:
        super().__init__(message)
        self.status = status
        kind = "server_error" if status >= 500 else "invalid_request_error"
        self.body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    @classmethod
    def asked_for(cls, status: int) -> Refusal:
        if status == 429:
            return cls(429, "Rate limit reached, try again in 1s", code="rate_limit_exceeded", retry_after="1")
        return cls(status, f"The model's name asked for status {status}", code=f"status_{status}")


# ----------------------------------------------------------------------------------------------------------------- chat


def chat(payload: Json) -> Json | Sse:
    messages = payload.get("messages")
    if not messages:
        raise Refusal(400, "messages must not be empty", code="empty_messages")
    message, matched = stopped(reply(payload), payload.get("stop"))
    usage = usage_of(json.dumps(messages), json.dumps(message))
    if payload.get("stream"):
        return Sse(as_far_as(payload.get("model"), chat_events(payload, message, matched, usage)))
    ending = {"logprobs": None, "finish_reason": finish_of(message), **matched}
    choices = [
        {"index": index, "message": {"role": "assistant", **message}, **ending}
        for index in range(payload.get("n") or 1)
    ]
    return envelope(payload, "chatcmpl-1", "chat.completion", choices=choices, usage=usage)


def reply(payload: Json) -> Json:
    """The message without its role: calls of tools, JSON of the asked shape, or the last words given back."""
    last = payload["messages"][-1]
    if payload.get("tools") and last.get("role") != "tool" and payload.get("tool_choice") != "none":
        return {"content": None, "tool_calls": tool_calls(payload)}
    shape = payload.get("response_format") or {}
    if shape.get("type") == "json_schema":
        return {"content": json.dumps(example_of(shape["json_schema"]["schema"]))}
    if shape.get("type") == "json_object":
        return {"content": json.dumps({"said": text_of(last)})}
    thought = {"reasoning_content": "Somebody said something."} if payload.get("model") == "thinking" else {}
    return {**thought, "content": f"You said: {text_of(last)}"}


def stopped(message: Json, stops: str | list[str] | None) -> tuple[Json, Json]:
    """The message up to the stop sequence that comes first, and what its choice says of that, as vLLM does."""
    content = message["content"] or ""
    stops = [stops] if isinstance(stops, str) else stops or []
    found = min((stop for stop in stops if stop in content), key=content.index, default=None)
    if found is None:
        return message, {}
    return {**message, "content": content[: content.index(found)]}, {"stop_reason": found}


def tool_calls(payload: Json) -> list[Json]:
    """A call of the first tool, or where `parallel_tool_calls` asks for it, of each."""
    tools = payload["tools"] if payload.get("parallel_tool_calls") else payload["tools"][:1]
    return [tool_call(f"call_{number}", tool["function"]) for number, tool in enumerate(tools, 1)]


def tool_call(identity: str, function: Json) -> Json:
    arguments = json.dumps(example_of(function.get("parameters") or {}))
    return {"id": identity, "type": "function", "function": {"name": function["name"], "arguments": arguments}}


def example_of(schema: Json) -> Any:
    """A value of the schema's shape."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [example_of(schema.get("items", {}))]
    if schema.get("type") in {None, "object"}:
        return {name: example_of(part) for name, part in schema.get("properties", {}).items()}
    return {"string": "blue", "integer": 7, "number": 7.5, "boolean": True, "null": None}[schema["type"]]


def text_of(message: Json) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] if part["type"] == "text" else f"[{part['type']}]" for part in content)


def finish_of(message: Json) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"


def chat_events(payload: Json, message: Json, matched: Json, usage: Json) -> Iterable[Any]:
    for delta in [{"role": "assistant", "content": ""}, *deltas(message)]:
        yield chat_event(payload, [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}])
    ending = {"logprobs": None, "finish_reason": finish_of(message), **matched}
    yield chat_event(payload, [{"index": 0, "delta": {}, **ending}])
    if (payload.get("stream_options") or {}).get("include_usage"):
        yield chat_event(payload, [], usage=usage)
    yield "[DONE]"


def as_far_as(model: str | None, events: Iterable[Any]) -> Iterable[Any]:
    """The events that a model of this name comes to send."""
    if model not in {"breaking", "cut"}:
        return events
    begun = list(itertools.islice(events, 3))
    error = Refusal(500, "The model broke off", code="broken_off").body
    return [*begun, error] if model == "breaking" else begun


def chat_event(payload: Json, choices: list[Json], **more: Any) -> Json:
    return envelope(payload, "chatcmpl-1", "chat.completion.chunk", choices=choices, **more)


def deltas(message: Json) -> Iterable[Json]:
    """Thoughts and words one by one; a tool call as its head and then its arguments in pieces."""
    for index, call in enumerate(message.get("tool_calls", [])):
        arguments = call["function"]["arguments"]
        yield {"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]}
        for start in range(0, len(arguments), 8):
            yield {"tool_calls": [{"index": index, "function": {"arguments": arguments[start : start + 8]}}]}
    for word in pieces(message.get("reasoning_content", "")):
        yield {"reasoning_content": word}
    for word in pieces(message["content"] or ""):
        yield {"content": word}


def pieces(text: str) -> list[str]:
    """The words of a text, each but the first with the blank before it."""
    first, *rest = text.split(" ")
    return [piece for piece in [first, *(f" {word}" for word in rest)] if piece]


# ------------------------------------------------------------------------------------------- completions and embeddings


def completions(payload: Json) -> Json | Sse:
    prompts = several(payload.get("prompt", ""))
    texts = [f"{prompt} and so on" for prompt in prompts]
    if payload.get("stream"):
        return Sse(completion_events(payload, texts))
    choices = [
        {"index": index, "text": text, "logprobs": None, "finish_reason": "length"} for index, text in enumerate(texts)
    ]
    usage = usage_of(" ".join(map(str, prompts)), " ".join(texts))
    warning = "This model version is deprecated."
    return envelope(payload, "cmpl-1", "text_completion", warning=warning, choices=choices, usage=usage)


def completion_events(payload: Json, texts: list[str]) -> Iterable[Any]:
    for index, text in enumerate(texts):
        for word in pieces(text):
            yield completion_event(payload, index, word, None)
        yield completion_event(payload, index, "", "length")
    yield "[DONE]"


def completion_event(payload: Json, index: int, text: str, finish: str | None) -> Json:
    choice = {"index": index, "text": text, "logprobs": None, "finish_reason": finish}
    return envelope(payload, "cmpl-1", "text_completion", choices=[choice])


def embeddings(payload: Json) -> Json:
    inputs = several(payload.get("input", ""))
    encode = as_base64 if payload.get("encoding_format") == "base64" else list
    vectors = [vector_of(text, payload.get("dimensions") or 8) for text in inputs]
    data = [
        {"object": "embedding", "index": index, "embedding": encode(vector)} for index, vector in enumerate(vectors)
    ]
    tokens = sum(len(str(text).split()) for text in inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "model": payload.get("model"), "data": data, "usage": usage}


def several(value: Any) -> list[Any]:
    """One text, several texts, the tokens of one text, or those of several."""
    if isinstance(value, str) or (value and isinstance(value[0], int)):
        return [value]
    return list(value)


def vector_of(text: Any, dimensions: int) -> list[float]:
    """Numbers from the text's hash that a 32-bit float holds exactly, so that both encodings are equal."""
    seed = hashlib.sha256(str(text).encode()).digest()
    return [(seed[index % len(seed)] - 128) / 128 for index in range(dimensions)]


def as_base64(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


# --------------------------------------------------------------------------------------------------------------- images


def image_generations(payload: Json) -> Json:
    if not payload.get("prompt"):
        raise Refusal(400, "prompt must not be empty")
    if payload.get("response_format") == "url":
        picture = {"url": "https://images.example/1.png"}
    else:
        picture = {"b64_json": base64.b64encode(png((0, 90, 200))).decode()}
    return {"created": CREATED, "data": [picture] * int(payload.get("n") or 1)}


def image_edits(payload: Json) -> Json:
    """Gives the first picture back, and says in its revised prompt what it was sent."""
    images = [part for part in payload.get("files", []) if part.name in {"image", "image[]"}]
    if not images:
        raise Refusal(400, "image is missing")
    masks = sum(part.name == "mask" for part in payload["files"])
    said = f"{payload.get('prompt', '')} (images: {len(images)}, masks: {masks})"
    picture = {"b64_json": base64.b64encode(images[0].content).decode(), "revised_prompt": said}
    return {"created": CREATED, "data": [picture] * int(payload.get("n") or 1)}


def png(colour: tuple[int, int, int]) -> bytes:
    """A valid picture of one pixel."""

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = part(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + part(b"IDAT", zlib.compress(bytes([0, *colour]))) + part(b"IEND", b"")


# ------------------------------------------------------------------------------------------------------ the other paths


def models(payload: Json) -> Json:
    data = [{"id": name, "object": "model", "created": CREATED, "owned_by": "loopback"} for name in ("large", "small")]
    return {"object": "list", "data": data}


def legacy(payload: Json) -> Json:
    """The older `custom/` format: every prompt with its outputs, and a message that is "ok" or says what is wrong."""
    params = payload["params"]
    if payload["model"] == "not-ok":
        return {"data": [], "message": "the model is still loading"}
    rest = {name: value for name, value in params.items() if name != "prompt"}
    prompts = several(params["prompt"])
    data = [{"prompt": prompt, "output": [f"{prompt} and so on"], "params": rest} for prompt in prompts]
    return {"data": data, "message": "ok"}


def envelope(payload: Json, identity: str, kind: str, **more: Any) -> Json:
    return {"id": identity, "object": kind, "created": CREATED, "model": payload.get("model"), **more}


def usage_of(prompt: str, answer: str) -> Json:
    sent, received = len(prompt.split()), len(answer.split())
    return {"prompt_tokens": sent, "completion_tokens": received, "total_tokens": sent + received}


ROUTES: dict[tuple[str, str], Callable[[Json], Json | Sse]] = {
    ("POST", "/chat/completions"): chat,
    ("POST", "/completions"): completions,
    ("POST", "/embeddings"): embeddings,
    ("POST", "/images/generations"): image_generations,
    ("POST", "/images/edits"): image_edits,
    ("GET", "/models"): models,
    ("POST", "/legacy"): legacy,
}
