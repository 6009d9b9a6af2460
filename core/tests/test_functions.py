"""The functions: thin forms of requests, one for each operation in both colours, on one registry."""

import asyncio
import sys
import types
from typing import Any

import jackfield
import pytest
from jackfield import (
    BadRequestError,
    EmbeddingResponse,
    HttpResponse,
    ImageResponse,
    ModelList,
    ModelResponse,
    NotFoundError,
    ProviderNotFoundError,
    RateLimitError,
    TextCompletionResponse,
    hookimpl,
)
from jackfield.flow import http
from jackfield.transports.memory import MemoryTransport

RESULTS: dict[str, type[Any]] = {
    "completion": ModelResponse,
    "streaming": list,
    "text_completion": TextCompletionResponse,
    "embedding": EmbeddingResponse,
    "image_generation": ImageResponse,
    "image_edit": ImageResponse,
    "list_models": ModelList,
}

CALLS = [
    ("completion", ("noting/m", [{"role": "user"}]), {"messages": [{"role": "user"}], "stream": False}),
    ("text_completion", ("noting/m", ["a", "b"]), {"prompt": ["a", "b"], "stream": False}),
    ("embedding", ("noting/m", "a"), {"input": "a"}),
    ("image_generation", ("noting/m", "a cat"), {"prompt": "a cat"}),
    ("image_edit", ("noting/m", b"png", "redder"), {"image": [b"png"], "prompt": "redder", "mask": None}),
    ("image_edit", ("noting/m", ["a.png", b"png"]), {"image": ["a.png", b"png"], "prompt": None}),
]


class Noting:
    """Has every operation and notes what it is asked."""

    def __init__(self):
        self.seen = []

    def answer(self, request, settings):
        self.seen.append((request, settings))
        return RESULTS[request.operation]()

    completion = hookimpl(lambda self, request, settings: self.answer(request, settings))
    streaming = text_completion = embedding = image_generation = image_edit = list_models = completion


@pytest.fixture
def noting():
    plugin = Noting()
    jackfield.register_provider("noting", plugin)
    yield plugin
    jackfield.unregister_provider("noting")


def call(name, colour, *arguments, **options):
    if colour == "sync":
        return getattr(jackfield, name)(*arguments, **options)
    return asyncio.run(getattr(jackfield, f"a{name}")(*arguments, **options))


@pytest.mark.parametrize("colour", ["sync", "async"])
@pytest.mark.parametrize(("name", "arguments", "fields"), CALLS)
def test_each_function_asks_for_its_operation(noting, colour, name, arguments, fields):
    options = {"n": 1, "api_key": "k", "metadata": {"a": 1}, "timeout": 9}
    response = call(name, colour, *arguments, **options)
    assert type(response) is RESULTS[name]
    ((request, settings),) = noting.seen
    assert (request.operation, request.model) == (name, "m")
    assert (dict(request.params), request.metadata, request.options) == ({"n": 1}, {"a": 1}, {})
    assert (settings.api_key, settings.timeout) == ("k", 9)
    for field, value in fields.items():
        assert getattr(request, field) == value


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_models_are_listed_by_the_providers_name(noting, colour):
    assert type(call("list_models", colour, "noting", api_key="k")) is ModelList
    ((request, settings),) = noting.seen
    assert (request.model, settings.api_key) == ("", "k")


def test_stream_asks_for_a_stream(noting):
    list(jackfield.completion("noting/m", stream=True))
    assert noting.seen[0][0].operation == "streaming"


def test_an_async_stream_is_iterated_from_async_code(noting):
    async def main():
        return [chunk async for chunk in await jackfield.acompletion("noting/m", stream=True)]

    assert len(asyncio.run(main())) == 1
    assert noting.seen[0][0].operation == "streaming"


def test_messages_may_be_left_out(noting):
    jackfield.completion("noting/m")
    assert list(noting.seen[0][0].messages) == []


@pytest.mark.parametrize(
    ("name", "named"),
    [("image_edit", "image is missing"), ("embedding", "model must be"), ("completion", "model must be")],
)
def test_what_is_left_out_is_refused_by_name(noting, name, named):
    with pytest.raises(BadRequestError, match=named):
        call(name, "sync", "noting/m" if name == "image_edit" else None)


def test_the_package_settings_are_defaults_and_the_call_wins(noting, monkeypatch):
    monkeypatch.setattr(jackfield, "request_timeout", 7)
    jackfield.completion("noting/m")
    jackfield.completion("noting/m", timeout=8)
    jackfield.completion("noting/m", request_timeout=9)
    assert [settings.timeout for _, settings in noting.seen] == [7, 8, 9]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("request_timeout", "5", "request_timeout must be a number of seconds above 0, or an httpx.Timeout, not str"),
        ("request_timeout", -1, "request_timeout must be a number of seconds above 0, or an httpx.Timeout, not -1"),
        ("num_retries", "3", "num_retries must be a whole number, 0 or more, not str"),
        ("default_provider", 5, "default_provider must be a provider's name, not int"),
    ],
)
def test_a_package_setting_that_cannot_be_meant_is_refused_by_name(noting, monkeypatch, name, value, said):
    monkeypatch.setattr(jackfield, name, value)
    with pytest.raises(BadRequestError) as caught:
        jackfield.completion("bare")
    assert (str(caught.value), caught.value.param) == (said, name)


@pytest.mark.parametrize(("setting", "argument", "calls"), [(0, {}, 1), (1, {}, 2), (1, {"num_retries": 0}, 1)])
def test_num_retries_of_the_package_counts_where_the_call_is_silent(monkeypatch, setting, argument, calls):
    class Failing:
        calls = 0

        @hookimpl
        def completion(self):
            Failing.calls += 1
            raise RateLimitError("later", retry_after=0.0)

    jackfield.register_provider("failing", Failing())
    monkeypatch.setattr(jackfield, "num_retries", setting)
    with pytest.raises(RateLimitError):
        jackfield.completion("failing/m", **argument)
    jackfield.unregister_provider("failing")
    assert Failing.calls == calls


# ------------------------------------------------------------------------------------------------ custom_provider_map


@pytest.fixture
def handlers(monkeypatch):
    """A stand-in for the plugin that serves custom_provider_map; what it was asked for is noted."""
    module = types.ModuleType("jackfield_custom_format")
    asked: list[str] = []
    plugin = Noting()

    def find_provider(name):
        asked.append(name)
        return plugin if name == "mine" else None

    vars(module).update(asked=asked, find_provider=find_provider, CustomLLM=object())
    monkeypatch.setitem(sys.modules, "jackfield_custom_format", module)
    monkeypatch.setattr("jackfield._api._find_provider", None)
    monkeypatch.setattr(jackfield, "custom_provider_map", [])
    return module


def test_handlers_are_asked_while_the_list_is_not_empty(handlers, noting):
    jackfield.completion("noting/m")
    jackfield.custom_provider_map = [{"provider": "mine", "custom_handler": object()}]
    jackfield.completion("mine/m")
    jackfield.custom_provider_map = []
    with pytest.raises(ProviderNotFoundError):
        jackfield.completion("mine/m")
    assert set(handlers.asked) == {"mine"}


def test_the_providers_of_the_list_are_listed(handlers):
    jackfield.custom_provider_map = [{"provider": "mine", "custom_handler": object()}, {"custom_handler": 1}, "nothing"]
    assert "mine" in jackfield.list_providers()
    assert handlers.asked == []


@pytest.mark.parametrize("given", [None, 5, {"provider": "mine"}, [{"provider": ["mine"]}, {"provider": 5}, None]])
def test_what_is_no_list_of_handlers_hurts_no_listing(handlers, given):
    jackfield.custom_provider_map = given
    assert "mine" not in jackfield.list_providers()


def test_a_list_that_nothing_serves_brings_the_command(handlers, monkeypatch):
    monkeypatch.setitem(sys.modules, "jackfield_custom_format", None)
    jackfield.custom_provider_map = [{"provider": "mine", "custom_handler": object()}]
    command = "'mine' is a custom handler, and .* is not installed: pip install jackfield-custom-format"
    with pytest.raises(ProviderNotFoundError, match=command):
        jackfield.completion("mine/m")


def test_a_list_that_nothing_serves_hurts_no_other_provider(handlers, noting, monkeypatch):
    monkeypatch.setitem(sys.modules, "jackfield_custom_format", None)
    jackfield.custom_provider_map = [{"provider": "mine", "custom_handler": object()}]
    assert type(jackfield.completion("noting/m")) is ModelResponse
    with pytest.raises(ProviderNotFoundError, match="there is no provider 'nobody'"):
        jackfield.completion("nobody/m")


def test_names_of_the_plugin_are_re_exported(handlers, monkeypatch):
    monkeypatch.delitem(vars(jackfield), "CustomLLM", raising=False)
    assert jackfield.CustomLLM is handlers.CustomLLM
    monkeypatch.setitem(sys.modules, "jackfield_custom_format", None)
    monkeypatch.delitem(vars(jackfield), "CustomLLM")
    with pytest.raises(ImportError, match=r"jackfield\.CustomLLM comes with jackfield-custom-format: pip install"):
        jackfield.CustomLLM  # noqa: B018  # reading it is the test


# --------------------------------------------------------------------------------------------------- response_error


@pytest.mark.parametrize(("says", "error"), [("mine", RateLimitError), (None, NotFoundError)])
def test_a_provider_reads_its_own_errors_and_leaves_others_to_the_core(says, error):
    class Reading:
        @hookimpl
        def completion(self):
            return (yield from http("GET", "http://127.0.0.1:1/"))

        @hookimpl
        def response_error(self, response):
            return RateLimitError(response.text) if response.text == "mine" else None

    transport = MemoryTransport(lambda outgoing: HttpResponse(404, {}, (says or "other").encode()))
    client = jackfield.Client(transport=transport, num_retries=0)
    client.register_provider("p", Reading())
    with pytest.raises(error, match=says or "other"):
        client.run(jackfield.CompletionRequest("p/m"))
