"""The plugin templates: the data file is fresh, and what `jackfield new` makes of each kind is a package that is right.

`python3 dev.py test` also installs the wheels of all kinds into a fresh environment and checks them there.
"""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from loopback import LoopbackServer
from template import DATA, KINDS, TEMPLATE, data
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
    readme = (package.folder / "README.md").read_text()
    [example] = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    prefix = package.name.replace("-", "_").upper()
    with server_for(package) as server:
        done = package.run("-c", example, **{f"{prefix}_API_BASE": server.url, f"{prefix}_API_KEY": "a-key"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Hello\n")


def test_its_cases_can_be_recorded_anew(tmp_path):
    """The kind "http" against its own fake server, as its README tells: what is recorded passes, and holds no key."""
    package = installed("my-models", "http", tmp_path)
    with server_for(package) as server:
        variables = {"MY_MODELS_API_BASE": server.url, "MY_MODELS_API_KEY": "a-key"}
        live = package.run("-m", "pytest", "-q", "--live", **variables)
        recording = package.run("-m", "pytest", "-q", "--record", **variables)
    again = package.run("-m", "pytest", "-q")
    assert [done.returncode for done in (live, recording, again)] == [0, 0, 0], (
        live.stdout + recording.stdout + again.stdout
    )
    wire = [file.read_text() for file in files(package.folder / "tests" / "wire")]
    assert [text for text in wire if "a-key" in text or server.url in text] == []


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
