#!/usr/bin/env python3
"""Sets up, shows and tests Jackfield. Needs Python 3.11 and pip, or uv, and nothing else.

python3 dev.py run            show every provider at work on real traffic
python3 dev.py run -- ARGS    the same as the command `jackfield ARGS`
python3 dev.py test           lint, types, import contracts, every test, and every wheel tested alone
python3 dev.py test ARGS      only pytest, with these arguments
python3 dev.py setup          make or refresh .venv, which the others do by themselves
python3 dev.py lock           write constraints.txt anew from the newest versions
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this with an old Python shall read why it fails
    sys.exit(f"dev.py needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
STAMP = VENV / "dev-stamp"


# ------------------------------------------------------------------------------------------------ what the workspace is


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def members() -> list[Path]:
    """The folders of the distributions, the core first."""
    patterns = project(ROOT)["tool"]["uv"]["workspace"]["members"]
    return [path.parent for pattern in patterns for path in sorted(ROOT.glob(f"{pattern}/pyproject.toml"))]


def name_of(member: Path) -> str:
    return str(project(member)["project"]["name"])


def editable(member: Path) -> list[str]:
    extras = ",".join(project(member)["project"].get("optional-dependencies", {}))
    return ["-e", f"{member}[{extras}]" if extras else str(member)]


def tools() -> list[str]:
    """The third-party packages that development and the members' tests need."""
    groups = [project(ROOT)["dependency-groups"]["dev"], *(test_group(member) for member in members())]
    own = {name_of(member) for member in members()}
    return sorted({requirement for group in groups for requirement in group if distribution(requirement) not in own})


def test_group(member: Path) -> list[str]:
    return list(project(member)["dependency-groups"]["test"])


def distribution(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


# ---------------------------------------------------------------------------------------------------------- environments


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def script(name: str) -> str:
    return str(python_of(VENV).with_name(name))


def create(environment: Path) -> None:
    # Without pip: Debian may lack ensurepip, and copying pip is the slowest part of making an environment.
    check([sys.executable, "-m", "venv", "--without-pip", "--clear", environment])


def install(environment: Path, *arguments: str, constraints: Path | None = CONSTRAINTS) -> None:
    bounds = ["-c", str(constraints)] if constraints and constraints.exists() else []
    check([*installer(python_of(environment)), *bounds, *arguments])


def installer(python: Path) -> list[str]:
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", str(python)]
    base = getattr(sys, "_base_executable", sys.executable)  # where dev.py runs inside .venv, pip is outside
    if subprocess.run([base, "-c", "import pip"], capture_output=True, check=False).returncode:
        sys.exit(f"dev.py needs pip or uv: neither `{base} -m pip` nor `uv` is there.")
    return [base, "-m", "pip", "--python", str(python), "install", "-qq"]


def setup() -> None:
    """Makes `.venv` with every member editable and all tools; returns at once when nothing has changed."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint():
        return
    started = time.monotonic()
    print("Setting up .venv (once, and when a pyproject.toml or constraints.txt changes) ...", flush=True)
    if not usable():
        create(VENV)
    populate(VENV)
    STAMP.write_text(fingerprint(), encoding="utf-8")
    print(f"Ready after {time.monotonic() - started:.0f} s.", flush=True)


def populate(environment: Path, constraints: Path | None = CONSTRAINTS) -> None:
    install(environment, "flit_core", constraints=constraints)  # once here, instead of once for each member
    everything = [argument for member in members() for argument in editable(member)] + tools()
    install(environment, "--no-build-isolation", *everything, constraints=constraints)


def usable() -> bool:
    """Whether `.venv` runs the very Python that runs dev.py."""
    if not python_of(VENV).exists():
        return False
    version = [python_of(VENV), "-c", "import sys; print(sys.version)"]
    return subprocess.run(version, capture_output=True, text=True, check=False).stdout.strip() == sys.version


def fingerprint() -> str:
    files = [Path(__file__), ROOT / "pyproject.toml", CONSTRAINTS, *(member / "pyproject.toml" for member in members())]
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for file in files:
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()


# --------------------------------------------------------------------------------------------------------------- commands


def run(arguments: list[str]) -> int:
    setup()
    if arguments:
        return status([script("jackfield"), *arguments])
    return status([python_of(VENV), ROOT / "tests" / "tour.py"])


def test(arguments: list[str]) -> int:
    setup()
    if arguments:
        return status([python_of(VENV), "-m", "pytest", *arguments])
    failed = [name for name, step in STEPS.items() if not reported(name, step)]
    print(f"\n{'failed: ' + ', '.join(failed) if failed else 'everything passed'}", flush=True)
    return 1 if failed else 0


def reported(name: str, step: Callable[[], bool]) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    passed = step()
    print(f"== {name}: {'ok' if passed else 'FAILED'} ({time.monotonic() - started:.0f} s)", flush=True)
    return passed


def python(*arguments: str | Path) -> bool:
    return status([python_of(VENV), *arguments]) == 0


def types() -> bool:
    # Folders of tests are no packages and hold files of equal names, so each is checked by itself.
    sources = [str(member / "src") for member in members()]
    trees = [[*sources, "dev.py"], ["tests"], *([member / "tests"] for member in members())]
    return all([python("-m", "mypy", *tree) for tree in trees if any(map(has_python, tree))])


def has_python(path: str | Path) -> bool:
    return str(path).endswith(".py") or any((ROOT / path).rglob("*.py"))


def tests() -> bool:
    passed = python("-m", "coverage", "run", "-m", "pytest")
    return all([python("-m", "coverage", "combine", "--quiet"), python("-m", "coverage", "report"), passed])


def lock(arguments: list[str]) -> int:
    own = {name_of(member) for member in members()}
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        create(environment)
        populate(environment, constraints=None)
        installed = subprocess.run([python_of(environment), "-c", LIST], capture_output=True, text=True, check=True)
    versions = [line for line in installed.stdout.splitlines() if line.split("==")[0] not in own]
    CONSTRAINTS.write_text("\n".join([CONSTRAINTS_HEAD, *sorted(versions, key=str.lower), ""]), encoding="utf-8")
    print(f"{len(versions)} versions written to {CONSTRAINTS.name}")
    return 0


CONSTRAINTS_HEAD = "# What the development environment installs. Written by `python3 dev.py lock`; not edited by hand."
LIST = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()), sep='\\n')"


# ------------------------------------------------------------------------------------------------- each wheel by itself


def wheels() -> bool:
    """Builds every wheel and runs each distribution's tests where only wheels are installed and no `src` exists."""
    with tempfile.TemporaryDirectory() as folder:
        built = {name_of(member): build(member, Path(folder) / "wheels") for member in members()}
        bounds = Path(folder) / "constraints.txt"
        own = [f"{name} @ {wheel.as_uri()}" for name, wheel in built.items()]
        bounds.write_text("\n".join([CONSTRAINTS.read_text(encoding="utf-8"), *own, ""]), encoding="utf-8")
        return all([alone(member, Path(folder) / name_of(member), bounds) for member in members()])


def build(member: Path, target: Path) -> Path:
    target.mkdir(exist_ok=True)
    call = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(target)!r}))"
    done = subprocess.run([python_of(VENV), "-c", call], cwd=member, stdout=subprocess.PIPE, text=True, check=True)
    return target / done.stdout.strip()


def alone(member: Path, folder: Path, bounds: Path) -> bool:
    """Tests one distribution in `folder`, which mirrors the repository but for everything that could be imported."""
    create(folder / "environment")
    install(folder / "environment", name_of(member), *test_group(member), constraints=bounds)
    mirror = folder / "repository"
    tests = mirror / member.relative_to(ROOT) / "tests"
    shutil.copytree(member / "tests", tests)
    copy(["pyproject.toml", "tests/loopback.py"], mirror)
    command = [python_of(folder / "environment"), "-m", "pytest", "-q", tests]
    done = subprocess.run(command, cwd=mirror, capture_output=True, text=True, check=False)
    print(f"{name_of(member)}: {done.stdout.splitlines()[-1] if done.stdout else done.stderr}", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, flush=True)
    return done.returncode == 0


def copy(names: Iterable[str], target: Path) -> None:
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, target / name)


# ------------------------------------------------------------------------------------------------------------------ start


def status(command: list[str | Path]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def check(command: Iterable[str | Path]) -> None:
    arguments = [str(argument) for argument in command]
    if code := subprocess.run(arguments, cwd=ROOT, check=False).returncode:
        print(f"failed: {' '.join(arguments)}", file=sys.stderr)
        sys.exit(code)


STEPS: dict[str, Callable[[], bool]] = {
    "lint": lambda: python("-m", "ruff", "check"),
    "format": lambda: python("-m", "ruff", "format", "--check"),
    "types": types,
    "import contracts": lambda: status([script("lint-imports")]) == 0,
    "tests": tests,
    "wheels, each alone": wheels,
}


def main(arguments: list[str]) -> int:
    name, *rest = arguments or ["help"]
    commands = {"run": run, "test": test, "lock": lock, "setup": lambda _: setup() or 0}
    if name not in commands:
        print(__doc__, file=sys.stdout if name in {"help", "-h", "--help"} else sys.stderr)
        return 0 if name in {"help", "-h", "--help"} else 2
    return commands[name](rest[1:] if rest[:1] == ["--"] else rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
