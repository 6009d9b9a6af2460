"""Subjects for the kit's own tests."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside this, which several test files share

from fine import Fine, write_wire
from jackfield.testing._subject import subject_of
from jackfield.testing._written import accept


@pytest.fixture(scope="session")
def fine_wire(tmp_path_factory):
    """The wire files of the fine provider's server, with what the fine provider sends and answers."""
    folder = write_wire(tmp_path_factory.mktemp("fine") / "wire")
    accept(subject_of("fine", plugin=Fine(), model="fine-1", wire=folder))
    return folder


@pytest.fixture
def wire(fine_wire, tmp_path):
    """A copy of them, to be changed."""
    return shutil.copytree(fine_wire, tmp_path / "wire")
