"""What the log says about configs: their warnings, and why a new one is not taken."""

from __future__ import annotations

import logging
from pathlib import Path

from .config import Config, InvalidConfig

__all__ = ["say_in_force", "say_warnings", "say_wrong"]

log = logging.getLogger("jackfield_gateway")


def say_warnings(config: Config) -> None:
    """Log what is not wrong in a config, but worth knowing."""
    for warning in config.warnings:
        log.warning("%s", warning)


def say_in_force(path: Path) -> None:
    """Log that a config was read again and is what requests are answered by."""
    log.info("%s was read again and is in force", path)


def say_wrong(error: Exception) -> None:
    """Log why a new config is not taken: all that was found, each finding by itself."""
    findings = error.findings if isinstance(error, InvalidConfig) else [error]
    fields = {"findings": [str(finding) for finding in findings]}
    log.error("the new config is not taken, the old one stays in force", extra={"fields": fields})
