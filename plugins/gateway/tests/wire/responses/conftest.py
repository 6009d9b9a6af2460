"""The judges: OpenAI's API description, and its SDK over a transport in memory."""

from __future__ import annotations

import json

import httpx2
import openai
import pytest
from jackfield.types import ModelResponse, ModelResponseStream
from jackfield_gateway.wire.responses import ResponseEvents, request_to_chat, response_of


class Official:
    """OpenAI's description of its own answers."""

    def __init__(self, described):
        self._described = described

    def check_response(self, response):
        """Fail unless this is a response."""
        self._described.check_value("Response", response)

    def check_events(self, events):
        """Fail unless each of these is the event that it calls itself, numbered from 0."""
        assert [event["sequence_number"] for event in events] == list(range(len(events)))
        for event in events:
            self._described.check_event("ResponseStreamEvent", event)


@pytest.fixture(scope="session")
def official(described):
    return Official(described)


class Gateway:
    """A server without sockets: it translates requests, and answers each with the same chat answer or chunks."""

    def __init__(self, answer=None, chunks=(), failure=None):
        self.answer, self.chunks, self.failure = answer, chunks, failure
        self.body = self.messages = self.params = None

    def __call__(self, request):
        self.body = json.loads(request.content)
        self.messages, self.params = request_to_chat(self.body)
        if not self.body.get("stream"):
            return httpx2.Response(200, json=response_of(ModelResponse.model_validate(self.answer), self.body))
        wire = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in self.events())
        return httpx2.Response(200, content=wire.encode(), headers={"content-type": "text/event-stream"})

    def events(self):
        """Return the events of the chunks, for the last request."""
        stream = ResponseEvents(self.body)
        events = [event for chunk in self.chunks for event in stream.chunk(ModelResponseStream.model_validate(chunk))]
        return events + (stream.fail(*self.failure) if self.failure else stream.end())

    def client(self):
        """Return the SDK, talking to this server."""
        http = httpx2.Client(transport=httpx2.MockTransport(self))
        return openai.OpenAI(api_key="any", base_url="http://gateway.example/v1", http_client=http, max_retries=0)


@pytest.fixture(scope="session")
def gateway():
    return Gateway
