"""Requests whose HTTP is wrong, slow or too much: each gets an answer or the end of its connection, in time."""

from __future__ import annotations

import gzip
import json
import socket

import pytest
from gateway_attacks.bodies import CHAT, GOOD, MESSAGES
from gateway_attacks.client import head, request
from gateway_attacks.house import check_error

BODY = json.dumps(GOOD[CHAT]).encode()
OWN = {"host": "127.0.0.1", "content-type": "application/json"}


@pytest.fixture(scope="module")
def settings():
    return "general_settings: {read_timeout: 0.4, idle_timeout: 1}\n"


def post(path=CHAT, **headers):
    return head("POST", path, OWN | {name.replace("_", "-"): value for name, value in headers.items()})


def sized(body=BODY, **headers):
    return post(content_length=str(len(body)), **headers) + body


def chunked(*pieces):
    return post(transfer_encoding="chunked") + b"".join(pieces)


def piece(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


END = b"0\r\n\r\n"
WHOLE = piece(BODY) + END

NO_HTTP = {
    "garbage": b"\0\1\2\3" * 10,
    "TLS": bytes.fromhex("1603010200010001fc0303") + b"\0" * 200,
    "HTTP/2 by prior knowledge": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nhost: 127.0.0.1\r\n\r\n",
    "an unknown method": b"BREW /pot HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
    "CONNECT": b"CONNECT 169.254.169.254:80 HTTP/1.1\r\nhost: 169.254.169.254\r\n\r\n",
    "bytes in the path": b"GET /\xff\xfe HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nhost: evil.example\r\nhost: 127.0.0.1\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\0b\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\r\n b\r\n\r\n",
    "a space before a colon": b"GET / HTTP/1.1\r\nhost : 127.0.0.1\r\n\r\n",
    "a bare CR": b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: a\rb\r\n\r\n",
    "no chunk size": chunked(b"\r\n", WHOLE),
    "a chunk size that is none": chunked(b"zz\r\n", WHOLE),
    "a negative chunk size": chunked(b"-5\r\n", WHOLE),
    "a chunk size without bounds": chunked(b"f" * 20 + b"\r\n", BODY),
    "a chunk longer than it says": chunked(b"3\r\n", BODY, b"\r\n", END),
    "a chunk shorter than it says": chunked(b"%x\r\n" % (len(BODY) + 2), BODY, b"\r\n", b"0\r\n\r\n0\r\n\r\n"),
    "both lengths": post(content_length="5", transfer_encoding="chunked") + WHOLE,
    "both lengths, the other way round": post(transfer_encoding="chunked", content_length="5") + WHOLE,
    "two lengths": head("POST", CHAT, {**OWN, "content-length": "5", "Content-Length": "6"}) + BODY,
    "a negative length": post(content_length="-5") + BODY,
    "a length in words": post(content_length="five") + BODY,
    "a length with a sign": post(content_length="+5") + BODY,
    "an empty length": post(content_length="") + BODY,
    "a length of 30 digits": post(content_length="9" * 30) + BODY,
    "a transfer coding that is none": post(transfer_encoding="xchunked") + WHOLE,
    "gzip as a transfer coding": post(transfer_encoding="gzip") + BODY,
    "chunked not last": post(transfer_encoding="chunked, gzip") + WHOLE,
    "chunked, and then not": head("POST", CHAT, {**OWN, "transfer-encoding": "chunked", "Transfer-Encoding": "x"})
    + WHOLE,
}


@pytest.mark.parametrize("data", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http(house, data):
    with house.client.connect() as connection:
        answer = connection.send(data).answer()
        house.refusal(answer, CHAT, 400)
        assert answer.headers["connection"] == "close"
        assert connection.rest() == b""


TOO_MUCH = {
    "3,000 headers": sized(**{f"x_{number}": "v" * 100 for number in range(3000)}),
    "200 headers": sized(**{f"x_{number}": "v" for number in range(200)}),
    "a header of 200,000 bytes": sized(x="v" * 200_000),
    "a path of 100,000 bytes": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n",
    "a chunk's extension of 100,000 bytes": chunked(b"5;" + b"a" * 100_000),
    "200,000 trailers": chunked(piece(BODY), b"0\r\n" + b"x: y\r\n" * 200_000 + b"\r\n"),
}


@pytest.mark.parametrize("data", TOO_MUCH.values(), ids=TOO_MUCH)
def test_more_head_than_anybody_needs(house, data):
    with house.client.connect() as connection:
        house.refusal(connection.send(data).answer(), CHAT, 431)


ODD = {
    "chunks": chunked(WHOLE),
    "chunks of one byte": chunked(*(piece(BODY[at : at + 1]) for at in range(len(BODY))), END),
    "a chunk with an extension": chunked(b"%x;a=b\r\n%b\r\n" % (len(BODY), BODY), END),
    "trailers": chunked(piece(BODY), b"0\r\nx: y\r\nhost: evil.example\r\nauthorization: Bearer x\r\n\r\n"),
    "HTTP/1.0": b"POST %b HTTP/1.0\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % (CHAT.encode(), len(BODY))
    + BODY,
    "an absolute target": post(f"http://evil.example{CHAT}", content_length=str(len(BODY))) + BODY,
    "an offer of another protocol": sized(connection="upgrade", upgrade="h2c"),
    "an offer of WebSocket": sized(connection="upgrade", upgrade="websocket", sec_websocket_key="x"),
    "an expectation nobody knows": sized(expect="a miracle"),
    "headers of ours": sized(x_forwarded_for="10.1.1.1", x_forwarded_host="evil.example", forwarded="host=evil"),
    "a query": post(f"{CHAT}?api_key=x&stream=true&model=%00", content_length=str(len(BODY))) + BODY,
    "no content type": head("POST", CHAT, {"host": "127.0.0.1", "content-length": str(len(BODY))}) + BODY,
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_what_is_odd_and_allowed(house, data):
    with house.client.connect() as connection:
        assert house.told(connection.send(data).answer()).text == "You said: Hi"


def test_a_client_of_http_1_0_gets_a_stream_without_chunks(house):
    asked = sized(json.dumps({**GOOD[CHAT], "stream": True}).encode()).replace(b"HTTP/1.1", b"HTTP/1.0")
    with house.client.connect() as connection:
        told, _, events = connection.send(asked).rest().partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in told
        assert events.startswith(b"data: {")
        assert events.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip", "x"])
def test_a_body_that_would_have_to_be_unpacked(house, coding):
    answer = house.client.post(CHAT, gzip.compress(BODY), content_encoding=coding)
    assert "Content-Encoding" in house.refusal(answer, CHAT, 415)["message"]


def test_a_client_that_waits_to_be_told_to_go_on(house):
    with house.client.connect() as connection:
        connection.send(post(content_length=str(len(BODY)), expect="100-continue"))
        assert connection.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert connection.send(BODY).answer().status == 200


def test_what_follows_a_request_is_another_one(house):
    """Garbage behind the last chunk is no part of the answer; requests sent at once are answered in their order."""
    with house.client.connect() as connection:
        assert connection.send(chunked(WHOLE)).answer().status == 200
        house.refusal(connection.send(b"GARBAGE\r\n\r\n").answer(), CHAT, 400)
    with house.client.connect() as connection:
        connection.send(request("POST", CHAT, b"{}") + sized() + request("GET", "/nowhere") + sized())
        statuses = [house.told(connection.answer()).status for _ in range(4)]
        assert statuses == [400, 200, 404, 200]
    with house.client.connect() as connection:
        connection.send(request("GET", "/health/liveliness") * 500)
        assert {connection.answer("GET").status for _ in range(500)} == {200}


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_refusal_before_the_body_is_read(house, path):
    """The body is thrown away, or the connection closed; it is no request of its own."""
    smuggled = request("GET", "/v1/models")
    with house.client.connect() as connection:
        connection.send(post(path, content_length=str(len(smuggled)), host="evil.example") + smuggled)
        house.refusal(connection.answer(), path, 403)
        assert b"good" not in connection.send(request("GET", "/nowhere")).rest()


CONTENT_TYPES = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/xml",
    "a" * 5000,
]


@pytest.mark.parametrize("route", GOOD)
@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_another_content_type(house, route, content_type):
    answer = house.client.post(route, GOOD[route], content_type=content_type)
    is_form = content_type.startswith("multipart") and "edits" in route
    error = house.refusal(answer, route, 400 if is_form else 415)
    assert ("form" if is_form else "application/json") in error["message"]


PLACES = [
    ("GET", "/nowhere", 404),
    ("GET", "//v1/models", 404),
    ("GET", "/v1/../../etc/passwd", 404),
    ("GET", "/v1/models/%ff%fe", 404),
    ("GET", "/v1/models/%00%0d%0aset-cookie:%20x", 404),
    ("GET", "/v1/models/%zz%2", 404),
    ("GET", "/v1/models/", 404),
    ("GET", "/v1/models/..%2f..%2fetc%2fpasswd", 404),
    ("GET", "/%0a%7b%22event%22:%22request%22%7d", 404),
    ("OPTIONS", "*", 404),
    ("GET", CHAT, 405),
    ("DELETE", CHAT, 405),
    ("POST", "/v1/models", 405),
    ("PUT", "/health", 405),
    ("POST", "/metrics", 405),
    ("OPTIONS", CHAT, 405),
    ("GET", MESSAGES, 405),
    ("TRACE", "/", 405),
]


@pytest.mark.parametrize(("method", "path", "status"), PLACES)
def test_a_path_or_a_method_that_there_is_not(house, method, path, status):
    answer = house.client.ask(method, path, b"")
    house.refusal(answer, path, status)
    assert ("allow" in answer.headers) == (status == 405)
    assert "access-control-allow-origin" not in answer.headers
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/v1/models", "/v1/models/good", "/openapi.json", "/health/readiness"])
def test_head_is_get_without_its_body(house, path):
    with house.client.connect() as connection:
        connection.send(house.client.request("HEAD", path, connection="close"))
        told, _, rest = connection.rest().partition(b"\r\n\r\n")
        assert b"content-length: %d" % len(house.client.get(path).body) in told.lower()
        assert rest == b""


# ---------------------------------------------------------------------------------------------------- slow, and leaving


def test_a_head_that_drips(house):
    """It is read for as long as the limit says, however much of it comes; then it is told so."""
    with house.client.connect() as connection:
        connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\n")
        error = house.refusal(connection.answer(), MESSAGES, 408)
        assert error["type"] == "timeout_error"
        assert connection.rest() == b""


def test_a_connection_that_says_nothing(house):
    with house.client.connect() as connection:
        assert connection.rest() == b""


@pytest.mark.parametrize("begun", [post(content_length="500") + b'{"model', chunked(b"5\r\n{")])
def test_a_body_that_drips(house, begun):
    with house.client.connect() as connection:
        assert house.refusal(connection.send(begun).answer(), CHAT, 408)["code"] == "request_timeout"
        assert connection.rest() == b""


def test_a_hundred_slow_clients_hold_up_nobody(house):
    slow = [house.client.connect().send(post(content_length="500")) for _ in range(100)]
    slow += [house.client.connect().send(b"POST ") for _ in range(100)]
    house.is_well()
    for connection in slow:
        with connection:
            assert b" 408 " in connection.rest().partition(b"\r\n")[0]


EARLY = {
    "before the head": b"",
    "in the head": b"POST /v1/chat",
    "before the body": post(content_length=str(len(BODY))),
    "in the body": sized()[:-5],
    "in a chunk": chunked(b"%x\r\n" % len(BODY), BODY[:5]),
    "in a form": post("/v1/images/edits", content_type="multipart/form-data; boundary=B", content_length="500")
    + b'--B\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nabc',
}


@pytest.mark.parametrize("sent", EARLY.values(), ids=EARLY)
@pytest.mark.parametrize("how", ["close", "shutdown", "reset"])
def test_a_client_that_leaves_before_it_has_asked(house, sent, how):
    with house.client.connect() as connection:
        connection.send(sent)
        if how == "shutdown":
            connection.socket.shutdown(socket.SHUT_WR)
            assert connection.rest() == b""
        elif how == "reset":
            connection.reset()


# ------------------------------------------------------------------------------------------------------------ who asks

FOREIGN = [
    {"host": "evil.example"},
    {"host": "127.0.0.1.evil.example"},
    {"host": "localhost@evil.example"},
    {"host": "10.0.0.1:4000"},
    {"host": ""},
    {"host": "[::ffff:10.0.0.1]"},
    {"host": "127.0.0.1:x"},
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": "http://127.0.0.1:1"},
    {"origin": "file://"},
    {"origin": ""},
]


@pytest.mark.parametrize("headers", FOREIGN)
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_page_of_another_origin(house, headers, path):
    answer = house.client.post(path, GOOD[path], **headers)
    house.refusal(answer, path, 403)
    assert [name for name in answer.headers if name.startswith("access-control")] == []


def test_errors_have_the_shape_of_their_path_wherever_they_arise(house):
    """What the parser refuses, the door, the router or the route: one shape, for a path with and without its prefix."""
    for path in (CHAT, CHAT.removeprefix("/v1"), MESSAGES, MESSAGES.removeprefix("/v1"), f"{MESSAGES}/count_tokens"):
        answers = [
            house.client.ask("GET", path, b""),
            house.client.post(path, {}, origin="http://evil.example"),
            house.client.post(path, b"{"),
            house.client.post(path, b"x", content_type="text/plain"),
            house.client.post(path, b"", content_length="99999999999"),
            house.client.post(path, b"", x="y" * 100_000),
        ]
        assert [answer.status for answer in answers] == [405, 403, 400, 415, 413, 431]
        for answer in answers:
            check_error(answer.json, path)
