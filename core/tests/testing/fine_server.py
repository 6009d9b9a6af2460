"""The fine provider's server, on loopback: it answers as a real one does, with cookies, ids and accounts in headers."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from fine import FLOW, HELLO

KEY = "fk-real-0123456789"
REQUEST_ID = "req-7f3a99c2d1"
PRIVATE = {"Set-Cookie": "session=abcdefgh", "X-Request-Id": REQUEST_ID, "X-Fine-Account": "acct-20251120"}


class FineServer:
    """Serves while it is entered; ``changed`` makes it answer in another shape, ``hello`` is
    what it says to a chat, ``seen`` holds the paths asked for."""

    def __init__(self) -> None:
        self.changed = False
        self.hello = {**HELLO, "id": REQUEST_ID}
        self.seen: list[str] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                self.do_GET()

            def do_GET(self):
                owner.seen.append(self.path)
                status, headers, body = owner.answer(self.path, self.headers.get("x-fine-key"))
                self.send_response(status)
                for name, value in {**PRIVATE, **headers, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *arguments):
                """Keeps quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def answer(self, path, key):
        route = path.removeprefix("/v1")
        if key != KEY:
            return 401, JSON, dumped({"fault": {"kind": "key", "words": f"No such key ({REQUEST_ID})."}})
        if route == "/chat":
            return 200, JSON, dumped(self.hello)
        if route == "/flow":
            return 200, {"content-type": "text/event-stream"}, FLOW
        if route == "/vectors":
            return 200, JSON, dumped({"vectors": [["one"]] if self.changed else [[0.5, 1.0]]})
        if route == "/pictures":
            return 202, {"location": f"{self.url}/pictures/7"}, b""
        return 200, JSON, dumped({"picture": "iVBORw0KGgo="})

    def __enter__(self):
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


JSON = {"content-type": "application/json"}


def dumped(value) -> bytes:
    return json.dumps(value).encode()
