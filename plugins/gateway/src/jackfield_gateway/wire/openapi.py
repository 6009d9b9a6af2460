"""The gateway's own API description, made of the types that check the bodies and of the core's response types."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

from jackfield import types
from pydantic import TypeAdapter

from .bodies import BODIES, Kind, adapter

__all__ = ["document"]

REF = "#/components/schemas/"


class Call(NamedTuple):
    """A route that calls a model: its path after ``/v1``, its bodies, and what it answers, whole and in a stream."""

    path: str
    summary: str
    body: Kind
    answer: str
    chunk: str | None = None
    form: Kind | None = None
    error: str = "Error"


CALLS = (
    Call("/chat/completions", "Continue a chat", "chat", "ModelResponse", "ModelResponseStream"),
    Call("/completions", "Continue a text", "completion", "TextCompletionResponse", "TextCompletionResponse"),
    Call("/embeddings", "Embed texts", "embedding", "EmbeddingResponse"),
    Call("/images/generations", "Make images", "image_generation", "ImageResponse"),
    Call("/images/edits", "Change images", "image_edit", "ImageResponse", form="image_edit_form"),
    Call(
        "/messages",
        "Continue a chat, in Anthropic's shapes",
        "messages",
        "AnthropicMessage",
        "AnthropicEvent",
        error="AnthropicError",
    ),
    Call(
        "/messages/count_tokens", "Count a chat's tokens", "count_tokens", "AnthropicTokenCount", error="AnthropicError"
    ),
    Call(
        "/responses", "Continue a chat, in the shapes of OpenAI's responses", "responses", "Response", "ResponseEvent"
    ),
)

OTHERS = {
    "/": ("A page that says what runs here", "text/html", False),
    "/health": ("The state of the gateway; with probe=true each model is called once", "application/json", True),
    "/health/liveliness": ("Whether the process runs", "application/json", False),
    "/health/liveness": ("Whether the process runs", "application/json", False),
    "/health/readiness": ("Whether requests are taken", "application/json", False),
    "/metrics": ("Prometheus metrics of all workers", "text/plain", True),
    "/openapi.json": ("This description", "application/json", True),
}
"""Path → what is there, its media type, and whether it needs the key."""

ANSWERS = ("ModelResponse", "ModelResponseStream", "TextCompletionResponse", "EmbeddingResponse", "ImageResponse")
"""The core's response types, which are loaded when the document is made."""

TEXT = {"type": "string"}
NULL_OR_TEXT = {"type": ["string", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


SHAPES: dict[str, Any] = {
    "Error": _object(error=_object(message=TEXT, type=TEXT, param=NULL_OR_TEXT, code=NULL_OR_TEXT)),
    "AnthropicError": _object(type={"const": "error"}, error=_object(type=TEXT, message=TEXT), request_id=NULL_OR_TEXT),
    "AnthropicMessage": _object(
        id=TEXT,
        type={"const": "message"},
        role={"const": "assistant"},
        model=TEXT,
        content={"type": "array", "items": _object(type=TEXT)},
        stop_reason=NULL_OR_TEXT,
        stop_sequence=NULL_OR_TEXT,
        usage={"type": "object"},
    ),
    "AnthropicEvent": _object(type=TEXT),
    "AnthropicTokenCount": _object(input_tokens={"type": "integer"}),
    "Response": _object(
        id=TEXT,
        object={"const": "response"},
        created_at={"type": "number"},
        status=TEXT,
        model=TEXT,
        output={"type": "array", "items": _object(type=TEXT)},
    ),
    "ResponseEvent": _object(type=TEXT, sequence_number={"type": "integer"}),
    "Model": _object(id=TEXT, object={"const": "model"}, created={"type": "integer"}, owned_by=TEXT),
    "ModelList": _object(object={"const": "list"}, data={"type": "array", "items": {"$ref": f"{REF}Model"}}),
}
"""What no type of the core describes."""


@cache
def document() -> dict[str, Any]:
    """Return the document, OpenAPI 3.1; making it takes some 50 ms, once. It is shared: it must not be changed."""
    names, schemas = _schemas()
    paths: dict[str, Any] = {f"/v1{call.path}": {"post": _call(call, names)} for call in CALLS}
    paths["/v1/models"] = {"get": _plain("The models that there are", _json({"$ref": f"{REF}ModelList"}))}
    paths["/v1/models/{id}"] = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
        "get": _plain("One model", _json({"$ref": f"{REF}Model"})),
    }
    without_version = {
        path.removeprefix("/v1"): {"$ref": f"#/paths/{path.replace('~', '~0').replace('/', '~1')}"} for path in paths
    }
    others = {path: {"get": _page(*about)} for path, about in OTHERS.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Jackfield gateway", "version": version("jackfield-gateway")},
        "security": [{}, {"bearer": []}, {"key": []}],
        "paths": {**paths, **without_version, **others},
        "components": {
            "schemas": {**schemas, **SHAPES},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
            },
        },
    }


def _schemas() -> tuple[dict[Kind, Any], dict[str, Any]]:
    """Return each body's schema, and all schemas by name."""
    bodies: Any = [(kind, "validation", adapter(kind)) for kind in BODIES]
    answers: Any = [(name, "serialization", TypeAdapter(getattr(types, name))) for name in ANSWERS]
    made, together = TypeAdapter.json_schemas([*bodies, *answers], ref_template=f"{REF}{{model}}")
    return {kind: made[kind, "validation"] for kind in BODIES}, together["$defs"]


def _call(call: Call, bodies: dict[Kind, Any]) -> dict[str, Any]:
    content = _json(bodies[call.body])
    if call.form is not None:
        files = {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
        pictures = {"type": "object", "properties": {"image": files, "mask": files["items"]}, "required": ["image"]}
        content["multipart/form-data"] = {"schema": {"allOf": [bodies[call.form], pictures]}}
    operation = _plain(call.summary, _json({"$ref": REF + call.answer}), call.error)
    operation["requestBody"] = {"required": True, "content": content}
    if call.chunk is not None:
        operation["responses"]["200"]["content"]["text/event-stream"] = {"schema": {"$ref": REF + call.chunk}}
    return operation


def _plain(summary: str, content: dict[str, Any], error: str = "Error") -> dict[str, Any]:
    failed = {"description": "What was wrong", "content": _json({"$ref": REF + error})}
    return {
        "summary": summary,
        "responses": {"200": {"description": summary, "content": content}, "4XX": failed, "5XX": failed},
    }


def _page(summary: str, media_type: str, needs_key: bool) -> dict[str, Any]:  # noqa: FBT001  # a row of the table
    page: dict[str, Any] = {
        "summary": summary,
        "responses": {"200": {"description": summary, "content": {media_type: {}}}},
    }
    return page if needs_key else {**page, "security": [{}]}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
