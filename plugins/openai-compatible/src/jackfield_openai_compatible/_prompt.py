"""Messages as one prompt, for what knows no chat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jackfield import BadRequestError

__all__ = ["prompt_of"]


def prompt_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """Return the messages' texts joined by newlines; raises BadRequestError naming what is no text."""
    return "\n".join(text for place, message in enumerate(messages) for text in _texts(f"messages[{place}]", message))


def _texts(where: str, message: Mapping[str, Any]) -> Iterator[str]:
    for field in ("tool_calls", "function_call", "audio"):
        if message.get(field):
            raise _no_text(f"{where}.{field}")
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
    if isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    kind = f" of type {part['type']!r}" if isinstance(part, Mapping) and "type" in part else ""
    raise _no_text(f"{where}{kind}")


def _no_text(what: str) -> BadRequestError:
    return BadRequestError(
        f"{what} is no text, and a text completion takes text alone: leave it out, or call a chat model",
        param="messages",
    )
