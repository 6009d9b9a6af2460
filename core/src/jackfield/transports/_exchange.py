"""One request on its way: its target, its time, and what its failure is called."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeAlias

from ..errors import JackfieldError
from ._proxies import shown
from ._targets import Origin, target_of
from ._wording import not_in_time

if TYPE_CHECKING:
    from typing import Self

    from . import Outgoing

__all__ = ["Exchange", "Meaning"]

Meaning: TypeAlias = Callable[["Exchange", Any], JackfieldError]


class Exchange:
    """As a context, gives what fails inside the name that jackfield has for it.

    Each transport's own subclass says in ``meanings`` what its client's exceptions mean; the first class that fits
    counts. Whatever of these is raised past the deadline means that the deadline passed. Other exceptions are no
    failure of the exchange (a hook of the user's client may raise) and pass as they are.
    """

    secretive: ClassVar[tuple[type[Exception], ...]] = ()
    """What must not even be the cause of an error, since its text repeats a header."""

    meanings: ClassVar[tuple[tuple[type[Exception], Meaning], ...]] = ()

    __slots__ = ("deadline", "outgoing", "proxy", "started", "target")

    def __init__(self, outgoing: Outgoing) -> None:
        self.outgoing = outgoing
        self.target = target_of(outgoing.url)
        self.proxy: str | None = None
        self.started = time.monotonic()
        self.deadline = outgoing.deadline

    @property
    def origin(self) -> Origin:
        """Where it goes."""
        return self.target.origin

    @property
    def where(self) -> str:
        """Where it goes, in words."""
        return str(self.origin) + (f" (through the proxy {shown(self.proxy)})" if self.proxy else "")

    @property
    def left(self) -> float:
        """Seconds to the deadline; raises TimeoutError where there are none."""
        if (left := self.deadline - time.monotonic()) <= 0:
            raise TimeoutError
        return left

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if error is None:
            return
        for foreign, meaning in self.meanings:
            if isinstance(error, foreign):
                late = time.monotonic() >= self.deadline
                self._raise((not_in_time if late else meaning)(self, error), error)

    def _raise(self, failure: JackfieldError, cause: BaseException) -> NoReturn:
        if "?" not in self.target.url and not isinstance(cause, self.secretive):
            raise failure from cause
        try:
            raise failure
        finally:
            failure.__context__ = None  # its text repeats the query or a header, and either may hold the key
