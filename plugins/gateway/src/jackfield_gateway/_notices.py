"""Reading the config again, and what the log says of it: why it is not taken, or that it is in force."""

from __future__ import annotations

import logging
from pathlib import Path

from jackfield import ConfigurationError

from ._binding import check_exposure
from .config import Config, InvalidConfig, load

__all__ = ["reread", "say_in_force", "say_warnings", "say_wrong"]

log = logging.getLogger("jackfield_gateway")


def say_warnings(config: Config) -> None:
    """Log what is not wrong in a config, but worth knowing."""
    for warning in config.warnings:
        log.warning("%s", warning)


def reread(path: Path, address: str) -> Config | None:
    """Return the config of a file that is served on an address; None, and the log says why, where it may not be."""
    try:
        config = load(path)
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
    log.error("the new config is not taken, the old one stays in force", extra={"fields": fields})
