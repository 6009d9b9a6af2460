"""Writing wire files, in the form in which ``_wire`` reads them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from ._cases import Answer, Case
from ._differences import ANY, steady
from ._places import inside, profiled, root_of
from ._results import MADE_UP
from ._runs import Outcome, call
from ._subject import Subject

__all__ = ["accept", "write_answer", "write_json", "write_request"]

CLOCKS = {"time", "time_ns", "now", "utcnow", "today", "gmtime", "localtime", "strftime"}
"""What tells the time in Python's own modules."""


def accept(subject: Subject) -> dict[str, list[str]]:
    """Write the request.json and result.json that cases lack, from what the provider does now; return which."""
    found: dict[str, list[str]] = {}
    for case in subject.cases:
        if case.folder is None or not _lacks(case):
            continue
        before = set(case.folder.iterdir())
        error = accept_case(subject, case, case.folder).error
        if new := sorted(file.name for file in set(case.folder.iterdir()) - before):
            found.setdefault("written", []).append(f"{case.name}/{', '.join(new)}")
        if error is not None and case.error is None:
            found.setdefault("without a result, as the call fails", []).append(f"{case.name} ({type(error).__name__})")
    return found


def accept_case(subject: Subject, case: Case, folder: Path) -> Outcome:
    """Write what one case lacks; return what came of its call."""
    with _clock_watched() as looks:
        outcome = call(subject, case)
    if looks:
        time.sleep(1 - time.time() % 1)  # so that the second call's time is another, which is mostly told in seconds
    again = call(subject, case)
    for number, request in enumerate(_requests(outcome, again)[: len(case.exchanges)], 1):
        if not (folder / f"{number}.request.json").exists():
            write_request(folder, number, request)
    if case.error is None and outcome.error is None and not (folder / "result.json").exists():
        write_json(folder / "result.json", _repeatable(outcome, again))
    return outcome


@contextmanager
def _clock_watched() -> Iterator[list[str]]:
    """List the looks at the clock of code that is not jackfield's: a plugin that signs its requests sends the time."""
    looks, ours = [], (str(root_of("jackfield")),)

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and called.__name__ in CLOCKS and not inside(frame.f_code.co_filename, ours):
            looks.append(called.__name__)

    with profiled(note):
        yield looks


def _lacks(case: Case) -> bool:
    return (case.error is None and case.result is None) or any(each.request is None for each in case.exchanges)


def _requests(first: Outcome, second: Outcome) -> list[Any]:
    """Return what was sent, with ``{any}`` in the place of what another call sends otherwise."""
    one, other = first.sent, second.sent
    requests: list[Any] = steady(one, other) if len(one) == len(other) else one
    return requests


def _repeatable(first: Outcome, second: Outcome) -> Any:
    """Return a result without the id and time that another call does not give again; other such ids fit anything."""
    return _without_changing(first.plain, second.plain if second.error is None else first.plain)


def _without_changing(one: Any, other: Any) -> Any:
    if isinstance(one, list):
        return [_without_changing(*pair) for pair in zip(one, other, strict=True)]
    if isinstance(one, dict):
        if set(one) <= {"chunks", "response"}:
            return {name: _without_changing(one[name], other[name]) for name in one}
        said = {name: value for name, value in one.items() if not _is_made_up(name, value, other)}
        return {name: _with_any_id(value, other.get(name)) for name, value in said.items()}
    return one


def _with_any_id(one: Any, other: Any) -> Any:
    """Return a part of a result with ``{any}`` for ids made anew at each call, as of tool calls that have none."""
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_with_any_id(*pair) for pair in zip(one, other, strict=True)]
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return one
    anew = isinstance(one.get("id"), str) and one["id"] != other.get("id")
    return {name: _with_any_id(value, other.get(name)) for name, value in one.items()} | ({"id": ANY} if anew else {})


def _is_made_up(name: str, value: Any, other: Mapping[str, Any]) -> bool:
    # A time of today may be the same at the second call, but no server's record is of this very second.
    if name not in MADE_UP:
        return False
    return value != other.get(name) or (name == "created" and abs(value - time.time()) < 3600)


def write_request(folder: Path, number: int, request: Mapping[str, Any]) -> None:
    """Write one request; bytes stand in files of their own."""
    said = dict(request)
    if "content" in said:
        said["body_file"] = _write_bytes(folder, f"{number}.request.body", said.pop("content"))
    if "form" in said:
        said["form"] = [_field(folder, f"{number}.request.{at}.body", part) for at, part in enumerate(said["form"], 1)]
    write_json(folder / f"{number}.request.json", said)


def _field(folder: Path, name: str, part: Mapping[str, Any]) -> dict[str, Any]:
    if "content" not in part:
        return dict(part)
    rest = {key: value for key, value in part.items() if key != "content"}
    return {**rest, "body_file": _write_bytes(folder, name, part["content"])}


def _write_bytes(folder: Path, name: str, content: bytes) -> str:
    same = (file.name for file in sorted(folder.iterdir()) if file.suffix != ".json" and file.read_bytes() == content)
    if (known := next(same, None)) is not None:
        return known
    (folder / name).write_bytes(content)
    return name


def write_answer(folder: Path, number: int, answer: Answer) -> None:
    """Write one answer: its body as it came."""
    said: dict[str, Any] = {"status": answer.status, "headers": dict(answer.headers)}
    if answer.body:
        said["body_file"] = f"{number}.response.body"
        (folder / said["body_file"]).write_bytes(answer.body)
    write_json(folder / f"{number}.response.json", said)


def write_json(file: Path, value: Any) -> None:
    """Write JSON as wire files have it."""
    text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")
