"""What importing and calling may load: each budget is measured in a process of its own."""

import os
import subprocess
import sys
import textwrap

import pytest

HEAVY = {"httpx", "pydantic", "pluggy", "importlib_metadata", "asyncio", "anyio", "aiohttp", "click", "rich", "ssl"}
PLUGINS = {"jackfield_echo", "jackfield_custom_format", "jackfield_openai_compatible", "jackfield_legacy_custom"}

PLUGIN = """
from jackfield import ModelResponse, hookimpl

@hookimpl
def completion(request, settings):
    return ModelResponse.of_text("Hi")
"""

IN_PROCESS = """
import types
import jackfield

plugin = types.ModuleType("plugin")
exec(PLUGIN, vars(plugin))
jackfield.register_provider("p", plugin)
"""


def python(code):
    """What a program printed, each line a word; warnings are errors."""
    code = f"PLUGIN = {PLUGIN!r}\n{textwrap.dedent(code)}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "COVERAGE_"))}
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert not done.returncode, done.stderr
    return done.stdout.split()


def loaded_by(code):
    """The packages that a program loads, but for what Python itself had loaded before it began."""
    before = "import sys; before = set(sys.modules)"
    after = "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    return {*python(f"{before}\n{textwrap.dedent(code)}\n{after}")}


def test_importing_the_package_loads_nothing_but_itself():
    loaded = {*python("import sys; before = set(sys.modules); import jackfield; print(*(set(sys.modules) - before))")}
    assert {name for name in loaded if name.startswith("jackfield")} == {"jackfield"}
    assert loaded & HEAVY == set()
    assert loaded & PLUGINS == set()


def test_importing_the_package_opens_nothing_but_source():
    opened = python(
        """
        import sys

        seen = []
        wanted = ("open", "os.listdir", "os.scandir", "socket.", "subprocess.", "ssl.", "urllib.")
        sys.addaudithook(lambda event, arguments: seen.append((event, arguments)) if event.startswith(wanted) else None)
        import jackfield
        from jackfield import completion
        for event, arguments in seen:
            if event == "open" and str(arguments[0]).partition(".py")[1]:
                continue  # a module's source, or what was compiled of it
            if event == "os.listdir":
                continue  # the import system looks where the module is
            print(event, arguments)
        """
    )
    assert opened == []


def test_naming_a_function_loads_neither_types_nor_a_client():
    loaded = loaded_by("from jackfield import completion, acompletion, embedding, aimage_edit")
    assert loaded & (HEAVY | PLUGINS) == set()


@pytest.mark.parametrize(
    "name", ["JackfieldError", "RateLimitError", "Timeout", "errors", "exceptions", "EventStream", "flow"]
)
def test_errors_and_flows_load_nothing_heavy(name):
    assert loaded_by(f"from jackfield import {name}") & (HEAVY | PLUGINS) == set()


def test_the_types_load_pydantic_and_no_client():
    assert loaded_by("from jackfield import ModelResponse, CompletionRequest") & HEAVY == {"pydantic"}


def test_a_sync_call_in_the_process_loads_no_event_loop_and_no_http_client():
    loaded = loaded_by(IN_PROCESS + "jackfield.completion('p/m')\nprint(*jackfield.completion('p/m', stream=True))")
    assert loaded & {"httpx", "asyncio", "anyio", "trio", "aiohttp", "ssl", "click", "rich"} == set()
    assert loaded & PLUGINS == set()


def test_a_sync_call_that_is_refused_loads_no_more():
    loaded = loaded_by(
        """
        import jackfield
        for arguments in [("m",), ("unheard-of/m",), ("p/m", 5)]:
            try:
                jackfield.completion(*arguments)
            except jackfield.JackfieldError:
                pass
        """
    )
    assert loaded & {"httpx", "asyncio", "anyio", "trio", "aiohttp", "ssl", "click", "rich"} == set()
    assert loaded & PLUGINS == set()


def test_an_async_call_in_the_process_loads_no_http_client():
    loaded = loaded_by(IN_PROCESS + "import asyncio\nasyncio.run(jackfield.acompletion('p/m'))")
    assert loaded & {"httpx", "aiohttp", "trio", "click", "rich"} == set()


def test_a_mocked_call_looks_for_no_plugin():
    loaded = loaded_by("import jackfield\njackfield.completion('p/m', mock_response='Hi')")
    assert loaded & {"httpx", "asyncio", "anyio", "aiohttp", "importlib_metadata"} == set()
