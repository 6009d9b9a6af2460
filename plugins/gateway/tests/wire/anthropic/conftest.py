"""The judges: Anthropic's API description, read in place, and its SDK, over a transport in memory."""

from __future__ import annotations

import json

import anthropic
import httpx2
import pytest
from descriptions import anthropic_description
from jackfield import Client, CompletionRequest, EventStream, hookimpl
from jackfield.types import ModelResponse, ModelResponseStream
from jackfield_gateway.wire.anthropic import MessageEvents, request_to_chat, response_to_message
from shared import shared_folder


class Official:
    """Anthropic's description of its own API."""

    def __init__(self, description):
        self._check = description.check

    def check(self, name, value):
        """Fail unless the value is, as JSON holds it, what the description calls by this name."""
        self._check(name, json.dumps(value))


@pytest.fixture(scope="session")
def official():
    return Official(anthropic_description())


@pytest.fixture(scope="session")
def documented():
    """Return the message that the documentation of custom handlers shows."""
    [file] = shared_folder("seeds", "documents").glob("000_*.txt")
    text = file.read_text(encoding="utf-8")
    begin = text.rindex("```", 0, text.index('"type":"message"')) + 3
    return json.loads(text[begin : text.index("```", begin)])


def events_of(chunks, usage=None):
    """Return the events of a whole stream of chunks, given as JSON."""
    writer = MessageEvents("asked-for")
    written = [event for chunk in chunks for event in writer.chunk(ModelResponseStream.model_validate(chunk))]
    return written + writer.end(usage)


@pytest.fixture(scope="session", name="events_of")
def _events_of():
    return events_of


class Server:
    """A server without sockets: it keeps what it is sent, and answers with the same chat answer or chunks."""

    def __init__(self, answer=None, chunks=()):
        self.answer, self.chunks = answer, chunks
        self.messages = self.params = None

    def __call__(self, request):
        body = json.loads(request.content)
        self.messages, self.params = request_to_chat(body)
        if not body.get("stream"):
            message = response_to_message(ModelResponse.model_validate(self.answer), body["model"])
            return httpx2.Response(200, json=message)
        wire = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events_of(self.chunks))
        return httpx2.Response(200, content=wire.encode(), headers={"content-type": "text/event-stream"})

    def client(self):
        """Return the SDK, talking to this server."""
        http = httpx2.Client(transport=httpx2.MockTransport(self))
        return anthropic.Anthropic(api_key="any", base_url="http://gateway.example", http_client=http, max_retries=0)


@pytest.fixture(scope="session")
def server():
    return Server


class Source:
    """A provider that streams these chunks."""

    def __init__(self, chunks):
        self._chunks = chunks

    @hookimpl
    def streaming(self, request, settings):
        return EventStream.of(self._chunks)


@pytest.fixture(scope="session")
def accumulated():
    """Return what the core makes of a stream of chunks: the whole answer."""
    client = Client()

    def whole(chunks):
        client.register_provider("source", Source(chunks))
        with client.run(CompletionRequest("source/any", stream=True)) as stream:
            for _ in stream:
                pass
        client.unregister_provider("source")
        return stream.response

    return whole
