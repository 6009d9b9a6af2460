"""Leaving a stream early closes its connection, and the server sees it: real sockets, each way to leave."""

import asyncio
import contextlib
import gc
import re
import select
import socket
import threading

import anyio
import pytest
import trio
from jackfield import AsyncClient, Client, JackfieldError

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
SECONDS = 20  # nothing here takes that long unless it is broken


class EndlessServer:
    """Sends the first pieces of a stream that never ends, and waits for its reader to leave."""

    def __init__(self, *pieces):
        self._pieces = pieces
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections = []
        self._leaving = threading.Semaphore(0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def left(self, seconds=SECONDS):
        """Wait for a reader to leave; whether one did."""
        return self._leaving.acquire(timeout=seconds)

    def still_read(self):
        """Whether the only reader is still there."""
        readable, _, _ = select.select(self._connections, [], [], 0)
        return not readable

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):  # its thread may have closed it
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(SECONDS)

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection):
        with connection:
            request = b""
            while not is_whole(request):
                request += connection.recv(65536)
            connection.sendall(HEAD + b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in self._pieces))
            with contextlib.suppress(ConnectionError):  # one way to leave
                while connection.recv(65536):
                    pass
        self._leaving.release()


def is_whole(request):
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
    return length is not None and len(body) == int(length[1])


@pytest.fixture
def server(tools, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    server = EndlessServer(tools.piece("a"), tools.piece("b"))
    yield server
    server.close()


class Left(Exception):
    """What the reader's own code raises."""


# ---------------------------------------------------------------------------------------------------------------- sync


@pytest.fixture
def client(tools):
    with Client() as client:
        client.register_provider("acme", tools.Wire())
        yield client


@pytest.fixture
def opened(client, server, tools):
    """Open a stream to the server."""
    return lambda: client.run(tools.chat(api_base=server.url))


def first_of(stream):
    return next(iter(stream)).choices[0].delta.content


def test_a_stream_that_is_read_stays_open(opened, server):
    with opened() as stream:
        assert [next(stream).choices[0].delta.content for _ in range(2)] == ["a", "b"]
        assert server.still_read()
    assert server.left()


def test_break(opened, server):
    for chunk in opened():
        assert chunk.choices[0].delta.content == "a"
        break
    assert server.left()


def test_close(opened, server):
    stream = opened()
    assert first_of(stream) == "a"
    stream.close()
    assert server.left()
    stream.close()
    assert list(stream) == []


def test_close_before_the_first_chunk_is_taken(opened, server):
    opened().close()
    assert server.left()


def test_with(opened, server):
    with opened() as stream:
        assert first_of(stream) == "a"
    assert server.left()


def test_dropped_without_a_look_at_it(opened, server):
    gc.disable()
    try:
        opened()
        assert server.left()
    finally:
        gc.enable()


def test_dropped_half_way(opened, server):
    gc.disable()
    try:
        stream = opened()
        next(stream)
        del stream
        assert server.left()
    finally:
        gc.enable()


def test_an_iterator_keeps_its_stream_open(opened, server):
    chunks = iter(opened())
    next(chunks)
    assert server.still_read()
    del chunks
    assert server.left()


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the collector may meet the socket before the stream
def test_dropped_in_a_cycle(opened, server):
    class Holder:
        pass

    holder = Holder()
    holder.itself = holder
    holder.stream = opened()
    next(holder.stream)
    del holder
    gc.collect()
    assert server.left()


def test_an_exception_of_the_reader(opened, server):
    with pytest.raises(Left):
        read_and_fail(opened())
    assert server.left()


def read_and_fail(stream):
    with stream:
        for _ in stream:
            raise Left


def test_an_exception_of_a_reader_who_keeps_nothing(opened, server):
    def read():
        for chunk in opened():
            raise Left(chunk)

    with contextlib.suppress(Left):
        read()
    assert server.left()


def test_close_from_another_thread_while_the_reader_waits(opened, server):
    """The reader's step ends at once: with the stream, or with an error that says that it was cut."""
    stream, ended, waiting = opened(), [], threading.Event()

    def read():
        assert [next(stream).choices[0].delta.content for _ in range(2)] == ["a", "b"]
        waiting.set()
        try:
            ended.append(list(stream))
        except JackfieldError as error:
            ended.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    assert waiting.wait(SECONDS)
    stream.close()
    assert server.left()
    reader.join(SECONDS)
    assert not reader.is_alive()
    assert len(ended) == 1
    assert stream.response.choices[0].message.content == "ab"


def test_closing_the_client_leaves_a_stream_to_its_reader(client, opened, server):
    stream = opened()
    client.close()
    assert [next(stream).choices[0].delta.content for _ in range(2)] == ["a", "b"]
    stream.close()
    assert server.left()


# --------------------------------------------------------------------------------------------------------------- async


class Loop:
    """Runs a test's coroutine function with a client on one kind of loop and transport."""

    def __init__(self, backend, transport, tools, server):
        self.backend = backend
        self._transport = transport
        self._tools = tools
        self._request = tools.chat(api_base=server.url)

    def run(self, main):
        async def with_client():
            async with AsyncClient(transport=self._transport) as client:
                client.register_provider("acme", self._tools.Wire())
                return await main(lambda: client.run(self._request))

        return anyio.run(with_client, backend=self.backend)


@pytest.fixture(params=[("asyncio", "aiohttp"), ("asyncio", "httpx"), ("trio", "httpx")], ids=" ".join)
def loop(request, tools, server):
    return Loop(*request.param, tools, server)


async def seen_by(server):
    """Wait for the server to see it, while the loop goes on."""
    return await anyio.to_thread.run_sync(server.left)


async def afirst_of(stream):
    return (await anext(stream)).choices[0].delta.content


def test_async_a_stream_that_is_read_stays_open(loop, server):
    async def main(opened):
        async with await opened() as stream:
            assert [await afirst_of(stream), await afirst_of(stream)] == ["a", "b"]
            assert server.still_read()
        return await seen_by(server)

    assert loop.run(main)


def test_async_break(loop, server):
    async def main(opened):
        async for chunk in await opened():
            assert chunk.choices[0].delta.content == "a"
            break
        return await seen_by(server)

    assert loop.run(main)


@pytest.mark.parametrize("name", ["close", "aclose"])
def test_async_close(loop, server, name):
    async def main(opened):
        stream = await opened()
        assert await afirst_of(stream) == "a"
        await getattr(stream, name)()
        assert await seen_by(server)
        await stream.close()
        assert [chunk async for chunk in stream] == []
        return stream.response.choices[0].message.content

    assert loop.run(main) == "a"


def test_async_with(loop, server):
    async def main(opened):
        async with await opened():
            pass
        return await seen_by(server)

    assert loop.run(main)


@pytest.mark.parametrize("taken", [0, 1])
def test_async_dropped(loop, server, taken):
    async def main(opened):
        stream = await opened()
        for _ in range(taken):
            await anext(stream)
        del stream
        return await seen_by(server)

    gc.disable()
    try:
        assert loop.run(main)
    finally:
        gc.enable()


def test_async_dropped_in_another_thread(loop, server):
    async def main(opened):
        box = [await opened()]
        await anext(box[0])
        await anyio.to_thread.run_sync(box.clear)
        return await seen_by(server)

    assert loop.run(main)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of aiohttp or the socket: nobody closed what was left behind
def test_async_dropped_by_the_collector_when_the_loop_is_gone(loop, server):
    class Holder:
        pass

    async def main(opened):
        holder = Holder()
        holder.itself = holder
        holder.stream = await opened()
        await anext(holder.stream)

    loop.run(main)
    gc.collect()
    assert server.left()


def test_async_an_exception_of_the_reader(loop, server):
    async def main(opened):
        with contextlib.suppress(Left):
            async with await opened() as stream:
                async for _ in stream:
                    raise Left
        return await seen_by(server)

    assert loop.run(main)


def test_async_cancelled_while_it_waits(loop, server):
    async def main(opened):
        async with anyio.create_task_group() as group:
            waiting = anyio.Event()
            group.start_soon(read_all, opened, waiting)
            await waiting.wait()
            await anyio.lowlevel.checkpoint()
            group.cancel_scope.cancel()
        return await seen_by(server)

    assert loop.run(main)


async def read_all(opened, waiting):
    stream = await opened()
    await anext(stream)
    await anext(stream)
    waiting.set()
    async for _ in stream:
        raise AssertionError("there is no third chunk")


def test_async_cancelled_by_the_loop_s_own_means(tools, server):
    async def on_asyncio():
        async with AsyncClient() as client:
            client.register_provider("acme", tools.Wire())
            waiting = asyncio.Event()
            task = asyncio.create_task(read_all(lambda: client.run(tools.chat(api_base=server.url)), waiting))
            await waiting.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return await seen_by(server)

    async def on_trio():
        async with AsyncClient() as client:
            client.register_provider("acme", tools.Wire())
            async with trio.open_nursery() as nursery:
                waiting = trio.Event()
                nursery.start_soon(read_all, lambda: client.run(tools.chat(api_base=server.url)), waiting)
                await waiting.wait()
                nursery.cancel_scope.cancel()
            return await seen_by(server)

    assert asyncio.run(on_asyncio())
    assert trio.run(on_trio)


def test_async_closed_by_another_task_while_the_reader_waits(loop, server):
    async def main(opened):
        stream, ended = await opened(), []
        waiting = anyio.Event()

        async def read():
            assert [await afirst_of(stream), await afirst_of(stream)] == ["a", "b"]
            waiting.set()
            try:
                ended.append([chunk async for chunk in stream])
            except JackfieldError as error:
                ended.append(error)

        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await waiting.wait()
            await anyio.lowlevel.checkpoint()
            await stream.close()
        assert len(ended) == 1
        return await seen_by(server)

    assert loop.run(main)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # of aiohttp or the socket: nobody closed what was left behind
def test_async_the_loop_ends_with_a_stream_half_read(loop, server):
    kept = []

    async def main(opened):
        kept.append(await opened())
        await anext(kept[0])

    loop.run(main)
    kept.clear()
    assert server.left()
