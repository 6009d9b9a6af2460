"""What holds for the kit as a whole: its texts, what loads it, and its command."""

import inspect
import json
import re
import shutil
import subprocess
import sys
import uuid

import importlib_metadata
import jackfield.testing
import pytest
from click.testing import CliRunner
from fine import Fine, write_wire
from jackfield._cli._group import cli
from jackfield.testing import Case, Gap, ProviderSuite, SuiteError, check
from jackfield.testing._checks import CHECKS
from jackfield.testing._suite import STANDARD


@pytest.mark.parametrize("each", CHECKS, ids=lambda each: each.name)
def test_every_check_says_its_rule_and_what_to_do(each):
    assert re.fullmatch(r"test_[a-z_]+", each.name)
    assert each.doc.partition("\n")[0].endswith((".", ":"))
    assert len(each.remedy) > 40
    assert inspect.getdoc(getattr(ProviderSuite, each.name)) == each.doc
    assert each.selects is None or each.nothing


def test_names_are_used_once():
    assert len({each.name for each in CHECKS}) == len(CHECKS)
    assert set(STANDARD) > {each.name for each in CHECKS}


def test_the_public_names_are_sorted_and_say_where_they_are_from():
    assert jackfield.testing.__all__ == sorted(jackfield.testing.__all__, key=lambda name: (name.islower(), name))
    assert {getattr(jackfield.testing, name).__module__ for name in jackfield.testing.__all__} == {"jackfield.testing"}


def loaded_by(code):
    command = [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_jackfield_does_not_load_the_kit_and_the_kit_does_not_load_pytest():
    assert not any(name.startswith("jackfield.testing") for name in loaded_by("from jackfield import *"))
    assert not {"pytest", "trio", "click"} & loaded_by("import jackfield.testing")


def test_pytest_loads_the_kit_by_name_only():
    mine = importlib_metadata.distribution("jackfield").entry_points
    assert not [each for each in mine if each.group == "pytest11"]


def test_check_returns_a_report(fine_wire):
    gaps = {"test_stream_golden": Gap(reason="later")}
    report = check("fine", plugin=Fine(), model="fine-1", wire=fine_wire, gaps=gaps)
    assert not report.ok
    assert set(report.failed) == {"test_stream_golden[stream-plain]"}
    assert "the gap is closed" in report.failed["test_stream_golden[stream-plain]"]
    assert report.as_dict()["operations"] == ["completion", "embedding", "image_generation", "streaming"]


def test_an_unexpected_kind_of_answer_is_told_with_its_case():
    report = check("fine", plugin=Fine(), model="fine-1", cases=[Case("chat-plain", error="RateLimitError")])
    assert "test_error_golden[chat-plain]" in report.failed


def test_a_provider_without_wire_files_is_told_of_all_that_talks_to_a_server():
    with pytest.raises(SuiteError, match=r"talks to a server \(completion, embedding, image_generation, streaming\)"):
        check("fine", plugin=Fine(), model="fine-1")


def test_where_every_case_is_an_error_checks_of_answers_do_not_speak_of_a_missing_wire(fine_wire, tmp_path):
    shutil.copytree(fine_wire / "error-rate-limit", tmp_path / "wire" / "error-rate-limit")
    report = check("fine", plugin=Fine(), model="fine-1", wire=tmp_path / "wire")
    assert report.not_run["test_network_faults_are_told"] == "no case ends with an answer over HTTP"


PROVIDER = """
from jackfield import ModelResponse, hookimpl
from jackfield.flow import http

@hookimpl
def completion(request, settings):
    response = yield from http("POST", settings.api_base, json={"model": request.model, **request.params})
    return ModelResponse.of_text(response.json()["text"])
"""


@pytest.fixture
def shipped(tmp_path, monkeypatch, make_distribution):
    """An installed provider whose wheel carries wire files."""
    package = f"shipped_{uuid.uuid4().hex}"  # another one each time: Python keeps what it has imported
    modules = {f"{package}/__init__.py": PROVIDER, f"{package}/py.typed": ""}
    make_distribution(tmp_path, "fake-shipped", "1.0", {"jackfield.providers": {"shipped": package}}, modules)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path / package


def ran(*arguments):
    result = CliRunner().invoke(cli, ["check", *map(str, arguments)], standalone_mode=False)
    return result, result.output + str(result.exception or "")


def test_the_command_checks_what_is_installed_from_the_wire_it_ships(shipped, tmp_path):
    write_wire(shipped / "wire")
    (shipped / "wire" / "suite.json").write_text('{"model": "m"}')
    result, text = ran("shipped", "--report", tmp_path / "report.json")
    assert result.return_value == 1
    assert "FAILED test_the_core_is_bounded_above" in text
    assert "If this fails: write the dependency so in pyproject.toml" in text
    assert re.search(r"shipped of fake-shipped 1.0 under jackfield \S+: \d+ passed, \d+ failed, \d+ not run", text)
    [report] = json.loads((tmp_path / "report.json").read_text())["providers"]
    assert (report["distribution"], report["version"]) == ("fake-shipped", "1.0")


def test_the_command_says_before_it_checks_that_there_is_no_place_for_the_report(shipped, tmp_path):
    result, text = ran("shipped", "--report", tmp_path / "no" / "report.json")
    assert result.return_value is None
    assert f"--report: there is no folder {tmp_path / 'no'} for the report" in text


def test_the_command_tells_once_what_fails_with_the_same_text(shipped, tmp_path):
    write_wire(shipped / "wire")  # whose requests nobody has recorded
    text = ran("shipped", "--model", "m")[1]
    assert text.count("chat-plain has no request.json for each response") == 1
    assert "    the same as test_request_golden[chat-plain]: " in text
    assert "chat-system has no request.json for each response" in text


def test_the_command_takes_wire_from_elsewhere_and_says_what_is_missing(shipped, tmp_path):
    assert "there are no wire files to answer in its place: `jackfield check shipped --wire " in ran("shipped")[1]
    folder = write_wire(tmp_path / "elsewhere")
    where = f'--model on the command line, or write {{"model": "…"}} into {folder / "suite.json"}'
    assert where in ran("shipped", "--wire", folder)[1]
    assert ran("shipped", "--wire", folder, "--model", "m")[0].return_value == 1
    assert "there is no provider 'unheard-of'" in ran("unheard-of")[1]
    (folder / "suite.json").write_text('{"model": "m"}')
    assert ran("shipped", "--wire", folder)[0].return_value == 1
