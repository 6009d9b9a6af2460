"""What comes before a request is one: heads that are too large, too slow, or no HTTP."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from jackfield_gateway.config import Config, Limits

QUICK = Config(limits=Limits(read_timeout=0.3))
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\n"


def test_one_header_without_end_is_refused(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app).connect()
    connection.send(HEAD + b"x-long: ")
    connection.send_until_it_ends(*[b"x" * 100_000] * 1000)


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"x-long: " + b"x" * 70_000 + b"\r\n\r\n",
        HEAD + b"".join(b"x-%d: y\r\n" % number for number in range(200)) + b"\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n",
    ],
    ids=["long header", "many headers", "long path"],
)
def test_a_head_that_is_too_large_is_refused(serve: Any, echo_app: Any, head: bytes) -> None:
    connection = serve(echo_app).connect()
    connection.send(head)
    answer = connection.answer()
    assert answer.status == 431
    assert answer.json()["error"]["message"] == "The request's head is too large."
    assert connection.ended()


def test_a_large_head_within_bounds_passes_with_a_large_body(serve: Any, echo_app: Any, make_request: Any) -> None:
    body = b"x" * 500_000
    head = ("POST / HTTP/1.1", "x-long: " + "x" * 60_000)
    connection = serve(echo_app).connect()
    for _ in range(3):  # nothing of one request counts for the next
        connection.send(make_request(*head, body=body))
        assert connection.answer().body == body


def test_small_chunks_are_slow_but_no_crime(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app).connect()
    connection.send(HEAD + b"transfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n")
    assert connection.answer().body == b"x" * 50_000


@pytest.mark.parametrize("junk", [b"1;extension=", b"0\r\ntrailer: "], ids=["chunk extension", "trailer"])
def test_what_stands_around_chunks_has_a_bound(serve: Any, echo_app: Any, junk: bytes) -> None:
    connection = serve(echo_app).connect()
    connection.send(HEAD + b"transfer-encoding: chunked\r\n\r\n" + junk)
    connection.send_until_it_ends(*[b"x" * 100_000] * 1000)


def test_trailers_are_no_headers(serve: Any) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["more_body"]:
            pass
        seen.extend(scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    connection = serve(app).connect()
    connection.send(HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nauthorization: Bearer sk-late\r\n\r\n")
    assert connection.answer().status == 200
    assert [name for name, _ in seen] == [b"host", b"transfer-encoding"]


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"CONNECT / HTTP/1.1\r\nhost: localhost\r\n\r\n",
        HEAD + b"content-length: -1\r\n\r\n",
        HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"bad header: x\r\n\r\n",
        HEAD + b"host: localhost\r\n\r\n",
        HEAD + b"Host: evil.example\r\ncontent-length: 2\r\n\r\n{}",
        b"GET / HTTP/1.1\r\n\r\n",
        HEAD + b"x: a\x00b\r\n\r\n",
        HEAD + b"transfer-encoding: chunked\r\n\r\nxyz\r\n",
    ],
)
def test_what_is_no_http_is_answered_in_json_and_nothing_more(serve: Any, echo_app: Any, junk: bytes) -> None:
    served = serve(echo_app)
    connection = served.connect()
    connection.send(junk)
    answer = connection.answer()
    assert (answer.status, answer.headers["content-type"]) == (400, "application/json")
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert connection.ended()
    assert served.ask("GET / HTTP/1.1").status == 200


def test_anthropics_clients_read_it_in_their_shape(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app).connect()
    connection.send(b"POST /v1/messages?beta=true HTTP/1.1\r\nhost: localhost\r\nx: a\x00b\r\n\r\n")
    answer = connection.answer()
    assert answer.json()["type"] == "error"
    assert answer.headers["request-id"] == answer.headers["x-request-id"] == answer.json()["request_id"]


def test_junk_on_a_connection_does_not_come_out_of_a_stream(serve: Any) -> None:
    streaming, junk_sent = threading.Event(), threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        import asyncio

        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        streaming.set()
        await asyncio.to_thread(junk_sent.wait, 10)
        while (await receive())["type"] != "http.disconnect":
            pass

    served = serve(app)
    connection = served.connect()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert streaming.wait(10)
    connection.send(b"\x00\x00\x00 junk\r\n\r\n")
    junk_sent.set()
    with pytest.raises(EOFError) as ended:
        connection.answer()
    assert b"HTTP/1.1" not in ended.value.args[0]
    assert served.ends()


def test_junk_in_a_body_does_not_come_out_of_an_answer_that_has_begun(serve: Any) -> None:
    async def early(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    connection = serve(early).connect()
    connection.send(HEAD + b"transfer-encoding: chunked\r\n\r\n")
    assert connection.line() == "HTTP/1.1 200 OK"
    connection.send(b"no chunk\r\n")
    assert b"HTTP/1.1 400" not in connection.rest()


def test_an_answers_head_and_body_come_in_one_packet(serve: Any, echo_app: Any, make_request: Any) -> None:
    served = serve(echo_app)
    connection = served.connect()
    for _ in range(3):
        connection.send(make_request("POST / HTTP/1.1", body=b"all of it"))
        assert connection.socket.recv(65536).endswith(b"\r\n\r\nall of it")


def test_an_answers_head_does_not_wait_long_for_its_body(serve: Any) -> None:
    go_on = threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        import asyncio

        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.to_thread(go_on.wait, 10)
        await send({"type": "http.response.body", "body": b"late"})

    connection = serve(slow).connect()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert connection.socket.recv(65536).endswith(b"transfer-encoding: chunked\r\n\r\n")
    go_on.set()
    assert connection.rest_of_chunks() == b"late"


@pytest.mark.parametrize("head", ["HEAD / HTTP/1.1", "HEAD / HTTP/1.0", "GET / HTTP/1.0"])
def test_an_answer_without_a_body_has_its_head(serve: Any, echo_app: Any, head: str) -> None:
    assert serve(echo_app).ask(head).status == 200


@pytest.mark.parametrize("length", [None, 6])
def test_http_1_0_knows_no_chunks_and_reads_to_the_end_of_the_connection(serve: Any, length: int | None) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = [] if length is None else [(b"content-length", b"%d" % length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for piece in (b"one", b"two"):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body"})

    served = serve(app)
    connection = served.connect()
    connection.send(b"GET / HTTP/1.0\r\nhost: localhost\r\n\r\n")
    head, _, body = connection.rest().partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert b"connection: close" in head
    assert body == b"onetwo"
    (ended,) = served.ends()
    assert (ended.complete, ended.error) == (True, None)


# ------------------------------------------------------------------------------------------------------------ slow ones


def test_a_head_that_drips_is_refused(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app, QUICK).connect()
    dripping = b"GET / HTTP/1.1\r\nhost: localhost\r\n" + b"x" * 1000
    connection.send_until_it_ends(*(bytes([letter]) for letter in dripping), pause=0.02)


def test_a_head_that_never_ends_is_told_so(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app, QUICK).connect()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
    answer = connection.answer()
    assert (answer.status, answer.json()["error"]["message"]) == (408, "The request's head did not come in time.")
    assert connection.ended()


def test_a_later_head_has_the_same_time(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app, QUICK).connect()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert connection.answer().status == 200
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n")
    assert connection.answer().status == 408
    assert connection.ended()


@pytest.mark.parametrize("sent", [b"", b"\r\n"], ids=["nothing", "an empty line"])
def test_a_connection_without_a_request_ends(serve: Any, echo_app: Any, sent: bytes) -> None:
    connection = serve(echo_app, QUICK).connect()
    connection.send(sent)
    assert connection.ended()


def let_the_time_for_a_head_pass(served: Any) -> None:
    other = served.connect()
    other.send(b"GET / HTTP/1.1\r\n")
    assert other.answer().status == 408


def test_a_kept_connection_outlives_the_time_for_a_head(serve: Any, echo_app: Any) -> None:
    served = serve(echo_app, QUICK)
    connection = served.connect()
    for _ in range(2):
        connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert connection.answer().status == 200
        let_the_time_for_a_head_pass(served)


def test_a_kept_connection_ends_after_the_idle_time(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app, Config(limits=Limits(idle_timeout=1))).connect()
    began = time.monotonic()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert connection.answer().status == 200
    assert connection.ended()
    assert time.monotonic() - began > 0.9


def test_an_answer_may_take_longer_than_a_head(serve: Any) -> None:
    came, passed = threading.Event(), threading.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        import asyncio

        came.set()
        await asyncio.to_thread(passed.wait, 10)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    served = serve(slow, QUICK)
    connection = served.connect()
    connection.send(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
    assert came.wait(10)
    let_the_time_for_a_head_pass(served)
    passed.set()
    assert connection.answer().status == 200


def test_an_offer_to_speak_another_protocol_is_passed_over(serve: Any, echo_app: Any, make_request: Any) -> None:
    """Java's client makes it with each first request, and sends the body along."""
    offer = ("connection: Upgrade, HTTP2-Settings", "upgrade: h2c", "http2-settings: AAMAAABkAAQAoAAAAAIAAAAA")
    connection = serve(echo_app).connect()
    data = b"".join(make_request("POST / HTTP/1.1", *offer, body=b"body %d" % number) for number in range(3))
    for place in range(0, len(data), 50):
        connection.send(data[place : place + 50])
    assert [connection.answer().body for _ in range(3)] == [b"body 0", b"body 1", b"body 2"]


def test_what_else_an_offer_says_is_kept(serve: Any) -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope["http_version"], dict(scope["headers"])))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    served = serve(app)
    for version in (b"1.1", b"1.0"):
        connection = served.connect()
        offer = b"host: localhost\r\nconnection: Upgrade , close, HTTP2-Settings\r\nupgrade: h2c\r\n"
        connection.send(b"GET / HTTP/%b\r\n%b\r\n" % (version, offer))
        assert connection.line() == "HTTP/1.1 200 OK"
        connection.rest()  # to the end, as "close" says
    headers = {b"host": b"localhost", b"connection": b"close"}
    assert seen == [("1.1", headers), ("1.0", headers)]
