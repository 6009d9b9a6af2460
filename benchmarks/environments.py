"""The contestants' environments: one virtual environment each, under `.environments/`, made when first needed.

They are made with the Python that runs this, its pip installs into them, and they hold no pip and no trio of their
own (`httpcore` imports trio wherever it finds it, which would change the baseline).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENTS = HERE / ".environments"
CONSTRAINTS = ROOT / "constraints.txt"

PEERS = {
    "pydantic": ["pydantic"],
    "httpx": ["httpx"],
    "aiohttp": ["aiohttp"],
    "openai": ["openai"],
    "litellm": ["litellm"],
    "tensorzero": ["tensorzero"],
    "server": ["uvloop"],
}
BASELINES = {"pydantic", "httpx", "aiohttp"}  # held to the versions that jackfield is tested with
JACKFIELD = ("core", "plugins/custom-format", "plugins/openai-compatible")


class Unavailable(Exception):
    """This contestant cannot be installed here; the message says why."""


def python_of(name: str) -> Path:
    """The interpreter of a contestant's environment, made if missing or out of date; raises Unavailable."""
    return _jackfield() if name == "jackfield" else _peer(name)


def version(name: str) -> str:
    """The version of a contestant in its own environment."""
    listing: list[dict[str, str]] = json.loads(_pip("list", "--format=json", environment=name))
    return next(entry["version"] for entry in listing if entry["name"].lower() == name)


def _peer(name: str) -> Path:
    constrained = ["-c", str(CONSTRAINTS)] if name in BASELINES and CONSTRAINTS.exists() else []
    pins = CONSTRAINTS.read_text() if constrained else ""
    return _made(name, [*PEERS[name], *constrained], stamp=f"{PEERS[name]} {pins}")


def _jackfield() -> Path:
    """Wheels of the tree as it is now: an editable install starts slower than what users install."""
    members = [ROOT / member for member in JACKFIELD]
    if missing := [str(member.relative_to(ROOT)) for member in members if not [*member.glob("src/*/__init__.py")]]:
        raise Unavailable(f"not in this tree yet: {', '.join(missing)}")
    stamp = _digest(members)
    wheels = ENVIRONMENTS / "wheels" / stamp
    if not wheels.exists():
        _pip("wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), *map(str, members))
    constrained = ["-c", str(CONSTRAINTS)] if CONSTRAINTS.exists() else []
    core, *plugins = sorted(wheels.glob("*.whl"))  # "jackfield-" sorts before "jackfield_"
    return _made("jackfield", [f"jackfield[aiohttp] @ {core.as_uri()}", *map(str, plugins), *constrained], stamp)


def _made(name: str, install: list[str], stamp: str) -> Path:
    """An environment that was made from `stamp`; anything else under that name is made anew."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    mark = folder / "made-from"
    stamp = f"{sys.version} {stamp}"
    if mark.exists() and mark.read_text() == stamp:
        return python
    print(f"making the environment of {name} …", file=sys.stderr, flush=True)
    venv.create(folder, clear=True, with_pip=False, symlinks=True)
    _pip("install", "--quiet", *install, environment=name)
    mark.write_text(stamp)
    return python


def _pip(*arguments: str, environment: str | None = None) -> str:
    where = ["--python", str(ENVIRONMENTS / environment)] if environment else []
    command = [sys.executable, "-m", "pip", *where, *arguments]
    quiet = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    if done.returncode:
        raise Unavailable(_reason(done.stderr))
    return done.stdout


def _reason(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.startswith("ERROR")] or stderr.splitlines()[-1:]
    return lines[0].removeprefix("ERROR: ") if lines else "pip failed without a word"


def _digest(members: list[Path]) -> str:
    """Changes with every source file of these members."""
    digest = hashlib.sha256(CONSTRAINTS.read_bytes() if CONSTRAINTS.exists() else b"")
    for member in members:
        for path in sorted([member / "pyproject.toml", *(member / "src").rglob("*.py")]):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
