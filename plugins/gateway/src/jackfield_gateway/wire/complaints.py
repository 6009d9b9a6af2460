"""One clear sentence for what pydantic found wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jackfield.errors import BadRequestError

if TYPE_CHECKING:
    from pydantic import ValidationError

from .bodies import Kind

__all__ = ["complaint"]


def complaint(kind: Kind, error: ValidationError) -> BadRequestError:
    """Return the error for the first thing that does not fit."""
    first = error.errors(include_url=False)[0]
    return BadRequestError(first["msg"], param=".".join(map(str, first["loc"])) or None)
