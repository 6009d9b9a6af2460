"""What orchestrators and Prometheus ask: whether the process lives, whether it takes requests, what it counted."""

from __future__ import annotations

from collections.abc import Callable

from ._attendance import Receive, Scope, Send
from ._front import App
from ._outgoing import JSON, respond
from ._refusals import refuse
from .wire.answers import encoded
from .wire.errors import Told, openai_type

__all__ = ["Probes"]

NOT_KEPT = (b"cache-control", b"no-store")

Answer = tuple[int, tuple[bytes, bytes], bytes]
"""Status, content type and body."""


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

    def _ready(self) -> Answer:
        if self.draining:
            return 503, JSON, encoded({"status": "draining"})
        return 200, JSON, encoded({"status": "healthy"})

    def _counted(self) -> Answer:
        page, kind = self._metrics()
        return 200, (b"content-type", kind.encode()), page


def _alive() -> Answer:
    return 200, JSON, b'"I\'m alive!"'  # LiteLLM's words, which some probes look for


def _answering(make: Callable[[], Answer]) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            wrong = Told(405, f"{scope['path']} takes GET and no other method.", openai_type(405))
            await refuse(send, wrong, scope["path"], [(b"allow", b"GET, HEAD")])
            return
        status, kind, content = make()
        await respond(send, status, content, [kind, NOT_KEPT])

    return app
