"""Wire files: one folder a case, recorded or written by hand; this reads them.

case.json          operation, request, options, error, same_answer; a canonical name brings the first two, and each
                   field of its request that is not given
1.request.json     method, url, headers, and the body as json, text, form or body_file
1.response.json    status, headers, and the body as json, text or body_file
result.json        the response, or for a stream {"chunks": […], "response": {…}}
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._arguments import check
from ..errors import BadRequestError
from ..types import (
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    Request,
    TextCompletionRequest,
)
from ._canonical import BY_HAND, CANONICAL, STREAM_ERROR, canonical_error, canonical_names, off_the_point, to_write
from ._cases import Case, expectation
from ._errors import SuiteError
from ._wire_exchanges import exchanges_of, hold_to_what_is_read
from ._wire_files import bytes_of, entries, mapping_in, read_object, text_in

__all__ = ["SUITE", "case_of", "cases_of", "declared_in", "not_yet_recorded"]

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
FILES = ("image", "mask")
CASE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""A case's name stands in names of tests and of models, and in addresses."""

OPTIONS = {"api_version", "drop_params", "extra_body", "extra_headers", "headers", "num_retries", "timeout"}
"""Arguments of a call that a case may give: not what the kit gives itself, nor what asks somebody else."""


def cases_of(folder: Path, *, complete: bool = True) -> list[Case]:
    """Return the cases of a wire folder; raises SuiteError that names the file and says what is wrong.

    The canonical ones come first, in their order: the plainest is to be the first to fail.

    Without ``complete`` a case may lack its responses, which is how one is recorded.
    """
    found = [case_of(each, complete=complete) for each in sorted(_folders(folder), key=_place)]
    _check_same_answers(found)
    return found


def _folders(folder: Path) -> list[Path]:
    """Return the folders of the cases; none where there is nothing at all."""
    if not os.path.lexists(folder):
        return []
    if not folder.is_dir():
        raise SuiteError(f"{folder} is no folder, and wire names one, in which each case has a folder")
    found = [each for each in entries(folder) if each.name != SUITE]
    if strangers := [each for each in found if not each.is_dir()]:
        raise SuiteError(f"{strangers[0]}: a wire folder holds one folder a case and nothing but {SUITE}")
    return found


def _place(folder: Path) -> tuple[int, str]:
    names = list(CANONICAL)
    return (names.index(folder.name) if folder.name in CANONICAL else len(names), folder.name)


def not_yet_recorded(hooks: Iterable[str], given: Iterable[Case], folder: Path) -> list[Case]:
    """Return the canonical cases that a folder lacks, and that a server can be asked."""
    names = {case.name for case in given} | BY_HAND
    return [Case(name, folder=folder / name) for name in canonical_names(set(hooks), http=True) if name not in names]


def declared_in(folder: Path) -> tuple[str | None, Mapping[str, str]]:
    """Return what ``suite.json`` declares: the model or None, and the gaps with their reasons."""
    file = folder / SUITE
    if not file.exists():
        return None, {}
    said = read_object(file, {"model", "gaps"})
    gaps = mapping_in(file, said, "gaps")
    if said.get("model") == "" or not all(isinstance(reason, str) and reason for reason in gaps.values()):
        raise SuiteError(f'{file}: expected {{"model": "…", "gaps": {{"test_…": "the reason"}}}}')
    return text_in(file, said, "model"), gaps


def case_of(folder: Path, *, complete: bool = True) -> Case:
    """Return the case of a folder."""
    name, file = folder.name, folder / "case.json"
    if not CASE_NAME.fullmatch(name):
        raise SuiteError(f"{folder}: a case's name has letters and digits of ASCII, -, _ and dots; rename the folder")
    if not os.path.lexists(file):
        raise SuiteError(f"{file} is missing: it says what the case asks for; write {to_write(name)}")
    said = read_object(file, CASE_KEYS)
    request = _request(file, folder, said)
    error = expectation(said.get("error", canonical_error(name)), str(file))
    if error is None and (name == STREAM_ERROR or canonical_error(name)):
        raise SuiteError(f'{file}: {name} is a case of an error: say which, {{"error": {{"type": "…"}}}}')
    exchanges = exchanges_of(folder, complete=complete)
    if complete and not exchanges and error is None:
        raise SuiteError(f"{folder}: there is no 1.response.json; record the case, or say in case.json what is refused")
    if complete:
        hold_to_what_is_read(folder)
    result = folder / "result.json"
    if result.exists() and error is not None:
        raise SuiteError(f"{result}: a case that ends with an error has no result; take one of both away")
    return Case(
        name,
        request,
        result=read_object(result) if result.exists() else None,
        error=error,
        same_answer=text_in(file, said, "same_answer"),
        options=_options(file, said, request),
        exchanges=exchanges,
        folder=folder,
    )


def _options(file: Path, said: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
    options = mapping_in(file, said, "options")
    if unknown := sorted(options.keys() - OPTIONS):
        raise SuiteError(
            f"{file}: options hold {unknown[0]!r}, and may hold {', '.join(sorted(OPTIONS))}; key and address the kit "
            "gives itself, and a provider's parameters stand in the request's params"
        )
    try:
        check(request.replace(model=request.model or "a-model", options=options))
    except BadRequestError as error:
        raise SuiteError(f"{file}: no caller can ask this: {error}") from error
    return options


def _request(file: Path, folder: Path, said: Mapping[str, Any]) -> Request:
    canonical = CANONICAL.get(folder.name)
    operation = said.get("operation", canonical.request.operation if canonical else None)
    if not isinstance(operation, str) or operation not in REQUESTS:
        raise SuiteError(f"{file}: operation is one of {', '.join(REQUESTS)}, not {operation!r}")
    if canonical is not None and operation != canonical.request.operation:
        raise SuiteError(f"{file}: {folder.name} is a case of {canonical.request.operation}, not of {operation}")
    if canonical is None and "request" not in said:
        raise SuiteError(f"{file}: request is missing, and {folder.name!r} is no canonical case that brings one")
    fields = _fields(file, folder, said)
    try:
        request = _made(operation, fields) if canonical is None else canonical.request.replace(**fields)
    except TypeError as error:
        raise SuiteError(f"{file}: the request does not fit {operation}: {error}") from error
    if operation != request.operation:
        raise SuiteError(f"{file}: with this stream it is a case of {request.operation}, not of {operation}")
    if fields and (lost := off_the_point(folder.name, request)) is not None:
        raise SuiteError(f"{file}: {lost}")
    return request


def _made(operation: str, fields: Mapping[str, Any]) -> Request:
    streams = {"stream": True} if operation == "streaming" else {}
    return REQUESTS[operation](**{"model": "", **fields, **streams})


def _fields(file: Path, folder: Path, said: Mapping[str, Any]) -> dict[str, Any]:
    fields = dict(mapping_in(file, said, "request"))
    if "options" in fields:
        raise SuiteError(f"{file}: options stand beside the request, not in it")
    for name in ("params", "metadata"):
        mapping_in(file, fields, name)
    return {name: _upload(file, folder, value) if name in FILES else value for name, value in fields.items()}


def _upload(file: Path, folder: Path, value: Any) -> Any:
    if isinstance(value, list):
        return [_upload(file, folder, item) for item in value]
    if not isinstance(value, Mapping) or set(value) != {"file"}:
        raise SuiteError(f'{file}: an image is {{"file": "name of a file of the folder"}}, not {value!r}')
    return (value["file"], bytes_of(file, folder, value["file"]))


def _check_same_answers(cases: list[Case]) -> None:
    whole = {case.name for case in cases if not case.streams and case.error is None}
    for case in cases:
        if (other := case.same_answer) is None:
            continue
        if other not in {each.name for each in cases}:
            raise SuiteError(f"{case.place}/case.json: same_answer names {other!r}, and there is no such case")
        if not case.streams:
            raise SuiteError(f"{case.place}/case.json: same_answer is for a stream, and {case.name} is none")
        if other not in whole:
            raise SuiteError(f"{case.place}/case.json: same_answer names {other!r}, which has no whole answer")
