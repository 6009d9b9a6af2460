"""The exchanges of a case: its request and response files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._cases import Answer, Exchange
from ._errors import SuiteError
from ._wire_files import bytes_of, entries, mapping_in, read_object, text_in

__all__ = ["exchanges_of", "hold_to_what_is_read"]

REQUEST_KEYS = {"method", "url", "headers", "json", "text", "form", "body_file"}
RESPONSE_KEYS = {"status", "headers", "json", "text", "body_file"}
FIELD_KEYS = {"name", "value", "filename", "type", "body_file"}
BODIES = ("json", "text", "form", "body_file")
EXCHANGE = re.compile(r"([1-9][0-9]*)\.(request|response)\.json")
OTHERS = {"case.json", "result.json"}

HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)
HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


def exchanges_of(folder: Path, *, complete: bool) -> tuple[Exchange, ...]:
    """Return the exchanges of a case; none where one lacks its response and need not be ``complete``."""
    found = _found(folder)
    last = max((number for number, _ in found), default=0)
    exchanges = []
    for number in range(1, last + 1):
        response = found.get((number, "response"))
        if response is None:
            if complete:
                raise SuiteError(f"{folder / f'{number}.response.json'} is missing")
            return ()
        exchanges.append(Exchange(_sent(found.get((number, "request")), folder), _answer(response, folder), response))
    return tuple(exchanges)


def hold_to_what_is_read(folder: Path) -> None:
    """Raise SuiteError for a file of a case that none of its JSON files names, and that nobody would read."""
    found = entries(folder)
    others = [each for each in found if each.suffix.lower() != ".json"]
    said = [each.read_bytes() for each in found if each not in others] if others else []
    for each in others:
        names = [json.dumps(each.name, ensure_ascii=escaped).encode() for escaped in (True, False)]
        if not any(name in text for name in names for text in said):
            raise SuiteError(
                f"{each} is named by no body_file of the case, and nobody would read it; rename it, or take it away"
            )


def _found(folder: Path) -> dict[tuple[int, str], Path]:
    """Return the files of exchanges; raises SuiteError for what looks like one and would be read by nobody."""
    found = {}
    for each in entries(folder):
        if not each.is_file():
            raise SuiteError(f"{each} is no file, and a case holds nothing else; take it away")
        if fit := EXCHANGE.fullmatch(each.name):
            found[int(fit[1]), fit[2]] = each
        elif each.suffix.lower() == ".json" and each.name not in OTHERS:
            raise SuiteError(
                f"{each}: the JSON files of a case are case.json, result.json, and 1.request.json, 1.response.json and "
                "so on; rename it, or take it away"
            )
    return found


def _sent(file: Path | None, folder: Path) -> Mapping[str, Any] | None:
    if file is None:
        return None
    said = read_object(file, REQUEST_KEYS)
    for name in ("method", "url"):
        if not isinstance(said.get(name), str):
            raise SuiteError(f"{file}: {name} is missing, or no text")
    headers = _headers(file, said)
    if upper := [name for name in headers if name != name.lower()]:
        raise SuiteError(f"{file}: the header {upper[0]!r} is to be written in lower case")
    body = _body_of(file, said)
    sent: dict[str, Any] = {"method": said["method"], "url": said["url"], "headers": headers}
    if body == "body_file":
        return sent | {"content": bytes_of(file, folder, said[body])}
    if body == "form":
        return sent | {"form": _form(file, folder, said[body])}
    return sent | ({body: said[body]} if body else {})


def _form(file: Path, folder: Path, parts: Any) -> list[dict[str, Any]]:
    if not isinstance(parts, list):
        raise SuiteError(f"{file}: form is a list, not {parts!r}")
    return [_field(file, folder, part) for part in parts]


def _field(file: Path, folder: Path, part: Any) -> dict[str, Any]:
    if not _is_field(part):
        raise SuiteError(
            f"{file}: a field of a form has 'name' and one of 'value' and 'body_file', for a file 'filename' and "
            f"'type' too, all of them texts; not {part!r}"
        )
    known = dict(part)
    if "body_file" in known:
        known["content"] = bytes_of(file, folder, known.pop("body_file"))
    return known


def _is_field(part: Any) -> bool:
    if not isinstance(part, Mapping) or set(part) - FIELD_KEYS or "name" not in part:
        return False
    return ("value" in part) != ("body_file" in part) and all(isinstance(each, str) for each in part.values())


def _answer(file: Path, folder: Path) -> Answer:
    said = read_object(file, RESPONSE_KEYS)
    status = said.get("status")
    if type(status) is not int or not 200 <= status < 600:
        how = f"is a number from 200 to 599, not {status!r}" if "status" in said else "is missing"
        raise SuiteError(f"{file}: status {how}")
    headers = {name.lower(): value for name, value in _headers(file, said).items()}
    body = _body_of(file, said)
    if body == "json":
        return Answer(status, {"content-type": "application/json"} | headers, json.dumps(said[body]).encode())
    if body == "body_file":
        return Answer(status, headers, bytes_of(file, folder, said[body]))
    return Answer(status, headers, (text_in(file, said, "text") or "").encode())


def _headers(file: Path, said: Mapping[str, Any]) -> dict[str, str]:
    headers = dict(mapping_in(file, said, "headers"))
    for name, value in headers.items():
        if not HEADER_NAME.fullmatch(name):
            raise SuiteError(f"{file}: {name!r} is no name of a header")
        if not isinstance(value, str) or not HEADER_VALUE.fullmatch(value):
            raise SuiteError(f"{file}: the header {name!r} is a text of one line, not {value!r}")
    return headers


def _body_of(file: Path, said: Mapping[str, Any]) -> str | None:
    bodies = [name for name in BODIES if name in said]
    if len(bodies) > 1:
        raise SuiteError(f"{file}: a body is one of {', '.join(bodies)}, not several")
    return bodies[0] if bodies else None
