"""Servers that do one thing, whatever they are asked; ``asked`` counts the requests."""

from __future__ import annotations

from ...flow import HttpResponse
from ...transports import Outgoing
from ...transports.memory import Reply
from .._cases import Answer

__all__ = ["JSON", "Cutting", "Fixed", "Raising", "repeated"]

JSON = {"content-type": "application/json"}


class Fixed:
    """Answers every request alike."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked = 0

    def __call__(self, outgoing: Outgoing) -> HttpResponse:
        self.asked += 1
        return HttpResponse(self._answer.status, self._answer.headers, self._answer.body)


class Raising:
    """Fails every request alike."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.asked = 0

    def __call__(self, outgoing: Outgoing) -> HttpResponse:
        self.asked += 1
        raise self._error


class Cutting:
    """Answers with these parts of a body, of which one may be an error."""

    def __init__(self, answer: Answer, parts: list[bytes | Exception]) -> None:
        self._answer, self._parts = answer, parts
        self.asked = 0

    def __call__(self, outgoing: Outgoing) -> Reply:
        self.asked += 1
        return Reply(self._answer.status, self._answer.headers, iter(self._parts))


def repeated(server: Fixed | Raising | Cutting) -> str | None:
    """Say that a server was asked more than once."""
    return None if server.asked < 2 else f"led to {server.asked} requests, and whether to try again is the caller's"
