"""What a client reads of an error: its own affair in the error's words, the operator's in a fixed sentence."""

from __future__ import annotations

import json

import httpx
import jackfield
import pytest
from jackfield import Client, CompletionRequest, CustomLLM, CustomLLMError, hookimpl
from jackfield import errors as core
from jackfield.flow import http
from jackfield_custom_format import provider_of
from jackfield_gateway.wire import anthropic as claude
from jackfield_gateway.wire.cleaning import cleaned
from jackfield_gateway.wire.errors import Told, anthropic, openai, told

SECRETS = (
    "https://inner.example:8443/v1/chat?key=abc",
    "/srv/handlers/custom_handler.py",
    "10.1.2.3:8000",
    "Traceback (most recent call last)",
)
FULL_TEXT = f"it broke at {' and '.join(SECRETS)}:\n  File x, line 5"

FIXED = {
    core.ConfigurationError: (500, "the gateway is not set up for this model"),
    core.PluginError: (500, "this model's provider failed"),
    core.ContractViolationError: (500, "this model's provider failed"),
    core.ProviderNotFoundError: (500, "this model's provider is not available"),
    core.ProviderConflictError: (500, "this model's provider is not available"),
    core.ProviderBlockedError: (500, "this model's provider is not available"),
    core.ProviderLoadError: (500, "this model's provider is not available"),
    core.APIConnectionError: (502, "the provider cannot be reached"),
    core.StreamInterruptedError: (502, "the provider's answer broke off"),
    core.APITimeoutError: (504, "the provider did not answer in time"),
    core.InvalidResponseError: (502, "the provider's answer cannot be read"),
    core.JackfieldError: (500, "internal error"),
    KeyError: (500, "internal error"),
    KeyboardInterrupt: (500, "internal error"),
}

OWN_WORDS = {
    core.BadRequestError: 400,
    core.ContextWindowExceededError: 400,
    core.ContentPolicyViolationError: 400,
    core.UnsupportedOperationError: 400,
    core.NotFoundError: 404,
    core.ConflictError: 409,
    core.UnprocessableEntityError: 422,
    core.RateLimitError: 429,
    core.InternalServerError: 500,
    core.ServiceUnavailableError: 503,
    core.APIStatusError: 500,
}

REFUSED_CREDENTIAL = {core.AuthenticationError: 401, core.PermissionDeniedError: 403}


@pytest.mark.parametrize("kind", FIXED)
def test_what_is_the_operators_is_a_fixed_sentence(kind):
    status, sentence = FIXED[kind]
    said = told(kind(FULL_TEXT), "r-1")
    assert said.status == status
    more = " (the gateway's log tells more of request r-1)" if status == 500 else ""
    assert said.message == sentence + more


@pytest.mark.parametrize("kind", OWN_WORDS)
@pytest.mark.parametrize("provider", [None, "house"])
def test_what_is_the_clients_is_said_in_the_errors_own_words(kind, provider):
    said = told(kind("the prompt is too long", provider=provider), "r-1")
    assert (said.status, said.message) == (OWN_WORDS[kind], "the prompt is too long")


@pytest.mark.parametrize("kind", REFUSED_CREDENTIAL)
def test_a_providers_401_or_403_keeps_its_status_and_not_its_text(kind):
    said = told(kind("the key sk-abc is wrong", provider="house", code="bad_key", type="auth", param="key"), "r-1")
    assert said.status == REFUSED_CREDENTIAL[kind]
    assert "sk-abc" not in said.message
    assert (said.code, said.param) == (None, None)


@pytest.mark.parametrize("kind", REFUSED_CREDENTIAL)
def test_the_gateways_own_401_or_403_is_said_as_it_is(kind):
    assert told(kind("this gateway needs a key"), "r-1").message == "this gateway needs a key"


def test_every_error_of_the_core_has_its_row():
    classes = {getattr(core, name) for name in core.__all__}
    assert classes <= FIXED.keys() | OWN_WORDS.keys() | REFUSED_CREDENTIAL.keys()


@pytest.mark.parametrize("kind", [*OWN_WORDS, *REFUSED_CREDENTIAL, *FIXED])
def test_no_text_of_a_provider_tells_of_where_it_runs(kind):
    error = kind(FULL_TEXT, provider="house") if issubclass(kind, core.JackfieldError) else kind(FULL_TEXT)
    for shape in (openai, anthropic):
        body = json.dumps(shape(told(error, "r-1")))
        assert [secret for secret in SECRETS if secret in body] == []


@pytest.mark.parametrize("variables", [("HOUSE_KEY",), ("HOUSE_KEY", "HOUSE_TOKEN")])
def test_a_missing_key_is_told_with_the_names_of_its_variables(variables):
    said = told(core.ConfigurationError(FULL_TEXT, variables=variables), None)
    assert said.message == f"the gateway is not set up for this model: its operator has to set {' or '.join(variables)}"


@pytest.mark.parametrize("status", [300, 302, 307, 399])
def test_a_refused_redirect_does_not_tell_where_it_led(status):
    error = core.APIStatusError("a redirect to https://inner.example", status_code=status, provider="house")
    assert told(error, "r-1") == told(core.APIConnectionError("x"), "r-1")


@pytest.mark.parametrize(("given", "sent"), [(400, 400), (418, 418), (599, 599), (0, 502), (200, 502), (99999, 502)])
def test_a_status_that_is_no_error_is_a_bad_gateway(given, sent):
    assert told(core.APIStatusError("x", status_code=given, provider="house"), "r-1").status == sent


@pytest.mark.parametrize(
    ("wait", "sent"), [(None, None), (0, 0), (0.2, 1), (7, 7), (7.01, 8), (-1, None), (float("inf"), None)]
)
def test_retry_after_is_whole_seconds_rounded_up(wait, sent):
    assert told(core.RateLimitError("slow down", retry_after=wait, provider="house"), "r-1").retry_after == sent


def test_a_providers_own_words_for_type_code_and_param_pass_on():
    error = core.BadRequestError("no", type="odd_error", code=1234, param="messages[0].content", provider="house")
    assert openai(told(error, "r-1")) == {
        "error": {"message": "no", "type": "odd_error", "param": "messages[0].content", "code": "1234"}
    }


def test_a_text_that_is_nothing_but_private_leaves_a_sentence():
    assert told(core.InternalServerError("Traceback (most recent call last):\n x", provider="h"), "r").message != ""


# -------------------------------------------------------------------------------------------------------- wire formats

TYPES = {
    400: ("invalid_request_error", "invalid_request_error"),
    401: ("authentication_error", "authentication_error"),
    403: ("permission_error", "permission_error"),
    404: ("invalid_request_error", "not_found_error"),
    413: ("invalid_request_error", "request_too_large"),
    422: ("invalid_request_error", "invalid_request_error"),
    429: ("rate_limit_error", "rate_limit_error"),
    500: ("server_error", "api_error"),
    502: ("server_error", "api_error"),
    503: ("server_error", "overloaded_error"),
    504: ("server_error", "timeout_error"),
}


@pytest.mark.parametrize("status", TYPES)
def test_each_wire_format_has_its_own_word_for_a_status(described, status):
    said = told(core.APIStatusError("x", status_code=status), "r-1")
    openais, anthropics = TYPES[status]
    assert openai(said) == {"error": {"message": "x", "type": openais, "param": None, "code": None}}
    described.check("ErrorResponse", json.dumps(openai(said)))
    assert anthropic(said) == claude.error_body(anthropics, "x", "r-1")


def test_a_refusal_of_the_gateways_own_is_made_by_hand():
    assert openai(Told(413, "too large", code="too_large"))["error"]["code"] == "too_large"


# ---------------------------------------------------------------------------------------------- out of a real provider


class Failing(CustomLLM):
    def __init__(self, error):
        self.error = error

    def completion(self, *args, **kwargs):
        raise self.error


class Redirected:
    @hookimpl
    def completion(self, request, settings):
        yield http("POST", "http://inner.example/v1", json={})


def said_of(provider, **options):
    with Client(**options) as client:
        client.register_provider("house", provider)
        with pytest.raises(jackfield.JackfieldError) as caught:
            client.run(CompletionRequest("house/x", [], options={"num_retries": 0}))
        return told(caught.value, "r-1")


@pytest.mark.parametrize("status", [400, 404, 418, 422, 429, 500, 503])
def test_the_text_and_status_of_a_handlers_own_error_reach_the_client(status):
    said = said_of(provider_of("house", Failing(CustomLLMError(status, "the weather service is down"))))
    assert (said.status, said.message) == (status, "the weather service is down")


def test_any_other_exception_of_a_handler_does_not():
    said = said_of(provider_of("house", Failing(ValueError(FULL_TEXT))))
    assert said.message.startswith("this model's provider failed")


def test_a_redirect_of_an_upstream_is_told_without_its_target():
    def redirecting(request):
        return httpx.Response(307, headers={"location": "http://secret.example/"})

    with httpx.Client(transport=httpx.MockTransport(redirecting)) as client:
        said = said_of(Redirected(), client=client)
    assert (said.status, said.message) == (502, "the provider cannot be reached")


# ------------------------------------------------------------------------------------------------------------ cleaning


@pytest.mark.parametrize(
    "text",
    [
        "This model's maximum context length is 8192 tokens. However, you asked for 9000 (8000 in the messages).",
        "messages[0].content[1].type must be 'text' and/or 'image_url', not application/json at 12:30:45",
        "The model `org/model-v1.2` does not exist; see v1.2.3",
        "top_p: 0.5/1.0 [1:2] {a: b} ratio 3:1",
    ],
)
def test_what_tells_of_the_request_stays(text):
    assert cleaned(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("see https://a.example/x?y=1, and go", "see [removed] and go"),
        ("Cannot connect to host 10.0.0.5:8000 ssl:default", "Cannot connect to host [removed] ssl:default"),
        ("nobody at vllm.internal:8000 or localhost:80 or [::1]:90", "nobody at [removed] or [removed] or [removed]"),
        ('File "/usr/lib/x.py", line 3', 'File "[removed]", line 3'),
        ("no ~/models/x and ./a/b and C:\\models\\x.bin", "no [removed] and [removed] and [removed]"),
        ("redis://:secret@host/0 is down", "[removed] is down"),
        ("boom Traceback (most recent call last):\n  File x", "boom"),
    ],
)
def test_what_tells_of_the_server_goes(text, left):
    assert cleaned(text) == left


def test_a_long_text_is_cut():
    assert len(cleaned("x" * 100_000)) == 2000


@pytest.mark.parametrize(
    "text",
    [
        "Cannot connect to host inner-llm:8000 ssl:default [Connection refused]",
        "no route to vllm:443",
        "dial inner-llm.corp.local: refused",
        "open /secrets: permission denied",
        "GET //inner/x failed",
        "unix:/var/run/x.sock is gone",
    ],
)
def test_a_neighbours_name_and_a_short_path_go_too(text):
    cleaned_text = cleaned(text)
    for secret in ("inner", "8000", "vllm", "secrets", "/var", "corp"):
        assert secret not in cleaned_text


@pytest.mark.parametrize(
    "text", ["rate limit: 429 for model:7b", "llama3:70b and/or gpt-4o", "limit 1000/minute", "context of 8192 tokens"]
)
def test_what_only_looks_like_an_address_stays(text):
    assert cleaned(text) == text
