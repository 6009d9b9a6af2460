"""Subjects for the kit's own tests."""

from __future__ import annotations

import json
import shutil
import sys
import uuid
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside this, which several test files share

from fine import IN_PROCESS, STREAM, Fine, events, write_wire
from jackfield.testing import Case
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


@pytest.fixture
def installed(tmp_path, monkeypatch, make_distribution):
    """What installs a provider of one module, changed as told, and returns it as a subject."""

    def install(
        *, name=None, requires="jackfield>=0.1,<1", typed=True, source=IN_PROCESS, files=None, cases=None, wire=None
    ):
        package = f"wrong_{uuid.uuid4().hex}"  # a module of its own each time: Python keeps what it has imported
        name = name or package
        modules = {f"{package}/__init__.py": source} | ({f"{package}/py.typed": ""} if typed else {})
        modules |= {f"{package}/{file}": text for file, text in (files or {}).items()}
        make_distribution(tmp_path, package, "1.0", {"jackfield.providers": {name: package}}, modules)
        metadata = tmp_path / f"{package}-1.0.dist-info" / "METADATA"
        if requires:
            metadata.write_text(f"{metadata.read_text()}Requires-Dist: {requires}\n")
        monkeypatch.syspath_prepend(tmp_path)
        if wire is not None:
            return subject_of(name, model="fine-1", wire=wire)
        cases = cases or [Case("chat-plain")]  # all the canonical ones would only take longer
        return subject_of(name, model="m", cases=cases)

    return install


@pytest.fixture
def tools_wire(tmp_path):
    """The wire files of a server that calls two tools at once."""
    folder = write_wire(tmp_path / "wire")
    case = folder / "stream-parallel-tools"
    (case / "case.json").write_text("{}")
    (case / "1.response.json").write_text(json.dumps({"status": 200, "headers": STREAM, "body_file": "1.body"}))
    (case / "1.body").write_bytes(events({"tool": "rain"}, {"tool": "wind"}, {"end": "done", "counts": [3, 2]}))
    (folder / "stream-tools" / "case.json").write_text(json.dumps({"error": {"type": "APIConnectionError"}}))
    return folder
