"""The description that the gateway gives of itself is a valid one, of all routes, and true of the bodies it takes."""

from __future__ import annotations

import json
import re
from importlib.metadata import version

import jsonschema
import pytest
from jackfield.types import ModelResponse
from jackfield_gateway.wire import answers
from jackfield_gateway.wire.openapi import document

CALLS = (
    *("chat/completions", "completions", "embeddings", "images/generations", "images/edits"),
    *("messages", "messages/count_tokens", "responses"),
)
READ = ("models", "models/{id}")
OTHERS = ("/", "/health", "/health/liveliness", "/health/liveness", "/health/readiness", "/metrics", "/openapi.json")

REFERENCE = {"type": "object", "properties": {"$ref": {"type": "string"}}, "required": ["$ref"], "maxProperties": 1}
CONTENT = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-z]+/[a-z.+-]+$"},
    "additionalProperties": {"type": "object", "properties": {"schema": {"type": "object"}}, "maxProperties": 1},
    "minProperties": 1,
}
OPERATION = {
    "type": "object",
    "properties": {
        "summary": {"type": "string", "minLength": 1},
        "security": {"type": "array"},
        "requestBody": {
            "type": "object",
            "properties": {"required": {"const": True}, "content": CONTENT},
            "required": ["required", "content"],
            "additionalProperties": False,
        },
        "responses": {
            "type": "object",
            "required": ["200"],
            "propertyNames": {"pattern": "^[1-5](?:[0-9]{2}|XX)$"},
            "additionalProperties": {
                "type": "object",
                "properties": {"description": {"type": "string"}, "content": CONTENT},
                "required": ["description"],
                "additionalProperties": False,
            },
        },
    },
    "required": ["summary", "responses"],
    "additionalProperties": False,
}
PARAMETER = {
    "type": "object",
    "properties": {"in": {"const": "path"}, "required": {"const": True}},
    "required": ["name", "in", "required", "schema"],
}
PATH_ITEM = {
    "anyOf": [
        REFERENCE,
        {
            "type": "object",
            "properties": {"get": OPERATION, "post": OPERATION, "parameters": {"type": "array", "items": PARAMETER}},
            "additionalProperties": False,
        },
    ]
}
OPENAPI = {
    "type": "object",
    "properties": {
        "openapi": {"pattern": r"^3\.1\.\d+$"},
        "info": {"type": "object", "required": ["title", "version"]},
        "security": {"type": "array", "items": {"type": "object"}},
        "paths": {"type": "object", "propertyNames": {"pattern": "^/"}, "additionalProperties": PATH_ITEM},
        "components": {
            "type": "object",
            "properties": {
                "schemas": {"type": "object", "propertyNames": {"pattern": "^[a-zA-Z0-9._-]+$"}},
                "securitySchemes": {"type": "object", "additionalProperties": {"required": ["type"]}},
            },
            "additionalProperties": False,
        },
    },
    "required": ["openapi", "info", "paths"],
    "additionalProperties": False,
}
"""What of OpenAPI 3.1 our document uses, as OpenAPI's own description of itself has it."""


@pytest.fixture(scope="module")
def described_here():
    return json.loads(json.dumps(document()))


def resolved(described_here, reference):
    found = described_here
    for step in reference.removeprefix("#/").split("/"):
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        discriminator = value.get("discriminator")
        yield from discriminator.get("mapping", {}).values() if isinstance(discriminator, dict) else ()
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(item)


def test_it_has_the_form_that_openapi_asks_for(described_here):
    jsonschema.Draft202012Validator(OPENAPI).validate(described_here)


def test_every_schema_in_it_is_one(described_here):
    for schema in described_here["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_every_reference_in_it_leads_somewhere(described_here):
    found = set(references(described_here))
    assert len(found) > 50
    for reference in found:
        assert resolved(described_here, reference)


def test_it_has_every_route_with_and_without_the_version(described_here):
    expected = {f"{start}/{path}" for start in ("", "/v1") for path in (*CALLS, *READ)} | set(OTHERS)
    assert described_here["paths"].keys() == expected


def test_every_path_names_its_parameters(described_here):
    for path, item in described_here["paths"].items():
        described = resolved(described_here, item["$ref"]) if "$ref" in item else item
        named = {parameter["name"] for parameter in described.get("parameters", ())}
        assert set(re.findall(r"{(\w+)}", path)) == named


def judge(described_here, schema):
    return jsonschema.Draft202012Validator({"components": described_here["components"], **schema})


def body_of(described_here, path):
    content = described_here["paths"][path]["post"]["requestBody"]["content"]
    return judge(described_here, content["application/json"]["schema"])


CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def test_it_tells_a_body_that_is_taken_from_one_that_is_not(described_here):
    chats = body_of(described_here, "/v1/chat/completions")
    assert chats.is_valid({**CHAT, "temperature": 1, "mine": {}})
    assert not chats.is_valid({"model": "m"})
    assert not chats.is_valid({**CHAT, "tools": [{}]})
    assert not chats.is_valid({**CHAT, "messages": [{"role": "user", "content": [{"type": "junk"}]}]})
    assert body_of(described_here, "/v1/messages").is_valid({**CHAT, "max_tokens": 5})
    assert not body_of(described_here, "/v1/messages").is_valid(CHAT)
    assert body_of(described_here, "/v1/embeddings").is_valid({"model": "m", "input": [1, 2]})


def test_an_answer_is_what_it_says(described_here):
    answer = json.loads(answers.chat(ModelResponse.of_text("Hi!"), "m"))
    content = described_here["paths"]["/v1/chat/completions"]["post"]["responses"]["200"]["content"]
    judge(described_here, content["application/json"]["schema"]).validate(answer)


def test_it_is_made_once():
    assert document() is document()


def test_it_names_the_gateways_version(described_here):
    assert described_here["info"]["version"] == version("jackfield-gateway")
