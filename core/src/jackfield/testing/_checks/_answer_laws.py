"""What holds for every whole answer, whatever was recorded: OpenAI's words, and as much as was asked for."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from .._cases import Case
from .._check import each_case, fail
from .._places import line_of_return
from .._results import plain_result
from .._runs import call
from .._subject import Subject
from ._answers import is_json
from ._selections import whole
from ._words import answered_with

__all__ = ["COUNTS", "FINISHES", "broken_laws", "miscounted", "silent", "test_the_answer_laws"]

FINISHES = ("stop", "length", "tool_calls", "content_filter", "function_call")
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")

PLAIN = {"chat-plain", "stream-plain"}
"""What asks for a word of greeting and no more; to other questions a server may have nothing to say."""


@each_case(whole, "no case has a whole answer")
def test_the_answer_laws(subject: Subject, case: Case) -> None:
    """A whole answer ends in OpenAI's vocabulary, its counts add up, and there is one vector for each text.

    A plain question has an answer, vectors stay in the server's order, tool calls have an id and arguments that are
    JSON, and there are `n` images, each an address or plain base64.
    If this fails: the recorded result says the same and is wrong with it; mend the plugin, delete the case's
    result.json and run `pytest --accept`. Translate the server's reason for ending ("end_turn", "max_len") to one of
    stop, length, tool_calls, content_filter.
    """
    outcome = call(subject, case)
    if outcome.error is not None:
        return  # told by test_response_golden
    if broken := broken_laws(case, outcome.response) or [*_order(subject, case, outcome.response)]:
        at = line_of_return(subject.function(case.operation), lambda: call(subject, case))
        fail(f"the answer of {case.name} breaks these laws:", broken, at)


def broken_laws(case: Case, answer: Any) -> list[str]:
    """Say which laws an answer breaks, a stream's when it has been added up."""
    return [*_mappings(answer)] or [*silent(case, answer), *LAWS[case.operation](answer, case.asked)]


def silent(case: Case, answer: Any) -> list[str]:
    """Say where the answer to a plain question is over, neither cut short nor filtered, and holds nothing at all."""
    choices = plain_result(answer).get("choices", []) if case.name in PLAIN else []
    return [
        f"the answer ends with {reason!r} and holds nothing: no text, and nothing in its place"
        for choice in choices
        if (reason := choice.get("finish_reason")) not in {"length", "content_filter"}
        and "message" in choice
        and not any(value for name, value in choice["message"].items() if name != "role")
    ]


def _mappings(answer: Any) -> Iterator[str]:
    """Say what a caller cannot read the attributes of."""
    for field in ("choices", "data", "usage"):
        value = getattr(answer, field, None)
        if any(isinstance(part, Mapping) for part in (value if isinstance(value, list) else [value])):
            yield f"{field} holds a mapping, since replace() takes values as they are; give it objects"


def _chat(answer: Any, asked: Any) -> Iterator[str]:
    yield from _choices(answer, asked)
    for choice in answer.choices:
        if choice.message.role != "assistant":
            yield f"choice {choice.index} has the role {choice.message.role!r}, expected 'assistant'"
        for number, each in enumerate(choice.message.tool_calls or ()):
            yield from _tool_call(each, f"tool call {number} of choice {choice.index}")


def _tool_call(each: Any, where: str) -> Iterator[str]:
    if not each.id:
        yield f"{where} has no id, by which a caller gives its result"
    if not is_json(each.function.arguments):
        yield f"{where}: the arguments are {each.function.arguments!r}, expected a text of JSON"


def _choices(answer: Any, asked: Any) -> Iterator[str]:
    if not answer.choices:
        yield "there is no choice"
    if len({choice.index for choice in answer.choices}) < len(answer.choices):
        yield f"choices have the indexes {[choice.index for choice in answer.choices]}"
    for choice in answer.choices:
        if choice.finish_reason not in FINISHES:
            yield f"choice {choice.index} ends with {choice.finish_reason!r}, expected one of {', '.join(FINISHES)}"
    if (said := miscounted(answer.usage)) is not None:
        yield f"usage: {said}"


def miscounted(usage: Any) -> str | None:
    """Say what the total of some counts is and should be; None where it is right, or not all of them are there."""
    prompt, completion, total = (getattr(usage, name, None) for name in COUNTS)
    if prompt is None or completion is None or total in {None, prompt + completion}:
        return None
    return f"total_tokens is {total}, expected {prompt + completion}"


def _vectors(answer: Any, asked: Any) -> Iterator[str]:
    several = isinstance(asked.input, list) and not all(isinstance(token, int) for token in asked.input)
    wanted = list(range(len(asked.input) if several else 1))
    if (found := [each.index for each in answer.data]) != wanted:
        yield f"the vectors have the indexes {found}, expected {wanted}"
    if any(not each.embedding for each in answer.data):
        yield "a vector is empty"


def _order(subject: Subject, case: Case, answer: Any) -> Iterator[str]:
    """Say whether the first two vectors stay where they are when the server changes one for the other."""
    vectors = [each.embedding for each in answer.data] if case.operation == "embedding" else []
    if len(vectors) < 2 or vectors[0] == vectors[1]:
        return
    changed = case
    for number, exchange in enumerate(case.exchanges):
        with suppress(ValueError):  # no JSON
            said = json.loads(exchange.answer.body)
            if (other := _swapped(said, *vectors[:2])) != said:
                changed = answered_with(changed, json.dumps(other).encode(), number)
    outcome = call(subject, changed)
    if changed is not case and outcome.error is None and [each.embedding for each in outcome.response.data] == vectors:
        yield "the vectors have an order of the plugin's own: the same for the texts the other way round"


def _swapped(said: Any, one: Any, other: Any) -> Any:
    """Return a JSON value with one value in it in the place of another, and the other in that of the one."""
    if said in (one, other):
        return other if said == one else one
    if isinstance(said, dict):
        return {name: _swapped(item, one, other) for name, item in said.items()}
    return [_swapped(item, one, other) for item in said] if isinstance(said, list) else said


def _images(answer: Any, asked: Any) -> Iterator[str]:
    if not answer.data:
        yield "there is no image"
    elif len(answer.data) != (wanted := asked.params.get("n") or len(answer.data)):
        yield f"there are {len(answer.data)} images, and n={wanted} were asked for"
    for number, image in enumerate(answer.data):
        if not (image.url or image.b64_json):
            yield f"image {number} has neither url nor b64_json"
        elif image.url and not urlsplit(image.url).scheme:
            yield f"image {number}: url is no address, but {image.url[:40]!r}"
        elif image.b64_json and not _is_base64(image.b64_json):
            yield f"image {number}: b64_json is no base64, but {image.b64_json[:40]!r}"


def _is_base64(text: str) -> bool:
    try:
        return bool(b64decode(text, validate=True))
    except ValueError:
        return False


def _models(answer: Any, asked: Any) -> Iterator[str]:
    if any(not model.id for model in answer.data):
        yield "a model has no id"


LAWS: dict[str, Callable[[Any, Any], Iterator[str]]] = {
    "completion": _chat,
    "streaming": _chat,
    "text_completion": _choices,
    "embedding": _vectors,
    "image_generation": _images,
    "image_edit": _images,
    "list_models": _models,
}
"""Operation → what holds for its answers."""
