"""A config file for each test, and what loading it says."""

import textwrap

import pytest
from jackfield_gateway.config import InvalidConfig, load


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file beside the config; texts are dedented. The tests run in the folder, so that places are short."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="config.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def read(write):
    """Return the Config of a text."""

    def read(text, **environment):
        write(text)
        return load("config.yaml", environment)

    return read


@pytest.fixture
def findings(read):
    """Return the findings of a text, each as "line:column: text", and none for a config that loads."""

    def findings(text, **environment):
        try:
            read(text, **environment)
        except InvalidConfig as error:
            return [str(finding).removeprefix("config.yaml:") for finding in error.findings]
        return []

    return findings
