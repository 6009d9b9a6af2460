"""The tutorial, block for block: commands, edits and files, in a fresh folder and fresh environments.

The shell is one bash from the first block to the last, as the reader's is. Of the page only names are changed: which
Python it is, the ports, and the index that pip uses today, which here is a folder on loopback with the wheels of this
workspace.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from authors import AUTHORS, text
from publishing import Desk, Page, PublicIndex, environment, fetch, free_port, wheel
from workspace import MEMBERS

BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"`([\w./-]+\.\w+)`")
THE_END = "-- the command ends with "

needs_what_the_page_needs = pytest.mark.skipif(
    shutil.which("bash") is None or find_spec("ensurepip") is None,
    reason="the page is for a POSIX shell and a Python with ensurepip, which Debian has in a package of its own",
)


class Block(NamedTuple):
    """A block, its language, its text, and the file that was named last before it."""

    kind: str
    text: str
    file: str


class Shell:
    """A bash that is told line by line, as at a terminal."""

    def __init__(self, desk: Desk) -> None:
        self._bash = subprocess.Popen(
            ["bash"],
            cwd=desk.folder,
            env={**desk.variables, "PIP_NO_COMPILE": "1"},  # most of what pip would compile is never imported
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> tuple[int, str]:
        """Run a command and return its status and what was printed meanwhile."""
        self._bash.stdin.write(f"{command}\nprintf '\\n{THE_END}%s\\n' $?\n")
        self._bash.stdin.flush()
        said = ""
        for line in self._bash.stdout:
            if line.startswith(THE_END):
                return int(line.removeprefix(THE_END)), said
            said += line
        raise AssertionError(f"the shell ended with {command}:\n{said}")

    def folder(self) -> Path:
        """Where the shell is now."""
        return Path(self.run("pwd")[1].strip())

    def close(self) -> None:
        """End the servers that are still running, and the shell."""
        self.run("kill $(jobs -p)")
        self._bash.communicate("exit\n")


def blocks(page: str) -> Iterator[Block]:
    for found in BLOCK.finditer(page):
        names = NAME.findall(BLOCK.sub("", page[: found.start()]))
        yield Block(found[1], found[2], names[-1] if names else "")


def edited(source: str, diff: str) -> str:
    """Return a file with the hunks of a diff done, each of which must fit one place."""
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        after = "".join(line[1:] for line in lines if line[0] != "-")
        assert source.count(before) == 1, f"this is there {source.count(before)} times:\n{before}"
        source = source.replace(before, after)
    return source


def follow(shell: Shell, page: list[Block]) -> None:
    """Do what each block says."""
    said, status = "", 0
    for block, following in zip(page, [*page[1:], None], strict=True):
        if block.kind == "console":
            status, said = typed(shell, block.text)
            shown = following.text if following is not None and following.kind == "text" else ""
            assert bool(status) == fails(shown), f"{block.text}{said}"
        elif block.kind == "text":
            assert re.search(re.escape(block.text).replace("…", ".*"), said), f"expected\n{block.text}\nin\n{said}"
        else:
            file = shell.folder() / block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(edited(file.read_text(), block.text) if block.kind == "diff" else block.text)


def fails(shown: str) -> bool:
    """Whether what a page shows as printed is of a command that fails."""
    return shown.startswith(("Error: ", "acme sent another request"))


def typed(shell: Shell, commands: str) -> tuple[int, str]:
    """Type the commands of a block until one fails."""
    said = ""
    for command in commands.splitlines():
        status, printed = shell.run(command)
        said += printed
        if status:
            break
    return status, said


@pytest.fixture(scope="module")
def public(tmp_path_factory) -> Iterator[PublicIndex]:
    """The index that pip uses today: our distributions, all that they and the template's tests need, and no acme."""
    place = tmp_path_factory.mktemp("public")
    own = [wheel(member.folder, place) for member in MEMBERS if member.name != "jackfield-acme"]
    (place / "wheels").mkdir()
    wanted = [f"{own[0]}[cli,testing]", *map(str, own[1:]), "flit_core", "mypy", "ruff"]
    fetch(environment(place / "environment"), place / "wheels", *wanted)
    with PublicIndex(place / "index", (place / "wheels").iterdir()) as index:
        yield index


@needs_what_the_page_needs
def test_the_tutorial_works_as_it_stands_there(public, tmp_path):
    index = {"8000": str(free_port()), "https://index.example/simple": public.url}
    [script] = Page(AUTHORS / "publishing.md", index).blocks("python notest", "Without an index server")
    (tmp_path / "index.py").write_text(script)
    page = text("tutorial.md")
    for word, here in {**index, "8099": str(free_port()), "python3 -m": f"{sys._base_executable} -m"}.items():
        assert word in page
        page = page.replace(word, here)
    shell = Shell(Desk(tmp_path, Path(sys._base_executable), public.url))
    try:
        follow(shell, list(blocks(page)))
    finally:
        shell.close()
