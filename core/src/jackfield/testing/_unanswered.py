"""Why a call of the real server brought nothing to record, and what mends that."""

from __future__ import annotations

from typing import NoReturn

from ..errors import (
    APIStatusError,
    InvalidResponseError,
    PluginError,
    StreamInterruptedError,
    UnsupportedOperationError,
)
from ._cases import Case
from ._check import fail
from ._places import line_of
from ._subject import Subject

__all__ = ["UNREACHED", "fail_unanswered"]

UNREACHED = "the provider's variables must hold the address of a server that runs, and a key that it takes."
MEND = "mend the plugin there."
FINISH = "have the decoder give the finish reason, or None, at the event with which the server ends a stream."
READ = (
    "have the plugin read what the server sends, and pass over what says nothing; where this is no answer of such a "
    "server, the provider's variables hold another's address."
)
BY_NAME = (
    "what the server does not take, the plugin refuses by name: take it out of `ProviderInfo(parameters=…)`, or raise "
    "`BadRequestError(…, param=…)`; or give the case a request of its own in"
)

REFUSED = frozenset({400, 413, 418, 422})
SHOWN = 200
"""Characters: of an answer its beginning, of a stream what came last, where the plugin gave up."""


def fail_unanswered(subject: Subject, case: Case, error: Exception, answer: str | None) -> NoReturn:
    """Fail with what went wrong and what mends that; ``answer`` is what was read of the server's last, if it was asked.

    The answer is shown, so nothing private may be in it.
    """
    said, remedy = _cause(subject, case, error, asked=answer is not None)
    unread = answer and isinstance(error, PluginError | InvalidResponseError | StreamInterruptedError)
    details = [_shown(case, answer)] if answer and unread else []
    at = None if remedy == UNREACHED else line_of(error, subject.roots)
    fail(f"{said}: {type(error).__name__}: {error}", details, at, cause=error, remedy=remedy)


def _cause(subject: Subject, case: Case, error: Exception, *, asked: bool) -> tuple[str, str]:
    """Return what went wrong, and what to do."""
    name = case.name
    said, remedy = f"the real server did not answer {name}", UNREACHED
    match error:
        case UnsupportedOperationError():
            said = f"{name} asks for {case.operation}, which {subject.name} has not"
            remedy = f"where the server has it, write that hook; where not, delete the folder {case.place}."
        case PluginError():
            where = f"the real server's answer to {name}" if asked else f"{name} before it asked the server"
            said, remedy = f"the plugin failed at {where}", MEND
        case StreamInterruptedError():
            said, remedy = f"the real server's stream ended before the plugin saw its finish, in {name}", FINISH
        case InvalidResponseError():
            said, remedy = f"the plugin cannot read the real server's answer to {name}", READ
        case APIStatusError() if error.status_code in REFUSED:
            said, remedy = f"the real server refuses {name}", f"{BY_NAME} {case.place}/case.json."
        case APIStatusError() if error.status_code > 404:
            said = f"the real server failed at {name}"
            remedy = f"once the server is well, record the case alone: `pytest --record -k {name}`."
    return said, remedy


def _shown(case: Case, answer: str) -> str:
    if case.streams:
        return f"of the stream, this came last: {answer[-SHOWN:]!r}"
    return f"the answer begins with: {answer[:SHOWN]!r}"
