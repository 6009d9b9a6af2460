"""Providers are found through the metadata of real distributions, imported at first use, and hurt only who asks."""

import os
import subprocess
import sys
import textwrap
import threading

import importlib_metadata
import pytest
from jackfield import (
    Client,
    PluginError,
    ProviderBlockedError,
    ProviderConflictError,
    ProviderLoadError,
    ProviderNotFoundError,
)
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield.types import CompletionRequest

PROVIDERS = "jackfield.providers"
PRESETS = "jackfield.presets"
NEWER = "jackfield.providers.v2"

GOOD = """
from jackfield import ModelResponse, hookimpl

@hookimpl
def completion(request, settings):
    return ModelResponse.of_text(f"{__name__} as {settings.provider}")
"""


@pytest.fixture
def install(make_distribution, tmp_path, monkeypatch):
    """Installs a distribution where Python looks for them; what it brings is forgotten after the test."""
    before = set(sys.modules)

    def install(name, entry_points, modules=None, version="1.0"):
        make_distribution(tmp_path, name, version, entry_points, modules)
        monkeypatch.syspath_prepend(tmp_path)

    yield install
    for name in set(sys.modules) - before:
        if name.startswith("fake_"):
            del sys.modules[name]


@pytest.fixture
def registry():
    """A registry that reads what is installed when it is first asked."""
    return Registry()


def answer_of(registry, provider):
    response = Client(registry=registry).run(CompletionRequest(f"{provider}/m"))
    return response.choices[0].message.content


def words_of(registry, provider, error=PluginError):
    with pytest.raises(error) as caught:
        registry.provider(provider)
    assert caught.value.provider == provider
    return str(caught.value)


def only_in(folder):
    """What is installed in this folder, and nothing of the environment."""
    found = importlib_metadata.distributions(path=[str(folder)])
    return Index([point for distribution in found for point in distribution.entry_points])


def python(code, folder):
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    return done.stdout.split()


# -------------------------------------------------------------------------------------------------------- what is found


def test_an_installed_provider_answers(install, registry):
    install("fake-good", {PROVIDERS: {"good": "fake_good"}}, {"fake_good.py": GOOD})
    assert answer_of(registry, "good") == "fake_good as good"
    assert registry.provider("good").owner == "fake-good 1.0"


def test_an_entry_point_may_name_an_object(install, registry):
    source = GOOD.replace("@hook", "    @hook").replace("\ndef completion(", "\n    def completion(self, ")
    source = source.replace("    @hookimpl", "class Plugin:\n    @hookimpl").replace("    return", "        return")
    install("fake-good", {PROVIDERS: {"good": "fake_good:plugin"}}, {"fake_good.py": source + "\nplugin = Plugin()"})
    assert answer_of(registry, "good") == "fake_good as good"


def test_one_module_may_serve_several_names(install, registry):
    install("fake-good", {PROVIDERS: {"one": "fake_good", "two": "fake_good"}}, {"fake_good.py": GOOD})
    assert [answer_of(registry, name) for name in ("one", "two", "one")] == [
        "fake_good as one",
        "fake_good as two",
        "fake_good as one",
    ]


def test_nothing_is_imported_until_it_is_used_and_then_that_alone(make_distribution, tmp_path):
    modules = {"fake_one.py": GOOD, "fake_two.py": GOOD}
    make_distribution(tmp_path, "fake-one", "1.0", {PROVIDERS: {"one": "fake_one", "two": "fake_two"}}, modules)
    printed = python(
        """
        import sys

        def show(moment):
            print(moment, *sorted(name for name in sys.modules if name.startswith(("fake_", "jackfield_"))))

        import jackfield
        show("imported:")
        assert {"one", "two"} <= {*jackfield.list_providers()}
        show("listed:")
        jackfield.completion("one/m")
        show("called:")
        """,
        tmp_path,
    )
    assert printed == ["imported:", "listed:", "called:", "fake_one"]


def test_what_metadata_tells_imports_nothing_and_is_read_once(install, registry):
    install("fake-broken", {PROVIDERS: {"broken": "fake_broken"}}, {"fake_broken.py": "raise RuntimeError"})
    assert "broken" in registry.names()
    assert registry.knows("broken")
    assert registry.index is registry.index


def test_a_provider_is_loaded_once_also_by_many_threads(install, registry):
    install("fake-good", {PROVIDERS: {"good": "fake_good"}}, {"fake_good.py": GOOD})
    barrier, loaded = threading.Barrier(8), []

    def load():
        barrier.wait()
        loaded.append(registry.provider("good"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loaded) == 8
    assert len({id(provider) for provider in loaded}) == 1


# -------------------------------------------------------------------------------------------- plugins that fail to load

BROKEN = {
    "an exception": ("1 / 0", "ZeroDivisionError: division by zero"),
    "a missing dependency": ("import fake_dependency", "ModuleNotFoundError: No module named 'fake_dependency'"),
    "the end of the program": ("import sys; sys.exit('no licence')", "SystemExit: no licence"),
    "bad syntax": ("def", "SyntaxError: invalid syntax (fake_broken.py, line 1)"),
}


@pytest.mark.parametrize(("source", "cause"), BROKEN.values(), ids=BROKEN)
def test_a_plugin_that_does_not_import_is_named_with_cause_and_remedy(install, registry, source, cause):
    install("fake-broken", {PROVIDERS: {"broken": "fake_broken"}}, {"fake_broken.py": source}, version="2.5")
    assert words_of(registry, "broken", ProviderLoadError) == (
        f"the plugin 'broken' of fake-broken 2.5 does not load: fake_broken: {cause}. "
        "Try: pip install --upgrade --force-reinstall fake-broken"
    )


def test_a_plugin_that_its_author_is_writing_is_not_to_be_installed_over(install, registry):
    url = '{"url": "file:///work", "dir_info": {"editable": true}}'
    modules = {"fake_broken.py": "def", "fake_broken-2.5.dist-info/direct_url.json": url}
    install("fake-broken", {PROVIDERS: {"broken": "fake_broken"}}, modules, version="2.5")
    assert words_of(registry, "broken", ProviderLoadError) == (
        "the plugin 'broken' of fake-broken 2.5 does not load: fake_broken: SyntaxError: invalid syntax "
        "(fake_broken.py, line 1). It is installed as editable: mend it where it is written"
    )


def test_the_cause_of_a_failed_load_is_kept(install, registry):
    install("fake-broken", {PROVIDERS: {"broken": "fake_broken"}}, {"fake_broken.py": "1 / 0"})
    with pytest.raises(ProviderLoadError) as caught:
        registry.provider("broken")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_entry_point_to_nothing_is_named(install, registry):
    install("fake-broken", {PROVIDERS: {"gone": "fake_gone", "lost": "fake_there:plugin"}}, {"fake_there.py": ""})
    assert "does not load: fake_gone: ModuleNotFoundError" in words_of(registry, "gone", ProviderLoadError)
    assert "does not load: fake_there:plugin: AttributeError" in words_of(registry, "lost", ProviderLoadError)


def test_a_module_that_is_no_plugin_is_named(install, registry):
    install("fake-broken", {PROVIDERS: {"broken": "fake_broken"}}, {"fake_broken.py": ""})
    assert words_of(registry, "broken", ProviderLoadError).startswith("fake-broken 1.0: fake_broken implements no hook")


def test_ctrl_c_during_an_import_is_no_fault_of_the_plugin(install, registry):
    install("fake-slow", {PROVIDERS: {"slow": "fake_slow"}}, {"fake_slow.py": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        registry.provider("slow")


def test_a_plugin_that_has_been_mended_loads(install, registry, tmp_path):
    install("fake-broken", {PROVIDERS: {"broken": "fake_broken"}}, {"fake_broken.py": "1 / 0"})
    words_of(registry, "broken", ProviderLoadError)
    (tmp_path / "fake_broken.py").write_text(GOOD + "# mended")
    assert answer_of(registry, "broken") == "fake_broken as broken"


def test_a_fault_hurts_only_who_asks_for_it(install, registry):
    install("fake-good", {PROVIDERS: {"good": "fake_good"}}, {"fake_good.py": GOOD})
    install("fake-broken", {PROVIDERS: {"broken": "fake_broken"}}, {"fake_broken.py": "1 / 0"})
    install("fake-double", {PROVIDERS: {"double": "fake_double"}})
    install("fake-twice", {PROVIDERS: {"double": "fake_twice"}})
    install("fake-future", {NEWER: {"future": "fake_future"}})
    for name in ("broken", "double", "future", "absent"):
        words_of(registry, name)
        assert answer_of(registry, "good") == "fake_good as good"


@pytest.mark.parametrize("left", ["METADATA", "entry_points.txt", None])
def test_a_damaged_installation_hurts_nobody_else(install, registry, tmp_path, left):
    install("fake-good", {PROVIDERS: {"good": "fake_good"}}, {"fake_good.py": GOOD})
    install("fake-damaged", {PROVIDERS: {"damaged": "fake_damaged"}})
    for file in (tmp_path / "fake_damaged-1.0.dist-info").iterdir():
        if file.name != left:
            file.unlink()
    assert answer_of(registry, "good") == "fake_good as good"


def test_a_distribution_without_metadata_is_said_to_be_one(install, registry, tmp_path, monkeypatch):
    install("fake-damaged", {PROVIDERS: {"damaged": "fake_damaged"}}, {"fake_damaged.py": "1 / 0"})
    (tmp_path / "fake_damaged-1.0.dist-info" / "METADATA").unlink()
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "other")
    assert "'damaged' of a distribution without metadata ? does not load" in words_of(registry, "damaged")


# --------------------------------------------------------------------------------------- two of one name, and too new


def test_two_plugins_of_one_name_are_both_named_and_none_is_imported(install, registry):
    install("fake-first", {PROVIDERS: {"double": "fake_first"}}, {"fake_first.py": "1 / 0"}, version="1.5")
    install("fake-second", {PROVIDERS: {"double": "fake_second"}}, {"fake_second.py": "1 / 0"}, version="2.0")
    words = words_of(registry, "double", ProviderConflictError)
    assert words.startswith("the provider name 'double' is claimed by fake-")
    for said in ("fake-first 1.5 (fake_first)", "fake-second 2.0 (fake_second)", "pip uninstall fake-"):
        assert said in words


def test_switching_one_of_two_off_leaves_the_other(install, registry, monkeypatch):
    install("fake-first", {PROVIDERS: {"double": "fake_first"}}, {"fake_first.py": GOOD})
    install("fake-second", {PROVIDERS: {"double": "fake_second"}}, {"fake_second.py": GOOD})
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "fake-first")
    assert answer_of(registry, "double") == "fake_second as double"


def test_a_preset_of_a_real_plugins_name_is_not_asked(install, registry):
    install("fake-presets", {PRESETS: {"vendor": "fake_presets"}}, {"fake_presets.py": "1 / 0"})
    install("fake-vendor", {PROVIDERS: {"vendor": "fake_vendor"}}, {"fake_vendor.py": GOOD})
    assert answer_of(registry, "vendor") == "fake_vendor as vendor"


def test_a_preset_is_a_provider_where_there_is_no_other(install, registry):
    install("fake-presets", {PRESETS: {"vendor": "fake_presets"}}, {"fake_presets.py": GOOD})
    assert answer_of(registry, "vendor") == "fake_presets as vendor"


def test_a_preset_does_not_stand_in_for_a_plugin_that_is_switched_off(install, registry, monkeypatch):
    install("fake-presets", {PRESETS: {"vendor": "fake_presets"}}, {"fake_presets.py": GOOD})
    install("fake-vendor", {PROVIDERS: {"vendor": "fake_vendor"}}, {"fake_vendor.py": GOOD})
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "fake-vendor")
    words_of(registry, "vendor", ProviderBlockedError)


def test_a_plugin_for_a_newer_interface_is_not_imported_and_says_what_to_upgrade(install, registry):
    install("fake-future", {NEWER: {"future": "fake_future"}}, {"fake_future.py": "1 / 0"}, version="3.0")
    assert words_of(registry, "future", ProviderLoadError) == (
        "the provider 'future' of fake-future 3.0 is made for a newer interface (jackfield.providers.v2): "
        "pip install --upgrade jackfield"
    )
    assert "future" not in registry.names()
    assert "fake_future" not in sys.modules


def test_a_plugin_for_both_interfaces_is_used(install, registry):
    install("fake-both", {PROVIDERS: {"both": "fake_now"}, NEWER: {"both": "fake_then"}}, {"fake_now.py": GOOD})
    assert answer_of(registry, "both") == "fake_now as both"


# ------------------------------------------------------------------------------------------------------- switching off


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JACKFIELD_DISABLE_PLUGINS", "good"),
        ("JACKFIELD_DISABLE_PLUGINS", "other, good ,"),
        ("JACKFIELD_DISABLE_PLUGINS", "fake-good"),
        ("JACKFIELD_DISABLE_PLUGINS", "Fake_Good"),
        ("JACKFIELD_DISABLE_PLUGINS", "*"),
        ("JACKFIELD_PLUGINS", "other"),
    ],
)
def test_what_is_switched_off_says_by_which_variable(install, registry, monkeypatch, variable, value):
    install("fake-good", {PROVIDERS: {"good": "fake_good"}}, {"fake_good.py": "1 / 0"})
    monkeypatch.setenv(variable, value)
    assert words_of(registry, "good", ProviderBlockedError) == (
        f"the provider 'good' of fake-good 1.0 is switched off by the environment variable {variable}"
    )
    assert registry.knows("good")


@pytest.mark.parametrize("group", [PRESETS, NEWER])
def test_presets_and_newer_plugins_are_switched_off_like_all_others(install, registry, monkeypatch, group):
    install("fake-good", {group: {"good": "fake_good"}})
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "good")
    words_of(registry, "good", ProviderBlockedError)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("JACKFIELD_DISABLE_PLUGINS", "other"),
        ("JACKFIELD_DISABLE_PLUGINS", ""),
        ("JACKFIELD_PLUGINS", "other,good"),
        ("JACKFIELD_PLUGINS", "fake_good"),
        ("JACKFIELD_PLUGINS", "*"),
        ("JACKFIELD_PLUGINS", " "),
    ],
)
def test_what_is_not_switched_off_answers(install, registry, monkeypatch, variable, value):
    install("fake-good", {PROVIDERS: {"good": "fake_good"}}, {"fake_good.py": GOOD})
    monkeypatch.setenv(variable, value)
    assert answer_of(registry, "good") == "fake_good as good"


def test_what_is_switched_off_stays_off_though_it_is_allowed(install, registry, monkeypatch):
    install("fake-good", {PROVIDERS: {"good": "fake_good"}}, {"fake_good.py": GOOD})
    monkeypatch.setenv("JACKFIELD_PLUGINS", "good")
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "good")
    words_of(registry, "good", ProviderBlockedError)


# --------------------------------------------------------------------------------------------- names that are not there


def test_an_unknown_provider_is_told_what_is_installed_and_what_to_look_for(tmp_path, make_distribution):
    make_distribution(tmp_path, "fake-good", "1.0", {PROVIDERS: {"zebra": "fake_zebra", "alpha": "fake_alpha"}})
    assert words_of(Registry(only_in(tmp_path)), "unheard-of", ProviderNotFoundError) == (
        "there is no provider 'unheard-of'. Installed: alpha, zebra. Install the distribution that declares "
        "'unheard-of' in the entry-point group 'jackfield.providers'."
    )


def test_what_is_switched_off_is_not_listed_and_is_nothing_to_install(tmp_path, make_distribution, monkeypatch):
    make_distribution(tmp_path, "fake-good", "1.0", {PROVIDERS: {"alpha": "fake_alpha", "echo": "fake_echo"}})
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "echo")
    installed = Registry(only_in(tmp_path))
    assert installed.names() == ["alpha"]
    assert words_of(installed, "ecko", ProviderNotFoundError) == (
        "there is no provider 'ecko'; did you mean 'echo'? Installed: alpha."
    )


def test_a_near_miss_of_what_is_installed_is_pointed_out(tmp_path, make_distribution):
    make_distribution(tmp_path, "fake-good", "1.0", {PROVIDERS: {"zebra": "fake_zebra", "openai": "fake_openai"}})
    installed = Registry(only_in(tmp_path))
    words = "there is no provider {}; did you mean {}? Installed: openai, zebra."
    assert words_of(installed, "zebar", ProviderNotFoundError) == words.format("'zebar'", "'zebra'")
    assert words_of(installed, "opnai", ProviderNotFoundError) == words.format("'opnai'", "'openai'")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("echo", "there is no provider 'echo'. Installed: none. Try: pip install jackfield-echo"),
        ("groq", "there is no provider 'groq'. Installed: none. Try: pip install jackfield-openai-compatible"),
        ("ecko", "there is no provider 'ecko'; did you mean 'echo'? Installed: none. Try: pip install jackfield-echo"),
    ],
)
def test_where_nothing_is_installed_a_name_of_this_repository_brings_its_command(name, said):
    assert words_of(Registry(Index([])), name, ProviderNotFoundError) == said
