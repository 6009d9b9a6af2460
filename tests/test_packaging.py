"""Each distribution says about itself what an index, a type checker and the core need to know."""

from __future__ import annotations

import importlib
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from workspace import CORE, MEMBERS, PLUGINS, ROOT, WORKSPACE, Member, tracked_files

each_member = pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
each_plugin = pytest.mark.parametrize("member", PLUGINS, ids=lambda member: member.name)

each_of_ours = pytest.mark.parametrize(  # the template of plugins leaves the licence to its author
    "member", [member for member in MEMBERS if member.folder.name != "plugin-template"], ids=lambda member: member.name
)


def test_the_first_member_is_the_core() -> None:
    assert CORE.name == "jackfield"


@each_member
def test_it_is_typed(member: Member) -> None:
    assert (member.source / "py.typed").read_bytes() == b""


@each_member
def test_its_readme_opens_with_its_name(member: Member) -> None:
    readme = (member.folder / member.metadata["readme"]).read_text(encoding="utf-8")
    assert readme.splitlines()[0] == f"# {member.name}"


@each_of_ours
def test_it_carries_the_licence(member: Member) -> None:
    assert (member.metadata["license"], member.metadata["license-files"]) == ("MIT", ["LICENSE"])
    assert (member.folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@each_member
def test_its_version_is_static_and_whole(member: Member) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", member.metadata["version"])
    assert "dynamic" not in member.metadata


@each_member
def test_it_is_built_by_flit_core_for_python_3_11(member: Member) -> None:
    assert member.project["build-system"]["build-backend"] == "flit_core.buildapi"
    assert member.metadata["requires-python"] == ">=3.11"
    assert member.project["tool"]["flit"]["module"]["name"] == member.package


@each_plugin
def test_a_plugin_wants_a_core_of_this_major_version(member: Member) -> None:
    requirements = [Requirement(text) for text in member.metadata["dependencies"]]
    [core] = [requirement for requirement in requirements if requirement.name == "jackfield"]
    assert str(core.specifier) == "<1,>=0.1"


def test_the_core_depends_on_four_packages() -> None:
    names = {Requirement(text).name for text in CORE.metadata["dependencies"]}
    assert names == {"httpx", "importlib-metadata", "pluggy", "pydantic"}


@each_member
def test_each_of_its_entry_points_leads_somewhere(member: Member) -> None:
    for value in member.entry_points().values():
        module, _, attribute = value.partition(":")
        assert module.split(".")[0] == member.package
        assert not attribute or hasattr(importlib.import_module(module), attribute)


@each_member
def test_the_workspace_lists_it_everywhere(member: Member) -> None:
    """Lists that a new plugin must be added to: uv's sources, the development group, and the import contracts."""
    tool = WORKSPACE["tool"]
    developed = {Requirement(text).name for text in WORKSPACE["dependency-groups"]["dev"]}
    contracts = {contract["name"]: contract for contract in tool["importlinter"]["contracts"]}
    assert member.name in tool["uv"]["sources"]
    assert member.name in developed
    assert member.package in tool["importlinter"]["root_packages"]
    if member is not CORE:
        assert member.package in contracts["Plugins import only the public jackfield"]["source_modules"]
        assert member.package in contracts["The core knows no plugin"]["forbidden_modules"]


@each_member
def test_what_its_tests_need_is_part_of_development(member: Member) -> None:
    groups = member.project.get("dependency-groups") or member.metadata["optional-dependencies"]
    needed = {Requirement(text).name for text in groups["test"]}
    assert needed <= {Requirement(text).name for text in WORKSPACE["dependency-groups"]["dev"]}


def pins() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_constraints_are_versions_and_nothing_else() -> None:
    """No address, no host, no option, no hash: a name and a version, each name once, in order."""
    assert [pin for pin in pins() if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", pin)] == []
    names = [canonicalize_name(pin.partition("==")[0]) for pin in pins()]
    assert len(names) == len(set(names))
    assert "://" not in (ROOT / "constraints.txt").read_text(encoding="utf-8")


def test_constraints_hold_everything_that_development_installs() -> None:
    pinned = {canonicalize_name(pin.partition("==")[0]) for pin in pins()}
    wanted = [Requirement(text) for text in WORKSPACE["dependency-groups"]["dev"]]
    wanted += [Requirement(text) for member in MEMBERS for text in member.metadata["dependencies"]]
    names = {canonicalize_name(requirement.name) for requirement in wanted}
    assert names - pinned == {member.name for member in MEMBERS}


def test_no_lock_file_with_hosts_is_tracked() -> None:
    assert "uv.lock" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ROOT / "uv.lock" not in tracked_files()
