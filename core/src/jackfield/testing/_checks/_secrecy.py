"""The key: in a header of the right server, and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...errors import APIConnectionError, APITimeoutError, ContractViolationError
from ...types import Request
from .._cases import Answer, Case
from .._check import each_case, fail, once
from .._flows import Bare
from .._places import definition, line_of
from .._private import JWT
from .._replay import API_BASE, API_KEY, Replay
from .._results import plain_result
from .._runs import call
from .._secrets import forms_of, shows, texts_of
from .._subject import Subject
from ._hearing import hearing
from ._losses import ALONE
from ._selections import NO_HOOK, NO_WIRE, first_of_each, hooked
from ._servers import JSON
from ._statuses import STATUSES

__all__ = ["test_the_key_goes_to_no_other_origin", "test_the_key_is_shown_nowhere", "test_wire_files_hold_no_key"]

ELSEWHERE = "https://elsewhere.invalid"

TROUBLES: tuple[Answer | Exception, ...] = (
    *(Answer(status, {**JSON, "retry-after": "2"}, b'{"error": {"message": "refused"}}') for status in STATUSES),
    Answer(500, {}, b"failed"),
    Answer(200, JSON, b'{"another": "shape"}'),
    Answer(200, JSON, b"no JSON"),
    APIConnectionError("connection refused"),
    APITimeoutError("no answer"),
)
BREAKS = (b"no frame", b'data: {"error": {"message": "overloaded"}}\n\n', b'{"error": {"message": "overloaded"}}\n')
"""What may come in the middle of a stream, in place of its rest."""

STRANGE: tuple[Any, ...] = (1_000_000, -1, "conformance", [], {})
"""Values of which a plugin may refuse one: too much, too little, another word, another type."""

MESSAGES = (
    {"role": "conformance", "content": "Hello."},
    {"role": "user", "content": [{"type": "conformance"}]},
    {"role": "user", "content": None},
)
"""Messages of which it may refuse any."""


@each_case(hooked, NO_HOOK)
def test_the_key_is_shown_nowhere(subject: Subject, case: Case) -> None:
    """The key appears in no result, no exception, no repr, no log line, no warning and nothing that is printed.

    So it is when the server fails in any way, and when the plugin refuses what it is asked. Eight characters of the key
    in a row are the key. Exceptions are looked at as the plugin raises them, before the core takes secrets out. What
    is written to the process's file descriptors past `sys.stdout` and `sys.stderr` is not heard.
    If this fails: leave settings, headers and requests out of messages and logs; a message names the variable that
    holds the key (`settings.require_api_key()` does), never the key.
    """
    at = definition(subject.function(case.operation))
    with hearing() as heard:
        for bare in _runs(subject, case):
            try:
                result: Any = bare.run()
            except Exception as error:
                if shows(API_KEY, texts_of(error)):
                    where = line_of(error, subject.roots)
                    fail(f"{case.operation} raised {type(error).__name__} with the key in it", at=where)
                continue
            if shows(API_KEY, [repr(plain_result(result)), repr(result)]):
                fail(f"the result of {case.operation} holds the key", at=at)
    if leaks := [kind for kind, text in heard() if shows(API_KEY, [text])]:
        fail(f"{case.operation} shows the key in {', '.join(dict.fromkeys(leaks))}", at=at)
    if shows(API_KEY, [repr(subject.plugin)]):
        fail("the plugin's repr shows the key")


def _runs(subject: Subject, case: Case) -> Iterator[Bare]:
    """Yield a case's call as it is, with each trouble, and once for each operation with what may be refused."""
    yield Bare(subject, case)
    for answers in _troubles(case):
        yield Bare(subject, case, answers=answers)
    if first_of_each(subject, case):
        for request in _strange_requests(case):
            yield Bare(subject, replace(case, request=request))


def _strange_requests(case: Case) -> Iterator[Request]:
    asked = case.asked
    for name in ALONE.get(case.operation, {}):
        yield from (asked.replace(params={**asked.params, name: value}) for value in STRANGE)
    for field in {"input", "prompt"} & set(asked.own_fields()):
        yield from (asked.replace(**{field: value}) for value in STRANGE)
    if "messages" in asked.own_fields():
        yield from (asked.replace(messages=[message]) for message in MESSAGES)


def _troubles(case: Case) -> Iterator[Callable[[int], Answer | Exception]]:
    """Yield what answers a case's nth request where the server or the way to it fails: at once, or at the last."""
    if not case.exchanges:
        return
    last = case.exchanges[-1].answer
    within = [replace(last, body=last.body[: len(last.body) // 2] + rest) for rest in BREAKS if case.streams]
    for trouble in (*TROUBLES, *within):
        for before in {0, len(case.exchanges) - 1}:
            yield partial(_answer, case, trouble, before)


def _answer(case: Case, trouble: Answer | Exception, before: int, number: int) -> Answer | Exception:
    return case.exchanges[number].answer if number < before else trouble


def _exchanged(subject: Subject, case: Case) -> bool:
    return bool(case.exchanges) and hooked(subject, case)


@each_case(_exchanged, NO_WIRE)
def test_the_key_goes_to_no_other_origin(subject: Subject, case: Case) -> None:
    """The key goes to the origin of `api_base` alone, also where an answer names an address elsewhere.

    If this fails: send the credential only to addresses under `settings.api_base`; an address that the server names (a
    job's, a file's) may belong to somebody else, and a request there goes without the key.
    """
    replay, elsewhere = Replay(case), Replay(case, base=ELSEWHERE)
    for handler in (replay, elsewhere):
        _not_kept_home(subject, case, call(subject, case, handler=handler).error)
    for outgoing in (*replay.sent, *elsewhere.sent):
        if _origin(outgoing.url) == _origin(API_BASE):
            continue
        sent = [outgoing.url.encode(), outgoing.content, *(value.encode() for value in outgoing.headers.values())]
        if any(form in text for form in forms_of(API_KEY) for text in sent):
            fail(f"the key was sent to {_origin(outgoing.url)}", at=definition(subject.function(case.operation)))


def _not_kept_home(subject: Subject, case: Case, error: Exception | None) -> None:
    """Fail where the core had to keep the key from going elsewhere: the plugin's call ends there, and is wrong."""
    if isinstance(error, ContractViolationError) and "credential" in str(error):
        fail(str(error), at=line_of(error, subject.roots) or definition(subject.function(case.operation)))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _no_files(subject: Subject) -> str | None:
    return None if any(case.folder for case in subject.cases) else "the provider has no wire files"


KEY_LIKE = re.compile(r"bearer\s+(?=[\w.~+/-]*\d)[\w.~+/-]{16,}", re.IGNORECASE | re.ASCII)
"""A word of 16 characters with a digit: what stands after "Bearer" in a sentence is shorter, or has none."""


@once(unless=_no_files)
def test_wire_files_hold_no_key(subject: Subject) -> None:
    """No wire file holds a key, or a JSON Web Token: `{api_key}` stands in its place.

    If this fails: record the case again, or write `{api_key}` where the key stands; and if it was a real one, and was
    ever committed, revoke it.
    """
    leaks = [
        str(file)
        for case in subject.cases
        if case.folder
        for file in sorted(case.folder.iterdir())
        if file.is_file()
        if _holds_key(subject, file)
    ]
    if leaks:
        fail("these files hold a key:", leaks)


def _holds_key(subject: Subject, file: Path) -> bool:
    content = file.read_bytes().decode("latin-1")  # a character a byte: what is no text is looked at, too
    real = [os.environ[name] for name in subject.loaded.info.api_key_env if os.environ.get(name)]
    keys = [API_KEY, *(key for key in real if len(key) > 7)]
    if any(form.decode("latin-1") in content for key in keys for form in forms_of(key)):
        return True
    return any(kind.search(content) is not None for kind in (KEY_LIKE, JWT))
