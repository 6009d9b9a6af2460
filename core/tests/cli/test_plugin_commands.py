"""Commands that plugins bring: named in help from metadata, imported when they run, and never in the way."""

from __future__ import annotations

import sys

import pytest
from jackfield import _known

GROUP = "jackfield.commands"
GREET = """
import click

@click.command()
@click.argument("name", default="you")
def greet(name):
    "Greet somebody."
    click.echo(f"Hello {name}")
"""
TEAM = """
import click

@click.group()
def greet():
    "Greet somebody."

@greet.command()
@click.argument("name")
def loudly(name):
    click.echo(f"HELLO {name}")
"""


@pytest.fixture
def install(plugins, make_distribution):
    """Installs a distribution with one command; its module has this source, and the command is its `greet`."""

    def one(name, source, *, distribution="fake-dist"):
        module = distribution.replace("-", "_")
        make_distribution(plugins, distribution, "1.0", {GROUP: {name: f"{module}:greet"}}, {f"{module}.py": source})

    return one


def test_help_names_a_plugin_s_command_without_importing_it(install, invoke):
    install("fake-greet", "raise AssertionError('imported')")
    result = invoke("--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "  fake-greet  From fake-dist 1.0.\n" in result.stdout
    assert "fake_dist" not in sys.modules


def test_it_runs_with_its_arguments(install, invoke):
    install("fake-greet", GREET)
    assert invoke("fake-greet", "Ada").stdout == "Hello Ada\n"
    assert "Usage: jackfield fake-greet [OPTIONS] [NAME]" in invoke("fake-greet", "--help").stdout
    assert invoke("fake-greet", "--loud").exit_code == 2


def test_a_shell_that_completes_a_known_command_is_told_nothing(invoke, monkeypatch):
    monkeypatch.setitem(_known.COMMANDS, "fake-greet", "jackfield-greeter")
    monkeypatch.setenv("_JACKFIELD_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "jackfield fake-greet ")
    monkeypatch.setenv("COMP_CWORD", "2")
    result = invoke()
    assert (result.exit_code, result.stderr) == (0, "")
    assert "plain,chat" in result.stdout


def test_a_known_command_that_is_not_installed_says_what_brings_it(install, invoke, monkeypatch):
    monkeypatch.setitem(_known.COMMANDS, "fake-greet", "jackfield-greeter")
    result = invoke("fake-greet", "Ada")
    assert result.exit_code == 2
    assert "The command 'fake-greet' comes with another package: pip install jackfield-greeter" in result.stderr
    install("fake-greet", GREET)
    assert invoke("fake-greet", "Ada").stdout == "Hello Ada\n"
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "fake-dist")
    assert "No such command 'fake-greet'" in invoke("fake-greet").stderr


def test_it_may_be_a_group(install, invoke):
    install("fake-greet", TEAM)
    assert invoke("fake-greet", "loudly", "Ada").stdout == "HELLO Ada\n"


def test_two_of_one_name_are_named_and_neither_runs(install, invoke):
    install("fake-greet", GREET, distribution="fake-a")
    install("fake-greet", GREET, distribution="fake-b")
    assert "Claimed by fake-a 1.0 and fake-b 1.0." in invoke("--help").stdout
    result = invoke("fake-greet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: the command 'fake-greet' is claimed by fake-a 1.0 and fake-b 1.0; keep one: pip uninstall fake-b\n"
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_module", "fake_dist:greet: ModuleNotFoundError: No module named 'no_such_module'"),
        ("import sys; sys.exit(3)", "fake_dist:greet: SystemExit: 3"),
        ("raise ValueError('two\\nlines')", "fake_dist:greet: ValueError: two lines"),
        ("", "AttributeError: module 'fake_dist' has no attribute 'greet'"),
        ("def greet(): pass", "is no click command: fake_dist:greet is function"),
    ],
    ids=["missing module", "exit", "exception", "missing attribute", "no command"],
)
def test_a_broken_one_is_an_error_that_names_it_and_breaks_nothing_else(install, invoke, source, reason):
    install("fake-greet", source)
    result = invoke("fake-greet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: the command 'fake-greet' of fake-dist 1.0 ")
    assert reason in result.stderr
    assert result.stderr.count("\n") == 1
    assert "fake-greet" in invoke("--help").stdout
    assert invoke("providers").exit_code == 0


def test_none_takes_the_name_of_one_of_jackfield_s_own(install, invoke):
    install("providers", GREET)
    assert "fake-dist" not in invoke("--help").stdout
    assert "Hello" not in invoke("providers").stdout


def test_what_is_switched_off_is_gone(install, invoke, monkeypatch):
    install("fake-greet", GREET)
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "fake-greet")
    assert "fake-greet" not in invoke("--help").stdout
    assert invoke("fake-greet").exit_code == 2
