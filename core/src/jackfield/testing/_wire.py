"""Wire files: one folder a case, recorded or written by hand; this reads them.

case.json          operation, request, options, error, same_answer; a canonical name brings the first two
1.request.json     method, url, headers, and the body as json, text, form or body_file
1.response.json    status, headers, and the body as json, text or body_file
result.json        the response, or for a stream {"chunks": […], "response": {…}}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..types import (
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    Request,
    TextCompletionRequest,
)
from ._canonical import CANONICAL, canonical_error
from ._cases import Answer, Case, Exchange, expectation
from ._errors import SuiteError

__all__ = ["case_of", "cases_of", "model_of"]

REQUESTS: dict[str, type[Request]] = {
    "completion": CompletionRequest,
    "streaming": CompletionRequest,
    "text_completion": TextCompletionRequest,
    "embedding": EmbeddingRequest,
    "image_generation": ImageGenerationRequest,
    "image_edit": ImageEditRequest,
    "list_models": ListModelsRequest,
}
CASE_KEYS = {"operation", "request", "options", "error", "same_answer"}
REQUEST_KEYS = {"method", "url", "headers", "json", "text", "form", "body_file"}
RESPONSE_KEYS = {"status", "headers", "json", "text", "body_file"}
BODIES = ("json", "text", "form", "body_file")
EXCHANGE = re.compile(r"([1-9]\d*)\.(request|response)\.json")
SUITE = "suite.json"


def cases_of(folder: Path, *, complete: bool = True) -> list[Case]:
    """Return the cases of a wire folder, by name; raises SuiteError that names the file and says what is wrong.

    Without ``complete`` a case may lack its responses, which is how one is recorded.
    """
    if not folder.is_dir():
        raise SuiteError(f"there is no wire folder {folder}; make it, with one folder a case, or record the cases")
    strangers = [each.name for each in sorted(folder.iterdir()) if each.is_file() and each.name != SUITE]
    if strangers:
        raise SuiteError(f"{folder / strangers[0]}: a wire folder holds one folder a case and nothing but {SUITE}")
    found = [case_of(each, complete=complete) for each in sorted(folder.iterdir()) if each.is_dir()]
    if not found:
        raise SuiteError(
            f"the wire folder {folder} is empty: a suite without cases would pass whatever the plugin does"
        )
    _check_same_answers(found)
    return found


def model_of(folder: Path) -> str | None:
    """Return the model that ``suite.json`` names, or None."""
    file = folder / SUITE
    if not file.exists():
        return None
    said = _object(file, {"model"})
    if not isinstance(said.get("model"), str):
        raise SuiteError(f'{file}: expected {{"model": "…"}}')
    return str(said["model"])


def case_of(folder: Path, *, complete: bool = True) -> Case:
    file = folder / "case.json"
    if not file.exists():
        raise SuiteError(f"{file} is missing: it says what the case asks for; {{}} where the name is a canonical one")
    said = _object(file, CASE_KEYS)
    request = _request(file, folder, said)
    canonical = canonical_error(folder.name)
    error = expectation(said.get("error", canonical), str(file))
    exchanges = _exchanges(folder, complete=complete)
    if complete and not exchanges and error is None:
        raise SuiteError(f"{folder}: there is no 1.response.json; record the case, or say in case.json what is refused")
    result = folder / "result.json"
    if result.exists() and error is not None:
        raise SuiteError(f"{result}: a case that ends with an error has no result; take one of both away")
    return Case(
        folder.name,
        request,
        result=_object(result) if result.exists() else None,
        error=error,
        same_answer=_text(file, said, "same_answer"),
        options=_options(file, said),
        exchanges=exchanges,
        folder=folder,
    )


def _options(file: Path, said: Mapping[str, Any]) -> Mapping[str, Any]:
    options = _mapping(file, said, "options")
    for secret in ("api_key", "api_base"):
        if secret in options:
            raise SuiteError(f"{file}: options hold {secret!r}, which the kit gives itself")
    return options


def _request(file: Path, folder: Path, said: Mapping[str, Any]) -> Request:
    canonical = CANONICAL.get(folder.name)
    operation = said.get("operation", canonical.request.operation if canonical else None)
    if operation not in REQUESTS:
        raise SuiteError(f"{file}: operation is one of {', '.join(REQUESTS)}, not {operation!r}")
    if canonical is not None and operation != canonical.request.operation:
        raise SuiteError(f"{file}: {folder.name} is a case of {canonical.request.operation}, not of {operation}")
    if "request" not in said:
        if canonical is None:
            raise SuiteError(f"{file}: request is missing, and {folder.name!r} is no canonical case that brings one")
        return canonical.request
    fields = _mapping(file, said, "request")
    if canonical is not None and canonical.mark not in json.dumps(fields):
        raise SuiteError(f"{file}: the request has no {canonical.mark}, which is what the case {folder.name} is about")
    return _built(file, folder, operation, fields)


def _built(file: Path, folder: Path, operation: str, fields: Mapping[str, Any]) -> Request:
    given = {"model": "", **fields}
    if operation == "streaming":
        given["stream"] = True
    for name in ("image", "mask"):
        if name in given:
            given[name] = _upload(file, folder, given[name])
    try:
        return REQUESTS[operation](**given)
    except TypeError as error:
        raise SuiteError(f"{file}: the request does not fit {operation}: {error}") from error


def _upload(file: Path, folder: Path, value: Any) -> Any:
    if isinstance(value, list):
        return [_upload(file, folder, item) for item in value]
    if not isinstance(value, Mapping) or set(value) != {"file"}:
        raise SuiteError(f'{file}: an image is {{"file": "name of a file of the folder"}}, not {value!r}')
    return (value["file"], _bytes(file, folder, value["file"]))


def _exchanges(folder: Path, *, complete: bool) -> tuple[Exchange, ...]:
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
    said = _object(file, REQUEST_KEYS)
    for name in ("method", "url"):
        if not isinstance(said.get(name), str):
            raise SuiteError(f"{file}: {name} is missing, or no text")
    headers = _mapping(file, said, "headers")
    if upper := [name for name in headers if name != name.lower()]:
        raise SuiteError(f"{file}: the header {upper[0]!r} is to be written in lower case")
    body = _body_of(file, said)
    sent: dict[str, Any] = {"method": said["method"], "url": said["url"], "headers": dict(headers)}
    if body == "body_file":
        return sent | {"content": _bytes(file, folder, said[body])}
    if body == "form":
        return sent | {"form": [_field(file, folder, part) for part in said["form"]]}
    return sent | ({body: said[body]} if body else {})


def _field(file: Path, folder: Path, part: Any) -> dict[str, Any]:
    if not isinstance(part, Mapping) or ("value" in part) == ("body_file" in part):
        raise SuiteError(f"{file}: a field of a form has 'name' and one of 'value' and 'body_file', not {part!r}")
    known = dict(part)
    if "body_file" in known:
        known["content"] = _bytes(file, folder, known.pop("body_file"))
    return known


def _answer(file: Path, folder: Path) -> Answer:
    said = _object(file, RESPONSE_KEYS)
    if not isinstance(said.get("status"), int):
        raise SuiteError(f"{file}: status is missing, or no number")
    headers = {name.lower(): value for name, value in _mapping(file, said, "headers").items()}
    body = _body_of(file, said)
    if body == "json":
        return Answer(said["status"], {"content-type": "application/json"} | headers, json.dumps(said[body]).encode())
    content = _bytes(file, folder, said[body]) if body == "body_file" else str(said.get("text", "")).encode()
    return Answer(said["status"], headers, content)


def _body_of(file: Path, said: Mapping[str, Any]) -> str | None:
    bodies = [name for name in BODIES if name in said]
    if len(bodies) > 1:
        raise SuiteError(f"{file}: a body is one of {', '.join(bodies)}, not several")
    return bodies[0] if bodies else None


def _bytes(file: Path, folder: Path, name: Any) -> bytes:
    if not isinstance(name, str) or "/" in name or not (folder / name).is_file():
        raise SuiteError(f"{file}: {name!r} is no file of the folder {folder}")
    return (folder / name).read_bytes()


def _object(file: Path, known: set[str] | None = None) -> dict[str, Any]:
    try:
        said = json.loads(file.read_bytes())
    except ValueError as error:
        raise SuiteError(f"{file} is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise SuiteError(f"{file}: expected a JSON object")
    if known is not None and (unknown := sorted(said.keys() - known)):
        raise SuiteError(f"{file}: unknown {unknown[0]!r}; there are {', '.join(sorted(known))}")
    return said


def _mapping(file: Path, said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name, {})
    if not isinstance(value, Mapping):
        raise SuiteError(f"{file}: {name} is a JSON object, not {value!r}")
    return value


def _text(file: Path, said: Mapping[str, Any], name: str) -> str | None:
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise SuiteError(f"{file}: {name} is a text, not {value!r}")
    return value


def _check_same_answers(cases: list[Case]) -> None:
    names = {case.name for case in cases}
    for case in cases:
        if case.same_answer is not None and case.same_answer not in names:
            raise SuiteError(
                f"{case.place}/case.json: same_answer names {case.same_answer!r}, and there is no such case"
            )
