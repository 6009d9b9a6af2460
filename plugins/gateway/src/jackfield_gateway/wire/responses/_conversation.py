"""The items of ``input``, and ``instructions``, as a chat's messages.

A chat has one message of the assistant where this format has several items: reasoning, text and calls. Items that
follow one another become one message where they may belong to one answer, and always where calls wait for what they
gave: a chat wants all of that right behind the message with the calls.

Items that come back from an earlier response hold what describes them and is no part of a conversation: id, status and
phase of an item, annotations and log probabilities of a text, and what the SDK has parsed. That stays behind; any other
field that is not known passes on, beside its neighbours.
"""

from __future__ import annotations

from typing import Any

from ..shape import a_list, a_string, an_object, one_of, refused, rest, wrong
from ._content import chat_content, parts_of

__all__ = ["messages_of"]

DESCRIBING = frozenset({"type", "id", "status", "phase", "parsed_arguments"})
BETWEEN_REASONINGS = "\n\n"


def messages_of(given: Any, instructions: Any) -> list[dict[str, Any]]:
    """Return the messages: ``instructions`` as the system's, then those of ``input``, a string or a list of items."""
    conversation = _Conversation()
    if instructions is not None:
        conversation.say({"role": "system", "content": a_string(instructions, "instructions")})
    if isinstance(given, str):
        conversation.say({"role": "user", "content": given})
    elif isinstance(given, list):
        for place, item in enumerate(given):
            conversation.take(an_object(item, f"input[{place}]"), f"input[{place}]")
    else:
        raise wrong("input", "a string or a list of items", given)
    messages = conversation.end()
    if not messages:
        raise wrong("input", "at least one item", given)
    return messages


class _Answer:
    """One message of the assistant, made of the items that were one answer."""

    def __init__(self) -> None:
        self.reasoning: list[str] = []
        self.contents: list[str | list[dict[str, Any]]] = []
        self.refusals: list[str] = []
        self.calls: list[dict[str, Any]] = []
        self.beside: dict[str, Any] = {}

    @property
    def has_spoken(self) -> bool:
        return bool(self.contents or self.refusals)

    def message(self) -> dict[str, Any]:
        message = {**self.beside, "role": "assistant", "content": self._content()}
        if self.reasoning:
            message["reasoning_content"] = BETWEEN_REASONINGS.join(self.reasoning)
        if self.refusals:
            message["refusal"] = "".join(self.refusals)
        if self.calls:
            message["tool_calls"] = self.calls
        return message

    def _content(self) -> str | list[dict[str, Any]] | None:
        if not self.contents:
            return None if self.calls or self.refusals else ""
        if len(self.contents) == 1:
            return self.contents[0]
        return [part for content in self.contents for part in parts_of(content)]


class _Conversation:
    """The messages so far, and the assistant's that may still grow."""

    def __init__(self) -> None:
        self._messages: list[dict[str, Any]] = []
        self._answer: _Answer | None = None

    def take(self, item: dict[str, Any], where: str) -> None:
        """Add an item; raises BadRequestError for one that has no place in a chat."""
        kind = a_string("message" if item.get("type") is None and "role" in item else item.get("type"), f"{where}.type")
        if kind == "message":
            self._take_message(item, where)
        elif kind == "function_call":
            self._take_call(item, where)
        elif kind == "function_call_output":
            self._take_output(item, where)
        elif kind == "reasoning":
            self._take_reasoning(item, where)
        else:
            why = "a chat is made of messages, function calls, their outputs and reasoning, each sent in full"
            raise refused(f"{where}.type", why, value=kind)

    def say(self, message: dict[str, Any]) -> None:
        """Add a message that is not the assistant's."""
        self._messages = self.end()
        self._messages.append(message)

    def end(self) -> list[dict[str, Any]]:
        """Return the messages; the assistant's last one grows no more."""
        if self._answer is not None:
            self._messages.append(self._answer.message())
            self._answer = None
        return self._messages

    def _answer_for(self, *, anew: bool) -> _Answer:
        """Return the assistant's message that an item goes into: the one before it, or with ``anew`` another.

        Not while calls wait: what they gave may have to come right behind a message with all of them.
        """
        if self._answer is None or (anew and not self._answer.calls):
            self.end()
            self._answer = _Answer()
        return self._answer

    def _take_message(self, item: dict[str, Any], where: str) -> None:
        role = one_of(item.get("role"), f"{where}.role", "user", "assistant", "system", "developer")
        content, refusals = chat_content(item.get("content"), f"{where}.content", may_refuse=role == "assistant")
        beside = rest(item, DESCRIBING | {"role", "content"})
        if role != "assistant":
            self.say({**beside, "role": role, "content": content})
            return
        answer = self._answer_for(anew=self._answer is not None and self._answer.has_spoken)
        answer.beside.update(beside)
        answer.refusals += refusals
        if content or not refusals:
            answer.contents.append(content)

    def _take_call(self, item: dict[str, Any], where: str) -> None:
        function = {name: a_string(item.get(name), f"{where}.{name}") for name in ("name", "arguments")}
        beside = rest(item, DESCRIBING | {"call_id", "name", "arguments"})
        call_id = a_string(item.get("call_id"), f"{where}.call_id")
        call = {**beside, "id": call_id, "type": "function", "function": function}
        self._answer_for(anew=False).calls.append(call)

    def _take_output(self, item: dict[str, Any], where: str) -> None:
        call_id = a_string(item.get("call_id"), f"{where}.call_id")
        content, _ = chat_content(item.get("output"), f"{where}.output")
        beside = rest(item, DESCRIBING | {"call_id", "output"})
        self.say({**beside, "role": "tool", "tool_call_id": call_id, "content": content})

    def _take_reasoning(self, item: dict[str, Any], where: str) -> None:
        if item.get("encrypted_content") is not None:
            raise refused(f"{where}.encrypted_content", "only who wrote it can read it; leave this item out")
        texts = _texts(item, "content", "reasoning_text", where) or _texts(item, "summary", "summary_text", where)
        answer = self._answer_for(anew=self._answer is not None and self._answer.has_spoken)
        answer.beside.update(rest(item, DESCRIBING | {"content", "summary"}))
        answer.reasoning += texts


def _texts(item: dict[str, Any], name: str, kind: str, where: str) -> list[str]:
    if item.get(name) is None:
        return []
    texts = []
    for place, value in enumerate(a_list(item[name], f"{where}.{name}")):
        part = an_object(value, f"{where}.{name}[{place}]")
        one_of(part.get("type"), f"{where}.{name}[{place}].type", kind)
        texts.append(a_string(part.get("text"), f"{where}.{name}[{place}].text"))
    return texts
