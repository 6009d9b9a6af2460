"""What only a process of its own shows: what is imported, and what happens after a fork."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LIMITS = "deadline=time.monotonic() + 10, connect=5, read=5"


def run(code: str, *arguments: str) -> str:
    """Run code with warnings as errors, and return what it printed; nothing may stand on stderr."""
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.strip()


def test_a_sync_exchange_imports_no_asyncio_and_loads_no_certificates(serve, wire):
    server = serve(wire.answering(wire.answer()))
    code = f"""
import sys, time
from jackfield.transports import Outgoing, _ssl
from jackfield.transports.httpx_ import HttpxTransport
HttpxTransport().send(Outgoing("POST", sys.argv[1], {{}}, b"", {LIMITS}))
print([name for name in ("asyncio", "aiohttp") if name in sys.modules], _ssl._trusting.cache_info()[3])
"""
    assert run(code, server.url) == "[] 0"


def test_the_transports_module_and_the_memory_transport_import_no_http_client():
    code = """
import sys
import jackfield.transports.memory
print([name for name in ("httpx", "aiohttp", "ssl", "asyncio") if name in sys.modules])
"""
    assert run(code) == "[]"


def test_without_aiohttp_the_error_has_the_command():
    code = """
import sys
sys.modules["aiohttp"] = None
try:
    import jackfield.transports.aiohttp_
except ImportError as error:
    print(error)
"""
    assert run(code) == "the aiohttp transport needs aiohttp: pip install 'jackfield[aiohttp]'"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
def test_a_forked_child_drops_the_parents_connections_and_keeps_deadlines(serve, wire):
    server, stalling = serve(wire.answering(wire.answer())), serve(lambda peer: (peer.request(), peer.left()))
    code = """
import gc, os, sys, time, warnings
from jackfield.errors import APITimeoutError
from jackfield.transports import Outgoing
from jackfield.transports.httpx_ import HttpxTransport
warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)  # Python 3.12 and later
def request(url, seconds=10):
    return Outgoing("POST", url, {}, b"", deadline=time.monotonic() + seconds, connect=5, read=10)
transport = HttpxTransport()
transport.send(request(sys.argv[1]))
if (child := os.fork()) == 0:
    del transport
    gc.collect()
    transport = HttpxTransport()
    print(transport.send(request(sys.argv[1])).status, flush=True)
    start = time.monotonic()
    try:
        transport.send(request(sys.argv[2], 0.2))
    except APITimeoutError:
        print("in time" if time.monotonic() - start < 5 else "late", flush=True)
    sys.exit()
print(os.waitpid(child, 0)[1], transport.send(request(sys.argv[1])).status)
"""
    assert run(code, server.url, stalling.url).split("\n") == ["200", "in time", "0 200"]
    assert server.connections == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("name", ["httpx_.AsyncHttpxTransport", "aiohttp_.AiohttpTransport"])
def test_a_forked_child_leaves_the_parents_async_connections_alone(serve, wire, name):
    server = serve(wire.answering(wire.answer()))
    module, kind = name.split(".")
    code = f"""
import asyncio, gc, os, sys, time, warnings
from jackfield.transports import Outgoing
from jackfield.transports.{module} import {kind} as Transport
warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)  # Python 3.12 and later
def send():
    return transport.send(Outgoing("POST", sys.argv[1], {{}}, b"", {LIMITS}))
loop = asyncio.new_event_loop()
transport = Transport()
loop.run_until_complete(send())
if (child := os.fork()) == 0:
    del transport
    gc.collect()
    os._exit(0)
print(os.waitpid(child, 0)[1], loop.run_until_complete(send()).status)
loop.run_until_complete(transport.aclose())
loop.close()
"""
    assert run(code, server.url) == "0 200"
    assert server.connections == 1


def two_pieces(peer):
    """A stream whose second piece comes after whoever would leave had the time to."""
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    peer.request()
    peer.send(head + b"3\r\none\r\n")
    peer.left(1.2)
    peer.send(b"3\r\ntwo\r\n0\r\n\r\n")
    return peer.left()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("make", ["HttpxTransport()", "ClientTransport(client)"])
@pytest.mark.parametrize("leave", ["close()", "finish()"])
def test_a_forked_child_that_leaves_a_stream_leaves_it_to_the_parent(serve, make, leave):
    server = serve(two_pieces)
    code = f"""
import gc, httpx, os, sys, time, warnings
from jackfield.transports import Outgoing
from jackfield.transports.httpx_ import ClientTransport, HttpxTransport
warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)  # Python 3.12 and later
client = httpx.Client()
transport = {make}
deadline = time.monotonic() + 1
incoming = transport.stream(Outgoing("POST", sys.argv[1], {{}}, b"", deadline=deadline, connect=5, read=5))
print(next(incoming).decode(), flush=True)
if (child := os.fork()) == 0:
    incoming.{leave}
    del incoming
    gc.collect()
    os._exit(0)
print(os.waitpid(child, 0)[1], next(incoming).decode(), list(incoming))
transport.close()
client.close()
"""
    assert run(code, server.url).split("\n") == ["one", "0 two []"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("name", ["httpx_.AsyncHttpxTransport", "aiohttp_.AiohttpTransport"])
def test_a_forked_child_that_drops_an_async_stream_leaves_it_to_the_parent(serve, name):
    server = serve(two_pieces)
    module, kind = name.split(".")
    code = f"""
import asyncio, gc, os, sys, time, warnings
from jackfield.transports import Outgoing
from jackfield.transports.{module} import {kind} as Transport
warnings.filterwarnings("ignore", ".*multi-threaded.*fork", DeprecationWarning)  # Python 3.12 and later
loop = asyncio.new_event_loop()
transport = Transport()
async def begin():
    incoming = await transport.stream(Outgoing("POST", sys.argv[1], {{}}, b"", {LIMITS}))
    print((await anext(incoming)).decode(), flush=True)
    return incoming
async def rest():
    return [(await anext(incoming)).decode(), [piece async for piece in incoming]]
incoming = loop.run_until_complete(begin())
if (child := os.fork()) == 0:
    incoming.abort()
    del incoming, transport
    gc.collect()
    os._exit(0)
print(os.waitpid(child, 0)[1], *loop.run_until_complete(rest()))
loop.run_until_complete(transport.aclose())
loop.close()
"""
    assert run(code, server.url).split("\n") == ["one", "0 two []"]


def test_a_session_whose_loop_is_gone_is_dropped_without_a_word(serve, wire):
    server = serve(wire.answering(wire.answer()))
    code = f"""
import asyncio, gc, sys, time, warnings
from jackfield.transports import Outgoing
from jackfield.transports.aiohttp_ import AiohttpTransport
warnings.filterwarnings("ignore", "unclosed", ResourceWarning)  # asyncio's own, off by default
transport = AiohttpTransport()
loop = asyncio.new_event_loop()
print(loop.run_until_complete(transport.send(Outgoing("POST", sys.argv[1], {{}}, b"", {LIMITS}))).status)
loop.close()
del transport
gc.collect()
"""
    assert run(code, server.url) == "200"
