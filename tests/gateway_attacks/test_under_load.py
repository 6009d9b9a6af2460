"""Workers killed, told to stop or to change while they are busy; limits that are reached; clients that read slowly."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from gateway_attacks.bodies import CHAT, GOOD, MESSAGES
from gateway_attacks.house import UPSTREAM_KEY, House
from gateway_attacks.upstream import PATIENCE, WildUpstream, chunk

HANDLER = """
import os
from jackfield import CustomLLM, ModelResponse

class Who(CustomLLM):
    async def acompletion(self, model, messages):
        return ModelResponse.of_text(str(os.getpid()))

who = Who()
"""

CONFIG = """
model_list:
  - {{model_name: good, litellm_params: {{model: who/am-i}}}}
  - {{model_name: "wild/*", litellm_params: {{model: "openai/*", {server}}}}}
litellm_settings: {{num_retries: 0, custom_provider_map: [{{provider: who, custom_handler: handler.who}}]}}
general_settings: {{max_requests_in_flight: {limit}}}
"""


class Gate:
    """A behaviour: a stream whose second chunk comes when it is opened."""

    def __init__(self):
        self.opened = threading.Event()

    def __call__(self, visit):
        visit.stream(chunk("one "))
        self.opened.wait(PATIENCE)
        visit.events(chunk("two"), chunk(finish="stop"), b"[DONE]")


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def upstream(gate):
    with WildUpstream({"gated": gate}) as server:
        yield server


@pytest.fixture
def open_house(upstream):
    """Return what starts a gateway."""
    with ExitStack() as stack:

        def start(*arguments, limit=4096):
            config = CONFIG.format(server=f'api_base: "{upstream.url}", api_key: {UPSTREAM_KEY}', limit=limit)
            return stack.enter_context(House(config, *arguments, files={"handler.py": HANDLER}))

        yield start


class Crowd:
    """Clients that ask without a pause, each on a new connection every time, until the block is left."""

    def __init__(self, house, size=4):
        self.outcomes = []
        self.size = size
        self._house = house
        self._changed = threading.Condition()
        self._over = False

    def __enter__(self):
        self._threads = [threading.Thread(target=self._ask) for _ in range(self.size)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over = True
        for thread in self._threads:
            thread.join()

    def wait_for(self, more):
        """Wait until so many more outcomes are there."""
        with self._changed:
            wanted = len(self.outcomes) + more
            assert self._changed.wait_for(lambda: len(self.outcomes) >= wanted, PATIENCE)

    def _ask(self):
        while not self._over:
            try:
                outcome = self._house.chat("good").status
            except (ConnectionError, TimeoutError) as error:
                outcome = type(error).__name__
            with self._changed:
                self.outcomes.append(outcome)
                self._changed.notify_all()


def wait_until(true):
    """Wait for what no event tells of."""
    limit = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)


def said(house, text):
    """How many lines of the log hold a text by now."""
    return (house.process.folder / "log").read_text().count(text)


def workers(house):
    """Ask until two have answered."""
    found = set()
    wait_until(lambda: found.add(int(house.chat("good").text)) or len(found) == 2)
    return found


def begin(house, stack, model="wild/gated"):
    """Begin a stream and read its first chunk."""
    connection = stack.enter_context(house.client.connect())
    body = json.dumps({**GOOD[CHAT], "model": model, "stream": True}).encode()
    connection.send(house.client.request("POST", CHAT, body, connection="close"))
    return connection, connection.until(b"one ")


def test_a_worker_that_is_killed_takes_only_its_own_requests_along(open_house):
    house = open_house("--workers", "2")
    victim = workers(house).pop()
    with Crowd(house) as crowd:
        crowd.wait_for(50)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: said(house, f"worker {victim} ended"))
        crowd.wait_for(100)
    lost = [outcome for outcome in crowd.outcomes if outcome != 200]
    assert len(lost) <= crowd.size
    assert all(isinstance(outcome, str) for outcome in lost)  # no answer at all, and never a wrong one
    assert victim not in workers(house)


def test_told_to_stop_both_let_their_streams_finish(open_house, gate):
    house = open_house("--workers", "2")
    workers(house)
    with ExitStack() as stack:
        streams = [begin(house, stack) for _ in range(12)]
        os.kill(house.process.pid, signal.SIGTERM)
        wait_until(lambda: said(house, "stopping") == 2)
        gate.opened.set()
        for connection, begun in streams:
            whole = begun + connection.rest()
            assert b'"two"' in whole
            assert b"data: [DONE]\n\n" in whole
    assert house.process._process.wait(PATIENCE) == 0


def test_no_request_notices_a_new_config(open_house, gate):
    house = open_house("--workers", "2")
    workers(house)
    config = house.process.folder / "config.yaml"
    text = config.read_text()
    with ExitStack() as stack, Crowd(house) as crowd:
        connection, _ = begin(house, stack)
        for number in range(1, 5):
            config.write_text(text + f"router_settings: {{cooldown_time: {number}}}\n")
            os.kill(house.process.pid, signal.SIGHUP)
            wait_until(lambda number=number: said(house, "is in force") == number)
            crowd.wait_for(20)
        config.write_text("model_list: 7\n")
        os.kill(house.process.pid, signal.SIGHUP)
        wait_until(lambda: said(house, "the old one stays in force"))
        crowd.wait_for(20)
        gate.opened.set()
        assert b"data: [DONE]\n\n" in connection.rest()
    assert set(crowd.outcomes) == {200}


@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_more_requests_than_it_takes_are_told_to_come_back(open_house, upstream, path):
    house = open_house(limit=3)
    with ExitStack() as stack:
        for stream in (True, False, False):
            connection = stack.enter_context(house.client.connect())
            body = json.dumps({**GOOD[CHAT], "model": "wild/stall", "stream": stream}).encode()
            connection.send(house.client.request("POST", CHAT, body))
            upstream.wait_for_visit("stall")
        for _ in range(10):
            answer = house.client.post(path, GOOD[path])
            house.failure(answer, path, 503)
            assert int(answer.headers["retry-after"]) >= 1
        for probe in ("/health/liveness", "/health/readiness", "/metrics"):
            assert house.client.get(probe).status == 200
    for _ in range(3):
        upstream.wait_for_leave("stall")
    wait_until(lambda: house.client.post(path, GOOD[path]).status == 200)


def memory(pid):
    """The resident memory of a process, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the memory of a process stands in /proc")
def test_a_slow_reader_holds_up_its_upstream_and_fills_no_memory(open_house, upstream):
    house = open_house()
    house.is_well()
    before = memory(house.process.pid)
    with house.client.connect(receive_buffer=4096) as connection:
        body = json.dumps({**GOOD[CHAT], "model": "wild/fat", "stream": True}).encode()
        connection.send(house.client.request("POST", CHAT, body, connection="close"))
        connection.until(b"data: ")
        upstream.wait_for_note("held up")
        assert memory(house.process.pid) - before < 15
        whole = connection.rest()
    assert whole.count(b"x" * 65536) >= 800 - 1  # of the first, a part was read above
    assert whole.endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
