"""One clear sentence for what pydantic found: what is wrong, where, and what was expected.

Pydantic's place of an error also holds the names of the alternatives that it tried, so the place is read along the
schema. Where several alternatives failed, the one that came furthest is what the client meant.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from jackfield.errors import BadRequestError

from .bodies import Kind, adapter

if TYPE_CHECKING:
    from pydantic import ValidationError

__all__ = ["complaint", "describe", "path_of"]

LONGEST_ECHO = 40  # characters of a wrong word that its error repeats
LONGEST_PATH = 200  # characters of a place, which may hold a client's own keys

TYPES = {
    "bool_type": "true or false",
    "dict_type": "an object",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "string_type": "a string",
    # in forms, where every value is a text
    "bool_parsing": "true or false",
    "float_parsing": "a number",
    "int_parsing": "a whole number",
}
"""Pydantic's name for an error of type → what was expected."""

LIMITS = {
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "string_too_short": "a string that is not empty",
    "too_short": "a list that is not empty",
}
"""Pydantic's name for an error of a value whose type is right → what was expected."""

WRAPPERS = frozenset({"default", "nullable", "typed-dict-field"})


class Finding(NamedTuple):
    """One of pydantic's errors. ``alternatives_at`` is where in the path the first choice among types stands, or -1."""

    error: Mapping[str, Any]
    path: tuple[int | str, ...]
    alternatives_at: int
    alternative: str | None  # which of them failed, where it is the whole alternative that does not fit
    tags: tuple[str, ...]  # the words that the type or role of an object may be

    @property
    def progress(self) -> tuple[int, int, bool]:
        """How far an alternative came."""
        last = self.path[-1] if self.path else 0
        return len(self.path), last if isinstance(last, int) else 0, self.error["type"] not in TYPES


def complaint(kind: Kind, error: ValidationError) -> BadRequestError:
    """Return the error for the first thing that does not fit; ``param`` is its place, as ``messages[0].content``."""
    errors = error.errors(include_url=False)
    if errors[0]["type"] == "json_invalid":
        return _no_json(errors[0]["ctx"]["error"])
    schema = adapter(kind).core_schema
    first, *others = (_found(schema, each) for each in errors)
    if first.alternatives_at < 0:
        return _sentence([first])
    shared = first.path[: first.alternatives_at]
    rivals = [first, *(each for each in others if each.path[: first.alternatives_at] == shared)]
    furthest = max(rivals, key=lambda each: each.progress)
    return _sentence([each for each in rivals if each.path == furthest.path and each.progress == furthest.progress])


def path_of(place: Iterable[int | str]) -> str | None:
    """Return a place as a client would write it; None for the whole body."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")[:LONGEST_PATH] or None


def describe(value: object) -> str:
    """Name a JSON value as a sentence can: numbers as they are, texts and what is bigger by their type alone."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity or a number too large for one"
    if isinstance(value, int | float):
        return str(value)[:LONGEST_ECHO]
    return "a string" if isinstance(value, str) else "a list" if isinstance(value, list) else "an object"


def _no_json(problem: str) -> BadRequestError:
    if problem.startswith("recursion limit"):
        return BadRequestError(f"the body is nested too deep: {problem}")
    return BadRequestError(f"the body is not valid JSON: {problem}")


def _sentence(findings: list[Finding]) -> BadRequestError:
    first = findings[0]
    error, where = first.error, path_of(first.path)
    name, given = where or "the body", error["input"]
    match error["type"]:
        case "missing":
            return BadRequestError(f"{name} is missing", param=where, code="missing_required_parameter")
        case "union_tag_not_found" | "union_tag_invalid" | "literal_error":
            return _wrong_word(first, name)
        case kind if kind in LIMITS:
            shown = f", not {given}" if isinstance(given, int | float) else ""
            text = f"{name} must be {LIMITS[kind].format(**error['ctx'])}{shown}"
            return BadRequestError(text, param=where, code="invalid_value")
        case kind if kind not in TYPES:
            return BadRequestError(f"{name}: {error['msg']}", param=where, code="invalid_value")
    expected = _either(each.alternative or TYPES[each.error["type"]] for each in findings)
    return BadRequestError(f"{name} must be {expected}, not {describe(given)}", param=where, code="invalid_type")


def _wrong_word(finding: Finding, name: str) -> BadRequestError:
    error = finding.error
    if error["type"] == "union_tag_not_found" and not isinstance(error["input"], dict):
        return BadRequestError(
            f"{name} must be an object, not {describe(error['input'])}",
            param=path_of(finding.path),
            code="invalid_type",
        )
    if error["type"] == "literal_error":
        path, given, expected = finding.path, error["input"], error["ctx"]["expected"]
    else:
        field = error["ctx"]["discriminator"].strip("'")
        path, given = (*finding.path, field), error["input"].get(field)
        expected = _either(map(repr, finding.tags))
    where = path_of(path)
    if given is None:
        text = f"{where} is missing; it must be {expected}"
        return BadRequestError(text, param=where, code="missing_required_parameter")
    shown = repr(given[:LONGEST_ECHO]) if isinstance(given, str) else describe(given)
    return BadRequestError(f"{where} must be {expected}, not {shown}", param=where, code="invalid_value")


def _either(phrases: Iterable[str]) -> str:
    *most, last = dict.fromkeys(phrases)
    return f"{', '.join(most)} or {last}" if most else last


def _found(schema: Any, error: Mapping[str, Any]) -> Finding:
    """Read the place of an error along the schema: what of it is the body's, and what names an alternative."""
    definitions: dict[str, Any] = {}
    path: list[int | str] = []
    alternatives_at, alternative = -1, None
    for step in error["loc"]:
        schema = _bare(schema, definitions)
        match schema["type"]:
            case "union":
                alternatives_at = len(path) if alternatives_at < 0 else alternatives_at
                alternative = step.strip("<>")
                schema = next(choice for choice, label in schema["choices"] if label == step)
                continue
            case "tagged-union":
                schema = schema["choices"][step]
                continue
            case "typed-dict":
                schema = schema["fields"].get(step)
            case "list":
                schema = schema["items_schema"]
            case "dict":
                schema = schema["values_schema"]
        path.append(step)
        alternative = None
    schema = _bare(schema, definitions)
    tags = tuple(schema["choices"]) if schema["type"] == "tagged-union" else ()
    return Finding(error, tuple(path), alternatives_at, alternative, tags)


def _bare(schema: Any, definitions: dict[str, Any]) -> Any:
    while True:
        if schema["type"] == "definitions":
            definitions.update({each["ref"]: each for each in schema["definitions"]})
            schema = schema["schema"]
        elif schema["type"] == "definition-ref":
            schema = definitions[schema["schema_ref"]]
        elif schema["type"] in WRAPPERS:
            schema = schema["schema"]
        else:
            return schema
