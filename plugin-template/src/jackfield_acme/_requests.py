"""What goes out: where to, with which key, and OpenAI's messages and parameters in the server's words.

    POST /chat, /chat/stream   {"model", "turns": [{"speaker", "text", "calls", "ref"}], "tools": [...], …parameters}
    POST /vectors              {"model", "texts": [...], …parameters}
    POST /images               {"model", "prompt", …parameters}
    GET  /images/jobs/…        as the answer to /images says
    GET  /models

What the server cannot do is refused here by name, never left out in silence.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from jackfield import BadRequestError, CompletionRequest, EmbeddingRequest, ImageGenerationRequest, Request, Settings
from jackfield.flow import Http, http

__all__ = ["PARAMETERS", "chat", "get", "headers", "image", "job", "vectors"]

CHAT = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_tokens": "max_length",
    "stop": "stop_at",
    "seed": "seed",
    "user": "on_behalf_of",
}
"""OpenAI's name of a parameter → the server's. Add what your server knows."""

VECTORS = {"dimensions": "dimensions"}
IMAGES = {"n": "copies", "size": "size"}

PARAMETERS = {
    "completion": {*CHAT, "tools"},
    "streaming": {*CHAT, "tools"},
    "embedding": set(VECTORS),
    "image_generation": set(IMAGES),
    "list_models": set(),
}
"""What each operation takes; jackfield refuses everything else before a hook is called."""

SPEAKERS = {"system": "system", "developer": "system", "user": "user", "assistant": "model", "tool": "tool"}
MESSAGE_FIELDS = {"role", "content", "tool_calls", "tool_call_id"}
TOOL_FIELDS = {"name": "name", "description": "purpose", "parameters": "schema"}


def chat(path: str, request: CompletionRequest, settings: Settings) -> Http:
    """Ask for an answer to a chat."""
    turns = [_turn(place, message) for place, message in enumerate(request.messages)]
    tools = [_tool(place, tool) for place, tool in enumerate(request.params.get("tools") or [])]
    fields = {"turns": turns, "tools": tools} if tools else {"turns": turns}
    return _post(path, request, settings, {**fields, **_renamed(request.params, CHAT)})


def vectors(path: str, request: EmbeddingRequest, settings: Settings) -> Http:
    """Ask for a vector for each text; raises BadRequestError for token numbers."""
    texts = [request.input] if isinstance(request.input, str) else list(request.input)
    if not all(isinstance(text, str) for text in texts):
        raise BadRequestError("input holds token numbers, and this server takes only text", param="input")
    return _post(path, request, settings, {"texts": texts, **_renamed(request.params, VECTORS)})


def image(path: str, request: ImageGenerationRequest, settings: Settings) -> Http:
    """Ask for a job that paints."""
    return _post(path, request, settings, {"prompt": request.prompt, **_renamed(request.params, IMAGES)})


def job(location: str, settings: Settings) -> Http:
    """Ask how a job is getting on; at another server than ours without the key, which is none of its business."""
    base = settings.require_api_base()
    url = urljoin(base, location)
    ours = urlsplit(url)[:2] == urlsplit(base)[:2]
    return http("GET", url, headers=headers(settings) if ours else {})


def get(path: str, settings: Settings) -> Http:
    """Ask for what the server tells of itself."""
    return http("GET", f"{settings.require_api_base()}{path}", headers=headers(settings))


def headers(settings: Settings) -> dict[str, str]:
    """Return the key and the caller's own headers; raises ConfigurationError naming the variable to set."""
    return {"x-acme-key": settings.require_api_key(), **settings.headers}


def _post(path: str, request: Request, settings: Settings, fields: Mapping[str, Any]) -> Http:
    """Return the effect that sends these fields; the caller's `extra_body` has the last word."""
    body = {"model": request.model, **fields, **settings.extra_body}
    return http("POST", f"{settings.require_api_base()}{path}", json=body, headers=headers(settings))


def _renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what was given under the server's names; a parameter that is None was not given."""
    return {names[name]: value for name, value in given.items() if name in names and value is not None}


def _turn(place: int, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as the server's turn."""
    where = f"messages[{place}]"
    _refuse_others(message, MESSAGE_FIELDS, where, "messages")
    if (speaker := SPEAKERS.get(message.get("role", ""))) is None:
        raise BadRequestError(f"{where}.role is none of {', '.join(SPEAKERS)}", param="messages")
    turn: dict[str, Any] = {"speaker": speaker, "text": _text(message.get("content"), f"{where}.content")}
    if calls := message.get("tool_calls"):
        functions = [_function(call, f"{where}.tool_calls[{at}]", "messages") for at, call in enumerate(calls)]
        turn["calls"] = [{"ref": call["id"], **function} for call, function in zip(calls, functions, strict=True)]
    if (ref := message.get("tool_call_id")) is not None:
        turn["ref"] = ref
    return turn


def _text(content: Any, where: str) -> str:
    """Return a message's text; raises BadRequestError for an image, and for whatever else is no text."""
    if content is None or isinstance(content, str):
        return content or ""
    for place, part in enumerate(content):
        if (kind := part.get("type")) != "text":
            raise BadRequestError(f"{where}[{place}] is {kind}, and this server takes only text", param="messages")
    return "".join(part["text"] for part in content)


def _tool(place: int, tool: Mapping[str, Any]) -> dict[str, Any]:
    function = _function(tool, f"tools[{place}]", "tools")
    _refuse_others(function, TOOL_FIELDS, f"tools[{place}].function", "tools")
    return _renamed(function, TOOL_FIELDS)


def _function(given: Mapping[str, Any], where: str, param: str) -> Mapping[str, Any]:
    """Return the function of a tool, or of a call; raises BadRequestError for what is of another type."""
    if (kind := given.get("type", "function")) != "function":
        raise BadRequestError(f"{where} is {kind}, and this server takes only functions", param=param)
    function: Mapping[str, Any] = given["function"]
    return function


def _refuse_others(given: Mapping[str, Any], known: Container[str], where: str, param: str) -> None:
    for name, value in given.items():
        if name not in known and value is not None:
            raise BadRequestError(f"{where}.{name} cannot be sent to this server; leave it out", param=param)
