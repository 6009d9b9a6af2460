"""The exchanges of a case: its request and response files, and the reading of wire files at all."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._cases import Answer, Exchange
from ._errors import SuiteError

__all__ = ["bytes_of", "exchanges_of", "mapping_in", "read_object", "text_in"]

REQUEST_KEYS = {"method", "url", "headers", "json", "text", "form", "body_file"}
RESPONSE_KEYS = {"status", "headers", "json", "text", "body_file"}
BODIES = ("json", "text", "form", "body_file")
EXCHANGE = re.compile(r"([1-9]\d*)\.(request|response)\.json")


def exchanges_of(folder: Path, *, complete: bool) -> tuple[Exchange, ...]:
    """Return the exchanges of a case; none where one lacks its response and need not be ``complete``."""
    found = {(int(m[1]), m[2]): each for each in folder.iterdir() if (m := EXCHANGE.fullmatch(each.name))}
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


def _sent(file: Path | None, folder: Path) -> Mapping[str, Any] | None:
    if file is None:
        return None
    said = read_object(file, REQUEST_KEYS)
    for name in ("method", "url"):
        if not isinstance(said.get(name), str):
            raise SuiteError(f"{file}: {name} is missing, or no text")
    headers = mapping_in(file, said, "headers")
    if upper := [name for name in headers if name != name.lower()]:
        raise SuiteError(f"{file}: the header {upper[0]!r} is to be written in lower case")
    body = _body_of(file, said)
    sent: dict[str, Any] = {"method": said["method"], "url": said["url"], "headers": dict(headers)}
    if body == "body_file":
        return sent | {"content": bytes_of(file, folder, said[body])}
    if body == "form":
        return sent | {"form": [_field(file, folder, part) for part in said["form"]]}
    return sent | ({body: said[body]} if body else {})


def _field(file: Path, folder: Path, part: Any) -> dict[str, Any]:
    if not isinstance(part, Mapping) or ("value" in part) == ("body_file" in part):
        raise SuiteError(f"{file}: a field of a form has 'name' and one of 'value' and 'body_file', not {part!r}")
    known = dict(part)
    if "body_file" in known:
        known["content"] = bytes_of(file, folder, known.pop("body_file"))
    return known


def _answer(file: Path, folder: Path) -> Answer:
    said = read_object(file, RESPONSE_KEYS)
    if not isinstance(said.get("status"), int):
        raise SuiteError(f"{file}: status is missing, or no number")
    headers = {name.lower(): value for name, value in mapping_in(file, said, "headers").items()}
    body = _body_of(file, said)
    if body == "json":
        return Answer(said["status"], {"content-type": "application/json"} | headers, json.dumps(said[body]).encode())
    content = bytes_of(file, folder, said[body]) if body == "body_file" else str(said.get("text", "")).encode()
    return Answer(said["status"], headers, content)


def _body_of(file: Path, said: Mapping[str, Any]) -> str | None:
    bodies = [name for name in BODIES if name in said]
    if len(bodies) > 1:
        raise SuiteError(f"{file}: a body is one of {', '.join(bodies)}, not several")
    return bodies[0] if bodies else None


def bytes_of(file: Path, folder: Path, name: Any) -> bytes:
    """Return the content of a file of the folder."""
    if not isinstance(name, str) or "/" in name or not (folder / name).is_file():
        raise SuiteError(f"{file}: {name!r} is no file of the folder {folder}")
    return (folder / name).read_bytes()


def read_object(file: Path, known: set[str] | None = None) -> dict[str, Any]:
    """Return the JSON object of a file; raises SuiteError for anything else, and for keys that are not ``known``."""
    try:
        said = json.loads(file.read_bytes())
    except ValueError as error:
        raise SuiteError(f"{file} is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise SuiteError(f"{file}: expected a JSON object")
    if known is not None and (unknown := sorted(said.keys() - known)):
        raise SuiteError(f"{file}: unknown {unknown[0]!r}; there are {', '.join(sorted(known))}")
    return said


def mapping_in(file: Path, said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a field that is a JSON object; empty where it is left out."""
    value = said.get(name, {})
    if not isinstance(value, Mapping):
        raise SuiteError(f"{file}: {name} is a JSON object, not {value!r}")
    return value


def text_in(file: Path, said: Mapping[str, Any], name: str) -> str | None:
    """Return a field that is a text, or None."""
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise SuiteError(f"{file}: {name} is a text, not {value!r}")
    return value
