"""Files: those that cannot be read, and those that are made of several."""

import os

import pytest
from jackfield import ConfigurationError
from jackfield_gateway.config import InvalidConfig, load


def refused(path):
    with pytest.raises(InvalidConfig) as caught:
        load(path, {})
    assert isinstance(caught.value, ConfigurationError)
    return str(caught.value)


def test_a_file_that_is_not_there(write, tmp_path):
    write("", "other.yaml")
    assert refused("config.yaml") == (
        "config.yaml:1:1: config.yaml cannot be read: No such file or directory; give the path of a YAML file"
    )


def test_a_folder_and_a_file_with_an_impossible_name(tmp_path):
    assert f"{tmp_path} cannot be read: Is a directory" in refused(tmp_path)
    assert "cannot be read: embedded null byte" in refused("a\0b.yaml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_must_not_be_read(write):
    write("model_list: []").chmod(0)
    assert "cannot be read: Permission denied" in refused("config.yaml")


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null", "\ufeff"])
def test_an_empty_file(findings, text):
    assert findings(text)[0].endswith("config.yaml is empty: a config is a mapping that begins with 'model_list:'")


@pytest.mark.parametrize(("text", "what"), [("- a", "a list"), ("hello", "a text"), ("3", "3")])
def test_a_file_that_is_no_mapping(findings, text, what):
    assert findings(text) == [f"1:1: config.yaml holds {what}: a config is a mapping that begins with 'model_list:'"]


def test_bytes_that_are_not_utf_8_have_a_place(findings):
    assert findings(b"model_list: []\n# M\xfcller\n") == ["2:4: this byte is not UTF-8: save the file as UTF-8"]
    assert findings("model_list: []\n".encode("utf-16")) == ["1:1: this byte is not UTF-8: save the file as UTF-8"]


def test_a_byte_order_mark_is_no_part_of_the_config(read):
    assert read("\ufeffmodel_list: []").deployments == ()


def test_a_file_that_cannot_be_a_config_is_not_read_to_its_end(findings):
    assert "larger than" in findings(b"# " + b"x" * 9_000_000)[0]


MAIN = """\
include: [models/fast.yaml, keys.yaml]
model_list:
  - {model_name: a, litellm_params: {model: echo/a}}
litellm_settings:
  num_retries: 1
  fallbacks: [{a: [b]}]
  custom_provider_map: [{provider: p, custom_handler: own.handler}]
"""


def test_included_files_are_parts_of_one_config(write):
    write(MAIN)
    write(
        """\
        include: more/slow.yaml
        model_list:
          - {model_name: b, params: {model: echo/b}}
        litellm_settings:
          custom_provider_map: [{provider: q, custom_handler: own.handler}]
        """,
        "models/fast.yaml",
    )
    write("model_list: [{model_name: c, params: {model: echo/c}}]", "models/more/slow.yaml")
    write(
        "general_settings: {master_key: sk-9f, log_content: true}\nlitellm_settings: {drop_params: true}", "keys.yaml"
    )
    config = load("config.yaml", {})
    assert [deployment.model_name for deployment in config.deployments] == ["a", "b", "c"]
    assert [str(place) for place in config.places] == [
        "config.yaml:3:5",
        "models/fast.yaml:3:5",
        "models/more/slow.yaml:1:14",
    ]
    assert (config.num_retries, config.drop_params, config.master_key, config.log_content) == (1, True, "sk-9f", True)
    assert [str(handler.where.path) for handler in config.handlers] == ["config.yaml", "models/fast.yaml"]
    assert config.fallbacks == {"a": ("b",)}


def test_two_files_do_not_set_one_thing(write):
    write("include: b.yaml\nlitellm_settings:\n  num_retries: 1\n  drop_params:\n")
    write("litellm_settings:\n  num_retries: 1\n  drop_params: true\nmodel_list:\n", "b.yaml")
    assert refused("config.yaml") == "b.yaml:2:3: 'num_retries' is set at config.yaml:3:3 already: keep one of them"


def test_problems_of_all_files_are_told_at_once_and_sorted(write):
    write("zz: 1\ninclude: [b.yaml, none.yaml]\naa: 1")
    write("general_setting: {}\nmodel_list: 3\n", "b.yaml")
    lines = refused("config.yaml").splitlines()
    assert lines[0] == "the configuration has 5 problems:"
    assert [line.split(" ")[0] for line in lines[1:]] == [
        "b.yaml:1:1:",
        "b.yaml:2:13:",
        "config.yaml:1:1:",
        "config.yaml:2:19:",
        "config.yaml:3:1:",
    ]
    assert "none.yaml cannot be read" in lines[4]


def test_files_do_not_include_each_other_for_ever(write):
    write("include: b.yaml\n")
    write("include: [./config.yaml]\n", "b.yaml")
    assert refused("config.yaml").startswith("b.yaml:1:11: config.yaml includes itself")


def test_a_file_is_included_once(write):
    write("include: [b.yaml, c.yaml]\n")
    write("include: c.yaml\n", "b.yaml")
    write("model_list:\n", "c.yaml")
    assert refused("config.yaml") == "config.yaml:1:19: c.yaml is part of the config already: include it once"


@pytest.mark.parametrize("what", ["{a: b}", "[[a]]", "3", "[null]", "''"])
def test_an_include_that_names_no_file(findings, what):
    [found] = findings(f"include: {what}")
    assert "must be" in found
    assert "the path of a file" in found


def test_an_include_of_a_variable(write):
    write("include: ${PART}")
    write("model_list: [{model_name: c, params: {model: echo/c}}]", "part.yaml")
    assert len(load("config.yaml", {"PART": "part.yaml"}).deployments) == 1
