"""The gateway's own API description, made of the types that check the bodies and of the core's response types."""

from __future__ import annotations

from typing import Any

__all__ = ["document"]


def document() -> dict[str, Any]:
    """Return the document, OpenAPI 3.1."""
    return {"openapi": "3.1.0", "info": {"title": "Jackfield gateway", "version": "0.1.0"}, "paths": {}}
