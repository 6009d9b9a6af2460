"""What a provider's hooks are, and that they do nothing but ask."""

from __future__ import annotations

import inspect
from contextlib import suppress
from typing import Any

from ... import protocols
from ..._plugins import MARK, OPERATIONS, hooks_of, name_of
from ...hookspecs import ProviderHooks
from .._alone import first_of
from .._cases import Case
from .._check import each_case, fail, once
from .._flows import Bare
from .._forgotten import Forgotten
from .._places import definition, inside
from .._subject import Subject
from .._watch import environment_watched, watched
from ._selections import NO_HOOK, hooked, in_flow

__all__ = [
    "test_a_flow_does_nothing_itself",
    "test_no_yield_from_is_forgotten",
    "test_settings_are_not_read_by_hand",
    "test_the_hooks_fit_their_protocols",
]


@once()
def test_the_hooks_fit_their_protocols(subject: Subject) -> None:
    """Each hook can be called as its protocol in `jackfield.protocols` says: `(request, settings)`, in this order.

    What has a hook's name and no mark is none, and its operation is missing without a word.

    If this fails: put `@hookimpl` before it, or give what is meant to be no hook another name. Write the hook's
    arguments as the protocol has them, `def completion(request, settings)`; and let mypy hold the whole module to it:
    `plugin: protocols.Completion = jackfield_acme`.
    """
    wrong = [line for hook in OPERATIONS if hook in subject.hooks for line in _misfit(subject, hook)]
    wrong += [line for hook in hooks_of(ProviderHooks) for line in _unmarked(subject, hook)]
    if wrong:
        fail("these hooks do not fit their protocols:", wrong)


def _misfit(subject: Subject, hook: str) -> list[str]:
    function = subject.function(hook)
    if function is None:
        return []  # a hook under another name (specname), which the core has adapted
    protocol = getattr(protocols, "".join(word.title() for word in hook.split("_")))
    wanted = [*inspect.signature(getattr(protocol, hook)).parameters][1:]
    signature = inspect.signature(function)
    given = [each.name for each in signature.parameters.values() if each.default is each.empty]
    if given == wanted:
        return []
    return [f"def {hook}({', '.join(given)}), expected def {hook}({', '.join(wanted)}), at {definition(function)}"]


def _unmarked(subject: Subject, hook: str) -> list[str]:
    function = subject.function(hook)
    if not inspect.isroutine(function) or hasattr(function, MARK):
        return []
    if (at := definition(function)) is None or not inside(inspect.getfile(inspect.unwrap(function)), subject.roots):
        return []  # imported from elsewhere: jackfield's own functions are named alike
    return [f"{name_of(subject.plugin)}.{hook} looks like a hook and has no @hookimpl, at {at}"]


NO_FLOW = "no hook is a flow: blocking and async hooks do their work themselves"


@each_case(in_flow, NO_FLOW)
def test_a_flow_does_nothing_itself(subject: Subject, case: Case) -> None:
    """A flow, a splitter and a decoder open no file and no socket, start no thread and no process, and do not wait.

    If this fails: ask for it instead: `yield from http(…)` for an exchange, `yield from sleep(…)` to wait,
    `yield from call(function)` for blocking code, which the core then runs where it stops nobody.
    """
    Bare(subject, case).quietly()  # once, so that what it imports is imported
    with watched(subject.roots) as seen:
        seen.on = False

        def step() -> Any:
            return _On(seen)

        Bare(subject, case, step=step).quietly()
    if did := seen or first_of(subject, case)["did"]:
        fail(f"the flow of {case.operation} did something itself:", did)


def _no_flow(subject: Subject) -> str | None:
    return None if any(in_flow(subject, case) for case in subject.cases) else NO_FLOW


@once(unless=_no_flow)
def test_no_yield_from_is_forgotten(subject: Subject) -> None:
    """Every effect and every flow that a hook makes is asked for, in one case at least.

    Alone, `http(…)` or a helper that asks for something only says what to do, and nothing is done.
    If this fails: write `yield from http(…)`, `yield from sleep(…)`, `token = yield from helper(settings)`. What is
    asked for in some answers only is best made there, and needs a case of its own.
    """
    forgotten = Forgotten(subject.roots)
    for case in subject.cases:
        if in_flow(subject, case):
            with suppress(Exception), forgotten.noticed():  # what else is wrong with a call is told elsewhere
                Bare(subject, case).run()
    if lines := forgotten.lines():
        fail("`yield from` is missing:", lines)


class _On:
    """A block in which a watch is on."""

    def __init__(self, watch: Any) -> None:
        self._watch = watch

    def __enter__(self) -> None:
        self._watch.on = True

    def __exit__(self, *_: object) -> None:
        self._watch.on = False


@each_case(hooked, NO_HOOK)
def test_settings_are_not_read_by_hand(subject: Subject, case: Case) -> None:
    """Key and address come from `settings`; no hook reads an environment variable by itself.

    If this fails: name the variable in `ProviderInfo(api_key_env=…, api_base_env=…)` and use `settings.api_key` and
    `settings.api_base`, which know what the caller gave too; other settings are parameters of the call.
    """
    with environment_watched(subject.roots) as seen:
        Bare(subject, case).quietly()
    if read := seen or first_of(subject, case)["read"]:
        fail("the plugin reads environment variables by hand:", list(dict.fromkeys(read)))
