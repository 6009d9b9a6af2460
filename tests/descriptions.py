"""The official descriptions of the APIs that the gateway serves, as judges of what it answers.

    openai_description().check("CreateChatCompletionResponse", body)

OpenAI's is a judge by required fields: many optional ones that it calls non-null are null in the real service's
answers, so a null passes there. Anthropic's is taken as it stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from shared import shared_folder

__all__ = ["Description", "anthropic_description", "openai_description"]

SCHEMAS = "#/components/schemas/"


class Description:
    """One API's schemas by their names."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._components = document["components"]
        self._judges: dict[str, jsonschema.Draft202012Validator] = {}
        self._unions: dict[str, dict[str, str]] = {}

    def check(self, name: str, answer: bytes | str) -> Any:
        """Fail unless the JSON is what the description calls by this name; return it parsed."""
        value = json.loads(answer)
        self.check_value(name, value)
        return value

    def check_value(self, name: str, value: Any) -> None:
        """Fail unless a value that is parsed already is what the description calls by this name."""
        if name not in self._judges:
            schema = {"components": self._components, "$ref": SCHEMAS + name}
            self._judges[name] = jsonschema.Draft202012Validator(schema)
        self._judges[name].validate(value)

    def check_event(self, union: str, event: dict[str, Any]) -> None:
        """Fail unless an event is the one of a union's that its ``type`` says."""
        events = self.events(union)
        assert event["type"] in events, f"{event['type']} is no {union}"
        self.check_value(events[event["type"]], event)

    def events(self, union: str) -> dict[str, str]:
        """Return the members of a union of events: the value of ``type`` → the name of its schema."""
        if union not in self._unions:
            schemas = self._components["schemas"]
            members = schemas[union].get("oneOf") or schemas[union]["anyOf"]
            names = [each["$ref"].removeprefix(SCHEMAS) for each in members]
            self._unions[union] = {_type_of(schemas[each]): each for each in names}
        return self._unions[union]


def _type_of(schema: dict[str, Any]) -> str:
    stated = schema["properties"]["type"]
    return str(stated["const"] if "const" in stated else stated["enum"][0])


def tolerant(schema: Any) -> Any:
    """Return a schema that takes null wherever it is marked as nullable, and in every field that is not required."""
    if isinstance(schema, list):
        return [tolerant(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: tolerant(item) for name, item in schema.items()}
    if isinstance(made.get("properties"), dict):
        required = made.get("required", ())
        made["properties"] = {
            name: item if name in required else {"anyOf": [item, {"type": "null"}]}
            for name, item in made["properties"].items()
        }
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


def openai_description() -> Description:
    """Return OpenAI's; without it the test is skipped, or fails where it is required."""
    return _described("openai", tolerant, shared_folder("reference/spec", "API descriptions"))


def anthropic_description() -> Description:
    """Return Anthropic's; without it the test is skipped, or fails where it is required."""
    return _described("anthropic", _as_it_is, shared_folder("reference/spec", "API descriptions"))


@cache
def _described(name: str, read: Callable[[Any], Any], folder: Path) -> Description:
    text = (folder / f"{name}-openapi.reduced.json").read_text(encoding="utf-8")
    return Description(read(json.loads(text)))


def _as_it_is(schema: Any) -> Any:
    return schema
