"""Variables in a config."""

import pytest

CONFIG = """\
model_list:
  - model_name: a
    litellm_params:
      model: echo/a
      x: {}
"""

READ = {
    "os.environ/HOUSE": "blue",
    "'os.environ/HOUSE'": "blue",
    "${HOUSE}": "blue",
    "a ${HOUSE} and a ${DOOR:-red one}": "a blue and a red one",
    "${DOOR:-}": None,  # alone and without quotes: as YAML reads an empty text
    "'${DOOR:-}'": "",
    "${EMPTY:-red}": "red",
    "'${EMPTY}'": "",
    "os.environ/EMPTY": "",
    "${NUMBER}": 8080,
    "'${NUMBER}'": "8080",
    "os.environ/NUMBER": "8080",
    "${NUMBER}${NUMBER}": "80808080",
    "${FLAG}": True,
    "$${HOUSE}": "${HOUSE}",
    "$HOUSE": "$HOUSE",
    "see os.environ/HOUSE": "see os.environ/HOUSE",
    "[{y: '${HOUSE}'}]": [{"y": "blue"}],
}
ENVIRONMENT = {"HOUSE": "blue", "EMPTY": "", "NUMBER": "8080", "FLAG": "true", "NAN": ".nan", "SECRET": "never-shown-1"}


@pytest.mark.parametrize("text", READ)
def test_variables_stand_in_for_their_text(read, text):
    config = read(CONFIG.format(text), **ENVIRONMENT)
    assert config.deployments[0].params == {"x": READ[text]}


WRONG = {
    "os.environ/DOOR": "the environment variable DOOR is not set: set it, or write ${DOOR:-default}",
    "${DOOR}": "the environment variable DOOR is not set: set it, or write ${DOOR:-default}",
    "a ${HOUSE} ${DOOR}": "the environment variable DOOR is not set: set it, or write ${DOOR:-default}",
    "${DOOR-x}": "misspelt: write ${NAME} or ${NAME:-default}",
    "${}": "misspelt: write ${NAME} or ${NAME:-default}",
    "'${HOUSE'": "misspelt: write ${NAME} or ${NAME:-default}",
    "os.environ/A HOUSE": "misspelt: os.environ/ is followed by the name of a variable and nothing else",
    "os.environ/": "misspelt: os.environ/ is followed by the name of a variable and nothing else",
    "${NAN}": "JSON has no such number",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_reference_that_leads_nowhere_is_a_finding_at_its_place(findings, text):
    [found] = findings(CONFIG.format(text), **ENVIRONMENT)
    assert found.startswith("5:10: ")
    assert WRONG[text] in found


def test_numbers_and_flags_are_read_from_variables(read):
    config = read(
        """\
        litellm_settings:
          num_retries: ${RETRIES}
          request_timeout: os.environ/SECONDS
          drop_params: "${DROP:-true}"
        """,
        RETRIES="4",
        SECONDS="2.5",
    )
    assert (config.num_retries, config.request_timeout, config.drop_params) == (4, 2.5, True)


def test_what_a_variable_holds_is_shown_to_nobody(findings):
    text = """\
        model_list:
          - model_name: os.environ/SECRET
            litellm_params:
              model: ${EMPTY}
              timeout: ${SECRET}
              api_base: os.environ/SECRET
              headers: ${SECRET}
              mock_timeout: ${SECRET}
              rpm: ${SECRET}
        litellm_settings:
          callbacks: os.environ/SECRET
          custom_provider_map: [{provider: p, custom_handler: "s3://${SECRET}"}]
        general_settings:
          master_key: ${SECRET} and more
          allowed_client_options: ["${SECRET}"]
        router_settings:
          routing_strategy: ${SECRET}
        """
    found = findings(text, **ENVIRONMENT)
    assert len(found) == 11
    assert [each for each in found if "never-shown" in each] == []
    assert all("a variable" in each or "an address" in each or "this" in each for each in found)


def test_a_key_that_is_not_set_never_stops_the_start(read):
    config = read(
        """\
        model_list:
          - {model_name: a, litellm_params: {model: openai/a, api_key: os.environ/HOUSE_KEY}}
          - {model_name: b, litellm_params: {model: openai/b, api_key: "${EMPTY}"}}
          - {model_name: c, litellm_params: {model: openai/c, api_key: "k-${HOUSE_KEY}"}}
          - {model_name: d, litellm_params: {model: openai/d, api_key: "${HOUSE_KEY:-}"}}
          - {model_name: e, litellm_params: {model: openai/e, api_key: "${SECRET}"}}
        """,
        **ENVIRONMENT,
    )
    problems = [deployment.problem for deployment in config.deployments]
    assert [problem and problem.variables for problem in problems] == [
        ("HOUSE_KEY",),
        ("EMPTY",),
        ("HOUSE_KEY",),
        None,
        None,
    ]
    assert "the model 'a' has no API key: the environment variable HOUSE_KEY is not set" in str(problems[0])
    assert [warning.split(":")[1] for warning in config.warnings] == ["2", "3", "4"]
    assert all("HOUSE_KEY" in warning or "EMPTY" in warning for warning in config.warnings)
    assert [deployment.options.get("api_key") for deployment in config.deployments] == [
        None,
        None,
        None,
        None,
        "never-shown-1",
    ]
    assert "never-shown" not in f"{config!r} {config.deployments!r}"


def test_a_key_whose_reference_is_misspelt_is_a_finding(findings):
    [found] = findings("model_list: [{model_name: a, litellm_params: {model: openai/a, api_key: '${A KEY}'}}]")
    assert found.startswith("1:73: this reference to the environment is misspelt")


def test_the_process_s_own_variables_count(write, monkeypatch):
    from jackfield_gateway.config import load

    monkeypatch.setenv("HOUSE_RETRIES", "7")
    assert load(write("settings: {num_retries: '${HOUSE_RETRIES}'}")).num_retries == 7
