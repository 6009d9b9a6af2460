"""Clients: what they connect with, for whom, and when they let go."""

import asyncio
import gc
import os
import subprocess
import sys
import textwrap
import warnings

import anyio
import anyio.lowlevel
import pytest
import trio
from jackfield import (
    APIConnectionError,
    AsyncClient,
    BadRequestError,
    Client,
    ConfigurationError,
    HttpResponse,
    ModelResponse,
    ProviderInfo,
    hookimpl,
)
from jackfield._loops import Loops, _leaving, make_transport
from jackfield.flow import http
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport
from jackfield.types import CompletionRequest

REQUEST = CompletionRequest("p/m")


class Plugin:
    @hookimpl
    def completion(self, request, settings):
        response = yield from http("GET", "http://127.0.0.1:1/")
        return ModelResponse.of_text(response.text)


def answering(outgoing):
    return HttpResponse(200, {}, b"hello")


def test_a_client_uses_the_transport_it_is_given():
    transport = MemoryTransport(answering)
    with Client(transport=transport) as client:
        client.register_provider("p", Plugin())
        assert client.run(REQUEST).choices[0].message.content == "hello"
    assert len(transport.requests) == 1


@pytest.mark.parametrize("run", [asyncio.run, trio.run])
def test_an_async_client_uses_the_transport_it_is_given(run):
    transport = AsyncMemoryTransport(answering)

    async def main():
        async with AsyncClient(transport=transport) as client:
            client.register_provider("p", Plugin())
            return await client.run(REQUEST)

    assert run(main).choices[0].message.content == "hello" if run is trio.run else asyncio.run(main())


def test_options_of_a_client_are_defaults_of_its_calls():
    class Tells:
        @hookimpl
        def completion(self, request, settings):
            return ModelResponse.of_text(f"{settings.api_key} {settings.timeout}")

    client = Client(api_key="of the client", timeout=7)
    client.register_provider("p", Tells())
    assert client.run(REQUEST).choices[0].message.content == "of the client 7"
    call = REQUEST.replace(options={"api_key": "of the call"})
    assert client.run(call).choices[0].message.content == "of the call 7"


def test_an_option_that_does_not_exist_is_refused():
    with pytest.raises(BadRequestError, match="temprature"):
        Client(temprature=1)


def test_clients_share_nothing():
    first, second = Client(), Client()
    first.register_provider("only-here", Plugin())
    assert "only-here" in first.registry.names()
    assert "only-here" not in second.registry.names()


# ------------------------------------------------------------------------------------------------------ event loops


class Recording(Loops):
    """Transports that remember whether they were closed."""


def test_each_loop_has_a_transport_of_its_own_which_dies_with_it(monkeypatch):
    made = []

    def make(name):
        made.append(AsyncMemoryTransport(answering))
        return made[-1]

    monkeypatch.setattr("jackfield._loops.make_transport", make)
    loops = Loops(None)

    async def main():
        assert loops.transport() is loops.transport()
        return loops.transport()

    first, second = asyncio.run(main()), asyncio.run(main())
    third = trio.run(main)
    assert made == [first, second, third]
    assert all(transport.closed for transport in made)
    assert not loops._owners


def test_a_loop_closed_without_ceremony_is_swept_later(monkeypatch):
    monkeypatch.setattr("jackfield._loops.make_transport", lambda name: AsyncMemoryTransport(answering))
    loops = Loops(None)

    async def touch():
        return loops.transport()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(touch())
    loop.close()
    assert len(loops._owners) == 1
    asyncio.run(touch())
    assert not loops._owners


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_client_may_be_dropped_in_the_last_moment_of_its_run(monkeypatch, backend):
    transport = AsyncMemoryTransport(answering)
    monkeypatch.setattr("jackfield._loops.make_transport", lambda name: transport)

    async def main():
        client = AsyncClient()
        client.register_provider("p", Plugin())
        await client.run(REQUEST)

    for _ in range(20):  # whether trio's last tasks have ended by then differs from run to run
        anyio.run(main, backend=backend)
        assert (transport.closed, _leaving) == (True, {})
        transport.closed = False


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_dropped_client_closes_its_transport_without_the_garbage_collector(monkeypatch, backend):
    async def main():
        transport = AsyncMemoryTransport(answering)
        monkeypatch.setattr("jackfield._loops.make_transport", lambda name: transport)
        client = AsyncClient()
        client.register_provider("p", Plugin())
        await client.run(REQUEST)
        gc.disable()
        del client
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        gc.enable()
        return transport.closed

    assert anyio.run(main, backend=backend)


def test_the_transport_follows_the_variable(monkeypatch):
    async def kind(name=None):
        transport = make_transport(name)
        await transport.aclose()
        return type(transport).__name__

    assert asyncio.run(kind()) == "AiohttpTransport"
    assert trio.run(kind) == "AsyncHttpxTransport"
    assert asyncio.run(kind("httpx")) == "AsyncHttpxTransport"


def test_a_transport_that_cannot_be_names_where_it_was_asked_for(monkeypatch):
    async def make(name=None):
        make_transport(name)

    with pytest.raises(ConfigurationError, match="transport= is 'curl': there are 'aiohttp' and 'httpx'"):
        asyncio.run(make("curl"))
    monkeypatch.setenv("JACKFIELD_TRANSPORT", "aiohttp")
    with pytest.raises(ConfigurationError, match="JACKFIELD_TRANSPORT is 'aiohttp', which needs asyncio"):
        trio.run(make)
    monkeypatch.setenv("JACKFIELD_TRANSPORT", "curl")
    with pytest.raises(ConfigurationError, match="JACKFIELD_TRANSPORT is 'curl'"):
        asyncio.run(make())


def run_script(source, **environment):
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stderr
    return result.stdout


SERVER = """
    import http.server, threading

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.send_header("Set-Cookie", "a=b; Path=/")
            self.end_headers()
            self.wfile.write(b"ok" if self.headers["Cookie"] is None else b"no")
        def log_message(self, *args):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"

    import asyncio, os, sys
    import jackfield
    from jackfield import hookimpl, ModelResponse, completion, acompletion
    from jackfield.flow import http as get

    class Plugin:
        @hookimpl
        def completion(self, request, settings):
            response = yield from get("GET", url)
            return ModelResponse.of_text(response.text)

    jackfield.register_provider("p", Plugin())
    def text(answer):
        return answer.choices[0].message.content
"""


def test_a_program_that_ends_with_an_open_client_ends_quietly():
    assert run_script(SERVER + "\n    print(text(completion('p/m')))") == "ok\n"


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_a_program_that_ends_with_an_open_async_client_ends_quietly(transport):
    source = (
        SERVER + "\n    print(text(asyncio.run(acompletion('p/m'))))\n    print(text(asyncio.run(acompletion('p/m'))))"
    )
    assert run_script(source, JACKFIELD_TRANSPORT=transport) == "ok\nok\n"


def test_a_forked_child_starts_with_connections_of_its_own_and_leaves_the_parents_alone():
    source = (
        SERVER
        + """
    print(text(completion('p/m')), flush=True)
    child = os.fork()
    if child == 0:
        assert text(completion('p/m')) == "ok"
        asyncio.run(acompletion('p/m'))
        sys.exit(0)
    assert os.waitpid(child, 0)[1] == 0
    print(text(completion('p/m')))
"""
    )
    with warnings.catch_warnings():
        assert run_script(source) == "ok\nok\n"


@pytest.mark.parametrize("transport", ["aiohttp", "httpx"])
def test_an_async_client_may_be_dropped_while_its_loop_runs(transport):
    source = (
        SERVER
        + """
    async def drop():
        client = jackfield.AsyncClient()
        client.register_provider("p", Plugin())
        print(text(await client.run(jackfield.types.CompletionRequest("p/m"))))
        del client
        await asyncio.sleep(0)
    asyncio.run(drop())
"""
    )
    assert run_script(source, JACKFIELD_TRANSPORT=transport) == "ok\n"


def test_no_cookie_is_ever_sent_back():
    source = SERVER + "\n    print(text(completion('p/m')), text(completion('p/m')))"
    source += "\n    async def two(): return text(await acompletion('p/m')), text(await acompletion('p/m'))"
    source += "\n    print(*asyncio.run(two()))"
    assert run_script(source) == "ok ok\nok ok\n"


def test_a_dropped_client_leaves_nothing_open():
    client = Client()
    client.register_provider("p", Plugin())
    del client
    gc.collect()


def test_a_client_that_is_opened_and_closed_often_keeps_nothing():
    import weakref

    class Unreachable(Plugin):
        @hookimpl
        def provider_info(self):
            return ProviderInfo(num_retries=0)

    client = Client()
    client.register_provider("p", Unreachable())
    known = set(weakref.finalize._registry)
    for _ in range(5):
        with client, pytest.raises(APIConnectionError):
            client.run(REQUEST)
    assert set(weakref.finalize._registry) - known == set()  # those of another test's may be gone meanwhile
