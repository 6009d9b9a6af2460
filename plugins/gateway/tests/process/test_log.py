"""The lines of the log: each is JSON, says what happened, and holds nothing that it should not."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jackfield import (
    APIConnectionError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    PluginError,
    UnsupportedOperationError,
)
from jackfield_gateway import _log
from jackfield_gateway._exchange import Exchange
from jackfield_gateway._log import AccessLog, LineWriter, cost_of, send_logging_to
from jackfield_gateway.config import Config, Prices

USAGE = SimpleNamespace(prompt_tokens=10, completion_tokens=20)
PRICED = Config(prices={"fast": Prices(0.000001, 0.000002)})

Read = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log() -> Iterator[tuple[LineWriter, Read]]:
    """Return what writes lines, and what reads those that were written."""
    reader, writer = os.pipe()

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in os.read(reader, 1 << 20).decode().splitlines()]

    yield LineWriter(writer), read
    os.close(reader)
    os.close(writer)


def exchange(**known: Any) -> Exchange:
    record = Exchange("id-1", "POST", started=100.0)
    record.seconds, record.complete = 1.5, True
    for name, value in known.items():
        setattr(record, name, value)
    return record


def test_a_request_is_one_line(log: tuple[LineWriter, Read]) -> None:
    writer, read = log
    AccessLog(writer, PRICED).write(
        exchange(
            route="/v1/chat/completions",
            model="fast",
            provider="house",
            deployment="house/small",
            usage=USAGE,
            first_chunk_at=100.25,
            first_byte_at=100.5,
            status=200,
        )
    )
    (line,) = read()
    assert abs(datetime.fromisoformat(line.pop("time")) - datetime.now(UTC)) < timedelta(seconds=5)
    assert line == {
        "level": "info",
        "event": "request",
        "request_id": "id-1",
        "method": "POST",
        "route": "/v1/chat/completions",
        "model": "fast",
        "provider": "house",
        "deployment": "house/small",
        "status": 200,
        "duration_ms": 1500.0,
        "first_chunk_ms": 250.0,
        "first_byte_ms": 500.0,
        "prompt_tokens": 10,
        "completion_tokens": 20,
        "cost": 0.00005,
    }


def test_a_client_that_left_before_any_status_has_499(log: tuple[LineWriter, Read]) -> None:
    writer, read = log
    AccessLog(writer, Config()).write(exchange(client_left=True, error=RuntimeError("left")))
    (line,) = read()
    assert (line["status"], line["client_left"]) == (499, True)
    assert "error" not in line


def test_an_answer_that_was_cut_off_is_told(log: tuple[LineWriter, Read]) -> None:
    writer, read = log
    AccessLog(writer, Config()).write(exchange(status=200, complete=False))
    assert read()[0]["complete"] is False


def test_names_without_end_are_no_memory_without_end(log: tuple[LineWriter, Read]) -> None:
    writer, _ = log
    access = AccessLog(writer, Config())
    lines: list[bytes] = []
    writer.write = lines.append  # type: ignore[method-assign]
    for number in range(2500):
        access.write(exchange(deployment=f"house/{number}"))
    assert [json.loads(line)["deployment"] for line in lines[-2:]] == ["house/2498", "house/2499"]
    assert len(access._fixed) <= 1000


@pytest.mark.parametrize(
    ("known", "cost"),
    [
        ({"model": "fast", "usage": USAGE}, 0.00005),
        ({"model": "fast", "usage": SimpleNamespace(prompt_tokens=3, completion_tokens=None)}, 0.000003),
        ({"model": "fast"}, None),
        ({"model": "other", "usage": USAGE}, None),
        ({"usage": USAGE}, None),
    ],
)
def test_a_cost_needs_a_price_and_a_usage(known: dict[str, Any], cost: float | None) -> None:
    assert cost_of(exchange(**known), PRICED.prices) == cost


@pytest.mark.parametrize("switched_on", [False, True])
def test_content_is_logged_only_where_that_is_switched_on(log: tuple[LineWriter, Read], switched_on: bool) -> None:
    writer, read = log
    AccessLog(writer, Config(log_content=switched_on)).write(exchange(content={"request": "a secret"}))
    assert ("content" in read()[0]) is switched_on


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("set HOUSE_API_KEY"),
        APIConnectionError("http://10.0.0.7 refused"),
        InternalServerError("the provider fell over", provider="house"),
        AuthenticationError("Incorrect API key", provider="house"),
        PluginError("the plugin fell over"),
        ValueError("nobody knows"),
    ],
)
def test_an_error_that_no_client_reads_stands_in_the_log(log: tuple[LineWriter, Read], error: Exception) -> None:
    writer, read = log
    AccessLog(writer, Config()).write(exchange(error=error, model="fast"))
    line, full = read()
    assert line["error"] == full["error"] == type(error).__name__
    assert (full["level"], full["event"], full["request_id"], full["model"]) == ("error", "error", "id-1", "fast")
    assert full["message"] == str(error)


@pytest.mark.parametrize(
    "error", [BadRequestError("messages[0]: no role", provider="house"), UnsupportedOperationError("no images")]
)
def test_a_clients_own_fault_is_one_line(log: tuple[LineWriter, Read], error: Exception) -> None:
    writer, read = log
    AccessLog(writer, Config()).write(exchange(error=error))
    (line,) = read()
    assert line["error"] == type(error).__name__


def test_code_that_failed_has_its_traceback(log: tuple[LineWriter, Read]) -> None:
    writer, read = log
    error = PluginError("the handler failed")
    error.__cause__ = KeyError("deep")
    AccessLog(writer, Config()).write(exchange(error=error))
    assert "KeyError: 'deep'" in read()[1]["traceback"]


def test_a_connection_that_failed_has_its_cause(log: tuple[LineWriter, Read]) -> None:
    writer, read = log
    error = APIConnectionError("no answer")
    error.__cause__ = OSError(111, "refused")
    AccessLog(writer, Config()).write(exchange(error=error))
    full = read()[1]
    assert "refused" in full["cause"]
    assert "traceback" not in full


def test_text_from_elsewhere_ends_no_line_and_moves_no_cursor(log: tuple[LineWriter, Read]) -> None:
    writer, _ = log
    lines: list[bytes] = []
    writer.write = lines.append  # type: ignore[method-assign]
    nasty = 'x\n{"event":"request"}\r\x1b[2J\x9b\u2028\ud800'
    AccessLog(writer, Config()).write(exchange(error=ValueError(nasty)))
    full = lines[1]
    assert full.isascii()
    assert not any(byte < 0x20 or byte == 0x7F for byte in full)
    assert json.loads(full)["message"] == nasty


def test_what_others_log_are_lines_too(log: tuple[LineWriter, Read]) -> None:
    writer, read = log
    root, package = logging.getLogger(), logging.getLogger("jackfield_gateway")
    before = root.handlers, root.level, package.level
    try:
        send_logging_to(writer)
        logging.getLogger("some.library").info("small talk")
        logging.getLogger("some.library").warning("careful:\n%s", "two lines")
        logging.getLogger("jackfield_gateway.part").info("read", extra={"fields": {"findings": ["a", "b"]}})
        logging.getLogger("asyncio").error("nobody waited", exc_info=ValueError("why"))
    finally:
        logging.captureWarnings(capture=False)
        root.handlers, root.level, package.level = before
    careful, own, unhandled = read()
    assert (careful["level"], careful["logger"], careful["message"]) == (
        "warning",
        "some.library",
        "careful:\ntwo lines",
    )
    assert (own["level"], own["findings"]) == ("info", ["a", "b"])
    assert "ValueError: why" in unhandled["traceback"]


def filled() -> tuple[int, int]:
    """Return a pipe that takes nothing more until it is read."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)
    return reader, writer


def drained(reader: int) -> bytes:
    """Return what a pipe holds."""
    os.set_blocking(reader, False)
    content = b""
    with suppress(BlockingIOError):
        while piece := os.read(reader, 1 << 16):
            content += piece
    return content


def test_a_log_that_is_not_read_does_not_hold_up_requests_and_tells_what_it_lost() -> None:
    reader, writer = filled()
    lines = LineWriter(writer)
    began = time.monotonic()
    for _ in range(100):
        lines.write(b"{}")
    assert time.monotonic() - began < 100 * _log.PATIENCE  # it is waited for once, and not for each line
    assert lines.lost == 100
    drained(reader)
    lines.write(b'{"after":1}')
    os.close(writer)
    lost, after = (json.loads(line) for line in drained(reader).splitlines())
    assert (lost["event"], lost["lines"], after) == ("lost", 100, {"after": 1})
    os.close(reader)


def test_a_line_longer_than_a_pipe_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_log, "PATIENCE", 10)  # for the thread below, on a busy machine
    reader, writer = os.pipe()
    pieces: list[bytes] = []

    def read() -> None:
        while piece := os.read(reader, 1 << 16):
            pieces.append(piece)

    thread = threading.Thread(target=read)
    thread.start()
    line = b"x" * 1_000_000
    LineWriter(writer).write(line)
    os.close(writer)
    thread.join(10)
    os.close(reader)
    assert b"".join(pieces) == line + b"\n"


def test_what_follows_a_line_that_was_cut_is_a_line() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    lines = LineWriter(writer)
    lines.write(b"x" * 1_000_000)  # nobody reads the rest in time
    assert lines.lost == 1
    content = drained(reader)
    lines.write(b'{"after":1}')
    os.close(writer)
    content += drained(reader)
    cut, *whole = content.splitlines()
    assert set(cut) == {ord("x")}
    assert json.loads(whole[-1]) == {"after": 1}
    os.close(reader)


def test_a_log_that_nobody_reads_ends_nothing() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    lines = LineWriter(writer)
    lines.write(b"{}")
    os.close(writer)
    assert lines.lost == 1
