"""Who is let in."""

from __future__ import annotations

import pytest
from jackfield_gateway._guard import OPEN, Guard

KEY = "sk-right-and-long"
PATH = "/v1/chat/completions"


def refused(guard: Guard, path: str = PATH, **headers: str) -> str | None:
    """Return the code of the refusal; a header's name is written with underscores."""
    sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    refusal = guard.refusal(path, sent)
    return refusal.code if refusal is not None else None


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "localhost:4000", "LOCALHOST", "localhost.", "api.localhost:80"),
        *("127.0.0.1", "127.0.0.1:4000", "127.8.9.1", "0.0.0.0", "0.0.0.0:4000"),
        *("[::1]", "[::1]:4000", "[::]:4000"),
    ],
)
def test_without_a_key_this_machine_may_call_by_its_names_and_addresses(host: str) -> None:
    assert refused(Guard(None), host=host) is None


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:4000", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost"),
        *(
            "192.168.0.7",
            "8.8.8.8:4000",
            "[2001:db8::1]",
            "[::1",
            "[::1]x",
            "[::1]4000",
            "localhost:x",
            "localhost:40:0",
        ),
        *("", ":4000", "user@localhost", "localhost evil.example", "\x00localhost"),
    ],
)
def test_without_a_key_no_other_name_leads_here(host: str) -> None:
    assert refused(Guard(None), host=host) == "host_not_allowed"


def test_without_a_key_a_request_without_a_host_is_refused() -> None:
    assert refused(Guard(None)) == "host_not_allowed"


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:4000", "localhost:4000"),
        ("http://LOCALHOST:4000", "localhost:4000"),
        ("http://127.0.0.1:4000", "127.0.0.1:4000"),
        ("http://[::1]:4000", "[::1]:4000"),
        ("http://localhost", "localhost"),
        ("http://localhost", "localhost:80"),
        ("https://localhost", "localhost:443"),
    ],
)
def test_the_gateways_own_page_may_call_it(origin: str, host: str) -> None:
    assert refused(Guard(None), host=host, origin=origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "http://localhost:3000", "http://127.0.0.1:4000", "http://localhost", "null", ""),
        *("file://", "chrome-extension://localhost:4000", "http://localhost:4000.evil.example", "localhost:4000"),
    ],
)
def test_without_a_key_no_other_page_may_call(origin: str) -> None:
    assert refused(Guard(None), host="localhost:4000", origin=origin) == "origin_not_allowed"


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything", ""])
@pytest.mark.parametrize("path", ["/health", PATH, "/metrics", "/"])
def test_without_a_key_no_other_page_may_call_without_saying_its_origin(path: str, site: str) -> None:
    """As an <img> or a link does: GET /health?probe=true would spend the operator's money."""
    assert refused(Guard(None), path, host="localhost:4000", sec_fetch_site=site) == "origin_not_allowed"


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_gateways_own_page_and_the_address_bar_may_call_it(site: str) -> None:
    assert refused(Guard(None), "/health", host="localhost:4000", sec_fetch_site=site) is None


def test_without_a_key_health_is_no_exception_to_host_and_origin() -> None:
    assert refused(Guard(None), "/health/liveliness", host="evil.example") == "host_not_allowed"
    assert refused(Guard(None), "/", host="localhost", origin="https://evil.example") == "origin_not_allowed"


def test_without_a_key_any_authorization_is_ignored() -> None:
    assert refused(Guard(None), host="localhost", authorization="Bearer sk-1234") is None


def test_an_empty_key_is_none() -> None:
    assert refused(Guard(""), host="evil.example", authorization="Bearer ") == "host_not_allowed"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer  {KEY} "},
        {"x_api_key": KEY},
        {"x_api_key": "sk-of-another", "authorization": f"Bearer {KEY}"},
        {"x_api_key": KEY, "authorization": "Bearer sk-of-another"},
    ],
)
def test_the_key_lets_in(headers: dict[str, str]) -> None:
    assert refused(Guard(KEY), **headers) is None


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "missing_api_key"),
        ({"authorization": f"Basic {KEY}"}, "missing_api_key"),
        ({"authorization": KEY}, "missing_api_key"),
        ({"authorization": "Bearer"}, "missing_api_key"),
        ({"authorization": "Bearer x"}, "invalid_api_key"),
        ({"authorization": f"Bearer {KEY}x"}, "invalid_api_key"),
        ({"authorization": f"Bearer {KEY[:-1]}"}, "invalid_api_key"),
        ({"authorization": "Bearer "}, "invalid_api_key"),
        ({"x_api_key": KEY.upper()}, "invalid_api_key"),
        ({"x_api_key": "schlüssel"}, "invalid_api_key"),
    ],
)
def test_nothing_else_does(headers: dict[str, str], code: str) -> None:
    assert refused(Guard(KEY), **headers) == code


def test_with_a_key_host_and_origin_are_free() -> None:
    sent = {"authorization": f"Bearer {KEY}", "host": "gateway.example", "origin": "https://page.example"}
    assert refused(Guard(KEY), sec_fetch_site="cross-site", **sent) is None


def test_with_a_key_four_paths_need_none() -> None:
    assert sorted(OPEN) == ["/", "/health/liveliness", "/health/liveness", "/health/readiness"]
    assert [path for path in OPEN if refused(Guard(KEY), path)] == []


@pytest.mark.parametrize(
    "path", ["/metrics", "/health", "/v1/models", "/openapi.json", "//", "/health/readiness/", "/x"]
)
def test_with_a_key_all_other_paths_need_it(path: str) -> None:
    assert refused(Guard(KEY), path) == "missing_api_key"
