"""One request on its way: its target, its time, and what its failure is called."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from ._proxies import shown
from ._targets import Origin, target_of
from ._wording import not_in_time

if TYPE_CHECKING:
    from typing import Self

    from ..errors import JackfieldError
    from . import Outgoing

__all__ = ["Exchange"]


class Exchange:
    """As a context, gives what fails inside the name that jackfield has for it.

    Each transport's own subclass says in ``meaning_of`` what its client's exceptions mean, and which they are in
    ``foreign``; any of these past the deadline means that the deadline passed.
    """

    foreign: ClassVar[tuple[type[Exception], ...]] = (TimeoutError,)

    __slots__ = ("deadline", "outgoing", "proxy", "started", "target")

    def __init__(self, outgoing: Outgoing) -> None:
        self.outgoing = outgoing
        self.target = target_of(outgoing.url)
        self.proxy: str | None = None
        self.started = time.monotonic()
        self.deadline = outgoing.deadline

    def meaning_of(self, error: Exception) -> JackfieldError | None:
        """Return jackfield's error for a client's, or None for one that is no failure of the exchange."""
        raise NotImplementedError

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
        if isinstance(error, Exception) and (failure := self._failure(error)) is not None:
            raise failure from error

    def _failure(self, error: Exception) -> JackfieldError | None:
        if isinstance(error, self.foreign) and time.monotonic() >= self.deadline:
            return not_in_time(self.where, self.deadline - self.started)
        return self.meaning_of(error)
