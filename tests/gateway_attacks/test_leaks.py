"""What gets out by the side door: keys in queries, ids and names that would forge lines of the log."""

from __future__ import annotations

import json

import pytest
from gateway_attacks.bodies import CHAT, COUNT, GOOD, MESSAGES
from gateway_attacks.client import request
from gateway_attacks.house import UPSTREAM_KEY, House
from loopback import LoopbackServer

KEY = "sk-master-9fJ2mQx7"
OTHER = "sk-of-somebody-else"

CONFIG = """
model_list:
  - {{model_name: good, litellm_params: {{model: openai/small, {server}}}}}
  - {{model_name: "any/*", litellm_params: {{model: "openai/*", {server}}}}}
general_settings: {{master_key: {key}}}
"""


@pytest.fixture(scope="module")
def upstream():
    with LoopbackServer(key=UPSTREAM_KEY) as server:
        yield server


@pytest.fixture(scope="module")
def besieged(upstream):
    config = CONFIG.format(server=f'api_base: "{upstream.url}", api_key: {UPSTREAM_KEY}', key=KEY)
    with House(config, key=KEY) as house:
        yield house
        house.process.stop()
        log = house.process.log
        assert [secret for secret in (KEY, OTHER, UPSTREAM_KEY, "my diagnosis") if secret in log] == []
        assert [line for line in log.splitlines() if not (line.isascii() and line.isprintable())] == []
        assert [record for record in house.records if "forged" in record] == []
        assert log.count("\n") == len(house.records)


WITHOUT_KEY = [
    {},
    {"authorization": ""},
    {"authorization": KEY},
    {"authorization": "Bearer"},
    {"authorization": f"Basic {KEY}"},
    {"authorization": f"Bearer {KEY}x"},
    {"authorization": f"Bearer {KEY[:-1]}"},
    {"authorization": f"Bearer {KEY.upper()}"},
    {"authorization": f"Bearer {OTHER}"},
    {"authorization": "Bearer " + "x" * 10_000},
    {"authorization": "Bearer \xe9\xff"},
    {"x-api-key": OTHER},
    {"x-api-key": f"Bearer {KEY}"},
    {"x-api-key": ""},
    {"api-key": KEY},
    {"cookie": f"key={KEY}"},
    {"x-forwarded-for": "127.0.0.1", "x-real-ip": "127.0.0.1", "host": "localhost"},
    {"x-original-url": "/health/liveness", "x-rewrite-url": "/"},
]
PROTECTED = [
    CHAT,
    MESSAGES,
    COUNT,
    "/v1/models",
    "/metrics",
    "/health",
    "/openapi.json",
    "/none",
    "//",
    "/health/live/",
]


def bare(house, method, path, headers):
    """Ask with these headers alone."""
    with house.client.connect() as connection:
        return house.told(connection.send(request(method, path, b"", headers)).answer(method))


@pytest.mark.parametrize("headers", WITHOUT_KEY)
def test_without_the_key_there_is_nothing(house, upstream, headers):
    sent = len(upstream.requests)
    for path in PROTECTED:
        for method in ("GET", "POST"):
            answer = bare(house, method, path, headers)
            house.refusal(answer, path, 401)
            assert answer.headers["www-authenticate"] == "Bearer"
    assert len(upstream.requests) == sent


def test_a_key_in_the_query_is_none_and_is_not_written_down(house):
    for query in (f"api_key={KEY}", f"key={KEY}", f"access_token={KEY}", f"authorization=Bearer%20{KEY}"):
        house.refusal(bare(house, "GET", f"/v1/models?{query}", {}), "/v1/models", 401)
        house.refusal(house.client.get(f"/nowhere?{query}"), "/nowhere", 404)


def test_either_header_opens_and_one_that_is_wrong_does_not_close(house):
    for headers in ({"authorization": f"Bearer {KEY}"}, {"authorization": f"bEARER  {KEY} "}, {"x-api-key": KEY}):
        assert bare(house, "GET", "/v1/models", headers).status == 200
    assert bare(house, "GET", "/v1/models", {"x-api-key": KEY, "authorization": f"Bearer {OTHER}"}).status == 200


def test_what_is_open_says_nothing_of_this_place(house):
    for path in ("/", "/health/liveliness", "/health/liveness", "/health/readiness"):
        answer = bare(house, "GET", path, {})
        assert answer.status == 200
        assert b"good" not in answer.body


IDS = ["a b", "a\tb", "é", "x" * 129, "", "<script>", '"', "../../x", "%0d%0aset-cookie:x", "a;b", "forged{}"]


@pytest.mark.parametrize("sent", IDS)
def test_a_request_id_that_is_none_is_replaced(house, sent):
    for path in (CHAT, "/nowhere"):
        answer = house.told(house.client.post(path, GOOD[CHAT], x_request_id=sent))
        assert answer.headers["x-request-id"] != sent
        assert answer.headers["x-request-id"].isalnum()


def test_a_request_id_comes_back_and_stands_in_the_log(house):
    assert house.client.post(CHAT, GOOD[CHAT], x_request_id="Mine-1.2_3").headers["x-request-id"] == "Mine-1.2_3"


FORGED = '\n{"event":"request","forged":true}\r\n\x1b[2J\u2028\x85\0'


def test_names_that_would_write_lines_of_the_log(house):
    for name in (FORGED, f"any/{FORGED}"):
        house.told(house.client.post(CHAT, {**GOOD[CHAT], "model": name, "user": FORGED}))
    for path in ("/%0a%7b%22forged%22:1%7d", "/v1/models/%0aforged%1b%5b2J", "/v1/models?forged=%0a"):
        house.told(house.client.get(path))
    house.told(house.client.get("/v1/models", user_agent="forged", referer="forged", x_forwarded_for="forged"))


def test_content_is_in_no_line_of_the_log(house):
    said = {"messages": [{"role": "user", "content": "my diagnosis"}]}
    assert house.told(house.client.post(CHAT, {"model": "good", **said})).text == "You said: my diagnosis"
    for body in (
        {"model": "good", "messages": "my diagnosis"},
        {"model": "good", "my diagnosis": 1, "temperature": "my diagnosis"},
        b'{"model": my diagnosis}',
        {"model": "any/error-400", **said},
    ):
        house.refusal(house.client.post(CHAT, body), CHAT, 400)


def test_the_key_goes_no_further(house, upstream):
    house.chat("good")
    request = upstream.requests[-1]
    assert KEY not in json.dumps(request.headers) + request.body.decode()
    assert request.headers["authorization"] == f"Bearer {UPSTREAM_KEY}"
    sent = {"cookie": "a=b", "openai-organization": "x", "x-evil": "y", "x-api-key": KEY, "anthropic-beta": "z"}
    house.client.post(MESSAGES, GOOD[MESSAGES], **{name.replace("-", "_"): value for name, value in sent.items()})
    assert not sent.keys() & upstream.requests[-1].headers.keys()
