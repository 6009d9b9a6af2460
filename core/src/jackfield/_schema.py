"""``response_format`` as a pydantic model class: the JSON schema of a strict structured output.

Source of the rules: OpenAI's guide "Structured model outputs", section "Supported schemas"; the result is what the
``openai`` package sends for the same class.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import BadRequestError

__all__ = ["response_format_of"]


def response_format_of(kind: type[Any]) -> dict[str, Any]:
    """Return the ``response_format`` that asks for JSON in a pydantic model's shape.

    Raises BadRequestError for any other class, and for a model that JSON schema cannot describe.
    """
    if not hasattr(kind, "model_json_schema"):
        raise BadRequestError(
            f"response_format must be a mapping or a pydantic model class, not the class {kind.__name__}",
            param="response_format",
        )
    try:
        schema = kind.model_json_schema()
        strict = _strict(schema, schema)
    except (TypeError, ValueError, RuntimeError) as error:
        cause = str(error).partition("\n")[0]
        raise BadRequestError(
            f"response_format: {kind.__name__} cannot be described as a JSON schema: {cause}", param="response_format"
        ) from error
    name = re.sub(r"[^a-zA-Z0-9_-]+", "_", kind.__name__).strip("_")  # a generic's name holds brackets
    return {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": strict}}


def _strict(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema in which objects are closed, all their fields required, and no ``$ref`` has siblings."""
    schema = _without_indirection(schema, root)
    strict = {keyword: _strict_value(keyword, value, root) for keyword, value in schema.items()}
    if strict.get("type") == "object":
        strict.setdefault("additionalProperties", False)
    if "properties" in strict:
        strict["required"] = list(strict["properties"])
    if strict.get("default", ...) is None:  # says nothing: the type is nullable already
        del strict["default"]
    return strict


def _without_indirection(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Replace a ``$ref`` that has siblings, and an ``allOf`` of one, by what they stand for."""
    own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "allOf")}
    if "$ref" in schema and len(schema) > 1:
        return _without_indirection({**_resolved(schema["$ref"], root), **own}, root)
    if len(schema.get("allOf", ())) == 1:
        return _without_indirection({**own, **schema["allOf"][0]}, root)
    return schema


def _strict_value(keyword: str, value: Any, root: Mapping[str, Any]) -> Any:
    if keyword in ("properties", "$defs"):
        return {name: _strict(each, root) for name, each in value.items()}
    if keyword in ("anyOf", "allOf", "oneOf"):
        return [_strict(each, root) for each in value]
    if keyword == "items" and isinstance(value, Mapping):
        return _strict(value, root)
    return value


def _resolved(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
