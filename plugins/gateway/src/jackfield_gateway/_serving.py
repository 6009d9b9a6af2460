"""One configuration at work: its client, its model groups, its handlers. A reload makes another and drops this one."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Self, cast

import jackfield
from jackfield import AsyncClient, CallOptions, Event
from jackfield_custom_format import provider_of
from jackfield_router import Deployment, Router

from ._callbacks import Callbacks
from ._exchange import Exchange
from ._handlers import Objects
from .config import Config

__all__ = ["GROUPS", "Serving", "current_exchange"]

DEFAULT_TIMEOUT = 600.0
"""Seconds, as in the core."""

GROUPS = "model-groups"
"""The provider name under which the router stands in the gateway's client."""

current_exchange: ContextVar[Exchange | None] = ContextVar("current_exchange", default=None)
"""The request that a task works for: how an observer knows whose call it sees."""


class Serving:
    """What requests are answered with. Raises ConfigurationError for a hook that is never called."""

    def __init__(self, config: Config, objects: Objects) -> None:
        self.config = config
        self.callbacks = Callbacks(objects.callbacks)
        self.router = Router(_with_timeouts(config), config.router, config.aliases, observe=_note)
        self.client = AsyncClient(drop_params=True) if config.drop_params else AsyncClient()
        self.client.register_provider(GROUPS, self.router)
        for name, handler in objects.handlers.items():
            self.client.register_provider(name, provider_of(name, handler))
        for extension in objects.extensions:
            self.client.register_extension(extension)
        # A handler may call another one by name, with the functions of the package.
        jackfield.custom_provider_map = [
            {"provider": name, "custom_handler": handler} for name, handler in objects.handlers.items()
        ]
        self._options = {name: self._options_of(name) for name in self.router.names()}
        self._users = 0
        self._retired = False
        self.closing: asyncio.Task[None] | None = None
        """What closes the connections of a retired one, once that has begun."""

    def enter(self) -> Self:
        """Count one more request that works with this configuration."""
        self._users += 1
        return self

    def leave(self) -> None:
        """Count one less; the last of a retired one closes its connections."""
        self._users -= 1
        self._close_when_idle()

    def retire(self) -> None:
        """Take no more requests; the connections are closed when the last one has ended."""
        self._retired = True
        self._close_when_idle()

    def options(self, model: str) -> CallOptions:
        """Return the options of a call of this model group: through the router, then through its fallbacks."""
        return self._options.get(model) or self._options_of(model)

    def group(self, model: str) -> str | None:
        """Return the group's name as the config writes it, for labels; None for a model that it does not have."""
        deployments = self.router.find(model)
        return deployments[0].model_name if deployments else None

    def fell_back(self, model: str, deployment: str | None) -> bool:
        """Tell whether a deployment that answered, as ``provider/model``, is another group's than the one asked for."""
        if not self.config.prices or deployment is None:  # nobody would ask
            return False
        return all(each.model not in (deployment, deployment.partition("/")[2]) for each in self.router.find(model))

    async def aclose(self) -> None:
        """Close the connections to providers, whoever still uses them."""
        await (self.closing or self.client.aclose())

    def _close_when_idle(self) -> None:
        if self._retired and not self._users and self.closing is None:
            self.closing = asyncio.ensure_future(self.client.aclose())

    def _options_of(self, model: str) -> CallOptions:
        options = self._group_options(model)
        for name in (model, self.group(model)):  # an alias may have fallbacks of its own
            if fallbacks := self.config.fallbacks.get(name or ""):
                options["fallbacks"] = [{"model": each, **self._group_options(each)} for each in fallbacks]
                break
        return cast("CallOptions", options)

    def _group_options(self, model: str) -> dict[str, Any]:
        # The limit of a call of a group bounds each attempt from outside: it must not be below a deployment's own.
        limits = [each.options["timeout"] for each in self.router.find(model)]
        return {"provider": GROUPS, "timeout": max(limits, default=DEFAULT_TIMEOUT)}


def _with_timeouts(config: Config) -> list[Deployment]:
    """Return the deployments, each with a limit: its own, else the config's, else the core's."""
    default = DEFAULT_TIMEOUT if config.request_timeout is None else config.request_timeout
    return [
        replace(each, options=cast("CallOptions", {"timeout": default, **each.options})) for each in config.deployments
    ]


def _note(event: Event) -> None:
    """Note in the record of a request which provider is asked."""
    if event.kind == "started" and (exchange := current_exchange.get()) is not None:
        exchange.provider = event.provider
        exchange.deployment = f"{event.provider}/{event.model}"
