"""The content blocks of a streamed message.

Chunks of a chat may go back and forth between thinking, text and several tool calls. Blocks are sequential: each is
begun, filled and stopped before the next. So there is a queue: the first block in it is written as its pieces come,
those behind it wait, with what has come for them. Thinking and text are over when anything else begins. A tool call may
go on, so it is over when its arguments are whole JSON, or with the stream.
"""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from ._thinking import unsigned
from ._tool_calls import tool_use

__all__ = ["Blocks"]

PING = {"type": "ping"}


class Block:
    """One block: how it begins, and the deltas that are not written yet."""

    def __init__(self, kind: str, begin: dict[str, Any]) -> None:
        self.kind = kind
        self.begin = begin
        self.deltas: list[dict[str, Any]] = []
        self.begun = False
        self.signed = False

    @property
    def ready(self) -> bool:
        """Whether it can be begun."""
        return True

    @property
    def over(self) -> bool:
        """Whether nothing more can come for it once something else has begun."""
        return True


class ToolUse(Block):
    """A call of a tool; it can be begun when the tool's name is known."""

    def __init__(self, id: str | None, made_id: str) -> None:
        super().__init__("tool_use", tool_use(id or made_id, "", {}))
        self.id = id
        self._arguments: list[str] = []

    @property
    def ready(self) -> bool:
        return bool(self.begin["name"])

    @property
    def over(self) -> bool:
        if not (self._arguments and self._arguments[-1].rstrip().endswith("}")):
            return False
        try:
            json.loads("".join(self._arguments))
        except (ValueError, RecursionError):
            return False
        return True

    def add(self, name: str | None, arguments: str | None) -> None:
        """Take a piece."""
        if name and not self.begun:
            self.begin["name"] = name
        if arguments:
            self._arguments.append(arguments)
            self.deltas.append({"type": "input_json_delta", "partial_json": arguments})


class Blocks:
    """The blocks of one message, in the order in which they began; ``written`` gives the events for them."""

    def __init__(self) -> None:
        self.text_at: int | None = None
        """The index of the block that is being written if it is of text and nothing waits behind it, else None."""
        self._index = 0
        self._queue: deque[Block] = deque()

    def text(self, text: str) -> None:
        """Take a piece of text."""
        block = self._last("text") or self._append(Block("text", {"type": "text", "text": "", "citations": None}))
        block.deltas.append({"type": "text_delta", "text": text})

    def thinking(self, text: str) -> None:
        """Take a piece of thinking; after a signature it belongs to a new block."""
        block = self._unsigned() or self._append(Block("thinking", unsigned("")))
        block.deltas.append({"type": "thinking_delta", "thinking": text})

    def signature(self, signature: str) -> None:
        """Take the signature of the thinking that has come last."""
        block = self._unsigned() or self._append(Block("thinking", unsigned("")))
        block.deltas.append({"type": "signature_delta", "signature": signature})
        block.signed = True

    def redacted(self, block: dict[str, Any]) -> None:
        """Take thinking that is redacted, which is a block of its own."""
        self._append(Block(block["type"], block))

    def tool_use(self, id: str | None, made_id: str) -> ToolUse:
        """Begin a call of a tool."""
        block = ToolUse(id, made_id)
        self._append(block)
        return block

    @property
    def thinks(self) -> bool:
        """Whether what came last was thinking that is not signed."""
        return self._unsigned() is not None

    def written(self, *, at_end: bool = False) -> list[dict[str, Any]]:
        """Return the events that can be written now; at the end these are all."""
        events: list[dict[str, Any]] = []
        queue = self._queue
        while queue and (queue[0].ready or at_end):
            block = queue[0]
            if not block.begun:
                block.begun = True
                events.append({"type": "content_block_start", "index": self._index, "content_block": block.begin})
                if self._index == 0:
                    events.append(PING)
            events += [{"type": "content_block_delta", "index": self._index, "delta": delta} for delta in block.deltas]
            block.deltas.clear()
            if not (at_end or (len(queue) > 1 and block.over)):
                break
            events.append({"type": "content_block_stop", "index": self._index})
            queue.popleft()
            self._index += 1
        self.text_at = self._index if len(queue) == 1 and queue[0].kind == "text" else None
        return events

    def _append(self, block: Block) -> Block:
        self._queue.append(block)
        return block

    def _last(self, kind: str) -> Block | None:
        return self._queue[-1] if self._queue and self._queue[-1].kind == kind else None

    def _unsigned(self) -> Block | None:
        block = self._last("thinking")
        return None if block is None or block.signed else block
