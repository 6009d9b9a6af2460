"""What a provider sends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import BadRequestError, PluginError
from .._canonical import to_write
from .._cases import Case
from .._check import each_case, fail, once
from .._differences import differences
from .._flows import Bare
from .._frozen import Changes, guarded
from .._places import definition, line_of
from .._replay import API_KEY, Replay, UnexpectedRequestError
from .._runs import call
from .._secrets import forms_of
from .._subject import Subject
from ._selections import NO_HOOK, NO_WIRE, hooked

__all__ = [
    "test_request_golden",
    "test_the_canonical_cases_are_there",
    "test_the_key_is_in_a_header_only",
    "test_the_request_is_left_alone",
]

GIVEN = {"headers": {"x-conformance": "a-value"}, "extra_body": {"conformance_extra": "a-value"}}
ANSWERING = "let one case at least be answered, or take the hook out: what refuses everything offers nothing."
CHAT = {"streaming": "completion"}


def _exchanged(subject: Subject, case: Case) -> bool:
    return bool(case.exchanges)


@once()
def test_the_canonical_cases_are_there(subject: Subject) -> None:
    """Every canonical case that the provider's hooks need is there: what was not tried is not known to work.

    Of the cases of each hook, one at least is answered, and each parameter that `provider_info` names is in one (a
    chat's in a streamed or a whole one).
    If this fails: `pytest --record` adds what a server can be asked. By hand, add a folder (or a `Case`) of each name,
    with its case.json, and a 1.response.json with the server's words. What the server cannot do is a case with an
    `error` and no exchanges, and refused by the plugin. A case for parameters has a name of your own, and in its
    case.json `{"operation": "embedding", "request": {"input": "one", "params": {"dimensions": 8}}}`.
    """
    if missing := subject.missing():
        hooks = ", ".join(sorted(subject.hooks))
        wanted = [f"{name}, its case.json {to_write(name)}" if subject.http else name for name in missing]
        fail(f"{subject.owner} implements {hooks}, and these cases are missing:", wanted)
    if untried := [*_untried(subject)]:
        fail(f"provider_info of {subject.owner} names these parameters, and no case sends them:", untried)
    for hook in sorted(subject.hooks):
        cases = [case for case in subject.cases if case.operation == hook]
        if cases and all(_is_refused(subject, case) for case in cases):
            said = f"{subject.owner} implements {hook}, and answers none of its {len(cases)} cases"
            fail(said, at=definition(subject.function(hook)), remedy=ANSWERING)


def _untried(subject: Subject) -> Iterator[str]:
    """Yield the parameters that are named and not in any request that went out; streamed and whole chats count as one.

    What is not sent over HTTP needs no translation, and what comes of `stream_options` is the core's.
    """
    sent: defaultdict[str, set[str]] = defaultdict(set)
    named: defaultdict[str, set[str]] = defaultdict(set)
    for case in subject.cases:
        sent[CHAT.get(case.operation, case.operation)] |= case.asked.params.keys() if case.exchanges else set()
    for operation, names in (subject.loaded.info.parameters or {}).items():
        if operation in subject.hooks and subject.http:
            named[CHAT.get(operation, operation)] |= set(names)
    for operation, names in named.items():
        yield from (f"{operation}: {name}" for name in sorted(names - sent[operation] - {"stream_options"}))


def _is_refused(subject: Subject, case: Case) -> bool:
    tried = case.name in subject.tried  # and may be refused, since nobody said that it would not be
    return case.error is not None or (tried and isinstance(call(subject, case).error, BadRequestError))


@each_case(_exchanged, NO_WIRE)
def test_request_golden(subject: Subject, case: Case) -> None:
    """The provider sends exactly the recorded requests: method, address, headers and body, and no other.

    If this fails: where the plugin is wrong, mend it; where the new request is right, delete the case's *.request.json,
    run `pytest --accept` (or `--record`) and look at the difference before you commit it. What each call makes anew (an
    id, a time) is `"{any}"` there, which --accept writes wherever two calls differ.
    """
    outcome = call(subject, case)
    sent = outcome.sent
    for number, (exchange, actual) in enumerate(zip(case.exchanges, sent, strict=False), 1):
        if exchange.request is not None and (found := differences(_plain(exchange.request), actual)):
            at = definition(subject.function(case.operation))
            fail(f"{subject.name} sent another request than {case.place}/{number}.request.json:", found, at)
    if isinstance(outcome.error, UnexpectedRequestError):
        at = line_of(outcome.error, subject.roots) or definition(subject.function(case.operation))
        fail(str(outcome.error), at=at, cause=outcome.error, remedy=outcome.error.remedy)
    if (count := len(case.exchanges)) > len(sent):
        if isinstance(outcome.error, PluginError):
            return  # told by the golden tests
        why = f": {outcome.error}" if outcome.error else ""
        at = line_of(outcome.error, subject.roots)
        fail(f"{subject.name} sent {len(sent)} of the {count} recorded requests{why}", at=at)
    if any(exchange.request is None for exchange in case.exchanges):
        fail(f"{case.place} has no request.json for each response; `pytest --accept` writes what the plugin sends now")


def _plain(request: Mapping[str, Any]) -> dict[str, Any]:
    return {**request, "headers": dict(request["headers"])}


@each_case(_exchanged, NO_WIRE)
def test_the_key_is_in_a_header_only(subject: Subject, case: Case) -> None:
    """The credential stands in a header: not in the address, which proxies and servers log, and not in the body.

    If this fails: put `settings.require_api_key()` into a header of `http(…, headers=…)`. Where the server knows no
    other way than the address, declare a `Gap` that says so.
    """
    replay = Replay(case)
    call(subject, case, handler=replay)
    for number, outgoing in enumerate(replay.sent, 1):
        places = [("the address", outgoing.url.encode()), ("the body", outgoing.content)]
        if found := [where for where, text in places if any(form in text for form in forms_of(API_KEY))]:
            hook = subject.function(case.operation)
            fail(f"request {number} of {case.name} carries the key in {' and '.join(found)}", at=definition(hook))


@each_case(hooked, NO_HOOK)
def test_the_request_is_left_alone(subject: Subject, case: Case) -> None:
    """The request is not changed: the caller's messages are the caller's, and a retry sends them again.

    Nor are `headers` and `extra_body`, which the settings hand on as they were given.
    If this fails: build new mappings and lists, `{**request.params, "stream": True}`, instead of changing those of the
    request or the settings.
    """
    changes = Changes(subject.roots)
    for options in ({}, GIVEN):
        request = guarded(subject.request(case, **options), changes)
        Bare(subject, case).quietly(request)
    if changes:
        fail(f"the hook {case.operation} changed its request:", list(dict.fromkeys(changes)))
