"""Clients that leave, or might as well have left: who asked for more than one answer, and who reads none."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

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
    assert served.one_ended.wait(10)
    assert [(each.client_left, each.error) for each in served.ended] == [(True, None)]


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
    assert served.one_ended.wait(10)
    assert (served.ended[0].client_left, served.ended[0].error) == (True, None)
