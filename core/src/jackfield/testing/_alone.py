"""What a provider does in a process of its own: while it is imported, and at its first calls.

What the plugin keeps (`functools.cache`, a global) is done once in a process, and in this one perhaps before any watch.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..errors import APIConnectionError
from ..flow import Call
from ._cases import Case
from ._check import fail
from ._flows import Bare
from ._places import Roots, root_of
from ._subject import Subject, installed, subject_of
from ._watch import by_hand, environment_watched, watched

__all__ = ["first_of", "imported", "in_this_process"]

IMPORTING = """
import os
import sys
told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever the plugin prints is no part of what is told
sys.path[:] = {path!r}
import json, time
import jackfield
from contextlib import ExitStack
from jackfield import *
from pydantic import create_model
create_model("First")()  # the first one has pydantic look for plugins of its own
from jackfield.testing._alone import in_this_process
from jackfield.testing._watch import environment_watched, watched
from importlib import import_module
roots = {roots!r}
seen, read = [], []
with ExitStack() as watches:
    if {watch}:
        seen, read = map(watches.enter_context, (watched(roots), environment_watched(roots)))
    began = time.perf_counter()
    import_module({module!r})
    seconds = time.perf_counter() - began
first = in_this_process({name!r}, {model!r}, {wire!r}, roots) if {watch} else {{}}
seen = [*seen, *("read " + each for each in read)]
json.dump({{"seconds": seconds, "seen": seen, "first": first}}, told)
told.close()
os._exit(0)  # whatever the plugin has begun, a thread without an end, is not waited for
"""


def imported(subject: Subject, *, again: bool = False) -> dict[str, Any]:
    """Return what a process saw that imported the provider, a further one with no watch where ``again`` is asked for.

    That is ``seconds``, ``seen`` while it was imported, and ``first``, of which ``in_this_process`` tells.
    """
    if subject.imports and not again:
        return subject.imports[0]
    wire = next((str(case.folder.parent) for case in subject.cases if case.folder), None)
    named = (subject.model_of(case) for case in subject.cases if not case.asked.model)
    code = IMPORTING.format(
        path=sys.path,
        module=subject.module,
        roots=tuple(filter(None, [root_of(subject.module)])),
        watch=not again,
        name=subject.name,
        model=next(filter(None, named), None),
        wire=wire,
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", check=False)  # noqa: S603
    if not done.stdout:
        fail(f"{subject.module} cannot be imported in a process of its own: {done.stderr.strip()[-1000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    subject.imports.append(result)
    return result


def first_of(subject: Subject, case: Case) -> dict[str, list[str]]:
    """Return what a case's first call of a process ``did`` and ``read``: nothing where none can find the plugin."""
    first: dict[str, Any] = imported(subject)["first"] if subject.found is not None else {}
    return first.get(case.name) or {"did": [], "read": []}


def in_this_process(name: str, model: str | None, wire: str | None, roots: Roots) -> dict[str, Any]:
    """Return what the lines of a provider do when it is loaded and called for the first time.

    Of `provider_info` that is ``provider_info``; of the first answered case of each flow over HTTP, the case's name →
    what it ``did`` and ``read``. What libraries do for themselves then is no matter of the plugin's.
    """
    with watched(roots, by_hand) as did, environment_watched(roots) as read:
        installed(name)[1].provider(name)
    first: dict[str, Any] = {"provider_info": [*did, *(f"read {each}" for each in read)]}
    if wire is None:
        return first
    subject = subject_of(name, model=model, wire=Path(wire))
    for operation in sorted(subject.hooks):
        case = subject.of(operation)
        if case is not None and case.exchanges and subject.is_flow(operation):
            with watched(roots, by_hand) as did, environment_watched(roots) as read:
                _Alone(subject, case).quietly()
            first[case.name] = {"did": did, "read": read}
    return first


class _Alone(Bare):
    """A call whose foreign functions are left alone: what a test has put in their place is not in this process."""

    def _performed(self, effect: Any) -> Any:
        if isinstance(effect, Call):
            raise APIConnectionError("not called")
        return super()._performed(effect)
