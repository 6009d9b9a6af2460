"""Every provider of this repository, the template included, keeps the contract through all drivers."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from jackfield.testing import check
from workspace import ROOT

PROVIDERS = {
    "openai": ("gpt-4o-mini", ROOT / "plugins/openai-compatible/tests/wire"),
    "custom": ("house-7b", ROOT / "plugins/legacy-custom/tests/wire"),
    "acme": ("acme-1", ROOT / "plugin-template/tests/wire"),
    "echo": ("hello", None),
}
DRIVERS = ("test_asyncio_agrees", "test_trio_agrees", "test_the_gateway_agrees")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_keeps_the_contract_through_every_driver(provider: str) -> None:
    model, wire = PROVIDERS[provider]
    report = check(provider, model=model, wire=wire)
    assert report.failed == {}
    for driver in DRIVERS:
        assert any(test.startswith(driver) for test in report.passed), report.not_run


def test_the_drivers_are_all_there() -> None:
    assert find_spec("trio")
    assert find_spec("jackfield_gateway")
