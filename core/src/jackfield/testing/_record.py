"""The cases against the real server, to record its answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from ..errors import APIStatusError, BadRequestError
from ..types import Request
from ._canonical import CANONICAL, canonical_error
from ._cases import Case
from ._check import each_case, fail
from ._redaction import Redaction, is_kept
from ._replay import written
from ._runs import Outcome
from ._subject import Subject
from ._tape import Taped, real_call, real_request
from ._wire import case_of
from ._wire_exchanges import read_object
from ._written import accept_case, write_answer, write_json, write_request

__all__ = ["RECORDING", "to_record"]

NOBODY = "\0"  # stands in no request

BY_HAND = {"stream-error", "error-rate-limit"}
"""What no server gives to order."""


def to_record(subject: Subject, wire: Path) -> list[Case]:
    """Return the cases of a wire folder, and the canonical ones that it lacks and that a server can be asked."""
    known = set(subject.hooks) | {"http"}
    names = {case.name for case in subject.cases}
    missing = [
        Case(name, folder=wire / name)
        for name, each in CANONICAL.items()
        if each.needed_by in known and name not in names and name not in BY_HAND
    ]
    return [*subject.cases, *missing]


def _asked(subject: Subject, case: Case) -> bool:
    return case.folder is not None and (case.error is None or case.name == "error-authentication")


@each_case(_asked, "every case is written by hand")
def test_recording(subject: Subject, case: Case) -> None:
    """The real server answers the case, and its wire files are written, redacted.

    Key and address come from the provider's environment variables. Errors are recorded for error-authentication only,
    with a wrong key; others no server gives when it is asked, so they are written by hand. What was recorded before is
    replaced only by an answer of the kind that the case is about.
    If this fails: set the variables that the provider names; look at the request with `pytest --accept` first. Where
    the plugin needs a header that was left out, write it into the `N.response.json`, with a value made up.
    """
    assert case.folder is not None  # of those that are selected
    request = real_request(subject, case)
    outcome, exchanges = real_call(subject, request)
    if isinstance(outcome.error, BadRequestError) and not exchanges and _is_but_a_name(case, case.folder):
        _write_refusal(case.folder, outcome.error)
        return
    _check_answer(case, outcome, exchanges)
    redaction = Redaction(subject.settings(request), exchanges, public=_public(case, request))
    _write(case.folder, [_redacted(each, redaction) for each in exchanges])
    error = accept_case(subject, case_of(case.folder), case.folder).error
    if error is not None and outcome.error is None:
        _left_out(case, error, exchanges)


def _is_but_a_name(case: Case, folder: Path) -> bool:
    """Whether nothing is written yet of what the case asks for and what was answered."""
    file = folder / "case.json"
    return not case.exchanges and (not file.exists() or not read_object(file))


def _write_refusal(folder: Path, error: BadRequestError) -> None:
    """Write the case of what the provider refuses by name, before anything is sent."""
    folder.mkdir(exist_ok=True)
    param = {"param": error.param} if error.param else {}
    write_json(folder / "case.json", {"error": {"type": type(error).__name__, **param}})


def _check_answer(case: Case, outcome: Outcome, exchanges: list[Taped]) -> None:
    """Fail where nothing was exchanged that is worth the place of what was recorded before."""
    expected, error = case.error or canonical_error(case.name), outcome.error
    if error is not None and (expected is None or not isinstance(error, APIStatusError)):
        fail(f"the real server did not answer {case.name}: {type(error).__name__}: {error}")
    if not exchanges:
        fail(f"nothing was exchanged for {case.name}: the provider asked no server")
    if expected is not None and type(error).__name__ != expected["type"]:
        answered = (
            f"answered with {type(error).__name__}: {error}" if error is not None else "answered as if all were well"
        )
        fail(f"{case.name}: expected {expected['type']}, and the real server {answered}")


def _left_out(case: Case, error: Exception, exchanges: list[Taped]) -> NoReturn:
    headers = sorted({name.lower() for each in exchanges for name in each.headers if not is_kept(name)})
    fail(
        f"{case.name} was recorded without what is private, and so it ends with {type(error).__name__}: {error}",
        [
            f"left out of the answers' headers: {', '.join(headers)}",
            "write what the plugin needs into the files by hand",
        ],
    )


def _public(case: Case, request: Request) -> str:
    """Return what stands in the case itself, and therefore is nobody's secret."""
    fields = {each: getattr(request, each) for each in (*request.own_fields(), "params", "model")}
    return json.dumps([fields, dict(case.options)], default=repr, ensure_ascii=False)


def _redacted(taped: Taped, redaction: Redaction) -> tuple[Any, Any]:
    sent = redaction.request(written(taped.outgoing, base=NOBODY, key=NOBODY))
    return sent, redaction.answer(taped.status, taped.headers, taped.body)


def _write(folder: Path, exchanges: list[tuple[Any, Any]]) -> None:
    folder.mkdir(exist_ok=True)
    for old in (*folder.glob("*.request.*"), *folder.glob("*.response.*"), *folder.glob("result.json")):
        old.unlink()
    if not (folder / "case.json").exists():
        write_json(folder / "case.json", {})
    for number, (sent, answer) in enumerate(exchanges, 1):
        write_answer(folder, number, answer)
        write_request(folder, number, sent)


RECORDING = test_recording
