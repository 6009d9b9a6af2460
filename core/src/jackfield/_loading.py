"""Importing what is heavy without the garbage collector, which would look at all of it many times and find nothing."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Return the context to import in: the collector rests meanwhile, and is then as it was."""
    collecting, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            if len(sys.modules) > known:  # else nothing was left to import, as it is but for the first time
                _age()
            gc.enable()


def _age() -> None:
    """Make what was loaded old at once: else the next object that is made would have all of it looked at."""
    if not gc.get_freeze_count():  # what the program has frozen stays so
        gc.freeze()
        gc.unfreeze()
