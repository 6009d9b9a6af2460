"""A model group: which of its deployments a call gets, and what becomes of them when calls end."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from random import random
from threading import Lock
from typing import Any

from jackfield import Event, RateLimitError

from ._choice import CHOICES
from ._deployment import Deployment, RouterSettings
from ._faults import Fault, fault_of
from ._member import Member

__all__ = ["Group", "Lease", "World"]

SHORTEST_WAIT = 1.0
"""Seconds that a caller who finds no deployment is told to wait at least."""


@dataclass(frozen=True, slots=True)
class World:
    """Where time and chance come from; tests bring their own."""

    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random


class Lease:
    """The use of one deployment by one call, from its start to its end, which is noted once.

    Failures of a call that is not ``blamed`` on its deployment are not counted: it came with credentials of its own.
    """

    __slots__ = ("_blamed", "_group", "_over", "member")

    def __init__(self, group: Group, member: Member, *, blamed: bool) -> None:
        self.member = member
        self._group = group
        self._blamed = blamed
        self._over = False

    def end(self, *, usage: Any = None, error: BaseException | None = None) -> None:
        """Note the end. It may come from a finalizer, and so at any moment of any thread: it takes no lock."""
        if not self._over:
            self._over = True
            tokens = tokens_of(usage) if usage is not None and self.member.counts_tokens else 0
            fault = fault_of(error) if error is not None and self._blamed else None
            self._group.note(self.member, tokens, fault)

    def observe(self, event: Event) -> None:
        """Watch a stream for its end."""
        if event.kind in ("finished", "failed"):
            self.end(usage=event.usage, error=event.error)


class Group:
    """The deployments of one name. Safe to share among threads.

    The only deployment of a group never cools: nothing would be left. One with a problem is not counted.
    """

    def __init__(self, deployments: Iterable[Deployment], settings: RouterSettings, world: World) -> None:
        self.deployments = tuple(deployments)
        members = [Member(each) for each in self.deployments if each.problem is None]
        ordered = sorted(members, key=_order)
        self._tiers: Sequence[Sequence[Member]] = [tuple(tier) for _, tier in groupby(ordered, _order)]
        self._members = ordered
        self._sole = ordered[0] if len(ordered) == 1 and not ordered[0].limited else None
        self._settings = settings
        self._world = world
        self._choose = CHOICES[settings.strategy]
        self._lock = Lock()
        self._ended: deque[tuple[float, Member, int, Fault | None]] = deque()

    def lease(self, tried: Collection[Member] = (), *, blamed: bool = True) -> Lease:
        """Choose a deployment, one that was not tried where there is one, and count it as used.

        Raises the problem of a group whose deployments all have one, and RateLimitError where none is left; it says
        when the first may be used again.
        """
        now = self._world.clock()
        with self._lock:
            self._settle()
            member = self._sole or self._ready(tried, now) or self._least_cool(tried, now)
            if member is not None:
                member.begin(now)
                return Lease(self, member, blamed=blamed)
            wait = self._wait(now)
        raise self._none_left(wait)

    def has_untried(self, tried: Collection[Member]) -> bool:
        """Whether a deployment is ready that was not tried."""
        now = self._world.clock()
        with self._lock:
            self._settle()
            return any(member not in tried and member.is_ready(now) for member in self._members)

    def note(self, member: Member, tokens: int, fault: Fault | None) -> None:
        """Note the end of a call, for the next choice to take into account. Takes no lock."""
        self._ended.append((self._world.clock(), member, tokens, fault))

    def _settle(self) -> None:
        ended, settings = self._ended, self._settings
        while ended:
            now, member, tokens, fault = ended.popleft()
            member.end(now, tokens)
            if fault is not None and len(self._members) > 1:
                member.failed(fault, now, allowed_fails=settings.allowed_fails, cooldown_time=settings.cooldown_time)

    def _ready(self, tried: Collection[Member], now: float) -> Member | None:
        """Choose among those that are ready: the untried first, and of these the lowest order first."""
        for again in (False, True) if tried else (False,):
            for tier in self._tiers:
                if ready := [each for each in tier if (each in tried) is again and each.is_ready(now)]:
                    return self._choose(ready, self._world.random)
        return None

    def _least_cool(self, tried: Collection[Member], now: float) -> Member | None:
        """Where all are cooling: the one whose cooldown ends first, of those that did not ask for it themselves.

        A cooldown after failures is a guess, and a worse one than trying where there is nothing else to try.
        """
        if not all(member.is_cooling(now) for member in self._members):
            return None
        free = [each for each in self._members if not each.asked and not each.seconds_until_room(now)]
        return min(free, key=lambda each: (each in tried, each.cools_until), default=None)

    def _wait(self, now: float) -> float:
        waits = [max(each.cools_until - now, each.seconds_until_room(now)) for each in self._members]
        return max(SHORTEST_WAIT, min(waits, default=SHORTEST_WAIT))

    def _none_left(self, wait: float) -> Exception:
        if not self._members:
            problem = next(each.problem for each in self.deployments if each.problem is not None)
            return copy(problem)  # each raising adds to an error, which is kept here for long
        # It names no group: this one may be a fallback, which clients of another group are not to know of.
        return RateLimitError(
            f"this model is at its limits or cooling down; try again in {ceil(wait)} s",
            code="rate_limit_exceeded",
            type="rate_limit_error",
            retry_after=wait,
        )


def _order(member: Member) -> int:
    return member.deployment.order


def tokens_of(usage: Any) -> int:
    """Return the tokens of a response: of a chat's, a text's, a vector's or an image's usage."""
    if (total := usage.total_tokens) is not None:
        return max(0, int(total))  # a provider that tells less than nothing gives no room back
    names = ("prompt_tokens", "completion_tokens", "input_tokens", "output_tokens")
    return sum(max(0, getattr(usage, name, None) or 0) for name in names)
