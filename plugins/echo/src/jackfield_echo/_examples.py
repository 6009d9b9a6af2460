"""A small value for a JSON schema: what echo puts into tool calls and structured answers.

It knows the parts of JSON Schema that models are asked with (https://json-schema.org/draft/2020-12); of an object it
gives what is required, of an array as few items as are allowed. A ``pattern`` is not followed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from jackfield import BadRequestError

__all__ = ["example_of"]

Schema: TypeAlias = Mapping[str, Any]

FORMATS = {
    "date": "2000-01-01",
    "date-time": "2000-01-01T00:00:00Z",
    "duration": "PT1S",
    "email": "echo@example.com",
    "time": "00:00:00Z",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def example_of(schema: Schema) -> Any:
    """Return a value that the schema allows; raises BadRequestError for a schema that needs itself without end."""
    try:
        return _example(schema, schema)
    except RecursionError:
        raise BadRequestError("the JSON schema refers to itself without end, so no value has its shape") from None


def _example(schema: Any, root: Schema) -> Any:
    if not isinstance(schema, Mapping):  # true: anything will do
        return None
    for keyword, read in _OF_KEYWORD.items():
        if keyword in schema:
            return read(schema[keyword], root)
    if "allOf" in schema:
        return _example(_joined(schema, root), root)
    make = _OF_KIND.get(_kind(schema))
    return None if make is None else make(schema, root)


def _referred(reference: str, root: Schema) -> Any:
    return _example(_found(reference, root), root)


def _first(values: Sequence[Any], root: Schema) -> Any:
    return values[0]


def _simplest(options: Sequence[Any], root: Schema) -> Any:
    """Prefer null, then what is no reference: a way out for schemas that hold themselves."""
    return _example(min(options, key=_weight), root)


def _weight(option: Any) -> int:
    if not isinstance(option, Mapping) or option.get("type") == "null":
        return 0
    return 2 if "$ref" in option else 1


def _found(reference: str, root: Schema) -> Any:
    """Follow a reference within the schema, such as ``#/$defs/Address``."""
    found: Any = root
    for step in reference.removeprefix("#").split("/")[1:]:
        try:
            found = found[step.replace("~1", "/").replace("~0", "~")]
        except (KeyError, TypeError):
            raise BadRequestError(f"the JSON schema refers to {reference!r}, which it does not hold") from None
    return found


def _joined(schema: Schema, root: Schema) -> Schema:
    rest = {name: value for name, value in schema.items() if name != "allOf"}
    parts = [_found(part["$ref"], root) if "$ref" in part else part for part in [rest, *schema["allOf"]]]
    joined: dict[str, Any] = {name: value for part in parts for name, value in part.items()}
    joined["properties"] = {name: value for part in parts for name, value in part.get("properties", {}).items()}
    joined["required"] = [name for part in parts for name in part.get("required", ())]
    return joined


def _kind(schema: Schema) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "null")
    return str(kind if isinstance(kind, str) else "null" if "null" in kind else kind[0])


def _object(schema: Schema, root: Schema) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {name: _example(properties.get(name), root) for name in schema.get("required", ())}


def _array(schema: Schema, root: Schema) -> list[Any]:
    first = [_example(item, root) for item in schema.get("prefixItems", ())]
    missing = schema.get("minItems", 0) - len(first)
    return first + [_example(schema.get("items"), root) for _ in range(missing)]


def _string(schema: Schema, root: Schema) -> str:
    text = FORMATS.get(schema.get("format", ""), "echo")
    return text.ljust(schema.get("minLength", 0), "o")[: schema.get("maxLength")]


def _integer(schema: Schema, root: Schema) -> int:
    step = schema.get("multipleOf", 1)
    lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0 - step) + step)
    highest = schema.get("maximum", schema.get("exclusiveMaximum", step) - step)
    value = math.ceil(lowest / step) if lowest > 0 else min(0, math.floor(highest / step))
    return int(value * step)


def _number(schema: Schema, root: Schema) -> float:
    lowest = schema.get("minimum", schema.get("exclusiveMinimum"))
    highest = schema.get("maximum", schema.get("exclusiveMaximum"))
    if lowest is not None and highest is not None:
        return float(lowest + highest) / 2
    if "multipleOf" in schema:
        return float(_integer(schema, root))
    return max(0.0, lowest + 1.0) if lowest is not None else min(0.0, highest - 1.0) if highest is not None else 0.0


def _boolean(schema: Schema, root: Schema) -> bool:
    return True


_OF_KEYWORD: dict[str, Callable[[Any, Schema], Any]] = {
    "$ref": _referred,
    "const": lambda value, _: value,
    "enum": _first,
    "anyOf": _simplest,
    "oneOf": _simplest,
}
"""Keywords that say it all by themselves → what makes a value of their content."""

_OF_KIND: dict[str, Callable[[Schema, Schema], Any]] = {
    "array": _array,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "object": _object,
    "string": _string,
}
