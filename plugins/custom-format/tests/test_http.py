"""The HTTP clients that handlers import, on a real server."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from jackfield import AuthenticationError, acompletion, completion
from jackfield_custom_format import AsyncHTTPHandler, CustomLLM, HTTPHandler
from loopback import LoopbackServer

BODY = {"model": "small", "messages": [{"role": "user", "content": "Hello"}]}
METHODS = ["post", "put", "patch", "delete"]


@pytest.fixture(scope="module")
def server():
    with LoopbackServer() as running:
        yield running


@pytest.fixture
def client():
    with HTTPHandler(timeout=5.0) as made:
        yield made


def chat_url(server):
    return f"{server.url}/chat/completions"


def test_post_sends_json_headers_and_parameters(server, client):
    response = client.post(
        chat_url(server), json=BODY, headers={"x-one": "1"}, params={"tone": "kind"}, timeout=None, logging_obj=object()
    )
    assert isinstance(response, httpx.Response)
    assert response.json()["choices"][0]["message"]["content"] == "You said: Hello"
    request = server.requests[-1]
    assert (request.method, request.path, request.json) == ("POST", "/v1/chat/completions?tone=kind", BODY)
    assert request.headers["x-one"] == "1"


@pytest.mark.parametrize("data", ["text", b"text"])
def test_data_may_be_text_a_form_or_bytes(server, client, data):
    with pytest.raises(httpx.HTTPStatusError):
        client.post(f"{server.origin}/nowhere", data=data)
    assert server.requests[-1].body == b"text"
    with pytest.raises(httpx.HTTPStatusError):
        client.post(f"{server.origin}/nowhere", {"field": "value"})
    assert server.requests[-1].body == b"field=value"


def test_a_stream_is_read_line_by_line(server, client):
    response = client.post(chat_url(server), json={**BODY, "stream": True}, stream=True)
    lines = [line for line in response.iter_lines() if line]
    response.close()
    assert lines[0].startswith("data: {")
    assert lines[-1] == "data: [DONE]"


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_status_is_raised_with_its_body(server, client, stream):
    with pytest.raises(httpx.HTTPStatusError) as caught:
        client.post(chat_url(server), json={**BODY, "model": "error-418"}, stream=stream)
    assert (caught.value.response.status_code, caught.value.response.is_closed) == (418, True)
    assert "asked for status 418" in caught.value.response.text


def test_get_leaves_the_status_to_its_caller(server, client):
    assert client.get(f"{server.url}/models").json()["data"][0]["id"] == "large"
    assert client.get(f"{server.origin}/nowhere", params=None).status_code == 404


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_sent_as_itself(method):
    sent = []
    transport = httpx.MockTransport(
        lambda request: sent.append((request.method, request.content)) or httpx.Response(200)
    )
    with HTTPHandler(client=httpx.Client(transport=transport)) as client:
        getattr(client, method)("https://model.example", json=[1])

    async def main():
        async with AsyncHTTPHandler(client=httpx.AsyncClient(transport=transport)) as aclient:
            await getattr(aclient, method)("https://model.example", json=[1])

    asyncio.run(main())
    assert sent == [(method.upper(), b"[1]")] * 2


def test_redirects_are_not_followed():
    away = httpx.MockTransport(lambda request: httpx.Response(307, headers={"location": "https://elsewhere.example"}))
    with HTTPHandler(client=httpx.Client(transport=away)) as client, pytest.raises(httpx.HTTPStatusError, match="307"):
        client.post("https://model.example", json={}, headers={"x-api-key": "a-key"})


def test_limits_are_passed_on_to_httpx():
    with HTTPHandler(timeout=3.0, concurrent_limit=2, ssl_verify=False) as client:
        assert client.client.timeout == httpx.Timeout(3.0)
    with HTTPHandler() as client:
        assert client.client.timeout == httpx.Timeout(600.0, connect=10.0)


class Remote(CustomLLM):
    """A handler that calls a server, as most do."""

    def __init__(self):
        self.key = "a-key"

    def completion(self, model, messages, api_base, timeout, **_):
        with HTTPHandler() as client:
            return client.post(api_base, json={"model": model, "messages": messages}, timeout=timeout).json()

    async def acompletion(self, model, messages, api_base, **given):
        async with AsyncHTTPHandler(timeout=given["timeout"]) as client:
            await client.get(api_base.replace("chat/completions", "models"))
            return (await client.post(api_base, json={"model": model, "messages": messages})).json()

    def streaming(self, model, messages, api_base, **_):
        with HTTPHandler() as client:
            body = {"model": model, "messages": messages, "stream": True}
            for line in client.post(api_base, json=body, stream=True).iter_lines():
                if line.startswith("data: {"):
                    yield httpx.Response(200, text=line.removeprefix("data: ")).json()

    async def astreaming(self, model, messages, api_base, **_):
        async with AsyncHTTPHandler() as client:
            body = {"model": model, "messages": messages, "stream": True}
            async for line in (await client.post(api_base, json=body, stream=True)).aiter_lines():
                if line.startswith("data: {"):
                    yield httpx.Response(200, text=line.removeprefix("data: ")).json()


def test_a_handler_that_calls_a_server_serves_every_caller(server, register):
    register(Remote())
    arguments = {"messages": BODY["messages"], "api_base": chat_url(server)}
    assert completion("mine/small", **arguments).choices[0].message.content == "You said: Hello"
    chunks = completion("mine/small", **arguments, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "You said: Hello"

    async def main():
        whole = await acompletion("mine/small", **arguments)
        stream = await acompletion("mine/small", **arguments, stream=True)
        return whole.choices[0].message.content, "".join([c.choices[0].delta.content or "" async for c in stream])

    assert asyncio.run(main()) == ("You said: Hello", "You said: Hello")


def test_the_caller_gets_the_error_of_the_handlers_server(server, register):
    register(Remote())
    for stream in (False, True):
        with pytest.raises(AuthenticationError, match="asked for status 401"):
            completion("mine/error-401", messages=BODY["messages"], api_base=chat_url(server), stream=stream)

        async def main(stream=stream):
            await acompletion("mine/error-401", messages=BODY["messages"], api_base=chat_url(server), stream=stream)

        with pytest.raises(AuthenticationError, match="asked for status 401"):
            asyncio.run(main())
