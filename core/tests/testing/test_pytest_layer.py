"""The kit as an author meets it: a test file of a few lines, run by pytest in a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from fine_server import KEY, PRIVATE, REQUEST_ID, FineServer
from jackfield.testing import ProviderSuite

HERE = Path(__file__).parent

SUITE = """
import wrong
from fine import Fine
from jackfield.testing import Case, Gap, ProviderSuite

class TestFine(ProviderSuite):
    provider = "fine"
    plugin = Fine()
    model = "fine-1"
    wire = "wire"
"""


class Ran:
    """What a run of pytest said."""

    def __init__(self, code, text):
        self.code, self.text = code, text

    @property
    def counts(self):
        return self.text.strip().rpartition("\n")[2]


OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "--import-mode=importlib", "--rootdir=."]
INSIDE = ["-p", "no:unraisableexception"]  # the pytest around them looks; each would collect all garbage five times


@pytest.fixture
def run_pytest(tmp_path, monkeypatch, capsys):
    """Runs pytest on a file, in this process: the file, what is beside it and nothing of this repository's settings."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PY_COLORS", "0")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")

    def run(source, *arguments, env=None):
        for name, value in (env or {}).items():
            monkeypatch.setenv(name, value)
        name = f"test_suite_{uuid.uuid4().hex}"
        (tmp_path / f"{name}.py").write_text(source, encoding="utf-8")
        code = pytest.main([*OPTIONS, *INSIDE, "-p", "jackfield.testing.plugin", *arguments, f"{name}.py"])
        sys.modules.pop(name, None)
        return Ran(int(code), "".join(capsys.readouterr()))

    return run


def test_a_file_of_a_few_lines_is_a_whole_suite(run_pytest, wire, tmp_path):
    ran = run_pytest(SUITE, "--conformance-report=report.json", "-vv")
    assert ran.code == 0, ran.text
    assert "test_request_golden[chat-plain] PASSED" in ran.text
    assert "::test_importing_is_quick" not in ran.text
    document = json.loads((tmp_path / "report.json").read_text())
    [report] = document["providers"]
    assert (document["complete"], report["complete"]) == (True, True)
    assert (report["provider"], report["distribution"], report["failed"], report["gaps"]) == ("fine", None, {}, {})
    assert report["operations"] == ["completion", "embedding", "image_generation", "streaming"]
    assert "test_a_cut_stream_is_an_error[stream-plain]" in report["passed"]
    assert report["not_run"]["test_importing_is_quick"].startswith("the provider is an object")


def test_a_report_says_of_what_did_not_run_that_it_did_not(run_pytest, wire, tmp_path):
    assert run_pytest(SUITE, "-k", "chat-plain", "--conformance-report=report.json").code == 0
    [report] = json.loads((tmp_path / "report.json").read_text())["providers"]
    assert "test_request_golden[chat-plain]" in report["passed"]
    assert report["not_run"]["test_request_golden[chat-system]"] == "it was not selected, or not reached"
    assert not report["not_run"].keys() & {*report["passed"]}


def test_a_run_of_all_tests_ends_with_those_that_do_not_apply_and_why(run_pytest, wire):
    text = run_pytest(SUITE).text
    assert "fine: conformance" in text
    assert "\nnot run test_a_splitter_cuts_anywhere: no stream has a splitter of the provider's own\n" in text
    names = "test_the_name_leads_to_the_provider, test_the_core_is_bounded_above, test_the_package_is_typed"
    assert f"\nnot run {names} and 3 others: the provider is an object" in text


DROPS = """
def pytest_collection_modifyitems(items):
    items[:] = [item for item in items if "golden" not in item.name]
"""


def test_tests_that_somebody_leaves_out_are_counted(run_pytest, wire, tmp_path, monkeypatch):
    (tmp_path / "drops_goldens.py").write_text(DROPS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    ran = run_pytest(SUITE, "-p", "drops_goldens", "--conformance-report=report.json")
    assert ran.code == 0, ran.text
    assert re.search(r"\nnot run \d+ of \d+ tests: they were not selected, or not reached\n", ran.text)
    document = json.loads((tmp_path / "report.json").read_text())
    assert (document["complete"], document["providers"][0]["complete"]) == (False, False)


def test_what_is_only_collected_is_not_called_left_out(run_pytest, wire):
    ran = run_pytest(SUITE, "--collect-only")
    assert (ran.code, "not run" in ran.text) == (0, False), ran.text


@pytest.mark.parametrize(("file", "said"), [("no/report.json", "there is no folder no for"), (".", ". is a folder")])
def test_a_report_that_could_not_be_written_is_refused_before_the_run(run_pytest, wire, file, said):
    ran = run_pytest(SUITE, f"--conformance-report={file}")
    assert ran.code == 4, ran.text
    assert f"--conformance-report: {said}" in ran.text


PROCESSES = """
def pytest_addoption(parser):
    parser.addoption("--dist", default="no")
"""


@pytest.mark.parametrize(
    "option", [["--accept"], ["--record"], ["--live"], ["--conformance-report=report.json"]], ids=lambda each: each[0]
)
def test_what_one_process_is_to_do_is_refused_to_several(run_pytest, wire, tmp_path, monkeypatch, option):
    """Each process of pytest-xdist would write the same files, and a report of its own part."""
    (tmp_path / "like_xdist.py").write_text(PROCESSES, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    ran = run_pytest(SUITE, "-p", "like_xdist", "--dist", "load", *option)
    assert ran.code == 4, ran.text
    assert f"{option[0].partition('=')[0]} is for one process, which knows of all tests; add -n 0" in ran.text
    assert not (tmp_path / "report.json").exists()


def test_a_suite_takes_its_model_from_the_folder_of_its_wire(run_pytest, wire):
    (wire / "suite.json").write_text('{"model": "fine-1"}', encoding="utf-8")
    ran = run_pytest(SUITE.replace('model = "fine-1"', ""), "-k", "golden")
    assert ran.code == 0, ran.text


def test_the_suite_finds_its_wire_from_any_folder(run_pytest, wire, tmp_path, monkeypatch):
    assert run_pytest(SUITE.replace('"wire"', f"{str(wire)!r}"), "-k", "golden").code == 0
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "test_here.py").write_text(SUITE, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert pytest.main([*OPTIONS, *INSIDE, "-p", "jackfield.testing.plugin", "-k", "golden", "../test_here.py"]) == 0


def test_own_tests_of_the_author_run_beside_the_standard_ones(run_pytest, wire):
    ran = run_pytest(SUITE + "\n    def test_mine(self):\n        assert self.provider == 'fine'\n", "-vv")
    assert ran.code == 0
    assert "test_mine PASSED" in ran.text


def test_a_failure_shows_the_plugin_and_nothing_of_the_kit(run_pytest, wire):
    ran = run_pytest(SUITE.replace("Fine()", "wrong.AnotherPath()"), "-k", "request_golden and chat-plain")
    assert ran.code == 1
    assert 'url: expected "{api_base}/chat", got "{api_base}/chats"' in ran.text
    assert "wrong.py:" in ran.text
    assert "If this fails: " in ran.text
    assert "_engine.py" not in ran.text


@pytest.mark.parametrize(
    "line",
    [
        "def test_request_golden(self): pass",
        "test_request_golden = None",
        "test_request_golden = property(lambda self: 1)",
    ],
)
def test_a_standard_test_can_be_neither_overridden_nor_deleted(run_pytest, wire, line):
    ran = run_pytest(f"{SUITE}\n    {line}\n")
    assert ran.code == 2
    assert "TestFine changes the standard test test_request_golden" in ran.text


MIXIN = """
class Mixin:
    test_stream_golden = None

class TestFine(Mixin, ProviderSuite)"""


def test_a_standard_test_cannot_be_overridden_by_a_mixin(run_pytest, wire):
    ran = run_pytest(SUITE.replace("class TestFine(ProviderSuite)", MIXIN))
    assert ran.code == 2
    assert "changes the standard test test_stream_golden" in ran.text


@pytest.mark.parametrize("after", ["TestFine.test_request_golden = None", "del ProviderSuite.test_stream_golden"])
def test_a_standard_test_cannot_be_taken_out_after_the_class(run_pytest, wire, monkeypatch, after):
    monkeypatch.setattr(ProviderSuite, "test_stream_golden", ProviderSuite.test_stream_golden)  # which puts it back
    ran = run_pytest(f"{SUITE}\n{after}\n")
    assert ran.code == 2, ran.text
    assert "TestFine changes the standard test test_" in ran.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pytestmark = pytest.mark.skip", "is marked skip"),
        ("pytestmark = pytest.mark.skipif(True, reason='later')", "is marked skipif"),
        ("pytestmark = [pytest.mark.xfail]", "is marked xfail"),
    ],
)
@pytest.mark.parametrize("indent", ["    ", ""], ids=["class", "module"])
def test_a_standard_test_cannot_be_marked(run_pytest, wire, line, said, indent):
    ran = run_pytest(f"import pytest\n{SUITE}\n{indent}{line}\n")
    assert ran.code == 4, ran.text
    assert f"TestFine: the standard test test_the_hooks_fit_their_protocols {said}, and can only pass" in ran.text
    assert 'instead: gaps = {"test_the_hooks_fit_their_protocols": Gap(reason="…")}' in ran.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("__test__ = False", "TestFine says __test__ = False, so that nothing of it would run"),
        ("def __init__(self): pass", "TestFine has a method __init__, so that nothing of it would run"),
    ],
)
def test_a_suite_cannot_be_hidden_from_pytest(run_pytest, wire, line, said):
    ran = run_pytest(f"{SUITE}\n    {line}\n")
    assert ran.code == 2, ran.text
    assert said in ran.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ConformanceOfFine(ProviderSuite):", "ConformanceOfFine has a name that pytest passes over"),
        ("TestFine(ProviderSuite, unittest.TestCase):", "TestFine is a unittest.TestCase, too"),
    ],
)
def test_a_suite_that_pytest_would_not_collect_is_an_error(run_pytest, wire, line, said):
    ran = run_pytest(f"import unittest\n{SUITE.replace('TestFine(ProviderSuite):', line)}\ndef test_own(): pass\n")
    assert ran.code == 2, ran.text
    assert said in ran.text


def test_a_suite_for_others_to_derive_from_may_have_any_name(run_pytest, wire):
    source = SUITE.replace("class TestFine", "class Fines") + "\nclass TestFine(Fines):\n    pass\n\nAlias = TestFine\n"
    ran = run_pytest(source, "-k", "protocols")
    assert (ran.code, "1 passed" in ran.counts) == (0, True), ran.text


@pytest.mark.parametrize(
    "line", ["def setup_method(self): pytest.skip('later')", "def setup_method(self): pytest.xfail('later')"]
)
def test_a_standard_test_that_is_skipped_on_its_way_fails(run_pytest, wire, line):
    ran = run_pytest(f"import pytest\n{SUITE}\n    {line}\n", "-k", "protocols")
    assert ran.code == 1, ran.text
    assert "1 error" in ran.counts
    assert "test_the_hooks_fit_their_protocols was skipped before it ran, and can only pass or fail" in ran.text


def test_tests_of_the_author_may_be_skipped(run_pytest, wire):
    own = "    @pytest.mark.skip\n    def test_mine(self): pass"
    ran = run_pytest(f"import pytest\n{SUITE}\n{own}\n", "-k", "mine or protocols")
    assert ran.code == 0, ran.text
    assert "1 passed, 1 skipped" in ran.counts


GAP = """
    gaps = {{"{name}": Gap(reason="the server of today", raises={raises})}}
"""


TWO_GAPS = """
    gaps = {
        "test_a_stream_adds_up_to_the_whole_answer": Gap(reason="no usage"),
        "test_stream_golden": Gap(reason="no usage", raises=AssertionError),
    }
"""


def test_a_gap_is_an_expected_failure(run_pytest, wire, tmp_path):
    source = SUITE.replace("Fine()", "wrong.LosesTheUsage()") + TWO_GAPS
    ran = run_pytest(source, "--conformance-report=report.json")
    assert ran.code == 0, ran.text
    assert "2 xfailed" in ran.counts
    assert "\ngap test_stream_golden[stream-plain]: no usage\n" in ran.text
    [report] = json.loads((tmp_path / "report.json").read_text())["providers"]
    assert report["gaps"] == {
        "test_a_stream_adds_up_to_the_whole_answer[stream-plain]": "no usage",
        "test_stream_golden[stream-plain]": "no usage",
    }


def test_a_gap_that_has_closed_fails(run_pytest, wire):
    ran = run_pytest(SUITE + GAP.format(name="test_stream_golden[stream-plain]", raises="AssertionError"))
    assert ran.code == 1
    assert "the gap is closed: the test passes. Take it out of gaps (the server of today)" in ran.text


def test_a_gap_may_name_the_error_behind_the_failure(run_pytest, wire):
    source = SUITE.replace("Fine()", "wrong.WrongType()").replace("import wrong", "import wrong\nimport jackfield")
    gap = GAP.format(name="test_response_golden", raises="jackfield.errors.ContractViolationError")
    ran = run_pytest(source + gap, "-k", "test_response_golden and embedding")
    assert ran.code == 0, ran.text
    assert "2 xfailed" in ran.counts


def test_a_gap_that_fails_with_something_else_fails(run_pytest, wire):
    source = SUITE.replace("Fine()", "wrong.AnotherStream()")
    ran = run_pytest(source + GAP.format(name="test_stream_golden", raises="ZeroDivisionError"))
    assert ran.code == 1
    assert "fails with something else than its gap says" in ran.text


@pytest.mark.parametrize("name", ["test_nothing", "test_stream_golden[no-such-case]", "test_importing_is_quick"])
def test_a_gap_that_names_no_test_is_an_error(run_pytest, wire, name):
    ran = run_pytest(SUITE + GAP.format(name=name, raises="AssertionError"))
    assert ran.code == 2
    assert f"gaps names {name!r}, which is no test that runs for fine" in ran.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('provider = "fine"', ""), "TestFine names no provider"),
        (("plugin = Fine()", ""), "there is no provider 'fine'"),
        (('wire = "wire"', 'wire = "no-such-folder"'), "there is no wire folder"),
        (('wire = "wire"', "cases = [1]"), "cases holds 1, which is no jackfield.testing.Case"),
        (('wire = "wire"', ""), "there are no wire files"),
        (('model = "fine-1"', ""), "which model? Say model = "),
        (("plugin = Fine()", "plugin = Fine"), "is a class"),
        (('wire = "wire"', 'wire = "wire"; gaps = {"test_request_golden": "later"}'), "expected Gap(reason=…"),
        (
            ('wire = "wire"', 'wire = "wire"; gaps = {"test_request_golden": Gap(reason=" ")}'),
            "gaps['test_request_golden'] gives no reason",
        ),
    ],
)
def test_a_suite_that_cannot_run_is_an_error_and_says_why(run_pytest, wire, change, said):
    ran = run_pytest(SUITE.replace(*change))
    assert ran.code == 2, ran.text
    assert said in ran.text
    assert "Traceback" not in ran.text


def in_a_process(folder, *arguments):
    (folder / "test_suite.py").write_text(SUITE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", *OPTIONS, *arguments, "test_suite.py"]
    path = os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout + done.stderr)


def test_a_process_of_its_own_says_the_same(wire, tmp_path):
    ran = in_a_process(tmp_path, "-p", "jackfield.testing.plugin")
    assert ran.code == 0, ran.text
    assert " passed" in ran.counts


def test_without_the_plugin_a_suite_is_not_green(wire, tmp_path):
    ran = in_a_process(tmp_path)
    assert ran.code == 2
    assert "the kit is not switched on" in ran.text


def test_accept_writes_what_is_missing_and_nothing_else(run_pytest, wire):
    kept = (wire / "chat-plain" / "result.json").read_text()
    (wire / "embedding-one" / "result.json").unlink()
    (wire / "embedding-one" / "1.request.json").unlink()
    ran = run_pytest(SUITE, "-k", "golden")
    assert ran.code == 1
    assert "`pytest --accept` writes" in ran.text
    assert run_pytest(SUITE, "--accept").code == 0
    assert (wire / "chat-plain" / "result.json").read_text() == kept
    assert json.loads((wire / "embedding-one" / "1.request.json").read_text())["url"] == "{api_base}/vectors"
    assert "created" not in (wire / "chat-plain" / "result.json").read_text()


@pytest.fixture
def server():
    with FineServer() as running:
        yield running


RECORDED = ("chat-plain", "stream-plain", "embedding-one", "image-generation", "error-authentication")


@pytest.fixture
def recorded(run_pytest, server, tmp_path):
    """A wire folder recorded from the server, and the environment in which it was."""
    for name in RECORDED:
        folder = tmp_path / "wire" / name
        folder.mkdir(parents=True)
        (folder / "case.json").write_text("{}")
    env = {"FINE_KEY": KEY, "FINE_BASE": server.url}
    ran = run_pytest(SUITE, "--record", env=env)
    assert "test_recording[chat-plain]" in ran.text or ran.code == 0, ran.text
    return tmp_path / "wire", env, ran


def test_recording_writes_the_wire_of_every_case_and_of_the_canonical_ones(recorded):
    wire, _, ran = recorded
    polling = wire / "image-generation"
    assert json.loads((polling / "1.response.json").read_text()) == {
        "headers": {"location": "{api_base}/pictures/7"},
        "status": 202,
    }
    assert json.loads((polling / "2.request.json").read_text()) == {
        "headers": {"x-fine-key": "{api_key}"},
        "method": "GET",
        "url": "{api_base}/pictures/7",
    }
    assert json.loads((wire / "stream-plain" / "result.json").read_text())["response"]["usage"]["total_tokens"] == 5
    assert (wire / "chat-turns" / "1.request.json").exists(), ran.text


def test_one_case_is_recorded_alone(run_pytest, server, tmp_path):
    ran = run_pytest(SUITE, "--record", "-k", "chat-plain", env={"FINE_KEY": KEY, "FINE_BASE": server.url})
    assert ran.code == 0, ran.text
    assert [folder.name for folder in (tmp_path / "wire").iterdir()] == ["chat-plain"]


def test_neither_the_key_nor_a_value_of_a_private_header_was_recorded(recorded, server):
    wire, _, _ = recorded
    written = b"".join(file.read_bytes() for file in wire.rglob("*") if file.is_file())
    for private in (KEY, REQUEST_ID, server.url, "127.0.0.1", *PRIVATE.values()):
        assert private.encode() not in written
    assert b"No such key ({redacted})." in written


def test_what_the_provider_refuses_is_recorded_as_refused(recorded):
    wire, _, _ = recorded
    refused = {folder.name: folder for folder in wire.iterdir() if not (folder / "1.response.json").exists()}
    assert set(refused) >= {"chat-tools", "chat-json-schema", "chat-unknown-parameter", "stream-parallel-tools"}
    said = json.loads((refused["chat-tools"] / "case.json").read_text())
    assert said == {"error": {"type": "BadRequestError", "param": "tools"}}


def test_what_was_recorded_passes_offline_and_live_until_the_server_changes(recorded, run_pytest, server):
    _, env, _ = recorded
    ran = run_pytest(SUITE, "-k", "golden or header or agrees")
    assert ran.code == 0, ran.text
    ran = run_pytest(SUITE, "--live", env=env)
    assert ran.code == 0, ran.text
    server.changed = True
    ran = run_pytest(SUITE, "--live", env=env)
    assert ran.code == 1
    assert "in another shape than was recorded" in ran.text or "did not answer embedding-one" in ran.text


@pytest.mark.parametrize("mode", ["--record", "--live"])
def test_without_the_key_one_line_says_which_variable_is_missing(run_pytest, wire, server, mode):
    before = {file: file.read_bytes() for file in wire.rglob("*") if file.is_file()}
    ran = run_pytest(SUITE, mode, env={"FINE_BASE": server.url})
    assert (ran.code, ran.text.count("FINE_KEY"), server.seen) == (2, 1, [])
    assert {file: file.read_bytes() for file in wire.rglob("*") if file.is_file()} == before


@pytest.fixture
def project(tmp_path):
    """A project with its tests in a folder of their own, which a wire folder is to stand in."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").touch()
    return tmp_path


PROJECT = SUITE.replace('"wire"', '"tests/wire"')


def test_without_a_wire_folder_what_to_type_is_told_and_makes_it(run_pytest, project, server):
    ran = run_pytest(PROJECT)
    assert ran.code == 2
    assert f"there is no wire folder {project / 'tests' / 'wire'}; " in ran.text
    assert "type FINE_KEY=… pytest --record" in ran.text
    ran = run_pytest(PROJECT, "--record", env={"FINE_KEY": KEY, "FINE_BASE": server.url})
    assert ran.code == 0, ran.text
    assert (project / "tests" / "wire" / "chat-plain" / "result.json").exists()


def test_a_recording_ends_with_what_was_written_and_what_is_left_to_do(run_pytest, project, server):
    env = {"FINE_KEY": KEY, "FINE_BASE": server.url}
    text = run_pytest(PROJECT, "--record", env=env).text
    for said in (
        "written: chat-plain, chat-system, chat-turns, chat-image, stream-plain, embedding-one,",
        "written as refused by the plugin: chat-tools (tools), chat-parallel-tools (tools), chat-tool-results",
        "written without the parameters that are refused: chat-parameters (top_p, stop, seed, presence_penalty,",
        'still to be written by hand: stream-error, its case.json {"error": {"type": "…"}} with the class of error',
        "still to be written by hand: error-rate-limit, its case.json {} since the name brings the request",
        (
            "not the answer of chat-plain, so that no check tells whether a stream loses something: stream-plain "
            '(choices[0].message.content: expected "Hello there.", got "Hello thére.")'
        ),
        "no answer has usage: embedding; where the server counts tokens, callers are to be told",
        'no answer ends with "length": completion, streaming; a case of few max_tokens shows what the server says',
    ):
        assert said in text
    told = json.loads((project / "tests" / "wire" / "error-authentication" / "case.json").read_text())["error"]
    assert told == {"type": "AuthenticationError", "status_code": 401, "message": "No such key ({redacted})."}
    server.changed = True
    text = run_pytest(PROJECT, "--record", env=env).text
    assert (
        "\nfailed: embedding-one, embedding-several\nleft as they are, since they end with an error: chat-tools, "
        in text
    )
    text = run_pytest(PROJECT, "--live", env=env).text
    assert "\nanswered as recorded: chat-plain, chat-system, " in text
    assert "\nanswered otherwise, or not: embedding-one, embedding-several\n" in text
    assert "\nnot asked, since they end with an error or have no result: chat-tools," in text


def test_accept_ends_with_what_was_written(run_pytest, wire):
    (wire / "embedding-one" / "result.json").unlink()
    (wire / "embedding-one" / "1.request.json").unlink()
    assert "\nwritten: embedding-one/1.request.json, result.json\n" in run_pytest(SUITE, "--accept").text
    assert "\nnothing was missing, and nothing was written\n" in run_pytest(SUITE, "--accept").text
    (wire / "embedding-one" / "result.json").unlink()
    text = run_pytest(SUITE.replace("Fine()", "wrong.WrongType()"), "--accept").text
    assert "\nwithout a result, as the call fails: embedding-one (ContractViolationError)\n" in text


def test_without_a_name_of_a_folder_nothing_is_recorded_and_that_is_told(run_pytest):
    ran = run_pytest(SUITE.replace('wire = "wire"', 'cases = [Case("embedding-one")]'), "--record")
    assert ran.code == 2
    assert "TestFine names no wire folder, so there is nowhere to record" in ran.text


def test_one_thing_is_done_at_a_time(run_pytest, wire):
    ran = run_pytest(SUITE, "--accept", "--live")
    assert ran.code == 4
    assert "--live and --accept: each is a run of its own" in ran.text


def test_what_fails_with_the_same_text_is_told_once(run_pytest, wire):
    text = run_pytest(SUITE.replace("Fine()", "wrong.AnotherPath()"), "-k", "request_golden").text
    text, _, _ = text.partition("short test summary info")  # which repeats texts as a whole where CI is set
    assert text.count('url: expected "{api_base}/chat", got "{api_base}/chats"') == 1
    first = "the same as test_request_golden[chat-plain]: fine sent another request than wire/"
    assert f"{first}chat-system/1.request.json:\n" in text
