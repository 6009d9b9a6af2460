"""What a router is told: its deployments and its settings. Data, checked when it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import inf
from typing import Any

from jackfield import CallOptions, ConfigurationError, errors

__all__ = ["STRATEGIES", "Deployment", "RouterSettings"]

STRATEGIES = ("simple-shuffle", "least-busy")


@dataclass(frozen=True, slots=True)
class Deployment:
    """One way to reach a model: the group it belongs to, the model string, and what each call takes along.

    ``model_name`` is the group. Where it holds a ``*`` it stands for many names, and what the ``*`` matched is put in
    place of the ``*`` of ``model``. ``options`` are the core's (``api_key``, ``api_base``, ``timeout`` …), ``params``
    are parameters sent with each call, before which the caller's own go. ``rpm`` and ``tpm`` count requests and tokens
    of the last 60 seconds. The lowest ``order`` is used first. A deployment with a ``problem`` (a variable that is not
    set) is passed over, and its problem raised where there is no other. ``id`` is for whoever keeps the deployments.
    """

    model_name: str
    model: str
    # What may hold a key stays out of the repr.
    options: CallOptions = field(default_factory=CallOptions, repr=False, hash=False)
    params: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    weight: float = 1.0
    max_parallel_requests: int | None = None
    rpm: int | None = None
    tpm: int | None = None
    order: int = 0
    problem: ConfigurationError | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        for name in ("model_name", "model"):
            _require(self, name, "a name", _is_name)
        if self.model_name.count("*") > 1 or self.model.count("*") > self.model_name.count("*"):
            raise ConfigurationError(
                f"the deployment {self.model_name!r}: one * in model_name may stand for any text, and a * in model "
                f"({self.model!r}) for the same text"
            )
        _require(self, "weight", "a number, 0 or more", _is_amount)
        _require(self, "order", "a whole number", _is_whole)
        for name in ("max_parallel_requests", "rpm", "tpm"):
            if getattr(self, name) is not None:
                _require(self, name, "a whole number above 0, or None for no limit", _is_limit)
        for name in self.options:
            if name not in CallOptions.__annotations__:
                raise ConfigurationError(
                    f"the deployment {self.model_name!r}: there is no option {name!r}"
                    f"{_near(name, CallOptions.__annotations__)}; a provider's parameters stand in params"
                )


@dataclass(frozen=True, slots=True)
class RouterSettings:
    """How a router chooses, and what it does when a deployment fails.

    ``strategy`` is "simple-shuffle" (by weight) or "least-busy" (fewest calls in flight). A deployment with more than
    ``allowed_fails`` failures within a minute is left alone for ``cooldown_time`` seconds. ``num_retries`` counts over
    the whole group; ``retry_policy`` maps the name of an error class to a number of its own for such errors.
    """

    strategy: str = "simple-shuffle"
    cooldown_time: float = 5.0
    allowed_fails: int = 3
    num_retries: int = 2
    retry_policy: Mapping[str, int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        _require(self, "strategy", " or ".join(map(repr, STRATEGIES)), STRATEGIES.__contains__)
        _require(self, "cooldown_time", "a number of seconds, 0 or more", _is_amount)
        _require(self, "allowed_fails", "a whole number, 0 or more", _is_count)
        _require(self, "num_retries", "a whole number, 0 or more", _is_count)
        for name, retries in self.retry_policy.items():
            if name not in errors.__all__:
                raise ConfigurationError(f"retry_policy: there is no error {name!r}{_near(name, errors.__all__)}")
            if not _is_count(retries):
                raise ConfigurationError(f"retry_policy: {name} must be a whole number, 0 or more, not {retries!r}")


def _require(of: Deployment | RouterSettings, name: str, expected: str, fits: Callable[[object], bool]) -> None:
    value = getattr(of, name)
    if not fits(value):
        which = f"the deployment {of.model_name!r}: " if isinstance(of, Deployment) and name != "model_name" else ""
        raise ConfigurationError(f"{which}{name} must be {expected}, not {value!r}")


def _near(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, [*known], n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_limit(value: object) -> bool:
    return _is_count(value) and value != 0


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < inf
