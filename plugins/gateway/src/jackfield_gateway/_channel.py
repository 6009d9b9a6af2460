"""What a supervisor and its worker tell each other: configs one way, through the worker's stdin, and marks the other.

A config goes as its number and its length in eight bytes each, and a pickle; the worker's answer names that number, so
that one that comes late is not taken for an answer to the next. The end of stdin means that the supervisor is gone.
"""

from __future__ import annotations

import os
import pickle
import struct

from .config import Config

__all__ = [
    "FOLDER_VARIABLE",
    "NOT_TAKEN",
    "READY",
    "STARTUP_FAILED",
    "TAKEN",
    "ConfigReader",
    "frame",
    "mark",
    "read_marks",
]

READY, TAKEN, NOT_TAKEN = b"r", b"y", b"n"
"""The marks: the worker answers requests; it goes by the config of that number; it keeps the one that it had."""

STARTUP_FAILED = 3
"""Exit code of a worker that could not begin and has said why."""

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which the workers of one gateway keep their numbers; prometheus_client reads it when imported."""

HEAD = struct.Struct(">QQ")
MARK = struct.Struct(">cQ")


def frame(number: int, config: Config) -> bytes:
    """Return a config as it goes to a worker."""
    content = pickle.dumps(config)
    return HEAD.pack(number, len(content)) + content


def mark(kind: bytes, number: int = 0) -> bytes:
    """Return a mark as it goes to the supervisor."""
    return MARK.pack(kind, number)


def read_marks(descriptor: int) -> list[tuple[bytes, int]]:
    """Return the marks that a pipe holds, none when it has ended. Each was written at once, so none is cut."""
    return list(MARK.iter_unpack(os.read(descriptor, 64 * MARK.size)))


class ConfigReader:
    """Takes configs out of the bytes of a worker's stdin, in whatever pieces they come."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> list[tuple[int, Config]]:
        """Return the configs that are complete now, each after its number."""
        self._received += data
        configs: list[tuple[int, Config]] = []
        while (numbered := self._next()) is not None:
            configs.append(numbered)
        return configs

    def _next(self) -> tuple[int, Config] | None:
        if len(self._received) < HEAD.size:
            return None
        number, length = HEAD.unpack_from(self._received)
        end = HEAD.size + length
        if len(self._received) < end:
            return None
        content = bytes(self._received[HEAD.size : end])
        del self._received[:end]
        return number, pickle.loads(content)  # noqa: S301  # from the supervisor, over a pipe of its own
