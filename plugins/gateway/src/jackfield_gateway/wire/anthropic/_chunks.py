"""Events of a streamed message, as chunks of a chat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jackfield.errors import error_of_body
from jackfield.types import Delta, ModelResponseStream, StreamingChoices, Usage

from ._errors import status_of
from ._stops import finish_of
from ._thinking import THINKING, signed, to_reasoning
from ._tool_calls import arguments_of
from ._usage import chat_tier, chat_usage

__all__ = ["ChatChunks"]


class ChatChunks:
    """Reads the events of one message: what a provider's decoder makes of each event's JSON.

    Usage stands on the first chunk and on the last. A thinking block that is signed or redacted comes as a whole, as
    ``thinking_blocks``, when it stops; its text has come before.
    """

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._usage: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}  # those that are being filled
        self._calls: dict[int, int] = {}  # block index → the call's index
        self._unwritten: set[int] = set()  # calls of which no argument has come

    def event(self, event: Mapping[str, Any]) -> list[ModelResponseStream] | None:
        """Return the chunks that an event makes; None when the message is over.

        Events and deltas of unknown types make none. Raises an APIStatusError for an error event.
        """
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._delta(event.get("index", 0), event["delta"])
        if kind == "content_block_start":
            return self._begin(event.get("index", 0), event["content_block"])
        if kind == "content_block_stop":
            return self._stop(event.get("index", 0))
        if kind == "message_start":
            return self._start(event["message"])
        if kind == "message_delta":
            return self._end(event)
        if kind == "error":
            raise error_of_body(status_of(event), dict(event))
        return None if kind == "message_stop" else []

    def _start(self, message: Mapping[str, Any]) -> list[ModelResponseStream]:
        self._head = {"id": message.get("id"), "model": message.get("model")}
        self._usage = dict(message.get("usage") or {})
        if (tier := chat_tier(self._usage)) is not None:
            self._head["service_tier"] = tier
        return self._chunk({"role": "assistant"}, usage=Usage.model_validate(chat_usage(self._usage)))

    def _begin(self, index: int, block: Mapping[str, Any]) -> list[ModelResponseStream]:
        self._blocks[index] = dict(block)
        kind = block.get("type")
        if kind == "tool_use":
            self._calls[index] = len(self._calls)
            self._unwritten.add(index)
            return self._call(index, block.get("name"), "", id=block.get("id"), type="function")
        if kind == "text" and block.get("text"):
            return self._chunk({"content": block["text"]})
        if kind == "thinking" and block.get("thinking"):
            return self._chunk({"reasoning_content": block["thinking"]})
        return []

    def _delta(self, index: int, delta: Mapping[str, Any]) -> list[ModelResponseStream]:
        kind = delta.get("type")
        if kind == "text_delta":
            return self._chunk({"content": delta["text"]})
        if kind == "input_json_delta" and delta["partial_json"] and index in self._calls:
            self._unwritten.discard(index)
            return self._call(index, None, delta["partial_json"])
        if kind == "thinking_delta":
            self._grow(index, "thinking", delta["thinking"])
            return self._chunk({"reasoning_content": delta["thinking"]})
        if kind == "signature_delta":
            self._grow(index, "signature", delta["signature"])
        return []

    def _grow(self, index: int, name: str, piece: str) -> None:
        block = self._blocks.setdefault(index, {"type": "thinking"})
        block[name] = (block.get(name) or "") + piece

    def _stop(self, index: int) -> list[ModelResponseStream]:
        block = self._blocks.pop(index, {})
        if index in self._unwritten:
            return self._call(index, None, arguments_of(block.get("input") or {}))
        if block.get("type") in THINKING and (kept := to_reasoning(signed([block])).get("thinking_blocks")):
            return self._chunk({"thinking_blocks": kept})
        return []

    def _end(self, event: Mapping[str, Any]) -> list[ModelResponseStream]:
        stop = event.get("delta") or {}
        self._usage.update({name: count for name, count in (event.get("usage") or {}).items() if count is not None})
        explanation = (stop.get("stop_details") or {}).get("explanation")
        said = {"refusal": explanation} if explanation else {}
        return self._chunk(said, usage=Usage.model_validate(chat_usage(self._usage)), **finish_of(stop))

    def _call(self, index: int, name: str | None, arguments: str, **fields: Any) -> list[ModelResponseStream]:
        function = {"arguments": arguments} if name is None else {"name": name, "arguments": arguments}
        return self._chunk({"tool_calls": [{"index": self._calls[index], **fields, "function": function}]})

    def _chunk(self, delta: dict[str, Any], usage: Usage | None = None, **fields: Any) -> list[ModelResponseStream]:
        choice = StreamingChoices(delta=Delta.model_validate(delta), **fields)
        if usage is None:
            return [ModelResponseStream(**self._head, choices=[choice])]
        return [ModelResponseStream(**self._head, choices=[choice], usage=usage)]
