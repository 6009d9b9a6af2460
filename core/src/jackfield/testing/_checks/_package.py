"""The distribution: its entry point, its metadata, its imports."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..._index import canonical
from ..._routing import route
from .._alone import imported
from .._check import fail, once
from .._subject import Subject, package_folder

__all__ = [
    "test_importing_is_quick",
    "test_importing_opens_nothing",
    "test_the_core_is_bounded_above",
    "test_the_name_leads_to_the_provider",
    "test_the_package_is_typed",
    "test_the_public_core_is_enough",
]

BUDGET = 0.5
"""Seconds that importing a provider may take beyond jackfield's own import; generous, the best of three counts."""

ATTEMPTS = 3
REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)")


def _not_installed(subject: Subject) -> str | None:
    return None if subject.found is not None else "the provider is an object that the suite was given, not installed"


@once(unless=_not_installed)
def test_the_name_leads_to_the_provider(subject: Subject) -> None:
    """The entry point's name is what callers write before the slash, and leads to this provider.

    If this fails: rename the entry point in pyproject.toml ([project.entry-points."jackfield.providers"]); a name has
    no slash and no space, and is written the way callers shall write it. Then install the package again.
    """
    found = _found(subject)
    if subject.name != subject.name.strip() or re.search(r"[/\s]", subject.name):
        fail(f"the entry point of {found.owner} is named {subject.name!r}; a call could never name it")
    name, model = route(subject.registry, f"{subject.name}/a/model", provider=None, api_base=None, default=None)
    if (name, model) != (subject.name, "a/model"):
        fail(f"{subject.name}/a/model leads to the provider {name!r} and the model {model!r}")
    if found.distribution == "a distribution without metadata":
        fail(f"the entry point {subject.name!r} belongs to no distribution that can be named")


@once(unless=_not_installed)
def test_the_core_is_bounded_above(subject: Subject) -> None:
    """The distribution requires jackfield within a major version: `jackfield>=X.Y,<X+1`.

    If this fails: write the dependency so in pyproject.toml, for example `dependencies = ["jackfield>=0.1,<1"]`. The
    next major version may change hooks, and pip must then keep your package apart from it.
    """
    found = _found(subject)
    required = found.entry_point.dist.requires or []
    own = [match for text in required if (match := REQUIREMENT.match(text)) and canonical(match[1]) == "jackfield"]
    if not own:
        if any(canonical(REQUIREMENT.match(text)[1]).startswith("jackfield-") for text in required):  # type: ignore[index]
            return  # another provider's package bounds it
        fail(f"{found.owner} does not require jackfield; its requirements: {', '.join(required) or 'none'}")
    if not re.search(r"<|==|~=", own[0][2]):
        fail(f"{found.owner} requires jackfield {own[0][2].strip() or 'in any version'}, without a bound above")


@once(unless=_not_installed)
def test_the_package_is_typed(subject: Subject) -> None:
    """The package carries the marker `py.typed`, so that type checkers read its annotations.

    If this fails: add an empty file `py.typed` beside the package's `__init__.py`. A module that stands alone cannot
    carry one: make it a package, `src/<name>/__init__.py`.
    """
    folder = package_folder(subject.module)
    if folder is None:
        fail(f"{subject.module} is a single module, which cannot be marked as typed")
    if not (folder / "py.typed").is_file():
        fail(f"there is no {folder / 'py.typed'}")


@once(unless=_not_installed)
def test_the_public_core_is_enough(subject: Subject) -> None:
    """The package imports nothing of jackfield whose name begins with an underscore.

    If this fails: use what `jackfield`, `jackfield.flow`, `jackfield.types` and `jackfield.errors` offer; everything
    else changes without notice. If something public is missing, ask for it.
    """
    private = [line for file in _sources(subject) for line in _private_imports(file)]
    if private:
        fail("the package imports what is private to jackfield:", private)


@once(unless=_not_installed)
def test_importing_is_quick(subject: Subject) -> None:
    """Importing the provider takes at most half a second beyond jackfield's own import.

    Measured in a process of its own; of three attempts the quickest counts, so a busy machine does not matter.
    If this fails: import what is heavy (an SDK, numpy) inside the function that needs it, not at the top of a module;
    the `python -X importtime -c "import …"` of your package shows what takes the time.
    """
    best = imported(subject)["seconds"]
    while best > BUDGET and len(subject.imports) < ATTEMPTS:
        best = min(best, imported(subject, again=True)["seconds"])  # a watch takes time too
    if best > BUDGET:
        fail(f"importing {subject.module} took {best:.2f} s at best, and may take {BUDGET} s")


@once(unless=_not_installed)
def test_importing_opens_nothing(subject: Subject) -> None:
    """Importing the provider opens no file and no socket, starts no thread, no process and no sleep, reads no variable.

    Nor does `provider_info`, which is called whenever the provider is loaded, or looked at by a command.
    Metadata of distributions may be read, as `importlib.metadata.version` does.
    If this fails: do it when a hook is called, through an effect (`http`, `call`); whoever imports jackfield's plugins
    does not expect them to act. Data that belongs to the package is best a Python module; variables are named in
    `ProviderInfo(api_key_env=…)` and read by the core at each call.
    """
    seen = imported(subject)["seen"]
    if seen:
        fail(f"importing {subject.module} did more than load code:", seen)
    if told := imported(subject)["first"]["provider_info"]:
        fail(f"provider_info() of {subject.owner} did more than tell:", told)


def _found(subject: Subject) -> Any:
    assert subject.found is not None  # what these checks apply to
    return subject.found


def _sources(subject: Subject) -> Iterator[Path]:
    folder = package_folder(subject.module)
    if folder is not None:
        yield from sorted(folder.rglob("*.py"))
    elif (file := getattr(sys.modules.get(subject.module), "__file__", None)) is not None:
        yield Path(file)


def _private_imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_bytes())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            first, *rest = name.split(".")
            if first == "jackfield" and any(part.startswith("_") and not part.startswith("__") for part in rest):
                yield f"{name} at {file}:{node.lineno}"  # type: ignore[attr-defined]  # both kinds have a line
