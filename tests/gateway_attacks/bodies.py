"""Each route's way of asking, and what nobody may ask it."""

from __future__ import annotations

from typing import Any

__all__ = ["CHAT", "COMPLETIONS", "COUNT", "EDITS", "EMBEDDINGS", "GOOD", "IMAGES", "MESSAGES", "RESPONSES"]

CHAT, COMPLETIONS, EMBEDDINGS = "/v1/chat/completions", "/v1/completions", "/v1/embeddings"
IMAGES, EDITS = "/v1/images/generations", "/v1/images/edits"
MESSAGES, COUNT, RESPONSES = "/v1/messages", "/v1/messages/count_tokens", "/v1/responses"

PICTURE = "data:image/png;base64,aGk="
QUESTION = [{"role": "user", "content": "Hi"}]

GOOD: dict[str, dict[str, Any]] = {
    CHAT: {"model": "good", "messages": QUESTION},
    COMPLETIONS: {"model": "good", "prompt": "Hi"},
    EMBEDDINGS: {"model": "good", "input": "Hi"},
    IMAGES: {"model": "good", "prompt": "Hi"},
    EDITS: {"model": "good", "prompt": "Hi", "image": PICTURE},
    MESSAGES: {"model": "good", "max_tokens": 5, "messages": QUESTION},
    COUNT: {"model": "good", "messages": QUESTION},
    RESPONSES: {"model": "good", "input": "Hi"},
}
"""Route → a body that it answers."""
