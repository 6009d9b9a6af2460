"""Wire files: one folder a case, recorded or written by hand; this reads them.

case.json          operation, request, options, error, same_answer; a canonical name brings the first two
1.request.json     method, url, headers, and the body as json, text, form or body_file
1.response.json    status, headers, and the body as json, text or body_file
result.json        the response, or for a stream {"chunks": […], "response": {…}}
"""

from __future__ import annotations

import json
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
from ._cases import Case, expectation
from ._errors import SuiteError
from ._wire_exchanges import bytes_of, exchanges_of, mapping_in, read_object, text_in

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
SUITE = "suite.json"
ENDS_WITH_AN_ERROR = {"stream-error"}


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
    said = read_object(file, {"model"})
    if not isinstance(said.get("model"), str):
        raise SuiteError(f'{file}: expected {{"model": "…"}}')
    return str(said["model"])


def case_of(folder: Path, *, complete: bool = True) -> Case:
    file = folder / "case.json"
    if not file.exists():
        raise SuiteError(f"{file} is missing: it says what the case asks for; {{}} where the name is a canonical one")
    said = read_object(file, CASE_KEYS)
    request = _request(file, folder, said)
    canonical = canonical_error(folder.name)
    error = expectation(said.get("error", canonical), str(file))
    if folder.name in ENDS_WITH_AN_ERROR and error is None:
        raise SuiteError(f'{file}: {folder.name} is a case of an error: say which, {{"error": {{"type": "…"}}}}')
    exchanges = exchanges_of(folder, complete=complete)
    if complete and not exchanges and error is None:
        raise SuiteError(f"{folder}: there is no 1.response.json; record the case, or say in case.json what is refused")
    result = folder / "result.json"
    if result.exists() and error is not None:
        raise SuiteError(f"{result}: a case that ends with an error has no result; take one of both away")
    return Case(
        folder.name,
        request,
        result=read_object(result) if result.exists() else None,
        error=error,
        same_answer=text_in(file, said, "same_answer"),
        options=_options(file, said),
        exchanges=exchanges,
        folder=folder,
    )


def _options(file: Path, said: Mapping[str, Any]) -> Mapping[str, Any]:
    options = mapping_in(file, said, "options")
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
    fields = mapping_in(file, said, "request")
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
    return (value["file"], bytes_of(file, folder, value["file"]))


def _check_same_answers(cases: list[Case]) -> None:
    names = {case.name for case in cases}
    for case in cases:
        if case.same_answer is not None and case.same_answer not in names:
            raise SuiteError(
                f"{case.place}/case.json: same_answer names {case.same_answer!r}, and there is no such case"
            )
