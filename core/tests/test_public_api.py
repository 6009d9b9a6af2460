"""What `jackfield` offers: each name once, sorted, loaded when it is asked for, under the package's name."""

import dataclasses
import os
import subprocess
import sys
import textwrap
import types as python_types
import typing

import jackfield
import pytest
from jackfield import errors, exceptions, flow, hookspecs, protocols, types
from jackfield._known import DISTRIBUTIONS, LAZY_NAMES

SETTINGS = {"custom_provider_map", "default_provider", "drop_params", "num_retries", "request_timeout", "__version__"}
MODULES = {"errors", "exceptions", "flow", "protocols", "types"}
OPERATIONS = ("completion", "text_completion", "embedding", "image_generation", "image_edit", "list_models")
PROMISED = {
    *OPERATIONS,
    *(f"a{name}" for name in OPERATIONS),
    *("Client", "AsyncClient", "Stream", "AsyncStream", "register_provider", "unregister_provider", "get_llm_provider"),
    *("list_providers", "hookimpl", "Flow", "EventStream", "Settings", "ProviderInfo", "Timeout", "APIError"),
    *SETTINGS,
    *MODULES,
    *errors.__all__,
    *(name for name in types.__all__ if name[0].isupper()),
}
PUBLIC_MODULES = {"jackfield", "jackfield.errors", "jackfield.flow", "jackfield.types"}


def python(code, *options):
    command = [sys.executable, "-W", "error", *options, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""})
    assert not done.returncode, done.stderr
    return done.stdout.strip()


def objects():
    """The public classes and functions, by name."""
    named = {name: getattr(jackfield, name) for name in jackfield.__all__}
    kinds = (type, python_types.FunctionType)
    return {name: value for name, value in named.items() if isinstance(value, kinds)}


def test_all_is_sorted_and_holds_what_is_promised():
    assert jackfield.__all__ == sorted(set(jackfield.__all__))
    assert set(jackfield.__all__) - PROMISED == {"Decoder", "Event", "HttpResponse", "ServerSentEvent"}
    assert PROMISED - set(jackfield.__all__) == set()


@pytest.mark.parametrize("module", [errors, exceptions, flow, hookspecs, protocols, types], ids=lambda m: m.__name__)
def test_every_public_module_has_an_all_of_names_that_exist(module):
    assert module.__doc__
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert len(set(module.__all__)) == len(module.__all__)


def test_every_name_is_loaded_when_it_is_asked_for_and_stays():
    for name in jackfield.__all__:
        value = getattr(jackfield, name)
        assert getattr(jackfield, name) is value
        assert vars(jackfield)[name] is value


def test_dir_shows_the_public_names_and_nothing_that_only_the_module_needs():
    shown = [name for name in dir(jackfield) if not name.startswith("__")]
    assert shown == sorted(name for name in jackfield.__all__ if not name.startswith("__"))


def test_a_star_brings_every_name():
    printed = python(
        """
        from jackfield import *
        import jackfield
        print(sorted(set(jackfield.__all__) - {*globals()}), len(jackfield.__all__) > 90)
        """
    )
    assert printed == "[] True"


def test_public_objects_bear_public_names_in_tracebacks_and_documentation():
    homes = {name: value.__module__ for name, value in objects().items()}
    assert {name: home for name, home in homes.items() if home not in PUBLIC_MODULES} == {}
    assert (
        jackfield.completion.__module__ == jackfield.Client.__module__ == jackfield.Settings.__module__ == "jackfield"
    )
    assert jackfield.ModelResponse.__module__ == "jackfield.types"


def test_every_public_object_is_described():
    assert [name for name, value in objects().items() if not (value.__doc__ or "").strip()] == []
    for name, value in objects().items():
        if isinstance(value, type):
            methods = {key: each for key, each in vars(value).items() if isinstance(each, python_types.FunctionType)}
            assert [key for key, each in methods.items() if not key.startswith("_") and not each.__doc__] == [], name


def test_the_annotations_of_public_dataclasses_can_be_read():
    for value in objects().values():
        if dataclasses.is_dataclass(value):
            assert typing.get_type_hints(value)


def test_a_name_that_is_not_there_is_an_error_with_a_near_miss():
    with pytest.raises(AttributeError) as caught:
        jackfield.complition  # type: ignore[attr-defined]  # noqa: B018  # reading it is the test
    assert str(caught.value) == "module 'jackfield' has no attribute 'complition'"
    assert (caught.value.name, caught.value.obj) == ("complition", jackfield)
    assert not hasattr(jackfield, "_private")


def test_the_settings_have_their_defaults_and_are_described():
    assert (jackfield.default_provider, jackfield.num_retries, jackfield.request_timeout) == (None, None, None)
    assert jackfield.drop_params is False
    assert jackfield.custom_provider_map == []


def test_the_version_is_the_distributions():
    metadata = pytest.importorskip("importlib_metadata")
    assert jackfield.__version__ == metadata.version("jackfield")


# ------------------------------------------------------------------------------------------------ names of a plugin


@pytest.mark.parametrize("name", LAZY_NAMES)
def test_a_name_of_a_plugin_brings_the_command_where_the_plugin_is_missing(name):
    printed = python(
        f"""
        import sys
        sys.modules["jackfield_custom_format"] = None
        import jackfield
        try:
            from jackfield import {name}
        except ImportError as error:
            print(error)
        """
    )
    assert printed == f"jackfield.{name} comes with jackfield-custom-format: pip install jackfield-custom-format"


@pytest.mark.parametrize("name", LAZY_NAMES)
def test_a_name_of_a_plugin_is_the_plugins(name, tmp_path):
    (tmp_path / "jackfield_custom_format.py").write_text(
        "print('imported')\nclass CustomLLM: ...\nclass CustomLLMError: ..."
    )
    printed = python(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import jackfield
        print("not yet")
        from jackfield import {name}
        print({name}.__module__, jackfield.{name} is {name})
        """
    )
    assert printed.splitlines() == ["not yet", "imported", "jackfield_custom_format True"]


def test_a_plugin_that_does_not_import_is_not_called_missing(tmp_path):
    (tmp_path / "jackfield_custom_format.py").write_text("import absent_dependency")
    printed = python(
        f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        import jackfield
        try:
            jackfield.CustomLLM
        except ImportError as error:
            print(error)
        """
    )
    assert printed == "No module named 'absent_dependency'"


def test_the_distributions_named_in_errors_are_of_this_repository():
    assert {name for name in DISTRIBUTIONS.values() if not name.startswith("jackfield-")} == set()
    assert {"echo", "openai", "custom"} < {*DISTRIBUTIONS}
