"""Answers that no route gives: refusals at the door and errors that nobody caught, in the wire format of the path."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from secrets import token_hex

from ._attendance import Send
from ._outgoing import JSON, respond
from .wire.answers import encoded
from .wire.errors import Told, anthropic, openai

__all__ = ["RequestIds", "body", "id_headers", "is_anthropic", "refuse"]


class RequestIds:
    """Makes ids that no other process makes: a random beginning, and a number."""

    def __init__(self) -> None:
        self._beginning = token_hex(6)
        self._numbers = count(1)

    def __call__(self) -> str:
        return f"{self._beginning}{next(self._numbers):08x}"


def is_anthropic(path: str) -> bool:
    """Whether errors of this path have Anthropic's shape; all others have OpenAI's."""
    return path.rstrip("/").endswith(("/messages", "/messages/count_tokens"))


def id_headers(request_id: str, path: str) -> list[tuple[bytes, bytes]]:
    """Return the headers that tell a request's id: each answer has the first, Anthropic's clients read the second."""
    value = request_id.encode()
    return [(b"x-request-id", value), (b"request-id", value)] if is_anthropic(path) else [(b"x-request-id", value)]


def body(told: Told, path: str) -> bytes:
    """Return the body of an error in the shape that the path's clients read."""
    return encoded(anthropic(told) if is_anthropic(path) else openai(told))


async def refuse(send: Send, told: Told, path: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Answer with an error."""
    own = [JSON, *headers]
    if told.retry_after is not None:
        own.append((b"retry-after", b"%d" % told.retry_after))
    await respond(send, told.status, body(told, path), own)
