"""Recorded answers, given in order to whoever asks, and requests in the form in which wire files hold them."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from ..errors import JackfieldError
from ..transports import Outgoing
from ..transports.memory import Reply
from ._cases import Case
from ._errors import NonconformanceError
from ._secrets import hidden

__all__ = [
    "API_BASE",
    "API_KEY",
    "STEPS",
    "Replay",
    "UnexpectedRequestError",
    "body_at",
    "headers_at",
    "in_pieces",
    "pieces",
    "without_end",
    "written",
]

API_BASE = "https://conformance.invalid"
API_KEY = "sk-c0nf0rm4nc3-k3y"
"""No piece of it stands in anything else."""


STEPS = 1000
"""What one call may ask for, requests and pauses together, before it counts as one without an end."""

Cut = Callable[[bytes], Iterable[bytes | Exception]]
"""How a body arrives: its pieces, of which one may be an exception."""


class UnexpectedRequestError(NonconformanceError, JackfieldError):
    """The flow asked for more than was recorded. A JackfieldError, so that it passes through the core as it is."""

    remedy = "send what was recorded and no more, or record the case again, with the answer to each request."

    def __init__(self, message: str) -> None:
        JackfieldError.__init__(self, message)


class _Stop(BaseException):
    """Thrown into a flow, where `except Exception` would keep an error."""


def without_end(flow: Generator[Any, Any, Any]) -> UnexpectedRequestError:
    """Stop a flow that keeps asking, and return the error to raise; its cause passed through the line of the flow."""
    error = UnexpectedRequestError(f"the provider keeps asking: {STEPS} requests and pauses of one call, and no end")
    error.remedy = (
        "let errors at `yield from http(…)` pass, and leave the loop at each answer that is none to wait for."
    )
    try:
        flow.throw(_Stop())
    except BaseException as stop:
        error.__cause__ = stop
    return error


class Replay:
    """A transport's handler that answers with a case's exchanges in order; ``sent`` holds what was asked.

    ``cut`` cuts the last answer's body into pieces; ``base`` is what stands for ``{api_base}``.
    """

    def __init__(self, case: Case, *, cut: Cut | None = None, base: str = API_BASE) -> None:
        self._case = case
        self._cut = cut
        self._base = base
        self.sent: list[Outgoing] = []
        self.replies: list[Reply] = []

    def __call__(self, outgoing: Outgoing) -> Reply:
        """Answer the next request; raises where the case has no answer left."""
        self.sent.append(outgoing)
        number, exchanges = len(self.sent), self._case.exchanges
        if number > len(exchanges):
            raise UnexpectedRequestError(
                f"the provider sent {outgoing.method} {outgoing.url} as request {number}, and {self._case.place} has "
                f"{len(exchanges)} exchanges"
            )
        answer = exchanges[number - 1].answer
        body = body_at(answer.body, self._base)
        pieces = self._cut(body) if self._cut is not None and number == len(exchanges) else body
        reply = Reply(answer.status, headers_at(answer.headers, self._base), pieces)
        self.replies.append(reply)
        return reply


def body_at(body: bytes, base: str) -> bytes:
    """Return a body as a server at this address would send it."""
    return body.replace(b"{api_base}", base.encode())


def headers_at(headers: Mapping[str, str], base: str) -> dict[str, str]:
    """Return headers as a server at this address would send them."""
    return {name: value.replace("{api_base}", base) for name, value in headers.items()}


def written(outgoing: Outgoing, *, base: str = API_BASE, key: str = API_KEY) -> dict[str, Any]:
    """Return a request as wire files hold it; a body that is neither text nor a form stands under ``content``."""
    headers = {name.lower(): value for name, value in outgoing.headers.items()}
    kind = headers.get("content-type", "").partition(";")[0].strip()
    if kind == "multipart/form-data":
        headers["content-type"] = kind
    request = {"method": outgoing.method, "url": outgoing.url, "headers": headers} | _body(outgoing, kind)
    marked: dict[str, Any] = _marked(request, base, key)
    return marked


def _marked(value: Any, base: str, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _marked(item, base, key) for name, item in value.items()}
    if isinstance(value, list):
        return [_marked(item, base, key) for item in value]
    return hidden(value.replace(base, "{api_base}"), key) if isinstance(value, str) else value


def _body(outgoing: Outgoing, kind: str) -> dict[str, Any]:
    content = outgoing.content
    if not content:
        return {}
    if kind == "multipart/form-data":
        return {"form": list(_parts(content, outgoing.headers))}
    if kind == "application/x-www-form-urlencoded":
        pairs = parse_qsl(content.decode(), keep_blank_values=True)
        return {"form": [{"name": name, "value": value} for name, value in pairs]}
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return {"content": content}
    try:
        return {"json": json.loads(text)}
    except ValueError:
        return {"text": text}


def _parts(content: bytes, headers: Mapping[str, str]) -> Iterable[dict[str, Any]]:
    kind = next(value for name, value in headers.items() if name.lower() == "content-type")
    message: Any = BytesParser(policy=HTTP).parsebytes(f"content-type: {kind}\r\n\r\n".encode() + content)
    for part in message.iter_parts():
        named = {"name": part.get_param("name", header="content-disposition")}
        if (filename := part.get_filename()) is None:
            yield {**named, "value": part.get_content().rstrip("\r\n")}
        else:
            upload = part.get_payload(decode=True)
            yield {**named, "filename": filename, "type": part.get_content_type(), "content": upload}


def in_pieces(size: int) -> Cut:
    """Return what cuts a body into pieces of so many bytes."""
    return lambda body: [body[at : at + size] for at in range(0, len(body), size)]


def pieces(*parts: bytes | Exception) -> Cut:
    """Return what lets these arrive in place of the body."""
    fixed: Sequence[bytes | Exception] = parts
    return lambda _: fixed
