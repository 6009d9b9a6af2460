"""A real gateway process on loopback, for tests and for the tour."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["GatewayProcess"]

CONFIG = "/path/to/config.yaml"
"""What stands for the config in a command."""

ADDRESS = re.compile(r"gateway on (http://\S+)")
START_SECONDS = 30
STOP_SECONDS = 20


class GatewayProcess:
    """`jackfield serve` with a config, on a free port, from entering the block to leaving it.

    ``config`` is the text of the file, ``files`` are others that lie beside it, ``command`` is what an operator types.
    ``url`` is known once requests are answered; ``stderr`` and ``log`` are what was printed, complete when the process
    has ended with ``code``.
    """

    def __init__(
        self,
        config: str,
        *arguments: str,
        files: dict[str, str] | None = None,
        env: dict[str, str] | None = None,
        command: str = f"jackfield serve --config {CONFIG}",
    ) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        for name, text in {"config.yaml": config, **(files or {})}.items():
            (self.folder / name).write_text(text, encoding="utf-8")
        words = shlex.split(command.replace(CONFIG, shlex.quote(str(self.folder / "config.yaml"))))
        self._command = [sys.executable, "-m", *words, "--port", "0", *arguments]
        self._env = env
        self._said: list[str] = []
        self._ready = threading.Event()
        self.url = ""
        self.log = ""
        self.code: int | None = None

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def stderr(self) -> str:
        """What was printed so far."""
        return "".join(self._said)

    def __enter__(self) -> Self:
        self._out = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            self._command, stdout=self._out, stderr=subprocess.PIPE, text=True, env=self._env
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(START_SECONDS)
        if not self.url:
            self.stop()
            self._folder.cleanup()
            raise AssertionError(f"the gateway did not start:\n{self.stderr}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def wait_for(self, text: str) -> None:
        """Wait until the log says this."""
        until = time.monotonic() + START_SECONDS
        while text not in (self.folder / "log").read_text(encoding="utf-8"):
            assert time.monotonic() < until, f"the log does not say {text!r}"
            time.sleep(0.02)

    def stop(self) -> None:
        """End the process as an operator does, with SIGTERM; what it does not obey, SIGKILL ends."""
        self._process.terminate()
        try:
            self.code = self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.code = self._process.wait()
        self._reader.join()
        self._out.close()
        self.log = (self.folder / "log").read_text(encoding="utf-8")

    def _read(self) -> None:
        assert self._process.stderr is not None
        with self._process.stderr as lines:
            for line in lines:
                self._said.append(line)
                if (found := ADDRESS.search(line)) and not self.url:
                    self.url = found[1]
                    self._ready.set()
        self._ready.set()
