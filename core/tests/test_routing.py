"""Model strings: every sentence of the rules is a case here."""

from typing import cast

import jackfield
import pytest
from jackfield import BadRequestError, Client, ModelList, ModelResponse, ProviderInfo, ProviderNotFoundError, hookimpl
from jackfield._client import Core
from jackfield._index import PRESETS, PROVIDERS, Index
from jackfield._registry import Registry
from jackfield._routing import route
from jackfield.types import CallOptions, CompletionRequest, ListModelsRequest

BASE = "http://127.0.0.1:1/v1"


class Point:
    """An entry point that is never loaded."""

    dist = None

    def __init__(self, name, group=PROVIDERS):
        self.name, self.group, self.value = name, group, f"fake_{name}"


class Plugin:
    @hookimpl
    def completion(self, request, settings):
        return ModelResponse.of_text(f"{settings.provider}: {request.model}")

    @hookimpl
    def list_models(self, request, settings):
        return ModelList.model_validate({"data": [{"id": f"{settings.provider}: {request.model}"}]})

    @hookimpl
    def provider_info(self):
        return ProviderInfo(api_key_env=("ACME_API_KEY",), api_base="https://acme.example/v1/")


@pytest.fixture
def registry():
    registry = Registry(Index([Point("installed"), Point("vendor", PRESETS), Point("newer", f"{PROVIDERS}.v2")]))
    registry.register("registered", Plugin())
    return registry


@pytest.mark.parametrize(
    ("model", "arguments", "expected"),
    [
        # provider/model, split once at the first slash; the rest may hold slashes
        ("registered/m", {}, ("registered", "m")),
        ("registered/org/m", {}, ("registered", "org/m")),
        ("registered//m", {}, ("registered", "/m")),
        ("registered/registered/m", {}, ("registered", "registered/m")),
        # who is not there is not guessed: the registry refuses the name
        ("unheard/m", {}, ("unheard", "m")),
        ("gpt-4o/m", {}, ("gpt-4o", "m")),
        # provider= names it outright and leaves the model text alone
        ("m", {"provider": "installed"}, ("installed", "m")),
        ("org/m", {"provider": "installed"}, ("installed", "org/m")),
        ("registered/m", {"provider": "installed"}, ("installed", "registered/m")),
        # but for a repeated prefix, which is taken off once
        ("installed/m", {"provider": "installed"}, ("installed", "m")),
        ("installed/installed/m", {"provider": "installed"}, ("installed", "installed/m")),
        ("installedm", {"provider": "installed"}, ("installed", "installedm")),
        # with api_base and a prefix that means nothing, the whole string is the model
        ("org/m", {"api_base": BASE}, ("openai", "org/m")),
        ("a/b/c", {"api_base": BASE}, ("openai", "a/b/c")),
        ("/m", {"api_base": BASE}, ("openai", "/m")),
        # which a name does that is installed, registered, a preset, of a newer interface or of this repository
        ("installed/m", {"api_base": BASE}, ("installed", "m")),
        ("registered/m", {"api_base": BASE}, ("registered", "m")),
        ("vendor/m", {"api_base": BASE}, ("vendor", "m")),
        ("newer/m", {"api_base": BASE}, ("newer", "m")),
        ("openai/m", {"api_base": BASE}, ("openai", "m")),
        ("custom/m", {"api_base": BASE}, ("custom", "m")),
        ("groq/m", {"api_base": BASE}, ("groq", "m")),
        # provider= is stronger than api_base
        ("org/m", {"api_base": BASE, "provider": "installed"}, ("installed", "org/m")),
        # a bare name: the address, else the default provider
        ("m", {"api_base": BASE}, ("openai", "m")),
        ("m", {"default": "installed"}, ("installed", "m")),
        ("m", {"api_base": BASE, "default": "installed"}, ("openai", "m")),
        ("m", {"provider": "registered", "default": "installed"}, ("registered", "m")),
    ],
)
def test_a_model_string_goes_to(registry, model, arguments, expected):
    arguments = {"provider": None, "api_base": None, "default": None, **arguments}
    assert route(registry, model, **arguments) == expected


@pytest.mark.parametrize("variable", ["JACKFIELD_DISABLE_PLUGINS", "JACKFIELD_PLUGINS"])
def test_a_prefix_that_is_switched_off_is_no_model_of_another_provider(registry, monkeypatch, variable):
    monkeypatch.setenv(variable, "installed" if "DISABLE" in variable else "other")
    assert route(registry, "installed/m", provider=None, api_base=BASE, default=None) == ("installed", "m")


@pytest.mark.parametrize(
    ("model", "arguments"), [("registered/", {}), ("/m", {}), ("/", {}), ("registered/", {"api_base": BASE})]
)
def test_half_a_model_string_is_refused(registry, model, arguments):
    with pytest.raises(BadRequestError) as caught:
        route(registry, model, **{"provider": None, "api_base": None, "default": None, **arguments})
    assert str(caught.value) == f"the model {model!r} is incomplete: write 'provider/model'"
    assert caught.value.param == "model"


def test_a_bare_name_says_what_was_understood_what_is_installed_and_what_to_write(registry):
    with pytest.raises(BadRequestError) as caught:
        route(registry, "gpt-4o", provider=None, api_base=None, default=None)
    assert str(caught.value) == (
        "the model 'gpt-4o' names no provider: write 'provider/gpt-4o', pass provider= or api_base=, or set "
        "JACKFIELD_DEFAULT_PROVIDER. Installed providers: installed, registered, vendor"
    )


def test_a_bare_name_that_is_a_providers_is_told_how_to_write_it(registry):
    with pytest.raises(BadRequestError, match="'vendor' is a provider: write 'vendor/' and a model's name, pass prov"):
        route(registry, "vendor", provider=None, api_base=None, default=None)


def test_where_nothing_is_installed_a_bare_name_says_what_to_install():
    with pytest.raises(BadRequestError) as caught:
        route(Registry(Index([])), "gpt-4o", provider=None, api_base=None, default=None)
    assert str(caught.value).endswith("Installed providers: none; try: pip install jackfield-openai-compatible")


def test_a_name_of_this_repository_without_its_package_brings_the_command():
    client = Client(registry=Registry(Index([])))
    with pytest.raises(ProviderNotFoundError, match="Try: pip install jackfield-openai-compatible"):
        client.run(CompletionRequest("groq/m", options={"api_base": BASE}))


# ---------------------------------------------------------------------------------------------------- as calls do it


def content_of(client, model, **options):
    request = CompletionRequest(model, options=cast("CallOptions", options))
    return client.run(request).choices[0].message.content


def test_a_call_takes_the_argument_then_the_setting_then_the_variable(registry, monkeypatch):
    setting: list[str | None] = [None]
    registry.register("other", Plugin())
    client = Client(core=Core(registry, default_provider=lambda: setting[0]))
    with pytest.raises(BadRequestError, match="names no provider"):
        content_of(client, "m")
    monkeypatch.setenv("JACKFIELD_DEFAULT_PROVIDER", "registered")
    heard = [content_of(client, "m")]
    setting[0] = "other"
    heard += [content_of(client, "m"), content_of(client, "m", provider="registered")]
    heard.append(content_of(client, "registered/m"))
    assert heard == ["registered: m", "other: m", "registered: m", "registered: m"]


@pytest.mark.parametrize("model", ["registered", "registered/", "registered/whatever"])
def test_the_models_of_a_provider_are_asked_by_its_name(registry, model):
    answer = Client(registry=registry).run(ListModelsRequest(model))
    assert answer.data[0].id.startswith("registered: ")


@pytest.fixture
def acme():
    """A provider of the default client."""
    jackfield.register_provider("acme", Plugin())
    yield
    jackfield.unregister_provider("acme")


@pytest.mark.usefixtures("acme")
def test_get_llm_provider_tells_where_a_call_would_go(monkeypatch):
    monkeypatch.delenv("ACME_API_KEY", raising=False)
    assert jackfield.get_llm_provider("acme/org/m") == ("org/m", "acme", None, "https://acme.example/v1")
    monkeypatch.setenv("ACME_API_KEY", "of the environment")
    assert jackfield.get_llm_provider("m", custom_llm_provider="acme") == (
        "m",
        "acme",
        "of the environment",
        "https://acme.example/v1",
    )
    assert jackfield.get_llm_provider("acme/m", api_base=BASE, api_key="given") == ("m", "acme", "given", BASE)


@pytest.mark.parametrize(("model", "said"), [(5, "model must be a string"), ("", "model is empty")])
def test_get_llm_provider_refuses_what_a_call_refuses(model, said):
    with pytest.raises(BadRequestError, match=said):
        jackfield.get_llm_provider(model)


@pytest.mark.usefixtures("acme")
def test_both_names_of_the_argument_name_the_provider():
    for response in (
        jackfield.completion("org/m", provider="acme"),
        jackfield.completion("org/m", custom_llm_provider="acme"),
    ):
        assert response.choices[0].message.content == "acme: org/m"


@pytest.mark.usefixtures("acme")
def test_the_default_provider_is_read_at_each_call(monkeypatch):
    monkeypatch.setattr(jackfield, "default_provider", "acme")
    assert jackfield.completion("m").choices[0].message.content == "acme: m"
    monkeypatch.setattr(jackfield, "default_provider", None)
    with pytest.raises(BadRequestError, match="names no provider"):
        jackfield.completion("m")


@pytest.mark.usefixtures("acme")
def test_the_functions_list_models():
    assert jackfield.list_models("acme").data[0].id == "acme: "
