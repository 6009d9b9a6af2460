"""Chats and prompts as plain text, for what knows no chat and no token numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import BadRequestError


def prompt_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return a chat as one prompt: the texts of its messages, in their order, joined by newlines.

    A list of parts gives the texts of its parts; a message without content gives none. Raises BadRequestError naming
    the first thing that is no text, such as ``messages[1].content[0]``, an image.
    """
    return "\n".join(text for place, message in enumerate(messages) for text in _texts(f"messages[{place}]", message))


def prompts_of(prompt: str | Sequence[Any]) -> list[str]:
    """Return the prompt of a text completion, or its several, as a list; raises BadRequestError for token numbers."""
    prompts = [prompt] if isinstance(prompt, str) else list(prompt)
    if all(isinstance(text, str) for text in prompts):
        return prompts
    raise BadRequestError("prompt holds token numbers, and this provider takes only text: give text", param="prompt")


def _texts(where: str, message: Mapping[str, Any]) -> Iterator[str]:
    for name in ("tool_calls", "function_call", "audio"):
        if message.get(name):
            raise _no_text(f"{where}.{name}")
    content = message.get("content")
    if isinstance(content, str):
        yield content
    elif isinstance(content, list | tuple):
        for place, part in enumerate(content):
            yield _text(f"{where}.content[{place}]", part)
    elif content is not None:
        raise _no_text(f"{where}.content")


def _text(where: str, part: Any) -> str:
    if isinstance(part, str):
        return part
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    raise _no_text(where if kind is None else f"{where} of type {kind!r}")


def _no_text(what: str) -> BadRequestError:
    return BadRequestError(f"{what} is no text, and this provider takes only text: leave it out", param="messages")
