"""Groups, their limits and their fallbacks, seen from outside: the right answer, and no word of other groups."""

from __future__ import annotations

import os

import pytest
from gateway_attacks.bodies import CHAT, COMPLETIONS, EMBEDDINGS, MESSAGES, RESPONSES
from gateway_attacks.house import CONFIDENTIAL, UPSTREAM_KEY, House
from loopback import LoopbackServer

CONFIG = """
model_list:
  - {{model_name: good, litellm_params: {{model: openai/small, {server}}}}}
  - {{model_name: "any/*", litellm_params: {{model: "openai/*", {server}}}}}
  - {{model_name: once, litellm_params: {{model: openai/small, rpm: 1, {server}}}}}
  - {{model_name: alone, litellm_params: {{model: openai/small, max_parallel_requests: 1, {server}}}}}
  - {{model_name: broken, litellm_params: {{model: openai/error-500, {server}}}}}
  - {{model_name: {confidential}, litellm_params: {{model: openai/small, rpm: 1, {server}}}}}
  - {{model_name: rescued, litellm_params: {{model: openai/error-500, {server}}}}}
  - {{model_name: rescue, litellm_params: {{model: openai/rescue, {server}}}}}
  - {{model_name: cooling, litellm_params: {{model: openai/error-429, {server}}}}}
  - {{model_name: cooling, litellm_params: {{model: openai/error-429, {server}}}}}
  - {{model_name: keyless, litellm_params: {{model: openai/small}}}}
  - {{model_name: unset, litellm_params: {{model: openai/small, api_key: os.environ/ACME_KEY_THAT_IS_NOT_SET}}}}
  - {{model_name: nowhere, litellm_params: {{model: nobody/small}}}}
  - {{model_name: legacy, litellm_params: {{model: custom/small, api_base: "{legacy}"}}}}
litellm_settings:
  num_retries: 0
  fallbacks: [{{broken: [{confidential}]}}, {{rescued: [rescue]}}]
router_settings:
  model_group_alias: {{nickname: good, limited-nickname: once}}
general_settings:
  allowed_client_options: [fallbacks, num_retries, mock_response, headers]
"""


@pytest.fixture(scope="module")
def besieged(upstream):
    server = f'api_base: "{upstream.url}", api_key: {UPSTREAM_KEY}'
    config = CONFIG.format(server=server, legacy=upstream.legacy_url, confidential=CONFIDENTIAL)
    env = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    with House(config, env=env) as house:
        yield house


@pytest.fixture(scope="module")
def upstream():
    with LoopbackServer() as server:
        yield server


def test_a_wildcard_and_an_alias(house, upstream):
    assert house.told(house.chat("any/large")).json["model"] == "large"
    assert house.told(house.chat("nickname")).json["model"] == "small"
    assert house.client.get("/v1/models/any/thing").status == 200
    assert house.refusal(house.client.get("/v1/models/many"), "/v1/models/many", 404)["param"] == "model"


@pytest.mark.parametrize("name", ["any/", "any", "ANY/large", " any/large", "any/l\0", "nickname/x", "openai/small"])
def test_names_that_are_nearly_right(house, upstream, name):
    sent = len(upstream.requests)
    answer = house.told(house.chat(name))
    if name.startswith("any/") and name != "any/":  # what a wildcard matches, its upstream judges
        assert upstream.requests[-1].json["model"] == name.removeprefix("any/")
    else:
        assert house.refusal(answer, CHAT, 404)["code"] == "model_not_found"
        assert len(upstream.requests) == sent


@pytest.mark.parametrize("path", [CHAT, MESSAGES, RESPONSES])
def test_a_group_at_its_limit_says_when_to_come_back(house, path):
    house.chat("once", path)
    for name in ("once", "limited-nickname"):
        for stream in (False, True):
            answer = house.chat(name, path, stream=stream)
            error = house.refusal(answer, path, 429)
            assert 1 <= int(answer.headers["retry-after"]) <= 60
            assert error["type"] == "rate_limit_error"


def test_a_fallback_at_its_limit_is_not_named(house):
    answers = [house.told(house.chat("broken")) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 429, 429]
    assert "retry-after" in answers[-1].headers


def test_a_fallback_answers_whole_and_streamed(house):
    assert house.told(house.chat("rescued")).json["model"] == "rescue"
    answer = house.told(house.chat("rescued", stream=True))
    assert (answer.text, answer.events[-1]) == ("You said: Hi", "[DONE]")


def test_a_group_that_cools_down_says_so(house):
    first, *others = [house.chat("cooling") for _ in range(4)]
    for answer in (first, *others):
        assert house.refusal(answer, CHAT, 429)
        assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize(("name", "variable"), [("keyless", "OPENAI_API_KEY"), ("unset", "ACME_KEY_THAT_IS_NOT_SET")])
@pytest.mark.parametrize("path", [CHAT, MESSAGES])
def test_a_missing_key_is_the_operators_to_set_and_named(house, path, name, variable):
    error = house.failure(house.chat(name, path), path, 500)
    assert f"its operator has to set {variable}" in error["message"]
    assert any(variable in warning for warning in house.process.stderr.splitlines()) == (name == "unset")


def test_a_provider_that_is_not_installed(house):
    error = house.failure(house.chat("nowhere"), CHAT, 500)
    assert error["code"] == "provider_unavailable"
    assert "nobody" not in error["message"]


def test_what_a_provider_cannot_do(house):
    error = house.refusal(house.client.post(EMBEDDINGS, {"model": "legacy", "input": "Hi"}), EMBEDDINGS, 400)
    assert error["code"] == "unsupported_operation"
    answer = house.client.post(COMPLETIONS, {"model": "legacy", "prompt": [1, 2]})
    assert house.refusal(answer, COMPLETIONS, 400)["param"] == "prompt"


@pytest.mark.parametrize("value", [7, True, "rescue", {"model": "rescue"}, [7], [None], [["rescue"]], [{}], 0, ""])
def test_options_that_clients_may_set_are_checked_as_well(house, value):
    answer = house.chat("good", fallbacks=value)
    assert house.refusal(answer, CHAT, 400)["param"] == "fallbacks"


def test_a_fallback_of_the_clients_choice(house):
    assert house.told(house.chat("broken", fallbacks=["rescue"])).json["model"] == "rescue"
    assert house.failure(house.chat("broken", fallbacks=[]), CHAT)
    assert house.refusal(house.chat("broken", fallbacks=["no-such-group"]), CHAT, 404)["code"] == "model_not_found"
    for junk in ("x", -1, 1.5, [], {}):
        house.refusal(house.chat("good", num_retries=junk), CHAT, 400)
    for junk in ("x", 7, ["a"], {"a": 1}, {"a": "b\r\nx: y"}):
        house.refusal(house.chat("good", headers=junk), CHAT, 400)
