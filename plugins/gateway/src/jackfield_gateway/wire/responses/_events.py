"""Chunks of a chat as the events of a streamed response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jackfield.types import ModelResponseStream

from ..said import reasoning_in, text_in
from ._output import annotations_in, log_probs_in
from ._response import base_of, begun, failed, finished, reasoning_kind_of, status_of_last
from ._streams import Call, Event, Spoken

if TYPE_CHECKING:
    from jackfield.types import DeltaToolCall, StreamingChoices, Usage

__all__ = ["ResponseEvents"]


class ResponseEvents:
    """The events of one streamed response, each a dict with its ``type`` and ``sequence_number``.

        events = ResponseEvents(body)
        for chunk in chunks:
            send(events.chunk(chunk))
        send(events.end())                      # or, where the chunks break off, events.fail(code, message)

    The first events need no chunk: they come with whatever comes first. Reasoning and messages come one after another,
    each done before the next begins; calls stay open to the end, since their pieces may be mixed. What comes again
    after something else (text after a call) is another item. One answer is told of: that of the first choice to come.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._reasoning_kind = reasoning_kind_of(body)
        self._base = ""
        self._response: dict[str, Any] = {}  # in progress; empty before the first event
        self._sequence_number = 0
        self._choice: int | None = None
        self._items: list[Spoken | Call] = []  # in the order of the output
        self._speaking: Spoken | None = None
        self._calls: dict[int, Call] = {}
        self._finish_reason: str | None = None
        self._usage: Usage | None = None

    def chunk(self, chunk: ModelResponseStream) -> list[Event]:
        """Return the events of a chunk: none where it says nothing new."""
        events = [] if self._response else self._begin(chunk)
        if chunk.usage is not None:
            self._usage = chunk.usage
        if chunk.service_tier is not None:
            self._response["service_tier"] = chunk.service_tier
        for choice in chunk.choices:
            if self._choice is None:
                self._choice = choice.index
            if choice.index == self._choice:
                self._take(choice, events)
        return self._numbered(events)

    def end(self) -> list[Event]:
        """Return the last events: what is open is done, and the response is completed or incomplete."""
        events = [] if self._response else self._begin(ModelResponseStream())
        for call in self._calls.values():
            if not call.told:
                self._tell_of(call, events)
        if not self._items:
            self._turn_to("output_text", events)
        last = self._items[-1]
        for item in self._items:
            if item.item is None:
                events += item.done(status_of_last(self._finish_reason) if item is last else "completed")
        output = [item.item for item in self._items if item.item is not None]
        response = finished(self._response, output, self._finish_reason, self._usage)
        events.append({"type": f"response.{response['status']}", "response": response})
        return self._numbered(events)

    def fail(self, code: str, message: str) -> list[Event]:
        """Return the last events of a stream that broke off: a failed response with what had come.

        ``code`` becomes one of the description's, "server_error" for any that it does not know.
        """
        events = [] if self._response else self._begin(ModelResponseStream())
        output = [item.item or item.so_far("incomplete") for item in self._items]
        response = failed(self._response, output, code, message)
        return self._numbered([*events, {"type": "response.failed", "response": response}])

    def _begin(self, chunk: ModelResponseStream) -> list[Event]:
        self._base = base_of(chunk.id)
        self._response = begun(self._body, self._base, chunk)
        return [
            {"type": "response.created", "response": dict(self._response)},
            {"type": "response.in_progress", "response": dict(self._response)},
        ]

    def _numbered(self, events: list[Event]) -> list[Event]:
        for number, event in enumerate(events, self._sequence_number):
            event["sequence_number"] = number
        self._sequence_number += len(events)
        return events

    def _take(self, choice: StreamingChoices, events: list[Event]) -> None:
        delta, logprobs = choice.delta, log_probs_in(choice.logprobs)
        if reasoning := reasoning_in(delta):
            self._speak(self._reasoning_kind, reasoning, [], events)
        if (text := text_in(delta.content)) or logprobs:
            self._speak("output_text", text, logprobs, events)
        if delta.__pydantic_extra__:
            self._annotate(delta.__pydantic_extra__.get("annotations"), events)
        if delta.refusal:
            self._speak("refusal", delta.refusal, [], events)
        for piece in delta.tool_calls or ():
            self._take_call(piece, events)
        if choice.finish_reason:
            self._finish_reason = choice.finish_reason

    def _speak(self, kind: str, text: str, logprobs: list[dict[str, Any]], events: list[Event]) -> None:
        events.append(self._turn_to(kind, events).piece(text, logprobs))

    def _annotate(self, given: Any, events: list[Event]) -> None:
        for note in annotations_in(given):
            events.append(self._turn_to("output_text", events).annotate(note))

    def _take_call(self, piece: DeltaToolCall, events: list[Event]) -> None:
        call = self._calls.get(piece.index)
        if call is None:
            call = self._calls[piece.index] = Call()
        events += call.take(piece)
        if call.known and not call.told:
            self._tell_of(call, events)

    def _tell_of(self, call: Call, events: list[Event]) -> None:
        self._be_silent(events)
        events += call.added(self._base, len(self._items))
        self._items.append(call)

    def _turn_to(self, kind: str, events: list[Event]) -> Spoken:
        """Return the item with an open part of this kind; what is open of another kind is done."""
        speaking = self._speaking
        if speaking is not None and speaking.kind == kind:
            return speaking
        wanted = "reasoning" if kind == self._reasoning_kind else "message"
        if speaking is None or speaking.type != wanted:
            self._be_silent(events)
            speaking = self._speaking = Spoken(wanted, self._base, len(self._items))
            self._items.append(speaking)
            events.append(speaking.added())
        events += speaking.open(kind)
        return speaking

    def _be_silent(self, events: list[Event]) -> None:
        if self._speaking is not None:
            events += self._speaking.done("completed")
            self._speaking = None
