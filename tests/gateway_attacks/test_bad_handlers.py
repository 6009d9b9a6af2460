"""Handlers and hooks that fail in every way: their callers learn nothing but that, and nobody else notices."""

from __future__ import annotations

import json

import pytest
from gateway_attacks.bodies import CHAT, MESSAGES, RESPONSES
from gateway_attacks.handlers import CALLBACKS, CONFIG, HANDLER
from gateway_attacks.house import House, check_error

INTERNAL = "internal error (the gateway's log tells more of request "
FAILED = "this model's provider failed (the gateway's log tells more of request "
REMOVED = "secret [removed] at [removed]"

OUTCOMES = {
    "ValueError": (500, FAILED),
    "KeyError": (500, FAILED),
    "FileNotFoundError": (500, FAILED),
    "ConnectionError": (500, FAILED),
    "StopIteration": (500, FAILED),
    "StopAsyncIteration": (500, FAILED),
    "MemoryError": (500, FAILED),
    "RecursionError": (500, FAILED),
    "ExceptionGroup": (500, FAILED),
    "worded-status": (500, FAILED),
    "CancelledError": (500, INTERNAL),
    "SystemExit": (500, INTERNAL),
    "KeyboardInterrupt": (500, INTERNAL),
    "Panic": (500, INTERNAL),
    "TimeoutError": (504, "the provider did not answer in time"),
    "teapot": (418, "short and stout"),
    "HTTPStatusError": (404, REMOVED),
    "unauthorized": (401, "the provider does not accept the gateway's credential"),
    "forbidden": (403, "the provider does not allow this to the gateway's credential"),
    "no-status": (502, REMOVED),
    "fine-status": (502, REMOVED),
}


@pytest.fixture(scope="module")
def besieged():
    with House(CONFIG, files={"handler.py": HANDLER, "callbacks.py": CALLBACKS}) as house:
        yield house
        house.process.stop()
        assert "never retrieved" not in house.process.log
        failures = [record for record in house.records if record["event"] == "error"]
        assert all("request_id" in record for record in failures)


def text_of(error, request_id):
    """The message without the id that an operator finds it by."""
    return error["message"].removesuffix(f"{request_id})")


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("handler", ["asynchronous", "blocking"])
@pytest.mark.parametrize(("failure", "outcome"), OUTCOMES.items(), ids=OUTCOMES)
def test_a_handler_that_fails(house, path, handler, failure, outcome):
    for stream in (False, True):
        answer = house.chat(f"{handler}/{failure}", path, stream=stream)
        error = house.failure(answer, path, outcome[0])
        assert text_of(error, answer.headers["x-request-id"]) == outcome[1]


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("handler", ["asynchronous", "blocking"])
@pytest.mark.parametrize(("failure", "outcome"), OUTCOMES.items(), ids=OUTCOMES)
def test_a_handler_that_fails_in_the_middle_of_a_stream(house, path, handler, failure, outcome):
    late = {"messages": [{"role": "user", "content": "late"}]} if path != RESPONSES else {"input": "late"}
    answer = house.told(house.chat(f"{handler}/{failure}", path, stream=True, **late))
    assert answer.status == 200
    assert b"[DONE]" not in answer.body
    last = json.loads(answer.events[-1])
    if path == RESPONSES:
        assert last["type"] == "response.failed"
        error = last["response"]["error"]
    else:
        check_error(last, path)
        error = last["error"]
    assert text_of(error, answer.headers["x-request-id"]) == outcome[1]


def test_probes_call_them_too(house):
    """``SystemExit`` out of the task of a probe would end the process."""
    assert house.client.get("/health?probe=true").status == 200


HOOKS = {
    "before": (500, INTERNAL),
    "exit": (500, INTERNAL),
    "refused": (402, "pay first"),
    "said": (400, "not that"),
    "junk": (500, FAILED),
    "after": (500, INTERNAL),
}


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize(("user", "outcome"), HOOKS.items(), ids=HOOKS)
def test_a_hook_that_fails_or_refuses(house, path, user, outcome):
    answer = house.chat("good", path, user=user)
    assert text_of(house.failure(answer, path, outcome[0]), answer.headers["x-request-id"]) == outcome[1]


def test_a_hook_that_fails_where_nobody_waits_for_it(house):
    assert house.told(house.chat("good", user="logging")).text == "Hi!"
    answer = house.chat("asynchronous/teapot", user="failing")
    assert house.failure(answer, CHAT, 418)["message"] == "short and stout"
