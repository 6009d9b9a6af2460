"""The transport for tests."""

from __future__ import annotations

import anyio
import pytest
from jackfield.errors import APIConnectionError
from jackfield.flow import HttpResponse
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport, Reply


def replying(*replies):
    """A handler that gives these answers in turn."""
    rest = list(replies)
    return lambda outgoing: rest.pop(0)


def test_a_handler_answers_and_what_was_asked_is_kept(wire):
    transport = MemoryTransport(lambda outgoing: HttpResponse(201, {"X-Id": "7"}, outgoing.content))
    response = transport.send(wire.outgoing("http://any/v1", content=b"hi"))
    assert (response.status, response.content, response.headers["x-id"]) == (201, b"hi", "7")
    assert [request.url for request in transport.requests] == ["http://any/v1"]
    assert transport.replies[0].complete
    assert not transport.closed
    transport.close()
    assert transport.closed


def test_headers_ignore_case():
    headers = Reply(headers={"Retry-After": "3"}).headers
    assert headers["retry-after"] == headers.get("RETRY-AFTER") == "3"
    assert (list(headers), len(headers), headers.get("x")) == (["retry-after"], 1, None)


def test_a_stream_tells_whether_it_was_left_or_read_to_its_end(wire):
    transport = MemoryTransport(replying(Reply(content=[b"a", b"b"]), Reply(content=[b"a", b"b"])))
    assert list(transport.stream(wire.outgoing("http://any"))) == [b"a", b"b"]
    left = transport.stream(wire.outgoing("http://any"))
    assert next(left) == b"a"
    left.close()
    assert list(left) == []
    assert [(reply.closed, reply.complete) for reply in transport.replies] == [(True, True), (True, False)]


@pytest.mark.parametrize(("rest", "complete"), [([], True), ([b"b"], False)])
def test_a_finished_stream_tells_whether_its_end_was_next(wire, rest, complete):
    transport = MemoryTransport(replying(Reply(content=[b"a", *rest])))
    stream = transport.stream(wire.outgoing("http://any"))
    assert next(stream) == b"a"
    stream.finish()
    stream.close()
    assert (stream.closed, stream.complete, list(stream)) == (True, complete, [])


@pytest.mark.parametrize(("limit", "content"), [(10, b"slower, pl"), (100, b"slower, please")])
def test_an_errors_body_is_what_came_within_the_limit_or_before_a_failure(wire, limit, content):
    pieces = [b"slower", b", please", APIConnectionError("cut")]
    outgoing = wire.outgoing("http://any")
    stream = MemoryTransport(replying(Reply(429, content=pieces))).stream(outgoing)
    assert (stream.read_error(limit), stream.closed) == (content, True)

    async def asynchronous():
        transport = AsyncMemoryTransport(replying(Reply(429, content=pieces)))
        return await (await transport.stream(outgoing)).read_error(limit)

    assert anyio.run(asynchronous) == content


def test_an_exception_among_the_pieces_is_raised_when_it_is_reached(wire):
    transport = MemoryTransport(replying(Reply(content=[b"a", APIConnectionError("cut")])))
    stream = transport.stream(wire.outgoing("http://any"))
    assert next(stream) == b"a"
    with pytest.raises(APIConnectionError, match="cut"):
        next(stream)
    assert (stream.closed, stream.complete) == (True, False)


def test_a_handler_may_raise_what_the_exchange_fails_with(wire):
    def handler(outgoing):
        raise APIConnectionError("refused")

    with pytest.raises(APIConnectionError, match="refused"):
        MemoryTransport(handler).send(wire.outgoing("http://any"))


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_async_one_does_the_same(wire, backend):
    async def main():
        transport = AsyncMemoryTransport(replying(*(Reply(content=[b"a", b"b"]) for _ in range(5))))
        assert (await transport.send(wire.outgoing("http://any"))).content == b"ab"
        whole = await transport.stream(wire.outgoing("http://any"))
        assert [piece async for piece in whole] == [b"a", b"b"]
        for leave in ("abort", "aclose", "finish"):
            left = await transport.stream(wire.outgoing("http://any"))
            assert await anext(left) == b"a"
            if leave == "abort":
                left.abort()
            else:
                await getattr(left, leave)()
        assert [reply.complete for reply in transport.replies] == [True, True, False, False, False]
        assert all(reply.closed for reply in transport.replies)
        await transport.aclose()
        assert transport.closed

    anyio.run(main, backend=backend)
