"""What Prometheus reads: requests, times, tokens and errors, summed over the workers."""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import NamedTuple

from jackfield import errors
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from ._channel import FOLDER_VARIABLE
from ._exchange import Exchange

__all__ = ["Metrics"]

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Bounds of the buckets: from the gateway's own share to the longest that an answer may take."""

OTHER = "other"
NONE = "none"


class _Series(NamedTuple):
    """The numbers of requests that have route, model and status in common; looked up once, not at each request."""

    requests: Counter
    duration: Histogram
    first_chunk: Histogram


class Metrics:
    """Counts the requests of this process.

    A label has only values that the config or the program has, so that no client can make series: a route is a
    template or "none", a model a configured group, "other" or "none", an error the name of one of jackfield's classes
    or "other".
    """

    def __init__(self, models: Collection[str]) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client has no types for it
        self.registry = registry = CollectorRegistry()
        self._shared = FOLDER_VARIABLE in os.environ
        if not self._shared:
            ProcessCollector(registry=registry)
        self._in_flight = Gauge(
            "jackfield_requests_in_flight",
            "Requests that are being answered.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._requests = Counter(
            "jackfield_requests", "Requests that have ended.", ("route", "model", "status"), registry=registry
        )
        self._duration = Histogram(
            "jackfield_request_duration_seconds",
            "From a request's first byte to the end of its answer.",
            ("route", "model"),
            buckets=SECONDS,
            registry=registry,
        )
        self._first_chunk = Histogram(
            "jackfield_time_to_first_chunk_seconds",
            "From a request's first byte to the first chunk of its stream.",
            ("route", "model"),
            buckets=SECONDS,
            registry=registry,
        )
        self._tokens = Counter("jackfield_tokens", "Tokens that were used.", ("model", "kind"), registry=registry)
        self._errors = Counter(
            "jackfield_errors", "Requests that failed, by class of error.", ("model", "error"), registry=registry
        )
        self._series: dict[tuple[str | None, str | None, int | None], _Series] = {}
        self._token_series: dict[str | None, tuple[Counter, Counter]] = {}
        self.configure(models)

    def configure(self, models: Collection[str]) -> None:
        """Go by other model groups from now on; what was counted stays."""
        self._models = frozenset(models)
        self._series.clear()
        self._token_series.clear()

    def begin(self) -> None:
        """A request has come."""
        self._in_flight.inc()

    def end(self, exchange: Exchange) -> None:
        """Its answer has ended, in whatever way."""
        self._in_flight.dec()
        key = (exchange.route, exchange.model, exchange.status)
        series = self._series.get(key) or self._new_series(key)
        series.requests.inc()
        series.duration.observe(exchange.seconds)
        if exchange.first_chunk_at is not None:
            series.first_chunk.observe(exchange.first_chunk_at - exchange.started)
        if exchange.usage is not None:
            prompt, completion = self._token_series.get(exchange.model) or self._new_token_series(exchange.model)
            prompt.inc(_countable(exchange.usage.prompt_tokens))
            completion.inc(_countable(exchange.usage.completion_tokens))
        if exchange.error is not None and not exchange.client_left:
            self._errors.labels(self._model(exchange.model), _class(exchange.error)).inc()

    def page(self) -> tuple[bytes, str]:
        """Return all numbers in Prometheus's text format, and its content type."""
        registry = self.registry
        if self._shared:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client has no types for it
        return generate_latest(registry), CONTENT_TYPE_LATEST

    def _new_series(self, key: tuple[str | None, str | None, int | None]) -> _Series:
        route, model, status = key
        place = (route or NONE, self._model(model))
        series = self._series[key] = _Series(
            self._requests.labels(*place, str(status or NONE)),
            self._duration.labels(*place),
            self._first_chunk.labels(*place),
        )
        return series

    def _new_token_series(self, model: str | None) -> tuple[Counter, Counter]:
        name = self._model(model)
        series = self._token_series[model] = (
            self._tokens.labels(name, "prompt"),
            self._tokens.labels(name, "completion"),
        )
        return series

    def _model(self, name: str | None) -> str:
        if name is None:
            return NONE
        return name if name in self._models else OTHER


def _countable(tokens: int | None) -> int:
    """Return what a counter takes: the number is a handler's, and may be negative."""
    return max(0, tokens or 0)


def _class(error: BaseException) -> str:
    name = type(error).__name__
    return name if name in errors.__all__ else OTHER
