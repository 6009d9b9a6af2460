"""Whole answers, both ways."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jackfield.errors import InvalidResponseError

from ..names import model_told
from ..said import reasoning_in, text_in
from ._stops import finish_of, matched_in, stop_of
from ._thinking import THINKING, blocks_of, signed, to_reasoning
from ._tool_calls import arguments_of, input_of, made_id, tool_use
from ._usage import chat_tier, chat_usage, message_usage

if TYPE_CHECKING:
    from jackfield.types import FunctionCall, Message, ModelResponse

__all__ = ["message_to_response", "new_message", "response_to_message"]


def response_to_message(response: ModelResponse, asked_for: str) -> dict[str, Any]:
    """Return a chat's answer as a message: its first choice, since Anthropic gives one.

    ``asked_for`` is the model's name where the provider gave none, or a file's path. A text that is empty is no block.
    """
    message = new_message(response.id, model_told(response, asked_for))
    message["usage"] = message_usage(response.usage, response.service_tier)
    if response.choices:
        choice = response.choices[0]
        said = choice.message
        cut_off = choice.finish_reason == "length"
        message["content"] = list(_blocks(said, response.id, cut_off=cut_off))
        calls = bool(said.tool_calls or said.function_call)
        stop = stop_of(choice.finish_reason, matched=matched_in(choice), refusal=said.refusal or "", calls=calls)
    else:
        stop = stop_of(None, matched=None, refusal="", calls=False)
    return {**message, **stop}


def message_to_response(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message as a chat's answer, from which a ``ModelResponse`` is built.

    Blocks of Anthropic's own tools, and citations, have no place in a chat and are left out. Raises
    InvalidResponseError where there is no content.
    """
    content = message.get("content")
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise InvalidResponseError("the server's answer has no list of content blocks", body=message)
    usage = message.get("usage") or {}
    choice = {"index": 0, "message": _said(content, message.get("stop_details")), **finish_of(message)}
    answer = {
        "id": message.get("id"),
        "object": "chat.completion",
        "model": message.get("model"),
        "choices": [choice],
        "usage": chat_usage(usage),
    }
    if (tier := chat_tier(usage)) is not None:
        answer["service_tier"] = tier
    return answer


def new_message(id: str, model: str) -> dict[str, Any]:
    """Return a message that says nothing yet. The fields are those that the official description requires."""
    return {
        "id": id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "stop_details": None,
        "usage": message_usage(None),
        "container": None,
    }


def _blocks(said: Message, id: str, *, cut_off: bool) -> Iterator[dict[str, Any]]:
    yield from blocks_of(reasoning_in(said), signed(said.get("thinking_blocks")))
    if text := text_in(said.content):
        yield {"type": "text", "text": text, "citations": None}
    calls: list[tuple[str | None, FunctionCall]] = [(call.id, call.function) for call in said.tool_calls or ()]
    if said.function_call is not None:
        calls.append((None, said.function_call))
    for number, (known, function) in enumerate(calls):
        given = input_of(function.arguments, cut_off=cut_off)
        yield tool_use(known or made_id(id, number), function.name or "", given)


def _said(content: list[dict[str, Any]], stop_details: Any) -> dict[str, Any]:
    texts = [block.get("text") or "" for block in content if block.get("type") == "text"]
    thoughts = signed([block for block in content if block.get("type") in THINKING])
    said = {"role": "assistant", "content": "".join(texts) or None, **to_reasoning(thoughts)}
    if calls := [_call(block) for block in content if block.get("type") == "tool_use"]:
        said["tool_calls"] = calls
    if isinstance(stop_details, Mapping) and (explanation := stop_details.get("explanation")):
        said["refusal"] = explanation
    return said


def _call(block: dict[str, Any]) -> dict[str, Any]:
    function = {"name": block.get("name"), "arguments": arguments_of(block.get("input") or {})}
    return {"id": block.get("id"), "type": "function", "function": function}
