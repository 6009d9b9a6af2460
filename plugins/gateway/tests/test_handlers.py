"""Objects in files: how they are found, how often they are executed, what is said where they do not load."""

import os
import pickle
import sys
import textwrap

import pytest
from jackfield import ConfigurationError, CustomLLM
from jackfield_gateway._handlers import changed_files, check_imports, load_object, load_objects
from jackfield_gateway.config import InvalidConfig, load

HANDLER = """\
from jackfield import CustomLLM

class House(CustomLLM):
    def completion(self, *args, **kwargs):
        return "Hi!"

house = House()
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a module beside the config. Afterwards this process knows nothing of the folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = set(sys.modules)

    def write(name, text=HANDLER):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    yield write
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


COUNTED = "import builtins\nbuiltins.times = getattr(builtins, 'times', 0) + 1\nfirst, second = [1], [2]\n"


@pytest.fixture
def times(monkeypatch):
    """Tell how often COUNTED has been executed."""
    import builtins

    monkeypatch.setattr(builtins, "times", 0, raising=False)
    return lambda: builtins.times


# ---------------------------------------------------------------------------------------------------------------- found


def test_an_object_in_a_file_beside_the_config(write, tmp_path):
    write("custom_handler.py")
    assert load_object("custom_handler.house", tmp_path).completion() == "Hi!"


def test_an_object_in_a_package_and_in_a_folder_without_init(write, tmp_path):
    write("rooms/kitchen/__init__.py", "from .oven import heat\n")
    write("rooms/kitchen/oven.py", "from . import heat_of\nheat = [heat_of.HEAT]\n")
    write("rooms/kitchen/heat_of.py", "HEAT = 200\n")
    assert load_object("rooms.kitchen.oven.heat", tmp_path) == [200]
    assert load_object("rooms.kitchen.heat", tmp_path) is load_object("rooms.kitchen.oven.heat", tmp_path)


def test_an_object_of_an_installed_module(tmp_path):
    assert load_object("jackfield_gateway.config.load", tmp_path) is load
    assert load_object("os.path.join", tmp_path) is os.path.join


def test_a_file_is_executed_once_however_often_it_is_named(write, tmp_path, times):
    write("counted.py", COUNTED)
    write("sub/other.py", "import counted\nfirst = counted.first\n")
    first = load_object("counted.first", tmp_path)
    assert load_object("counted.second", tmp_path) == [2]
    assert load_object("counted.first", tmp_path) is first
    assert load_object("sub.other.first", tmp_path) is first
    assert times() == 1


def test_a_file_is_executed_once_though_two_folders_lead_to_it(write, tmp_path, times):
    write("sub/counted.py", COUNTED)
    (tmp_path / "link").symlink_to("sub")
    first = load_object("sub.counted.first", tmp_path)
    assert load_object("counted.first", tmp_path / "sub") is first
    assert load_object("counted.first", tmp_path / "link") is first
    (tmp_path / "again.py").symlink_to("sub/counted.py")
    assert load_object("again.first", tmp_path) is first
    assert times() == 1


def test_files_import_each_other_and_are_still_executed_once(write, tmp_path, times):
    write("counted.py", "import helper\n" + COUNTED)
    write("helper.py", "import counted\ndef first():\n    return counted.first\n")
    first = load_object("counted.first", tmp_path)
    assert load_object("helper.first", tmp_path)() is first
    assert times() == 1


def test_a_file_comes_before_an_installed_module_of_its_name_and_leaves_that_alone(write, tmp_path):
    import json

    write("json.py", "here = ['here']\n")
    assert load_object("json.here", tmp_path) == ["here"]
    assert load_object("json.here", tmp_path) is load_object("json.here", tmp_path)
    assert sys.modules["json"] is json
    assert load_object("json.dumps", tmp_path / "elsewhere") is json.dumps


def test_two_folders_may_have_files_of_one_name(write, tmp_path):
    write("one/handler.py", "it = [1]\n")
    write("two/handler.py", "it = [2]\n")
    assert load_object("handler.it", tmp_path / "one") == [1]
    assert load_object("handler.it", tmp_path / "two") == [2]
    assert load_object("handler.it", tmp_path / "one") == [1]


@pytest.mark.parametrize("name", ["thing", "json"])
def test_what_a_file_defines_can_be_pickled_whether_or_not_its_name_was_free(write, tmp_path, name):
    write(f"{name}.py", "from dataclasses import dataclass\n@dataclass\nclass Thing:\n    size: 'int'\nit = Thing(3)\n")
    it = load_object(f"{name}.it", tmp_path)
    assert pickle.loads(pickle.dumps(it)) == it


# ------------------------------------------------------------------------------------------------------------ not found

REFERENCES = {
    "nothing.here": "there is no file nothing.py in {folder}, and no module nothing is installed",
    "no.where.here": "there is no file no/where.py in {folder}, and no module no.where is installed",
    "os.nothing": "os.py defines no 'nothing'",
    "custom_handler.hous": "{folder}/custom_handler.py defines no 'hous'; did you mean 'house'?",
    "custom_handler.House": "custom_handler.House is a class, and an instance is meant: write my_house = House() in "
    "{folder}/custom_handler.py and name that",
    "./custom_handler.house": "'./custom_handler.house' is a path: write 'module.object'",
    "custom_handler": "'custom_handler' names no object of a module: write 'module.object'",
    "s3://bucket/handler.house": "'s3://bucket/handler.house' is an address: a handler is a file beside the config",
    "": "'' names no object of a module",
    ".house": "'.house' names no object of a module",
    "a..b": "'a..b' is no name of an object",
    "__main__.nothing": "defines no 'nothing'",
}


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_that_leads_nowhere_says_so(write, tmp_path, reference):
    write("custom_handler.py")
    with pytest.raises(ConfigurationError) as caught:
        load_object(reference, tmp_path)
    assert REFERENCES[reference].format(folder=tmp_path) in str(caught.value)


FAILURES = {
    "x = 1\nraise ValueError('no house')\n": "ValueError: no house ({file}, line 2)",
    "def f():\n    return 1 / 0\nx = f()\n": "ZeroDivisionError: division by zero ({file}, line 2)",
    "import json\njson.loads('{')\n": (
        "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1) ({file}, line 2)"
    ),
    "x = (\n": "SyntaxError: '(' was never closed ({file}, line 1)",
    "if 1:\nx\n": "IndentationError: expected an indented block after 'if' statement on line 1 ({file}, line 2)",
    "import not_installed_here\n": "ModuleNotFoundError: No module named 'not_installed_here' ({file}, line 1)",
    "from litellm import CustomLLM\n": "No module named 'litellm' ({file}, line 1); a handler for LiteLLM imports from "
    "jackfield, jackfield.types and jackfield_custom_format here",
    "raise SystemExit(3)\n": "SystemExit: 3 ({file}, line 1)",
    "import broken_helper\n": "RuntimeError: deep down ({folder}/broken_helper.py, line 1)",
    "\0": "source code string cannot contain null bytes",
}


@pytest.mark.parametrize("name", ["handler", "json"])
@pytest.mark.parametrize("text", FAILURES)
def test_a_file_that_does_not_load_says_why_and_where_without_a_traceback(write, tmp_path, text, name):
    file = write(f"{name}.py", text)
    write("broken_helper.py", "raise RuntimeError('deep down')\n")
    with pytest.raises(ConfigurationError) as caught:
        load_object(f"{name}.house", tmp_path)
    told = str(caught.value)
    assert told.startswith(f"{file} does not load: ")
    assert FAILURES[text].format(file=file, folder=tmp_path) in told
    assert "Traceback" not in told
    assert "\n" not in told


def test_a_file_that_did_not_load_is_tried_again(write, tmp_path):
    write("handler.py", "raise ValueError\n")
    with pytest.raises(ConfigurationError):
        load_object("handler.house", tmp_path)
    write("handler.py", HANDLER + "# longer\n")
    assert isinstance(load_object("handler.house", tmp_path), CustomLLM)


def test_an_installed_module_that_does_not_load(write, tmp_path, monkeypatch):
    write("elsewhere/broken_module.py", "import nothing_of_the_kind\n")
    monkeypatch.syspath_prepend(str(tmp_path / "elsewhere"))
    with pytest.raises(ConfigurationError, match="the module broken_module does not load: ModuleNot"):
        load_object("broken_module.x", tmp_path)


def test_ctrl_c_while_a_file_loads_is_nobody_s_to_keep(write, tmp_path):
    write("handler.py", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        load_object("handler.house", tmp_path)


# -------------------------------------------------------------------------------------------------------------- changed


def test_a_file_that_has_changed_is_told_and_not_executed_again(write, tmp_path, times):
    handler = write("counted.py", "import beside\n" + COUNTED)
    helper = write("beside.py", "x = 1\n")
    load_object("counted.first", tmp_path)
    assert changed_ones(tmp_path) == []
    write("counted.py", COUNTED * 2)
    write("beside.py", "x = 12\n")
    assert changed_ones(tmp_path) == [helper, handler]
    load_object("counted.second", tmp_path)
    assert times() == 1
    handler.unlink()
    assert handler in changed_ones(tmp_path)


def changed_ones(folder):
    return [file for file in changed_files() if file.is_relative_to(folder)]


# ------------------------------------------------------------------------------------------------------- a whole config

CONFIG = """\
model_list:
  - {model_name: a, params: {model: my-house/a}}
  - {model_name: b, params: {model: echo/b}}
  - {model_name: c, params: {model: any, custom_llm_provider: my-house}}
  - {model_name: d/*, params: {model: my-house/*}}
litellm_settings:
  custom_provider_map:
    - {provider: my-house, custom_handler: custom_handler.house}
  callbacks: [audit.both, audit.logger, audit.extension]
"""

AUDIT = """\
from jackfield import hookimpl
from jackfield_gateway import CustomLogger

class Logger(CustomLogger):
    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        pass

class Extension:
    @hookimpl
    def observe(self, event):
        pass

class Both(Extension, Logger):
    pass

logger, extension, both, neither = Logger(), Extension(), Both(), CustomLogger()

class Broken:
    @hookimpl
    async def observe(self, event):
        pass

broken = Broken()
"""


@pytest.fixture
def config(write):
    def config(text=CONFIG):
        write("custom_handler.py")
        write("audit.py", AUDIT)
        return load(write("config.yaml", text), {})

    return config


def test_objects_are_sorted_by_what_they_are(config):
    objects = load_objects(config())
    assert objects.handlers["my-house"].completion() == "Hi!"
    assert [type(each).__name__ for each in objects.callbacks] == ["Both", "Logger"]
    assert [type(each).__name__ for each in objects.extensions] == ["Both", "Extension"]
    assert check_imports(config()) == []


def test_a_file_loads_from_beside_the_config_that_names_it(write):
    write(
        "parts/custom_handler.py",
        "from jackfield import CustomLLM\nclass H(CustomLLM):\n  def completion(self): return 7\nhouse = H()\n",
    )
    write("parts/part.yaml", "settings: {custom_provider_map: [{provider: p, custom_handler: custom_handler.house}]}\n")
    write("custom_handler.py")
    objects = load_objects(load(write("config.yaml", "include: parts/part.yaml\n"), {}))
    assert objects.handlers["p"].completion() == 7


def test_every_problem_is_told_with_its_place_in_the_config(config):
    text = CONFIG.replace("custom_handler.house", "audit.logger").replace(
        "[audit.both, audit.logger, audit.extension]", "[audit.neither, audit.broken, audit.nothing, nowhere.x]"
    )
    with pytest.raises(InvalidConfig) as caught:
        load_objects(config(text))
    found = [str(finding).removeprefix(str(finding.where.path.parent)) for finding in caught.value.findings]
    assert [each.split(" ")[0] for each in found] == [
        "/config.yaml:8:44:",
        "/config.yaml:9:15:",
        "/config.yaml:9:30:",
        "/config.yaml:9:44:",
        "/config.yaml:9:59:",
    ]
    assert "which is no handler" in found[0]
    assert "audit.neither has no hook of its own" in found[1]
    assert "observe is a plain function" in found[2]
    assert "defines no 'nothing'" in found[3]
    assert "there is no file nowhere.py" in found[4]


def test_a_check_names_models_without_a_provider(config):
    text = CONFIG.replace("echo/b", "nobody/b").replace("any, custom_llm_provider: my-house", "gpt-4o")
    found = check_imports(config(text + "  num_retries: 1\n"))
    assert [each.split(": ")[1] for each in found] == [
        "the model 'b' cannot be called",
        "the model 'c' cannot be called",
    ]
    assert ["config.yaml:3:5" in found[0], "config.yaml:4:5" in found[1]] == [True, True]
    assert "nobody" in found[0]


def test_a_check_tells_both_kinds_of_problems_at_once(config):
    found = check_imports(
        config(CONFIG.replace("custom_handler.house", "custom_handler.hose").replace("echo/b", "nobody/b"))
    )
    assert ["cannot be called" in found[0], "did you mean 'house'?" in found[1]] == [True, True]
