"""Cases asked of the real server, and all that was exchanged meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .._drive import drive
from ..errors import ConfigurationError, JackfieldError
from ..flow import HttpResponse
from ..transports import Outgoing
from ..transports.memory import MemoryTransport, Reply
from ..types import CallOptions, Request
from ._cases import Case
from ._errors import SuiteError
from ._runs import Outcome
from ._subject import Subject

__all__ = ["Tape", "Taped", "check_variables", "real_call", "real_request"]

WRONG_KEY = "sk-a-wrong-key"
WRONG_KEY_CASE = "error-authentication"


@dataclass(frozen=True, slots=True)
class Taped:
    """One exchange; ``pieces`` grows while a stream is read."""

    outgoing: Outgoing
    status: int
    headers: Mapping[str, str]
    pieces: list[bytes] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The answer's body, as far as it was read."""
        return b"".join(self.pieces)


def check_variables(subject: Subject) -> None:
    """Raise SuiteError where a variable is not set without which the provider asks no server."""
    transport: Any = MemoryTransport(lambda _: Reply(400))
    for case in subject.cases:
        if transport.requests or case.name == WRONG_KEY_CASE:
            continue
        try:
            drive(subject.core.flow(real_request(subject, case)), lambda: transport)
        except ConfigurationError as error:
            raise SuiteError(f"the real server cannot be asked: {error}") from error
        except JackfieldError:
            continue  # told when the server itself is asked


def real_request(subject: Subject, case: Case) -> Request:
    """Return a case's request with the key and address of the environment; for error-authentication a wrong key."""
    options = CallOptions(provider=subject.name, **case.options)  # type: ignore[typeddict-item]
    if case.name == WRONG_KEY_CASE:
        options["api_key"] = WRONG_KEY
    return case.asked.replace(model=subject.model_of(case), options=options)


def real_call(subject: Subject, request: Request) -> tuple[Outcome, list[Taped]]:
    """Make a call to the end of its stream; return what came of it and what was exchanged."""
    tape = Tape()
    try:
        result = drive(subject.core.flow(request), lambda: tape)
        if getattr(request, "stream", False):
            list(result)
            result = result.response
    except JackfieldError as error:
        return Outcome(error=error), tape.exchanges
    finally:
        tape.close()
    return Outcome(result), tape.exchanges


class Tape:
    """A transport that sends for real and keeps what was exchanged."""

    def __init__(self) -> None:
        from ..transports.httpx_ import HttpxTransport

        self._real: Any = HttpxTransport()
        self.exchanges: list[Taped] = []

    def send(self, outgoing: Outgoing, /) -> HttpResponse:
        """Exchange, and keep the whole answer."""
        response: HttpResponse = self._real.send(outgoing)
        self.exchanges.append(Taped(outgoing, response.status, dict(response.headers), [response.content]))
        return response

    def stream(self, outgoing: Outgoing, /) -> Incoming:
        """Begin a stream, and keep its pieces as they are read."""
        real = self._real.stream(outgoing)
        taped = Taped(outgoing, real.status, dict(real.headers))
        self.exchanges.append(taped)
        return Incoming(real, taped.pieces)

    def close(self) -> None:
        """Close all connections."""
        self._real.close()


class Incoming:
    """A stream whose pieces are kept; its end is waited for, so that all of it is recorded."""

    def __init__(self, real: Any, pieces: list[bytes]) -> None:
        self._real = real
        self.status: int = real.status
        self.headers = real.headers
        self._pieces = pieces

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
