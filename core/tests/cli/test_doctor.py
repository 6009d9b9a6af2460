"""`jackfield doctor`: one report of everything, whatever state it is in."""

from __future__ import annotations

import jackfield
import pytest

PROVIDER = """
from jackfield import ModelResponse, ProviderInfo, hookimpl

@hookimpl
def provider_info():
    return ProviderInfo(api_key_env=("FAKE_KEY", "FAKE_OLD_KEY"), api_base_env=("FAKE_BASE",))

@hookimpl
def completion(request, settings):
    return ModelResponse.of_text("Hi")
"""
EXTENSION = """
from jackfield import hookimpl

@hookimpl
def observe(event):
    pass
"""
COMMAND = """
import click

@click.command()
def greet():
    click.echo("Hello")
"""


@pytest.fixture
def install(plugins, make_distribution):
    """Installs a distribution with one entry point whose module has this source."""

    def one(group, name, source, *, distribution=None, attribute=""):
        owner = distribution or f"{name}-dist"
        module = owner.replace("-", "_")
        points = {f"jackfield.{group}": {name: module + attribute}}
        make_distribution(plugins, owner, "1.0", points, {f"{module}.py": source})

    return one


def sections(result):
    """The report as its sections: a title and the lines under it."""
    assert (result.exit_code, result.stderr) == (0, "")
    blocks = [block.splitlines() for block in result.stdout.strip().split("\n\n")]
    return {block[0]: block[1:] for block in blocks}


def cells(line):
    return [cell.strip() for cell in line.split("  ") if cell]


def row(report, title, name):
    [found] = [cells(line) for line in report[title] if cells(line)[0] == name]
    return found[1:]


def test_it_names_versions_and_transports(invoke):
    report = sections(invoke("doctor"))
    assert row(report, "VERSIONS", "jackfield") == [jackfield.__version__]
    assert {cells(line)[0] for line in report["VERSIONS"]} >= {"python", "pluggy", "httpx", "pydantic", "click", "rich"}
    assert [cells(line) for line in report["TRANSPORTS"]] == [
        ["sync", "httpx"],
        ["asyncio", "aiohttp"],
        ["trio", "httpx"],
    ]


def test_it_imports_every_plugin_and_says_what_it_found(install, invoke):
    install("providers", "fake-good", PROVIDER)
    install("providers", "fake-bad", "import no_such_module")
    install("extensions", "fake-watch", EXTENSION)
    install("extensions", "fake-blind", "import no_such_module")
    install("commands", "fake-greet", COMMAND, attribute=":greet")
    install("commands", "fake-mute", "import no_such_module", attribute=":greet")
    install("commands", "fake-thing", "thing = 3", attribute=":thing")
    report = sections(invoke("doctor"))
    assert row(report, "PROVIDERS", "fake-good") == ["fake-good-dist 1.0", "completion, streaming*, text_completion*"]
    assert row(report, "EXTENSIONS", "fake-watch") == ["fake-watch-dist 1.0", "available"]
    assert row(report, "COMMANDS", "fake-greet") == ["fake-greet-dist 1.0", "available"]
    assert "ModuleNotFoundError" in row(report, "PROVIDERS", "fake-bad")[1]
    assert "switch it off with JACKFIELD_DISABLE_PLUGINS=fake-blind" in row(report, "EXTENSIONS", "fake-blind")[1]
    assert "ModuleNotFoundError" in row(report, "COMMANDS", "fake-mute")[1]
    assert "is no click command: fake_thing_dist:thing is int" in row(report, "COMMANDS", "fake-thing")[1]
    advice = " ".join(report["ADVICE"])
    assert [name in advice for name in ("fake-bad", "fake-blind", "fake-mute", "fake-thing")] == [True] * 4
    assert "fake-good" not in advice


def test_conflicts_and_names_that_are_taken_are_advice(install, invoke):
    install("providers", "fake-same", PROVIDER, distribution="fake-a")
    install("providers", "fake-same", PROVIDER, distribution="fake-b")
    install("commands", "chat", COMMAND, attribute=":greet")
    install("extensions", "fake-watch", EXTENSION, distribution="fake-c")
    install("extensions", "fake-watch", EXTENSION, distribution="fake-d")
    report = sections(invoke("doctor"))
    assert "- fake-same of fake-a 1.0: conflict with fake-b 1.0" in report["ADVICE"]
    assert "- chat of chat-dist 1.0: conflict with jackfield's own command" in report["ADVICE"]
    assert [cells(line)[2] for line in report["EXTENSIONS"] if line.startswith("fake-watch")] == ["available"] * 2


def test_what_is_switched_off_is_told_and_is_no_fault(install, invoke, monkeypatch):
    for group in ("providers", "extensions", "commands"):
        install(group, f"fake-{group}", "raise AssertionError('imported')")
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "fake-providers,fake-extensions,fake-commands")
    report = sections(invoke("doctor"))
    for group in ("providers", "extensions", "commands"):
        state = row(report, group.upper(), f"fake-{group}")[1]
        assert state == "switched off by JACKFIELD_DISABLE_PLUGINS"
    assert "fake" not in " ".join(report.get("ADVICE", []))


def test_it_says_which_variables_are_set_and_never_what_they_hold(install, invoke, monkeypatch):
    install("providers", "fake-good", PROVIDER)
    monkeypatch.setenv("FAKE_KEY", "a-secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:a-secret@proxy.example")
    result = invoke("doctor")
    report = sections(result)
    assert row(report, "VARIABLES", "fake-good") == ["FAKE_KEY set, FAKE_OLD_KEY not set, FAKE_BASE not set"]
    assert "HTTPS_PROXY" in row(report, "VARIABLES", "network")[0]
    assert "a-secret" not in result.output


def test_it_shows_the_switches_and_doubts_those_that_mean_nothing(install, invoke, monkeypatch):
    install("providers", "fake-good", PROVIDER)
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "fake-lost, Fake_Good.dist")
    monkeypatch.setenv("JACKFIELD_DEFAULT_PROVIDER", "Fake_Good")
    monkeypatch.setenv("JACKFIELD_TRANSPORT", "carrier-pigeon")
    monkeypatch.setenv("JACKFIELD_PLUGIN", "a-secret")
    result = invoke("doctor")
    report = sections(result)
    assert [cells(line) for line in report["SWITCHES"]] == [
        ["JACKFIELD_DISABLE_PLUGINS", "fake-lost, Fake_Good.dist"],
        ["JACKFIELD_DEFAULT_PROVIDER", "Fake_Good"],
        ["JACKFIELD_TRANSPORT", "carrier-pigeon"],
    ]
    assert report["ADVICE"] == [
        "- JACKFIELD_TRANSPORT is 'carrier-pigeon': there are 'aiohttp' and 'httpx'",
        "- JACKFIELD_DISABLE_PLUGINS names 'fake-lost', which is not installed",
        "- JACKFIELD_DEFAULT_PROVIDER names 'Fake_Good', which is not installed",
        "- JACKFIELD_PLUGIN is set, and jackfield reads no variable of that name",
    ]
    assert "a-secret" not in result.output


def test_it_checks_every_entry_of_custom_provider_map(house, install, invoke, monkeypatch):
    install("providers", "fake-good", PROVIDER)
    entries = [{"provider": "house"}, {"provider": "fake-lost", "custom_handler": object}, {}, 3]
    monkeypatch.setattr(jackfield, "custom_provider_map", entries)
    report = sections(invoke("doctor"))
    assert [cells(line)[0] for line in report["HANDLERS"]] == [f"custom_provider_map[{place}]" for place in range(4)]
    assert row(report, "HANDLERS", "custom_provider_map[0]") == ["house", "available"]
    assert [line.partition(":")[0] for line in report["ADVICE"]] == [
        f"- custom_provider_map[{place}]" for place in (1, 2, 3)
    ]


def test_all_is_well_where_nothing_is_wrong(install, invoke):
    install("providers", "fake-good", PROVIDER)
    assert invoke("doctor").stdout.endswith("All is well.\n")
