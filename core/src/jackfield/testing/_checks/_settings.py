"""What a caller has set or has not: the key and the address, which the core knows and the plugin asks it for anew."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from ...errors import ConfigurationError
from .._cases import Case
from .._check import each_case, fail
from .._flows import Bare
from .._places import definition, line_of
from .._replay import API_BASE, API_KEY, Replay
from .._runs import call
from .._secrets import shows
from .._subject import Subject
from ._selections import NO_ANSWER, first_of_each

__all__ = ["test_two_callers_share_nothing", "test_what_is_not_set_is_asked_for"]

ANOTHER_BASE = "https://another.invalid/of/another"
"""With a path, as behind a proxy."""

ANOTHER_KEY = "sk-another-callers-key"


@each_case(first_of_each, NO_ANSWER)
def test_two_callers_share_nothing(subject: Subject, case: Case) -> None:
    """A caller's requests go to the caller's own address with the caller's own key, whoever called before.

    So they do where only one of the two is another, and where the address has a path.
    If this fails: read `settings` at each call. What was made of them (a client, a token, a header) is that caller's
    alone: keep it by key and address, or not at all. Write addresses as `f"{settings.require_api_base()}/chat"`;
    `urljoin` takes the path away.
    """
    if call(subject, case).error is not None:
        return  # told by the golden tests
    _call_as_another(subject, case, "address", api_base=ANOTHER_BASE)
    _call_as_another(subject, case, "key", api_key=ANOTHER_KEY)


def _call_as_another(subject: Subject, case: Case, what: str, **options: Any) -> None:
    """Fail where a caller with another key, or another address, is not served as the first one was."""
    second = Replay(case, base=options.get("api_base", API_BASE))
    at = definition(subject.function(case.operation))
    error = call(subject, case, handler=second, **options).error
    for number, outgoing in enumerate(second.sent):
        request = f"request {number + 1} of {case.name}"
        said = [outgoing.url, *outgoing.headers.values(), outgoing.content.decode("latin-1")]
        if _is_the_firsts(what, said):
            fail(f"{request} has the {what} of another caller", at=at)
        if _lost_the_path(case, number, outgoing.url):
            fail(f"{request} went to {outgoing.url}, where api_base is {ANOTHER_BASE}", at=at)
    if error is not None:
        got = f"{type(error).__name__}: {error}"
        at = line_of(error, subject.roots) or at
        fail(f"a second caller of {case.name}, with another {what}, got {got}", at=at, cause=error)


def _is_the_firsts(what: str, said: list[str]) -> bool:
    if what == "key":
        return shows(API_KEY, said)
    return any(urlsplit(API_BASE).netloc in text for text in said)


def _lost_the_path(case: Case, number: int, url: str) -> bool:
    """Whether the nth request went to the right server, and there to a path that no answer had named."""
    asked, base = urlsplit(url), urlsplit(ANOTHER_BASE)
    if asked.netloc != base.netloc or base.path in asked.path:
        return False
    answers = [exchange.answer for exchange in case.exchanges[:number]]
    named = [text for each in answers for text in (*each.headers.values(), each.body.decode("latin-1"))]
    return not any(asked.path in text.replace("\\/", "/") for text in named)


@each_case(first_of_each, NO_ANSWER)
def test_what_is_not_set_is_asked_for(subject: Subject, case: Case) -> None:
    """Without a key, or without an address, nothing stands in its place: the error names the variable to set.

    A server that needs no key is asked without one.
    If this fails: use `settings.require_api_key()` and `settings.require_api_base()`, which name the variables of
    `provider_info`. Where the key may be missing, leave its header out: `f"Bearer {settings.api_key}"` says None.
    """
    bare = Bare(subject, case)
    try:
        bare.run()
    except Exception:
        return  # told by the golden tests
    info = subject.loaded.info
    _without(subject, case, "api_key", info.api_key_env, _headers_with_the_key(bare))
    if info.api_base is None:
        _without(subject, case, "api_base", info.api_base_env)


def _headers_with_the_key(bare: Bare) -> set[str]:
    headers = [(name, value) for effect in bare.asked for name, value in (effect.headers or {}).items()]
    return {name for name, value in headers if shows(API_KEY, [value])}


def _without(
    subject: Subject, case: Case, argument: str, variables: tuple[str, ...], carriers: Collection[str] = ()
) -> None:
    """Fail where a call without a key or an address sends something in its place, or fails without naming it."""
    bare, at = Bare(subject, case), definition(subject.function(case.operation))
    said = f"without {argument}= the hook {case.operation}"
    try:
        bare.run(**{argument: None})
    except ConfigurationError as error:
        named = variables or (argument,)
        if not any(name in str(error) for name in named):
            fail(f"{said} does not name {' or '.join(named)}: {error}", at=line_of(error, subject.roots) or at)
    except Exception as error:
        fail(f"{said} failed with {type(error).__name__}: {error}", at=line_of(error, subject.roots) or at, cause=error)
    for effect in bare.asked:
        if argument == "api_base":
            fail(f"{said} asked {effect.url}", at=at)
        if instead := [f"{name}: {value}" for name, value in (effect.headers or {}).items() if name in carriers]:
            fail(f"{said} sends {instead[0]!r}", at=at)
