"""What a config file says, as data: everything here is checked, frozen and complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from jackfield_router import Deployment, RouterSettings

__all__ = ["Callback", "Config", "Handler", "Limits", "Position", "Prices"]


class Position(NamedTuple):
    """A place in a config file; line and column count from 1. As a text: ``file:line:column``."""

    path: Path
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


class Handler(NamedTuple):
    """An entry of ``custom_provider_map``: a provider's name, and the object that serves it as ``module.object``."""

    provider: str
    reference: str
    where: Position


class Callback(NamedTuple):
    """An entry of ``callbacks``: an object as ``module.object``."""

    reference: str
    where: Position


class Prices(NamedTuple):
    """What a token costs, in the currency that the operator counts in."""

    input_cost_per_token: float = 0.0
    output_cost_per_token: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what a worker takes. Times are in seconds.

    ``read_timeout`` bounds the time in which a request's body must have come, ``idle_timeout`` the silence on a kept
    connection (longer than a proxy in front keeps its own: nginx takes 60), ``shutdown_timeout`` what SIGTERM leaves
    to streams that still run (Kubernetes kills after 30).
    """

    max_body_bytes: int = 32 * 1024 * 1024
    max_nesting: int = 64
    max_requests_in_flight: int = 4096
    read_timeout: float = 60.0
    idle_timeout: float = 75.0
    shutdown_timeout: float = 25.0


@dataclass(frozen=True, slots=True, repr=False)
class Config:
    """A whole configuration. ``Config()`` is one without a model.

    ``places`` says where each deployment stands, in their order. ``fallbacks``, ``prices`` and ``modes`` (what a model
    is for: "embedding", …) go by the name of the group, as ``model_name`` writes it. ``num_retries`` and
    ``request_timeout`` are None where the file leaves them out. ``warnings`` are for the log, each with its place.
    """

    deployments: tuple[Deployment, ...] = ()
    places: tuple[Position, ...] = ()
    router: RouterSettings = field(default_factory=RouterSettings)
    aliases: Mapping[str, str] = field(default_factory=dict)
    fallbacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    handlers: tuple[Handler, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    num_retries: int | None = None
    request_timeout: float | None = None
    drop_params: bool = False
    master_key: str | None = None
    allowed_client_options: frozenset[str] = frozenset()
    limits: Limits = field(default_factory=Limits)
    log_content: bool = False
    prices: Mapping[str, Prices] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    path: Path = Path("config.yaml")

    def __repr__(self) -> str:
        """Name the file and the groups, and nothing that could be a secret."""
        groups = sorted({deployment.model_name for deployment in self.deployments})
        return f"Config({str(self.path)!r}, groups={groups})"
