"""What all shapes of the server's JSON share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

__all__ = ["Shape"]


class Shape(BaseModel):
    """A JSON object of the server's. It is built when it is first read, so that importing this package stays quick."""

    model_config = ConfigDict(defer_build=True)
