"""OpenAI's Responses format, told in chats: a request becomes a chat's, an answer or its chunks become a response.

    request_to_chat(body)       the messages and the parameters of the chat that a request means
    response_of(answer, body)   a whole answer as the response object
    ResponseEvents(body)        chunks as the events of a streamed response

Pure: nothing is opened, stored or waited for. Nothing of a request is dropped in silence: what has no meaning in a chat
is refused by name, and what is kept without being sent on is listed where that is done. Source of the format: OpenAI's
API description, ``CreateResponse``, ``Response`` and ``ResponseStreamEvent``.
"""

from ._events import ResponseEvents
from ._request import request_to_chat
from ._response import response_of

__all__ = ["ResponseEvents", "request_to_chat", "response_of"]
