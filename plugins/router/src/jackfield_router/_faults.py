"""Which errors speak against a deployment: the one table of what counts towards its cooldown.

| error                                                        | the deployment                        |
|--------------------------------------------------------------|---------------------------------------|
| no answer: refused, reset, timed out, a stream that broke off | has failed once more                  |
| 408, 5xx, a 2xx that does not parse                          | has failed once more                  |
| 429                                                          | asks for a pause, and cools at once   |
| 401, a missing credential, a provider that is not there      | is out of order, and cools at once    |
| everything else: 400, 403, 404, 409, 413, 422 …              | is as good as before: the caller's own |

403 is not among them: servers also answer it to what one caller asks for (moderation, a region), and a caller must not
be able to put deployments out of use for others. A cancelled call says nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from jackfield import (
    APIConnectionError,
    ConfigurationError,
    ProviderBlockedError,
    ProviderConflictError,
    ProviderLoadError,
    ProviderNotFoundError,
)

__all__ = ["LONGEST_PAUSE", "Fault", "fault_of", "is_out_of_order"]

LONGEST_PAUSE = 60.0
"""Seconds: a server's ``Retry-After`` keeps a deployment out of use no longer than this."""

OUT_OF_ORDER = (
    ConfigurationError,
    ProviderBlockedError,
    ProviderConflictError,
    ProviderLoadError,
    ProviderNotFoundError,
)


class Fault(NamedTuple):
    """A failure of a deployment: whether it cools at once, and because it asked to; for how many seconds at least."""

    at_once: bool = False
    asked: bool = False
    seconds: float = 0.0


def fault_of(error: BaseException) -> Fault | None:
    """Return what an error says against the deployment it came from, or None."""
    if is_out_of_order(error):
        return Fault(at_once=True)
    status = getattr(error, "status_code", None)
    pause = min(getattr(error, "retry_after", None) or 0.0, LONGEST_PAUSE)
    if status == 429:
        return Fault(at_once=True, asked=True, seconds=pause)
    if isinstance(error, APIConnectionError) or (status is not None and (status == 408 or status >= 500)):
        return Fault(seconds=pause)
    return None


def is_out_of_order(error: BaseException) -> bool:
    """Whether no call at all can succeed there as it is set up, so that the next deployment is the one to ask."""
    return isinstance(error, OUT_OF_ORDER) or getattr(error, "status_code", None) == 401
