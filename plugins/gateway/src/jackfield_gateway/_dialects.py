"""What differs from route to route: which request a body is, and how answers, chunks and errors are written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from jackfield import (
    BadRequestError,
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    Request,
)
from jackfield.types import TextCompletionRequest

from .wire import answers, anthropic, responses
from .wire.bodies import Kind
from .wire.errors import Told
from .wire.errors import anthropic as anthropic_error
from .wire.errors import openai as openai_error

__all__ = ["CHAT", "COMPLETIONS", "EDITS", "EMBEDDINGS", "IMAGES", "MESSAGES", "RESPONSES", "Dialect", "Writer"]

DONE = b"data: [DONE]\n\n"


class Writer(ABC):
    """Writes the events of one stream; each method gives whole events as they go on the wire, or nothing."""

    def begin(self, stream: Any) -> None:  # noqa: B027  # most formats have nothing to say yet
        """Look at the opened stream, before its first chunk."""

    @abstractmethod
    def chunk(self, chunk: Any) -> bytes:
        """Write a chunk."""

    @abstractmethod
    def end(self, usage: Any) -> bytes:
        """Write the stream's regular end; ``usage`` is None where nobody knows it."""

    @abstractmethod
    def fail(self, told: Told) -> bytes:
        """Write an error, after which nothing comes."""


class Dialect(ABC):
    """One route's wire format."""

    body: ClassVar[Kind]
    """The kind of the body."""

    call_type: ClassVar[str]
    """What LiteLLM's hooks call the operation."""

    @abstractmethod
    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        """Return the core's request; its options are the caller's to add. Raises BadRequestError."""

    @abstractmethod
    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        """Write a whole answer."""

    def writer(self, body: dict[str, Any]) -> Writer:
        """Return what writes the stream that this body asks for."""
        raise NotImplementedError(f"{self.body} has no streams")

    def release(self, body: dict[str, Any]) -> None:  # noqa: B027  # most bodies are memory alone
        """Let go of what a body holds beside memory."""


def event(data: bytes) -> bytes:
    """Return JSON as an event without a name."""
    return b"data: %b\n\n" % data


def named_event(fields: Mapping[str, Any]) -> bytes:
    """Return a mapping with a ``type`` as an event of that name."""
    return b"event: %b\ndata: %b\n\n" % (fields["type"].encode(), answers.encoded(fields))


def named_events(events: Iterable[Mapping[str, Any]]) -> bytes:
    """Return several of them, as one piece for the wire."""
    return b"".join(map(named_event, events))


class _OpenAIWriter(Writer):
    def __init__(self, write: Any, asked_for: str) -> None:
        self._write = write
        self._asked_for = asked_for

    def chunk(self, chunk: Any) -> bytes:
        return event(self._write(chunk, self._asked_for))

    def end(self, usage: Any) -> bytes:
        return DONE

    def fail(self, told: Told) -> bytes:
        return event(answers.encoded(openai_error(told)))


class _Chat(Dialect):
    body = "chat"
    call_type = "acompletion"

    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        params = _rest(body, "model", "messages", "stream")
        stream = bool(body.get("stream"))
        return CompletionRequest(body["model"], body["messages"], stream=stream, params=params, metadata=metadata)

    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        return answers.chat(response, body["model"])

    def writer(self, body: dict[str, Any]) -> Writer:
        return _OpenAIWriter(answers.chat_chunk, body["model"])


class _Completions(Dialect):
    body = "completion"
    call_type = "atext_completion"

    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        params = _rest(body, "model", "prompt", "stream")
        stream = bool(body.get("stream"))
        return TextCompletionRequest(body["model"], body["prompt"], stream=stream, params=params, metadata=metadata)

    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        return answers.text(response, body["model"])

    def writer(self, body: dict[str, Any]) -> Writer:
        return _OpenAIWriter(answers.text_chunk, body["model"])


class _Embeddings(Dialect):
    body = "embedding"
    call_type = "aembedding"

    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        return EmbeddingRequest(body["model"], body["input"], params=_rest(body, "model", "input"), metadata=metadata)

    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        return answers.embeddings(response, body.get("encoding_format") or "float", body["model"])


class _Images(Dialect):
    body = "image_generation"
    call_type = "aimage_generation"

    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        _refuse_stream(body)
        params = _rest(body, "model", "prompt")
        return ImageGenerationRequest(body["model"], body["prompt"], params=params, metadata=metadata)

    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        return answers.images(response)


class _Edits(Dialect):
    body = "image_edit"
    call_type = "aimage_edit"

    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        """``image`` and ``mask`` are already files: tuples of name, content and media type."""
        _refuse_stream(body)
        params = _rest(body, "model", "prompt", "image", "mask")
        return ImageEditRequest(
            body["model"], body["image"], body.get("prompt"), body.get("mask"), params=params, metadata=metadata
        )

    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        return answers.images(response)

    def release(self, body: dict[str, Any]) -> None:
        """Close the files of a form, of which large ones are on disk."""
        for _, content, _ in (*body.get("image", ()), *([body["mask"]] if "mask" in body else [])):
            if not isinstance(content, bytes):
                content.close()


class _Messages(Dialect):
    body = "messages"
    call_type = "anthropic_messages"

    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        messages, params = anthropic.request_to_chat(body)
        stream = bool(body.get("stream"))
        if stream:
            params = {**params, "stream_options": {"include_usage": True}}
        return CompletionRequest(body["model"], messages, stream=stream, params=params, metadata=metadata)

    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        return answers.encoded(anthropic.response_to_message(response, body["model"]))

    def writer(self, body: dict[str, Any]) -> Writer:
        return _MessagesWriter(body["model"])


class _MessagesWriter(Writer):
    def __init__(self, model: str) -> None:
        self._events = anthropic.MessageEvents(model)

    def begin(self, stream: Any) -> None:
        """Tell the prompt's tokens in the first event, where they are known so early."""
        self._events.usage = stream.response.usage

    def chunk(self, chunk: Any) -> bytes:
        return named_events(self._events.chunk(chunk))

    def end(self, usage: Any) -> bytes:
        return named_events(self._events.end(usage))

    def fail(self, told: Told) -> bytes:
        return named_event(anthropic_error(told))


class _Responses(Dialect):
    body = "responses"
    call_type = "aresponses"

    def request(self, body: dict[str, Any], metadata: Mapping[str, Any] | None) -> Request:
        messages, params = responses.request_to_chat(body)
        stream = bool(body.get("stream"))
        return CompletionRequest(body["model"], messages, stream=stream, params=params, metadata=metadata)

    def answer(self, response: Any, body: dict[str, Any]) -> bytes:
        return answers.encoded(responses.response_of(response, body))

    def writer(self, body: dict[str, Any]) -> Writer:
        return _ResponsesWriter(body)


class _ResponsesWriter(Writer):
    def __init__(self, body: dict[str, Any]) -> None:
        self._events = responses.ResponseEvents(body)

    def chunk(self, chunk: Any) -> bytes:
        return named_events(self._events.chunk(chunk))

    def end(self, usage: Any) -> bytes:
        return named_events(self._events.end())

    def fail(self, told: Told) -> bytes:
        return named_events(self._events.fail(told.code or told.type, told.message))


def _rest(body: Mapping[str, Any], *own: str) -> dict[str, Any]:
    """Return what the provider gets as parameters: all but the request's own fields, in the client's order."""
    return {name: value for name, value in body.items() if name not in own}


def _refuse_stream(body: Mapping[str, Any]) -> None:
    if body.get("stream"):
        raise BadRequestError(
            "stream must be false: images come whole here", param="stream", code="unsupported_parameter"
        )


CHAT = _Chat()
COMPLETIONS = _Completions()
EMBEDDINGS = _Embeddings()
IMAGES = _Images()
EDITS = _Edits()
MESSAGES = _Messages()
RESPONSES = _Responses()
