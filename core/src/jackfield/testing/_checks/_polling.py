"""How a flow waits for what takes the server long."""

from __future__ import annotations

from itertools import pairwise

from .._cases import Case, Exchange
from .._check import each_case, fail
from .._flows import Bare
from .._places import definition
from .._subject import Subject
from ._selections import in_flow

__all__ = ["test_a_poll_waits"]

LEAST, MOST = 0.01, 60.0
"""Seconds."""


def _polls(subject: Subject, case: Case) -> bool:
    return in_flow(subject, case) and any(_same(*each) for each in pairwise(case.exchanges))


def _same(one: Exchange, next_: Exchange) -> bool:
    return one.request is not None and one.request == next_.request


@each_case(_polls, "no case asks for the same twice in a row")
def test_a_poll_waits(subject: Subject, case: Case) -> None:
    """Between two requests that are the same a flow waits, from a hundredth of a second up to a minute.

    If this fails: `yield from sleep(seconds)` before the server is asked again, and what it says in milliseconds
    divided by 1000. Where the server itself keeps the request until something is new, declare a `Gap` that says so.
    """
    bare = Bare(subject, case)
    try:
        bare.run()
    except Exception:
        return  # told by the golden tests
    for number, pair in enumerate(pairwise(case.exchanges), 1):
        if _same(*pair) and not LEAST <= (seconds := bare.waited[number]) <= MOST:
            at = definition(subject.function(case.operation))
            fail(
                f"{case.name} waits {seconds:g} s between its requests {number} and {number + 1}, which are the same",
                at=at,
            )
