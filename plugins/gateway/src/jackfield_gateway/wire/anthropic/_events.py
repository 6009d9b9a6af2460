"""Chunks of a chat, as the events of a streamed message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ..names import model_told
from ..said import reasoning_in, text_in
from ._answers import new_message
from ._blocks import Blocks, ToolUse
from ._stops import matched_in, stop_of
from ._thinking import is_redacted, signed
from ._tool_calls import made_id
from ._usage import delta_usage, start_usage

if TYPE_CHECKING:
    from jackfield.types import Delta, FunctionCall, ModelResponseStream, StreamingChoices, Usage

__all__ = ["MessageEvents"]

LEGACY = -1  # the index of the one call that ``function_call`` can make


class MessageEvents:
    """Makes the events of one message: ``chunk`` for each chunk, then ``end``. Each returns a list, in order.

    ``asked_for`` is the model's name where the provider gives none, or a file's path. An error ends the stream instead
    of ``end``.
    """

    def __init__(self, asked_for: str) -> None:
        self.usage: Usage | None = None
        """What is known of the tokens used. Where the prompt's are known before the first chunk, set it by then: they
        stand in the first event. A chunk's own usage is taken from there."""
        self._asked_for = asked_for
        self._id: str | None = None
        self._blocks = Blocks()
        self._calls: dict[int, ToolUse] = {}  # by the chunks' index; the latest, where a server repeats one
        self._called = 0
        self._refusal = ""
        self._finish: str | None = None
        self._matched: str | None = None

    def chunk(self, chunk: ModelResponseStream) -> list[dict[str, Any]]:
        """Return the events that a chunk makes. Of several choices the first is streamed."""
        # Nearly every chunk of a long stream is one more piece of one text: it takes no detours.
        choices = chunk.choices
        if (at := self._blocks.text_at) is not None and len(choices) == 1 and chunk.usage is None:
            choice = choices[0]
            delta = choice.delta
            text = delta.content
            if type(text) is str and text and choice.finish_reason is None and choice.index == 0 and _is_plain(delta):
                return [{"type": "content_block_delta", "index": at, "delta": {"type": "text_delta", "text": text}}]
        return self._any(chunk)

    def end(self, usage: Usage | None = None) -> list[dict[str, Any]]:
        """Return what is left when all chunks have come; ``usage`` counts more than what the chunks said."""
        events = [] if self._id is not None else self._start(None)
        events += self._blocks.written(at_end=True)
        stop = stop_of(self._finish, matched=self._matched, refusal=self._refusal, calls=self._called > 0)
        counts = delta_usage(usage if usage is not None else self.usage)
        events.append({"type": "message_delta", "delta": {**stop, "container": None}, "usage": counts})
        events.append({"type": "message_stop"})
        return events

    def _any(self, chunk: ModelResponseStream) -> list[dict[str, Any]]:
        if chunk.usage is not None:
            self.usage = chunk.usage
        events = [] if self._id is not None else self._start(chunk)
        for choice in chunk.choices:
            if choice.index == 0:
                self._choice(choice)
        return events + self._blocks.written()

    def _start(self, chunk: ModelResponseStream | None) -> list[dict[str, Any]]:
        self._id = (chunk.id if chunk is not None else None) or f"msg_{uuid4().hex}"
        model = model_told(chunk, self._asked_for) if chunk is not None else self._asked_for
        message = new_message(self._id, model)
        message["usage"] = start_usage(self.usage, chunk.service_tier if chunk is not None else None)
        return [{"type": "message_start", "message": message}]

    def _choice(self, choice: StreamingChoices) -> None:
        delta = choice.delta
        blocks = signed((delta.__pydantic_extra__ or {}).get("thinking_blocks"))
        self._think(reasoning_in(delta), blocks)
        if text := text_in(delta.content):
            self._blocks.text(text)
        self._refusal += delta.refusal or ""
        for piece in delta.tool_calls or ():
            self._call(piece.index, piece.id, piece.function)
        if delta.function_call is not None:
            self._call(LEGACY, None, delta.function_call)
        if choice.finish_reason:
            self._finish = choice.finish_reason
            self._matched = matched_in(choice)

    def _think(self, reasoning: str, blocks: list[dict[str, Any]]) -> None:
        """Take thinking; its blocks repeat what ``reasoning_content`` says, at once or when they are whole."""
        if reasoning and not any(block.get("thinking") for block in blocks):
            self._blocks.thinking(reasoning)
        again = not reasoning and self._blocks.thinks
        for block in blocks:
            if is_redacted(block):
                self._blocks.redacted(block)
                continue
            if block["thinking"] and not again:
                self._blocks.thinking(block["thinking"])
            if block["signature"]:
                self._blocks.signature(block["signature"])

    def _call(self, index: int, id: str | None, function: FunctionCall | None) -> None:
        call = self._calls.get(index)
        if call is None or (id and call.id and id != call.id):
            call = self._blocks.tool_use(id, made_id(self._id or "", self._called))
            self._calls[index] = call
            self._called += 1
        if function is not None:
            # What comes for a call that is stopped already, since its arguments were whole, is nothing but blanks.
            call.add(function.name, function.arguments)


def _is_plain(delta: Delta) -> bool:
    """Whether nothing but text stands in a delta."""
    return (
        delta.tool_calls is None
        and delta.reasoning_content is None
        and delta.refusal is None
        and delta.function_call is None
        and not (delta.__pydantic_extra__ and any(delta.__pydantic_extra__.values()))
    )
