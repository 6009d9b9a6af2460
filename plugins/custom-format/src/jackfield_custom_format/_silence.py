"""LiteLLM's logging, of which handlers hold an end and on whose other end nobody listens."""

from __future__ import annotations

from typing import Any

__all__ = ["LOGGING", "do_nothing"]


def do_nothing(*_: Any, **__: Any) -> None:
    """Stand in for a function whose work is not needed."""


async def _ado_nothing(*_: Any, **__: Any) -> None:
    """Stand in for a coroutine function whose work is not needed."""


class _Logging:
    """Takes every method call (those that begin with ``async_`` are awaited) and every attribute, and does nothing."""

    __slots__ = ()

    @property
    def model_call_details(self) -> dict[str, Any]:
        """The record of the call, which handlers write into; a new one each time."""
        return {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _ado_nothing if name.startswith("async_") else do_nothing

    def __setattr__(self, name: str, value: Any) -> None:
        """Forget it: all handlers share this object."""


LOGGING = _Logging()
