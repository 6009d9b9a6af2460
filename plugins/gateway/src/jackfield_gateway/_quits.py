"""What foreign code raises that is no Exception: it ends its own request, and not the worker with all others."""

from __future__ import annotations

import asyncio

__all__ = ["Quit", "as_exception"]


class Quit(Exception):
    """A handler or a hook raised SystemExit, KeyboardInterrupt, a CancelledError that nobody asked for, or the like."""


def as_exception(error: BaseException) -> Exception:
    """Return what a request fails with; raise ``error`` where that is no failure: its task is cancelled or closed."""
    if isinstance(error, Exception):
        return error
    if isinstance(error, GeneratorExit) or (isinstance(error, asyncio.CancelledError) and _is_cancelled()):
        raise error
    failure = Quit(f"{type(error).__name__}: {error}")
    failure.__cause__ = error
    return failure


def _is_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
