"""Files of a wire folder, read strictly: whatever is wrong with one is a SuiteError that names it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._errors import SuiteError

__all__ = ["bytes_of", "entries", "mapping_in", "read_object", "text_in"]

LEFT = re.compile(r"\..*|.*~|#.*#|Thumbs\.db|desktop\.ini|readme\.(md|rst|txt)", re.IGNORECASE)
"""Names of what file managers and editors leave, and of what is written for people."""

LARGEST = 64
"""MiB: what the core takes of a frame, too."""


def entries(folder: Path) -> list[Path]:
    """Return what stands in a folder, by name, but for what is none of the kit's."""
    return sorted(each for each in folder.iterdir() if not LEFT.fullmatch(each.name))


def read_object(file: Path, known: set[str] | None = None) -> dict[str, Any]:
    """Return the JSON object of a file; raises SuiteError for anything else, and for keys that are not ``known``."""
    try:
        said = _parsed(_content(file))
    except (ValueError, RecursionError) as error:
        raise SuiteError(f"{file} is no JSON: {_told(error)}") from error
    if not isinstance(said, dict):
        raise SuiteError(f"{file}: expected a JSON object")
    if known is not None and (unknown := sorted(said.keys() - known)):
        raise SuiteError(f"{file}: unknown {unknown[0]!r}; there are {', '.join(sorted(known))}")
    return said


def _content(file: Path) -> bytes:
    try:
        if not file.is_file():
            raise SuiteError(f"{file} is no file that could be read; take it away, or put one in its place")
        if file.stat().st_size > LARGEST << 20:
            raise SuiteError(f"{file} is larger than {LARGEST} MiB; record a shorter answer")
        return file.read_bytes()
    except OSError as error:
        raise SuiteError(f"{file} cannot be read: {error.strerror}") from error


def _parsed(content: bytes) -> Any:
    # Not as json.loads takes bytes, which may be UTF-16 too: there the search for keys would find none.
    said = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_each_once, parse_constant=_no_number)
    json.dumps(said, ensure_ascii=False).encode()  # which half a character of "\\ud83d" fails
    return said


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"{twice!r} stands there twice")
    return names


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _told(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return f"{error}; save it as UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def bytes_of(file: Path, folder: Path, name: Any) -> bytes:
    """Return the content of a file of the folder."""
    if not isinstance(name, str) or name not in {each.name for each in folder.iterdir() if each.is_file()}:
        raise SuiteError(f"{file}: {name!r} is no file of the folder {folder}")
    return _content(folder / name)


def mapping_in(file: Path, said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a field that is a JSON object; empty where it is left out."""
    value = said.get(name, {})
    if not isinstance(value, Mapping):
        raise SuiteError(f"{file}: {name} is a JSON object, not {value!r}")
    return value


def text_in(file: Path, said: Mapping[str, Any], name: str) -> str | None:
    """Return a field that is a text, or None."""
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise SuiteError(f"{file}: {name} is a text, not {value!r}")
    return value
