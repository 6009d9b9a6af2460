"""The bodies that clients send: a type for each kind, which is what is checked and what the API description says."""

from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from ._chat import ChatBody
from ._messages import CountTokensBody, MessagesBody
from ._others import CompletionBody, EmbeddingBody, ImageEditBody, ImageEditForm, ImageGenerationBody
from ._responses import ResponsesBody

__all__ = ["BODIES", "Kind", "adapter"]

Kind = Literal[
    "chat",
    "completion",
    "embedding",
    "image_generation",
    "image_edit",
    "image_edit_form",
    "messages",
    "count_tokens",
    "responses",
]

BODIES: dict[Kind, Any] = {
    "chat": ChatBody,
    "completion": CompletionBody,
    "embedding": EmbeddingBody,
    "image_generation": ImageGenerationBody,
    "image_edit": ImageEditBody,
    "image_edit_form": ImageEditForm,
    "messages": MessagesBody,
    "count_tokens": CountTokensBody,
    "responses": ResponsesBody,
}


@cache
def adapter(kind: Kind) -> TypeAdapter[dict[str, Any]]:
    """Return what checks a body of this kind; it is built when it is first asked for, which takes milliseconds."""
    return TypeAdapter(BODIES[kind])
