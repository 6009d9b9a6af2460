"""What the tests of the command stand on: the command in this process, the command in its own, and a provider."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jackfield
import pytest
from click.testing import CliRunner, Result
from jackfield import EmbeddingResponse, ImageResponse, InternalServerError, ModelList, ModelResponse, hookimpl
from jackfield._cli._group import Commands, cli

COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from jackfield._cli import main; main()"
)
"""The command as a program; a shell's background job has Ctrl-C ignored, and the tests may be part of one."""


class House:
    """A provider that answers with what it was asked, in words that a test can expect."""

    def __init__(self) -> None:
        self.requests: list[Any] = []
        self.settings: list[Any] = []
        self.pictures: list[Mapping[str, str]] = []

    @hookimpl
    def completion(self, request, settings):
        self._note(request, settings)
        if request.model == "failing":
            raise InternalServerError("the house\nis on fire")
        return ModelResponse.of_text(f"{request.model}: {self._said(request)}", model=request.model)

    @hookimpl
    def streaming(self, request, settings):
        self._note(request, settings)
        yield f"{request.model}:"
        if request.model == "failing":
            raise InternalServerError("the house\nis on fire")
        yield f" {self._said(request)}"

    @hookimpl
    def embedding(self, request, settings):
        self._note(request, settings)
        data = [{"index": index, "embedding": [float(len(text)), 0.5]} for index, text in enumerate(request.input)]
        return EmbeddingResponse.model_validate({"data": data})

    @hookimpl
    def image_generation(self, request, settings):
        self._note(request, settings)
        return ImageResponse.model_validate({"created": 1, "data": self.pictures})

    @hookimpl
    def list_models(self, request, settings):
        self._note(request, settings)
        return ModelList.model_validate({"data": [{"id": "large"}, {"id": "small/fast"}]})

    def _note(self, request, settings):
        self.requests.append(request)
        self.settings.append(settings)

    def _said(self, request):
        return " | ".join(f"{message['role']} {message['content']}" for message in request.messages)


@pytest.fixture(autouse=True)
def _no_switches(monkeypatch):
    """Nothing is switched by whoever runs the tests."""
    for name in [name for name in os.environ if name.startswith("JACKFIELD_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def house() -> Iterator[House]:
    """The provider, registered as "house"."""
    provider = House()
    jackfield.register_provider("house", provider)
    yield provider
    jackfield.unregister_provider("house")


@pytest.fixture
def invoke():
    """Runs the command in this process."""

    def run(*arguments: str, input: str | bytes | None = None) -> Result:
        # Made anew, so that it looks for the commands of plugins again.
        group = Commands("jackfield", commands=dict(cli.commands), callback=cli.callback, params=cli.params)
        group.context_settings = cli.context_settings
        return CliRunner().invoke(group, list(arguments), input=input)

    return run


@pytest.fixture
def start():
    """Starts the command as a program of its own, with these folders on its path."""
    running: list[tuple[subprocess.Popen[str], threading.Timer]] = []

    def begin(*arguments: str, path: Sequence[Path] = (), **variables: str) -> subprocess.Popen[str]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        environment |= {"PYTHONPATH": os.pathsep.join(map(str, path)), **variables}
        command = [sys.executable, "-c", COMMAND, *arguments]
        pipes: Any = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(command, **pipes, text=True, env=environment)
        guard = threading.Timer(60, process.kill)  # so that a test that would wait for ever fails instead
        guard.start()
        running.append((process, guard))
        return process

    yield begin
    for process, guard in running:
        guard.cancel()
        process.kill()
        process.wait()
        for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
            pipe.close()


@pytest.fixture
def plugins(tmp_path, monkeypatch):
    """An empty folder on this process's path; what is imported from it is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(tmp_path)):
            del sys.modules[name]
