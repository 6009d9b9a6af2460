"""What goes through the gateway: each operation that it has a route for, errors, and the options of a call."""

import os
from contextlib import closing
from dataclasses import replace
from http.client import HTTPConnection
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest
from jackfield.testing import Case
from jackfield.testing._cases import Answer, Exchange
from jackfield.testing._checks._drivers import test_the_gateway_agrees as gateway_agrees
from jackfield.testing._engine import plan_of
from jackfield.testing._gateway import ReplayServer
from jackfield.types import CompletionRequest, ImageEditRequest, ListModelsRequest

with_gateway = pytest.mark.skipif(find_spec("jackfield_gateway") is None, reason="the gateway is not installed")

SOURCE = """
import os
from jackfield import APITimeoutError, EmbeddingResponse, ImageResponse, ModelResponse, RateLimitError, hookimpl


def said(text):
    return text if os.getpid() == {process} else {elsewhere}


@hookimpl
def completion(request, settings):
    if request.params.get("user") == "one of many":
        raise RateLimitError("later", retry_after=1.5, code=said("busy"))
    if request.params.get("user") == "slow":
        raise APITimeoutError("too late")
    given = dict(settings.headers), dict(settings.extra_body), settings.api_version, settings.timeout
    return ModelResponse.of_text(said(repr(given)))


@hookimpl
def streaming(request, settings):
    yield "Hel"
    raise RateLimitError("later", code=said("busy"))


@hookimpl
def embedding(request, settings):
    return EmbeddingResponse(data=[{{"embedding": [float(len(said("one")))]}}])


@hookimpl
def image_edit(request, settings):
    files = [content_of(item) for item in (*request.image, request.mask)]
    return ImageResponse(data=[{{"b64_json": said(repr((files, request.prompt, dict(request.params))))}}])


def content_of(item):
    return item[1] if isinstance(item[1], bytes) else item[1].read()
"""


def asked(**params):
    return CompletionRequest("", [{"role": "user", "content": "Hello."}], params=params)


EDIT = ImageEditRequest("", [("a.png", b"a"), ("b.png", b"bb")], "Both.", ("mask.png", b"mask"), params={"n": 2})
GIVEN = {"extra_headers": {"x-a": "1"}, "extra_body": {"b": [2]}, "api_version": "3", "timeout": 4.5}
CASES = (
    Case("embedding-one"),  # which nobody counts
    Case("edit", EDIT),
    Case("options", asked(), options=GIVEN),
    Case("one-of-many", asked(user="one of many"), error="RateLimitError"),
    Case("slow", asked(user="slow"), error="APITimeoutError"),
    Case("broken", asked().replace(stream=True), error="RateLimitError"),
)


def failures(subject):
    """What fails through the gateway: case → its text."""
    verdicts = {test.case.name: test.run(subject) for test in plan_of(subject, checks=[gateway_agrees]).tests}
    subject.close()
    return {name: verdict.text for name, verdict in verdicts.items() if verdict.kind == "failed"}


@with_gateway
def test_edits_options_and_errors_are_the_same_through_the_gateway(installed):
    source = SOURCE.format(process=os.getpid(), elsewhere="text")
    assert failures(installed(source=source, cases=CASES)) == {}


@with_gateway
def test_what_depends_on_the_process_is_caught_in_edits_options_and_errors(installed):
    subject = installed(source=SOURCE.format(process=os.getpid(), elsewhere="text[:-1]"), cases=CASES)
    texts = failures(subject)
    assert set(texts) == {"edit", "embedding-one", "options", "one-of-many", "broken"}
    assert "answer.data[0].b64_json: expected" in texts["edit"]
    assert "x-a" in texts["options"]
    assert 'answer.error.code: expected "busy", got "bus"' in texts["one-of-many"]
    assert 'answer[1].error.code: expected "busy", got "bus"' in texts["broken"]
    assert "__init__.py:" in texts["broken"]


@with_gateway
def test_what_has_no_way_through_the_gateway_is_said_to_be_not_run(installed):
    cases = [
        Case("retried", asked(), options={"num_retries": 1}),
        Case("own-client", asked(), options={"client": object()}),
        Case("own-object", asked(tool=object())),
        Case("list-models", ListModelsRequest("")),
        Case("plain", asked()),
    ]
    listing = "\n@hookimpl\ndef list_models(request, settings): return []\n"
    subject = installed(source=SOURCE.format(process=0, elsewhere="text") + listing, cases=cases)
    cases, left_out = gateway_agrees.scope(subject)
    assert [case.name for case in cases] == ["plain"]
    reasons = {name.partition("[")[2][:-1]: why for name, why in left_out.items()}
    assert reasons == {
        "retried": "the gateway's config has no num_retries of a single model",
        "own-client": "the gateway's config has no client of a single model",
        "own-object": "what it gives beside the question cannot be written as JSON: "
        "Object of type object is not JSON serializable",
        "list-models": "the gateway has no route to a provider's list_models",
    }


OVER_HTTP = """
from jackfield import ModelResponse, hookimpl
from jackfield.flow import http


@hookimpl
def completion(request, settings):
    response = yield from http("POST", f"{settings.api_base}/chat")
    return ModelResponse.of_text(response.json()["text"])
"""


@with_gateway
def test_no_proxy_stands_between_the_gateway_and_what_was_recorded(installed, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "models.example")
    subject = installed(source=OVER_HTTP, cases=[Case("plain", asked())])
    recorded = Exchange(None, Answer(200, {"content-type": "application/json"}, b'{"text": "Hello!"}'))
    subject.cases = [replace(subject.cases[0], exchanges=(recorded,))]
    assert failures(subject) == {}


def test_a_job_may_be_named_by_its_path_alone():
    server = ReplayServer()
    server.begin(Case("image-generation", exchanges=(Exchange(None, Answer(200, {}, b"done")),)))
    with closing(HTTPConnection(urlsplit(server.base(Case("any"))).netloc)) as connection:
        connection.request("GET", "/jobs/7")
        assert connection.getresponse().read() == b"done"
    server.close()
