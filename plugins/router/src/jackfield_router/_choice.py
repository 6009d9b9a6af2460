"""Choosing one of the deployments that are ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from ._member import Member

__all__ = ["CHOICES", "Choice", "least_busy", "simple_shuffle"]

Choice: TypeAlias = Callable[[Sequence[Member], Callable[[], float]], Member]
"""``(ready, random) -> member``: one of at least one; ``random()`` gives numbers from 0 up to 1."""


def simple_shuffle(ready: Sequence[Member], random: Callable[[], float]) -> Member:
    """Choose by chance, each as often as its weight says; one of weight 0 only where no other is ready."""
    if len(ready) == 1:
        return ready[0]
    total = sum([member.weight for member in ready])
    if total == 0:
        return ready[int(random() * len(ready))]
    point = random() * total
    for member in ready:
        point -= member.weight
        if point < 0:
            return member
    return max(ready, key=lambda member: member.weight)  # the sum was rounded


def least_busy(ready: Sequence[Member], random: Callable[[], float]) -> Member:
    """Choose the one with the fewest calls in flight, and among equals as above."""
    willing = [member for member in ready if member.weight] or ready
    fewest = min([member.in_flight for member in willing])
    return simple_shuffle([member for member in willing if member.in_flight == fewest], random)


CHOICES: dict[str, Choice] = {"simple-shuffle": simple_shuffle, "least-busy": least_busy}
"""A strategy's name → what chooses."""
