"""A small real HTTP server on loopback that speaks the OpenAI format and the legacy `custom/` format.

    with LoopbackServer() as server:
        completion("openai/small", api_base=server.url, messages=[...])
        assert server.requests[-1].path == "/v1/chat/completions"

Its answers depend on nothing but the request, so that tests can compare them. `error-<status>` as the model's name is
answered with that status, `flaky-<status>` the first time only. It needs the standard library alone and goes with the
tests of a distribution when its wheel is tested.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from loopback_answers import ROUTES, Refusal, Sse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType
    from typing import Self

Json = dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """One request as it came over the wire; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def parts(self) -> list[Part]:
        """The parts of a multipart body, in order."""
        head = f"content-type: {self.headers['content-type']}\r\n\r\n".encode()
        message = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [Part.of(part) for part in message.iter_parts()]


@dataclass(frozen=True)
class Part:
    name: str
    filename: str | None
    content_type: str
    content: bytes

    @classmethod
    def of(cls, part: Any) -> Part:
        name = part.get_param("name", header="content-disposition")
        return cls(name, part.get_filename(), part.get_content_type(), part.get_payload(decode=True))


@dataclass
class LoopbackServer:
    """Serves while it is entered, on a port of the system's choice.

    `pause` is the time in seconds between two words of a stream. `key`, when given, must be the bearer token of every
    request. `requests` holds what came in, `abandoned` the paths of the answers that the client did not wait for.
    """

    pause: float = 0.0
    key: str | None = None
    requests: list[Recorded] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._failed_once: set[str] = set()
        self._left = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """The base of the OpenAI format; paths without `/v1` are understood too."""
        return f"{self.origin}/v1"

    @property
    def legacy_url(self) -> str:
        return f"{self.origin}/legacy"

    def wait_for_abandoned(self, timeout: float = 10.0) -> bool:
        """Waits until a client has left an answer before its end, and says whether one has."""
        with self._left:
            return self._left.wait_for(lambda: bool(self.abandoned), timeout)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    def note_abandoned(self, path: str) -> None:
        with self._left:
            self.abandoned.append(path)
            self._left.notify_all()

    def fails_now(self, model: str) -> int | None:
        """The status that the model's name asks for, if it asks for one."""
        kind, _, status = model.partition("-")
        if kind not in {"error", "flaky"} or not status.isdigit():
            return None
        if kind == "flaky" and model in self._failed_once:
            return None
        self._failed_once.add(model)
        return int(status)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that server_close() waits for them
    owner: LoopbackServer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client may leave whenever it likes
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """Ends the connections that clients keep alive."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:  # the client was faster
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keeps quiet: what came in is in `LoopbackServer.requests`."""

    def _body(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline(), 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Recorded(self.command, self.path, headers, body)
        owner = self.server.owner
        owner.requests.append(request)
        try:
            self._send(_answer_to(owner, request))
        except Refusal as refusal:
            self._send_json(refusal.status, refusal.body, refusal.headers)
        except ConnectionError:
            owner.note_abandoned(self.path)
            self.close_connection = True

    def _send(self, answer: Json | Sse) -> None:
        if isinstance(answer, Sse):
            self._send_events(answer)
        else:
            self._send_json(200, answer, {})

    def _send_json(self, status: int, body: Json, headers: dict[str, str]) -> None:
        content = json.dumps(body).encode()
        length = str(len(content))
        head = self._head(status, {"content-type": "application/json", "content-length": length, **headers})
        self.wfile.write(head + content)  # in one packet

    def _send_events(self, answer: Sse) -> None:
        streaming = {"content-type": "text/event-stream; charset=utf-8", "transfer-encoding": "chunked"}
        self.wfile.write(self._head(200, streaming))
        for event in answer:
            data = f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode()
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
            time.sleep(self.server.owner.pause)
        self.wfile.write(b"0\r\n\r\n")

    def _head(self, status: int, headers: dict[str, str]) -> bytes:
        identity = {"x-request-id": f"req-{len(self.server.owner.requests)}"}
        lines = [f"HTTP/1.1 {status} {self.responses.get(status, ('',))[0]}"]
        lines += [f"{name}: {value}" for name, value in (identity | headers).items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _answer_to(owner: LoopbackServer, request: Recorded) -> Json | Sse:
    route = ROUTES.get((request.method, request.path.partition("?")[0].removeprefix("/v1")))
    if route is None:
        raise Refusal(404, f"{request.method} {request.path} is no path of this server")
    if owner.key and request.headers.get("authorization") != f"Bearer {owner.key}":
        raise Refusal(401, "The bearer token is missing or wrong")
    payload = _payload(request)
    if status := owner.fails_now(payload.get("model", "")):
        raise Refusal.asked_for(status)
    return route(payload)


def _payload(request: Recorded) -> Json:
    """The JSON body, or the fields of a multipart one with its files, each a `Part`, under `files`."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        fields: Json = {"files": [part for part in request.parts if part.filename is not None]}
        return fields | {part.name: part.content.decode() for part in request.parts if part.filename is None}
    if not request.body:
        return {}
    try:
        return dict(request.json)
    except ValueError as error:
        raise Refusal(400, f"The body is no JSON object: {error}") from error
