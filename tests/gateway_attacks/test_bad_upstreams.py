"""Upstreams that stall, reset, lie and leak: each caller gets the right status, in the right shape, without secrets."""

from __future__ import annotations

import json

import pytest
from gateway_attacks.bodies import CHAT, COMPLETIONS, EDITS, EMBEDDINGS, GOOD, IMAGES, MESSAGES, RESPONSES
from gateway_attacks.house import UPSTREAM_KEY, House, check_error
from gateway_attacks.upstream import WildUpstream

CONFIG = """
model_list:
  - {{model_name: good, litellm_params: {{model: openai/good, {server}}}}}
  - {{model_name: "wild/*", litellm_params: {{model: "openai/*", timeout: 15, {server}}}}}
  - {{model_name: "late/*", litellm_params: {{model: "openai/*", timeout: 0.2, {server}}}}}
litellm_settings: {{num_retries: 0}}
"""


@pytest.fixture(scope="module")
def upstream():
    with WildUpstream() as server:
        yield server


@pytest.fixture(scope="module")
def besieged(upstream):
    with House(CONFIG.format(server=f'api_base: "{upstream.url}", api_key: {UPSTREAM_KEY}')) as house:
        yield house
        house.process.stop()
        assert '"traceback"' not in house.process.log  # none of this is a failure of ours
        assert UPSTREAM_KEY not in house.process.log
        assert "wrong key *** at http://10.1.2.3:8443/internal" in house.process.log  # whoever runs it is to know


UNREACHABLE = 502, "the provider cannot be reached"
LATE = 504, "the provider did not answer in time"
UNREADABLE = 502, "the provider's answer cannot be read"
BROKEN = 502, "the provider's answer broke off"
REMOVED = "key *** at [removed] in [removed]"
HTML = 502, "the server answered 502 with an HTML page; is api_base the address of the API itself?"


def called(behaviour, message):
    """The name of a model that behaves so; only where that is to be seen it has little time."""
    return f"late/{behaviour}" if message == LATE[1] else f"wild/{behaviour}"


# What is wrong with the whole answer, and with the same as the answer to a stream.
ANSWERS = {
    "stall": (LATE, LATE),
    "stall-after-head": (LATE, LATE),
    "drip": (LATE, LATE),
    "reset": (UNREACHABLE, UNREACHABLE),
    "reset-after-head": (UNREACHABLE, UNREACHABLE),
    "closes": (UNREACHABLE, UNREACHABLE),
    "no-http": (UNREACHABLE, UNREACHABLE),
    "short-body": (UNREACHABLE, UNREACHABLE),
    "redirect": (UNREACHABLE, UNREACHABLE),
    "bad-gzip": (UNREADABLE, UNREADABLE),
    "html": (UNREADABLE, BROKEN),
    "truncated": (UNREADABLE, BROKEN),
    "empty": (UNREADABLE, BROKEN),
    "a-list": (UNREADABLE, BROKEN),
    "wrong-shape": (UNREADABLE, BROKEN),
    "not-utf8": (UNREADABLE, BROKEN),
    "html-502": (HTML, HTML),
    "error-in-200": ((429, "slow down"),) * 2,
    "says-400": ((400, f"bad {REMOVED}"),) * 2,
    "says-401": ((401, "the provider does not accept the gateway's credential"),) * 2,
    "says-403": ((403, "the provider does not allow this to the gateway's credential"),) * 2,
    "says-404": ((404, f"no model {REMOVED}"),) * 2,
    "says-418": ((418, "short and stout"),) * 2,
    "says-429": ((429, f"wait {REMOVED}"),) * 2,
    "says-500": ((500, "the provider gave no reason"),) * 2,
    "says-500-text": ((500, f"plain {REMOVED}"),) * 2,
    "says-503": ((503, "busy"),) * 2,
}


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize("behaviour", ANSWERS)
def test_an_answer_that_is_none(house, path, behaviour):
    for stream, (status, message) in zip((False, True), ANSWERS[behaviour], strict=True):
        error = house.failure(house.chat(called(behaviour, message), path, stream=stream), path, status)
        assert error["message"] == message


@pytest.mark.parametrize("path", [COMPLETIONS, EMBEDDINGS, IMAGES, EDITS])
@pytest.mark.parametrize("behaviour", ["stall", "reset", "html", "truncated", "redirect", "says-401", "says-418"])
def test_an_answer_to_another_route_that_is_none(house, path, behaviour):
    status, message = ANSWERS[behaviour][0]
    answer = house.client.post(path, {**GOOD[path], "model": called(behaviour, message)})
    assert house.failure(answer, path, status)["message"] == message


def test_a_pause_that_is_asked_for_is_handed_on(house):
    assert house.chat("wild/says-429").headers["retry-after"] == "7"
    assert house.chat("wild/says-503").headers["retry-after"] == "3"


STREAMS = {
    "stream-stall": LATE[1],
    "stream-reset": BROKEN[1],
    "stream-cut": UNREADABLE[1],
    "stream-no-finish": BROKEN[1],
    "stream-no-json": UNREADABLE[1],
    "stream-not-utf8": UNREADABLE[1],
    "stream-fat-event": UNREADABLE[1],
    "stream-error": f"boom {REMOVED}",
}


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize(("behaviour", "message"), STREAMS.items())
def test_a_stream_that_breaks_ends_with_an_error_and_not_as_if_all_were_well(house, path, behaviour, message):
    answer = house.told(house.chat(called(behaviour, message), path, stream=True))
    assert answer.status == 200
    assert b"one" in answer.body
    assert b"[DONE]" not in answer.body
    assert b"message_stop" not in answer.body
    assert b"response.completed" not in answer.body
    last = json.loads(answer.events[-1])
    if path == RESPONSES:
        assert last["type"] == "response.failed"
        assert last["response"]["error"]["message"] == message
    else:
        check_error(last, path)
        assert last["error"]["message"] == message


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [("stream-silent", LATE), ("stream-empty", BROKEN), ("stream-error-first", (400, f"no {REMOVED}"))],
)
def test_a_stream_that_fails_before_it_begins_has_its_status(house, path, behaviour, outcome):
    status, message = outcome
    answer = house.chat(called(behaviour, message), path, stream=True)
    assert house.failure(answer, path, status)["message"] == message


def test_a_stream_whose_server_ends_it_without_a_word_is_whole_if_it_has_finished(house):
    answer = house.told(house.chat("wild/stream-no-done", stream=True))
    assert (answer.text, answer.events[-1]) == ("one", "[DONE]")


def test_an_answer_that_unpacks_to_far_more(house):
    """It ends this call, and leaves the next one alone."""
    house.failure(house.chat("wild/bomb"), CHAT, 502)
