"""``jackfield serve`` as a process of its own, with a handler whose streams go on when a test lets them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

PATIENCE = 30.0

HANDLER = '''
import asyncio, os, pathlib, time
from jackfield import CustomLLM, ModelResponse

class House(CustomLLM):
    """Answers with what the model's name asks for."""

    async def acompletion(self, model, messages):
        print("printed by the handler")
        loop = asyncio.get_running_loop()
        answers = {"pid": str(os.getpid()), "loop": type(loop).__module__, "echo": messages[-1]["content"]}
        if model == "broken":
            raise KeyError("what the handler knows")
        if model == "stuck":
            await asyncio.to_thread(time.sleep, 100)
        if model == "blocking":
            time.sleep(100)
        return ModelResponse.of_text(answers[model])

    async def astreaming(self, model, messages):
        yield chunk(f"begun in {os.getpid()} ")
        gate = pathlib.Path(messages[-1]["content"])
        while not gate.exists():
            await asyncio.sleep(0.02)
        yield chunk(" ended")

def chunk(text):
    return {"text": text, "is_finished": False, "finish_reason": None, "index": 0, "tool_use": None, "usage": None}

house = House()
'''

MODELS = ("pid", "loop", "echo", "broken", "stuck", "blocking")

CONFIG: dict[str, Any] = {
    "model_list": [{"model_name": name, "litellm_params": {"model": f"house/{name}"}} for name in MODELS],
    "litellm_settings": {"custom_provider_map": [{"provider": "house", "custom_handler": "handler.house"}]},
}


class Lines:
    """What a process writes, line by line."""

    def __init__(self, stream: IO[str]) -> None:
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                with self._changed:
                    self._lines.append(line.rstrip("\n"))
                    self._changed.notify_all()

    def all(self) -> list[str]:
        """Return every line, once the process and those that it started have ended."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self._lines

    def wait_for(self, text: str, count: int = 1) -> list[str]:
        """Wait until so many lines hold a text, and return them."""

        def found() -> list[str]:
            return [line for line in self._lines if text in line]

        with self._changed:
            assert self._changed.wait_for(lambda: len(found()) >= count, PATIENCE), (text, self._lines)
            return found()


class Gateway:
    """A gateway that runs."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "jackfield", "serve", "--config", str(folder / "config.json"), *options]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.log = Lines(self.process.stdout)
        self.said = Lines(self.process.stderr)

    def wait_until_ready(self) -> Gateway:
        self.url = self.said.wait_for("Jackfield gateway on ")[0].split()[-1]
        return self

    def signal(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(PATIENCE)

    def end(self) -> int:
        self.signal()
        return self.wait()

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        self.log.all()
        self.said.all()

    def records(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return the log, each line of which must be JSON, once the process has ended."""
        records = [json.loads(line) for line in self.log.all()]
        return [record for record in records if event in (None, record["event"])]

    def open(self, path: str, body: Any = None, timeout: float = PATIENCE, **headers: str) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        sent = {
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return urllib.request.urlopen(urllib.request.Request(self.url + path, data, sent), timeout=timeout)

    def ask(self, model: str, text: str = "", **headers: str) -> str:
        """Call a model and return its answer's text."""
        with self.open("/v1/chat/completions", chat(model, text), **headers) as answer:
            return json.load(answer)["choices"][0]["message"]["content"]

    def ask_in_vain(self, model: str) -> None:
        """Call a model that does not answer, and leave."""
        with pytest.raises(TimeoutError):
            self.open("/v1/chat/completions", chat(model, ""), timeout=0.5)

    def status(self, path: str, body: Any = None, **headers: str) -> int:
        try:
            with self.open(path, body, **headers) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("http://").rpartition(":")
        return host, int(port)

    def takes_no_more(self) -> bool:
        try:
            socket.create_connection(self.address).close()
        except ConnectionRefusedError:
            return True
        return False

    def models(self) -> list[str]:
        with self.open("/v1/models") as answer:
            return [model["id"] for model in json.load(answer)["data"]]


class Stream:
    """A stream that has begun, and ends when the test lets it."""

    def __init__(self, gateway: Gateway) -> None:
        self._gate = gateway.folder / "gate"
        self._answer = gateway.open("/v1/chat/completions", chat("echo", str(self._gate)) | {"stream": True})
        self.text = ""
        while "begun" not in self.text:
            self.text += self._answer.readline().decode()

    @property
    def worker(self) -> int:
        """The pid of the worker that serves it."""
        return int(self.text.partition("begun in ")[2].split()[0])

    def let_go(self) -> None:
        self._gate.touch()

    def rest(self) -> str:
        self.text += self._answer.read().decode()
        return self.text

    def close(self) -> None:
        self._answer.close()


def chat(model: str, text: str) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "handler.py").write_text(HANDLER)
    write_config(tmp_path)
    return tmp_path


def write_config(folder: Path, **sections: Any) -> None:
    (folder / "config.json").write_text(json.dumps(CONFIG | sections))  # YAML takes JSON


@pytest.fixture
def configure(folder: Path) -> Callable[..., None]:
    """Return what writes the config anew, with other sections."""
    return lambda **sections: write_config(folder, **sections)


@pytest.fixture
def launch(folder: Path) -> Iterator[Callable[..., Gateway]]:
    """Return what starts a gateway; ``ready=False`` does not wait until it answers."""
    running: list[Gateway] = []

    def start(*options: str, ready: bool = True) -> Gateway:
        gateway = Gateway(folder, "--port", "0", *options)
        running.append(gateway)
        return gateway.wait_until_ready() if ready else gateway

    yield start
    for gateway in running:
        gateway.kill()


@pytest.fixture
def begin_stream() -> Iterator[Callable[[Gateway], Stream]]:
    """Return what begins a stream and reads its first chunk; all of one test end together."""
    begun: list[Stream] = []

    def begin(gateway: Gateway) -> Stream:
        begun.append(stream := Stream(gateway))
        return stream

    yield begin
    for stream in begun:
        stream.close()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], bool]], None]:
    """Return what waits for something that no event tells of."""

    def wait(true: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < limit
            time.sleep(0.02)

    return wait


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def wait_for_end(wait_until: Callable[[Callable[[], bool]], None]) -> Callable[[int], None]:
    """Return what waits until a process is gone."""
    return lambda pid: wait_until(lambda: not is_running(pid))
