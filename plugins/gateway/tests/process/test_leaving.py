"""Clients that leave, or might as well have left: who asked for more than one answer, and who reads none."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from typing import Any

import pytest
from jackfield_gateway.config import Config, Limits

FIRST, SECOND = (b"GET /%b HTTP/1.1\r\nhost: localhost\r\n\r\n" % name for name in (b"first", b"second"))


async def until_left(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class Waiting:
    """An app that answers nobody, and waits until each has left."""

    def __init__(self) -> None:
        self.came = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asyncio.get_running_loop().call_soon(self.came.set)  # by then the wait has begun
        await until_left(receive)


@pytest.mark.parametrize("together", [True, False], ids=["in one packet", "one after the other"])
def test_who_asked_twice_is_seen_leaving(serve: Any, together: bool) -> None:
    app = Waiting()
    served = serve(app)
    connection = served.connect()
    connection.send(FIRST + SECOND if together else FIRST)
    assert app.came.wait(10)
    if not together:
        connection.send(SECOND)
    connection.close()
    assert [(each.client_left, each.error) for each in served.ends()] == [(True, None)]


def test_a_stream_of_who_asked_twice_ends_without_an_error(serve: Any) -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        watcher = asyncio.create_task(until_left(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not watcher.done():
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
            await asyncio.sleep(0)

    served = serve(endless)
    connection = served.connect()
    connection.send(FIRST + SECOND)
    assert connection.line() == "HTTP/1.1 200 OK"
    connection.close()
    (ended,) = served.ends()
    assert (ended.client_left, ended.error) == (True, None)


# -------------------------------------------------------------------------------------------- clients that do not read

QUICK = Config(limits=Limits(idle_timeout=1))
MUCH = b"x" * 100_000


def connect(served: Any) -> socket.socket:
    """Return a connection between which and the server there is little room."""
    served._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", served.port))
    return client


def test_who_reads_nothing_of_a_stream_is_taken_for_gone(serve: Any) -> None:
    async def endless(scope: Any, receive: Any, send: Any) -> None:
        watcher = asyncio.create_task(until_left(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not watcher.done():
            await send({"type": "http.response.body", "body": MUCH, "more_body": True})
            await asyncio.sleep(0)

    served = serve(endless, QUICK)
    with connect(served) as client:
        client.sendall(FIRST)
        (ended,) = served.ends()
    assert (ended.client_left, ended.error) == (True, None)


@pytest.mark.parametrize("size", [40_000, 100_000])
@pytest.mark.parametrize("header", ["", "connection: close\r\n"], ids=["kept", "to be closed"])
def test_who_reads_nothing_of_a_whole_answer_does_not_keep_its_connection(serve: Any, header: str, size: int) -> None:
    async def much(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % size)]})
        await send({"type": "http.response.body", "body": b"x" * size})

    served = serve(much, QUICK)
    with connect(served) as client:
        client.sendall(f"GET / HTTP/1.1\r\nhost: localhost\r\n{header}\r\n".encode())
        assert served.ends()
        limit = time.monotonic() + 10
        while served.has_connections():
            assert time.monotonic() < limit
            time.sleep(0.02)


def test_who_reads_slowly_gets_all_of_it(serve: Any) -> None:
    async def much(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(8):
            await send({"type": "http.response.body", "body": MUCH * 10, "more_body": True})
        await send({"type": "http.response.body"})

    served = serve(much, Config(limits=Limits(idle_timeout=4)))  # what is read below comes with no gap as long
    connection, silent = served.connect(), served.connect()
    connection.send(FIRST)
    silent.send(FIRST)
    silent.answer()
    assert silent.ended()  # so long may nobody be silent who has nothing to read
    assert connection.answer().body == MUCH * 80
