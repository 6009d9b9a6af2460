"""Pages of the documentation, as somebody follows them: the config, the files beside it, the commands, the programs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gateway import GatewayProcess
from workspace import ROOT

__all__ = ["KEY", "PAGES", "Block", "Page", "check", "environment", "rows"]

KEY = "sk-4cQ9wNf2LrXs"
"""The gateway's key, wherever a page asks for one."""

ADDRESS = "localhost:4000"
"""Where the gateway is, on every page."""

BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.py)\n")
VARIABLE = re.compile(r"os\.environ/(\w+)|\$\{(\w+)\}")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page; ``line`` is where its text begins."""

    page: Page
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Page:
    """A Markdown page of this repository."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))

    @cached_property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    def blocks(self, kind: str) -> list[Block]:
        """Return the blocks of one language, in their order."""
        found = BLOCK.finditer(self.text)
        return [
            Block(self, self.text.count("\n", 0, each.start(2)) + 1, *each.groups())
            for each in found
            if each[1] == kind
        ]

    @property
    def files(self) -> dict[str, str]:
        """The files that it says to write beside the config: Python that begins with its name."""
        return {name[1]: block.text for block in self.blocks("python") if (name := FILE.match(block.text))}

    def section(self, title: str) -> str:
        """Return what stands under a heading."""
        return self.text.split(f"\n## {title}\n")[1].split("\n## ")[0]

    @cached_property
    def gateway(self) -> GatewayProcess:
        """The gateway that its first config starts, to be entered."""
        config = self.blocks("yaml")[0].text
        return GatewayProcess(config, files=beside(self), env=environment(config))


def _pages() -> Iterator[Page]:
    yield from (Page(ROOT / "README.md"), Page(ROOT / "plugins" / "gateway" / "README.md"))
    yield from map(Page, sorted((ROOT / "docs" / "operators").glob("*.md")))


PAGES = {str(page): page for page in _pages()}
"""The pages that tell of the gateway, by their paths."""


def beside(page: Page) -> dict[str, str]:
    """Return the files that a page's configs name: its own, else the README's handler."""
    handler = PAGES["README.md"].files["custom_handler.py"]
    return {"custom_handler.py": f"{handler}\n\nmy_house = my_custom_llm\n", **page.files}


def environment(config: str) -> dict[str, str]:
    """Return the variables of a process for which each that a config names is set."""
    names = {name for found in VARIABLE.findall(config) for name in found if name}
    return {**os.environ, "no_proxy": "*", "GATEWAY_MASTER_KEY": KEY, **dict.fromkeys(names, KEY)}


def check(config: str, files: dict[str, str], folder: Path) -> str:
    """Return what ``jackfield serve --check`` says of a config in a folder."""
    for name, text in {"config.yaml": config, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "jackfield", "serve", "--check", "config.yaml"]
    done = subprocess.run(
        command, cwd=folder, env=environment(config), capture_output=True, text=True, timeout=30, check=False
    )
    return done.stdout + done.stderr


def rows(table: str) -> dict[str, list[str]]:
    """Return a Markdown table: what stands in backticks in the first column → the other cells, once for each name."""
    found: dict[str, list[str]] = {}
    for line in table.splitlines():
        first, *others = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else [""]
        found |= dict.fromkeys(re.findall(r"`([^`]+)`", first), others)
    return found
