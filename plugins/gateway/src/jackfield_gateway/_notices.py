"""Reading the config again, and what the log says of it: why it is not taken, or that it is in force."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from jackfield import ConfigurationError

from ._binding import check_exposure
from ._handlers import unreachable
from .config import Config, InvalidConfig, load

__all__ = ["Hangups", "reread", "say_in_force", "say_warnings", "say_wrong", "warnings_of"]

log = logging.getLogger("jackfield_gateway")


def say_warnings(config: Config) -> None:
    """Log what is not wrong in a config, but worth knowing."""
    for warning in warnings_of(config):
        log.warning("%s", warning)


def warnings_of(config: Config) -> list[str]:
    """Return a config's warnings, and one for each model that nobody could call."""
    return [*config.warnings, *map(str, unreachable(config))]


async def reread(path: Path, address: str) -> Config | None:
    """Return the config of a file that is served on an address; None, and the log says why, where it may not be."""
    try:
        config = await asyncio.to_thread(load, path)  # requests and signals do not wait for a disk
        check_exposure(address, config)
    except ConfigurationError as error:
        say_wrong(error)
        return None
    return config


def say_in_force(config: Config) -> None:
    """Log that a config was read again and is what requests are answered by."""
    log.info("%s was read again and is in force", config.path)
    say_warnings(config)


def say_wrong(error: Exception) -> None:
    """Log why a new config is not taken: all that was found, each finding by itself."""
    findings = error.findings if isinstance(error, InvalidConfig) else [error]
    fields = {"findings": [str(finding) for finding in findings]}
    unexpected = None if isinstance(error, ConfigurationError) else error
    log.error("the new config is not taken, the old one stays in force", extra={"fields": fields}, exc_info=unexpected)


class Hangups:
    """Runs ``reload`` after each SIGHUP, one run at a time; those that come during one make one more, after it."""

    def __init__(self, reload: Callable[[], Awaitable[None]]) -> None:
        self._reload = reload
        self._again = False
        self._task: asyncio.Task[None] | None = None

    def tell(self) -> None:
        """A signal has come."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while self._again:
            self._again = False
            await self._reload()
