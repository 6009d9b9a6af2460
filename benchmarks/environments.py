"""The contestants' environments: one virtual environment each, under `.environments/`, made when first needed.

They are made with the Python that runs this, its pip installs into them, and they hold no pip and no trio of their
own (`httpcore` imports trio wherever it finds it, which would change the baseline).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
ENVIRONMENTS = HERE / ".environments"
CONSTRAINTS = ROOT / "constraints.txt"
MARK = "made-from"

PEERS = {
    "pydantic": ["pydantic"],
    "httpx": ["httpx"],
    "aiohttp": ["aiohttp"],
    "openai": ["openai"],
    "litellm": ["litellm"],
    "tensorzero": ["tensorzero"],
    "server": ["uvloop"],
}
GATEWAYS = {  # what only gateway/ needs
    "bare": ["starlette", "uvicorn", "uvloop", "httptools", "aiohttp"],
    "litellm-proxy": ["litellm[proxy]"],
    "py-spy": ["py-spy"],
}
BASELINES = {"pydantic", "httpx", "aiohttp", "bare"}  # held to the versions that jackfield is tested with
LIBRARY = ("core", "plugins/custom-format", "plugins/openai-compatible")
OURS = {  # environment → the tree's distributions in it
    "jackfield": LIBRARY,
    "jackfield-gateway": (*LIBRARY, "plugins/legacy-custom", "plugins/router", "plugins/gateway"),
}


class Unavailable(Exception):
    """This contestant cannot be installed here; the message says why."""


def python_of(name: str) -> Path:
    """The interpreter of a contestant's environment, made if missing or out of date; raises Unavailable."""
    return _ours(name) if name in OURS else _peer(name)


def version(name: str, distribution: str | None = None) -> str:
    """The version of a contestant, or of another distribution, in the contestant's own environment."""
    listing: list[dict[str, str]] = json.loads(_pip("list", "--format=json", environment=name))
    return next(entry["version"] for entry in listing if entry["name"].lower() == (distribution or name))


def last_words(errors: str) -> str:
    """What a failed process said last, without the frames that exception groups and pip draw."""
    lines = [line.strip(" |+-") for line in errors.splitlines() if line.strip(" |+-")]
    raised = [line for line in lines if re.match(r"ERROR:|[\w.]+(Error|Exception|Exit|Interrupt)\b", line)]
    return next(reversed(raised or lines), "it ended without a word")[:160]


def _peer(name: str) -> Path:
    constrained = _constrained() if name in BASELINES else []
    wanted = (PEERS | GATEWAYS)[name]
    stamp = f"{wanted} {CONSTRAINTS.read_text() if constrained else ''}"
    if not _is_made(name, stamp):
        _make(name, [*wanted, *constrained], stamp)
    return _python(name)


def _ours(name: str) -> Path:
    """Wheels of the tree as it is now: an editable install starts slower than what users install."""
    members = [ROOT / member for member in OURS[name]]
    if missing := [str(member.relative_to(ROOT)) for member in members if not [*member.glob("src/*/__init__.py")]]:
        raise Unavailable(f"not in this tree yet: {', '.join(missing)}")
    stamp = _digest(members)
    if not _is_made(name, stamp):
        with tempfile.TemporaryDirectory() as wheels:
            _pip("wheel", "--quiet", "--no-deps", "--wheel-dir", wheels, *map(str, members))
            core, *plugins = sorted(Path(wheels).glob("*.whl"))  # "jackfield-" sorts before "jackfield_"
            _make(name, [f"jackfield[aiohttp] @ {core.as_uri()}", *map(str, plugins), *_constrained()], stamp)
    return _python(name)


def _python(name: str) -> Path:
    return ENVIRONMENTS / name / "bin" / "python"


def _is_made(name: str, stamp: str) -> bool:
    mark = ENVIRONMENTS / name / MARK
    return mark.exists() and mark.read_text() == f"{sys.version} {stamp}"


def _make(name: str, install: list[str], stamp: str) -> None:
    """Make an environment anew; it bears its stamp only when everything is in it."""
    print(f"making the environment of {name} …", file=sys.stderr, flush=True)
    venv.create(ENVIRONMENTS / name, clear=True, with_pip=False, symlinks=True)
    _pip("install", "--quiet", *install, environment=name)
    (ENVIRONMENTS / name / MARK).write_text(f"{sys.version} {stamp}")


def _constrained() -> list[str]:
    return ["-c", str(CONSTRAINTS)] if CONSTRAINTS.exists() else []


def _pip(*arguments: str, environment: str | None = None) -> str:
    where = ["--python", str(ENVIRONMENTS / environment)] if environment else []
    command = [sys.executable, "-m", "pip", *where, *arguments]
    quiet = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)
    if done.returncode:
        raise Unavailable(last_words(done.stderr))
    return done.stdout


def _digest(members: list[Path]) -> str:
    """Changes with every source file of these members."""
    digest = hashlib.sha256(CONSTRAINTS.read_bytes() if CONSTRAINTS.exists() else b"")
    for member in members:
        for path in sorted([member / "pyproject.toml", *(member / "src").rglob("*.py")]):
            digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]
