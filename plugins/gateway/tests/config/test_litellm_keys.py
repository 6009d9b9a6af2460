"""LiteLLM's keys that Jackfield does not have."""

import pytest
from jackfield_gateway.config._keys import GENERAL, HANDLER, ROUTER, SETTINGS, TOP
from jackfield_gateway.config._litellm_keys import FOREIGN
from jackfield_gateway.config._model_keys import INFO, MODEL, PARAMS

SECTIONS = {section.name: section for section in (TOP, MODEL, PARAMS, INFO, SETTINGS, HANDLER, GENERAL, ROUTER)}
EACH = [pytest.param(row, name, id=f"{row.section}.{name}") for row in FOREIGN for name in row.names.split()]


def within(section, line):
    """A config in which a line stands in a section, and the place of the line."""
    if section == "the config":
        return f"{line}\n", "1:1"
    if section in {"litellm_params", "model_info"}:
        info = "    model_info:\n" if section == "model_info" else ""
        text = f"model_list:\n  - model_name: a\n    litellm_params:\n      model: echo/a\n{info}      {line}\n"
        return text, f"{text.count(chr(10))}:7"
    return f"{section}:\n  {line}\n", "2:3"


@pytest.mark.parametrize(("row", "name"), EACH)
def test_a_key_is_told_with_its_reason(read, findings, row, name):
    text, place = within(row.section, f"{name}: [something]")
    told = f"{place}: {name}: {row.reason}"
    if row.refused:
        assert findings(text) == [told]
    else:
        assert read(text).warnings == (f"config.yaml:{told}",)
        assert all(name not in deployment.params for deployment in read(text).deployments)


@pytest.mark.parametrize("row", FOREIGN, ids=lambda row: f"{row.section}: {row.names[:30]}")
def test_a_row_names_keys_of_a_section_that_the_section_does_not_have(row):
    assert set(row.names.split()) & set(SECTIONS[row.section].names()) == set()


def test_no_key_stands_twice_in_a_section():
    names = [(row.section, name) for row in FOREIGN for name in row.names.split()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("value", ["false", "", "[]", "{}"])
def test_what_is_switched_off_is_a_warning(read, value):
    config = read(f"litellm_settings:\n  cache: {value}\n")
    assert config.warnings == ("config.yaml:2:3: cache: this changes nothing, it is so anyway; remove it",)


@pytest.mark.parametrize(
    "line", ["cache: 0", "cache: no thanks", "ssl_verify: false", "ssl_verify: ./ca.pem", "force_ipv4: true"]
)
def test_what_would_change_something_is_refused(findings, line):
    assert len(findings(f"litellm_settings:\n  {line}\n")) == 1


def test_a_flag_that_only_repeats_what_holds_is_a_warning(read):
    assert len(read("litellm_settings: {ssl_verify: true, require_auth_for_metrics_endpoint: true}").warnings) == 2


@pytest.mark.parametrize("value", ["0", "false", "[]"])
def test_retries_of_a_deployment_are_refused_whatever_they_are(findings, value):
    [found] = findings(within("litellm_params", f"max_retries: {value}")[0])
    assert "retries count over the whole group" in found


def test_a_key_in_a_wrong_section_is_meant_as_well(findings):
    assert findings("database_url: x")[0].startswith("1:1: database_url: there is no database")
    assert findings("general_settings: {cache: true}")[0].startswith("1:20: cache: there is no cache")
    assert findings("router_settings: {max_budget: 7}")[0].startswith("1:19: max_budget: there are no virtual keys")


def test_prometheus_needs_no_callback(read):
    config = read("litellm_settings: {callbacks: [prometheus, audit.log]}")
    assert [callback.reference for callback in config.callbacks] == ["audit.log"]
    assert config.warnings[0].startswith(
        "config.yaml:1:32: prometheus: this changes nothing: /metrics is always served"
    )
