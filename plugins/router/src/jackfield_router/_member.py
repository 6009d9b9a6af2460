"""One deployment of a group at work: its limits, its failures, and the request it is sent."""

from __future__ import annotations

from typing import TypeVar, cast

from jackfield import CallOptions, Request

from ._deployment import Deployment
from ._faults import Fault
from ._given import joined
from ._window import Window

__all__ = ["Member"]

RequestT = TypeVar("RequestT", bound=Request)

UNKNOWN_WAIT = 1.0
"""Seconds: nobody knows when one of the calls in flight will end."""


class Member:
    """A deployment and its counts. All but ``request_of`` is called with the group's lock held."""

    __slots__ = (
        "_failures",
        "_requests",
        "_tokens",
        "asked",
        "cools_until",
        "deployment",
        "in_flight",
        "limited",
        "options",
        "weight",
    )

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.weight = deployment.weight
        # Tries are counted here, over the whole group: within one deployment there is one.
        self.options = cast("CallOptions", {**deployment.options, "num_retries": 0})
        self.in_flight = 0
        self.cools_until = 0.0
        self.asked = False
        self.limited = (deployment.max_parallel_requests, deployment.rpm, deployment.tpm) != (None, None, None)
        self._failures = Window()
        self._requests = Window() if deployment.rpm is not None else None
        self._tokens = Window() if deployment.tpm is not None else None

    @property
    def counts_tokens(self) -> bool:
        """Whether anybody wants to know of the tokens."""
        return self._tokens is not None

    def is_cooling(self, now: float) -> bool:
        """Whether it is to be left alone for now."""
        return now < self.cools_until

    def is_ready(self, now: float) -> bool:
        """Whether it may be used: it is not cooling, and has room."""
        return now >= self.cools_until and not (self.limited and self.seconds_until_room(now))

    def seconds_until_room(self, now: float) -> float:
        """Return how long it stays at one of its limits; 0 where it has room."""
        most, waits = self.deployment.max_parallel_requests, [0.0]
        if most is not None and self.in_flight >= most:
            waits.append(UNKNOWN_WAIT)
        if self._requests is not None:
            waits.append(self._requests.seconds_until_below(self.deployment.rpm or 0, now))
        if self._tokens is not None:
            waits.append(self._tokens.seconds_until_below(self.deployment.tpm or 0, now))
        return max(waits)

    def begin(self, now: float) -> None:
        """Count a call that begins."""
        self.in_flight += 1
        if self._requests is not None:
            self._requests.add(now)

    def end(self, now: float, tokens: int) -> None:
        """Count a call that is over."""
        self.in_flight -= 1
        if self._tokens is not None and tokens:
            self._tokens.add(now, tokens)

    def failed(self, fault: Fault, now: float, *, allowed_fails: int, cooldown_time: float) -> None:
        """Count a failure, and cool where that was one too many or says enough by itself."""
        self._failures.add(now)
        if fault.at_once or self._failures.total(now) > allowed_fails:
            self._failures.clear()
            until = now + max(cooldown_time, fault.seconds)
            if until > self.cools_until:
                self.cools_until, self.asked = until, fault.asked

    def request_of(self, request: RequestT, matched: str | None, given: CallOptions | None) -> RequestT:
        """Return a caller's request as this deployment is sent it.

        ``matched`` is what a ``*`` in the group's name stands for, ``given`` are options of the caller's own.
        """
        deployment = self.deployment
        model, params = deployment.model, request.params
        if matched is not None:
            model = model.replace("*", matched)
        if deployment.params:
            params = {**deployment.params, **params}
        if deployment.tpm is not None and "stream_options" not in params and getattr(request, "stream", False):
            # A stream tells its tokens to those who ask. The caller, who did not, is not told them.
            params = {**params, "stream_options": {"include_usage": True}}
        options = self.options if given is None else joined(self.options, given)
        return request.replace(model=model, params=params, options=options)
