"""The config file: read strictly, every problem told at once with its place."""

from __future__ import annotations

from ._config import Callback, Config, Handler, Limits, Position, Prices
from ._load import load
from ._report import Finding, InvalidConfig

__all__ = ["Callback", "Config", "Finding", "Handler", "InvalidConfig", "Limits", "Position", "Prices", "load"]
