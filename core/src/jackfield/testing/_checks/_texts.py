"""Where the frames of a recorded stream hold its text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator
from itertools import pairwise
from typing import Any

from ...flow import EventStream
from ._frames import cuts, frames_at
from ._paths import Path, paths_in, value_at, with_value
from ._strangers import count_of, object_in, padded

__all__ = ["spelled", "without_text"]


def without_text(description: EventStream, body: bytes, texts: Container[str]) -> Iterator[tuple[int, Any, bytes]]:
    """Yield a stream with one frame more, whose text is empty or null, how many frames come before it, and that text.

    It is made of the first frame with one of these texts, before which it stands. What the finish has in that place is
    not put in: it may be how the server says that it is over.
    """
    early, whole = len(cuts(description, body)), count_of(description, body)
    ends = [0, *(end for end, _ in frames_at(description, body))]
    found = [object_in(body[start:end]) for start, end in pairwise(ends)]
    for number, each in enumerate(found[:early]):
        path = _path_of_one(texts, each[2]) if each is not None else None
        if each is None or path is None:
            continue
        known = [value_at(other[2], path) for other in found[early:] if other is not None]
        frame, (start, end, said) = body[ends[number] : ends[number + 1]], each
        for text in ("", None):
            made = padded(with_value(said, path, text), end - start)
            more = b"" if made is None else frame[:start] + made + frame[end:]
            changed = body[: ends[number]] + more + body[ends[number] :]
            if text not in known and count_of(description, changed) == whole + 1:
                yield number, text, changed
        return


def _path_of_one(texts: Container[str], said: Any) -> Path | None:
    strings = (path for path in paths_in(said) if isinstance(value_at(said, path), str))
    return next((path for path in strings if value_at(said, path) in texts), None)


def spelled(description: EventStream, body: bytes, text: str) -> bool:
    """Whether the frames of a body hold a text in pieces, each in the same place of its frame."""
    pieces: defaultdict[Path, list[str]] = defaultdict(list)
    ends = [0, *(end for end, _ in frames_at(description, body))]
    objects = [found[2] for start, end in pairwise(ends) if (found := object_in(body[start:end])) is not None]
    for said in objects:
        for path in paths_in(said):
            if (piece := value_at(said, path)) and isinstance(piece, str):
                pieces[path].append(piece)
    return any(len(each) > 1 and text in "".join(each) for each in pieces.values())
