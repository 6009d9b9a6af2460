"""The log: a line of JSON for each request and for each thing that the operator has to know, on one stream.

No line holds what was asked or answered, unless the config switches that on, and none holds a key. Text that comes from
elsewhere is escaped to ASCII, so that nothing in it can end a line or move a terminal's cursor.
"""

from __future__ import annotations

import json
import logging
import os
import select
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from time import time
from typing import Any

from jackfield import APIConnectionError, APIStatusError, ConfigurationError, UnsupportedOperationError

from ._exchange import Exchange
from .config import Config, Prices

__all__ = ["AccessLog", "LineWriter", "cost_of", "send_logging_to"]

CLIENT_LEFT = 499
"""The status, nginx's, of a request whose client left before there was another."""

PATIENCE = 0.1
"""Seconds that a line may wait for whoever reads the log."""

FIXED = ("method", "route", "model", "provider", "deployment", "status")
MOST_PARTS = 1000


class LineWriter:
    """Writes lines to a file descriptor, which workers may share.

    A line goes with one ``write`` where there is room for all of it: up to PIPE_BUF bytes (4096 on Linux) a pipe does
    not mix it with another's, and with more it does so only when it is all but full. A reader that is too slow holds
    no request up for longer than ``PATIENCE``: lines are lost then, and the next that is written says how many.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._patience = PATIENCE
        self._cut = False
        self._untold = 0
        self.lost = 0

    def write(self, line: bytes) -> None:
        """Write a line, given without its end."""
        if self._untold and self._has_room():
            untold, self._untold = self._untold, 0
            self._put(_encode({"time": _now(), "level": "error", "event": "lost", "lines": untold}))
        self._put(line)

    def _put(self, line: bytes) -> None:
        data = line + b"\n"
        rest = memoryview(b"\n" + data if self._cut else data)
        try:
            while rest and self._has_room():
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            pass  # nobody reads the log any more, or the disk is full: no reason to end requests
        if rest:
            self._cut = self._cut or len(rest) < len(data)
            self._untold += 1
            self.lost += 1
        else:
            self._cut = False

    def _has_room(self) -> bool:
        if sys.platform == "win32":  # which can ask sockets alone
            return True
        _, ready, _ = select.select((), (self._descriptor,), (), self._patience)
        self._patience = PATIENCE if ready else 0.0  # who has waited in vain does not wait for each line
        return bool(ready)


class AccessLog:
    """A line for each request, and one more where an error's text reached nobody."""

    def __init__(self, writer: LineWriter, config: Config) -> None:
        self._writer = writer
        self._fixed: dict[tuple[str | int | None, ...], str] = {}
        self.configure(config)

    def configure(self, config: Config) -> None:
        """Go by another config from the next line on."""
        self._prices = config.prices
        self._with_content = config.log_content

    def write(self, exchange: Exchange) -> None:
        """Log a request that has ended."""
        self._writer.write(self._line(exchange))
        if exchange.error is not None and not exchange.client_left and _is_news(exchange.error):
            self._writer.write(_encode(_error_line(exchange, exchange.error)))

    def _line(self, exchange: Exchange) -> bytes:
        # Written by hand: each request passes here, and json.dumps of the same fields takes three times as long.
        started = exchange.started
        line = (
            f'{{"time":"{_now()}","level":"info","event":"request","request_id":"{exchange.request_id}",'
            f'{self._fixed_part(exchange)},"duration_ms":{exchange.seconds * 1000:.2f}'
        )
        if exchange.first_byte_at is not None:
            line += f',"first_byte_ms":{(exchange.first_byte_at - started) * 1000:.2f}'
        if exchange.first_chunk_at is not None:
            line += f',"first_chunk_ms":{(exchange.first_chunk_at - started) * 1000:.2f}'
        if exchange.usage is not None:
            line += f',"prompt_tokens":{_number(exchange.usage.prompt_tokens)}'
            line += f',"completion_tokens":{_number(exchange.usage.completion_tokens)}'
        if rest := self._rest(exchange):
            line += "," + _inner(rest)
        return (line + "}").encode()

    def _fixed_part(self, exchange: Exchange) -> str:
        """Return the fields that many requests have in common."""
        key = (
            exchange.method,
            exchange.route,
            exchange.model,
            exchange.provider,
            exchange.deployment,
            _status(exchange),
        )
        part = self._fixed.get(key)
        if part is None:
            if len(self._fixed) >= MOST_PARTS:  # wildcards make names without end
                self._fixed.clear()
            part = self._fixed[key] = _inner(dict(zip(FIXED, key, strict=True)))
        return part

    def _rest(self, exchange: Exchange) -> dict[str, Any]:
        """Return the fields that few requests have."""
        rest: dict[str, Any] = {}
        if (cost := cost_of(exchange, self._prices)) is not None:
            rest["cost"] = cost
        if exchange.client_left:
            rest["client_left"] = True
        elif exchange.error is not None:
            rest["error"] = type(exchange.error).__name__
        elif not exchange.complete:
            rest["complete"] = False
        if self._with_content and exchange.content is not None:
            rest["content"] = exchange.content
        return rest


def cost_of(exchange: Exchange, prices: Mapping[str, Prices]) -> float | None:
    """Return what a request cost, or None where its model has no price or told no usage."""
    price = prices.get(exchange.model) if exchange.model is not None else None
    if price is None or exchange.usage is None or exchange.fell_back:
        return None
    spent = (exchange.usage.prompt_tokens or 0) * price.input_cost_per_token
    spent += (exchange.usage.completion_tokens or 0) * price.output_cost_per_token
    return round(spent, 12)  # a float's own noise is no price


def _status(exchange: Exchange) -> int | None:
    return CLIENT_LEFT if exchange.status is None and exchange.client_left else exchange.status


def _number(value: int | None) -> str:
    return "null" if value is None else str(int(value))


def _inner(fields: Mapping[str, Any]) -> str:
    """Return fields as JSON, without the braces around them."""
    return json.dumps(fields, separators=(",", ":"), default=str)[1:-1]


def _now() -> str:
    now = time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03d}Z"


@lru_cache(maxsize=2)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


# --------------------------------------------------------------------------------------------------------------- errors


def _is_news(error: BaseException) -> bool:
    """Whether an error's text is told to nobody but the log: a client's own fault is told to the client."""
    if isinstance(error, UnsupportedOperationError):
        return False
    return not isinstance(error, APIStatusError) or error.status_code >= 500 or error.status_code in (401, 403)


def _error_line(exchange: Exchange, error: BaseException) -> dict[str, Any]:
    line: dict[str, Any] = {
        "time": _now(),
        "level": "error",
        "event": "error",
        "request_id": exchange.request_id,
        "route": exchange.route,
        "model": exchange.model,
        "provider": exchange.provider,
        "deployment": exchange.deployment,
        "error": type(error).__name__,
        "message": str(error),
    }
    if isinstance(error, ConfigurationError | APIConnectionError | APIStatusError):
        if error.__cause__ is not None:
            line["cause"] = repr(error.__cause__)
    else:  # it is code that failed, ours or a plugin's
        line["traceback"] = "".join(traceback.format_exception(error))
    return line


def _encode(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, default=str).encode()


# --------------------------------------------------------------------------------------------------- standard logging


class _Lines(logging.Handler):
    """Hands the records of the standard library's logging to the log's stream."""

    def __init__(self, writer: LineWriter) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._writer.write(_encode(_record_line(record)))
        except Exception:
            self.handleError(record)  # as every handler does: a line that cannot be made ends nothing


def _record_line(record: logging.LogRecord) -> dict[str, Any]:
    line = {
        "time": _now(),
        "level": record.levelname.lower(),
        "event": "log",
        "logger": record.name,
        "pid": record.process,
        "message": record.getMessage(),
        **getattr(record, "fields", {}),
    }
    if record.exc_info is not None and record.exc_info[0] is not None:
        line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
    return line


def send_logging_to(writer: LineWriter) -> None:
    """Send ``logging`` and ``warnings`` to the log: the gateway's own from info on, everybody else's from warning."""
    root = logging.getLogger()
    root.handlers = [_Lines(writer)]
    root.setLevel(logging.WARNING)
    logging.getLogger("jackfield_gateway").setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # the front and the worker say the same, in full
    logging.captureWarnings(capture=True)
