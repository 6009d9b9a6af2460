"""What comes back as a stream: bytes cut into frames, and frames made into chunks.

A frame is a line with the frame's length in bytes, then that many bytes of JSON. A frame of length 0 is a sign of life.

    29
    {"kind":"text","text":"Good"}0
    65
    {"kind":"end","ended":"complete","counts":{"read":3,"written":1}}

For a server that sends server-sent events or a line of JSON for each event, delete `Frames`. `framing="sse"` and
`framing="ndjson"` are jackfield's own: `decode` then gets a `jackfield.ServerSentEvent`, whose `event` is its name and
whose `data` are bytes, or the line as bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jackfield import InvalidResponseError

from ._answers import FINISH_REASONS, Call, Counts
from ._faults import Fault
from ._shape import Shape

__all__ = ["Events", "Frames"]

LENGTH = re.compile(rb"(\d{1,7})\n")
DIGITS = re.compile(rb"\d{0,7}")
"""A frame's first line, and what of it may have come so far; what needs more digits is no frame of this server."""


class Frames:
    """Cuts the bytes of one stream into frames, whatever the pieces they come in."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Give the frames that these bytes complete; raises InvalidResponseError for what is no frame."""
        held, at = self._held + data, 0
        while (head := LENGTH.match(held, at)) and (end := head.end() + int(head[1])) <= len(held):
            if head.end() < end:
                yield held[head.end() : end]
            at = end
        self._held = held[at:]
        if head is None and not DIGITS.fullmatch(self._held):
            raise InvalidResponseError(f"the stream holds {self._held[:40]!r} where a frame's length was expected")


class Event(Shape):
    """What a frame holds: its `kind`, and the fields of that kind."""

    kind: str
    run: str | None = None
    text: str = ""
    call: Call | None = None
    ended: str = ""
    counts: Counts | None = None
    fault: Fault | None = None


class Events:
    """Makes chunks of the frames of one stream. There is one for each opening, so it may remember what came before."""

    def __init__(self) -> None:
        self._calls = 0

    def decode(self, frame: bytes) -> dict[str, Any] | tuple[()]:
        """Return a chunk in OpenAI's shape, `()` for none; raises the error that an event of kind "fault" tells of."""
        event = Event.model_validate_json(frame)
        if event.fault is not None:
            raise event.fault.error()
        if event.kind == "begin":
            return {"id": event.run, "choices": []}
        if event.kind == "text":
            return _chunk({"content": event.text})
        if event.call is not None:
            return _chunk({"tool_calls": [{"index": self._next_call(), **event.call.tool_call()}]})
        if event.kind == "end":
            usage = event.counts and event.counts.usage()
            return {**_chunk({}, FINISH_REASONS.get(event.ended, event.ended)), "usage": usage}
        return ()  # a kind that the server has learned since

    def _next_call(self) -> int:
        self._calls += 1
        return self._calls - 1


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}
