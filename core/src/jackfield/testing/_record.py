"""The cases against the real server: to record its answers, and to see whether it still answers so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .._drive import drive
from .._settings import Settings
from ..errors import BadRequestError, JackfieldError
from ..flow import HttpResponse
from ..transports import Outgoing
from ..types import CallOptions, Request
from ._canonical import CANONICAL, WIRE_ONLY
from ._cases import Case
from ._check import each_case, fail
from ._differences import differences
from ._redaction import Redaction
from ._replay import written
from ._results import plain_result, recorded
from ._subject import Subject
from ._wire import case_of
from ._written import accept_case, write_answer, write_json, write_request

__all__ = ["LIVE", "RECORDING", "to_record"]

WRONG_KEY = "sk-a-wrong-key"
NOBODY = "\0"  # stands in no request


def to_record(subject: Subject, wire: Path) -> list[Case]:
    """Return the cases of a wire folder, and the canonical ones that it lacks and that a server can be asked."""
    known = set(subject.hooks) | {"http"}
    names = {case.name for case in subject.cases}
    missing = [
        Case(name, folder=wire / name)
        for name, each in CANONICAL.items()
        if each.needed_by in known and name not in names and name not in (*WIRE_ONLY, "error-rate-limit")
    ]
    return [*subject.cases, *missing]


def _asked(subject: Subject, case: Case) -> bool:
    return case.folder is not None and (case.error is None or case.name == "error-authentication")


@each_case(_asked, "every case is written by hand")
def test_recording(subject: Subject, case: Case) -> None:
    """The real server answers the case, and its wire files are written, redacted.

    Key and address come from the provider's environment variables. Errors are recorded for error-authentication only,
    with a wrong key; others no server gives when it is asked, so they are written by hand.
    If this fails: set the variables that the provider names; look at the request with `pytest --accept` first.
    """
    assert case.folder is not None  # of those that are selected
    request = _request(subject, case)
    tape = Tape()
    error = _called(subject, request, tape)
    if isinstance(error, BadRequestError) and not tape.exchanges and not (case.folder / "case.json").exists():
        _write_refusal(case.folder, error)
        return
    if error is not None and case.name != "error-authentication":
        fail(f"the real server did not answer {case.name}: {type(error).__name__}: {error}")
    _write(case.folder, tape, subject.settings(request))
    accept_case(subject, case_of(case.folder), case.folder)


def _write_refusal(folder: Path, error: BadRequestError) -> None:
    """Write the case of what the provider refuses by name, before anything is sent."""
    folder.mkdir()
    param = {"param": error.param} if error.param else {}
    write_json(folder / "case.json", {"error": {"type": type(error).__name__, **param}})


def _write(folder: Path, tape: Tape, settings: Settings) -> None:
    redaction = Redaction(settings)
    folder.mkdir(exist_ok=True)
    for old in (*folder.glob("*.request.*"), *folder.glob("*.response.*"), *folder.glob("result.json")):
        old.unlink()
    if not (folder / "case.json").exists():
        write_json(folder / "case.json", {})
    for number, (outgoing, status, headers, body) in enumerate(tape.exchanges, 1):
        write_answer(folder, number, redaction.answer(status, headers, b"".join(body)))
        sent = written(outgoing, base=settings.api_base or NOBODY, key=settings.api_key or NOBODY)
        write_request(folder, number, redaction.request(sent))


def _request(subject: Subject, case: Case) -> Request:
    asked = case.asked
    model = asked.model or ("" if asked.operation == "list_models" else subject.model)
    options = CallOptions(provider=subject.name, **case.options)  # type: ignore[typeddict-item]
    if case.name == "error-authentication":
        options["api_key"] = WRONG_KEY
    return asked.replace(model=model, options=options)


def _called(subject: Subject, request: Request, tape: Tape) -> JackfieldError | None:
    try:
        result = drive(subject.core.flow(request), lambda: tape)
        if getattr(request, "stream", False):
            list(result)
    except JackfieldError as error:
        return error
    finally:
        tape.close()
    return None


def _answered(subject: Subject, case: Case) -> bool:
    return case.error is None and case.result is not None


@each_case(_answered, "no case has a result")
def test_the_real_server_agrees(subject: Subject, case: Case) -> None:
    """The real server answers in the shape that was recorded: the same fields, of the same types.

    If this fails: the server has changed since it was recorded. Record the case again with `pytest --record`, see what
    the difference means for the plugin, and commit both.
    """
    tape = Tape()
    try:
        result = drive(subject.core.flow(_request(subject, case)), lambda: tape)
        if case.streams:
            list(result)
            result = result.response
    except JackfieldError as error:
        fail(f"the real server did not answer {case.name}: {type(error).__name__}: {error}")
    finally:
        tape.close()
    expected = recorded(case.result, case.operation, streams=case.streams)
    if found := differences(_shape(expected["response"] if case.streams else expected), _shape(plain_result(result))):
        fail(f"the real server answers {case.name} in another shape than was recorded:", found)


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(item) for name, item in value.items() if name not in {"id", "created"}}
    if isinstance(value, list):
        return [_shape(value[0])] if value else []
    return "a number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


class Tape:
    """A transport that sends for real and keeps what was exchanged."""

    def __init__(self) -> None:
        from ..transports.httpx_ import HttpxTransport

        self._real: Any = HttpxTransport()
        self.exchanges: list[tuple[Outgoing, int, dict[str, str], list[bytes]]] = []

    def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange, and keep the whole answer."""
        response: HttpResponse = self._real.send(outgoing)
        self.exchanges.append((outgoing, response.status, dict(response.headers), [response.content]))
        return response

    def stream(self, outgoing: Outgoing, /) -> Incoming:
        """Begin a stream, and keep its pieces as they are read."""
        return Incoming(self._real.stream(outgoing), outgoing, self)

    def close(self) -> None:
        """Close all connections."""
        self._real.close()


class Incoming:
    """A stream whose pieces are kept; its end is waited for, so that all of it is recorded."""

    def __init__(self, real: Any, outgoing: Outgoing, tape: Tape) -> None:
        self._real = real
        self.status: int = real.status
        self.headers = real.headers
        self._pieces: list[bytes] = []
        tape.exchanges.append((outgoing, real.status, dict(real.headers), self._pieces))

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._real:
            self._pieces.append(piece)
            yield piece

    def finish(self) -> None:
        """Read what is left, which nobody else wants."""
        self._pieces.extend(self._real)
        self._real.finish()

    def read_error(self, limit: int, /) -> bytes:
        """Read an error's body, and keep it."""
        body: bytes = self._real.read_error(limit)
        self._pieces.append(body)
        return body

    def close(self) -> None:
        """Close the connection."""
        self._real.close()


RECORDING = test_recording
LIVE = test_the_real_server_agrees
