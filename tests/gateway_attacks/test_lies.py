"""Upstreams that answer in time, in JSON and in the right shape, but for a field that holds anything at all."""

from __future__ import annotations

import copy
import json
import random

import pytest
from gateway_attacks.bodies import CHAT, COMPLETIONS, EDITS, EMBEDDINGS, GOOD, IMAGES, MESSAGES, RESPONSES
from gateway_attacks.house import UPSTREAM_KEY, House
from gateway_attacks.upstream import WildUpstream

CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SAID = {
    "role": "assistant",
    "content": "Hi!",
    "tool_calls": [CALL],
    "reasoning_content": "hm",
    "thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
}
USAGE = {
    "prompt_tokens": 1,
    "completion_tokens": 2,
    "total_tokens": 3,
    "prompt_tokens_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
HEAD = {"id": "c1", "created": 1, "model": "wild"}

WHOLE = {
    CHAT: {
        **HEAD,
        "object": "chat.completion",
        "choices": [{"index": 0, "message": SAID, "finish_reason": "stop", "logprobs": {"content": []}}],
        "usage": USAGE,
    },
    COMPLETIONS: {
        **HEAD,
        "object": "text_completion",
        "choices": [{"index": 0, "text": "Hi!", "finish_reason": "stop", "logprobs": None}],
        "usage": USAGE,
    },
    EMBEDDINGS: {
        "object": "list",
        "model": "wild",
        "data": [{"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}],
        "usage": {"prompt_tokens": 1, "total_tokens": 1},
    },
    IMAGES: {
        "created": 1,
        "data": [{"b64_json": "aGk=", "revised_prompt": "Hi"}],
        "usage": {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
    },
}
WHOLE[EDITS] = WHOLE[IMAGES]
"""A path of the upstream → a whole answer that uses each field."""


def events(path):
    """The events of a stream that uses each field."""
    said = {"text": "Hi!"} if path == COMPLETIONS else {"delta": SAID}
    first = {**HEAD, "choices": [{"index": 0, **said, "finish_reason": None, "logprobs": None}]}
    last = {
        **HEAD,
        "choices": [{"index": 0, **dict.fromkeys(said, {} if path == CHAT else ""), "finish_reason": "stop"}],
    }
    return [first, last, {**HEAD, "choices": [], "usage": USAGE}]


JUNK = [
    None,
    True,
    0,
    -1,
    1.5,
    1e300,
    10**30,
    "",
    "x",
    "/opt/models",
    [],
    {},
    [{}],
    [[]],
    [None],
    {"a": None},
    "\0\ud800",
]


def places(value):
    """Every item and every field, as the thing that it is in and its index or name there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, inner in [*items]:
        yield value, at
        yield from places(inner)


def lies(truth):
    """Every way to put junk into one place of an answer, to leave one out, or to say one twice."""
    for number in range(len([*places(truth)])):
        for junk in JUNK:
            lie = copy.deepcopy(truth)
            where, at = [*places(lie)][number]
            where[at] = copy.deepcopy(junk)
            yield lie
        lie = copy.deepcopy(truth)
        where, at = [*places(lie)][number]
        if isinstance(where, list):
            where.append(copy.deepcopy(where[at]))
        else:
            del where[at]
        yield lie


CONFIG = """
model_list:
  - {{model_name: good, litellm_params: {{model: openai/liar, api_base: "{url}", api_key: {key}}}}}
litellm_settings: {{num_retries: 0}}
"""


class Liar:
    """A behaviour: what is to be answered next is told to it."""

    def __init__(self):
        self.next = None

    def __call__(self, visit):
        if isinstance(self.next, list):
            visit.stream(*self.next, b"[DONE]")
        else:
            visit.answer(json.dumps(self.next).encode())


@pytest.fixture(scope="module")
def liar():
    return Liar()


@pytest.fixture(scope="module")
def besieged(liar):
    with WildUpstream({"liar": liar}) as server, House(CONFIG.format(url=server.url, key=UPSTREAM_KEY)) as house:
        yield house
        house.process.stop()
        assert '"traceback"' not in house.process.log  # each lie is seen through, or it does no harm
        requests = [record for record in house.records if record["event"] == "request"]
        assert {record["status"] for record in requests} == {200, 502}
        images = [record for record in requests if record["route"] in (IMAGES, EDITS) and record["status"] == 200]
        assert any((record.get("prompt_tokens"), record.get("completion_tokens")) == (1, 2) for record in images)


@pytest.fixture
def house(besieged, liar):
    yield besieged
    liar.next = WHOLE[CHAT]
    besieged.is_well()


def some(lies, count=200):
    """A part of them: the same in each run."""
    lies = [*lies]
    return random.Random(7).sample(lies, min(count, len(lies)))


@pytest.mark.parametrize(("path", "source"), [(path, path) for path in WHOLE] + [(MESSAGES, CHAT), (RESPONSES, CHAT)])
def test_a_field_of_an_answer_that_holds_anything(house, liar, path, source):
    for liar.next in [WHOLE[source], *some(lies(WHOLE[source]))]:
        answer = house.told(house.client.post(path, GOOD[path]))
        assert answer.status in (200, 502), (liar.next, answer.body)
        if answer.status == 502:
            house.failure(answer, path)
        assert answer.json


@pytest.mark.parametrize("path", [CHAT, COMPLETIONS, MESSAGES, RESPONSES])
def test_a_field_of_a_chunk_that_holds_anything(house, liar, path):
    for liar.next in [events(path), *some(lies(events(path)))]:
        answer = house.told(house.client.post(path, {**GOOD[path], "stream": True}))
        assert answer.status in (200, 502), (liar.next, answer.body)
        if answer.status == 502:
            house.failure(answer, path)
        else:
            assert all(json.loads(event) for event in answer.events if event != "[DONE]")
