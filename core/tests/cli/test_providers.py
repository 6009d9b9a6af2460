"""`jackfield providers`: what metadata tells, and what importing each tells; nothing that is installed breaks it."""

from __future__ import annotations

import sys

import pytest

GROUP = "jackfield.providers"
PLUGIN = """
from jackfield import ModelResponse, hookimpl

@hookimpl
def completion(request, settings):
    return ModelResponse.of_text("Hi")
"""
EVERYTHING = (
    PLUGIN
    + """
@hookimpl
def streaming(request, settings):
    yield "Hi"
"""
)


@pytest.fixture
def install(plugins, make_distribution):
    """Installs a distribution with one provider: its name, and the source of its module."""

    def one(name, source, *, distribution=None, version="1.0", group=GROUP):
        owner = distribution or f"{name}-dist"
        module = owner.replace("-", "_")
        make_distribution(plugins, owner, version, {group: {name: module}}, {f"{module}.py": source})

    return one


def rows(result):
    """The table as its rows, by name; cells stand two blanks apart."""
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [[cell.strip() for cell in line.split("  ") if cell] for line in result.stdout.splitlines()]
    return {line[0]: line[1:] for line in lines}


def test_every_provider_is_a_row_of_name_distribution_version_and_state(install, invoke):
    install("fake-one", PLUGIN, version="2.5")
    table = rows(invoke("providers"))
    assert table["NAME"] == ["DISTRIBUTION", "VERSION", "STATE"]
    assert table["fake-one"] == ["fake-one-dist", "2.5", "available"]


def test_listing_imports_nothing(install, invoke):
    install("fake-one", "raise AssertionError('imported')")
    assert rows(invoke("providers"))["fake-one"] == ["fake-one-dist", "1.0", "available"]
    assert "fake_one_dist" not in sys.modules


def test_two_of_one_name_name_each_other(install, invoke):
    install("fake-same", PLUGIN, distribution="fake-a")
    install("fake-same", PLUGIN, distribution="fake-b", version="3.0")
    lines = [line.split("  ") for line in invoke("providers").stdout.splitlines() if line.startswith("fake-same")]
    assert [[cell.strip() for cell in line if cell] for line in lines] == [
        ["fake-same", "fake-a", "1.0", "conflict with fake-b 3.0"],
        ["fake-same", "fake-b", "3.0", "conflict with fake-a 1.0"],
    ]


@pytest.mark.parametrize(
    ("switch", "states"),
    [
        ("JACKFIELD_DISABLE_PLUGINS=fake-one", ["switched off by JACKFIELD_DISABLE_PLUGINS", "available"]),
        ("JACKFIELD_DISABLE_PLUGINS=*", ["switched off by JACKFIELD_DISABLE_PLUGINS"] * 2),
        ("JACKFIELD_PLUGINS=fake-one-dist", ["available", "switched off by JACKFIELD_PLUGINS"]),
    ],
)
def test_what_is_switched_off_says_by_what(install, invoke, monkeypatch, switch, states):
    install("fake-one", PLUGIN)
    install("fake-two", PLUGIN)
    monkeypatch.setenv(*switch.split("="))
    table = rows(invoke("providers"))
    assert [table[name][2] for name in ("fake-one", "fake-two")] == states


def test_the_one_that_is_left_of_two_is_no_conflict(install, invoke, monkeypatch):
    install("fake-same", PLUGIN, distribution="fake-a")
    install("fake-same", PLUGIN, distribution="fake-b")
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "fake-b")
    output = invoke("providers").stdout
    assert "conflict" not in output
    assert output.count("fake-same") == 2


def test_one_for_a_newer_jackfield_says_so(install, invoke):
    install("fake-new", PLUGIN, group="jackfield.providers.v2")
    state = "too new (jackfield.providers.v2): pip install --upgrade jackfield"
    assert rows(invoke("providers"))["fake-new"] == ["fake-new-dist", "1.0", state]
    assert rows(invoke("providers", "--check"))["fake-new"] == ["fake-new-dist", "1.0", state]


def test_checking_names_operations_and_marks_those_that_are_bridged(install, invoke):
    install("fake-one", PLUGIN)
    install("fake-two", EVERYTHING)
    table = rows(invoke("providers", "--check"))
    assert table["fake-one"][2:] == ["available", "completion, streaming*, text_completion*"]
    assert table["fake-two"][2:] == ["available", "completion, streaming, text_completion*"]


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("class Odd(BaseException): pass\nraise Odd('strange')", "Odd: strange"),
        ("this is no Python", "SyntaxError"),
        ("", "implements no hook"),
    ],
    ids=["missing module", "exception", "exit", "BaseException", "no Python", "no hooks"],
)
def test_checking_gives_the_reason_and_goes_on(install, invoke, source, reason):
    install("fake-broken", source)
    install("fake-one", PLUGIN)
    table = rows(invoke("providers", "--check"))
    assert table["fake-broken"][:3] == ["fake-broken-dist", "1.0", "broken"]
    assert reason in table["fake-broken"][3]
    assert table["fake-one"][2] == "available"


def test_a_broken_extension_does_not_hide_what_providers_can_do(install, invoke):
    install("fake-extension", "import no_such_module", group="jackfield.extensions")
    install("fake-one", PLUGIN)
    assert rows(invoke("providers", "--check"))["fake-one"][2] == "available"
