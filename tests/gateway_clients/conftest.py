"""A gateway in front of a real server and of two handlers, and clients whose every answer is judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gateway import GatewayProcess
from gateway_clients.judges import judge
from gateway_clients.recording import Recorder
from loopback import LoopbackServer

KEY = "sk-of-the-house-0123456789"
STATUSES = (400, 401, 403, 404, 409, 413, 422, 429, 500, 503, 504, 529)
HERE = Path(__file__).resolve().parent

BESIDE = {
    "house.py": (HERE / "house.py").read_text(encoding="utf-8"),
    "loopback_answers.py": (HERE.parent / "loopback_answers.py").read_text(encoding="utf-8"),
}


def config_of(url: str) -> dict[str, Any]:
    """Return a config whose groups are called as what stands behind them: `upstream`, `blocking` and `awaited`."""
    models = ("small", "thinking", "breaking", "cut", *(f"error-{status}" for status in STATUSES))
    server = {"api_base": url, "api_key": "a-key"}
    groups = {f"upstream/{model}": {"model": f"openai/{model}", **server} for model in models}
    groups |= {f"{each}/{model}": {"model": f"{each}/{model}"} for each in ("blocking", "awaited") for model in models}
    groups["awaited/relay"] = {"model": "awaited/relay"}
    groups["nowhere"] = {"model": "openai/small", "api_base": "http://127.0.0.1:1/secret", "api_key": "a-key"}
    groups["acme/*"] = {"model": "openai/*", **server}
    handlers = [{"provider": name, "custom_handler": f"house.{name}"} for name in ("blocking", "awaited")]
    return {
        "model_list": [{"model_name": name, "litellm_params": params} for name, params in groups.items()],
        "litellm_settings": {"custom_provider_map": handlers, "num_retries": 0},
        "router_settings": {"cooldown_time": 0},
        "general_settings": {"master_key": KEY},
    }


@pytest.fixture(scope="module")
def upstream():
    with LoopbackServer(key="a-key") as server:
        yield server


@pytest.fixture(scope="module")
def gateway(upstream):
    with GatewayProcess(json.dumps(config_of(upstream.url)), files=BESIDE) as running:
        yield running


@pytest.fixture
def wire(gateway):
    """Record what passes between a test and the gateway, and judge it when the test has passed."""
    recorder = Recorder()
    yield recorder
    assert recorder.exchanges, "this test has asked the gateway nothing"
    judge(*recorder.exchanges)
