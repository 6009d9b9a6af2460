"""The config file: read strictly, every problem told at once with its place."""

from __future__ import annotations

from ._config import Callback, Config, Handler, Limits, Position, Prices

__all__ = ["Callback", "Config", "Handler", "Limits", "Position", "Prices"]
