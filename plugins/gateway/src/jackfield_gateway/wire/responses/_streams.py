"""The items of a response while they stream. Each keeps what it has got, and makes the events that tell of it.

An event here has all but its ``sequence_number``, which is the stream's to give.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ._output import call_item, item_id, part, spoken_item

if TYPE_CHECKING:
    from jackfield.types import DeltaToolCall

__all__ = ["Call", "Event", "Spoken"]

Event = dict[str, Any]

PARTS_OF_CONTENT = ("output_text", "refusal", "reasoning_text")


class Names(NamedTuple):
    """What the events of a part are called, and their field for its place in its item."""

    part: str
    text: str
    place: str


NAMES = {kind: Names("response.content_part", f"response.{kind}", "content_index") for kind in PARTS_OF_CONTENT}
NAMES["summary_text"] = Names("response.reasoning_summary_part", "response.reasoning_summary_text", "summary_index")


class Spoken:
    """A message or reasoning: parts of text, one after another, the last of them open.

    ``kind`` is the open part's: "output_text", "refusal", "reasoning_text" or "summary_text"; ``item`` is the whole,
    once it is done.
    """

    def __init__(self, type: str, base: str, place: int) -> None:
        self.type = type
        self.kind = ""
        self.item: dict[str, Any] | None = None
        self._id = item_id(type, base, place)
        self._place = place
        self._parts: list[dict[str, Any]] = []
        self._clear()

    def added(self) -> Event:
        """Tell that the item begins."""
        item = spoken_item(self.type, self._id, [], "in_progress")
        return {"type": "response.output_item.added", "output_index": self._place, "item": item}

    def open(self, kind: str) -> list[Event]:
        """Begin a part, after the one that is open."""
        events = self._close_part() if self.kind else []
        self.kind, self._names = kind, NAMES[kind]
        return [*events, self._of_part(f"{self._names.part}.added", part=part(kind, ""))]

    def piece(self, text: str, logprobs: list[dict[str, Any]]) -> Event:
        """Add to the open part."""
        self._pieces.append(text)
        if self.kind != "output_text":
            return self._of_part(f"{self._names.text}.delta", delta=text)
        if logprobs:
            self._logprobs += logprobs
        return self._of_part("response.output_text.delta", delta=text, logprobs=logprobs)

    def annotate(self, note: dict[str, Any]) -> Event:
        """Add an annotation to the open part, an output_text."""
        self._annotations.append(note)
        index = len(self._annotations) - 1
        return self._of_part("response.output_text.annotation.added", annotation_index=index, annotation=note)

    def done(self, status: str) -> list[Event]:
        """Tell that the item is over."""
        events = self._close_part()
        self.item = self.so_far(status)
        return [*events, {"type": "response.output_item.done", "output_index": self._place, "item": self.item}]

    def so_far(self, status: str) -> dict[str, Any]:
        """Return the item with all that it has."""
        parts = [*self._parts, self._part()] if self.kind else self._parts
        return spoken_item(self.type, self._id, parts, status)

    def _close_part(self) -> list[Event]:
        whole = self._part()
        said = {name: whole[name] for name in ("text", "refusal", "logprobs") if name in whole}
        events = [
            self._of_part(f"{self._names.text}.done", **said),
            self._of_part(f"{self._names.part}.done", part=whole),
        ]
        self._parts.append(whole)
        self._clear()
        return events

    def _clear(self) -> None:
        self.kind = ""
        self._pieces: list[str] = []
        self._logprobs: list[dict[str, Any]] = []
        self._annotations: list[dict[str, Any]] = []

    def _part(self) -> dict[str, Any]:
        return part(self.kind, "".join(self._pieces), annotations=self._annotations, logprobs=self._logprobs)

    def _of_part(self, type: str, **fields: Any) -> Event:
        where = {"item_id": self._id, "output_index": self._place, self._names.place: len(self._parts)}
        return {"type": type, **where, **fields}


class Call:
    """A call of a function. It is told of once its id and its name are known, for they may not change any more."""

    def __init__(self) -> None:
        self.told = False
        self.item: dict[str, Any] | None = None
        self._id = ""
        self._place = 0
        self._call_id: str | None = None
        self._name: str | None = None
        self._pieces: list[str] = []
        self._beside: dict[str, Any] = {}

    @property
    def known(self) -> bool:
        """Whether it has an id and a name."""
        return bool(self._call_id and self._name)

    def take(self, piece: DeltaToolCall) -> list[Event]:
        """Remember a piece; tell of its arguments where the call has been told of."""
        self._beside.update(piece.__pydantic_extra__ or {})
        self._call_id = self._call_id or piece.id
        function = piece.function
        if function is None:
            return []
        self._name = self._name or function.name
        if not function.arguments:
            return []
        self._pieces.append(function.arguments)
        return [self._arguments(function.arguments)] if self.told else []

    def added(self, base: str, place: int) -> list[Event]:
        """Tell of the call, which stands at this place in the output, and of the arguments that have come."""
        self.told, self._id, self._place = True, item_id("function_call", base, place), place
        item = self._item("", "in_progress")
        events: list[Event] = [{"type": "response.output_item.added", "output_index": place, "item": item}]
        return [*events, self._arguments("".join(self._pieces))] if self._pieces else events

    def done(self, status: str) -> list[Event]:
        """Tell that the item is over."""
        self.item = item = self.so_far(status)
        whole = {"item_id": self._id, "output_index": self._place, "name": item["name"], "arguments": item["arguments"]}
        return [
            {"type": "response.function_call_arguments.done", **whole},
            {"type": "response.output_item.done", "output_index": self._place, "item": item},
        ]

    def so_far(self, status: str) -> dict[str, Any]:
        """Return the item with all that it has."""
        return self._item("".join(self._pieces), status)

    def _item(self, arguments: str, status: str) -> dict[str, Any]:
        return call_item(self._id, self._call_id, self._name, arguments, status=status, beside=self._beside)

    def _arguments(self, piece: str) -> Event:
        where = {"item_id": self._id, "output_index": self._place}
        return {"type": "response.function_call_arguments.delta", **where, "delta": piece}
