"""Through a client that the user brings."""

from __future__ import annotations

import anyio.from_thread
import httpx
import pytest
from jackfield.errors import BadRequestError
from jackfield.transports.httpx_ import AsyncClientTransport, ClientTransport, encode_form


@pytest.fixture(params=["sync", "asyncio", "trio"])
def through(request):
    """Make a client with these options, and return a function that sends through it."""
    clients = []

    def sync(**options):
        clients.append(httpx.Client(**options))
        return ClientTransport(clients[-1]).send

    def asynchronous(**options):
        clients.append(httpx.AsyncClient(**options))
        return lambda outgoing: portal.call(AsyncClientTransport(clients[-1]).send, outgoing)

    if request.param == "sync":
        yield sync
        assert not clients[0].is_closed
        clients[0].close()
        return
    with anyio.from_thread.start_blocking_portal(request.param) as portal:
        yield asynchronous
        assert not clients[0].is_closed
        portal.call(clients[0].aclose)


def test_its_headers_and_auth_apply_and_a_calls_own_come_first(through, serve, wire):
    server = serve(wire.answering(wire.answer()))
    send = through(headers={"x-team": "blue", "x-both": "client"}, auth=httpx.BasicAuth("me", "pass"))
    send(wire.outgoing(server.url, headers={"x-both": "call"}))
    request = server.requests[0].lower()
    assert b"x-team: blue" in request
    assert b"x-both: call" in request
    assert b"authorization: basic bwu6cgfzcw==" in request
    assert b"user-agent: python-httpx" in request


def test_its_transport_is_used(through, wire):
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"url": str(request.url), "body": request.content.decode()})

    send = through(transport=httpx.MockTransport(handler))
    answer = send(wire.outgoing("https://example.org/v1?a=1", content=b"hi")).json()
    assert answer == {"url": "https://example.org/v1?a=1", "body": "hi"}


def test_what_its_hooks_raise_passes_as_it_is(through, serve, wire):
    def refuse(response):
        response.request.url = httpx.URL("http://seen")
        raise httpx.HTTPStatusError("no", request=response.request, response=response)

    async def refuse_later(response):
        refuse(response)

    server = serve(wire.answering(wire.answer(b"{}", "418 I'm a teapot")))
    asynchronous = "asynchronous" in through.__name__
    send = through(event_hooks={"response": [refuse_later if asynchronous else refuse]})
    with pytest.raises(httpx.HTTPStatusError) as caught:
        send(wire.outgoing(server.url))
    assert caught.value.response.status_code == 418


def test_it_does_not_follow_redirects_even_if_it_would(through, serve, wire):
    server = serve(wire.answering(wire.answer(b"", "302 Found", "Location: /elsewhere")))
    send = through(follow_redirects=True)
    assert send(wire.outgoing(server.url)).status == 302


def test_an_illegal_header_of_its_own_is_refused_without_being_told(through, serve, wire):
    server = serve(wire.answering(wire.answer()))
    send = through(headers={"x-key": "secret-key\n"})
    with pytest.raises(BadRequestError, match="added a header that HTTP does not allow") as caught:
        send(wire.outgoing(server.url))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert "secret-key" not in repr(caught.value)


def test_a_key_in_the_address_is_in_no_cause(serve, wire):
    server = serve(lambda peer: peer.request())
    with httpx.Client() as client, pytest.raises(Exception, match="closed the connection") as caught:
        ClientTransport(client).send(wire.outgoing(server.url + "?key=secret"))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_forms_are_encoded():
    kind, body = encode_form({"model": "m", "n": 1}, [])
    assert (kind, body) == ("application/x-www-form-urlencoded", b"model=m&n=1")
    kind, body = encode_form({"model": "m"}, [("image", ("a.png", b"\x89PNG", "image/png"))])
    assert kind.startswith("multipart/form-data; boundary=")
    assert b'name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n' in body
    assert b'name="model"\r\n\r\nm\r\n' in body
    assert encode_form({}, []) == ("application/x-www-form-urlencoded", b"")
