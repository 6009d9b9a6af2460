"""Bodies that are too large or too slow."""

from __future__ import annotations

import time
from typing import Any

import pytest
from jackfield_gateway._body import BODY_CAME
from jackfield_gateway.config import Config, Limits

SMALL = Config(limits=Limits(max_body_bytes=100))
QUICK = Config(limits=Limits(read_timeout=0.3))


async def never(scope: Any, receive: Any, send: Any) -> None:
    raise AssertionError("no request may come this far")


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(serve: Any) -> None:
    connection = serve(never, SMALL).connect()
    connection.send(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 101\r\nexpect: 100-continue\r\n\r\n")
    answer = connection.answer()
    assert (answer.status, answer.json()["error"]["code"]) == (413, "request_too_large")


def test_a_body_of_just_the_limit_passes(serve: Any, echo_app: Any) -> None:
    assert serve(echo_app, SMALL).ask("POST / HTTP/1.1", body=b"x" * 100).body == b"x" * 100


def test_a_body_in_chunks_is_counted(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app, SMALL).connect()
    head = b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n"
    connection.send(head + chunk(b"x" * 60) + chunk(b"x" * 40) + b"0\r\n\r\n")
    assert connection.answer().body == b"x" * 100
    connection.send(head + chunk(b"x" * 60) + chunk(b"x" * 41))
    answer = connection.answer()
    assert (answer.status, answer.json()["type"]) == (413, "error")
    connection.send(chunk(b"x" * 60) + b"0\r\n\r\n" + head + chunk(b"after") + b"0\r\n\r\n")
    assert connection.answer().body == b"after"


def test_an_endless_body_of_a_refused_request_ends_with_its_connection(serve: Any, echo_app: Any) -> None:
    limits = Limits(max_body_bytes=100, read_timeout=0.3)
    connection = serve(echo_app, Config(limits=limits)).connect()
    connection.send(b"POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
    connection.send_until_it_ends(*[chunk(b"x" * 1000)] * 1000, pause=0.01)


def test_a_body_that_is_packed_is_refused_by_the_headers_name(serve: Any) -> None:
    answer = serve(never).ask("POST / HTTP/1.1", "content-encoding: gzip", body=b"\x1f\x8b")
    assert answer.status == 415
    assert "Content-Encoding" in answer.json()["error"]["message"]


def test_a_body_that_is_said_to_be_as_it_is_passes(serve: Any, echo_app: Any) -> None:
    assert serve(echo_app).ask("POST / HTTP/1.1", "content-encoding: Identity", body=b"x").body == b"x"


def test_a_body_that_drips_is_refused(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app, QUICK).connect()
    connection.send(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n")
    began = time.monotonic()
    connection.socket.settimeout(0.05)
    answer = None
    while answer is None and time.monotonic() - began < 5:
        connection.send(b"x")
        try:
            answer = connection.answer()
        except TimeoutError:
            connection._file = connection.socket.makefile("rb")  # a file that timed out once reads no more
    assert answer is not None
    assert (answer.status, answer.json()["error"]["code"]) == (408, "request_timeout")


def test_a_body_that_never_comes_is_refused(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app, QUICK).connect()
    connection.send(b"POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n")
    answer = connection.answer()
    assert (answer.status, answer.json()["type"]) == (408, "error")


def test_what_has_come_gives_a_body_time(serve: Any, echo_app: Any) -> None:
    """A line that carries 64 KiB a second is slow, not hostile: a MiB may pause for as long as it took."""
    served = serve(echo_app, QUICK)
    connection, other = served.connect(), served.connect()
    connection.send(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1048577\r\n\r\n" + b"x" * 1048576)
    other.send(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\n\r\n")
    assert other.answer().status == 408  # so long may nobody pause of whom nothing has come
    connection.send(b"y")
    assert connection.answer().status == 200


def test_an_answer_that_takes_long_is_no_slow_body(serve: Any) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        import asyncio

        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.6)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    assert serve(slow, QUICK).ask("POST / HTTP/1.1", body=b"x").status == 200


def test_a_body_is_asked_for_where_the_client_waits_to_be(serve: Any, echo_app: Any) -> None:
    connection = serve(echo_app).connect()
    connection.send(b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n")
    assert connection.line() == "HTTP/1.1 100 Continue"
    assert connection.line() == ""
    connection.send(b"hi")
    assert connection.answer().body == b"hi"


def test_a_body_that_came_whole_needs_no_timer(serve: Any, make_request: Any) -> None:
    came = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        came.append(scope["state"].get(BODY_CAME))
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    connection = serve(app).connect()
    whole = make_request("POST / HTTP/1.1", body=b"x")
    for pieces in ([whole], [whole[:-1], whole[-1:]]):
        for piece in pieces:
            connection.send(piece)
            time.sleep(0.1)
        assert connection.answer().status == 200
    assert came == [True, None]
