"""Frames of a kind that no decoder has seen: recorded ones in other words, as the same server might send one day."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ...flow import EventStream
from .._flows import frames_of
from ._frames import cuts, frames_at
from ._words import in_other_letters, texts_in

__all__ = ["count_of", "object_in", "padded", "with_a_stranger"]

EVENT_LINE = re.compile(rb"^event:.*\n", re.MULTILINE)
DATA_LINE = re.compile(rb"^data:", re.MULTILINE)
NAMED = b"event: conformance\ndata:"
NEWS = NAMED + b' {"conformance": "news"}\n\n'
OBJECT = json.JSONDecoder()


def with_a_stranger(description: EventStream, body: bytes, answer: Any) -> Iterator[tuple[int, bytes]]:
    """Yield a stream with one frame more, of a kind of its own, and how many frames come before that.

    It stands before the first frame, or after one that precedes the finish. ``answer`` is what the stream adds up to,
    as JSON. It is made of a frame that holds a JSON object (an event needs none, it has a name), and is not yielded
    where the splitter does not take it, which may look for a checksum.
    """
    ends = [at for at, _ in frames_at(description, body)]
    raws = [body[start:end] for start, end in pairwise([0, *ends, len(body)])]
    known = [found[2] for raw in raws if (found := object_in(raw)) is not None]
    text, whole = "\n".join(texts_in(answer)), count_of(description, body)
    for number, at in enumerate([0, *cuts(description, body)]):
        for stranger in _strangers(raws[max(number - 1, 0)], known, text, named=description.framing == "sse"):
            changed = body[:at] + stranger + body[at:]
            if count_of(description, changed) == whole + 1:
                yield number, changed


def count_of(description: EventStream, body: bytes) -> int:
    """Return how many frames a body has; 0 where the splitter refuses it."""
    try:
        return len(list(frames_of(description, [body])))
    except Exception:  # the splitter's own
        return 0


def _strangers(raw: bytes, known: list[Any], text: str, *, named: bool) -> Iterator[bytes]:
    """Yield a frame in other words: an event under a name of its own, and where it has none, without one too."""
    stranger = _in_other_words(raw, known, text)
    if named and not known:
        yield NEWS
    if stranger is None:
        return
    nameless = EVENT_LINE.sub(b"", stranger) if named else stranger
    if nameless == stranger:
        yield stranger
    if named:
        yield DATA_LINE.sub(NAMED, nameless, count=1)


def _in_other_words(raw: bytes, known: list[Any], text: str) -> bytes | None:
    """Return as many bytes, since a length may stand before them: the object in them is padded with spaces."""
    if (found := object_in(raw)) is None:
        return None
    start, end, said = found
    other = _another(said, known, text)
    made = padded(other, end - start)
    return raw[:start] + made + raw[end:] if made is not None and other != said else None


def padded(said: dict[str, Any], size: int) -> bytes | None:
    """Return an object as so many bytes of JSON, with spaces before its last brace; None where it takes more."""
    made = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return made[:-1] + b" " * (size - len(made)) + b"}" if len(made) <= size else None


def object_in(raw: bytes) -> tuple[int, int, dict[str, Any]] | None:
    """Return where the first JSON object in some bytes begins and ends, and the object."""
    text = raw.decode("latin-1")  # a character a byte: what is not JSON need not be text
    start = text.find("{")
    while start >= 0:
        try:
            _, end = OBJECT.raw_decode(text, start)
            return start, end, json.loads(raw[start:end])
        except ValueError:
            start = text.find("{", start + 1)
    return None


def _another(said: dict[str, Any], known: list[Any], text: str) -> dict[str, Any]:
    """Return an object as an event of another kind would be.

    It has what all that are known have, with another word where their words differ ("kind", and not the run's id), and
    all else under other names: fields of one kind, lists, and where the text of the answer stands.
    """
    made: dict[str, Any] = {}
    for name, value in said.items():
        values = [each[name] for each in known if name in each]
        shared = len(values) == len(known)
        if shared and all(isinstance(each, dict) for each in values):
            made[name] = _another(value, values, text)
        elif shared and all(each == value for each in values) and not isinstance(value, list | dict):
            made[name] = value
        elif shared and not isinstance(value, list | dict) and not _are_text(values, text):
            made[name] = in_other_letters(value)
        else:
            made[in_other_letters(name)] = in_other_letters(value)
    return made


def _are_text(values: list[Any], text: str) -> bool:
    """Whether values of one field are pieces of a text, or most of them: a last one may only say that it has ended."""
    said = [value for value in values if value]
    inside = sum(isinstance(value, str) and value.strip() in text for value in said)
    return all(isinstance(value, str) for value in said) and 2 * inside >= len(said)
