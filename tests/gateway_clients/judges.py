"""What an answer of the gateway has to be: one entry for each route, and the order of each wire format's events.

Each body and each event is judged by the types of the route's official SDK, and by the official description of the API.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import anthropic.types as anthropic_types
import openai.types as openai_types
from descriptions import Description, anthropic_description, openai_description
from gateway_clients.recording import Event, Exchange
from openai.pagination import SyncPage
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

__all__ = ["ROUTES", "judge"]

DONE = "[DONE]"
ERROR = "ErrorResponse"


class Claim(NamedTuple):
    """That a value is what the description calls by this name, and the SDK by this type; None where it has none.

    ``among`` says that the name is that of a union of events.
    """

    name: str
    kind: Any
    value: Any
    among: bool = False


@dataclass(frozen=True)
class Route:
    """A route's answers and the events of its streams, by the description's names and the SDK's types.

    ``order`` fails unless a stream's events come as they must.
    """

    describe: Callable[[], Description]
    answer: str
    answer_type: Any
    event: str = ""
    event_type: Any = None
    order: Callable[[Sequence[Event]], None] | None = None

    def claims(self, exchange: Exchange) -> Iterator[Claim]:
        """Return what an exchange claims to be."""
        if exchange.kind == "text/event-stream":
            yield from (self.of_event(event) for event in exchange.events if event.data != DONE)
        elif exchange.status >= 400:
            yield self.of_error(exchange.json)
        else:
            yield self.of_answer(exchange.json)

    def of_answer(self, value: Any) -> Claim:
        return Claim(self.answer, self.answer_type, value)

    def of_error(self, value: Any) -> Claim:
        return Claim(ERROR, None, value)

    def of_event(self, event: Event) -> Claim:
        value = event.json
        if is_error(value):
            return self.of_error(value)
        assert event.name is None
        return Claim(self.event, self.event_type, value)


class NamedEvents(Route):
    """Events that say their names; each is one of a union's."""

    def of_event(self, event: Event) -> Claim:
        value = event.json
        assert event.name == value["type"]
        if is_error(value):
            return self.of_error(value)
        # The SDK has no type for a ping.
        return Claim(self.event, None if event.name == "ping" else self.event_type, value, among=True)


class Messages(NamedEvents):
    """Anthropic documents a type of error for a request that is too large, and its description lacks it."""

    def of_error(self, value: Any) -> Claim:
        if value["error"]["type"] == "request_too_large":
            value = {**value, "error": {**value["error"], "type": "invalid_request_error"}}
        return super().of_error(value)


class Texts(Route):
    """The description has no chunk of its own, and the choices of a whole answer have finished."""

    def of_event(self, event: Event) -> Claim:
        claim = super().of_event(event)
        if claim.name == ERROR:
            return claim
        choices = [{**each, "finish_reason": each["finish_reason"] or "stop"} for each in claim.value["choices"]]
        return claim._replace(value={**claim.value, "choices": choices})


class Vectors(Route):
    """Vectors in base64 are no part of the description; they are read as the SDK reads them."""

    def of_answer(self, value: Any) -> Claim:
        data = [{**item, "embedding": floats(item["embedding"])} for item in value["data"]]
        return super().of_answer({**value, "data": data})


def floats(embedding: Any) -> list[float]:
    if not isinstance(embedding, str):
        return list(embedding)
    content = base64.b64decode(embedding, validate=True)
    return list(struct.unpack(f"<{len(content) // 4}f", content))


def is_error(value: Any) -> bool:
    """Whether an event's data are an error in the shape that an error's answer has."""
    return isinstance(value.get("error"), dict) and value.get("type") in (None, "error")


# ------------------------------------------------------------------------------------------------- the order of events


def chunks_in_order(events: Sequence[Event]) -> None:
    """Role first, one finish for each choice, usage last and once; then [DONE], or an error without it."""
    *body, last = events
    if last.data != DONE:
        assert is_error(last.json)
        return
    chunks = [event.json for event in body]
    assert len({(chunk["id"], chunk["model"], chunk["created"]) for chunk in chunks}) == 1
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    for index in {choice["index"] for choice in choices}:
        own = [choice for choice in choices if choice["index"] == index]
        assert [place for place, choice in enumerate(own) if "role" in choice.get("delta", ())] in ([0], [])
        assert "role" in own[0].get("delta", {"role": "of no chat"})
        assert [place for place, choice in enumerate(own) if choice["finish_reason"]] == [len(own) - 1]
    assert [place for place, chunk in enumerate(chunks) if chunk.get("usage")] in ([], [len(chunks) - 1])
    assert [place for place, chunk in enumerate(chunks) if not chunk["choices"]] in ([], [len(chunks) - 1])


def messages_in_order(events: Sequence[Event]) -> None:
    """Anthropic's order: a message holds blocks, one after the other, and each block its deltas."""
    names = [event.name for event in events if event.name != "ping"]
    assert (names[0], names.count("message_start")) == ("message_start", 1)
    if names[-1] == "error":
        return
    assert names[-2:] == ["message_delta", "message_stop"]
    open_block, begun = None, 0
    for event in events:
        value = event.json
        if event.name == "content_block_start":
            assert (open_block, value["index"]) == (None, begun)
            open_block, begun = begun, begun + 1
        elif event.name in {"content_block_delta", "content_block_stop"}:
            assert value["index"] == open_block
            open_block = open_block if event.name == "content_block_delta" else None
    assert open_block is None


def responses_in_order(events: Sequence[Event]) -> None:
    """Numbered from 0, begun by two events, ended by one that has the whole response."""
    values = [event.json for event in events]
    assert [value["sequence_number"] for value in values] == list(range(len(values)))
    assert [value["type"] for value in values][:2] == ["response.created", "response.in_progress"]
    assert values[-1]["type"] in {"response.completed", "response.incomplete", "response.failed", "error"}


# ---------------------------------------------------------------------------------------------------------- the routes


CHAT = Route(
    openai_description,
    "CreateChatCompletionResponse",
    ChatCompletion,
    "CreateChatCompletionStreamResponse",
    ChatCompletionChunk,
    chunks_in_order,
)
COMPLETIONS = Texts(
    openai_description,
    "CreateCompletionResponse",
    openai_types.Completion,
    "CreateCompletionResponse",
    openai_types.Completion,
    chunks_in_order,
)
EMBEDDINGS = Vectors(openai_description, "CreateEmbeddingResponse", openai_types.CreateEmbeddingResponse)
IMAGES = Route(openai_description, "ImagesResponse", openai_types.ImagesResponse)
RESPONSES = NamedEvents(
    openai_description, "Response", Response, "ResponseStreamEvent", ResponseStreamEvent, responses_in_order
)
MESSAGES = Messages(
    anthropic_description,
    "Message",
    anthropic_types.Message,
    "MessageStreamEvent",
    anthropic_types.RawMessageStreamEvent,
    messages_in_order,
)
COUNT = Route(anthropic_description, "CountMessageTokensResponse", anthropic_types.MessageTokensCount)
MODEL = Route(openai_description, "Model", openai_types.Model)

ROUTES = {
    "/chat/completions": CHAT,
    "/completions": COMPLETIONS,
    "/embeddings": EMBEDDINGS,
    "/images/generations": IMAGES,
    "/images/edits": IMAGES,
    "/messages": MESSAGES,
    "/messages/count_tokens": COUNT,
    "/models": Route(openai_description, "ListModelsResponse", SyncPage[openai_types.Model]),
    "/responses": RESPONSES,
}
"""Path → what is answered there."""


def judge(*exchanges: Exchange) -> None:
    """Fail unless every answer is what its route's official types and descriptions call one.

    Where the descriptions are absent the test is skipped, once all else has been judged.
    """
    judged = [(route_of(exchange), claim) for exchange in exchanges for claim in well_typed(exchange)]
    for route, claim in judged:
        description = route.describe()
        check = description.check_event if claim.among else description.check_value
        check(claim.name, claim.value)


def route_of(exchange: Exchange) -> Route:
    path = exchange.path.removeprefix("/v1")
    return MODEL if path.startswith("/models/") else ROUTES[path]


def well_typed(exchange: Exchange) -> list[Claim]:
    """Return what an exchange claims to be, once it is by the SDK's types and in the order of its events."""
    route = route_of(exchange)
    assert exchange.headers["x-request-id"]
    assert exchange.kind in {"application/json", "text/event-stream"}
    if exchange.kind == "text/event-stream":
        assert exchange.status == 200
        assert route.order is not None
        route.order(exchange.events)
    claims = list(route.claims(exchange))
    for claim in claims:
        if claim.kind is not None:
            adapter(claim.kind).validate_json(json.dumps(claim.value), strict=True)
    return claims


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Return what validates by an SDK's type; the SDK itself would take anything."""
    return TypeAdapter(kind)
