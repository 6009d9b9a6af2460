"""Settings: the call's argument, else the environment, else the default; and no secret in what is shown."""

import jackfield
import pytest
from jackfield import (
    Client,
    ConfigurationError,
    ContractViolationError,
    HttpResponse,
    ModelResponse,
    ProviderInfo,
    Settings,
    hookimpl,
)
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield._settings import DEFAULT_TIMEOUT, resolve
from jackfield.flow import http
from jackfield.transports.memory import MemoryTransport
from jackfield.types import CallOptions, CompletionRequest

INFO = ProviderInfo(
    api_key_env=("ACME_API_KEY", "ACME_KEY"), api_base_env=("ACME_URL",), api_base="https://acme.example/v1/"
)


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    for name in ("ACME_API_KEY", "ACME_KEY", "ACME_URL"):
        monkeypatch.delenv(name, raising=False)


def settings(info=INFO, **options):
    return resolve("acme", info, CallOptions(**options))  # type: ignore[typeddict-item]


def test_the_argument_wins_over_the_environment_and_that_over_the_default(monkeypatch):
    assert (settings().api_key, settings().api_base) == (None, "https://acme.example/v1")
    monkeypatch.setenv("ACME_API_KEY", "of the environment")
    monkeypatch.setenv("ACME_URL", "http://127.0.0.1:1/")
    assert (settings().api_key, settings().api_base) == ("of the environment", "http://127.0.0.1:1")
    given = settings(api_key="given", api_base="http://127.0.0.1:2")
    assert (given.api_key, given.api_base) == ("given", "http://127.0.0.1:2")


def test_the_first_variable_that_is_set_and_not_empty_wins(monkeypatch):
    monkeypatch.setenv("ACME_KEY", "second")
    assert settings().api_key == "second"
    monkeypatch.setenv("ACME_API_KEY", "")
    assert settings().api_key == "second"
    monkeypatch.setenv("ACME_API_KEY", "first")
    assert settings().api_key == "first"


@pytest.mark.parametrize("options", [{}, {"api_key": "k"}])
def test_an_address_has_no_slash_at_its_end(options):
    assert settings(ProviderInfo(api_base="http://x/v1/"), **options).api_base == "http://x/v1"
    assert settings(ProviderInfo(), **options).api_base is None


def test_what_is_not_said_has_its_default():
    found = settings()
    assert (found.timeout, found.api_version, found.client, found.drop_params) == (DEFAULT_TIMEOUT, None, None, False)
    assert (dict(found.headers), dict(found.extra_body)) == ({}, {})
    assert (found.provider, found.info) == ("acme", INFO)


def test_the_callers_headers_are_one_mapping_and_the_extra_ones_win():
    found = settings(
        headers={"a": "1", "b": "1"}, extra_headers={"b": "2"}, extra_body={"c": 3}, api_version="v", timeout=7
    )
    assert (found.headers, found.extra_body) == ({"a": "1", "b": "2"}, {"c": 3})
    assert (found.api_version, found.timeout) == ("v", 7)


def test_the_callers_header_wins_over_the_plugins_whatever_the_case_of_its_name():
    class Keyed:
        @hookimpl
        def completion(self, request, settings):
            response = yield from http(
                "POST", "https://acme.example", json={}, headers={"x-acme-key": "own", **settings.headers}
            )
            return ModelResponse.of_text(response.text)

    wire = MemoryTransport(lambda outgoing: HttpResponse(200, {}, b"Hello."))
    client = Client(transport=wire)
    client.register_provider("keyed", Keyed())
    given = {"X-Acme-Key": "the caller's", "Content-Type": "application/acme"}
    client.run(CompletionRequest("keyed/m", [], options={"extra_headers": given}))
    assert dict(wire.requests[0].headers) == given


def test_a_setting_of_the_package_counts_where_the_call_is_silent(monkeypatch):
    class Tells:
        @hookimpl
        def completion(self, settings):
            return ModelResponse.of_text(f"{settings.timeout}")

    jackfield.register_provider("tells", Tells())
    monkeypatch.setattr(jackfield, "request_timeout", 7)
    heard = [jackfield.completion("tells/m"), jackfield.completion("tells/m", timeout=8)]
    monkeypatch.setattr(jackfield, "request_timeout", None)
    heard.append(jackfield.completion("tells/m"))
    jackfield.unregister_provider("tells")
    assert [response.choices[0].message.content for response in heard] == ["7", "8", "600.0"]


# --------------------------------------------------------------------------------------------------- what is missing


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (INFO, "the provider 'acme' needs an API key: pass api_key= or set ACME_API_KEY or set ACME_KEY"),
        (ProviderInfo(), "the provider 'acme' needs an API key: pass api_key="),
    ],
)
def test_a_missing_key_names_the_argument_and_the_variables(info, said):
    with pytest.raises(ConfigurationError) as caught:
        settings(info).require_api_key()
    assert (str(caught.value), caught.value.provider) == (said, "acme")


def test_a_missing_address_names_the_argument_and_the_variable():
    with pytest.raises(ConfigurationError) as caught:
        settings(ProviderInfo(api_base_env=("ACME_URL",))).require_api_base()
    assert str(caught.value) == "the provider 'acme' needs an address: pass api_base= or set ACME_URL"


def test_what_is_there_is_given():
    found = settings(api_key="k")
    assert (found.require_api_key(), found.require_api_base()) == ("k", "https://acme.example/v1")


def test_a_text_in_place_of_a_tuple_of_names_is_refused():
    with pytest.raises(ContractViolationError) as caught:
        ProviderInfo(api_key_env="ACME_API_KEY")  # type: ignore[arg-type]
    assert str(caught.value) == "api_key_env is a tuple of names, not a text: api_key_env=('ACME_API_KEY',)"


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"seed"}, 'that each can send, not a set: parameters={"completion": {…}}'),
        ({"completion": "seed"}, "that each can send, as a set: parameters={'completion': {'seed'}}"),
    ],
)
def test_parameters_in_another_shape_are_refused_with_the_right_one(parameters, said):
    with pytest.raises(ContractViolationError) as caught:
        ProviderInfo(parameters=parameters)
    assert str(caught.value) == f"parameters maps operations to the names {said}"


def test_a_list_of_names_is_a_tuple():
    assert ProviderInfo(api_key_env=["ACME_API_KEY"]).api_key_env == ("ACME_API_KEY",)  # type: ignore[arg-type]


# --------------------------------------------------------------------------------------------------- what is shown


def test_no_secret_is_shown():
    shown = repr(
        Settings(
            provider="acme",
            api_key="secret-key",
            api_base="https://me:secret-word@at@acme.example/v1?key=secret-query#secret-part",
            headers={"authorization": "Bearer secret-token"},
            extra_body={"password": "secret-body"},
            client="secret-client",
        )
    )
    assert shown == "Settings(provider='acme', api_base='https://acme.example/v1', timeout=600.0)"


def test_no_secret_of_a_call_is_shown_by_its_request_or_its_client():
    options = CallOptions(api_key="secret-key", headers={"authorization": "Bearer secret-token"})
    assert "secret" not in repr(CompletionRequest("p/m", options=options))
    assert "secret" not in repr(Client(registry=Registry(Index([])), api_key="secret-key"))
