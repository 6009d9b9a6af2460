"""One call to a model group: the deployments it tries, one after the other, as a flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jackfield import Event, Flow, ImageEditRequest, JackfieldError, Request
from jackfield.flow import Effect, call, invoke, retried

from ._faults import is_out_of_order
from ._given import Given
from ._group import Lease
from ._member import Member
from ._names import Match
from ._uploads import Restore, restorable

__all__ = ["Attempts"]


class Attempts:
    """What one call knows of its attempts.

    An error that may pass is tried again by the core, with its pauses, or without one where another deployment is
    ready. A deployment that is out of order is passed over at once, which is no retry.
    """

    __slots__ = (
        *("_given", "_last", "_match", "_nothing_left", "_observe", "_policy", "_repeated", "_request", "_restore"),
        "_tried",
    )

    def __init__(
        self,
        match: Match,
        request: Request,
        given: Given,
        policy: Mapping[str, int],
        observe: Callable[[Event], None] | None = None,
    ) -> None:
        self._match = match
        self._request = request
        self._given = given
        self._policy = policy
        self._observe = observe
        self._restore: Restore | None = None
        self._tried: list[Member] = []
        self._last: JackfieldError | None = None
        self._nothing_left = False
        self._repeated = 0

    def keep_files(self, request: ImageEditRequest) -> Flow[None]:
        """See to it that every attempt finds the files of an image edit as they were given."""
        self._request, self._restore = yield from restorable(request)

    def answer(self) -> Effect[Any]:
        """Ask deployments until one answers; the result is its response, or its opened stream."""
        return retried(self._attempt, limit=self._retries_after, at_once=self._has_another)

    def _attempt(self) -> Flow[Any]:
        request, streams = self._request, getattr(self._request, "stream", False)
        while True:
            if self._restore is not None and self._last is not None and not (yield call(self._restore)):
                raise self._finally(self._last)
            lease = self._lease()
            try:
                inner = lease.member.request_of(request, self._match.text, self._given.options)
                answer = yield invoke(inner, self._watching(lease) if streams else self._observe)
            except JackfieldError as error:
                failed = self._last = error
            except BaseException:
                lease.end()  # cancelled or dropped: that says nothing of the deployment
                raise
            else:
                if not streams:
                    lease.end(usage=getattr(answer, "usage", None))
                return answer
            self._tried.append(lease.member)
            lease.end(error=failed)
            if not self._goes_on_after(failed):
                raise failed

    def _watching(self, lease: Lease) -> Callable[[Event], None]:
        """Return what sees a stream's end, and tells the router's own observer."""
        if (observe := self._observe) is None:
            return lease.observe

        def both(event: Event) -> None:
            lease.observe(event)
            observe(event)

        return both

    def _lease(self) -> Lease:
        try:
            return self._match.group.lease(self._tried, blamed=not self._given.credentials)
        except JackfieldError as error:
            nothing = error
        # Where a deployment was reached before, what it said tells the caller more.
        raise self._finally(self._last or nothing)

    def _finally(self, error: JackfieldError) -> JackfieldError:
        """Return an error after which there is no attempt, whatever its class."""
        self._nothing_left = True
        return error

    def _goes_on_after(self, failed: JackfieldError) -> bool:
        """Whether the next deployment is asked at once, within the same attempt."""
        if failed.retryable:
            return False  # which is for the core to try again
        allowed = self._named_in_policy(failed)
        if allowed is not None:
            self._repeated += 1
            return self._repeated <= allowed
        return not self._given.credentials and is_out_of_order(failed) and self._has_another()

    def _has_another(self) -> bool:
        return self._match.group.has_untried(self._tried)

    def _retries_after(self, failed: JackfieldError) -> int | None:
        """Return how often a call is tried again after such an error, or None for as often as the call says."""
        if self._nothing_left:
            return 0
        if (named := self._named_in_policy(failed)) is not None:
            return named
        return self._tried[-1].deployment.options.get("num_retries") if self._tried else None

    def _named_in_policy(self, failed: JackfieldError) -> int | None:
        if not self._policy:
            return None
        names = (kind.__name__ for kind in type(failed).__mro__)
        return next((self._policy[name] for name in names if name in self._policy), None)
