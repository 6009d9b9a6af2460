"""The cases against the real server, to record its answers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ..errors import APIStatusError, BadRequestError
from ..types import Request
from ._canonical import CANONICAL, canonical_error
from ._cases import Case
from ._check import each_case, fail
from ._checks._streams import between
from ._places import line_of
from ._redaction import Redaction, is_kept
from ._replay import written
from ._runs import Outcome, call
from ._subject import Subject
from ._tape import Taped, real_call, real_request
from ._unanswered import fail_unanswered
from ._wire import case_of
from ._wire_files import read_object
from ._written import accept_case, write_answer, write_json, write_request

__all__ = ["RECORDING"]

STREAM, WHOLE = "stream-plain", "chat-plain"
NOBODY = "\0"  # stands in no request
REFUSED = "have case.json say so, as above; where the server can do it, have the plugin ask."


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what came of it."""

    request: Request
    outcome: Outcome
    exchanges: list[Taped]

    @property
    def refused(self) -> str | None:
        """The parameter that was refused by its name, or None."""
        named = self.outcome.error.param if isinstance(self.outcome.error, BadRequestError) else None
        return named if named in self.request.params else None


def _asked(subject: Subject, case: Case) -> bool:
    return case.folder is not None and (case.error is None or case.name == "error-authentication")


@each_case(_asked, "every case is written by hand")
def test_recording(subject: Subject, case: Case) -> None:
    """The real server answers the case, and its wire files are written, redacted.

    Key and address come from the provider's environment variables. Errors are recorded for error-authentication only,
    with a wrong key; others no server gives when it is asked, so they are written by hand. What was recorded before is
    replaced only by an answer of the kind that the case is about.
    If this fails: what the server cannot do, the plugin refuses by name; or write the case by hand. Where the plugin
    needs a header that was left out, write it into the `N.response.json`, with a value made up.
    """
    assert case.folder is not None  # of those that are selected
    asked = _ask(subject, case)
    error = asked.outcome.error
    if isinstance(error, BadRequestError) and not asked.exchanges and _is_but_a_name(case, case.folder):
        _write_refusal(case.folder, error)
        _note(subject, "written as refused by the plugin", case, error.param or str(error))
        return
    redaction = Redaction(subject.settings(asked.request), asked.exchanges, public=_public(case, asked.request))
    _check_answer(subject, case, asked, redaction)
    _write(case.folder, [_redacted(each, redaction) for each in asked.exchanges])
    if left_out := [name for name in case.asked.params if name not in asked.request.params]:
        _write_parameters(case.folder / "case.json", asked.request)
        _note(subject, "written without the parameters that are refused", case, ", ".join(left_out))
    else:
        _note(subject, "written", case)
    accepted = accept_case(subject, case_of(case.folder), case.folder).error
    if accepted is not None and error is None:
        _left_out(case, accepted, asked.exchanges)
    if isinstance(accepted, APIStatusError) and not read_object(case.folder / "case.json"):
        _write_error(case.folder / "case.json", accepted)
    if case.name == STREAM and accepted is None:
        _compare_with_whole(subject, case, case.folder)


def _ask(subject: Subject, case: Case) -> Asked:
    """Ask the case; the canonical parameters without those that are refused, as far as that leaves any."""
    request = real_request(subject, case)
    fewer = whole = Asked(request, *real_call(subject, request))
    canonical = case.name == "chat-parameters" and case.asked == CANONICAL[case.name].request
    while canonical and fewer.refused and len(fewer.request.params) > 1:
        params = {name: value for name, value in fewer.request.params.items() if name != fewer.refused}
        request = request.replace(params=params)
        fewer = Asked(request, *real_call(subject, request))
    return whole if isinstance(fewer.outcome.error, BadRequestError) else fewer


def _is_but_a_name(case: Case, folder: Path) -> bool:
    """Whether nothing is written yet of what the case asks for and what was answered."""
    file = folder / "case.json"
    return not case.exchanges and (not file.exists() or not read_object(file))


def _note(subject: Subject, how: str, case: Case, what: str = "") -> None:
    subject.written.setdefault(how, []).append(f"{case.name} ({what})" if what else case.name)


def _write_refusal(folder: Path, error: BadRequestError) -> None:
    """Write the case of what the provider refuses by name, before anything is sent."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "case.json", _refusal(error))


def _refusal(error: BadRequestError) -> dict[str, Any]:
    param = {"param": error.param} if error.param else {}
    return {"error": {"type": type(error).__name__, **param}}


def _write_error(file: Path, error: APIStatusError) -> None:
    """Write what a caller is told, in the server's words: they are what the plugin is to find."""
    write_json(
        file, {"error": {"type": type(error).__name__, "status_code": error.status_code, "message": error.message}}
    )


def _compare_with_whole(subject: Subject, case: Case, folder: Path) -> None:
    """Write that the plain stream adds up to the plain answer, where it does; else have it told."""
    said, whole = read_object(folder / "case.json"), folder.parent / WHOLE
    if set(said) - {"same_answer"} or not (whole / "result.json").exists():
        return  # it asks for something else, or there is nothing to compare
    found = between(call(subject, case_of(whole)), call(subject, case_of(folder)))
    if found:
        how = f"not the answer of {WHOLE}, so that no check tells whether a stream loses something"
        _note(subject, how, case, found[0])
    else:
        write_json(folder / "case.json", {"same_answer": WHOLE})


def _write_parameters(file: Path, request: Request) -> None:
    said = read_object(file)
    write_json(file, {**said, "request": {**said.get("request", {}), "params": dict(request.params)}})


def _check_answer(subject: Subject, case: Case, asked: Asked, redaction: Redaction) -> None:
    """Fail where nothing was exchanged that is worth the place of what was recorded before."""
    expected, error, exchanges = case.error or canonical_error(case.name), asked.outcome.error, asked.exchanges
    if isinstance(error, BadRequestError) and not exchanges:
        details, at = (
            [f"say so in {case.place}/case.json: {json.dumps(_refusal(error))}"],
            line_of(error, subject.roots),
        )
        fail(f"the plugin refuses {case.name}: {error}", details, at, remedy=REFUSED)
    if error is not None and (expected is None or not isinstance(error, APIStatusError)):
        read = redaction.content(exchanges[-1].body).decode(errors="replace") if exchanges else None
        fail_unanswered(subject, case, error, read)
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
    folder.mkdir(parents=True, exist_ok=True)
    for old in (*folder.glob("*.request.*"), *folder.glob("*.response.*"), *folder.glob("result.json")):
        old.unlink()
    if not (folder / "case.json").exists():
        write_json(folder / "case.json", {})
    for number, (sent, answer) in enumerate(exchanges, 1):
        write_answer(folder, number, answer)
        write_request(folder, number, sent)


RECORDING = test_recording
