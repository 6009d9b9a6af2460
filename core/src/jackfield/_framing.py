"""Bytes to frames: server-sent events and newline-delimited JSON, whatever the pieces they come in.

Server-sent events follow the WHATWG HTML standard, section 9.2.6: lines end at CR LF, LF or CR and nowhere else (text
libraries also split at U+2028), one byte order mark is dropped, several ``data`` lines make one event, comments and
unknown fields are passed over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .errors import ContractViolationError, InvalidResponseError
from .flow import ServerSentEvent, Splitter

__all__ = ["MAX_FRAME_BYTES", "JsonLines", "ServerSentEvents", "splitter_factory"]

MAX_FRAME_BYTES = 64 * 1024 * 1024
BOM = b"\xef\xbb\xbf"


class _Lines:
    """Cuts bytes into lines; the one place that knows about line ends, the byte order mark and the size limit."""

    def __init__(self, *, bare_cr: bool, limit: int) -> None:
        self._bare_cr = bare_cr  # a CR alone ends a line too
        self._limit = limit
        self._started = False
        self._after_cr = False
        self._parts: list[bytes] = []  # joined at a line's end only: growing one bytes object would copy it each time
        self._size = 0

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that these bytes complete."""
        if not self._started:
            data = self._without_bom(data)
        if self._bare_cr and (self._after_cr or b"\r" in data):
            data = self._with_newlines(data)
        lines = data.split(b"\n")
        tail = lines.pop()
        if lines and self._parts:
            lines[0] = self._rest() + lines[0]
        if tail:
            self._parts.append(tail)
            self._size += len(tail)
            self.check(self._size)
        return lines

    def check(self, size: int) -> None:
        """Raise InvalidResponseError for more bytes than one event may have."""
        if size > self._limit:
            raise InvalidResponseError(
                f"the stream holds an event of more than {self._limit // (1024 * 1024)} MiB; it was not read further"
            )

    def _rest(self) -> bytes:
        rest = b"".join(self._parts)
        self._parts.clear()
        self._size = 0
        return rest

    def _without_bom(self, data: bytes) -> bytes:
        data = self._rest() + data
        if len(data) < len(BOM) and BOM.startswith(data):
            return data  # it may still become one: kept as the start of the first line
        self._started = True
        return data.removeprefix(BOM)

    def _with_newlines(self, data: bytes) -> bytes:
        # A CR ends its line at once; an LF that follows it, in this piece or the next, belongs to it.
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


class ServerSentEvents:
    """The splitter for "sse": its frames are ServerSentEvent objects.

    A server that knows nothing of streams answers with a JSON object instead of events: all of it is one frame.
    """

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._lines = _Lines(bare_cr=True, limit=limit)
        self._data: list[bytes] = []
        self._size = 0
        self._event = ""
        self._id: str | None = None
        self._whole: bool | None = None  # whether it is one JSON object; None as long as nothing tells

    def feed(self, data: bytes) -> Iterator[ServerSentEvent]:
        """Give the events that these bytes complete."""
        for line in self._lines.feed(data):
            if line.startswith(b"data: "):  # what nearly every line is
                self._add(line[6:])
            elif self._whole:
                self._add(line)
            elif line:
                self._field(line)
            else:
                if self._data:
                    yield self._dispatch()
                self._event = ""

    def flush(self) -> Iterator[ServerSentEvent]:
        """Give the event that no blank line ends: the standard drops it, but servers forget the last one."""
        yield from self.feed(b"\n")
        self._whole = False
        yield from self.feed(b"\n")

    def _dispatch(self) -> ServerSentEvent:
        data = self._data[0] if len(self._data) == 1 else b"\n".join(self._data)
        self._data.clear()
        self._size = 0
        self._whole = False
        return ServerSentEvent(data, self._event or "message", self._id)

    def _add(self, value: bytes) -> None:
        self._data.append(value)
        self._size += len(value) + 1  # and its line end, so that empty lines count too
        self._lines.check(self._size)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if self._whole is None and not self._data and line.lstrip().startswith(b"{"):
            self._whole = True
            self._add(line)
        elif name == b"data":
            self._add(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")


class JsonLines:
    """The splitter for "ndjson": its frames are the lines that are not blank, as bytes."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._lines = _Lines(bare_cr=False, limit=limit)

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the lines that these bytes complete."""
        for line in self._lines.feed(data):
            self._lines.check(len(line))
            if stripped := line.strip():
                yield stripped

    def flush(self) -> Iterator[bytes]:
        """Give the line that no line end closed."""
        yield from self.feed(b"\n")


_BY_NAME: dict[str, Callable[[], Any]] = {"sse": ServerSentEvents, "ndjson": JsonLines}


def splitter_factory(framing: str | Callable[[], Splitter]) -> Callable[[], Splitter]:
    """Return the factory that an EventStream's ``framing`` names."""
    if callable(framing):
        return framing
    if framing not in _BY_NAME:
        raise ContractViolationError(
            f"unknown framing {framing!r}: EventStream takes {', '.join(map(repr, _BY_NAME))} or a splitter's factory"
        )
    return _BY_NAME[framing]
