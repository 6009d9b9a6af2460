"""What a caller passes beside the question: every parameter, header and field goes out, or is refused by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ...errors import BadRequestError, JackfieldError
from .._canonical import PARAMETERS
from .._cases import Case
from .._check import fail, once
from .._differences import ANY, fits, steady
from .._places import definition, line_of
from .._reads import Reads
from .._runs import call
from .._subject import Subject

__all__ = ["ALONE", "faults_of", "sent_each_time", "sent_for", "test_no_parameter_is_lost"]

ALONE: dict[str, dict[str, Any]] = {
    "completion": {
        **PARAMETERS,
        "n": 2,
        "logit_bias": {"50256": -100},
        "logprobs": True,
        "response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "tool_choice": "auto",
        "parallel_tool_calls": False,
        "reasoning_effort": "low",
    },
    "embedding": {"dimensions": 8, "encoding_format": "float", "user": "a-user"},
    "image_generation": {"n": 2, "size": "256x256", "quality": "high", "response_format": "b64_json", "user": "a-user"},
    "image_edit": {"n": 2, "size": "256x256", "quality": "high", "response_format": "b64_json", "user": "a-user"},
}
ALONE["streaming"] = ALONE["completion"]
ALONE["text_completion"] = {**PARAMETERS, "n": 2, "suffix": "the end"}
EVERYWHERE = {"conformance_unknown": "a-value"}
FREE = {"user", "suffix", "conformance_unknown"}
"""Parameters whose value may be any text, the empty one too."""

STOP = "CONFORMANCE"
"""A text to stop at, which no request holds otherwise."""

BODIES = {"json", "text", "form", "content"}
"""Where the body of a written request stands."""

OPTIONS = {"extra_headers": {"x-conformance": "a-value"}, "extra_body": {"conformance_extra": "a-value"}}


@once()
def test_no_parameter_is_lost(subject: Subject) -> None:
    """Every parameter changes what is sent, or is refused by its name: nothing that a caller passed is lost silently.

    0, False and "" are values as others are; None says that nothing was given; a `stop` may be a text or a list of
    them. What a caller gives as `extra_body` goes out too, and `extra_headers` with each request to the origin of
    `api_base`: a proxy there may ask for them whenever it is asked; both win over what the plugin sends itself. Where
    there is no HTTP, the hook must have looked at each parameter that it did not refuse.
    If this fails: send the parameter, or name those that the server knows in `ProviderInfo(parameters=…)`, which has
    the core refuse all others by name; what depends on the value raise as `BadRequestError(…, param="the name")`. Ask
    `is not None`, not whether a value is true. Add `settings.headers` to the headers of each request, the one that asks
    for a job too, and `settings.extra_body` to the body: last, `{**own, **settings.extra_body}`.
    """
    lost = []
    for operation in sorted(subject.hooks):
        case = _longest(subject, operation)
        if case is None or call(subject, case).error is not None:
            continue  # an error is told by the golden tests
        names = [*(_not_sent if case.exchanges else _not_read)(subject, case), *_not_none(subject, case)]
        if names:
            lost += [f"{operation}: {name}" for name in names]
            if (at := definition(subject.function(operation))) is not None:
                lost.append(f"  at {at}")
    if lost:
        fail(f"{subject.name} neither {'sends' if subject.http else 'reads'} nor refuses", lost)


def _not_sent(subject: Subject, case: Case) -> Iterator[str]:
    plain = sent_each_time(subject, case, case.asked)
    for name, value in _values(case):
        said = name if value else f"{name}={value!r}"
        try:
            if fits(plain, sent_for(subject, case, _asked(case, name, value))):
                yield said
        except JackfieldError as error:
            yield from faults_of(subject, error, said, name)
    for name, extra in (*OPTIONS.items(), *_in_place_of(plain)):
        try:
            yield from _without(name, extra, plain, sent_for(subject, case, case.asked, **{name: extra}))
        except JackfieldError as error:
            yield from faults_of(subject, error, name, name, *extra)
    if "stop" in ALONE.get(case.operation, ()):
        yield from _torn(subject, case)


def _torn(subject: Subject, case: Case) -> Iterator[str]:
    """Yield `stop` where a text of a list goes out, and the same text without one does not: its letters do."""
    try:
        listed, alone = (str(sent_for(subject, case, _asked(case, "stop", each))) for each in ([STOP], STOP))
        if STOP in listed and STOP not in alone:
            yield f"stop={STOP!r}, which is no list, as one text"
    except JackfieldError as error:
        yield from faults_of(subject, error, f"stop={STOP!r}", "stop")


def _not_none(subject: Subject, case: Case) -> Iterator[str]:
    """Yield the parameters that fail as None, which callers give who have nothing to say, and not with a value."""
    for name, value in _given(case).items():
        asked = (replace(case, request=_asked(case, name, each)) for each in (value, None))
        given, none = (call(subject, each).error for each in asked)
        if given is None and isinstance(none, JackfieldError):
            yield from faults_of(subject, none, f"{name}=None", name)


def _in_place_of(plain: list[Any]) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield options that stand in the place of what the provider sends itself: its key, and a field of its body."""
    for first in plain[:1]:
        for name, value in first["headers"].items():
            if "{api_key" in value:
                yield "extra_headers", {name.title(): "conformance"}  # HTTP does not tell the case of names apart
        if isinstance(body := first.get("json"), dict):
            yield from [("extra_body", {name: "conformance"}) for name, value in body.items() if value != ANY][:1]


def _without(name: str, extra: dict[str, str], plain: list[Any], given: list[Any]) -> Iterator[str]:
    """Yield each request that lacks extra headers; of an extra body, whether no request with a body has it."""
    said = f"{name}={extra}"
    same = [now for before, now in zip(plain, given, strict=False) if fits(before, now)]
    if name == "extra_headers":
        at_home = [each for each in same if each["url"].startswith("{api_base}")]
        yield from (f"{said} of {each['method']} {each['url']}" for each in at_home)
    elif len(same) == len(given) and any(each.keys() & BODIES for each in given):
        yield said


def _longest(subject: Subject, operation: str) -> Case | None:
    """Return the first of an operation's answered cases with the most exchanges: one that polls, where there is one."""
    answered = [case for case in subject.cases if case.operation == operation and case.error is None]
    return max(answered, key=lambda case: len(case.exchanges), default=None)


def _not_read(subject: Subject, case: Case) -> Iterator[str]:
    """Yield the parameters that no line of the plugin looked at, and nobody refused."""
    for name, value in _given(case).items():
        if name == "user":
            continue  # says who asks: where nothing leaves the process, there is nobody to tell
        reads = Reads({**case.asked.params, name: value}, subject.roots)
        outcome = call(subject, case, params=reads)
        if isinstance(outcome.error, BadRequestError):
            yield from faults_of(subject, outcome.error, name, name)
        elif outcome.error is None and name not in reads.seen:
            yield name


def _given(case: Case) -> dict[str, Any]:
    every = {**ALONE.get(case.operation, {}), **EVERYWHERE}
    return {name: value for name, value in every.items() if name not in case.asked.params}


def _values(case: Case) -> Iterator[tuple[str, Any]]:
    """Yield each parameter with a value, and again with the one of its kind that Python takes for false."""
    for name, value in _given(case).items():
        yield name, value
        if value and (isinstance(value, int | float) or name in FREE):
            yield name, type(value)()


def _asked(case: Case, name: str, value: Any) -> Any:
    return case.asked.replace(params={**case.asked.params, name: value})


def faults_of(subject: Subject, error: JackfieldError, said: str, *names: str) -> Iterator[str]:
    """Yield what is wrong with an error in the place of a request: it refuses nothing, or says none of these names."""
    if not isinstance(error, BadRequestError):
        at = line_of(error, subject.roots)
        yield f"{said} failed{f' at {at}, ' if at else ' '}with {type(error).__name__}: {error}"
    elif not any(name == error.param or name in str(error) for name in names):
        yield f"{said} was refused without a word of {names[0]}: {error}"


def sent_for(subject: Subject, case: Case, asked: Any, **options: Any) -> list[Any]:
    """Return all that is sent for another request than the case's; raises the error where not all of it goes out."""
    outcome = call(subject, replace(case, request=asked), **options)
    error, sent = outcome.error, outcome.sent
    # What fails later, may fail because the recorded answer is one to another question.
    unsent = isinstance(error, JackfieldError) and len(sent) < len(case.exchanges)
    if error is not None and (unsent or isinstance(error, BadRequestError)):
        raise error
    return sent


def sent_each_time(subject: Subject, case: Case, asked: Any) -> list[Any]:
    """Return the same, with ``{any}`` in the place of what each call makes anew."""
    first, second = sent_for(subject, case, asked), sent_for(subject, case, asked)
    plain: list[Any] = steady(first, second) if len(first) == len(second) else second  # which the golden tests tell
    return plain
