"""Every answer, event and error of every route is what the official descriptions call one; and the judges can say no.

The SDKs' tests are judged by the same table. Here the requests are bare, so that what an SDK would hide is seen too.
"""

from __future__ import annotations

import base64
import copy
import itertools
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pydantic
import pytest
from gateway_clients.conftest import KEY
from gateway_clients.judges import ROUTES, judge
from gateway_clients.recording import Exchange
from loopback_answers import png

HELLO = [{"role": "user", "content": "Hello there"}]
SCHEMA = {"type": "object", "properties": {"first": {"type": "integer"}, "second": {"type": "string"}}}
FUNCTIONS = [{"name": name, "parameters": SCHEMA} for name in ("add", "wait")]
TOOLS = [{"type": "function", "function": each} for each in FUNCTIONS]
ANTHROPIC_TOOLS = [{"name": each["name"], "input_schema": SCHEMA} for each in FUNCTIONS]
RESPONSE_TOOLS = [{"type": "function", **each} for each in FUNCTIONS]
PICTURE = f"data:image/png;base64,{base64.b64encode(png((1, 1, 1))).decode()}"
SHAPE = {"type": "json_schema", "json_schema": {"name": "shape", "schema": SCHEMA}}

BODIES: dict[str, dict[str, dict[str, Any]]] = {
    "/chat/completions": {
        "text": {"messages": HELLO},
        "usage": {"messages": HELLO, "stream_options": {"include_usage": True}},
        "tools": {"messages": HELLO, "tools": TOOLS, "parallel_tool_calls": True},
        "shape": {"messages": HELLO, "response_format": SHAPE},
        "thoughts": {"messages": HELLO, "model": "thinking"},
    },
    "/completions": {"text": {"prompt": "Once"}, "several": {"prompt": ["Once", "Twice"]}},
    "/messages": {
        "text": {"messages": HELLO, "max_tokens": 9},
        "tools": {"messages": HELLO, "max_tokens": 9, "tools": ANTHROPIC_TOOLS},
        "thoughts": {"messages": HELLO, "max_tokens": 9, "model": "thinking"},
    },
    "/responses": {
        "text": {"input": "Hello there"},
        "tools": {"input": HELLO, "tools": RESPONSE_TOOLS, "parallel_tool_calls": True},
        "thoughts": {"input": "Hello there", "model": "thinking"},
    },
    "/embeddings": {"floats": {"input": ["one", "two"]}, "base64": {"input": "one", "encoding_format": "base64"}},
    "/images/generations": {"base64": {"prompt": "a door"}, "link": {"prompt": "a door", "response_format": "url"}},
    "/images/edits": {"data URLs": {"prompt": "bluer", "images": [{"image_url": PICTURE}, {"image_url": PICTURE}]}},
    "/messages/count_tokens": {"text": {"messages": HELLO}},
}
"""Route → what it may be asked, by a name for each."""

STREAMED = ("/chat/completions", "/completions", "/messages", "/responses")
ASKED = [(path, name) for path, bodies in BODIES.items() for name in bodies]
SOURCES = ("upstream", "blocking", "awaited")


@pytest.fixture
def post(gateway, wire):
    """Send a body, and return what was recorded of it."""
    with wire.client() as client:

        def send(path: str, body: Any, **headers: str) -> Exchange:
            keyed = {"authorization": f"Bearer {KEY}", **headers}
            content = {"content": body} if isinstance(body, bytes) else {"json": body}
            client.post(f"{gateway.url}{path}", headers=keyed, **content)
            return wire.last

        yield send


@pytest.fixture
def get(gateway, wire):
    """Ask for a path, and return what was recorded of it."""
    with wire.client() as client:

        def ask(path: str) -> Exchange:
            client.get(f"{gateway.url}{path}", headers={"authorization": f"Bearer {KEY}"})
            return wire.last

        yield ask


def body_of(source: str, path: str, name: str, **more: Any) -> dict[str, Any]:
    body = BODIES[path][name]
    return {**body, "model": f"{source}/{body.get('model', 'small')}", **more}


# -------------------------------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(("path", "name"), ASKED)
@pytest.mark.parametrize("source", SOURCES)
def test_an_answer(post, source, path, name):
    assert post(f"/v1{path}", body_of(source, path, name)).status == 200


@pytest.mark.parametrize(("path", "name"), [pair for pair in ASKED if pair[0] in STREAMED])
@pytest.mark.parametrize("source", SOURCES)
def test_a_stream(post, source, path, name):
    exchange = post(f"/v1{path}", body_of(source, path, name, stream=True))
    assert (exchange.status, exchange.kind) == (200, "text/event-stream")
    ends = [event.data for event in exchange.events].count("[DONE]")
    assert ends == (0 if exchange.events[0].name else 1)


@pytest.mark.parametrize("path", BODIES)
def test_a_route_answers_without_its_version_as_with_it(post, path):
    name = next(iter(BODIES[path]))
    exchanges = [post(f"{prefix}{path}", body_of("upstream", path, name)) for prefix in ("/v1", "")]
    assert [exchange.status for exchange in exchanges] == [200, 200]


def test_the_models(get):
    assert [get(path).status for path in ("/v1/models", "/models")] == [200, 200]
    assert get("/models/upstream/small").json["id"] == "upstream/small"
    assert get("/v1/models/upstream/small").json["id"] == "upstream/small"


def test_every_route_that_is_judged_is_asked():
    assert set(BODIES) == set(ROUTES) - {"/models"}


# --------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("path", BODIES)
def test_wrong_requests_are_told_in_the_route_s_own_shape(post, get, path):
    good = body_of("upstream", path, next(iter(BODIES[path])))
    statuses = {
        "no JSON": post(path, b'{"model": ').status,
        "no object": post(path, []).status,
        "no model": post(path, {name: value for name, value in good.items() if name != "model"}).status,
        "no such model": post(path, {**good, "model": "nobody"}).status,
        "another type": post(path, b"<xml/>", **{"content-type": "text/xml"}).status,
        "another method": get(path).status,
        "a wrong key": post(path, good, authorization="Bearer sk-of-another-house").status,
    }
    assert statuses == {
        "no JSON": 400,
        "no object": 400,
        "no model": 400,
        "no such model": 404,
        "another type": 415,
        "another method": 405,
        "a wrong key": 401,
    }


@pytest.mark.parametrize("path", [path for path in BODIES if path != "/messages/count_tokens"])
@pytest.mark.parametrize("status", [400, 401, 429, 500, 503])
def test_errors_of_a_server_are_told_in_the_route_s_own_shape(post, path, status):
    body = body_of("upstream", path, next(iter(BODIES[path])), model=f"acme/error-{status}")
    exchange = post(f"/v1{path}", body)
    assert exchange.status == status
    assert exchange.headers.get("retry-after") == ("1" if status == 429 else None)


@pytest.mark.parametrize("path", ["/chat/completions", "/messages", "/responses"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_stream_that_breaks_off_ends_with_an_error_in_the_route_s_own_shape(post, source, path):
    body = body_of(source, path, "text", model=f"{source}/breaking", stream=True)
    exchange = post(f"/v1{path}", body)
    assert exchange.status == 200
    assert "broke off" in exchange.events[-1].data
    assert "[DONE]" not in exchange.body.decode()


def test_a_path_that_is_none(get, post, wire):
    with wire.nothing_judged():
        for exchange in (get("/v1/nothing"), post("/nothing", {})):
            assert (exchange.status, exchange.json["error"]["code"]) == (404, "unknown_url")
    get("/models")


# --------------------------------------------------------------------------------------------------- the other routes


def test_pages_for_people_and_machines(get, wire):
    with wire.nothing_judged():
        pages = {path: get(path) for path in PAGES}
    assert {path: (page.status, page.kind) for path, page in pages.items()} == PAGES
    assert pages["/openapi.json"].json["openapi"].startswith("3.1")
    assert b"upstream" not in pages["/"].body
    assert get("/models").status == 200


PAGES = {
    "/": (200, "text/html"),
    "/health": (200, "application/json"),
    "/health/liveliness": (200, "application/json"),
    "/health/liveness": (200, "application/json"),
    "/health/readiness": (200, "application/json"),
    "/metrics": (200, "text/plain"),
    "/openapi.json": (200, "application/json"),
}


# -------------------------------------------------------------------------------------------------- judges can say no


def spoiled(exchange: Exchange, place: str, value: Any) -> Exchange:
    """An answer with something else at a place such as "choices.0.index"; None takes it away."""
    body = copy.deepcopy(exchange.json)
    *way, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    inner = body
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return exchange.replaced(json.dumps(body).encode())


REFUSALS = (AssertionError, jsonschema.ValidationError, pydantic.ValidationError)

SPOILED = [
    ("/chat/completions", "choices.0.logprobs", None),
    ("/chat/completions", "choices.0.message.refusal", None),
    ("/chat/completions", "choices.0.finish_reason", "because"),
    ("/chat/completions", "created", "now"),
    ("/completions", "choices.0.text", 3),
    ("/embeddings", "data.0.embedding", ["a"]),
    ("/images/generations", "created", None),
    ("/messages", "stop_details", None),
    ("/messages", "usage.service_tier", None),
    ("/messages", "content.0.type", "words"),
    ("/messages/count_tokens", "input_tokens", "few"),
    ("/responses", "output.0.content.0.annotations", None),
    ("/responses", "status", "fine"),
]


@pytest.mark.parametrize(("path", "place", "value"), SPOILED)
def test_a_judge_refuses_an_answer(post, path, place, value):
    exchange = post(path, body_of("upstream", path, next(iter(BODIES[path]))))
    judge(exchange)
    with pytest.raises(REFUSALS):
        judge(spoiled(exchange, place, value))


REORDERED: dict[str, Callable[[list[str]], list[str]]] = {
    "the last event is missing": lambda events: events[:-1],
    "the first event is missing": lambda events: events[1:],
    "the first event comes twice": lambda events: [*events[:1], *events],
    "two events are exchanged": lambda events: [*events[:-3], events[-2], events[-3], events[-1]],
}
UNSEEN = {("/completions", "the first event is missing"), ("/completions", "the first event comes twice")}
"""A text's pieces are all alike."""


@pytest.mark.parametrize(
    ("path", "change"), [pair for pair in itertools.product(STREAMED, REORDERED) if pair not in UNSEEN]
)
def test_a_judge_refuses_a_stream(post, path, change):
    more = {"stream_options": {"include_usage": True}} if path == "/chat/completions" else {}
    exchange = post(path, body_of("upstream", path, "text", stream=True, **more))
    judge(exchange)
    events = exchange.body.decode().split("\n\n")[:-1]
    changed = "".join(f"{event}\n\n" for event in REORDERED[change](events))
    with pytest.raises(REFUSALS):
        judge(exchange.replaced(changed.encode()))
