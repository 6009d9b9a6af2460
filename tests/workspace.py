"""What the workspace is made of, for the tests that look at it as a whole."""

from __future__ import annotations

import ast
import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


WORKSPACE = project(ROOT)


@dataclass(frozen=True)
class Member:
    """One distribution of the workspace."""

    folder: Path

    @property
    def project(self) -> dict[str, Any]:
        return project(self.folder)

    @property
    def metadata(self) -> dict[str, Any]:
        return dict(self.project["project"])

    @property
    def name(self) -> str:
        return str(self.metadata["name"])

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def source(self) -> Path:
        return self.folder / "src" / self.package

    @property
    def modules(self) -> list[Path]:
        return sorted(self.source.rglob("*.py"))

    def entry_points(self, *groups: str) -> dict[str, str]:
        declared = self.metadata.get("entry-points", {})
        return {name: value for group in groups or declared for name, value in declared.get(group, {}).items()}


def _members() -> list[Member]:
    patterns = WORKSPACE["tool"]["uv"]["workspace"]["members"]
    return [Member(file.parent) for pattern in patterns for file in sorted(ROOT.glob(f"{pattern}/pyproject.toml"))]


MEMBERS = _members()
CORE = MEMBERS[0]
PLUGINS = MEMBERS[1:]


def tracked_files() -> list[Path]:
    """What git would give a stranger; skips the test where this is no checkout."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout")
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


def functions(module: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def literals(module: Path) -> list[tuple[int, str]]:
    """The strings that a module works with, with their lines: docstrings and comments are talk, not work."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    talk = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in talk)
    return [(node.lineno, node.value) for node in constants if isinstance(node.value, str)]
