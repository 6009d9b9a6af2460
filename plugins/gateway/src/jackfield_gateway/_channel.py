"""What a supervisor and its worker tell each other: configs one way, through the worker's stdin, and marks the other.

A config goes as its length in eight bytes and a pickle. The end of stdin means that the supervisor is gone.
"""

from __future__ import annotations

import pickle
import struct

from .config import Config

__all__ = ["NOT_TAKEN", "READY", "STARTUP_FAILED", "TAKEN", "ConfigReader", "frame"]

READY, TAKEN, NOT_TAKEN = b"r", b"y", b"n"
"""The marks: the worker answers requests; it goes by the new config; it keeps the old one."""

STARTUP_FAILED = 3
"""Exit code of a worker that could not begin and has said why."""

LENGTH = struct.Struct(">Q")


def frame(config: Config) -> bytes:
    """Return a config as it goes to a worker."""
    content = pickle.dumps(config)
    return LENGTH.pack(len(content)) + content


class ConfigReader:
    """Takes configs out of the bytes of a worker's stdin, in whatever pieces they come."""

    def __init__(self) -> None:
        self._received = bytearray()

    def feed(self, data: bytes) -> list[Config]:
        """Return the configs that are complete now."""
        self._received += data
        configs: list[Config] = []
        while (content := self._next()) is not None:
            configs.append(pickle.loads(content))  # noqa: S301  # from the supervisor, over a pipe of its own
        return configs

    def _next(self) -> bytes | None:
        if len(self._received) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
        if len(self._received) < end:
            return None
        content = bytes(self._received[LENGTH.size : end])
        del self._received[:end]
        return content
