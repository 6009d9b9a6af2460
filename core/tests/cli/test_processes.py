"""The command as a program: how it starts, streams, fails and ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jackfield
import pytest
from jackfield import hookimpl
from jackfield._cli import main
from jackfield._cli._tables import _for_people
from jackfield._known import BARE_MODEL_PROVIDER, DISTRIBUTIONS

PROVIDER = """
import threading
from jackfield import hookimpl

@hookimpl
def streaming(request, settings):
    yield "one "
    if request.model == "endless":
        while True:
            yield "more " * 1000
    if request.model == "hanging":
        threading.Event().wait()
    yield "two"
"""


@pytest.fixture
def path(make_distribution, tmp_path):
    """A folder with a provider "fake" that streams, hangs and never ends, and with one that is broken."""
    good = {"jackfield.providers": {"fake": "fake_provider"}}
    make_distribution(tmp_path, "fake", "1.0", good, {"fake_provider.py": PROVIDER})
    broken = {"jackfield.providers": {"fake-broken": "fake_broken"}}
    make_distribution(tmp_path, "fake-broken", "1.0", broken, {"fake_broken.py": "1 / 0"})
    return [tmp_path]


def finished(process, input=None):
    stdout, stderr = process.communicate(input, timeout=60)
    return process.returncode, stdout, stderr


def alone(folder, *arguments, without=()):
    """Runs the command where these libraries are missing, and where no distribution is known: there is no metadata."""
    site_packages = Path(pytest.__file__).parents[1]
    package = Path(jackfield.__file__).parent
    for source in [package, *site_packages.iterdir()]:
        if source.suffix not in (".dist-info", ".pth") and source.stem not in without:
            (folder / source.name).unlink(missing_ok=True)
            (folder / source.name).symlink_to(source)
    command = [sys.executable, "-S", "-m", "jackfield", *arguments]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_answers_and_ends_well(start, path):
    assert finished(start("chat", "fake/small", "Hi", path=path)) == (0, "one two\n", "")


def test_it_is_a_module_too():
    done = subprocess.run(
        [sys.executable, "-m", "jackfield", "--version"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, f"jackfield {jackfield.__version__}\n", "")


def test_help_loads_no_plugin_no_http_client_and_no_types(path):
    script = """
import sys
from jackfield._cli import main
try:
    main()
except SystemExit as end:
    print(end.code, *sys.modules, file=sys.stderr)
"""
    command = [sys.executable, "-c", script, "--help"]
    environment = os.environ | {"PYTHONPATH": str(path[0])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    code, *modules = done.stderr.split()
    packages = {name.partition(".")[0] for name in modules}
    heavy = {"httpx", "pydantic", "pluggy", "rich", "aiohttp", "asyncio", "ssl", "fake_provider", "fake_broken"}
    assert code == "0"
    assert packages & heavy == set()
    assert {name for name in packages if name.startswith("jackfield_")} == set()


@pytest.mark.parametrize("missing", [("click", "rich"), ("click",), ("rich",)], ids=" and ".join)
def test_without_its_extra_it_says_what_to_install(tmp_path, missing):
    done = alone(tmp_path, "--help", without=missing)
    expected = f"The command needs {' and '.join(missing)}: pip install 'jackfield[cli]'\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_without_any_provider_it_says_what_to_install(tmp_path):
    done = alone(tmp_path, "providers")
    expected = f"No provider is installed. Try: pip install {DISTRIBUTIONS[BARE_MODEL_PROVIDER]}\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")


def test_the_doctor_advises_where_nothing_is_installed(tmp_path):
    done = alone(tmp_path, "doctor", without=["aiohttp"])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f"""
ADVICE
- calls on asyncio would be faster with aiohttp: pip install 'jackfield[aiohttp]'
- no provider is installed: pip install {DISTRIBUTIONS[BARE_MODEL_PROVIDER]}
""")


def test_text_appears_as_it_arrives(start, path):
    process = start("chat", "fake/hanging", "Hi", path=path)
    assert process.stdout.read(4) == "one "
    assert process.poll() is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_it_quietly(start, path):
    process = start("chat", "fake/hanging", "Hi", path=path)
    process.stdout.read(4)
    process.send_signal(signal.SIGINT)
    code, stdout, stderr = finished(process)
    assert (code, stdout, stderr.strip()) == (130, "\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_the_import_of_a_plugin_quietly(start, make_distribution, tmp_path):
    source = "import threading; print('importing', flush=True); threading.Event().wait()"
    points = {"jackfield.providers": {"fake-hanging": "fake_hanging"}}
    make_distribution(tmp_path, "fake-hanging", "1.0", points, {"fake_hanging.py": source})
    process = start("providers", "--check", path=[tmp_path], JACKFIELD_PLUGINS="fake-hanging")
    assert process.stdout.readline() == "importing\n"
    process.send_signal(signal.SIGINT)
    code, stdout, stderr = finished(process)
    assert (code, stdout, stderr.strip()) == (130, "", "")


@pytest.mark.parametrize("model", ["fake/endless", "fake/small"], ids=["within the answer", "at its end"])
def test_a_reader_that_leaves_is_no_reason_to_complain(start, path, model):
    process = start("chat", model, "-", path=path)
    process.stdout.close()
    process.stdin.write("Hi")
    process.stdin.close()
    assert process.wait(60) == 1
    assert process.stderr.read() == ""


def test_output_that_is_written_at_the_very_end_is_no_reason_to_complain_either(start, make_distribution, tmp_path):
    source = "import click\n@click.command()\ndef talk(): print('into the buffer')"
    points = {"jackfield.commands": {"talk": "fake_talk:talk"}}
    make_distribution(tmp_path, "fake", "1.0", points, {"fake_talk.py": source})
    process = start("talk", path=[tmp_path])
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["chat", "fake-broken/small", "Hi"], 1), (["chat", "small", "Hi"], 1), (["chat"], 2)],
    ids=["a broken plugin", "no provider named", "wrong usage"],
)
def test_an_error_shows_no_traceback(start, path, arguments, code):
    status, stdout, stderr = finished(start(*arguments, path=path))
    assert (status, stdout) == (code, "")
    assert "Traceback" not in stderr
    assert stderr.count("\n") == 1 or code == 2


def test_a_broken_plugin_breaks_no_other(start, path):
    assert finished(start("chat", "fake/small", "Hi", path=path))[0] == 0
    code, stdout, stderr = finished(start("providers", "--check", path=path))
    assert (code, stderr) == (0, "")
    assert "ZeroDivisionError" in stdout


# ------------------------------------------------------------------------------------------------------ at a terminal

terminals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")


def at_a_terminal(*arguments, path):
    """Runs the command with a terminal of 30 columns on all its ends; returns its status and what was shown."""
    import pty

    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(path[0]), "COLUMNS": "30", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "jackfield", *arguments], env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    guard = threading.Timer(60, process.kill)
    guard.start()
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # how a terminal says that its last user is gone
        pass
    finally:
        guard.cancel()
        os.close(ours)
    return process.wait(60), re.sub(r"\x1b\[[\d;?]*\w|\r", "", shown.decode())


@terminals
def test_a_table_is_folded_to_the_width_of_a_terminal(path):
    code, shown = at_a_terminal("providers", path=path)
    assert code == 0
    assert "fake" in shown
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= 30


@terminals
def test_what_is_being_imported_is_shown_at_a_terminal(path):
    code, shown = at_a_terminal("providers", "--check", path=path)
    assert code == 0
    assert "importing fake" in shown


@terminals
@pytest.mark.parametrize(("command", "what"), [("chat", "a PROMPT"), ("embed", "a TEXT")])
def test_nobody_is_left_waiting_at_a_terminal(path, command, what):
    code, shown = at_a_terminal(command, "fake/small", path=path)
    assert code == 2
    assert f"Give {what}, or pipe it in." in shown


# ---------------------------------------------------------------------------------------------------- in this process

ENDS = {"--version": 0, "models house": 0, "models no-such": 1, "models": 2, "models left": 130}


@pytest.mark.parametrize("arguments", ENDS)
def test_the_exit_code_tells_how_it_ended(house, monkeypatch, arguments):
    class Left:
        @hookimpl
        def list_models(self, request, settings):
            raise KeyboardInterrupt

    jackfield.register_provider("left", Left())
    monkeypatch.setattr(sys, "argv", ["jackfield", *arguments.split()])
    with pytest.raises(SystemExit) as end:
        main()
    jackfield.unregister_provider("left")
    assert end.value.code == ENDS[arguments]


def test_a_table_shows_brackets_as_they_are(capsys, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    _for_people(["NAME", "DETAILS"], [["fake", "[red]is no colour[/red]"]])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "NAME  DETAILS",
        "fake  [red]is no colour[/red]",
    ]
