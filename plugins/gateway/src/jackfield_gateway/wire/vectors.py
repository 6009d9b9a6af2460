"""The two encodings of an embedding: a list of floats, and little-endian 32-bit floats in base64."""

from __future__ import annotations

import binascii
import sys
from array import array
from collections.abc import Sequence

from jackfield.errors import InvalidResponseError

__all__ = ["as_base64", "as_floats"]


def as_base64(vector: Sequence[float] | str) -> str:
    """Return a vector as base64; what is base64 stays as it is."""
    if isinstance(vector, str):
        return vector
    return binascii.b2a_base64(_swapped(array("f", vector)).tobytes(), newline=False).decode()


def as_floats(vector: Sequence[float] | str) -> Sequence[float]:
    """Return a vector as floats. Raises InvalidResponseError for a text that is no base64 of floats."""
    if not isinstance(vector, str):
        return vector
    floats = array("f")
    try:
        floats.frombytes(binascii.a2b_base64(vector, strict_mode=True))
    except ValueError as error:
        raise InvalidResponseError(f"the provider's embedding is no base64 of 32-bit floats: {error}") from error
    return _swapped(floats).tolist()


def _swapped(floats: array[float]) -> array[float]:
    if sys.byteorder == "big":
        floats.byteswap()
    return floats
