"""The routes that call no model: what there is, whether it works, how to call it. And the count of tokens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from jackfield import CompletionRequest, EmbeddingRequest, ImageGenerationRequest, NotFoundError, Request

from ._attendance import Attendance, ClientLeft, Receive, Scope, Send
from ._exchange import exchange_of
from ._incoming import body_of
from ._outgoing import JSON, respond
from ._quits import as_exception
from ._refusals import refuse
from ._serving import Serving
from .wire import answers, anthropic
from .wire.errors import told
from .wire.openapi import document

if TYPE_CHECKING:
    from jackfield_router import Deployment

__all__ = ["Page", "count_tokens", "described", "health", "home", "model", "models"]

STARTED = int(time.time())

PROBE_TIMEOUT = 10.0
PROBES_AT_ONCE = 8

HOME = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Jackfield gateway</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
pre{background:#8881;padding:1rem;overflow:auto}</style>
<h1>Jackfield gateway</h1>
<p>This server answers OpenAI's and Anthropic's APIs. Give any of their clients its address:</p>
<pre>from openai import OpenAI

client = OpenAI(base_url="http://HOST:PORT/v1", api_key="KEY")
client.chat.completions.create(model="MODEL", messages=[{"role": "user", "content": "Hello"}])</pre>
<pre>from anthropic import Anthropic

client = Anthropic(base_url="http://HOST:PORT", api_key="KEY")
client.messages.create(model="MODEL", max_tokens=100, messages=[{"role": "user", "content": "Hello"}])</pre>
<p><a href="/v1/models">Models</a> \xc2\xb7 <a href="/health">health</a> \xc2\xb7
<a href="/openapi.json">description of the API</a></p>
</html>
"""

Answer = tuple[bytes, list[tuple[bytes, bytes]]]


class Page:
    """An ASGI application of one route that calls no model; errors are answered in the shape of its path."""

    def __init__(
        self, path: str, answer: Callable[[Serving, Scope, Receive], Awaitable[Answer]], serving: Callable[[], Serving]
    ) -> None:
        self._path = path
        self._answer = answer
        self._serving = serving

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = exchange_of(scope)
        exchange.route = self._path
        serving = self._serving().enter()
        try:
            content, headers = await self._answer(serving, scope, receive)
        except ClientLeft as left:
            exchange.client_left, exchange.error = True, left
        except Exception as error:
            exchange.error = error
            await refuse(send, told(error, exchange.request_id), scope["path"])
        else:
            await respond(send, 200, content, headers)  # of which the server leaves out what HEAD does not want
        finally:
            serving.leave()


async def home(serving: Serving, scope: Scope, receive: Receive) -> Answer:
    """Say what runs here. The page is the same for everybody, since it needs no key."""
    policy = (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'")
    return HOME, [(b"content-type", b"text/html; charset=utf-8"), policy]


async def described(serving: Serving, scope: Scope, receive: Receive) -> Answer:
    """Return the OpenAPI description."""
    return answers.encoded(document()), [JSON]


async def models(serving: Serving, scope: Scope, receive: Receive) -> Answer:
    """List the model groups and their aliases."""
    return answers.models(serving.router.names(), STARTED), [JSON]


async def model(serving: Serving, scope: Scope, receive: Receive) -> Answer:
    """Describe one model group, alias, or name that a wildcard serves."""
    name = scope["path"].partition("/models/")[2]
    _known(serving, name)
    return answers.model(name, STARTED), [JSON]


async def count_tokens(serving: Serving, scope: Scope, receive: Receive) -> Answer:
    """Estimate a request's tokens: a header says that it is no count."""
    body = await body_of("count_tokens", scope, receive, serving.config)
    _known(serving, body["model"])
    exchange_of(scope).model = serving.group(body["model"])
    content = answers.encoded({"input_tokens": anthropic.count_tokens(body)})
    return content, [JSON, (b"x-jackfield-token-count", b"estimate; characters/4")]


def _known(serving: Serving, name: str) -> None:
    if not serving.router.find(name):
        raise NotFoundError(
            f"the model {name!r} does not exist", code="model_not_found", type="invalid_request_error", param="model"
        )


# ------------------------------------------------------------------------------------------------------------- health


async def health(serving: Serving, scope: Scope, receive: Receive) -> Answer:
    """List the deployments; with ``?probe=true`` each is called, with a request of a few tokens."""
    probe = parse_qs(scope["query_string"].decode("latin-1")).get("probe", [""])[-1].lower() in ("1", "true", "yes")
    deployments = serving.config.deployments
    if not probe:
        groups = [{"model_name": each.model_name} for each in deployments]
        return answers.encoded({"status": "healthy", "probed": False, "endpoints": groups}), [JSON]
    places = asyncio.Semaphore(PROBES_AT_ONCE)
    named = [each for each in deployments if "*" not in each.model]  # a wildcard is no model that could be asked
    with Attendance(receive):
        results = await asyncio.gather(*(_probed(serving, each, places) for each in named))
    sick = [result for result in results if "error" in result]
    well = [result for result in results if "error" not in result]
    report = {
        "status": "unhealthy" if sick else "healthy",
        "probed": True,
        "healthy_endpoints": well,
        "unhealthy_endpoints": sick,
        "healthy_count": len(well),
        "unhealthy_count": len(sick),
    }
    return answers.encoded(report), [JSON]


async def _probed(serving: Serving, deployment: Deployment, places: asyncio.Semaphore) -> dict[str, Any]:
    said: dict[str, Any] = {"model_name": deployment.model_name}
    async with places:
        began = time.perf_counter()
        try:
            if deployment.problem is None:
                await serving.client.run(_probe(serving, deployment))
        except BaseException as error:
            said["error"] = type(as_exception(error)).__name__  # its text is in nobody's answer
        if deployment.problem is not None:
            said["error"] = type(deployment.problem).__name__
        return {**said, "seconds": round(time.perf_counter() - began, 3)}


def _probe(serving: Serving, deployment: Deployment) -> Request:
    options: Any = {**deployment.options, "num_retries": 0, "timeout": PROBE_TIMEOUT}
    mode = serving.config.modes.get(deployment.model_name)
    if mode == "embedding":
        return EmbeddingRequest(deployment.model, "ping", params=deployment.params, options=options)
    if mode == "image_generation":
        return ImageGenerationRequest(deployment.model, "a dot", params=deployment.params, options=options)
    messages = [{"role": "user", "content": "ping"}]
    params = {"max_tokens": 16, **deployment.params}
    return CompletionRequest(deployment.model, messages, params=params, options=options)
