"""The numbers that Prometheus reads."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jackfield import RateLimitError
from jackfield_gateway._exchange import Exchange
from jackfield_gateway._metrics import Metrics
from prometheus_client.parser import text_string_to_metric_families


def ended(**known: Any) -> Exchange:
    exchange = Exchange("id", "POST", started=100.0)
    exchange.route, exchange.model, exchange.status, exchange.seconds = "/v1/messages", "fast", 200, 0.2
    for name, value in known.items():
        setattr(exchange, name, value)
    return exchange


def count(metrics: Metrics, *exchanges: Exchange) -> None:
    for exchange in exchanges:
        metrics.begin()
        metrics.end(exchange)


def samples(page: bytes) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the values by name, and by their labels' values in the labels' order."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(page.decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def test_requests_are_counted_by_route_model_and_status() -> None:
    metrics = Metrics({"fast", "slow"})
    count(metrics, ended(), ended(), ended(status=429), ended(model="slow"), ended(route=None, model=None, status=404))
    assert samples(metrics.page()[0])["jackfield_requests_total"] == {
        ("fast", "/v1/messages", "200"): 2,
        ("fast", "/v1/messages", "429"): 1,
        ("slow", "/v1/messages", "200"): 1,
        ("none", "none", "404"): 1,
    }


def test_times_tokens_and_errors_are_counted() -> None:
    metrics = Metrics({"fast"})
    usage = SimpleNamespace(prompt_tokens=10, completion_tokens=None)
    count(
        metrics,
        ended(first_chunk_at=100.02, usage=usage),
        ended(error=RateLimitError("slower")),
        ended(error=type("OfSomeLibrary", (Exception,), {})()),
        ended(error=TimeoutError(), client_left=True),
    )
    found = samples(metrics.page()[0])
    place = ("fast", "/v1/messages")
    assert found["jackfield_request_duration_seconds_count"][place] == 4
    assert round(found["jackfield_request_duration_seconds_sum"][place], 6) == 0.8
    assert found["jackfield_time_to_first_chunk_seconds_count"][place] == 1
    assert found["jackfield_time_to_first_chunk_seconds_bucket"][("0.025", *place)] == 1
    assert found["jackfield_time_to_first_chunk_seconds_bucket"][("0.01", *place)] == 0
    assert found["jackfield_tokens_total"] == {("prompt", "fast"): 10, ("completion", "fast"): 0}
    assert found["jackfield_errors_total"] == {("RateLimitError", "fast"): 1, ("other", "fast"): 1}


def test_a_usage_that_cannot_be_is_counted_as_none() -> None:
    """It is what a handler says, and a counter takes no negative number."""
    metrics = Metrics({"fast"})
    count(metrics, ended(usage=SimpleNamespace(prompt_tokens=-5, completion_tokens=3)))
    assert samples(metrics.page()[0])["jackfield_tokens_total"] == {("prompt", "fast"): 0, ("completion", "fast"): 3}


def test_requests_in_flight_come_and_go() -> None:
    metrics = Metrics(set())
    metrics.begin()
    metrics.begin()
    metrics.end(ended())
    assert samples(metrics.page()[0])["jackfield_requests_in_flight"] == {(): 1}


def test_no_client_makes_series() -> None:
    metrics = Metrics({"fast"})
    count(metrics, *(ended(model=f"made up {number}") for number in range(10)))
    assert samples(metrics.page()[0])["jackfield_requests_total"] == {("other", "/v1/messages", "200"): 10}


def test_after_a_reload_new_models_count_and_old_counts_stay() -> None:
    metrics = Metrics({"fast"})
    count(metrics, ended(), ended(model="new"))
    metrics.configure({"new"})
    count(metrics, ended(model="new"), ended())
    assert samples(metrics.page()[0])["jackfield_requests_total"] == {
        ("fast", "/v1/messages", "200"): 1,
        ("other", "/v1/messages", "200"): 2,
        ("new", "/v1/messages", "200"): 1,
    }


def test_processes_that_share_a_folder_are_summed(tmp_path: Path) -> None:
    script = """
from jackfield_gateway._exchange import Exchange
from jackfield_gateway._metrics import Metrics
import sys
metrics = Metrics({"fast"})
for _ in range(int(sys.argv[1])):
    metrics.begin()
    exchange = Exchange("id")
    exchange.model, exchange.status = "fast", 200
    metrics.end(exchange)
metrics.begin()
sys.stdout.buffer.write(metrics.page()[0])
"""
    for requests, sums in ((3, 3), (4, 7)):
        shown = subprocess.run(
            [sys.executable, "-c", script, str(requests)],
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
            capture_output=True,
            check=True,
            timeout=60,
        )
        found = samples(shown.stdout)
        assert found["jackfield_requests_total"] == {("fast", "none", "200"): sums}
        assert found["jackfield_request_duration_seconds_count"][("fast", "none")] == sums
