"""Each check of a distribution has a wrong one that it catches, and that no other check catches."""

import os
from dataclasses import replace
from importlib.util import find_spec

import pytest
from fine import IN_PROCESS, Fine
from jackfield import hookimpl
from jackfield.testing import Case, check
from jackfield.testing._checks import CHECKS
from jackfield.testing._engine import plan_of
from jackfield.testing._subject import subject_of

GATEWAY = "test_the_gateway_agrees"

with_gateway = pytest.mark.skipif(find_spec("jackfield_gateway") is None, reason="the gateway is not installed")


def failures(subject, *, gateway=False):
    """What fails: check → the text of its first failure. The gateway's process is started only where asked for."""
    failed = {}
    for test in plan_of(subject, checks=[each for each in CHECKS if gateway or each.name != GATEWAY]).tests:
        verdict = test.run(subject)
        if verdict.kind == "failed":
            failed.setdefault(test.check.name, verdict.text)
    subject.close()
    failed.pop("test_the_canonical_cases_are_there", None)
    return failed


def test_nothing_is_wrong_with_the_distribution_that_is_changed_below(installed):
    assert failures(installed(), gateway=True) == {}


def test_a_name_that_no_call_can_write(installed):
    failed = failures(installed(name="two words"))
    assert set(failed) == {"test_the_name_leads_to_the_provider"}
    assert "'two words'" in failed["test_the_name_leads_to_the_provider"]


@pytest.mark.parametrize("requires", ["jackfield>=0.1", "jackfield", "jackfield[cli]>=0.1; python_version > '3'", ""])
def test_a_core_without_a_bound_above(installed, requires):
    failed = failures(installed(requires=requires))
    assert set(failed) == {"test_the_core_is_bounded_above"}


@pytest.mark.parametrize("requires", ["jackfield (<1,>=0.1)", "jackfield==0.1.0", "jackfield~=0.1", "jackfield-echo<1"])
def test_a_core_that_is_bounded_in_another_way(installed, requires):
    assert failures(installed(requires=requires)) == {}


def test_a_package_that_is_not_marked_as_typed(installed):
    failed = failures(installed(typed=False))
    assert set(failed) == {"test_the_package_is_typed"}
    assert "py.typed" in failed["test_the_package_is_typed"]


@pytest.mark.parametrize(
    "line", ["from jackfield._pool import Pool", "import jackfield._pool", "from jackfield import _pool"]
)
def test_an_import_of_what_is_private(installed, line):
    failed = failures(installed(files={"_more.py": f"\n{line}\n"}))
    assert set(failed) == {"test_the_public_core_is_enough"}
    assert "_more.py:2" in failed["test_the_public_core_is_enough"]


def test_of_a_namespace_the_plugins_own_package_is_looked_at(tmp_path, monkeypatch, make_distribution):
    source = IN_PROCESS.replace(
        "    return ProviderInfo", "    __import__('os').system('true')\n    return ProviderInfo"
    )
    modules = {"house/mine/__init__.py": source, "house/mine/py.typed": ""}
    make_distribution(tmp_path / "mine", "house-mine", "1.0", {"jackfield.providers": {"mine": "house.mine"}}, modules)
    others = {"house/other/__init__.py": "import jackfield._pool\n"}
    make_distribution(tmp_path / "other", "house-other", "1.0", {}, others)
    for folder in ("mine", "other"):  # so that the other one comes first
        monkeypatch.syspath_prepend(tmp_path / folder)
    failed = failures(subject_of("mine", model="m", cases=[Case("chat-plain")]))
    assert set(failed) == {"test_the_core_is_bounded_above", "test_importing_opens_nothing"}
    assert "__init__.py:6, in provider_info" in failed["test_importing_opens_nothing"]


def test_a_package_without_an_init_is_a_package(tmp_path, monkeypatch, make_distribution):
    modules = {"bare/mine.py": IN_PROCESS, "bare/_more.py": "import jackfield._pool\n", "bare/py.typed": ""}
    make_distribution(tmp_path, "bare", "1.0", {"jackfield.providers": {"bare": "bare.mine"}}, modules)
    monkeypatch.syspath_prepend(tmp_path)
    failed = failures(subject_of("bare", model="m", cases=[Case("chat-plain")]))
    assert set(failed) == {"test_the_core_is_bounded_above", "test_the_public_core_is_enough"}


def test_an_import_that_takes_long(installed):
    busy = "import time\nuntil = time.perf_counter() + 0.6\nwhile time.perf_counter() < until: pass\n"
    failed = failures(installed(source=f"{busy}{IN_PROCESS}"))
    assert set(failed) == {"test_importing_is_quick"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("open(__file__ + '.txt', 'w').close()", "opened"),
        ("import os; os.environ.get('HOME')", "read HOME"),
        ("import socket; socket.socket().close()", "socket"),
        ("import threading; threading.Thread(target=int).start()", "started a thread"),
        ("import subprocess, sys; subprocess.run([sys.executable, '-c', ''])", "subprocess"),
        ("import os; os.system('true')", "os.system(b'true')"),
        ("import sqlite3; sqlite3.connect(':memory:').close()", "sqlite3.connect(':memory:')"),
        ("from time import sleep as doze; doze(0)", "called time.sleep"),
        ("import _thread; _thread.start_new_thread(int, ())", "started a thread"),
        ("import os; os.environb.get(b'HOME')", "read HOME"),
    ],
)
def test_an_import_that_does_something(installed, line, said):
    failed = failures(installed(source=f"{line}\n{IN_PROCESS}"))
    assert set(failed) == {"test_importing_opens_nothing"}
    text = failed["test_importing_opens_nothing"]
    assert said in text
    assert "__init__.py:1" in text


ALONE = "import atexit, os, sys, threading; sys.argv[0] == '-c' and "


@pytest.mark.parametrize(
    "line",
    [
        "print('Hello', end='')",
        "sys.__stdout__.write('Hello')",
        "os.write(1, b'Hello')",
        "atexit.register(print, 'Bye')",
    ],
)
def test_what_is_printed_by_a_process_of_its_own_is_not_taken_for_its_answer(installed, line):
    assert failures(installed(source=f"{ALONE}{line}\n{IN_PROCESS}")) == {}


def test_a_thread_without_an_end_is_told_and_not_waited_for(installed):
    thread = "threading.Thread(target=threading.Event().wait).start()"
    failed = failures(installed(source=f"{ALONE}{thread}\n{IN_PROCESS}"))
    assert set(failed) == {"test_importing_opens_nothing"}
    assert "started a thread" in failed["test_importing_opens_nothing"]


def test_an_import_that_ends_the_process_is_told(installed):
    text = failures(installed(source=f"{ALONE}sys.exit()\n{IN_PROCESS}"))["test_importing_opens_nothing"]
    assert "cannot be imported in a process of its own" in text


@pytest.mark.parametrize(
    "line",
    [
        "from pydantic import BaseModel, create_model; create_model('Shape', text=(str, ''))()",
        "from importlib.metadata import version; __version__ = version('pydantic')",
        "from importlib.metadata import entry_points; OTHERS = entry_points(group='nobody')",
        "from importlib.metadata import version; __version__ = version(__name__)",
    ],
)
def test_an_import_that_only_looks_at_metadata(installed, line):
    assert failures(installed(source=f"{line}\n{IN_PROCESS}")) == {}


def test_metadata_that_is_written_is_no_reading(installed):
    line = (
        "from pathlib import Path; Path(__file__ + '.dist-info').mkdir(); open(__file__ + '.dist-info/A', 'w').close()"
    )
    text = failures(installed(source=f"{line}\n{IN_PROCESS}"))["test_importing_opens_nothing"]
    assert "os.mkdir(" in text
    assert ".dist-info/A" in text


def test_what_a_library_reads_is_its_own_though_its_name_begins_like_the_plugins(installed, tmp_path):
    source = IN_PROCESS.replace(
        "    return ModelResponse", "    __import__(f'{__name__}_sdk').look()\n    return ModelResponse"
    )
    subject = installed(source=source)
    sdk = "import os\ndef look():\n    return os.environ.get('HOME')\n"
    (tmp_path / f"{subject.module}_sdk.py").write_text(sdk, encoding="utf-8")
    assert failures(subject) == {}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("open(os.devnull).close()", "opened"),
        ("os.environ.get('HOME')", "read HOME"),
        ("subprocess.run([sys.executable, '-c', ''])", "subprocess.Popen"),
    ],
)
def test_a_provider_info_that_does_something(installed, line, said):
    source = IN_PROCESS.replace("    return ProviderInfo", f"    {line}\n    return ProviderInfo")
    failed = failures(installed(source=f"import os, subprocess, sys\n{source}"))
    assert set(failed) == {"test_importing_opens_nothing"}
    text = failed["test_importing_opens_nothing"]
    assert said in text
    assert "__init__.py:7, in provider_info" in text


KEEPING = """
import mimetypes, os, platform, subprocess, sys
from functools import cache
from fine import Fine
from jackfield import hookimpl
from jackfield.flow import call

fine = Fine()
provider_info, completion, streaming = fine.provider_info, fine.completion, fine.streaming
image_generation, response_error = fine.image_generation, fine.response_error

@cache
def kept():
    {line}

@hookimpl
def embedding(request, settings):
    {kept}
    return (yield from fine.embedding(request, settings))
"""
"""The source of the fine provider as a module, of which a line is run once in a process."""


@pytest.mark.parametrize(
    ("line", "check", "said"),
    [
        ("open(os.devnull).close()", "test_a_flow_does_nothing_itself", "opened"),
        ("subprocess.run([sys.executable, '-c', ''])", "test_a_flow_does_nothing_itself", "subprocess.Popen"),
        ("os.environ.get('HOME')", "test_settings_are_not_read_by_hand", "HOME"),
    ],
)
def test_what_a_process_does_at_its_first_call_alone(installed, fine_wire, line, check, said):
    failed = failures(installed(source=KEEPING.format(line=line, kept="kept()"), wire=fine_wire))
    assert set(failed) == {check}
    assert said in failed[check]
    assert "__init__.py:14, in kept" in failed[check]


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("__import__(f'{__name__}_sdk')", "kept()"),
        ("mimetypes.init()", "kept()"),
        ("platform.platform()", "kept()"),
        ("open(os.devnull).close()", "yield from call(kept)"),
    ],
)
def test_what_others_do_at_a_first_call_is_theirs(installed, fine_wire, tmp_path, line, kept):
    subject = installed(source=KEEPING.format(line=line, kept=kept), wire=fine_wire)
    sdk = "import os\nHOME = os.environ.get('HOME')\nopen(os.devnull).close()\n"
    (tmp_path / f"{subject.module}_sdk.py").write_text(sdk, encoding="utf-8")
    assert failures(subject) == {}


@with_gateway
def test_an_answer_that_depends_on_the_process(installed):
    source = IN_PROCESS.replace('"Hi"', f'"Hi" if __import__("os").getpid() == {os.getpid()} else "Ho"')
    failed = failures(installed(source=source), gateway=True)
    assert set(failed) == {GATEWAY}
    assert "choices[0].message.content" in failed[GATEWAY]


def test_canonical_cases_that_are_missing(installed):
    subject = installed()
    [test] = plan_of(subject).of("test_the_canonical_cases_are_there")
    text = test.run(subject).text
    assert "chat-tools" in text
    assert "chat-plain" not in text


def test_a_parameter_that_is_named_and_sent_by_no_case_is_missing(wire):
    class Fits(Fine):
        @hookimpl
        def provider_info(self):
            info = super().provider_info()
            return replace(info, parameters={**info.parameters, "embedding": {"dimensions"}})

    report = check("fine", plugin=Fits(), model="fine-1", wire=wire)
    text = report.failed["test_the_canonical_cases_are_there"]
    assert "no case sends them:\n  embedding: dimensions\nIf this fails" in text
