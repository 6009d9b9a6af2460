"""Whole answers: the same table of cases for every transport."""

from __future__ import annotations

import gzip
import json
import math
import socket
import time
import zlib

import pytest
from jackfield.errors import APIConnectionError, APITimeoutError, InvalidResponseError

JSON = b'{"text": "hello"}'
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

SOON = 20
"""Seconds within which a call with less than one ends on any machine; what drips here goes on for 50 and more."""


def test_an_answer_comes_whole_with_status_and_headers(transport, serve, wire):
    server = serve(wire.answering(wire.answer(JSON, "200 OK", "X-Request-Id: 7")))
    response = transport.send(wire.outgoing(server.url))
    assert (response.status, response.json()) == (200, {"text": "hello"})
    assert response.headers["x-request-id"] == response.headers["X-REQUEST-ID"] == "7"
    assert response.headers.get("retry-after") is None


def test_a_request_goes_out_as_it_is(transport, serve, wire):
    server = serve(wire.answering(wire.answer()))
    transport.send(wire.outgoing(server.url + "?api-version=1&q=a%2Fb", content=b"body"))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert (first, body) == ("POST /v1/chat?api-version=1&q=a%2Fb HTTP/1.1", b"body")
    assert len(headers) == len(lines), "a header went out twice"
    assert headers["host"] == f"127.0.0.1:{server.port}"
    assert headers["content-length"] == "4"
    assert headers["authorization"] == "Bearer key"
    assert headers["content-type"] == "application/json"
    assert {"gzip", "deflate"} <= set(headers["accept-encoding"].split(", "))


def test_a_request_says_who_sends_it_unless_it_says_so_itself(own, serve, wire):
    server = serve(wire.answering(wire.answer()))
    own.send(wire.outgoing(server.url))
    own.send(wire.outgoing(server.url, headers={"user-agent": "mine/2", "Accept": "text/plain"}))
    assert b"User-Agent: jackfield" in server.requests[0]
    assert b"mine/2" in server.requests[1]
    assert b"jackfield" not in server.requests[1]
    assert b"text/plain" in server.requests[1]
    assert b"*/*" not in server.requests[1]


def test_a_get_has_no_body_and_no_length(own, serve, wire):
    server = serve(wire.answering(wire.answer()))
    own.send(wire.outgoing(server.url, method="GET", headers={}, content=b""))
    assert b"content-length" not in server.requests[0].lower()
    assert b"content-type" not in server.requests[0].lower()


@pytest.mark.parametrize("status", ["302 Found", "404 Not Found", "500 Internal Server Error"])
def test_no_status_is_an_error_here_and_no_redirect_is_followed(transport, serve, wire, status):
    server = serve(wire.answering(wire.answer(b"no", status, "Location: /elsewhere")))
    response = transport.send(wire.outgoing(server.url))
    assert (response.status, response.content) == (int(status[:3]), b"no")
    assert response.headers["location"] == "/elsewhere"
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_answer_is_decompressed(transport, serve, wire, encoding):
    packed = gzip.compress(JSON) if encoding == "gzip" else zlib.compress(JSON)
    server = serve(wire.answering(wire.answer(packed, "200 OK", f"Content-Encoding: {encoding}")))
    assert transport.send(wire.outgoing(server.url)).content == JSON
    assert b"".join(transport.stream(wire.outgoing(server.url))) == JSON


def test_hundreds_of_headers_arrive(transport, serve, wire):
    server = serve(wire.answering(wire.answer(JSON, "200 OK", *(f"X-{i}: {'v' * 200}" for i in range(300)))))
    headers = {f"x-{i}": "w" * 200 for i in range(60)}
    response = transport.send(wire.outgoing(server.url, headers=headers))
    assert response.headers["x-299"] == "v" * 200
    assert server.requests[0].count(b"w" * 200) == 60


def test_large_bodies_go_both_ways(transport, serve, wire):
    body = bytes(range(256)) * 4096 * 3
    server = serve(lambda peer: peer.send(wire.answer(peer.request().partition(b"\r\n\r\n")[2])))
    assert transport.send(wire.outgoing(server.url, content=body)).content == body


def test_a_connection_is_used_again(transport, serve, wire):
    server = serve(wire.answering(wire.answer(JSON)))
    for _ in range(3):
        transport.send(wire.outgoing(server.url))
    assert b"".join(transport.stream(wire.outgoing(server.url))) == JSON
    assert transport.send(wire.outgoing(server.url)).content == JSON
    assert server.connections == 1


def test_an_idle_connection_that_the_server_closed_is_replaced_unseen(transport, serve, wire):
    def one_answer(peer):
        peer.request()
        peer.send(wire.answer(JSON))

    server = serve(one_answer)
    for _ in range(3):
        assert transport.send(wire.outgoing(server.url)).content == JSON
        server.result()
    assert server.connections == 3


def test_a_request_that_may_have_arrived_is_not_sent_twice(transport, serve, wire):
    def second_one_unanswered(peer):
        peer.request()
        peer.send(wire.answer(JSON))
        peer.request()

    server = serve(second_one_unanswered)
    transport.send(wire.outgoing(server.url))
    with pytest.raises(APIConnectionError, match="closed the connection before its answer was complete"):
        transport.send(wire.outgoing(server.url))
    assert len(server.requests) == 2


def test_a_connection_that_the_server_will_close_is_not_used_again(transport, serve, wire):
    server = serve(wire.answering(wire.answer(JSON, "200 OK", "Connection: close")))
    transport.send(wire.outgoing(server.url))
    assert server.result() == "the client left"
    transport.send(wire.outgoing(server.url))
    assert server.connections == 2


def test_no_cookie_is_kept(own, serve, wire):
    server = serve(wire.answering(wire.answer(JSON, "200 OK", "Set-Cookie: session=alice; Path=/")))
    own.send(wire.outgoing(server.url))
    own.send(wire.outgoing(server.url))
    assert b"alice" not in server.requests[1]


def _reads(then):
    def script(peer):
        peer.request()
        return then(peer)

    return script


def _closes(*pieces):
    return _reads(lambda peer: peer.send(*pieces))


FAILURES = {
    "closed without an answer": (_closes(), APIConnectionError, "closed the connection before"),
    "reset": (_reads(lambda peer: peer.reset()), APIConnectionError, "closed the connection before"),
    "no HTTP": (_closes(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), APIConnectionError, "something that is no HTTP"),
    "cut in the headers": (_closes(b"HTTP/1.1 200 OK\r\nContent-"), APIConnectionError, ""),
    "cut before its length": (
        _closes(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
        APIConnectionError,
        "closed the connection before",
    ),
    "cut between chunks": (_closes(CHUNKED + b"1\r\n{\r\n"), APIConnectionError, "closed the connection before"),
    "no chunk": (_closes(CHUNKED + b"what?\r\n{\r\n0\r\n\r\n"), APIConnectionError, ""),
    "not the encoding it says": (
        _closes(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno gzip!!"),
        InvalidResponseError,
        "does not decompress",
    ),
}


@pytest.mark.filterwarnings("ignore:Async generator 'http:ResourceWarning")  # trio, of httpx at a bad gzip stream
@pytest.mark.parametrize("case", FAILURES)
@pytest.mark.parametrize("way", ["send", "stream"])
def test_a_failed_exchange_names_the_server_and_what_happened(transport, serve, wire, case, way):
    script, kind, text = FAILURES[case]
    server = serve(script)
    exchange = transport.send if way == "send" else lambda request: list(transport.stream(request))
    with pytest.raises(kind) as caught:
        exchange(wire.outgoing(server.url))
    assert type(caught.value) is kind
    assert text in caught.value.message
    assert f"127.0.0.1:{server.port}" in caught.value.message
    assert caught.value.__cause__ is not None


def test_a_refused_connection_says_so(transport, serve, wire):
    with socket.socket() as deaf:  # which keeps others from the port, and does not listen
        deaf.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(APIConnectionError, match=f"{where} refused the connection; is the server running"):
            transport.send(wire.outgoing(f"http://{where}/v1"))


def _drips(data):
    return _reads(lambda peer: peer.drip(data))


def _stalls(*pieces):
    def then(peer):
        peer.send(*pieces)
        return peer.left()

    return _reads(then)


ENDLESS = {
    "stalls at once": _stalls(),
    "stalls in the body": _stalls(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{"),
    "drips headers": _drips(b"HTTP/1.1 200 OK\r\nX-Endless: " + b"x" * 5000),
    "drips a body": _drips(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000),
    "drips a body without a length": _drips(b"HTTP/1.0 200 OK\r\n\r\n" + b"x" * 5000),
    "drips chunks": _drips(CHUNKED + b"1\r\nx\r\n" * 1000),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_no_exchange_outlives_its_deadline(transport, serve, wire, case):
    server = serve(ENDLESS[case])
    start = time.monotonic()
    with pytest.raises(APITimeoutError, match=rf"127.0.0.1:{server.port} gave no whole answer within 0\.\d+ s"):
        transport.send(wire.outgoing(server.url, total=0.3))
    assert time.monotonic() - start < SOON


def test_a_deadline_holds_on_a_connection_that_replaced_another(own, serve, wire):
    def script(peer):
        peer.request()
        if server.connections == 1:
            peer.send(wire.answer(JSON, "200 OK", "Connection: close"))
        else:
            peer.drip(b"HTTP/1.1 200 OK\r\nX-Endless: " + b"x" * 5000)

    server = serve(script)
    own.send(wire.outgoing(server.url))
    start = time.monotonic()
    with pytest.raises(APITimeoutError, match="gave no whole answer"):
        own.send(wire.outgoing(server.url, total=0.3))
    assert time.monotonic() - start < SOON


@pytest.mark.parametrize("seconds", [math.inf, 1e10])
def test_limits_may_be_endless(transport, serve, wire, seconds):
    server = serve(wire.answering(wire.answer(JSON)))
    request = wire.outgoing(server.url, total=seconds, connect=seconds, read=seconds)
    assert transport.send(request).content == JSON
    assert b"".join(transport.stream(request)) == JSON


def test_a_passed_deadline_sends_nothing(transport, serve, wire):
    server = serve(wire.answering(wire.answer()))
    with pytest.raises(APITimeoutError):
        transport.send(wire.outgoing(server.url, total=-1))
    assert server.requests == []


@pytest.fixture
def deaf():
    """The port of a listener whose backlog is full: a connection to it never comes about."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(3)]
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for sock in waiting:
            sock.close()


def test_a_connection_that_does_not_come_about_ends_at_the_connect_limit(transport, deaf, wire):
    with pytest.raises(APITimeoutError, match=rf"no connection to 127.0.0.1:{deaf} within 0.2 s"):
        transport.send(wire.outgoing(f"http://127.0.0.1:{deaf}/v1", connect=0.2))


def test_a_key_with_a_line_break_is_refused_without_being_told(transport, serve, wire):
    server = serve(wire.answering(wire.answer()))
    with pytest.raises(Exception, match="'authorization' holds a character that HTTP does not allow") as caught:
        transport.send(wire.outgoing(server.url, headers={"authorization": "Bearer secret-key\n"}))
    assert "secret-key" not in told(caught.value)
    assert server.requests == []


def told(error: BaseException | None) -> str:
    """All that an error and its causes say."""
    return "" if error is None else f"{error!r} {error} {told(error.__cause__)} {told(error.__context__)}"


def test_credentials_in_the_address_become_a_header(own, serve, wire):
    server = serve(wire.answering(wire.answer()))
    url = server.url.replace("127.0.0.1", "me:p%40ss@127.0.0.1")
    own.send(wire.outgoing(url, headers={}))
    own.send(wire.outgoing(url))
    assert b"Authorization: Basic bWU6cEBzcw==" in server.requests[0]
    assert b"Basic" not in server.requests[1]


def test_many_calls_at_once_each_get_their_answer(own, serve, wire):
    import concurrent.futures

    def echo(peer):
        while (request := peer.request()) is not None:
            peer.send(wire.answer(request.partition(b"\r\n\r\n")[2]))

    server = serve(echo)

    def call(number):
        return own.send(wire.outgoing(server.url, content=str(number).encode())).json()

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert list(pool.map(call, range(200))) == list(range(200))
    assert server.connections <= 16


def test_json_of_a_real_answer(transport, serve, wire):
    server = serve(wire.answering(wire.answer(json.dumps({"ü": [1]}).encode())))
    assert transport.send(wire.outgoing(server.url)).json() == {"ü": [1]}
