"""Anthropic's Messages API and chats, each made of the other: requests, answers, streams, errors, token counts.

Pure functions, both ways: a gateway reads Anthropic's requests and writes its answers, a provider does the opposite.

    an Anthropic client sends      request_to_chat       a chat provider gets
    an Anthropic client gets       response_to_message   a chat provider answers
                                   MessageEvents         … chunk by chunk
    an Anthropic server gets       chat_to_request       a chat caller sends
    an Anthropic server answers    message_to_response   a chat caller gets
    … event by event               ChatChunks

What is the same idea under two names is renamed. What only Anthropic has stands in the chat under Anthropic's name:
as a parameter (``thinking``, ``top_k``, ``container``), as a field beside its neighbours (``cache_control`` on a
part, a tool call, a tool or a tool message; ``is_error`` on a tool message), or, for thinking that is signed or
redacted, as ``thinking_blocks`` on the assistant's message. What a chat cannot hold at all is refused by name.
"""

from __future__ import annotations

from ._answers import message_to_response, response_to_message
from ._chunks import ChatChunks
from ._errors import error_body, error_type
from ._events import MessageEvents
from ._request import chat_to_request, request_to_chat
from ._tokens import count_tokens

__all__ = [
    "ChatChunks",
    "MessageEvents",
    "chat_to_request",
    "count_tokens",
    "error_body",
    "error_type",
    "message_to_response",
    "request_to_chat",
    "response_to_message",
]
