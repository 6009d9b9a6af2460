#!/usr/bin/env python3
"""Sets up, shows and tests Jackfield. Needs Python 3.11 and pip, or uv, and nothing else.

python3 dev.py run            show every provider at work on real traffic
python3 dev.py run -- ARGS    the same as the command `jackfield ARGS`
python3 dev.py test           lint, types, import contracts, every test, and every wheel tested alone
python3 dev.py test ARGS      only pytest, with these arguments
python3 dev.py setup          make or refresh .venv, which the others do by themselves
python3 dev.py lock           write constraints.txt anew from the newest versions
python3 dev.py template       write what `jackfield new` copies anew from plugin-template/
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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "dev-stamp"
TEMPLATE = "jackfield-acme"
CONSTRAINTS = ROOT / "constraints.txt"
CONSTRAINTS_HEAD = "# What the development environment installs. Written by `python3 dev.py lock`; not edited by hand."
OWN = re.compile(r"(jackfield[\w-]*)(\[[\w,-]*\])?")  # a requirement of ours: its name, and its extras
Command = Sequence[str | Path]

# --------------------------------------------------------------------------------------------- what the workspace is


def project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))


def members() -> dict[str, Path]:
    """The folders of the distributions by their names, the core first."""
    patterns = project(ROOT)["tool"]["uv"]["workspace"]["members"]
    folders = [file.parent for pattern in patterns for file in sorted(ROOT.glob(f"{pattern}/pyproject.toml"))]
    return {project(folder)["project"]["name"]: folder for folder in folders}


def editable(member: Path) -> list[str]:
    extras = ",".join(project(member)["project"].get("optional-dependencies", {}))
    return ["--editable", f"{member}[{extras}]" if extras else str(member)]


MEMBERS = members()


def fingerprint() -> str:
    """Changes when the environment has to."""
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for file in [Path(__file__), CONSTRAINTS, *(folder / "pyproject.toml" for folder in [ROOT, *MEMBERS.values()])]:
        digest.update(file.read_bytes() if file.exists() else b"")
    return digest.hexdigest()


# ------------------------------------------------------------------------------------------------------ environments


def python_of(environment: Path) -> Path:
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


PYTHON = python_of(VENV)


def create(environment: Path) -> None:
    # Without pip: Debian may lack ensurepip, and copying pip is the slowest part of making an environment.
    check([sys.executable, "-m", "venv", "--without-pip", "--clear", environment])


def install(environment: Path, *arguments: str, constraints: Path | None = CONSTRAINTS) -> None:
    bounds: Command = ["--constraint", constraints] if constraints else []
    check([*installer(python_of(environment)), *bounds, *arguments])


def installer(python: Path) -> Command:
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", python]
    base = getattr(sys, "_base_executable", sys.executable)  # where dev.py runs inside .venv, pip is outside
    if subprocess.run([base, "-c", "import pip"], capture_output=True, check=False).returncode:
        sys.exit(f"dev.py needs pip or uv, and found neither: `{base} -m pip` fails, and there is no `uv` on the PATH.")
    return [base, "-m", "pip", "--python", python, "install", "-qq"]


def setup() -> None:
    """Makes `.venv` with every member editable and all tools; returns at once when nothing has changed."""
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") == fingerprint():
        return
    started = time.monotonic()
    print("Setting up .venv (once, and when a pyproject.toml or constraints.txt changes) ...", flush=True)
    if not usable():
        create(VENV)
    populate(VENV, CONSTRAINTS)
    STAMP.write_text(fingerprint(), encoding="utf-8")
    print(f"Ready after {time.monotonic() - started:.0f} s.", flush=True)


def populate(environment: Path, constraints: Path | None) -> None:
    install(environment, "flit_core", constraints=constraints)  # once here, instead of once for each member
    own = [argument for member in MEMBERS.values() for argument in editable(member)]
    tools = [text for text in project(ROOT)["dependency-groups"]["dev"] if not OWN.match(text)]
    install(environment, "--no-build-isolation", *own, *tools, constraints=constraints)


def usable() -> bool:
    """Whether `.venv` runs the very Python that runs dev.py."""
    if not PYTHON.exists():
        return False
    version: Command = [PYTHON, "-c", "import sys; print(sys.version)"]
    return subprocess.run(version, capture_output=True, text=True, check=False).stdout.strip() == sys.version


def lock() -> None:
    """Asks a fresh environment which versions it got when nothing was held."""
    listing = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()), sep='\\n')"
    with tempfile.TemporaryDirectory() as folder:
        create(Path(folder))
        populate(Path(folder), constraints=None)
        installed = subprocess.run([python_of(Path(folder)), "-c", listing], capture_output=True, text=True, check=True)
    versions = sorted((pin for pin in installed.stdout.split() if not OWN.match(pin)), key=str.lower)
    CONSTRAINTS.write_text("\n".join([CONSTRAINTS_HEAD, *versions, ""]), encoding="utf-8")
    print(f"{len(versions)} versions written to {CONSTRAINTS.name}.")


# ------------------------------------------------------------------------------------------------------------- tests


def python(*arguments: str | Path) -> bool:
    return status([PYTHON, *arguments]) == 0


def types() -> bool:
    """Checks packages, tools, and the files in `tests/typing`. The other tests are checked by running them."""
    packages = [member / "src" for member in MEMBERS.values()]
    stated = [file for folder in [ROOT, *MEMBERS.values()] for file in folder.glob("tests/typing/*.py")]
    tools = [file for file in ROOT.glob("tests/*.py") if not file.name.startswith("test_")]
    return python("-m", "mypy", ROOT / "dev.py", *packages, *stated, *tools)


KIT, ATTACKS = "core/tests/testing", "tests/gateway_attacks"
"""Large parts of the core's tests and of the whole's, run by themselves so that no processor waits for another."""


def core_and_whole() -> bool:
    """Runs the core's tests, which are to reach all of it, and those of the whole; a plugin's run where it is alone."""
    measured: Command = [PYTHON, "-m", "coverage", "run", "-m", "pytest"]
    jobs = [
        partial(shown, "the kit", [*measured, KIT]),
        partial(shown, "the rest of the core", [*measured, "core/tests", "--ignore", KIT]),
        partial(shown, "attacks on the gateway", [PYTHON, "-m", "pytest", ATTACKS]),
        partial(shown, "the rest of the whole", [PYTHON, "-m", "pytest", "tests", "--ignore", ATTACKS]),
    ]
    coverage = partial(python, "-m", "coverage")
    return coverage("erase") and both_at_once(jobs) and coverage("combine", "--quiet") and coverage("report")


def both_at_once(jobs: Sequence[Callable[[], bool]]) -> bool:
    """Does jobs, the longest first, two at a time: they wait for processes, and most machines have a second core."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return all(list(pool.map(lambda job: job(), jobs)))


def shown(name: str, command: Command, **where: Any) -> bool:
    """Runs a pytest and prints its last line, or all of it where it failed."""
    done = subprocess.run([*command, "-q"], capture_output=True, text=True, check=False, **({"cwd": ROOT} | where))
    print(f"{name}: {done.stdout.strip().rpartition(os.linesep)[2]}", flush=True)
    if done.returncode:
        print(done.stdout, done.stderr, flush=True)
    return done.returncode == 0


def wheels() -> bool:
    """Builds every wheel and runs each distribution's tests where only wheels are installed and no `src` exists."""
    with tempfile.TemporaryDirectory() as folder:
        built = {name: build(member, Path(folder)) for name, member in MEMBERS.items()}
        jobs = [partial(alone, name, Path(folder) / name, built) for name in MEMBERS if name != TEMPLATE]
        return both_at_once([*jobs, partial(from_templates, Path(folder) / "authors", built)])


def build(member: Path, target: Path) -> Path:
    call = f"from flit_core.buildapi import build_wheel; print(build_wheel({str(target)!r}))"
    done = subprocess.run([PYTHON, "-c", call], cwd=member, stdout=subprocess.PIPE, text=True, check=True)
    return target / done.stdout.strip()


HELPERS = [ROOT / "tests" / f"{name}.py" for name in ("descriptions", "loopback", "loopback_answers", "shared")]
"""What the tests of distributions import from the tests of the whole."""


def alone(name: str, folder: Path, built: dict[str, Path]) -> bool:
    """Tests one distribution in `folder`, which mirrors the repository but for everything that could be imported."""
    create(folder / ".venv")
    install(folder / ".venv", *needed(name, built))
    tests = shutil.copytree(MEMBERS[name] / "tests", folder / MEMBERS[name].relative_to(ROOT) / "tests")
    (folder / "tests").mkdir()
    for file in [ROOT / "pyproject.toml", *HELPERS]:
        shutil.copy(file, folder / file.relative_to(ROOT))
    return tested(name, folder, tests) and (name != "jackfield-gateway" or called(folder))


def called(folder: Path) -> bool:
    """Has the gateway called by curl and by official SDKs, where nothing is but what its install brings."""
    shutil.copy(ROOT / "tests" / "gateway.py", folder / "tests")
    suites = [shutil.copytree(ROOT / "tests" / each, folder / "tests" / each) for each in ("seeds", "gateway_clients")]
    return all(tested(f"jackfield-gateway, {suite.name}", folder, suite) for suite in suites)


def tested(name: str, folder: Path, tests: Path) -> bool:
    """Runs tests in `folder`, with the environment that is there."""
    command: Command = [python_of(folder / ".venv"), "-m", "pytest", tests]
    shared = {"JACKFIELD_SHARED": str(ROOT.parent / "shared")}
    shared |= {name: value for name, value in os.environ.items() if re.fullmatch("JACKFIELD_(REQUIRE_)?SHARED", name)}
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHONPATH", "JACKFIELD_"))}
    return shown(name, command, cwd=folder, env=outside | shared)


def from_templates(folder: Path, built: dict[str, Path]) -> bool:
    """Makes a plugin of each kind as an author does, and tests its wheel; of ours only wheels are installed."""
    create(folder / ".venv")
    install(folder / ".venv", *[text for text in needed(TEMPLATE, built) if not text.startswith(TEMPLATE)])
    kinds = ["http", *sorted(path.parent.name for path in MEMBERS[TEMPLATE].glob("kinds/*/pyproject.toml"))]
    return all(from_template(kind, folder) for kind in kinds)


def from_template(kind: str, folder: Path) -> bool:
    name = f"my-{kind}-models"
    made = folder / f"jackfield-{name}"
    check([python_of(folder / ".venv"), "-m", "jackfield", "new", name, "--kind", kind, "--dir", made])
    install(folder / ".venv", str(build(made, folder)))
    shutil.rmtree(made / "src")
    return tested(f"jackfield new --kind {kind}", folder, made / "tests")


def needed(name: str, built: dict[str, Path]) -> list[str]:
    """What a distribution and its tests declare, and what that declares in turn; our own as the wheels just built."""
    about = project(MEMBERS[name])
    wanted = [name, *(about.get("dependency-groups") or about["project"]["optional-dependencies"])["test"]]
    for requirement in wanted:  # which grows meanwhile
        if own := OWN.match(requirement):
            wanted += [text for text in declared(own[1], own[2] or "") if text not in wanted]
    return [f"{own[0]} @ {built[own[1]].as_uri()}" if (own := OWN.match(text)) else text for text in wanted]


def declared(name: str, extras: str) -> list[str]:
    """What one of our distributions needs, with extras such as "[cli,testing]"."""
    about = project(MEMBERS[name])["project"]
    more = [about["optional-dependencies"][extra] for extra in re.findall(r"[\w-]+", extras)]
    return [*about["dependencies"], *(text for texts in more for text in texts)]


# ------------------------------------------------------------------------------------------------------------- start


def run(arguments: Sequence[str]) -> int:
    setup()
    program: Command = [PYTHON.with_name("jackfield")] if arguments else [PYTHON, ROOT / "tests" / "tour.py"]
    return subprocess.run([*program, *arguments], check=False).returncode  # where the caller stands: for files in ARGS


STEPS: dict[str, Callable[[], bool]] = {
    "lint": lambda: python("-m", "ruff", "check"),
    "format": lambda: python("-m", "ruff", "format", "--check"),
    "types": types,
    "import contracts": lambda: status([PYTHON.with_name("lint-imports")]) == 0,
    "tests of the core and of the whole": core_and_whole,
    "wheels, each alone": wheels,
}


def test(arguments: Sequence[str]) -> int:
    setup()
    if arguments:
        return status([PYTHON, "-m", "pytest", *arguments])
    failed = [name for name, step in STEPS.items() if not passes(name, step)]
    print(f"failed: {', '.join(failed)}" if failed else "everything passed", flush=True)
    return 1 if failed else 0


def passes(name: str, step: Callable[[], bool]) -> bool:
    started = time.monotonic()
    print(f"== {name}", flush=True)
    passed = step()
    print(f"== {name}: {'ok' if passed else 'FAILED'} ({time.monotonic() - started:.0f} s)\n", flush=True)
    return passed


def status(command: Command) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def check(command: Command) -> None:
    if code := status(command):
        print(f"failed: {' '.join(map(str, command))}", file=sys.stderr)
        sys.exit(code)


def main(arguments: Sequence[str]) -> int | None:
    name, *rest = arguments or ["help"]
    rest = rest[1:] if rest[:1] == ["--"] else rest
    commands: dict[str, Callable[[], int | None]]
    commands = {
        "run": lambda: run(rest),
        "test": lambda: test(rest),
        "setup": setup,
        "lock": lock,
        "template": lambda: status([sys.executable, ROOT / "tests" / "template.py"]),
    }
    if name in commands:
        return commands[name]()
    print(__doc__)
    return 0 if name in {"help", "-h", "--help"} else 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
