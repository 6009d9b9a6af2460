"""Operations made of others: what a provider lacks and the core can add, at load and below the extensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import types
from ._kinds import Operation, as_stream
from ._shapes import result_of, text_of_chat
from .flow import EventStream, Finish, Flow
from .types import CompletionRequest

if TYPE_CHECKING:
    from .types import ModelResponse, TextCompletionRequest, TextCompletionResponse, Usage

__all__ = ["bridged"]


def bridged(native: Mapping[str, Operation]) -> dict[str, Operation]:
    """Return the operations that these make possible and that are not among them."""
    added: dict[str, Operation] = {}
    if "completion" in native and "streaming" not in native:
        added["streaming"] = _streaming_of(native["completion"])
    if "streaming" in native and "completion" not in native:
        added["completion"] = _completion_of(native["streaming"])
    chat = {**native, **added}
    if "completion" in chat and "text_completion" not in native:
        added["text_completion"] = _text_completion_of(chat["completion"], chat["streaming"])
    return added


def _streaming_of(completion: Operation) -> Operation:
    def flow(request: CompletionRequest, settings: Any) -> Flow[EventStream]:
        whole = request.replace(stream=False)

        def opened() -> Flow[EventStream]:
            response = yield from completion(whole, settings)
            return as_stream(result_of("completion", response, request.model))

        yield from ()
        return EventStream(opened)

    return flow


def _completion_of(streaming: Operation) -> Operation:
    def flow(request: CompletionRequest, settings: Any) -> Flow[ModelResponse]:
        description = yield from streaming(request.replace(stream=True), settings)
        response: ModelResponse = yield from Finish(description)
        return response

    return flow


def _text_completion_of(completion: Operation, streaming: Operation) -> Operation:
    """One call with one user message for each prompt; choices stand in the order of the prompts.

    A stream of one prompt streams; several prompts are answered first and delivered as chunks, in order.
    """

    def flow(request: TextCompletionRequest, settings: Any) -> Flow[TextCompletionResponse | EventStream]:
        chats = _chats(request)
        if not request.stream:
            return (yield from _answers(chats, completion, settings))
        if len(chats) == 1:
            description: EventStream = yield from streaming(chats[0].replace(stream=True), settings)
            return description

        def opened() -> Flow[list[TextCompletionResponse]]:
            return [(yield from _answers(chats, completion, settings))]

        return EventStream(opened)

    return flow


def _chats(request: TextCompletionRequest) -> list[CompletionRequest]:
    return [
        CompletionRequest(
            request.model,
            [{"role": "user", "content": prompt}],
            params=request.params,
            metadata=request.metadata,
            options=request.options,
        )
        for prompt in types.prompts_of(request.prompt)
    ]


def _answers(chats: list[CompletionRequest], completion: Operation, settings: Any) -> Flow[TextCompletionResponse]:
    answers = []
    for chat in chats:
        response = result_of("completion", (yield from completion(chat, settings)), chat.model)
        answers.append(text_of_chat(response))
    joined = answers[0]
    joined.choices = [choice for answer in answers for choice in answer.choices]
    for index, choice in enumerate(joined.choices):
        choice.index = index
    usages = [answer.usage for answer in answers if answer.usage is not None]
    joined.usage = _summed(usages) if len(usages) > 1 else next(iter(usages), None)
    return joined


def _summed(usages: list[Usage]) -> Usage:
    return types.Usage(
        prompt_tokens=sum(usage.prompt_tokens or 0 for usage in usages),
        completion_tokens=sum(usage.completion_tokens or 0 for usage in usages),
        total_tokens=sum(usage.total_tokens or 0 for usage in usages),
    )
