"""The judges of bodies and answers, read in place: OpenAI's description of its API, and the documents of LiteLLM."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[4]


class Described:
    """OpenAI's API description. A null in an optional field passes, as the real service sends it too."""

    def __init__(self, document):
        self._document = {"components": tolerant(document["components"])}

    def check(self, name, answer):
        """Fail unless the JSON is what the description calls by this name; return it parsed."""
        value = json.loads(answer)
        schema = {**self._document, "$ref": f"#/components/schemas/{name}"}
        jsonschema.Draft202012Validator(schema).validate(value)
        return value


def tolerant(schema):
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


@pytest.fixture(scope="session")
def described():
    file = shared() / "reference" / "spec" / "openai-openapi.reduced.json"
    return Described(json.loads(file.read_text(encoding="utf-8")))


@pytest.fixture(scope="session", params=["000", "001"])
def document(request):
    """The text of a document that shows requests and what answers them."""
    [file] = (shared() / "seeds").glob(f"{request.param}_*.txt")
    return file.read_text(encoding="utf-8")


def shared():
    """Return the folder of what is not ours; without it a test is skipped, or fails where it is required."""
    folder = Path(os.environ.get("JACKFIELD_SHARED") or ROOT.parent / "shared")
    if not (folder / "reference" / "spec").is_dir() or not (folder / "seeds").is_dir():
        say = pytest.fail if os.environ.get("JACKFIELD_REQUIRE_SHARED") == "1" else pytest.skip
        say(f"the API descriptions and documents are not there: {folder} (JACKFIELD_SHARED names another folder)")
    return folder
