"""Names that jackfield re-exports from a plugin of this repository."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from ._known import HANDLER_DISTRIBUTION, LAZY_NAMES

__all__ = ["from_plugin"]


def from_plugin(name: str) -> Any:
    """Return a re-exported name; AttributeError where there is none, ImportError where its plugin is missing."""
    module = LAZY_NAMES.get(name)
    if module is None:
        package = sys.modules[__package__]
        raise AttributeError(f"module 'jackfield' has no attribute {name!r}", name=name, obj=package)
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise ImportError(
            f"jackfield.{name} comes with {HANDLER_DISTRIBUTION}: pip install {HANDLER_DISTRIBUTION}"
        ) from error
