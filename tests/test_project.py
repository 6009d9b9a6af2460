"""Rules for the source as a whole, the ones no tool holds."""

from __future__ import annotations

import ast
import re
import statistics
from pathlib import Path

import pytest
from jackfield._known import PUBLISHED
from workspace import CORE, MEMBERS, PLUGINS, ROOT, WORKSPACE, Member, functions, literals, tracked_files

SOURCES = [module for member in MEMBERS for module in member.modules]
HERE = [ROOT / "dev.py", *sorted((ROOT / "tests").rglob("*.py"))]
ORDINARY = {"custom", "echo", "together", "perplexity"}  # provider names that are words of English as well


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


# ------------------------------------------------------------------------------------------- law 2: no provider's name


def provider_names() -> set[str]:
    return {name for plugin in PLUGINS for name in plugin.entry_points("jackfield.providers", "jackfield.presets")}


def own_names() -> set[str]:
    """What else would tie the core to one provider: the names of the plugins' distributions and packages."""
    return {name for plugin in PLUGINS for name in (plugin.name, plugin.package)}


def test_the_core_knows_what_this_repository_publishes():
    assert {plugin.name for plugin in PLUGINS} == PUBLISHED | {"jackfield-acme"}  # which authors make their own


def named(text: str, names: set[str]) -> list[str]:
    """The provider names that a string holds: alone, before a slash, and if they are no English words, anywhere."""

    def holds(name: str) -> bool:
        end = "/" if name in ORDINARY else r"(?![\w-])"
        return text == name or re.search(rf"(?<![\w-]){re.escape(name)}{end}", text) is not None

    return [name for name in sorted(names) if holds(name)]


@pytest.mark.parametrize("module", CORE.modules, ids=name_of)
def test_the_core_names_no_provider_but_in_its_one_table(module: Path) -> None:
    if module.name == "_known.py":
        return
    theirs = provider_names() | own_names()
    assert [(line, names) for line, text in literals(module) if (names := named(text, theirs))] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("openai", ["openai"]),
        ("openai/gpt", ["openai"]),
        ("ask openai for it", ["openai"]),
        ("text-completion-openai", ["text-completion-openai"]),
        ("openai-organization", []),
        ("custom", ["custom"]),
        ("custom/llama", ["custom"]),
        ("a custom handler", []),
        ("custom_llm_provider", []),
    ],
)
def test_a_name_is_found_where_it_is_one(text: str, found: list[str]) -> None:
    assert named(text, {"openai", "text-completion-openai", "custom"}) == found


# ------------------------------------------------------------------------------------------------------------ layering


def test_plugins_are_kept_from_every_private_module_of_the_core() -> None:
    contracts = {contract["name"]: contract for contract in WORKSPACE["tool"]["importlinter"]["contracts"]}
    forbidden = set(contracts["Plugins import only the public jackfield"]["forbidden_modules"])
    private = {f"jackfield.{path.stem}" for path in CORE.source.glob("_*") if not path.stem.startswith("__")}
    assert private - forbidden == set()


# --------------------------------------------------------------------------------------------------------------- sizes


@pytest.mark.parametrize("module", [*SOURCES, *HERE], ids=name_of)
def test_a_module_can_be_read_in_a_sitting(module: Path) -> None:
    lines = len(module.read_text(encoding="utf-8").splitlines())
    assert lines <= 600


@pytest.mark.parametrize("module", [*SOURCES, *HERE], ids=name_of)
def test_a_function_fits_on_a_screen(module: Path) -> None:
    long = {node.name: size for node in functions(module) if (size := length_of(node)) > 60}
    assert long == {}


@pytest.mark.parametrize("member", MEMBERS, ids=lambda member: member.name)
def test_most_functions_are_small(member: Member) -> None:
    sizes = [length_of(node) for module in member.modules for node in functions(module)]
    assert statistics.median(sizes or [0]) <= 10


def length_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


# --------------------------------------------------------------------------------------------------------------- paths


def test_no_file_holds_a_path_of_somebody_s_machine() -> None:
    places = {f"{ROOT}/", f"{ROOT.parent}/", f"{Path.home()}/"} - {"/", "//"}
    pattern = re.compile("|".join([*map(re.escape, places), r"/home/\w+/", r"/Users/\w+/"]))
    texts = {file: file.read_bytes().decode("utf-8", "replace") for file in tracked_files()}
    assert [(name_of(file), match[0]) for file, text in texts.items() if (match := pattern.search(text))] == []
