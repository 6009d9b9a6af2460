"""Every OpenAI and Anthropic client reaches every Jackfield provider, over HTTP.

``jackfield serve --config config.yaml`` runs it. ``CustomLogger`` is the base class of objects that the config's
``callbacks`` name.
"""

from __future__ import annotations

from ._custom_logger import CustomLogger

__all__ = ["CustomLogger"]

CustomLogger.__module__ = __name__
