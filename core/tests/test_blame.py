"""What a plugin did wrong is told with whose plugin it is, and the line."""

from __future__ import annotations

import inspect
import json
from types import SimpleNamespace

import pytest
from jackfield import (
    Client,
    CompletionRequest,
    ContractViolationError,
    EventStream,
    HttpResponse,
    PluginError,
    hookimpl,
)
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield.flow import http, sleep
from jackfield.transports.memory import MemoryTransport

CHAT = CompletionRequest("m", [{"role": "user", "content": "hi"}], options={"provider": "p", "num_retries": 0})
STREAMED = CHAT.replace(stream=True)


def plugin(**hooks):
    return SimpleNamespace(__name__="jackfield_acme", **{name: hookimpl(hook) for name, hook in hooks.items()})


def said(request=CHAT, *, extension=None, status=200, **hooks):
    """What the error says that a call ends with."""
    client = Client(registry=Registry(Index([])), transport=MemoryTransport(lambda _: HttpResponse(status, {}, SENT)))
    client.register_provider("p", plugin(**hooks))
    if extension is not None:
        client.register_extension(plugin(around=extension))
    with pytest.raises(PluginError) as caught:
        list(client.run(request))
    return str(caught.value)


SENT = b'data: {"text": "Hi"}\n\n'
OWNER = "the provider 'p' (the registered plugin jackfield_acme)"


def line(code, text):
    """The line of a function or class that holds this text, as messages name it."""
    lines, first = inspect.getsourcelines(code)
    return f"({__file__}, line {next(first + at for at, each in enumerate(lines) if text in each)})"


def asks(request, settings):
    return (yield from http("POST", "https://models.example/chat"))


def returns_a_number(request, settings):
    return 7


@pytest.mark.parametrize("hook", [returns_a_number, asks])
def test_an_answer_of_another_type_leads_to_the_hook(hook):
    text = said(completion=hook)
    assert text.startswith(f"{OWNER}: the hook completion returned ")
    assert text.endswith(line(hook, "def "))


def yields_a_number(request, settings):
    yield 7


def test_what_is_no_effect_leads_to_the_line_that_yields_it():
    assert said(completion=yields_a_number) == (
        f"{OWNER}: a flow yielded int, which is no effect {line(yields_a_number, 'yield 7')}"
    )


def test_it_is_the_same_under_every_driver(run):
    registry = Registry(Index([]))
    registry.register("p", plugin(completion=yields_a_number))
    with pytest.raises(ContractViolationError) as caught:
        run(registry, CHAT)
    assert str(caught.value).endswith(line(yields_a_number, "yield 7"))


class Numbers:
    def decode(self, frame):
        return 7


def streams_numbers(request, settings):
    return EventStream(http("POST", "https://models.example/stream"), decoder=Numbers)


def test_a_chunk_that_is_none_leads_to_the_decoder():
    text = said(STREAMED, streaming=streams_numbers)
    assert text.startswith(f"{OWNER}: a stream gave int, which is no chunk")
    assert text.endswith(line(Numbers, "class "))


def shares_a_decoder(request, settings):
    return EventStream(http("POST", "https://models.example/stream"), decoder=Numbers())


def test_a_decoder_for_all_streams_leads_to_the_line_that_gives_it():
    text = said(STREAMED, streaming=shares_a_decoder)
    assert text.startswith(f"{OWNER}: decoder= got an object of Numbers, which only one stream could use")
    assert text.endswith(line(shares_a_decoder, "EventStream("))


def lists_numbers(request, settings):
    return [7]


def test_a_chunk_that_no_decoder_made_leads_to_the_hook():
    assert said(STREAMED, streaming=lists_numbers).endswith(line(lists_numbers, "def "))


def reads_no_error(response):
    return {"message": "?"}


def test_what_response_error_returns_leads_to_it_and_not_to_the_request():
    text = said(completion=asks, response_error=reads_no_error, status=500)
    assert text == (
        f"{OWNER}: response_error returned dict, not a JackfieldError or None {line(reads_no_error, 'def ')}"
    )


def gives_the_key_away(request, settings):
    yield from http("GET", "https://elsewhere.example/", headers={"x-key": settings.api_key})


def test_a_key_for_strangers_leads_to_the_line_that_sends_it():
    text = said(
        CHAT.replace(options={**CHAT.options, "api_key": "k" * 20, "api_base": "https://models.example"}),
        completion=gives_the_key_away,
    )
    assert text.endswith(line(gives_the_key_away, "http("))


def answers_with_a_number(call, request, settings):
    yield from call(request)
    return 7


def test_an_extension_is_blamed_for_what_it_did_itself_and_the_provider_for_the_rest():
    right = lambda request, settings: {"choices": [{"message": {"content": "Hi"}}]}  # noqa: E731
    text = said(completion=right, extension=answers_with_a_number)
    assert text.startswith(f"the extension {__name__}.answers_with_a_number: the hook completion returned int")
    assert said(completion=yields_a_number, extension=answers_with_a_number).startswith(f"{OWNER}: a flow yielded int")


def seven(chunk):
    return 7


def changes(call, request, settings):
    return (yield from call(request)).map(seven)


def test_what_a_transform_gives_leads_to_the_transform():
    text = said(STREAMED, streaming=lambda request, settings: ["Hi"], extension=changes)
    assert text.startswith("the function of EventStream.map(…): a stream gave int")
    assert text.endswith(line(seven, "def "))


def test_a_function_made_within_another_is_no_place():
    text = said(completion=lambda request, settings: 7)
    assert text == f"{OWNER}: the hook completion returned int, not a ModelResponse"


def reads(response):
    return json.loads(response.content)


def takes_a_request_for_its_answer(request, settings):
    response = http("POST", "https://models.example/chat")
    yield from sleep(0)
    return reads(response)


def test_a_module_of_a_hooks_name_is_no_place():
    """As jackfield_acme.completion is, where the package's hook has another name."""
    package = plugin()
    package.completion, package.ask = inspect, hookimpl(returns_a_number, specname="completion")
    client = Client(registry=Registry(Index([])))
    client.register_provider("p", package)
    with pytest.raises(PluginError) as caught:
        client.run(CHAT)
    assert str(caught.value) == f"{OWNER}: the hook completion returned int, not a ModelResponse"


def test_a_line_is_the_plugins_and_not_that_of_pythons_own_library():
    text = said(completion=takes_a_request_for_its_answer)
    assert line(reads, "json.loads") in text
    assert text.endswith(
        "response is http('POST', 'https://models.example/chat') and no answer yet: response = yield from …"
    )


def sets_a_field(request, settings):
    request.model = "another"


def test_a_request_that_is_changed_is_told_how_to_make_another():
    text = said(completion=sets_a_field)
    assert line(sets_a_field, "request.model") in text
    assert text.endswith("make another with request.replace(…)")
