"""All ways of calling give the same."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from ..._index import COMMANDS, Index
from .._cases import Case
from .._check import each_case, fail
from .._differences import differences
from .._gateway_client import to_be_told, unroutable
from .._places import definition
from .._replay import API_BASE, UnexpectedRequestError
from .._runs import Outcome, call, call_on_asyncio, call_on_trio
from .._subject import Subject
from ._selections import NO_HOOK, hooked

__all__ = ["test_asyncio_agrees", "test_the_gateway_agrees", "test_trio_agrees"]


@each_case(hooked, NO_HOOK)
def test_asyncio_agrees(subject: Subject, case: Case) -> None:
    """A caller under asyncio gets what a sync caller gets, and the same errors.

    If this fails: a flow cannot tell who drives it, so look for what else it depends on: a clock, a counter, the thread
    it runs in, a library that behaves otherwise under a running loop.
    """
    _agree(subject, case, "asyncio", call_on_asyncio(subject, case))


def _no_trio(subject: Subject) -> str | None:
    return None if find_spec("trio") is not None else "trio is not installed: pip install 'jackfield[testing]'"


@each_case(hooked, NO_HOOK, unless=_no_trio)
def test_trio_agrees(subject: Subject, case: Case) -> None:
    """A caller under trio gets what a sync caller gets, and the same errors.

    If this fails: look for asyncio in the plugin, which is not there under trio; a flow needs no event loop, and an
    `async def` hook is run on asyncio by the core, whoever calls.
    """
    _agree(subject, case, "trio", call_on_trio(subject, case))


def _agree(subject: Subject, case: Case, driver: str, outcome: Outcome) -> None:
    if found := differences(call(subject, case).said, outcome.said):
        at = definition(subject.function(case.operation))
        fail(f"{case.name} gives something else under {driver} than in a sync call:", found, at)


def _no_gateway(subject: Subject) -> str | None:
    if "serve" not in Index().group(COMMANDS):
        return "the gateway is not installed, which brings the command `jackfield serve`"
    if subject.found is None:
        return "the provider is an object that the suite was given, which a gateway's process cannot find"
    return None


def _left_out(subject: Subject, case: Case) -> str | None:
    return unroutable(case) or _elsewhere(subject, case)


def _elsewhere(subject: Subject, case: Case) -> str | None:
    """Say that a case asks another host, which its server named: one on loopback has no such name."""
    replay = call(subject, case).replay
    hosts = {urlsplit(each.url).netloc for each in replay.sent} if replay is not None else set()
    others = sorted(hosts - {urlsplit(API_BASE).netloc})
    return f"it also asks {others[0]}, and the kit's server stands for that of api_base alone" if others else None


@each_case(hooked, NO_HOOK, unless=_no_gateway, left_out=_left_out)
def test_the_gateway_agrees(subject: Subject, case: Case) -> None:
    """A client of the gateway gets over HTTP what a sync caller gets, `id`, `created` and the model's name aside.

    The gateway is a process of its own; where there is HTTP, it talks to a server on loopback that replays the wire.
    The options of a case stand in its config. An error is an answer of the status that it maps to, in OpenAI's shape.
    If this fails: where the other drivers agree, the result holds something that its type's JSON does not carry, or
    the plugin depends on state that the process of the test had and the gateway's has not.
    """
    outcome = call(subject, case)
    if isinstance(outcome.error, UnexpectedRequestError):
        return  # told by test_request_golden
    if found := differences(to_be_told(case, outcome), subject.gateway().answer(case)):
        at = definition(subject.function(case.operation))
        fail(f"{case.name} gives something else through the gateway than in a sync call:", found, at)
