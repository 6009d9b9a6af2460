"""What is said while a plugin runs, beside its results: logs, warnings, and what is printed."""

from __future__ import annotations

import io
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

__all__ = ["hearing"]

STREAMS = ("stdout", "stderr", "__stdout__", "__stderr__")


@contextmanager
def hearing() -> Iterator[Callable[[], list[tuple[str, str]]]]:
    """Hear what is said within; the function that is given returns it: (in what, the text)."""
    printed = io.StringIO()
    with ExitStack() as stack:
        warned = stack.enter_context(warnings.catch_warnings(record=True))
        warnings.simplefilter("always")
        records = stack.enter_context(_logged())
        stack.enter_context(_printed_to(printed))
        yield lambda: [
            *(("a log line", record) for record in records),
            *(("a warning", str(each.message)) for each in warned or ()),
            ("what is printed", printed.getvalue()),
        ]


@contextmanager
def _logged() -> Iterator[list[str]]:
    """Hear the log at every level, and the loggers that keep their lines from the root's handlers."""
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(f"{record.getMessage()} {record.args!r} {vars(record)!r}")  # type: ignore[method-assign]
    every = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    loggers = [logging.root, *(each for each in every if not each.propagate)]
    level = logging.root.level
    logging.root.setLevel(logging.NOTSET)
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield records
    finally:
        for logger in loggers:
            logger.removeHandler(handler)
        logging.root.setLevel(level)


@contextmanager
def _printed_to(text: io.StringIO) -> Iterator[None]:
    before = {name: getattr(sys, name) for name in STREAMS}
    for name in STREAMS:
        setattr(sys, name, text)
    try:
        yield
    finally:
        for name, stream in before.items():
            setattr(sys, name, stream)
