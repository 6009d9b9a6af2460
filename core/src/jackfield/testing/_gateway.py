"""A gateway process that serves a provider's cases, and the server on loopback that replays their wire."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ._cases import Case
from ._errors import NonconformanceError
from ._gateway_client import asked_of, told, unroutable
from ._replay import API_KEY, body_at, headers_at

if TYPE_CHECKING:
    from ._subject import Subject

__all__ = ["Gateway", "ReplayServer"]

ADDRESS = re.compile(r"gateway on (http://\S+)")
START_SECONDS = 30
STOP_SECONDS = 10
ANSWER_SECONDS = 30
HOP = {"content-length", "transfer-encoding", "connection", "content-encoding"}


class Gateway:
    """`jackfield serve` on a free port of loopback, with one model for each case."""

    def __init__(self, subject: Subject) -> None:
        self._replay = ReplayServer()
        self._folder = tempfile.TemporaryDirectory()
        config = Path(self._folder.name) / "config.yaml"
        models = [self._model(subject, case) for case in subject.cases if unroutable(case) is None]
        said = {"model_list": models, "router_settings": {"num_retries": 0}}
        config.write_text(json.dumps(said), encoding="utf-8")  # which is YAML too
        command = [sys.executable, "-m", "jackfield", "serve", "--config", str(config), "--port", "0"]
        self._process = subprocess.Popen(  # noqa: S603  # our own command, with no shell
            command,
            env={**os.environ, **_surroundings()},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        self._said: list[str] = []
        self._ready = threading.Event()
        self._url = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready.wait(START_SECONDS)
        if not self._url:
            self.close()
            raise NonconformanceError(f"the gateway did not start:\n{''.join(self._said)}")

    def answer(self, case: Case) -> dict[str, Any]:
        """Return what the gateway answers to a case, as ``told`` has it."""
        self._replay.begin(case)
        connection = HTTPConnection(urlsplit(self._url).netloc, timeout=ANSWER_SECONDS)
        try:
            connection.request("POST", *asked_of(case))
            response = connection.getresponse()
            return told(case, response.status, response.getheader("retry-after"), response.read().decode())
        finally:
            connection.close()

    def close(self) -> None:
        """Stop the process and the server."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._replay.close()
        self._folder.cleanup()

    def _model(self, subject: Subject, case: Case) -> dict[str, Any]:
        model = f"{subject.name}/{subject.model_of(case)}"
        params = {"model": model, "api_base": self._replay.base(case), "api_key": API_KEY, **case.options}
        return {"model_name": case.name, "litellm_params": params}

    def _read(self) -> None:
        assert self._process.stderr is not None  # it was asked for
        with self._process.stderr as lines:
            for line in lines:
                self._said.append(line)
                if (found := ADDRESS.search(line)) and not self._url:
                    self._url = found[1]
                    self._ready.set()
        self._ready.set()


def _surroundings() -> dict[str, str]:
    """Return variables with which a process sees what this one sees, and goes to this machine by no proxy."""
    direct = dict.fromkeys(("NO_PROXY", "no_proxy"), "*")  # both, since either may be set already
    return {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **direct}


class ReplayServer:
    """Answers on loopback with the exchanges of cases, each under a path of its own, in order.

    Another path is the case's that was begun last: a server may name a job by its path alone, ``/jobs/7``.
    """

    def __init__(self) -> None:
        self._cases: dict[str, tuple[Case, int]] = {}
        self._last = ""
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # which keeps a body back for 40 ms, until the headers are acknowledged

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                owner._answer(self)  # its own server

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815  # the names that http.server calls

            def log_message(self, format: str, *args: Any) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        serve: Callable[[], None] = lambda: self._server.serve_forever(0.02)  # noqa: E731
        self._thread = threading.Thread(target=serve, daemon=True)
        self._thread.start()

    def base(self, case: Case) -> str:
        """Return the address that stands for a case's ``api_base``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{case.name}"

    def begin(self, case: Case) -> None:
        """Answer the next request of a case with its first exchange."""
        self._cases[case.name] = (case, 0)
        self._last = case.name

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.split("/")[1].partition("?")[0]
        name = name if name in self._cases else self._last
        case, number = self._cases.get(name, (None, 0))
        if case is None or number >= len(case.exchanges):
            request.send_error(404, f"no exchange {number + 1} of {name!r}")
            return
        self._cases[name] = (case, number + 1)
        answer, base = case.exchanges[number].answer, self.base(case)
        content = body_at(answer.body, base)
        request.send_response(answer.status)
        for header, value in headers_at(answer.headers, base).items():
            if header not in HOP:
                request.send_header(header, value)
        request.send_header("content-length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)
