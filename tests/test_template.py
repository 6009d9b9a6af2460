"""The plugin templates: the data file is fresh, and what `jackfield new` makes of each kind is a package that is right.

`python3 dev.py test` also installs the wheels of all kinds into a fresh environment and checks them there.
"""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from loopback import LoopbackServer
from template import DATA, KINDS, TEMPLATE, data, texts
from workspace import ROOT

LONG = "a2345678-0123456789-0123456789-x"  # as long as a name may be: no line may grow too long with it


@dataclass
class Package:
    """A package that `jackfield new` made, with its wheel unpacked into `site` as an installer does."""

    name: str
    folder: Path
    site: Path

    def run(self, *arguments: str, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run Python where the wheel is installed."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JACKFIELD_")}
        environment |= {"PYTHONPATH": str(self.site), "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache" / "templates")}
        environment |= variables
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd or self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def texts(self) -> dict[str, str]:
        return {str(file.relative_to(self.folder)): file.read_text() for file in files(self.folder)}

    def examples(self) -> list[str]:
        """The blocks of Python in its README."""
        readme = (self.folder / "README.md").read_text()
        return re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)


def files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def make(name: str, kind: str, folder: Path) -> None:
    command = [sys.executable, "-m", "jackfield", "new", name, "--kind", kind, "--dir", str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")


def installed(name: str, kind: str, where: Path) -> Package:
    folder, site = where / "package", where / "site"
    make(name, kind, folder)
    site.mkdir()
    build = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(site)!r}))"
    built = subprocess.run([sys.executable, "-c", build], cwd=folder, capture_output=True, text=True, check=True)
    wheel = site / built.stdout.strip()
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(site)
    wheel.unlink()
    return Package(name, folder, site)


@pytest.fixture(scope="module", params=KINDS)
def package(request, tmp_path_factory) -> Package:
    name = f"my-{request.param}-models"
    return installed(name, request.param, tmp_path_factory.mktemp(name))


def test_the_data_file_is_fresh():
    assert DATA.read_text(encoding="utf-8") == data(), "run `python3 dev.py template`"


def test_the_data_file_is_in_the_core_s_wheel(tmp_path):
    build = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    built = subprocess.run([sys.executable, "-c", build], cwd=ROOT / "core", capture_output=True, text=True, check=True)
    with zipfile.ZipFile(tmp_path / built.stdout.strip()) as wheel:
        assert wheel.read("jackfield/_cli/_templates.json").decode() == data()


def test_nothing_is_left_of_the_template_s_name(package):
    named = [path for path, text in package.texts().items() if "acme" in (path + text).lower()]
    assert named == []


def test_the_name_is_in_all_its_forms(package):
    snake = package.name.replace("-", "_")
    project = tomllib.loads((package.folder / "pyproject.toml").read_text())
    assert project["project"]["name"] == f"jackfield-{package.name}"
    assert list(project["project"]["entry-points"]["jackfield.providers"]) == [package.name]
    assert (package.folder / "src" / f"jackfield_{snake}" / "__init__.py").is_file()
    suite = (package.folder / "tests" / "test_conformance.py").read_text()
    assert f"class Test{package.name.title().replace('-', '')}(ProviderSuite):" in suite


@pytest.mark.parametrize("command", [("ruff", "check"), ("ruff", "format", "--check"), ("mypy",)], ids=" ".join)
def test_its_tools_are_content(package, command):
    done = package.run("-m", *command)
    assert done.returncode == 0, done.stdout


def test_its_tests_pass_on_its_wheel(package, tmp_path):
    done = package.run("-m", "pytest", "-q", str(package.folder / "tests"), cwd=tmp_path)
    assert done.returncode == 0, done.stdout


def test_its_readme_s_example_runs(package):
    prefix = package.name.replace("-", "_").upper()
    with server_for(package) as server:
        done = package.run(
            "-c", package.examples()[0], **{f"{prefix}_API_BASE": server.url, f"{prefix}_API_KEY": "a-key"}
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Hello\n")


def test_its_cases_can_be_recorded_anew(tmp_path):
    """The kind "http" against its own fake server, as its README tells: what is recorded passes, and holds no key."""
    package = installed("my-models", "http", tmp_path)
    wire = package.folder / "tests" / "wire"
    with server_for(package) as server:
        variables = {"MY_MODELS_API_BASE": server.url, "MY_MODELS_API_KEY": "a-key"}
        live = package.run("-m", "pytest", "-q", "--live", **variables)
        for folder in (each for each in wire.iterdir() if each.is_dir()):
            if folder.name in {"stream-error", "error-rate-limit"}:
                (folder / "1.request.json").unlink()
            elif folder.name in {"embedding-dimensions", "image-several"}:  # by hand: what the plugin names beside
                for file in set(folder.iterdir()) - {folder / "case.json"}:
                    file.unlink()
            else:
                shutil.rmtree(folder)
        recording = package.run("-m", "pytest", "-q", "--record", **variables)
    accepting = package.run("-m", "pytest", "-q", "--accept")
    ran = (live, recording, accepting)
    assert [done.returncode for done in ran] == [0, 0, 0], "".join(done.stdout for done in ran)
    assert [text for file in files(wire) if "a-key" in (text := file.read_text()) or server.url in text] == []


def test_the_server_that_differs_in_the_readme_of_the_kind_openai_passes(tmp_path):
    """What the README shows of `headers`, `url` and `body`, and of what such a server has not."""
    package = installed("my-models", "openai", tmp_path)
    [_, module] = package.examples()
    for place in (package.folder / "src", package.site):
        (place / "jackfield_my_models" / "__init__.py").write_text(module)
    gone = ("text_completion", "embedding", "image_generation", "image_edit")
    hooks = package.folder / "tests" / "typing" / "hooks.py"
    kept = [line for line in hooks.read_text().splitlines(keepends=True) if not line.startswith(gone)]
    hooks.write_text("".join(kept))
    wire = package.folder / "tests" / "wire"
    for folder in (each for name in gone for each in wire.glob(f"{name.partition('_')[0]}-*")):
        shutil.rmtree(folder, ignore_errors=True)
    for file in wire.glob("*/*.request.json"):
        file.unlink()
    for command in (("pytest", "-q", "--accept"), ("mypy",), ("ruff", "check"), ("ruff", "format", "--check")):
        done = package.run("-m", *command)
        assert done.returncode == 0, done.stdout
    sent = (wire / "chat-plain" / "1.request.json").read_text()
    assert all(word in sent for word in ('"x-my-models-key": "{api_key}"', "/chat/completions?version=2", '"tenant"'))


def test_its_readme_leads_to_what_is_installed(package):
    """What it says can be looked up in the installed packages is there, and explains itself."""
    readme = (package.folder / "README.md").read_text()
    [sentence] = re.findall(r"^What is installed.*?\n\n", readme, re.MULTILINE | re.DOTALL)
    names = re.findall(r"`(?:python -m pydoc )?(jackfield[\w.]+)`", sentence)
    shown = package.run("-m", "pydoc", *names)
    assert shown.stdout.count("Help on ") == len(names) >= 5, shown.stdout[:400]


def test_its_ci_builds_and_checks_the_wheel_as_its_readme_says(package):
    readme = (package.folder / "README.md").read_text()
    build, install, check = re.findall(r"^```console\nrm -rf dist\n(.*?)\n(.*?)\n(.*?)\n", readme, re.MULTILINE)[0]
    ci = (package.folder / ".github" / "workflows" / "ci.yml").read_text()
    commands = re.findall(r"^      - run: (.*)$", ci, re.MULTILINE)
    built = commands.index(build)
    assert commands[built + 1] == f"rm -r src && {install}"
    assert check in commands[built + 2 :]


def server_for(package: Package) -> Any:
    own = package.folder / "tests" / "fake_server.py"
    return runpy.run_path(str(own))["FakeServer"]() if own.exists() else LoopbackServer()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["a", LONG])
def test_no_line_depends_on_the_length_of_the_name(kind, name, tmp_path):
    make(name, kind, tmp_path / name)
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command], cwd=tmp_path / name, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


LEFT_BEHIND = (
    ".ruff_cache/x.py",
    "build/lib/x.py",
    "dist/x.whl",
    "wheels/x.whl",
    "index.py",
    "src/x.egg-info/PKG-INFO",
)
LEFT_INSIDE = ("{}/__pycache__/x.pyc", "tests/.pytest_cache/x.json", "tests/__pycache__/x.pyc")


@pytest.mark.parametrize("kind", KINDS)
def test_what_builds_and_tools_leave_behind_is_no_part_of_a_template(kind, tmp_path):
    copied = shutil.copytree(KINDS[kind], tmp_path / kind)
    strew(copied, "src/jackfield_acme")
    assert texts(copied).keys() == texts(KINDS[kind]).keys()


def test_what_builds_and_tools_leave_behind_gets_into_no_wheel_or_sdist(tmp_path):
    make("my-models", "http", tmp_path / "made")
    strew(tmp_path / "made", "src/jackfield_my_models")
    for target, opened in (("wheel", lambda file: zipfile.ZipFile(file).namelist()), ("sdist", archived)):
        call = f"from flit_core.buildapi import build_{target} as build; print(build({str(tmp_path)!r}))"
        command = [sys.executable, "-c", call]
        built = subprocess.run(command, cwd=tmp_path / "made", capture_output=True, text=True, check=True)
        inside = opened(tmp_path / built.stdout.strip())
        assert [name for name in inside if re.search(r"cache|egg-info|/x\.", name)] == []


def strew(folder: Path, package: str) -> None:
    for name in (*LEFT_BEHIND, *LEFT_INSIDE):
        file = folder / name.format(package)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


def archived(file: Path) -> list[str]:
    with tarfile.open(file) as opened:
        return opened.getnames()


@pytest.mark.parametrize("kind", ["openai", "python"])
def test_the_kinds_are_configured_alike(kind):
    """Each kind has a pyproject.toml of its own; what is not about its code is the same in all."""
    same = ("build-system", "project", "tool")
    first, other = (tomllib.loads((folder / "pyproject.toml").read_text()) for folder in (TEMPLATE, KINDS[kind]))
    for each in (first, other):
        del each["project"]["dependencies"], each["project"]["entry-points"]
        del each["tool"]["mypy"]["mypy_path"], each["tool"]["ruff"]["lint"]["per-file-ignores"]
        each["tool"]["pytest"]["ini_options"].pop("pythonpath", None)
    assert [first[name] for name in same] == [other[name] for name in same]


def test_ci_differs_where_there_is_no_wire_folder_alone():
    """The kind "python" has cases in Python, which only pytest runs."""
    http, python = ((KINDS[kind] / ".github" / "workflows" / "ci.yml").read_text() for kind in ("http", "python"))
    assert http == f"{python}      - run: jackfield check acme --wire tests/wire\n"
