"""Wrong providers of streams: what they make of the text, of where there is none, and of what stands in it."""

from __future__ import annotations

from fine import Decoder, Fine, chunks_of, parsed
from jackfield import ServerSentEvent
from wrong import Events


class EndsWithoutText(Fine):
    class decoder(Decoder):  # noqa: N801  # here
        def decode(self, event, /):
            return parsed(event.data)["text"] or None if b"text" in event.data else chunks_of(event.data)


class KeepsItsText(Fine):
    """It says who speaks at once, and all else when the server is done."""

    class decoder(Decoder):  # noqa: N801  # here
        def __init__(self):
            self.held = []

        def decode(self, event, /):
            self.held.append(chunks_of(event.data))
            began = {"choices": [{"delta": {"role": "assistant"}}]}
            return self.held if "text" not in parsed(event.data) else began


class LinesOfUnicode(Events):  # here
    """Takes the first line of each event, and Unicode has more ends of lines than the standard."""

    def feed(self, data):
        for event in super().feed(data):
            yield ServerSentEvent(event.data.decode().splitlines()[0].encode())


class SplitsLinesOfUnicode(Fine):
    framing = LinesOfUnicode
