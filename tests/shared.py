"""What the project was given to work from, which is not ours to copy: documents, and descriptions of other APIs.

It is read in place: in the folder that JACKFIELD_SHARED names, else beside this repository.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["shared_folder"]

ROOT = Path(__file__).resolve().parents[1]


def shared_folder(name: str, what: str) -> Path:
    """Return a folder of it; without it the test is skipped, or fails where JACKFIELD_REQUIRE_SHARED is 1."""
    folder = Path(os.environ.get("JACKFIELD_SHARED") or ROOT.parent / "shared") / name
    if not folder.is_dir():
        say = pytest.fail if os.environ.get("JACKFIELD_REQUIRE_SHARED") == "1" else pytest.skip
        say(f"the {what} are not there: {folder} is no folder (JACKFIELD_SHARED names another)")
    return folder
