"""``ProviderSuite``: what an author derives from, and all that an author's test file holds."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ._cases import Case
from ._check import Check
from ._checks import CHECKS
from ._engine import Gap
from ._errors import SuiteError
from ._live import LIVE
from ._record import RECORDING
from ._subject import Subject, subject_of

__all__ = ["ProviderSuite", "instead_of", "wire_folder"]

PLUGIN = "jackfield.testing.plugin"


class ProviderSuite:
    """The standard tests of a provider, run by pytest with ``-p jackfield.testing.plugin``.

        class TestAcme(ProviderSuite):
            provider = "acme"            # found through its real entry point
            model = "acme-1"
            wire = "tests/wire"          # recorded exchanges: one folder a case

    Which tests run follows from the hooks that the plugin implements. ``wire`` is looked for in the folder of the test
    file and above it, up to the project's. A provider without HTTP gives ``cases`` instead; ``plugin`` is an object
    with hooks that is to be checked under the name, where nothing is installed. ``gaps`` maps tests to what is known to
    be missing: "test_name" for all cases of a test, or "test_name[case]". A standard test can be neither overridden nor
    deleted.
    """

    provider: ClassVar[str]
    model: ClassVar[str | None] = None
    wire: ClassVar[str | None] = None
    cases: ClassVar[Sequence[Case]] = ()
    plugin: ClassVar[object] = None
    gaps: ClassVar[Mapping[str, Gap]] = {}

    def __init_subclass__(cls, **options: Any) -> None:
        """Refuse a class that changes a standard test, and one that nobody would run."""
        super().__init_subclass__(**options)
        if "pytest" in sys.modules and PLUGIN not in sys.modules:
            raise SuiteError(f'the kit is not switched on: write addopts = ["-p", "{PLUGIN}"] into pytest\'s settings')
        _hold_to_standard(cls)

    @classmethod
    def subject(cls, *, complete: bool = True) -> Subject:
        """Return what this suite checks; raises SuiteError where it cannot be.

        Without ``complete`` cases may lack their answers: they are to be recorded.
        """
        _hold_to_standard(cls)  # again: what a class has been given since
        name = getattr(cls, "provider", None)
        if not isinstance(name, str) or not name:
            raise SuiteError(f'{cls.__name__} names no provider: provider = "…", as callers write it before the slash')
        if cls.wire is None and not complete:
            raise SuiteError(
                f"{cls.__name__} names no wire folder, so there is nowhere to record; cases are yours to write"
            )
        wire = wire_folder(cls, cls.wire) if cls.wire is not None else None
        return subject_of(
            name, model=cls.model, plugin=cls.plugin, wire=wire, cases=cls.cases or None, complete=complete
        )


def _hold_to_standard(suite: type[ProviderSuite]) -> None:
    for name, standard in STANDARD.items():
        if getattr(suite, name, None) is not standard:
            raise SuiteError(
                f"{suite.__name__} changes the standard test {name}, which every provider passes as it is; "
                f"{instead_of(name)}"
            )


def instead_of(name: str) -> str:
    """Say what there is instead of a standard test that is changed or switched off."""
    return f'declare what is missing instead: gaps = {{"{name}": Gap(reason="…")}}'


def wire_folder(suite: type, wire: str) -> Path:
    """Return the folder: as it is where it is absolute, else beside the file of the suite or above it.

    Above a ``pyproject.toml`` nothing is looked for: what stands there may be another package's. A folder that is yet
    to be made belongs where the longest part of its path is: "tests/wire" where "tests" is.
    """
    parents = list(_up_to_the_project(Path(inspect.getfile(suite)).resolve()))
    for part in (Path(wire), *Path(wire).parents):
        for parent in parents:
            if (parent / part).is_dir():
                return parent / wire
    raise AssertionError  # the last part is ".", and a file's folder is there


def _up_to_the_project(file: Path) -> Iterator[Path]:
    for parent in file.parents:
        yield parent
        if (parent / "pyproject.toml").is_file():
            return


def _method(check: Check) -> Callable[..., None]:
    def test(self: ProviderSuite, conformance: Callable[[], None]) -> None:
        conformance()

    test.__name__ = check.name
    test.__qualname__ = f"ProviderSuite.{check.name}"
    test.__doc__ = check.doc
    return test


STANDARD: dict[str, Callable[..., None]] = {check.name: _method(check) for check in (*CHECKS, RECORDING, LIVE)}
"""The standard tests as the suite's methods."""

for _name, _test in STANDARD.items():
    setattr(ProviderSuite, _name, _test)
