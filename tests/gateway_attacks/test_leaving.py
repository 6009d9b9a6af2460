"""A client that leaves takes its upstream along within a second, wherever its call stands."""

from __future__ import annotations

import json
import time
from pathlib import Path
from statistics import median

import pytest
from gateway_attacks.bodies import CHAT, GOOD, MESSAGES, RESPONSES
from gateway_attacks.house import UPSTREAM_KEY, House
from gateway_attacks.upstream import WildUpstream

SECOND, SOON = 1.0, 10.0
"""The law, and what a machine that stands still may make of it; who sees it at the next comment only takes 15."""

HANDLER = '''
import httpx
from jackfield import CustomLLM

URL = "{url}/chat/completions"

def chunk(text):
    return dict(text=text, is_finished=False, finish_reason=None, index=0, tool_use=None, usage=None)

class Asynchronous(CustomLLM):
    """Waits for a server, as handlers do."""

    async def acompletion(self, model, messages):
        async with httpx.AsyncClient(timeout=60) as client:
            await client.post(URL, json=dict(model=model))

    async def astreaming(self, model, messages):
        async with httpx.AsyncClient(timeout=60) as client:
            async with client.stream("POST", URL, json=dict(model=model)) as answer:
                async for line in answer.aiter_lines():
                    yield chunk("one")

class Blocking(CustomLLM):
    def streaming(self, model, messages):
        with httpx.stream("POST", URL, json=dict(model=model), timeout=60) as answer:
            for line in answer.iter_lines():
                yield chunk("one")

asynchronous, blocking = Asynchronous(), Blocking()
'''

CONFIG = """
model_list:
  - {{model_name: good, litellm_params: {{model: openai/good, {server}}}}}
  - {{model_name: "wild/*", litellm_params: {{model: "openai/*", {server}}}}}
  - {{model_name: "asynchronous/*", litellm_params: {{model: "asynchronous/*"}}}}
  - {{model_name: "blocking/*", litellm_params: {{model: "blocking/*"}}}}
litellm_settings:
  num_retries: 3
  fallbacks: [{{"wild/*": [good]}}]
  custom_provider_map:
    - {{provider: asynchronous, custom_handler: handler.asynchronous}}
    - {{provider: blocking, custom_handler: handler.blocking}}
"""


@pytest.fixture(scope="module")
def upstream():
    with WildUpstream() as server:
        yield server


@pytest.fixture(scope="module")
def besieged(upstream):
    config = CONFIG.format(server=f'api_base: "{upstream.url}", api_key: {UPSTREAM_KEY}')
    with House(config, files={"handler.py": HANDLER.format(url=upstream.url)}) as house:
        yield house
        house.process.stop()
        left = [record for record in house.records if record.get("client_left")]
        assert {record["status"] for record in left} == {200, 499}
        assert [record for record in house.records if record["level"] != "info"] == []


WAYS = [(CHAT, "close"), (CHAT, "reset"), (MESSAGES, "close"), (RESPONSES, "reset")]


def body(path, model, stream):
    return json.dumps({**GOOD[path], "model": model, "stream": stream}).encode()


def leave(house, upstream, path, model, *, stream, after=None, how="close"):
    """Ask, wait until the upstream works on it and ``after`` has come, leave, and see the upstream's connection end.

    Returns the seconds between the two ends.
    """
    behaviour = model.partition("/")[2]
    with house.client.connect(receive_buffer=4096) as connection:
        connection.send(house.client.request("POST", path, body(path, model, stream)))
        upstream.wait_for_visit(behaviour)
        if after is not None:
            connection.until(after)
        if how == "reset":
            connection.reset()
    left = time.monotonic()
    took = upstream.wait_for_leave(behaviour) - left
    assert took < SOON
    return took


@pytest.mark.parametrize(("path", "how"), WAYS)
@pytest.mark.parametrize("model", ["wild/stall", "wild/stall-after-head", "wild/drip", "asynchronous/stall"])
def test_from_a_whole_answer(house, upstream, model, how, path):
    leave(house, upstream, path, model, stream=False, how=how)


UNBEGUN = ["wild/stall", "wild/stream-silent", "asynchronous/stall", "asynchronous/stream-silent"]


@pytest.mark.parametrize(("path", "how"), WAYS)
@pytest.mark.parametrize("model", UNBEGUN)
def test_from_a_stream_before_its_first_chunk(house, upstream, model, how, path):
    leave(house, upstream, path, model, stream=True, how=how)


@pytest.mark.parametrize(("path", "how"), WAYS)
@pytest.mark.parametrize("model", ["wild/stream-stall", "asynchronous/stream-stall", "blocking/ticking"])
def test_from_a_stream_in_its_middle(house, upstream, model, how, path):
    leave(house, upstream, path, model, stream=True, after=b"one", how=how)


@pytest.mark.parametrize("model", ["wild/endless", "asynchronous/endless", "blocking/endless"])
@pytest.mark.parametrize("how", ["close", "reset"])
def test_from_a_stream_that_it_did_not_read(house, upstream, model, how):
    leave(house, upstream, CHAT, model, stream=True, after=b"data: ", how=how)


@pytest.mark.parametrize("stream", [False, True])
def test_mostly_within_a_second(house, upstream, stream):
    assert median(leave(house, upstream, CHAT, "wild/stall", stream=stream) for _ in range(9)) < SECOND


def test_and_nobody_asks_again_in_its_name(house, upstream):
    """There are retries and a fallback, and neither is for those who are gone."""
    while upstream.has_visits():
        upstream.wait_for_visit("good")
    leave(house, upstream, CHAT, "wild/stall", stream=False)
    house.is_well()
    upstream.wait_for_visit("good")
    assert not upstream.has_visits()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="the open files of a process stand in /proc")
def test_and_nothing_stays_open(house, upstream):
    house.is_well()
    files = Path(f"/proc/{house.process.pid}/fd")
    before = len([*files.iterdir()])
    for _ in range(15):
        leave(house, upstream, CHAT, "wild/stream-stall", stream=True, after=b"one")
    house.is_well()
    assert len([*files.iterdir()]) <= before + 2
