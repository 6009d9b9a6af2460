"""The gateway as an ASGI application: which path is answered by what, and the swap of its configuration."""

from __future__ import annotations

import asyncio

from ._attendance import Receive, Scope, Send
from ._calls import Route
from ._dialects import CHAT, COMPLETIONS, EDITS, EMBEDDINGS, IMAGES, MESSAGES, RESPONSES
from ._exchange import exchange_of
from ._handlers import load_objects
from ._pages import Page, count_tokens, described, health, home, model, models
from ._refusals import refuse
from ._serving import Serving
from .config import Config
from .wire.errors import Told

__all__ = ["Gateway"]

PREFIX = "/v1"
MODEL = "/models/"

CALLS = {
    "/chat/completions": CHAT,
    "/completions": COMPLETIONS,
    "/embeddings": EMBEDDINGS,
    "/images/generations": IMAGES,
    "/images/edits": EDITS,
    "/messages": MESSAGES,
    "/responses": RESPONSES,
}
"""Route → its dialect; each with and without the prefix."""


class Gateway:
    """Answers the routes of a configuration. Raises ConfigurationError where that does not load."""

    def __init__(self, config: Config) -> None:
        self._serving = Serving(config, load_objects(config))
        self._retired: list[Serving] = []
        routes: dict[str, tuple[str | None, Route | Page]] = {
            path: ("POST", Route(PREFIX + path, dialect, self._current)) for path, dialect in CALLS.items()
        }
        routes["/messages/count_tokens"] = "POST", Page("/v1/messages/count_tokens", count_tokens, self._current)
        routes["/models"] = "GET", Page("/v1/models", models, self._current)
        self._model = Page("/v1/models/{id}", model, self._current)
        self._routes = routes | {PREFIX + path: route for path, route in routes.items()}
        self._routes["/"] = "GET", Page("/", home, self._current)
        self._routes["/health"] = "GET", Page("/health", health, self._current)
        self._routes["/openapi.json"] = "GET", Page("/openapi.json", described, self._current)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        allowed, app = self._routes.get(path) or self._by_id(path)
        if method == allowed or (method == "HEAD" and allowed == "GET"):
            await app(scope, receive, send)
            return
        request_id = exchange_of(scope).request_id
        if allowed is None:
            there_is_none = Told(
                404, f"there is no {path}", "invalid_request_error", "unknown_url", request_id=request_id
            )
            await refuse(send, there_is_none, path)
        else:
            wrong = Told(405, f"{path} takes {allowed}, not {method}", "invalid_request_error", request_id=request_id)
            methods = "GET, HEAD" if allowed == "GET" else allowed
            await refuse(send, wrong, path, [(b"allow", methods.encode())])

    async def reload(self, config: Config) -> None:
        """Answer by another configuration from the next request on; those that run keep theirs to their end."""
        # In a thread: a handler's import may take long, and requests are answered meanwhile.
        serving = Serving(config, await asyncio.to_thread(load_objects, config))
        before, self._serving = self._serving, serving
        before.retire()
        self._retired = [each for each in (*self._retired, before) if each.closing is None or not each.closing.done()]

    async def aclose(self) -> None:
        """Close the connections to providers."""
        await asyncio.gather(*(each.aclose() for each in (self._serving, *self._retired)))

    def _by_id(self, path: str) -> tuple[str | None, Page]:
        bare = path.removeprefix(PREFIX)
        return ("GET" if bare.startswith(MODEL) and bare != MODEL else None), self._model

    def _current(self) -> Serving:
        return self._serving
