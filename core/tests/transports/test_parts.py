"""The parts that transports are made of."""

from __future__ import annotations

import socket
import ssl
import threading
import time

import pytest
from jackfield.errors import APIConnectionError, BadRequestError, ConfigurationError
from jackfield.transports import Outgoing, _deadlines, _wording
from jackfield.transports._exchange import Exchange
from jackfield.transports._headers import raw_headers, wire_headers
from jackfield.transports._lines import KEEPALIVE, Lines
from jackfield.transports._targets import Origin, target_of

HERE = Origin("http", "here", 80)


# ------------------------------------------------------------------------------------------------------------- targets


@pytest.mark.parametrize(
    ("url", "on_the_wire", "host"),
    [
        ("http://a.org", "http://a.org/", "a.org"),
        ("HTTPS://A.org:443/V1", "https://a.org/V1", "a.org"),
        ("https://a.org:8443/v1#part", "https://a.org:8443/v1", "a.org:8443"),
        ("http://me:pw@a.org/x", "http://a.org/x", "a.org"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1", "[::1]:8000"),
        ("http://[::1]/v1", "http://[::1]/v1", "[::1]"),
        ("http://bücher.example/ä b", "http://xn--bcher-kva.example/%C3%A4%20b", "xn--bcher-kva.example"),
        ("http://a.org/m%2Fn/x?q=%20+&k=a/b", "http://a.org/m%2Fn/x?q=%20+&k=a/b", "a.org"),
    ],
)
def test_a_url_is_taken_apart(url, on_the_wire, host):
    target = target_of(url)
    assert (target.url, target.host_header) == (on_the_wire, host)


@pytest.mark.parametrize(
    "url",
    ["localhost:8000/v1", "/v1", "", "ftp://a.org", "http://", "http://a..b/", "http://a.org:port/", "http://[::1"],
)
def test_an_address_that_leads_nowhere_is_refused_with_advice(url):
    with pytest.raises(ConfigurationError, match="needs http:// or https:// and a host name; check api_base"):
        target_of(url)


def test_an_unusable_address_is_told_without_its_secrets():
    with pytest.raises(ConfigurationError) as caught:
        target_of("http://me:secret@a..b/v1?key=secret")
    assert "secret" not in repr((caught.value, caught.value.__cause__))
    assert "a..b/v1" in caught.value.message


# ------------------------------------------------------------------------------------------------------------- headers


@pytest.mark.parametrize("of", [wire_headers, raw_headers])
def test_what_one_request_does_to_its_headers_no_other_sees(wire, of):
    outgoing = wire.outgoing("http://here", method="GET", content=b"")
    headers = of(outgoing, target_of(outgoing.url))
    before = list(headers)
    headers.clear()
    assert of(outgoing, target_of(outgoing.url)) == before


def _outgoing(headers, content=b"{}"):
    return Outgoing("POST", "http://here/", headers, content, deadline=0, connect=1, read=1)


def test_headers_have_the_callers_case_and_framing_is_ours():
    given = {"X-Mine": "a", "Content-Length": "99", "transfer-encoding": "chunked", "HOST": "other", "accept": "b "}
    headers = wire_headers(_outgoing(given), target_of("http://here/"))
    assert headers[:3] == [("X-Mine", "a"), ("HOST", "other"), ("accept", "b")]
    assert headers[-1] == ("Content-Length", "2")
    assert {name.lower() for name, _ in headers} == {
        *("x-mine", "host", "accept", "accept-encoding", "user-agent", "content-length")
    }


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX-Evil: 1", "\x00", "schlüssel", "a\x7f", "secret\n"])
def test_a_value_that_http_does_not_allow_is_refused_by_the_headers_name(value):
    with pytest.raises(BadRequestError, match="'x-key' holds a character") as caught:
        wire_headers(_outgoing({"x-key": value}), target_of("http://here/"))
    assert value.strip() not in caught.value.message.replace("a key", "").replace("plain ASCII", "")


@pytest.mark.parametrize("name", ["", "a b", "a:", "ä", "a\n"])
def test_a_name_that_http_does_not_allow_is_refused(name):
    with pytest.raises(BadRequestError, match="no header name"):
        wire_headers(_outgoing({name: "x"}), target_of("http://here/"))


# ------------------------------------------------------------------------------------------------------- lines and time


class FakeLine:
    def __init__(self, origin=HERE):
        self.origin = origin
        self.idle_since = 0.0


def test_the_line_used_last_is_taken_first():
    lines, one, two = Lines(), FakeLine(), FakeLine()
    assert lines.take(HERE) is None
    assert lines.give_back(one) == lines.give_back(two) == []
    assert lines.take(Origin("http", "elsewhere", 80)) is None
    assert [lines.take(HERE), lines.take(HERE), lines.take(HERE)] == [two, one, None]


def test_lines_that_waited_too_long_are_handed_out_for_closing(monkeypatch):
    lines, old, new, far = Lines(), FakeLine(), FakeLine(), FakeLine(Origin("http", "far", 80))
    lines.give_back(old)
    lines.give_back(far)
    later = time.monotonic() + KEEPALIVE + 1
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert lines.give_back(new) == [old, far]
    assert lines.clear() == [new]
    assert lines.clear() == []


class FakeExchange:
    def __init__(self):
        self.was_cut = threading.Event()
        self.closed = 0

    def cut(self):
        self.was_cut.set()

    def close(self):
        self.closed += 1


def test_what_outlives_its_deadline_is_cut_even_if_it_then_looks_whole():
    late, other = FakeExchange(), FakeExchange()
    with (
        _deadlines.guard(other, time.monotonic() + 60),
        pytest.raises(TimeoutError),
        _deadlines.guard(late, time.monotonic() + 0.05),
    ):
        assert late.was_cut.wait(10)
    assert (late.closed, other.was_cut.is_set(), other.closed) == (1, False, 0)


def test_a_failed_exchange_is_closed_and_a_good_one_is_not():
    good, failed = FakeExchange(), FakeExchange()
    with _deadlines.guard(good, time.monotonic() + 60):
        pass
    with pytest.raises(KeyError), _deadlines.guard(failed, time.monotonic() + 60):
        raise KeyError
    assert (good.closed, failed.closed) == (0, 1)


def test_the_thread_ends_when_there_is_nothing_to_watch_and_starts_anew():
    deadlines = _deadlines._Deadlines()
    for _ in range(2):
        exchange = FakeExchange()
        deadlines.watch(exchange, time.monotonic() + 0.05)
        thread = deadlines._thread
        assert exchange.was_cut.wait(10)
        assert not deadlines.unwatch(exchange)
        thread.join(10)
        assert not thread.is_alive()


def test_a_call_while_the_interpreter_ends_still_works(monkeypatch):
    def refuse(thread):
        raise RuntimeError("can't create new thread at interpreter shutdown")

    deadlines, exchange = _deadlines._Deadlines(), FakeExchange()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        deadlines.watch(exchange, time.monotonic() + 60)
    assert deadlines.unwatch(exchange)


def test_a_nearer_deadline_wakes_the_thread():
    deadlines, far, near = _deadlines._Deadlines(), FakeExchange(), FakeExchange()
    deadlines.watch(far, time.monotonic() + 60)
    deadlines.watch(near, time.monotonic() + 0.05)
    assert near.was_cut.wait(10)
    assert deadlines.unwatch(far)


# ------------------------------------------------------------------------------------------------------------- wording


def _exchange():
    return Exchange(Outgoing("GET", "http://here:81/", {}, b"", deadline=time.monotonic() + 600, connect=1, read=1))


CAUSES = {
    "no host behind here:81 (Name or service not known)": socket.gaierror(-2, "Name or service not known"),
    "here:81 refused the connection": ExceptionGroup("all failed", [ConnectionRefusedError(111, "refused")]),
    "no connection to here:81 (network is unreachable)": OSError(101, "Network is unreachable"),
    "no connection to here:81; check": RuntimeError("?"),
    "no TLS connection to here:81 (the handshake failed)": ssl.SSLError(1, "?"),
}


@pytest.mark.parametrize("text", CAUSES)
def test_the_reason_is_found_in_the_chain_of_causes(text):
    error = RuntimeError("outer")
    error.__cause__ = CAUSES[text]
    assert text in _wording.unreachable(_exchange(), error).message


@pytest.mark.parametrize(("seconds", "text"), [(600, "600"), (599.9996, "600"), (0.25, "0.25"), (1e5, "100000")])
def test_limits_are_told_in_plain_numbers(seconds, text):
    exchange = _exchange()
    exchange.deadline = exchange.started + seconds
    assert f"within {text} s" in _wording.not_in_time(exchange, TimeoutError()).message


def test_errors_of_the_transport_are_retryable():
    assert _wording.broke_off(_exchange(), OSError()).retryable
    assert issubclass(type(_wording.silent(_exchange(), OSError())), APIConnectionError)
