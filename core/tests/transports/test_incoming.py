"""Answers in pieces: the same for every transport."""

from __future__ import annotations

import gc
import threading
import time

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from jackfield.errors import APIConnectionError, APITimeoutError
from jackfield.transports.aiohttp_ import AiohttpTransport
from jackfield.transports.httpx_ import AsyncHttpxTransport, HttpxTransport

BRIEF, SOON = 1.0, 20
"""Seconds in which an answer begins on any machine, and within which a call that has no more of them ends."""

CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


END = chunk(b"")


class Turns:
    """A script that sends each piece when the test asks for it, so that none comes together with the next."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self._asked = threading.Semaphore(0)
        self.reached = threading.Event()

    def next(self) -> None:
        self._asked.release()

    def __call__(self, peer, then=None) -> bool:
        peer.request()
        self.reached.set()
        for piece in self._pieces:
            assert self._asked.acquire(timeout=10)
            peer.send(piece)
        return (then or peer.left)()


def test_pieces_arrive_as_they_are_sent(transport, serve, wire):
    script = Turns(CHUNKED, chunk(b"one"), chunk(b"two"), END)
    server = serve(script)
    script.next()
    incoming = transport.stream(wire.outgoing(server.url))
    assert (incoming.status, incoming.headers["Content-Type"]) == (200, "text/event-stream")
    for expected in (b"one", b"two"):
        script.next()
        assert next(incoming) == expected
    script.next()
    assert list(incoming) == []


@pytest.mark.parametrize("end", ["whole", "cut"])
def test_the_deadline_is_the_headers_and_not_the_bodys(transport, serve, wire, end):
    def slow(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"x"))
        while time.monotonic() < request.deadline:
            if not peer.left(0.1):
                peer.send(chunk(b"x"))
        peer.send(END if end == "whole" else b"")

    server = serve(slow)
    request = wire.outgoing(server.url, total=BRIEF)
    incoming = transport.stream(request)
    if end == "whole":
        assert set(b"".join(incoming)) == set(b"x")
    else:
        with pytest.raises(APIConnectionError, match="closed the connection before its answer was complete"):
            list(incoming)
    assert time.monotonic() > request.deadline


def test_headers_that_do_not_come_end_at_the_deadline(transport, serve, wire):
    server = serve(Turns())
    with pytest.raises(APITimeoutError, match=r"gave no whole answer within 0\.\d+ s"):
        transport.stream(wire.outgoing(server.url, total=0.2))
    assert server.result() is True


@pytest.mark.parametrize("rest", [b"", b";" + b"x" * 5000], ids=["silence", "drip"])
def test_a_first_piece_that_does_not_come_ends_at_the_deadline(transport, serve, wire, rest):
    def script(peer):
        peer.request()
        peer.send(CHUNKED + b"1")
        peer.drip(rest)
        return peer.left()

    server = serve(script)
    request = wire.outgoing(server.url, total=BRIEF)
    incoming = transport.stream(request)
    with pytest.raises(APITimeoutError, match="gave no whole answer within"):
        next(incoming)
    assert time.monotonic() - request.deadline < SOON
    assert server.result() is True


def test_a_body_without_a_piece_ends_like_any_other(transport, serve, wire):
    server = serve(wire.answering(wire.answer(b"")))
    assert list(transport.stream(wire.outgoing(server.url))) == []
    assert list(transport.stream(wire.outgoing(server.url))) == []
    assert server.connections == 1


def test_a_gap_longer_than_the_read_limit_ends_the_stream(transport, serve, wire):
    script = Turns(CHUNKED + chunk(b"one"))
    script.next()
    server = serve(script)
    incoming = transport.stream(wire.outgoing(server.url, read=BRIEF))
    assert next(incoming) == b"one"
    with pytest.raises(APITimeoutError, match=rf"127.0.0.1:{server.port} sent nothing for 1 s"):
        next(incoming)
    assert list(incoming) == []
    assert server.result() is True


def test_a_cut_stream_is_an_error_and_never_an_end(transport, serve, wire):
    def cut(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"one"))

    server = serve(cut)
    incoming = transport.stream(wire.outgoing(server.url))
    with pytest.raises(APIConnectionError, match="closed the connection before its answer was complete"):
        assert list(incoming) == [b"one"]


@pytest.mark.parametrize("times", [1, 2])
def test_leaving_early_closes_the_connection_and_the_server_sees_it(transport, serve, wire, times):
    script = Turns(CHUNKED + chunk(b"one"))
    script.next()
    server = serve(script)
    incoming = transport.stream(wire.outgoing(server.url))
    assert next(incoming) == b"one"
    for _ in range(times):
        incoming.close()
    assert server.result() is True


def test_leaving_unread_closes_the_connection(transport, serve, wire):
    script = Turns(CHUNKED)
    script.next()
    server = serve(script)
    transport.stream(wire.outgoing(server.url)).close()
    assert server.result() is True


def test_another_exchange_works_after_one_was_left(transport, serve, wire):
    script = Turns(CHUNKED + chunk(b"one"))
    script.next()
    left, next_one = serve(script), serve(wire.answering(wire.answer(b"{}")))
    incoming = transport.stream(wire.outgoing(left.url))
    next(incoming)
    incoming.close()
    assert transport.send(wire.outgoing(next_one.url)).json() == {}


def test_a_finished_stream_gives_its_connection_back_if_the_end_is_there(transport, serve, wire):
    def twice(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"all"))
        peer.send(END)
        peer.request()
        peer.send(wire.answer(b"{}"))
        return peer.left()

    server = serve(twice)
    incoming = transport.stream(wire.outgoing(server.url))
    assert next(incoming) == b"all"
    incoming.finish()
    incoming.close()
    assert transport.send(wire.outgoing(server.url)).json() == {}
    assert server.connections == 1


@pytest.mark.parametrize("rest", [b"", chunk(b"more") * 3])
def test_a_finished_stream_that_does_not_end_is_closed_after_a_moment(transport, serve, wire, rest):
    script = Turns(CHUNKED + chunk(b"all"), rest)
    script.next()
    server = serve(script)
    incoming = transport.stream(wire.outgoing(server.url))
    assert next(incoming) == b"all"
    script.next()
    start = time.monotonic()
    incoming.finish()
    incoming.close()
    assert time.monotonic() - start < 5
    assert server.result() is True


REFUSED = CHUNKED.replace(b"200 OK", b"429 Too Many Requests")


def test_an_errors_body_is_read_and_its_connection_is_kept(transport, serve, wire):
    server = serve(wire.answering(wire.answer(b"slower, please", "429 Too Many Requests"), wire.answer(b"{}")))
    assert transport.stream(wire.outgoing(server.url)).read_error(1000) == b"slower, please"
    assert transport.send(wire.outgoing(server.url)).json() == {}
    assert server.connections == 1


def test_no_more_of_an_errors_body_is_read_than_allowed(transport, serve, wire):
    script = Turns(REFUSED + chunk(b"slower, please"))
    script.next()
    server = serve(script)
    assert transport.stream(wire.outgoing(server.url)).read_error(6) == b"slower"
    assert server.result() is True


@pytest.mark.parametrize("rest", [b"", b" please" * 1000], ids=["silence", "drip"])
def test_an_errors_body_is_what_came_before_the_deadline(transport, serve, wire, rest):
    def script(peer):
        peer.request()
        peer.send(REFUSED + chunk(b"slower,"))
        peer.drip(b"".join(chunk(b"%c" % byte) for byte in rest))
        return peer.left()

    server = serve(script)
    start = time.monotonic()
    content = transport.stream(wire.outgoing(server.url, total=BRIEF)).read_error(10000)
    assert content.startswith(b"slower,")
    assert len(content) < 2000
    assert time.monotonic() - start < SOON
    assert server.result() is True


def test_an_errors_body_may_end_with_its_connection(transport, serve, wire):
    script = Turns(REFUSED + chunk(b"slower, "), chunk(b"please"))
    script.next()
    server = serve(lambda peer: script(peer, then=lambda: None))
    incoming = transport.stream(wire.outgoing(server.url))
    assert next(incoming) == b"slower, "
    script.next()
    assert incoming.read_error(1000) in {b"please", b""}  # aiohttp forgets what it holds when the connection breaks


def test_a_stream_can_be_closed_while_another_thread_reads_it(serve, wire):
    script = Turns(CHUNKED)
    script.next()
    server = serve(script)
    transport = HttpxTransport()
    incoming = transport.stream(wire.outgoing(server.url))
    outcome = []

    def read():
        try:
            outcome.append(list(incoming))
        except APIConnectionError as error:
            outcome.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    incoming.close()
    reader.join(5)
    assert outcome, "the reader still waits"
    assert server.result() is True
    transport.close()


# --------------------------------------------------------------------------------------------------- cancelled, aborted


def test_a_cancelled_call_closes_its_connection(asynchronous, serve, wire):
    script = Turns()
    server = serve(script)

    async def cancelled():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(asynchronous.transport.send, wire.outgoing(server.url))
            await anyio.to_thread.run_sync(script.reached.wait, 10)
            tasks.cancel_scope.cancel()

    asynchronous.portal.call(cancelled)
    assert server.result() is True


def test_a_cancelled_stream_closes_its_connection(asynchronous, serve, wire):
    script = Turns(CHUNKED + chunk(b"one"))
    script.next()
    server = serve(script)

    async def cancelled():
        incoming = await asynchronous.transport.stream(wire.outgoing(server.url))
        with anyio.move_on_after(0.1):
            async for _ in incoming:
                pass
        await incoming.aclose()

    asynchronous.portal.call(cancelled)
    assert server.result() is True


@pytest.mark.parametrize("where", ["another thread", "the loop"])
def test_an_aborted_stream_closes_its_connection_at_once(asynchronous, serve, wire, where):
    script = Turns(CHUNKED + chunk(b"one"))
    script.next()
    server = serve(script)
    incoming = asynchronous.stream(wire.outgoing(server.url))
    assert next(incoming) == b"one"
    if where == "the loop":
        asynchronous.portal.call(incoming.abort)
    else:
        incoming.abort()
    incoming.abort()
    assert server.result() is True
    other = serve(wire.answering(wire.answer()))
    assert asynchronous.send(wire.outgoing(other.url)).status == 200


@pytest.mark.parametrize("make", [AsyncHttpxTransport, AiohttpTransport])
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # asyncio's own, of a loop closed with open connections
@pytest.mark.filterwarnings("ignore:Unclosed:ResourceWarning")
def test_an_abort_after_the_loop_is_gone_does_not_raise(serve, wire, make):
    script = Turns(CHUNKED + chunk(b"one"))
    script.next()
    server = serve(script)

    async def begin():
        incoming = await transport.stream(wire.outgoing(server.url))
        await anext(incoming)
        return incoming

    transport = make()
    incoming = None
    with anyio.from_thread.start_blocking_portal("asyncio") as portal:
        incoming = portal.call(begin)
    incoming.abort()
    assert server.result() is True
    incoming = transport = None
    gc.collect()
