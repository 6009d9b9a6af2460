"""Everything once over a real socket, against the fake server; and what is this server's alone.

What jackfield promises for every provider, `test_conformance.py` tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fake_server import KEY, MODELS, PIXEL, FakeServer
from jackfield import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    HttpResponse,
    ImageGenerationRequest,
    InvalidResponseError,
    ServiceUnavailableError,
    Settings,
    completion,
    embedding,
    image_generation,
    list_models,
)
from jackfield.flow import Http, Sleep

import jackfield_acme
from jackfield_acme._stream import Frames

MODEL = "acme/acme-1"
HELLO = [{"role": "user", "content": "Good morning, world"}]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    monkeypatch.setenv("no_proxy", "*")  # your network's proxy does not know the way to this machine
    with FakeServer() as running:
        yield running


@pytest.fixture
def there(server: FakeServer) -> dict[str, Any]:
    """What a call says of where the server is."""
    return {"api_base": server.url, "api_key": KEY}


def test_a_chat(server: FakeServer, there: dict[str, Any]) -> None:
    answer = completion(MODEL, HELLO, max_tokens=9, **there)
    assert answer.choices[0].message.content == "Good morning, world"
    path, headers, body = server.requests[0]
    assert (path, headers["x-acme-key"]) == ("/chat", KEY)
    turns = [{"speaker": "user", "text": "Good morning, world"}]
    assert body == {"model": MODELS[0], "turns": turns, "max_length": 9}


def test_a_stream(there: dict[str, Any]) -> None:
    with completion(MODEL, HELLO, stream=True, **there) as stream:
        texts = [chunk.choices[0].delta.content for chunk in stream]
    assert texts == ["Good", " morning,", " world", None]
    assert stream.response == completion(MODEL, HELLO, **there).replace(created=stream.response.created)


def test_an_error_in_a_stream_is_raised_with_what_had_come(there: dict[str, Any]) -> None:
    with pytest.raises(ServiceUnavailableError, match="All workers") as caught:
        list(completion("acme/broken", HELLO, stream=True, **there))
    assert caught.value.partial.choices[0].message.content == "Good morning, world"


def test_a_fault_has_the_server_s_words_and_its_hint(there: dict[str, Any]) -> None:
    with pytest.raises(ServiceUnavailableError, match="All workers are at work") as caught:
        completion("acme/busy", HELLO, num_retries=0, **there)
    assert (caught.value.code, caught.value.retry_after) == ("busy", 0.25)


def test_vectors(there: dict[str, Any]) -> None:
    answer = embedding("acme/vectors-1", ["one", "three"], **there)
    assert [entry.embedding for entry in answer.data] == [[3.0, 0.5], [5.0, 0.5]]


def test_an_image_is_asked_for_until_it_is_done(server: FakeServer, there: dict[str, Any]) -> None:
    answer = image_generation(model="acme/paint-1", prompt="a square", **there)
    assert [image.b64_json for image in answer.data] == [PIXEL]
    assert [path for path, _, _ in server.requests] == ["/images", "/images/jobs/1/1", "/images/jobs/1/1"]


@pytest.mark.parametrize(("body", "seconds"), [(b'{"retry_in_ms": 1500}', 1.5), (b"{}", 0.5)])
def test_between_two_questions_there_is_the_pause_that_the_server_asks_for(body: bytes, seconds: float) -> None:
    """A flow is a generator: what it asks for can be looked at, and answered by hand."""
    settings = Settings(provider="acme", api_key=KEY, api_base="https://models.example")
    request = ImageGenerationRequest("paint-1", prompt="a square")
    flow = jackfield_acme.image_generation(request, settings)
    assert isinstance(next(flow), Http)
    pause = flow.send(HttpResponse(202, {"location": "/images/jobs/1"}, body))
    assert isinstance(pause, Sleep)
    assert pause.seconds == seconds


def test_the_models(there: dict[str, Any]) -> None:
    assert [model.id for model in list_models("acme", **there).data] == MODELS


def test_key_and_address_are_read_from_the_variables(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_API_BASE", server.url)
    monkeypatch.setenv("ACME_API_KEY", KEY)
    assert completion(MODEL, HELLO).choices[0].message.content == "Good morning, world"


def test_without_a_key_the_error_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    with pytest.raises(ConfigurationError, match="ACME_API_KEY"):
        completion(MODEL, HELLO)


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, r"messages\[0\].content\[0\]"),
        ({"messages": [{"role": "user", "content": "Hi", "name": "Ann"}]}, r"messages\[0\].name"),
        ({"messages": [{"role": "critic", "content": "Hi"}]}, r"messages\[0\].role"),
        ({"messages": HELLO, "top_k": 3}, "top_k"),
    ],
)
def test_what_the_server_cannot_do_is_refused_by_name(request_: dict[str, Any], named: str) -> None:
    """Before anything is sent: there is no server at this address."""
    with pytest.raises(BadRequestError, match=named):
        completion(MODEL, **request_, api_base="http://models.invalid", api_key=KEY)


@pytest.mark.parametrize("data", [b"<html>", b"\n", b"12345678", b"2\n{}three\n"])
def test_what_is_no_frame_is_told(data: bytes) -> None:
    with pytest.raises(InvalidResponseError, match="length"):
        list(Frames().feed(data))


def test_a_server_s_refusal_of_the_key(server: FakeServer) -> None:
    with pytest.raises(AuthenticationError, match="x-acme-key"):
        completion(MODEL, HELLO, api_base=server.url, api_key="wrong")
