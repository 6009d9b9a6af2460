"""What a message of a chat says, in whichever of the shapes that servers use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jackfield import Delta, Message

__all__ = ["reasoning_in", "text_in"]


def text_in(content: str | list[Any] | None) -> str:
    """Return a content's text, which may stand in parts."""
    if content is None or isinstance(content, str):
        return content or ""
    texts = [item.get("text") for item in content if isinstance(item, Mapping)]
    return "".join(text for text in texts if isinstance(text, str))


def reasoning_in(said: Message | Delta) -> str:
    """Return the reasoning of a message or of a piece of one; some servers call it ``reasoning``."""
    text = said.reasoning_content or (said.__pydantic_extra__ or {}).get("reasoning")
    return text if isinstance(text, str) else ""
