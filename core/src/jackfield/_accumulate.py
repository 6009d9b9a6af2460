"""Chunks to chunks that keep the stream laws, and chunks to a response.

The laws of a stream, whatever its source:
- the role stands on the first chunk of each choice, and only there;
- each choice has exactly one finish reason, after all of its text;
- usage comes at most once, and last; it is delivered when the caller asked for it.
So finish and usage are held back until the source ends: a server that sends text after its finish loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .types import Delta, DeltaToolCall, ModelResponse, ModelResponseStream, StreamingChoices, Usage
from .types._base import make_id, now

__all__ = ["Accumulator"]

PLAIN = frozenset({"content", "role"})


class Accumulator:
    """The laws and the memory of one stream of chat chunks.

    It keeps text, never chunks: thousands of living pydantic objects slow the garbage collector to half the rate.
    """

    def __init__(self, model: str, *, include_usage: bool, id_prefix: str = "chatcmpl") -> None:
        self.usage: Usage | None = None
        self._id_prefix = id_prefix
        self._model = model
        self._include_usage = include_usage
        self._choices: dict[int, _Choice] = {}
        self._fields: dict[str, Any] = {}  # of the answer as a whole; the last value of each wins
        self._id: str | None = None
        self._created: int | float | None = None

    @property
    def finished(self) -> bool:
        """Whether each choice that began has its finish."""
        return bool(self._choices) and all(choice.finish for choice in self._choices.values())

    def push(self, chunk: ModelResponseStream) -> ModelResponseStream | None:
        """Take a chunk; return it as it is to be delivered, or None where all of it is held back."""
        # Nearly every chunk of a long stream is one more piece of one choice that has begun: it passes as it is.
        choices = chunk.choices
        if len(choices) == 1 and chunk.usage is None and chunk.id == self._id and not chunk.__pydantic_extra__:
            choice = choices[0]
            state = self._choices.get(choice.index)
            if state is not None and choice.finish_reason is None and choice.delta.role is None:
                state.add(choice)
                return chunk
        return self._sorted_out(chunk)

    def end(self) -> Iterator[ModelResponseStream]:
        """Give what was held back: a finish for each choice ("stop" or "tool_calls" where none came), then usage."""
        if not self._choices:
            self._begin(0)
        for index, state in sorted(self._choices.items()):
            state.finish = state.finish or ("tool_calls" if state.tools else "stop")
            delta = Delta(role="assistant") if state.silent else Delta()
            state.silent = False
            held = StreamingChoices(index=index, delta=delta, finish_reason=state.finish, **state.at_finish)
            yield self._chunk(choices=[held])
        if self._include_usage and self.usage is not None:
            yield self._chunk(choices=[], usage=self.usage)

    @property
    def response(self) -> ModelResponse:
        """What has come so far, as a whole answer."""
        choices = [state.whole(index) for index, state in sorted(self._choices.items())]
        return ModelResponse.model_validate(self._head() | {"choices": choices, "usage": self.usage})

    def _sorted_out(self, chunk: ModelResponseStream) -> ModelResponseStream | None:
        self._remember(chunk)
        if chunk.usage is not None:
            self.usage = chunk.usage
        delivered = [kept for choice in chunk.choices if (kept := self._sorted_choice(choice)) is not None]
        if not delivered:
            return None
        head = {"id": self._id, "created": self._created, "model": chunk.model or self._model}
        return chunk.replace(**head, choices=delivered, usage=None)

    def _sorted_choice(self, choice: StreamingChoices) -> StreamingChoices | None:
        state = self._choices.get(choice.index) or self._begin(choice.index)
        state.add(choice)
        delta, finish = choice.delta, choice.finish_reason
        if finish is not None:
            empty = _is_empty(delta)
            state.hold(choice, logprobs=choice.logprobs if empty else None)
            if empty:
                return None
            choice = choice.replace(finish_reason=None)
        if state.silent:
            state.silent = False
            return choice.replace(delta=delta.replace(role=delta.role or "assistant"))
        return choice if delta.role is None else choice.replace(delta=delta.replace(role=None))

    def _begin(self, index: int) -> _Choice:
        state = self._choices[index] = _Choice()
        return state

    def _remember(self, chunk: ModelResponseStream) -> None:
        if self._id is None:
            self._id = chunk.id or make_id(self._id_prefix)
            self._created = chunk.created if chunk.created is not None else now()
        for name in chunk.model_fields_set - {"choices", "usage", "id", "created", "object"}:
            if (value := getattr(chunk, name)) is not None:
                self._fields[name] = value

    def _head(self) -> dict[str, Any]:
        if self._id is None:
            self._id, self._created = make_id(self._id_prefix), now()
        return {"model": self._model} | self._fields | {"id": self._id, "created": self._created}

    def _chunk(self, **fields: Any) -> ModelResponseStream:
        head = {key: value for key, value in self._head().items() if key in ModelResponseStream.model_fields}
        return ModelResponseStream(**head, **fields)


class _Choice:
    """One choice so far."""

    __slots__ = ("at_finish", "extra", "finish", "logprobs", "parts", "silent", "tools")

    def __init__(self) -> None:
        self.silent = True  # nothing of it was delivered yet
        self.parts: list[str] = []
        self.tools: list[dict[str, Any]] = []
        self.extra: dict[str, Any] = {}
        self.logprobs: Any = None
        self.finish: str | None = None
        self.at_finish: dict[str, Any] = {}

    def add(self, choice: StreamingChoices) -> None:
        delta = choice.delta
        if delta.content is not None:
            self.parts.append(delta.content)
        if not delta.__pydantic_fields_set__ <= PLAIN:
            self._add_rest(delta)
        if choice.logprobs is not None:
            self.logprobs = merged(self.logprobs, choice.logprobs)

    def hold(self, choice: StreamingChoices, *, logprobs: Any) -> None:
        if self.finish is None:
            self.finish = choice.finish_reason
            self.at_finish = {**(choice.__pydantic_extra__ or {}), "logprobs": logprobs}

    def whole(self, index: int) -> dict[str, Any]:
        text = "".join(self.parts) if self.parts else None
        message: dict[str, Any] = {"content": text or (None if self.tools else text), "role": "assistant"}
        if self.tools:
            message["tool_calls"] = [{key: call[key] for key in call if key != "index"} for call in self.tools]
        return {
            **self.at_finish,
            "index": index,
            "finish_reason": self.finish,
            "message": {**message, **self.extra},
            "logprobs": self.logprobs,
        }

    def _add_rest(self, delta: Delta) -> None:
        for name in delta.__pydantic_fields_set__ - PLAIN:
            value = getattr(delta, name)
            if name == "tool_calls":
                for piece in value or ():
                    self._add_tool(piece)
            elif name == "function_call" and value is not None:
                known = self.extra.get(name, {})
                arguments = (known.get("arguments") or "") + (value.arguments or "")
                self.extra[name] = {"name": known.get("name") or value.name, "arguments": arguments}
            elif value is not None:
                self.extra[name] = merged(self.extra.get(name), value)

    def _add_tool(self, piece: DeltaToolCall) -> None:
        call = self._tool(piece)
        for name in piece.model_fields_set - {"index", "function"}:
            if (value := getattr(piece, name)) is not None:
                call[name] = value
        if (function := piece.function) is not None:
            into = call["function"]
            into.update(function.__pydantic_extra__ or {})
            into["name"] = into["name"] or function.name
            into["arguments"] += function.arguments or ""

    def _tool(self, piece: DeltaToolCall) -> dict[str, Any]:
        known: dict[str, Any]
        for known in reversed(self.tools):
            # Some servers give every call the index 0: another id is another call.
            if known["index"] == piece.index and (not piece.id or known.get("id") in {None, piece.id}):
                return known
        call: dict[str, Any] = {"index": piece.index, "type": "function", "function": {"name": None, "arguments": ""}}
        self.tools.append(call)
        return call


def merged(old: Any, new: Any) -> Any:
    """Join two values of one field: text and lists grow, lists in mappings too, of anything else the new one stays."""
    if isinstance(old, str) and isinstance(new, str):
        return old + new
    if isinstance(old, list) and isinstance(new, list):
        return old + new
    if isinstance(old, dict) and isinstance(new, dict):
        grown = {key: old[key] + value for key, value in new.items() if isinstance(value, list) and old.get(key)}
        return old | new | grown
    return new


def _is_empty(delta: Delta) -> bool:
    return not any(getattr(delta, name) for name in delta.model_fields_set if name != "role")
