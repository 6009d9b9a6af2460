"""`jackfield new`: what it makes, refuses and says. That what it makes also works is for tests/test_template.py."""

from __future__ import annotations

import shlex

import pytest
from jackfield._cli._templates import kinds, rendered

BAD = ["", "My-Models", "my_models", "7b", "my--models", "-models", "models-", "mödels", "a" * 33]
NAMES = ["a", "models", "my-models", "m2-7b", "a" * 32]


def test_it_makes_a_package_and_says_what_is_next(invoke, tmp_path):
    folder = tmp_path / "deep" / "package"
    result = invoke("new", "my-models", "--dir", str(folder))
    assert (result.exit_code, result.stderr) == (0, "")
    made, install, test, change = result.stdout.splitlines()
    assert made.startswith(f"Made {folder}: ")
    assert install == f'  cd {folder} && pip install --editable ".[test]"'
    assert (test, change) == ("  pytest", "  then make it yours, as README.md says")
    package = rendered("http", "my-models")
    assert {path: (folder / path).read_text() for path in package} == package


def test_without_a_folder_it_is_named_like_the_distribution(invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert invoke("new", "my-models", "--kind", "python").exit_code == 0
    assert (tmp_path / "jackfield-my-models" / "pyproject.toml").is_file()


@pytest.mark.parametrize("kind", ["http", "openai", "python"])
def test_each_kind_is_another_package(kind):
    package = rendered(kind, "my-models")
    assert "src/jackfield_my_models/__init__.py" in package
    assert {"README.md", "CHANGELOG.md", "LICENSE", ".gitignore", ".github/workflows/ci.yml"} <= package.keys()
    assert [other for other in kinds() if rendered(other, "my-models") == package] == [kind]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_the_right_form_is_taken(name, invoke, tmp_path):
    assert invoke("new", name, "--dir", str(tmp_path / "package")).exit_code == 0


@pytest.mark.parametrize("name", BAD)
def test_a_name_of_another_form_is_refused_with_the_rule(name, invoke, tmp_path):
    result = invoke("new", "--dir", str(tmp_path / "package"), "--", name)
    assert result.exit_code == 2
    assert f"{name!r} is no name for a provider: a name begins with a letter" in " ".join(result.stderr.split())
    assert not (tmp_path / "package").exists()


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("echo", "jackfield-echo"),  # a provider of this project
        ("mistral", "jackfield-openai-compatible"),  # a preset
        ("llama-cpp", "jackfield-openai-compatible"),  # a preset whose name is written otherwise
        ("legacy-custom", "jackfield-legacy-custom"),  # a distribution of this project
        ("openai-compatible", "jackfield-openai-compatible"),
        ("custom-format", "jackfield-custom-format"),  # those that bring no provider
        ("router", "jackfield-router"),
        ("gateway", "jackfield-gateway"),
    ],
)
def test_a_known_name_is_taken_whether_or_not_it_is_installed(name, owner, invoke, tmp_path):
    result = invoke("new", name, "--dir", str(tmp_path / "package"))
    assert result.exit_code == 2
    assert f"the name '{name}' is taken by {owner}" in " ".join(result.stderr.split())


@pytest.mark.parametrize("taken", ["my-models", "My.Models"])
@pytest.mark.parametrize("group", ["jackfield.providers", "jackfield.presets", "jackfield.providers.v2"])
def test_the_name_of_an_installed_provider_is_taken(taken, group, invoke, plugins, make_distribution):
    make_distribution(plugins, "their-models", "2.5", {group: {taken: "their_models"}})
    result = invoke("new", "my-models", "--dir", str(plugins / "package"))
    assert result.exit_code == 2
    assert "the name 'my-models' is taken by their-models 2.5; choose another" in " ".join(result.stderr.split())


def test_the_name_of_an_installed_distribution_is_taken(invoke, plugins, make_distribution):
    make_distribution(plugins, "jackfield-my-models", "1.0")
    result = invoke("new", "my-models", "--dir", str(plugins / "package"))
    assert result.exit_code == 2
    assert "is taken by jackfield-my-models 1.0" in " ".join(result.stderr.split())


@pytest.mark.parametrize("name", ["class", "match", "json", "jackfield", "jackfield-models"])
def test_a_name_that_means_something_else_is_refused(name, invoke, tmp_path):
    result = invoke("new", name, "--dir", str(tmp_path / "package"))
    assert result.exit_code == 2
    assert "Error: Invalid value for 'NAME'" in result.stderr
    assert not (tmp_path / "package").exists()


@pytest.mark.parametrize("make", ["mkdir", "touch"])
def test_what_is_there_already_is_left_alone(make, invoke, tmp_path):
    folder = tmp_path / "package"
    getattr(folder, make)()
    result = invoke("new", "my-models", "--dir", str(folder))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: {folder} exists already")
    assert folder.is_file() or list(folder.iterdir()) == []


def test_an_unknown_kind_is_refused_with_those_there_are(invoke, tmp_path):
    result = invoke("new", "my-models", "--kind", "grpc", "--dir", str(tmp_path / "package"))
    assert result.exit_code == 2
    assert "'grpc' is none of http, openai, python" in result.stderr


def test_a_folder_that_cannot_be_made_is_an_error_in_one_line(invoke, tmp_path):
    (tmp_path / "file").touch()
    folder = str(tmp_path / "file" / "package")
    result = invoke("new", "my-models", "--dir", folder)
    assert result.exit_code == 1
    assert result.stderr == f"Error: {folder} cannot be made: not a directory; give --dir another folder\n"


@pytest.mark.parametrize("folder", ["with spaces", "ünï/cödé", "a/b/c/", "./here/../there"])
def test_whatever_the_folder_is_called_the_first_command_leads_into_it(folder, invoke, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = invoke("new", "my-models", "--kind", "python", "--dir", folder)
    command, target, *_ = shlex.split(result.stdout.splitlines()[1])
    assert (command, (tmp_path / target / "pyproject.toml").is_file()) == ("cd", True)
