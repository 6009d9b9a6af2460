"""The gateway that most attacks are made on: one for each module, whole again after each test."""

from __future__ import annotations

import pytest
from gateway_attacks.house import CONFIDENTIAL, UPSTREAM_KEY, House
from loopback import LoopbackServer


@pytest.fixture(scope="module")
def upstream():
    with LoopbackServer(key=UPSTREAM_KEY) as server:
        yield server


@pytest.fixture(scope="module")
def settings():
    """More of the config, for a module to override."""
    return ""


@pytest.fixture(scope="module")
def besieged(upstream, settings):
    """The module's gateway; when it ends, its log must not show a failure of ours."""
    model = f"{{model: openai/small, api_base: {upstream.url}, api_key: {UPSTREAM_KEY}}}"
    groups = "".join(f"  - {{model_name: {name}, litellm_params: {model}}}\n" for name in ("good", CONFIDENTIAL))
    with House(f"model_list:\n{groups}{settings}") as house:
        yield house
        house.process.stop()
        assert [record for record in house.records if record["level"] not in ("info", "warning")] == []
        assert UPSTREAM_KEY not in house.process.log


@pytest.fixture
def house(besieged):
    yield besieged
    besieged.is_well()
