"""A stand-in for the real server, for trying things by hand and for tests. Standard library only, on loopback only.

    python tests/fake_server.py [PORT]

It answers a chat with the last words it was told, asks for the first tool it is offered, paints one pixel in two steps,
and plays the faults of the real one for the models "busy" and "broken". Make it as wrong as your server can be.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]

HEADER, KEY = "x-acme-key", "a-key"
MODELS = ["acme-1", "vectors-1", "paint-1"]
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
BUSY = {"code": "busy", "text": "All workers are at work.", "retry_in_ms": 250}


class FakeServer:
    """Serves while it is entered; `url` is its address, `requests` holds what came: path, headers, body."""

    def __init__(self, port: int = 0) -> None:
        self.requests: list[tuple[str, Json, Json]] = []
        self.painting: set[str] = set()
        self.http = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Handler,), {"fake": self}))
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"

    def __enter__(self) -> FakeServer:
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.shutdown()
        self.http.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request: `do_GET` and `do_POST` are what the standard library calls."""

    fake: FakeServer

    def do_GET(self) -> None:
        if not self._let_in({}):
            return
        if self.path == "/models":
            self._answer(200, {"models": MODELS})
        elif self.path in self.fake.painting:
            self.fake.painting.remove(self.path)
            self._answer(202, {"state": "painting", "retry_in_ms": 20}, location=f"{self.fake.url}{self.path}")
        elif self.path.startswith("/images/jobs/"):
            copies = int(self.path.rpartition("/")[2])
            self._answer(200, {"state": "done", "images": [PIXEL] * copies})
        else:
            self._refuse(404, {"code": "unknown", "text": f"There is no {self.path}."})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._let_in(body):
            return
        if self.path == "/chat":
            self._answer(200, answer(body))
        elif self.path == "/chat/stream":
            self._stream(body)
        elif self.path == "/vectors":
            vectors = [[float(len(text)), 0.5] for text in body["texts"]]
            self._answer(200, {"model": body["model"], "vectors": vectors, "counts": {"read": len(vectors)}})
        elif self.path == "/images":
            job = f"/images/jobs/{len(self.fake.requests)}/{body.get('copies', 1)}"
            self.fake.painting.add(job)
            self._answer(202, {"state": "waiting", "retry_in_ms": 20}, location=f"{self.fake.url}{job}")
        else:
            self._refuse(404, {"code": "unknown", "text": f"There is no {self.path}."})

    def _let_in(self, body: Json) -> bool:
        self.fake.requests.append((self.path, dict(self.headers.items()), body))
        if self.headers[HEADER] != KEY:
            self._refuse(401, {"code": "unknown_key", "text": f"Send your key as {HEADER}."})
        elif body.get("model") == "busy":
            self._refuse(503, BUSY)
        else:
            return True
        return False

    def _refuse(self, status: int, fault: Json) -> None:
        self._answer(status, {"fault": fault})

    def _answer(self, status: int, body: Json, **headers: str) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, body: Json) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/x-frames")
        self.end_headers()  # without a length: the end of the connection is the end of the stream
        for event in events(body):
            content = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode() if event else b""
            self.wfile.write(b"%d\n%b" % (len(content), content))

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing: tests want quiet, and `main` says where the server is."""


REPLIES = {"Say hello.": "Héllo."}
"""What is not answered by its own words; with an accent, so that recorded frames hold more than ASCII."""


def answer(body: Json) -> Json:
    """Return the whole answer to a chat."""
    said = body["turns"][-1]["text"] if body["turns"] else ""
    said = REPLIES.get(said, said)
    offered = body.get("tools") or []
    whole = {"run": "run-1", "model": body["model"], "counts": {"read": len(said.split()), "written": 1}}
    if offered and body["turns"][-1]["speaker"] != "tool":
        cities = ["Paris", "London"] if "London" in said else ["Paris"]
        calls = [
            {"ref": f"call-{number}", "name": offered[0]["name"], "arguments": json.dumps({"city": city})}
            for number, city in enumerate(cities, 1)
        ]
        return {**whole, "text": "Let me look." if calls[1:] else "", "calls": calls, "ended": "calls"}
    return {**whole, "text": said, "calls": [], "ended": "complete"}


def events(body: Json) -> Iterator[Json]:
    """Give the same answer as events; an empty one is a sign of life."""
    whole = answer(body)
    yield {"kind": "begin", "run": whole["run"]}
    yield {}
    for word in re.findall(r"\s*\S+|\s+$", whole["text"]):
        yield {"kind": "text", "text": word}
    if body["model"] == "broken":
        yield {"kind": "fault", "fault": BUSY}
        return
    for call in whole["calls"]:
        yield {"kind": "call", "call": call}
    yield {"kind": "end", "ended": whole["ended"], "counts": whole["counts"]}


def main(port: int) -> None:
    """Serve until Ctrl-C, and say how to come here."""
    fake = FakeServer(port)
    print(f"export ACME_API_BASE={fake.url}")
    print(f"export ACME_API_KEY={KEY}")
    try:
        fake.http.serve_forever()
    except KeyboardInterrupt:
        fake.http.server_close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 8099)
