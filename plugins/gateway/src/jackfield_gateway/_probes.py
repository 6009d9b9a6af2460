"""What orchestrators and Prometheus ask: whether the process lives, whether it takes requests, what it counted."""

from __future__ import annotations

import json
from collections.abc import Callable

from ._attendance import Receive, Scope, Send
from ._front import App
from ._refusals import refuse
from .wire.errors import Told, openai_type

__all__ = ["Probes"]

JSON = b"application/json"


class Probes:
    """Liveness, readiness and metrics. While ``draining`` is set the process lives and is not ready."""

    def __init__(self, metrics: Callable[[], tuple[bytes, str]]) -> None:
        self.draining = False
        self._metrics = metrics

    @property
    def routes(self) -> dict[str, App]:
        """The ASGI app of each path."""
        return {
            "/health/liveliness": _answering(_alive),
            "/health/liveness": _answering(_alive),
            "/health/readiness": _answering(self._ready),
            "/metrics": _answering(self._counted),
        }

    def _ready(self) -> tuple[int, bytes, bytes]:
        if self.draining:
            return 503, JSON, json.dumps({"status": "draining"}).encode()
        return 200, JSON, json.dumps({"status": "healthy"}).encode()

    def _counted(self) -> tuple[int, bytes, bytes]:
        page, kind = self._metrics()
        return 200, kind.encode(), page


def _alive() -> tuple[int, bytes, bytes]:
    return 200, JSON, json.dumps("I'm alive!").encode()  # LiteLLM's words, which some probes look for


def _answering(make: Callable[[], tuple[int, bytes, bytes]]) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            wrong = Told(405, f"{scope['path']} takes GET and no other method.", openai_type(405))
            await refuse(send, wrong, scope["path"], [(b"allow", b"GET, HEAD")])
            return
        status, kind, content = make()
        headers = [(b"content-type", kind), (b"content-length", b"%d" % len(content)), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return app
