"""What one would write without a gateway: Starlette in front, aiohttp behind, and as little as possible between them.

    python bare.py parsed|bytes PORT UPSTREAMS

UPSTREAMS is a JSON object of model name → OpenAI base URL. `parsed` reads every body and every chunk and encodes it
again, as whoever wants to know what passes must; `bytes` sends on what comes, and reads a request only to find where
it has to go.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request  # noqa: TC002 - beside the rest of Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

KEY = {"authorization": "Bearer key", "content-type": "application/json"}
JSON = "application/json"
EVENTS = "text/event-stream"


class Bare:
    """The two handlers, and the session that carries their calls."""

    def __init__(self, upstreams: dict[str, str]) -> None:
        self._upstreams = upstreams

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as self._session:
            yield

    async def parsed(self, request: Request) -> Response:
        body = json.loads(await request.body())
        stream = body.get("stream", False)
        url = self._url(body["model"])
        upstream = await self._session.post(url, data=encoded(body | {"model": "gpt-mock"}), headers=KEY)
        if stream:
            return StreamingResponse(reencoded(upstream), upstream.status, media_type=EVENTS)
        async with upstream:
            answer = json.loads(await upstream.read())
        return Response(encoded(answer), upstream.status, media_type=JSON)

    async def bytes(self, request: Request) -> Response:
        raw = await request.body()
        upstream = await self._session.post(self._url(json.loads(raw)["model"]), data=raw, headers=KEY)
        if upstream.content_type == EVENTS:
            return StreamingResponse(passed(upstream), upstream.status, media_type=EVENTS)
        async with upstream:
            return Response(await upstream.read(), upstream.status, media_type=JSON)

    def _url(self, model: str) -> str:
        return f"{self._upstreams[model]}/chat/completions"


async def reencoded(upstream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with upstream:
        async for line in upstream.content:
            if line.startswith(b"data: {"):
                yield b"data: %b\n\n" % encoded(json.loads(line[6:]))
            elif line.startswith(b"data: [DONE]"):
                yield b"data: [DONE]\n\n"


async def passed(upstream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with upstream:
        async for data in upstream.content.iter_any():
            yield data


def encoded(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


async def health(request: Request) -> Response:
    return PlainTextResponse("ok")


def main() -> None:
    how, port, upstreams = sys.argv[1:]
    bare = Bare(json.loads(upstreams))
    routes = [Route("/health", health), Route("/v1/chat/completions", getattr(bare, how), methods=["POST"])]
    app = Starlette(routes=routes, lifespan=bare.lifespan)
    uvicorn.run(app, host="127.0.0.1", port=int(port), loop="uvloop", http="httptools", access_log=False)


if __name__ == "__main__":
    main()
