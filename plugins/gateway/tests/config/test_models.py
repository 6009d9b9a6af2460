"""``model_list``."""

import pytest
from jackfield_gateway.config import Config, Prices
from jackfield_router import Deployment, Router


def models(*entries):
    return "model_list:\n" + "".join(f"  - {entry}\n" for entry in entries)


def test_each_key_goes_where_it_belongs(read):
    config = read("""\
        model_list:
          - model_name: fast
            litellm_params:
              model: openai/gpt-4o-mini
              custom_llm_provider: openai
              base_url: https://models.example/v1
              api_key: sk-7
              api_version: 2024-10-21
              request_timeout: 30
              headers: {x-team: "7"}
              extra_headers: {x-house: blue}
              extra_body: {top_k: 1}
              fallbacks: [echo/b, {model: echo/c, temperature: 0}]
              drop_params: yes
              mock_response: Hi!
              mock_tool_calls: [{id: a}]
              mock_delay: 0
              mock_timeout: false
              weight: 3
              max_parallel_requests: 4
              rpm: 60
              tpm: 1000
              order: 2
              temperature: 0.5
              stop: [a, b]
              reasoning_effort:
              input_cost_per_token: 0.0001
              output_cost_per_token: 2e-4
            model_info:
              id: first
        """)
    assert config.deployments == (
        Deployment(
            "fast",
            "openai/gpt-4o-mini",
            options={
                "provider": "openai",
                "api_base": "https://models.example/v1",
                "api_key": "sk-7",
                "api_version": "2024-10-21",
                "timeout": 30.0,
                "headers": {"x-team": "7"},
                "extra_headers": {"x-house": "blue"},
                "extra_body": {"top_k": 1},
                "fallbacks": ["echo/b", {"model": "echo/c", "temperature": 0}],
                "drop_params": True,
                "mock_response": "Hi!",
                "mock_tool_calls": [{"id": "a"}],
                "mock_delay": 0.0,
                "mock_timeout": False,
            },
            params={"temperature": 0.5, "stop": ["a", "b"], "reasoning_effort": None},
            weight=3.0,
            max_parallel_requests=4,
            rpm=60,
            tpm=1000,
            order=2,
            id="first",
        ),
    )
    assert list(config.deployments[0].params) == ["temperature", "stop", "reasoning_effort"]
    assert config.prices == {"fast": Prices(0.0001, 0.0002)}
    assert config.warnings == ()


def test_a_config_of_nothing_has_a_default_for_everything(read):
    defaults = Config()
    assert read("model_list:") == defaults.__class__(path=read("model_list:").path)
    limits = defaults.limits
    assert (limits.max_body_bytes, limits.max_nesting, limits.idle_timeout) == (32 * 1024 * 1024, 64, 75)
    assert (defaults.master_key, defaults.drop_params, defaults.num_retries) == (None, False, None)
    assert repr(defaults) == "Config('config.yaml', groups=[])"


def test_the_names_reach_the_router(read):
    config = read("""\
        model_list:
          - {model_name: acme/*, params: {model: echo/*}}
          - {model_name: fast, params: {model: echo/a}}
          - {model_name: fast, params: {model: echo/b}}
        router_settings: {model_group_alias: {quick: fast, new: {model: acme/new, hidden: false}}}
        """)
    router = Router(config.deployments, config.router, config.aliases)
    assert router.names() == ["acme/*", "fast", "new", "quick"] or tuple(router.names()) == (
        "acme/*",
        "fast",
        "new",
        "quick",
    )
    assert [len(router.find(name)) for name in ("quick", "acme/7", "new", "other")] == [2, 1, 1, 0]


WRONG = {
    "3": "2:5: an entry of model_list must be a mapping, not 3",
    "": "2:4: this entry of model_list is empty: write a model_name and its litellm_params",
    "{}": (
        "2:5: this model has no litellm_params: every entry of model_list needs one; "
        "2:5: this model has no model_name: every entry of model_list needs one"
    ),
    "{model_name: a}": "2:5: this model has no litellm_params: every entry of model_list needs one",
    "{params: {model: a/b}}": "2:5: this model has no model_name: every entry of model_list needs one",
    "{model_name: a, params: {}}": "2:29: this model has no model: write model: provider/name",
    "{model_name: a, params: {model: }}": "2:29: this model has no model: write model: provider/name",
    "{model_name: a, params: [a]}": "2:29: litellm_params must be a mapping, not a list",
    "{model_name: 4, params: {model: a/b}}": "2:18: model_name must be a name, not 4: put it in quotes",
    "{model_name: on, params: {model: a/b}}": "2:18: model_name must be a name, not true: put it in quotes",
    "{model_name: '', params: {model: a/b}}": "2:18: model_name must be a name, not an empty text",
    "{model_name: a, params: {model: [b]}}": "2:37: model must be a model string, 'provider/model', not a list",
    "{model_name: a, model_nam: b, params: {model: a/b}}": (
        "2:21: an entry of model_list has no key 'model_nam': did you mean 'model_name'?"
    ),
    "{model_name: a, rpm: 4, params: {model: a/b}}": (
        "2:21: 'rpm' does not belong in an entry of model_list: write it in litellm_params"
    ),
    "{model_name: a, params: {model: a/b}, litellm_params: {model: a/b}}": (
        "2:43: 'litellm_params' and 'params' are one key of an entry of model_list: keep one of them"
    ),
    "{model_name: a, params: {model: a/b, api_base: b, base_url: c}}": (
        "2:52: an address begins with http:// or https://; 2:55: 'base_url' and 'api_base' are one key "
        "of litellm_params: keep one of them"
    ),
    "{model_name: a, params: {model: a/b, api_base: 'http://a#b'}}": (
        "2:52: an address has no fragment (#…), which no server is sent"
    ),
    "{model_name: a, params: {model: a/b, timeout: 0}}": "2:51: timeout must be a number of seconds above 0, not 0",
    "{model_name: a, params: {model: a/b, timeout: '3'}}": (
        "2:51: timeout must be a number of seconds above 0, not a text"
    ),
    "{model_name: a, params: {model: a/b, rpm: 0}}": "2:47: rpm must be a whole number, 1 or more, not 0",
    "{model_name: a, params: {model: a/b, rpm: 1.5}}": "2:47: rpm must be a whole number, 1 or more, not 1.5",
    "{model_name: a, params: {model: a/b, rpm: true}}": "2:47: rpm must be a whole number, 1 or more, not true",
    f"{{model_name: a, params: {{model: a/b, rpm: {10**400}}}}}": (
        "2:47: rpm must be a whole number, 1 or more, not a number so great"
    ),
    "{model_name: a, params: {model: a/b, weight: -1}}": "2:50: weight must be a number, 0 or more, not -1",
    "{model_name: a, params: {model: a/b, weight: .nan}}": "2:50: weight must be a number, 0 or more, not nan",
    "{model_name: a, params: {model: a/b, weight: .inf}}": (
        "2:50: weight must be a number, 0 or more, not a number so great"
    ),
    "{model_name: a, params: {model: a/b, headers: {x: 1}}}": (
        "2:55: headers.x must be a text, not 1: put it in quotes"
    ),
    "{model_name: a, params: {model: a/b, headers: x}}": (
        "2:51: headers must be a mapping, each value a text, not a text"
    ),
    "{model_name: a, params: {model: a/b, drop_params: 1}}": "2:55: drop_params must be true or false, not 1",
    "{model_name: '*/*', params: {model: a/*}}": (
        "2:6: the deployment '*/*': one * in model_name may stand for any text, and a * in model "
        "('a/*') for the same text"
    ),
    "{model_name: a, params: {model: a/*}}": (
        "2:6: the deployment 'a': one * in model_name may stand for any text, and a * in model ('a/*') "
        "for the same text"
    ),
    "{model_name: a, params: {model: a/b}, model_info: {input_cost_per_tokens: 1}}": (
        "2:56: model_info has no key 'input_cost_per_tokens': did you mean 'input_cost_per_token'?"
    ),
    (
        "{model_name: a, params: {model: a/b, input_cost_per_token: 1}, model_info: {input_cost_per_token: 1}}"
    ): "2:103: input_cost_per_token stands in litellm_params already: keep one of them",
}


@pytest.mark.parametrize("entry", WRONG, ids=lambda entry: entry[:90])
def test_what_is_wrong_with_a_model(findings, entry):
    found = "; ".join(findings(models(entry)))
    assert found.replace("2:18: the deployment", "2:6: the deployment") == WRONG[entry]


def test_a_list_of_models_is_a_list(findings):
    assert findings("model_list: {a: b}") == ["1:13: model_list must be a list of models, not a mapping"]


def test_one_id_is_one_deployment(findings):
    entry = "{model_name: a, params: {model: a/b}, model_info: {id: x}}"
    assert findings(models(entry, entry)) == [
        "3:60: another model has this id already, at config.yaml:2:60: ids are unique"
    ]


def test_a_slip_in_the_name_of_an_option_is_a_warning_for_it_may_be_a_parameter(read):
    config = read(models("{model_name: a, params: {model: a/b, api_bse: 'http://x', top_k: 1, user: u, n: 2}}"))
    assert config.warnings == (
        "config.yaml:2:42: api_bse is sent to the provider as a parameter; did you mean 'api_base'?",
    )
    assert list(config.deployments[0].params) == ["api_bse", "top_k", "user", "n"]


def test_a_parameter_may_be_called_as_a_key_of_another_section(read):
    config = read(models("{model_name: a, params: {model: a/b, max_tokens: 5, mode: x, retry_after: 1, provider: p}}"))
    assert dict(config.deployments[0].params) == {"max_tokens": 5, "mode": "x", "retry_after": 1}
    assert config.warnings == ()


def test_prices_are_a_group_s_where_its_deployments_agree(read):
    config = read(
        models(
            "{model_name: a, params: {model: a/b}, model_info: {input_cost_per_token: 1}}",
            "{model_name: a, params: {model: a/c, input_cost_per_token: 1}}",
            "{model_name: b, params: {model: a/b}, model_info: {output_cost_per_token: 1}}",
            "{model_name: b, params: {model: a/c}}",
            "{model_name: c, params: {model: a/c}}",
        )
    )
    assert config.prices == {"a": Prices(1.0, 0.0)}
    assert config.warnings == (
        "config.yaml:5:5: the deployments of 'b' have different prices: the log gives no cost for it",
    )
