"""What it takes to run `docs/authors/publishing.md` for real: wheels, a public index, an author's desk.

Nothing here leaves the machine but `fetch`, which lets pip download the wheels of others from where pip is told to
find them. The public index is a folder on loopback, laid out as PEP 503 says; the author's own is the page's.
"""

from __future__ import annotations

import os
import random
import re
import runpy
import shlex
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import importlib_metadata
from workspace import ROOT

__all__ = ["Desk", "Page", "PublicIndex", "environment", "fetch", "free_port", "provider", "wheel"]

DEV = runpy.run_path(str(ROOT / "dev.py"))
TEMPLATE = ROOT / "plugin-template"
FOREIGN = ("PIP_", "PYTHON", "VIRTUAL_ENV", "JACKFIELD_", "ACME_")
"""Variables of whoever runs the tests; on the desk they mean nothing."""


class Page:
    """A page's blocks of code by their kind, with some of its words replaced by what they are here."""

    def __init__(self, path: Path, replaced: dict[str, str]) -> None:
        self._text = path.read_text(encoding="utf-8")
        for word, here in replaced.items():
            assert word in self._text, f"{path.name} no longer says {word}"
            self._text = self._text.replace(word, here)

    def blocks(self, kind: str, section: str) -> list[str]:
        """Return the blocks of a section, without the lines around them."""
        [text] = re.findall(rf"^##+ {section}\n(.*?)(?=^##|\Z)", self._text, re.MULTILINE | re.DOTALL)
        return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)

    def commands(self, section: str) -> list[str]:
        """Return the commands of a section, one a line."""
        return [line for block in self.blocks("console", section) for line in block.splitlines()]


# -------------------------------------------------------------------------------------------------------------- wheels


def wheel(source: Path, folder: Path) -> Path:
    """Build a distribution and return its wheel in the folder."""
    call = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(folder)!r}))"
    done = subprocess.run([sys.executable, "-c", call], cwd=source, capture_output=True, text=True, check=True)
    return folder / done.stdout.strip()


def provider(folder: Path, version: str, name: str = "jackfield-acme") -> Path:
    """Copy the template's provider into the folder under this version and name; it stays the provider "acme"."""
    package = name.replace("-", "_")
    source = folder / f"{name}-{version}"
    shutil.copytree(TEMPLATE / "src" / "jackfield_acme", source / "src" / package)
    for file in ("README.md", "LICENSE"):
        shutil.copy(TEMPLATE / file, source)
    text = (TEMPLATE / "pyproject.toml").read_text(encoding="utf-8")
    text = re.sub(r'^version = ".*"$', f'version = "{version}"', text, count=1, flags=re.MULTILINE)
    text = text.replace("jackfield-acme", name).replace("jackfield_acme", package)
    (source / "pyproject.toml").write_text(text, encoding="utf-8")
    return source


def fetch(python: Path, folder: Path, *wanted: str) -> None:
    """Download wheels, with all that they need, from the indexes that this machine's pip uses."""
    pins = str(ROOT / "constraints.txt")
    command = [str(python), "-m", "pip", "download", "--quiet", "--dest", str(folder), "--constraint", pins, *wanted]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


# ------------------------------------------------------------------------------------------------------------- indexes


class PublicIndex:
    """Serves wheels on loopback while it is entered; `asked` are the names that somebody wanted to know about."""

    def __init__(self, folder: Path, wheels: Iterable[Path]) -> None:
        self.asked: list[str] = []
        for each in wheels:
            home = folder / "simple" / re.sub(r"[-_.]+", "-", each.name.split("-")[0]).lower()
            home.mkdir(parents=True, exist_ok=True)
            shutil.copy(each, home)
        handler = type("Handler", (_PublicHandler,), {"asked": self.asked})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/simple"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _PublicHandler(SimpleHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:
        if self.path.endswith("/"):
            self.asked.append(self.path.split("/")[-2])
        super().do_GET()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet: what was asked for is in `asked`."""


def free_port() -> int:
    """Return a port for a server that has to be told one.

    It lies below those that systems give away, of which somebody could be given it before that server begins.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


# ------------------------------------------------------------------------------------------------------------ the desk


def environment(folder: Path) -> Path:
    """Make an environment with pip and nothing else in it; returns its Python."""
    DEV["create"](folder)
    DEV["install"](folder, "--no-compile", "pip", constraints=None)
    return Path(DEV["python_of"](folder))


class Desk:
    """A folder with an environment of its own, where commands are typed as a page shows them.

    pip uses this index there, and none of the settings and variables of whoever runs the tests.
    """

    def __init__(self, folder: Path, python: Path, index_url: str) -> None:
        self.folder = folder
        self.python = python
        own = {name: value for name, value in os.environ.items() if not name.upper().startswith(FOREIGN)}
        own["PATH"] = os.pathsep.join([str(python.parent), os.environ["PATH"]])
        own |= {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": index_url,
            "PIP_NO_CACHE_DIR": "1",
            "PIP_NO_COMPILE": "1",
        }
        self.variables = own | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}

    def run(self, command: str, folder: Path | None = None) -> str:
        """Run a command and return what it prints; fails with its errors."""
        status, output, errors = self.try_to(*shlex.split(command), folder=folder)
        assert not status, f"{command}\n{output}\n{errors}"
        return output

    def try_to(self, *command: str, folder: Path | None = None, **variables: str) -> tuple[int, str, str]:
        """Run a command and return its status, output and errors."""
        done = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.variables | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def installed(self) -> dict[str, str]:
        """Return what is installed: distribution → version."""
        where = [str(path) for path in self.python.parents[1].glob("lib*/**/site-packages")]
        return {each.name: each.version for each in importlib_metadata.distributions(path=where)}

    @contextmanager
    def serving(self, command: str) -> Iterator[str]:
        """Keep a server running; yields the first line that it prints, which says that it is there."""
        log = self.folder / "server.log"
        with (
            log.open("w") as errors,
            subprocess.Popen(
                shlex.split(command),
                cwd=self.folder,
                env=self.variables,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as server,
        ):
            try:
                first = server.stdout.readline().strip() if server.stdout else ""
                assert first, log.read_text()
                yield first
            finally:
                server.terminate()
