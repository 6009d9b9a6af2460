"""What a program registers: it wins over what is installed, is checked at once, and can be taken back."""

import os
import subprocess
import sys
import textwrap
import types

import pytest
from jackfield import Client, ModelResponse, ProviderInfo, ProviderLoadError, ProviderNotFoundError, hookimpl
from jackfield._index import EXTENSIONS, PROVIDERS, Index
from jackfield._registry import Registry
from jackfield.types import CompletionRequest


class Says:
    """A provider with one answer."""

    def __init__(self, text):
        self.text = text

    @hookimpl
    def completion(self):
        return ModelResponse.of_text(self.text)


class Installed:
    """An entry point of a distribution."""

    def __init__(self, name, plugin, group=PROVIDERS):
        self.name, self.group, self.value, self.plugin = name, group, f"fake_{name}", plugin
        self.dist = types.SimpleNamespace(name=f"fake-{name}", version="1.0")

    def load(self):
        return self.plugin


def answer_of(registry, name):
    return Client(registry=registry).run(CompletionRequest(f"{name}/m")).choices[0].message.content


def test_a_registration_wins_over_what_is_installed_until_it_is_taken_back():
    registry = Registry(Index([Installed("p", Says("installed"))]))
    heard = [answer_of(registry, "p")]
    registry.register("p", Says("registered"))
    heard.append(answer_of(registry, "p"))
    registry.register("p", Says("registered anew"))
    heard.append(answer_of(registry, "p"))
    registry.unregister("p")
    heard.append(answer_of(registry, "p"))
    assert heard == ["installed", "registered", "registered anew", "installed"]


def test_a_registration_wins_over_a_finder_and_a_finder_over_what_is_installed():
    handlers = {"p": Says("found")}
    registry = Registry(Index([Installed("p", Says("installed"))]), finder=handlers.get)
    heard = [answer_of(registry, "p")]
    registry.register("p", Says("registered"))
    heard.append(answer_of(registry, "p"))
    registry.unregister("p")
    handlers["p"] = Says("found anew")
    heard.append(answer_of(registry, "p"))
    handlers.clear()
    heard.append(answer_of(registry, "p"))
    assert heard == ["found", "registered", "found anew", "installed"]


def test_what_a_finder_gives_is_adapted_once():
    found = Says("found")
    registry = Registry(Index([]), finder={"p": found}.get)
    assert registry.provider("p") is registry.provider("p")


def test_a_registration_is_checked_at_once():
    registry = Registry(Index([]))
    with pytest.raises(ProviderLoadError, match=r"builtins\.object implements no hook"):
        registry.register("p", object())
    assert registry.names() == []


@pytest.mark.parametrize("name", ["", "a/b"])
def test_a_name_that_no_model_string_can_hold_is_refused(name):
    with pytest.raises(ProviderLoadError, match="is no provider name: it must not be empty or hold a slash"):
        Registry(Index([])).register(name, Says("registered"))


def test_a_name_that_is_no_string_is_refused():
    with pytest.raises(ProviderLoadError, match="5 is no provider name: it must be a string, not int"):
        Registry(Index([])).register(5, Says("registered"))  # type: ignore[arg-type]


def test_a_registration_while_the_name_is_being_loaded_counts():
    class Slow(Installed):
        def load(self):
            registry.register("p", Says("registered"))  # as another thread does in the meantime
            return super().load()

    registry = Registry(Index([Slow("p", Says("installed"))]))
    assert [answer_of(registry, "p"), answer_of(registry, "p")] == ["registered", "registered"]


def test_a_registration_that_is_taken_back_while_extensions_load_is_gone():
    class Extension:
        @hookimpl
        def observe(self, event): ...

    class Slow(Installed):
        def load(self):
            registry.unregister("p")
            return super().load()

    registry = Registry(Index([Slow("extension", Extension(), EXTENSIONS)]))
    registry.register("p", Says("registered"))
    with pytest.raises(ProviderNotFoundError):
        registry.provider("p")


def test_an_extension_that_is_registered_while_others_load_is_not_lost():
    class Extension:
        @hookimpl
        def observe(self, event): ...

    class Slow(Installed):
        def load(self):
            if not late:
                late.append(Extension())
                registry.register_extension(late[0])
            return super().load()

    late: list[Extension] = []
    registry = Registry(Index([Slow("extension", Extension(), EXTENSIONS)]))
    assert len(registry.extensions.observers) == 2


def test_only_what_is_registered_can_be_taken_back():
    registry = Registry(Index([Installed("p", Says("installed"))]))
    with pytest.raises(ProviderNotFoundError, match="'p' is not registered") as caught:
        registry.unregister("p")
    assert caught.value.provider == "p"


def test_names_are_those_that_are_registered_or_installed():
    registry = Registry(Index([Installed("installed", Says(""))]))
    registry.register("registered", Says(""))
    assert registry.names() == ["installed", "registered"]
    assert [registry.knows(name) for name in ("installed", "registered", "neither")] == [True, True, False]


def test_clients_of_their_own_registries_do_not_share_registrations():
    one, two = Client(registry=Registry(Index([]))), Client(registry=Registry(Index([])))
    one.register_provider("p", Says("one"))
    assert one.run(CompletionRequest("p/m")).choices[0].message.content == "one"
    with pytest.raises(ProviderNotFoundError):
        two.run(CompletionRequest("p/m"))
    one.unregister_provider("p")
    with pytest.raises(ProviderNotFoundError):
        one.run(CompletionRequest("p/m"))


def test_two_plugins_that_are_equal_are_two_plugins():
    class Equal(Says):
        def __eq__(self, other):
            return True

        __hash__ = None  # type: ignore[assignment]  # pluggy alone would need it

    registry = Registry(Index([]))
    registry.register("one", Equal("one"))
    registry.register("two", Equal("two"))
    assert [answer_of(registry, name) for name in ("one", "two")] == ["one", "two"]


def test_a_provider_that_tells_its_parameters_is_called_without_options():
    class Tells(Says):
        @hookimpl
        def provider_info(self):
            return ProviderInfo(parameters={"completion": {"n"}})

    registry = Registry(Index([]))
    registry.register("p", Tells("Hi"))
    assert answer_of(registry, "p") == "Hi"


# ------------------------------------------------------------------------------------------------- custom_provider_map

HANDLERS = """
import jackfield
from jackfield import ModelResponse, hookimpl

class Plugin:
    def __init__(self, text):
        self.text = text

    @hookimpl
    def completion(self):
        return ModelResponse.of_text(self.text)

print("handlers imported")
plugins = {}

def find_provider(name):
    for entry in reversed(jackfield.custom_provider_map):
        if entry["provider"] == name:
            return plugins.setdefault(entry["custom_handler"], Plugin(entry["custom_handler"]))
"""

INSTALLED = """
from jackfield import ModelResponse, hookimpl

@hookimpl
def completion():
    return ModelResponse.of_text("installed")
"""

PRELUDE = """
import sys
import jackfield

def say(name):
    print(jackfield.completion(f"{name}/m").choices[0].message.content)

def handlers(*texts):
    return [{"provider": "p", "custom_handler": text} for text in texts]

class Registered:
    @jackfield.hookimpl
    def completion(self):
        return jackfield.ModelResponse.of_text("registered")
"""


@pytest.fixture
def program(make_distribution, tmp_path):
    """Runs a program in which a provider p is installed, and a stand-in serves custom_provider_map."""
    modules = {"fake_p.py": INSTALLED, "jackfield_custom_format.py": HANDLERS}
    make_distribution(tmp_path, "fake-p", "1.0", {PROVIDERS: {"p": "fake_p"}}, modules)

    def program(code):
        command = [sys.executable, "-W", "error", "-c", PRELUDE + textwrap.dedent(code)]
        environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr
        return done.stdout.splitlines()

    return program


def test_handlers_of_the_list_stand_between_registrations_and_what_is_installed(program):
    printed = program(
        """
        say("p")
        jackfield.custom_provider_map = handlers("first", "last")
        say("p")
        jackfield.custom_provider_map.append(handlers("appended")[0])
        say("p")
        jackfield.register_provider("p", Registered())
        say("p")
        jackfield.unregister_provider("p")
        say("p")
        jackfield.custom_provider_map.clear()
        say("p")
        """
    )
    assert printed == ["installed", "handlers imported", "last", "appended", "registered", "appended", "installed"]


def test_other_providers_answer_beside_handlers(program):
    printed = program(
        """
        jackfield.custom_provider_map = [{"provider": "other", "custom_handler": "other"}]
        say("p")
        say("other")
        print(*(name for name in jackfield.list_providers() if name in ("p", "other")))
        """
    )
    assert printed == ["handlers imported", "installed", "other", "other p"]


def test_the_list_is_read_by_the_default_client_only(program):
    printed = program(
        """
        jackfield.custom_provider_map = handlers("handler")
        print(jackfield.Client().run(jackfield.CompletionRequest("p/m")).choices[0].message.content)
        """
    )
    assert printed == ["installed"]


def test_handlers_without_their_plugin_bring_the_command(program):
    printed = program(
        """
        sys.modules["jackfield_custom_format"] = None
        jackfield.custom_provider_map = handlers("handler")
        try:
            say("p")
        except jackfield.ProviderNotFoundError as error:
            print(error)
        """
    )
    cause = "the provider 'p' is a custom handler, and jackfield-custom-format, which serves handlers, is not installed"
    assert printed == [f"{cause}: pip install jackfield-custom-format"]


def test_handlers_without_their_plugin_hurt_no_installed_provider(program):
    printed = program(
        """
        sys.modules["jackfield_custom_format"] = None
        jackfield.custom_provider_map = [{"provider": "other", "custom_handler": "handler"}]
        say("p")
        """
    )
    assert printed == ["installed"]
