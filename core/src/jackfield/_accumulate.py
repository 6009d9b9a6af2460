"""Chunks to chunks that keep the stream laws, and chunks to a response.

The laws of a stream, whatever its source:
- id, creation time and model are the same on every chunk: the source's own where it names them;
- the role stands on the first chunk of each choice, and only there;
- each tool call of a choice has an index of its own;
- each choice has exactly one finish reason, after all of its text;
- usage comes at most once, and last; it is delivered when the caller asked for it.
So finish and usage are held back until the source ends: a server that sends text after its finish loses nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from operator import attrgetter, is_
from typing import Any, TypeVar

from ._shapes import fields_of, fitted, text_in
from .types import Delta, DeltaToolCall, ModelResponse, ModelResponseStream, StreamingChoices, Usage
from .types._base import make_id, now

__all__ = ["Accumulator"]

PLAIN = frozenset({"content", "role", "tool_calls"})
PIECEMEAL = frozenset({"arguments", "data", "transcript"})  # texts inside a call or an audio that come in pieces
WITHOUT_TEXT = ("function_call", "refusal")  # beside them, an empty text is none

MadeT = TypeVar("MadeT", ModelResponse, ModelResponseStream)

head_of = attrgetter("id", "created", "model", "system_fingerprint", "service_tier", "usage")


class Accumulator:
    """The laws and the memory of one stream of chat chunks.

    It keeps text, never chunks: thousands of living pydantic objects slow the garbage collector to half the rate.
    A chunk that is given stays as it is: what must change is changed on a copy.
    """

    def __init__(self, model: str, *, include_usage: bool, id_prefix: str = "chatcmpl") -> None:
        self.usage: Usage | None = None
        self._asked_for = model
        self.include_usage = include_usage
        self._id_prefix = id_prefix
        self._id: str | None = None
        self._created: int | float | None = None
        self._model: str | None = None
        self._unnamed = False
        self._choices: dict[int, _Choice] = {}
        self._fields: dict[str, Any] = {}  # others of the answer as a whole; the last value of each wins
        self._held: dict[str, Any] = {}  # those of chunks that were held back whole
        self._head: tuple[Any, ...] | None = None  # of the last chunk whose head needed no change

    @property
    def finished(self) -> bool:
        """Whether each choice that began has its finish."""
        return bool(self._choices) and all(choice.finish for choice in self._choices.values())

    def push(self, chunk: ModelResponseStream) -> ModelResponseStream | None:
        """Take a chunk; return it as it is to be delivered, or None where all of it is held back."""
        # Nearly every chunk of a long stream is one more piece of one choice that has begun: it passes as it is.
        choices = chunk.choices
        if len(choices) == 1 and head_of(chunk) == self._head and not chunk.__pydantic_extra__:
            choice = choices[0]
            delta, state = choice.delta, self._choices.get(choice.index)
            if (
                state is not None
                and state.begun
                and choice.finish_reason is None
                and delta.role is None
                and delta.tool_calls is None
            ):
                state.add(choice)
                return chunk
        return self._sorted_out(chunk)

    def end(self) -> Iterator[ModelResponseStream]:
        """Give what was held back: a finish for each choice ("stop" or "tool_calls" where none came), then usage."""
        if not self._choices:
            self._choices[0] = _Choice()
        held, self._held = self._held, {}
        for index, state in sorted(self._choices.items()):
            yield self._made(choices=[state.end(index)], **held)
            held = {}
        if self.include_usage and self.usage is not None:
            yield self._made(choices=[], usage=self.usage)

    @property
    def response(self) -> ModelResponse:
        """What has come so far, as a whole answer."""
        choices = [state.whole(index) for index, state in sorted(self._choices.items())]
        whole = fitted(ModelResponse, {**self._fields, **self._ids(), "choices": choices, "usage": self.usage})
        return self._marked(whole)

    def _sorted_out(self, chunk: ModelResponseStream) -> ModelResponseStream | None:
        self._remember(chunk)
        choices = [kept for choice in chunk.choices if (kept := self._sorted_choice(choice)) is not None]
        if not choices:
            self._held.update(chunk.__pydantic_extra__ or ())
            return None
        head = {**self._ids(), "usage": None}
        if all(getattr(chunk, name) == value for name, value in head.items()):
            self._head = head_of(chunk)
            if len(choices) == len(chunk.choices) and all(map(is_, choices, chunk.choices)):
                return chunk
        return self._marked(chunk.replace(choices=choices, **head))

    def _sorted_choice(self, choice: StreamingChoices) -> StreamingChoices | None:
        """Take one choice of a chunk; return what of it is to be delivered now."""
        state = self._choices.get(choice.index)
        if state is None:
            state = self._choices[choice.index] = _Choice()
        state.add(choice)
        delta = state.numbered(choice.delta)
        if choice.finish_reason:
            if not _says_something(delta):
                state.hold(choice, logprobs=choice.logprobs)
                return None
            state.hold(choice, logprobs=None)
            choice = StreamingChoices(index=choice.index, delta=delta, logprobs=choice.logprobs)
        elif choice.finish_reason is not None:
            choice = choice.replace(finish_reason=None)  # some servers write "" for none
        role = None if state.begun else delta.role or "assistant"
        state.begun = True
        if delta.role != role:
            delta = delta.replace(role=role)
        return choice if delta is choice.delta else choice.replace(delta=delta)

    def _remember(self, chunk: ModelResponseStream) -> None:
        self._id = self._id or chunk.id
        self._model = self._model or chunk.model
        if self._created is None:
            self._created = chunk.created
        if chunk.usage is not None:
            self.usage = chunk.usage
        for name, value in fields_of(chunk, "choices", "created", "id", "model", "object", "usage").items():
            if value is not None:
                self._fields[name] = value

    def _ids(self) -> dict[str, Any]:
        """Return what is the same on all chunks; what the source did not name before it is first needed is made up."""
        self._id = self._id or make_id(self._id_prefix)
        if not self._model:
            self._model, self._unnamed = self._asked_for, True
        if self._created is None:
            self._created = now()
        return {"id": self._id, "created": self._created, "model": self._model}

    def _made(self, /, **fields: Any) -> ModelResponseStream:
        known = {name: self._fields[name] for name in ("service_tier", "system_fingerprint") if name in self._fields}
        return self._marked(ModelResponseStream(**self._ids(), **known, **fields))

    def _marked(self, made: MadeT) -> MadeT:
        """Take a model that the source did not name out of the fields that were set: nobody answered with it."""
        if self._unnamed:
            made.model_fields_set.discard("model")
        return made


class _Choice:
    """One choice so far."""

    __slots__ = ("begun", "calls", "extra", "finish", "held", "message", "texts")

    def __init__(self) -> None:
        self.begun = False  # something of it was delivered
        self.texts: list[str] = []
        self.calls: list[_ToolCall] = []
        self.message: dict[str, Any] = {}  # other fields of the message
        self.extra: dict[str, Any] = {}  # logprobs, and what a server adds beside the message
        self.finish: str | None = None
        self.held: dict[str, Any] = {}  # what is delivered with the finish

    def add(self, choice: StreamingChoices) -> None:
        """Remember all but the finish and tool calls."""
        delta = choice.delta
        if delta.content is not None:
            self.texts.append(delta.content if type(delta.content) is str else text_in(delta.content))
        if not delta.__pydantic_fields_set__ <= PLAIN:
            for name in delta.__pydantic_fields_set__ - PLAIN:
                if (value := getattr(delta, name)) is not None:
                    _grow(self.message, name, value, text=True)
        if choice.logprobs is not None:
            _grow(self.extra, "logprobs", choice.logprobs)
        if choice.__pydantic_extra__:
            for name, value in choice.__pydantic_extra__.items():
                _grow(self.extra, name, value)

    def numbered(self, delta: Delta) -> Delta:
        """Remember the pieces of tool calls; return the delta with each call's own index."""
        if not delta.tool_calls:
            return delta
        pieces = [self._call_of(piece).add(piece) for piece in delta.tool_calls]
        return delta if all(map(is_, pieces, delta.tool_calls)) else delta.replace(tool_calls=pieces)

    def hold(self, choice: StreamingChoices, *, logprobs: Any) -> None:
        """Keep a finish, and what comes with it, for the end."""
        self.finish = self.finish or choice.finish_reason
        self.held.update(choice.__pydantic_extra__ or ())
        if logprobs is not None:
            self.held["logprobs"] = logprobs

    def end(self, index: int) -> StreamingChoices:
        """Return what was held back, with a finish for a source that gave none."""
        self.finish = self.finish or ("tool_calls" if self.calls else "stop")
        delta = Delta() if self.begun else Delta(role="assistant")
        return StreamingChoices(index=index, delta=delta, finish_reason=self.finish, **self.held)

    def whole(self, index: int) -> dict[str, Any]:
        """Return it as a choice of a whole answer."""
        message = _settled(self.message)
        content = "".join(self.texts) if self.texts else None
        if self.calls:
            message["tool_calls"] = [_settled(call.fields) for call in self.calls]
        if self.calls or any(name in message for name in WITHOUT_TEXT):
            content = content or None
        message.update(role="assistant", content=content)
        return {**_settled(self.extra), "index": index, "finish_reason": self.finish, "message": message}

    def _call_of(self, piece: DeltaToolCall) -> _ToolCall:
        for known in reversed(self.calls):
            if known.has(piece):
                return known
        taken = {call.index for call in self.calls}
        call = _ToolCall(piece.index, index=max(taken) + 1 if piece.index in taken else piece.index)
        self.calls.append(call)
        return call


class _ToolCall:
    """One tool call so far: its index on the wire, its own index, and its fields."""

    __slots__ = ("fields", "index", "on_wire")

    def __init__(self, on_wire: int, *, index: int) -> None:
        self.on_wire = on_wire
        self.index = index
        self.fields: dict[str, Any] = {"id": None, "type": "function", "function": {"name": None, "arguments": ""}}

    def has(self, piece: DeltaToolCall) -> bool:
        """Whether a piece belongs to this call.

        Some servers give every call the index 0: another id is another call, and so, where pieces have no id, is a
        name after arguments that are whole.
        """
        if self.on_wire != piece.index:
            return False
        if piece.id:
            return (self.fields["id"] or piece.id) == piece.id
        return not (piece.function is not None and piece.function.name and self._is_whole())

    def add(self, piece: DeltaToolCall) -> DeltaToolCall:
        """Remember a piece; return it with this call's own index."""
        for name, value in fields_of(piece, "index").items():
            _grow(self.fields, name, value)
        return piece if piece.index == self.index else piece.replace(index=self.index)

    def _is_whole(self) -> bool:
        arguments = self.fields["function"]["arguments"]
        if not (self.fields["function"]["name"] and arguments and arguments[-1].endswith("}")):
            return False
        try:
            json.loads("".join(arguments))
        except ValueError:
            return False
        return True


class _Text(list[str]):
    """A text that grows: its pieces, joined when somebody asks; joining at each would copy a long one over and over."""


def _grow(into: dict[str, Any], name: str, value: Any, *, text: bool = False) -> None:
    """Add to a field: texts and lists grow, mappings do so field by field; of anything else the last one stays."""
    old = into.get(name)
    if hasattr(value, "model_fields_set"):
        value = fields_of(value)
    if isinstance(value, Mapping):
        known = into[name] = old if type(old) is dict else {}
        for key, piece in value.items():
            _grow(known, key, piece)
    elif isinstance(value, list):
        _list_at(into, name, list).extend(value)
    elif isinstance(value, str) and (text or name in PIECEMEAL):
        _list_at(into, name, _Text).append(value)
    elif old is None or (value is not None and value != ""):
        into[name] = value


def _list_at(into: dict[str, Any], name: str, kind: type[list[Any]]) -> list[Any]:
    if type(into.get(name)) is not kind:
        into[name] = kind()
    grown: list[Any] = into[name]
    return grown


def _settled(value: Any) -> Any:
    """Return what has grown as plain values."""
    if isinstance(value, dict):
        return {name: _settled(item) for name, item in value.items()}
    if isinstance(value, _Text):
        return "".join(value)
    return list(value) if isinstance(value, list) else value


def _says_something(delta: Delta) -> bool:
    return any(getattr(delta, name) for name in delta.__pydantic_fields_set__ if name != "role")
