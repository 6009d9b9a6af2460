"""Where the gateway may listen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from jackfield import ConfigurationError
from jackfield_gateway._binding import check_exposure, listen, url_of
from jackfield_gateway._notices import reread
from jackfield_gateway.config import Config

GOOD = Config(master_key="sk-3Vq0hT8wLmZr")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.4.5.6", "::1"])
def test_this_machine_may_be_served_without_a_key(address: str) -> None:
    check_exposure(address, Config())
    check_exposure(address, Config(master_key="sk-1234"))


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.0.7", "2001:db8::1", "fe80::1%eth0"])
def test_others_may_be_served_with_a_key(address: str) -> None:
    check_exposure(address, GOOD)


@pytest.mark.parametrize("key", [None, "", "sk-1234", "SK-1234", "changeme", "1234567", "sk-12345678"])
@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.0.7"])
def test_others_are_not_served_without_a_key_worth_the_name(address: str, key: str | None) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_exposure(address, Config(master_key=key))
    assert "set general_settings.master_key in config.yaml" in str(refused.value)
    assert "or leave out --host" in str(refused.value).lower()
    assert key is None or key == "" or key not in str(refused.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_port_0_is_any_free_port(host: str) -> None:
    with listen(host, 0, Config()) as listener:
        port = listener.getsockname()[1]
        assert port > 0
        assert url_of(listener) == f"http://127.0.0.1:{port}"


def test_an_ipv6_address_is_written_as_in_an_url() -> None:
    with listen("::1", 0, Config()) as listener:
        assert url_of(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with listen("127.0.0.1", 0, Config()) as first, pytest.raises(ConfigurationError) as refused:
        listen("127.0.0.1", first.getsockname()[1], Config())
    assert "another program does already; stop it, or take another port with --port" in str(refused.value)


def test_a_name_that_is_none_is_one_sentence() -> None:
    with pytest.raises(ConfigurationError, match=r"--host nowhere\.invalid: there is no such name or address"):
        listen("nowhere.invalid", 0, Config())


@pytest.mark.parametrize(("address", "taken"), [("127.0.0.1", True), ("0.0.0.0", False)])
def test_a_config_that_lost_its_key_is_not_taken_where_others_are_served(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, address: str, taken: bool
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("model_list: []\n")
    assert (asyncio.run(reread(path, address)) is not None) is taken
    assert ["the old one stays" in record.message for record in caplog.records] == ([] if taken else [True])


def test_nothing_is_bound_where_nothing_may_be_served() -> None:
    with pytest.raises(ConfigurationError, match="has no key"):
        listen("0.0.0.0", 0, Config())
