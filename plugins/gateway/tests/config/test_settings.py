"""The other sections."""

import pickle

import pytest
from jackfield_gateway.config import Callback, Config, InvalidConfig, Limits, Position, load
from jackfield_gateway.config._keys import CLIENT_OPTIONS
from jackfield_gateway.wire.parse import CORE_KEYS
from jackfield_router import RouterSettings

MODELS = """\
model_list:
  - {model_name: a, params: {model: echo/a}}
  - {model_name: b, params: {model: echo/b}}
  - {model_name: acme/*, params: {model: acme/*}}
"""


def test_every_setting_is_read(read):
    config = read(
        MODELS
        + """\
settings:
  custom_provider_map:
    - {"provider": "acme", "custom_handler": handlers.acme.my_handler}
  callbacks: [audit.log, audit.log, guard.rails]
  num_retries: 0
  request_timeout: 20
  fallbacks: [{a: [b, acme/large]}, {acme/*: [a]}]
  drop_params: true
general_settings:
  master_key: sk-9f
  allowed_client_options: [api_key, mock_response]
  log_content: true
  max_body_bytes: 1
  max_nesting: 2
  max_requests_in_flight: 3
  read_timeout: 4
  idle_timeout: 5.5
  shutdown_timeout: 6
router_settings:
  routing_strategy: least-busy
  allowed_fails: 0
  cooldown_time: 7
  timeout: 20
  retry_policy:
    TimeoutErrorRetries: 1
    RateLimitErrorRetries: 2
    InternalServerError: 3
    BadRequestErrorRetries: 0
  model_group_alias: {quick: a}
  fallbacks: [{quick: [b]}]
"""
    )
    handler = config.handlers[0]
    assert (handler.provider, handler.reference, str(handler.where)) == (
        "acme",
        "handlers.acme.my_handler",
        "config.yaml:7:46",
    )
    assert [callback.reference for callback in config.callbacks] == ["audit.log", "guard.rails"]
    assert isinstance(config.callbacks[0], Callback)
    assert config.callbacks[0].where == Position(config.path, 8, 15)
    assert (config.num_retries, config.request_timeout, config.drop_params) == (0, 20.0, True)
    assert config.fallbacks == {"a": ("b", "acme/large"), "acme/*": ("a",), "quick": ("b",)}
    assert (config.master_key, config.log_content) == ("sk-9f", True)
    assert config.allowed_client_options == {"api_key", "mock_response"}
    assert config.limits == Limits(1, 2, 3, 4.0, 5.5, 6.0)
    policy = {"APITimeoutError": 1, "RateLimitError": 2, "InternalServerError": 3, "BadRequestError": 0}
    assert config.router == RouterSettings("least-busy", 7.0, 0, 0, policy)
    assert config.aliases == {"quick": "a"}
    assert config.warnings == ()
    assert "sk-9f" not in repr(config)


def test_retries_and_time_may_stand_in_either_section(read):
    config = read("router_settings: {num_retries: 5, timeout: 3}")
    assert (config.num_retries, config.router.num_retries, config.request_timeout) == (5, 5, 3.0)
    config = read("litellm_settings: {num_retries: 5}\nrouter_settings: {num_retries: 5}")
    assert (config.num_retries, config.router.num_retries) == (5, 5)
    assert read("litellm_settings: {}").router.num_retries == RouterSettings().num_retries


def test_one_object_may_stand_for_a_list_of_callbacks(read):
    assert [callback.reference for callback in read("settings: {callbacks: audit.log}").callbacks] == ["audit.log"]


def test_null_is_as_good_as_left_out(read):
    sections = "model_list:\nlitellm_settings:\ninclude:\n"
    config = read(f"{sections}general_settings: {{log_content: }}\nrouter_settings: {{cooldown_time: ~}}\n")
    assert config == Config(path=config.path)


WRONG = {
    "lite_llm_settings: {}": "1:1: the config has no key 'lite_llm_settings': did you mean 'litellm_settings'?",
    "zzz: {}": (
        "1:1: the config has no key 'zzz': there are 'general_settings', 'include', 'litellm_settings', "
        "'model_list', 'router_settings', 'settings'"
    ),
    "settings: {}\nlitellm_settings: {}": (
        "2:1: 'litellm_settings' and 'settings' are one key of the config: keep one of them"
    ),
    "settings: [a]": "1:11: litellm_settings must be a mapping, not a list",
    "settings: {master_key: sk}": (
        "1:12: 'master_key' does not belong in litellm_settings: write it in general_settings"
    ),
    "master_key: sk": "1:1: 'master_key' does not belong in the config: write it in general_settings",
    "settings: {allowed_fails: 3}": (
        "1:12: 'allowed_fails' does not belong in litellm_settings: write it in router_settings"
    ),
    "settings: {num_retry: 3}": "1:12: litellm_settings has no key 'num_retry': did you mean 'num_retries'?",
    "settings: {num_retries: -1}": "1:25: num_retries must be a whole number, 0 or more, not -1",
    "general_settings: {master_key: }": "1:31: master_key must be a text, not nothing",
    "general_settings: {master_key: ''}": "1:32: master_key must be a text, not an empty text",
    "general_settings: {master_key: 1234}": "1:32: master_key must be a text, not 1234: put it in quotes",
    "general_settings: {master_key: 'sk 1'}": (
        "1:32: this key holds a space, a line's end or another character that no client can send: make another"
    ),
    "general_settings: {allowed_client_options: [api_keys]}": "1:45: there is no 'api_keys': did you mean 'api_key'?",
    "general_settings: {allowed_client_options: api_key}": "1:44: allowed_client_options must be a list, each ",
    "router_settings: {routing_strategy: latency-based-routing}": (
        "1:37: there is no 'latency-based-routing': there are 'least-busy', 'simple-shuffle'"
    ),
    "router_settings: {retry_policy: 3}": "1:33: retry_policy must be a mapping of errors to whole numbers, not 3",
    "router_settings: {retry_policy: {RateLimitErorRetries: 3}}": (
        "1:34: retry_policy: there is no error 'RateLimitErorRetries'; did you mean 'RateLimitError'?"
    ),
    "router_settings: {retry_policy: {BadRequestErrorRetries: 3}}": (
        "1:34: BadRequestError does not pass when the same is asked again: write 0, or remove it"
    ),
    "router_settings: {retry_policy: {RateLimitErrorRetries: 3, RateLimitError: 3}}": (
        "1:60: RateLimitError says again how often RateLimitError is retried: keep one of them"
    ),
    "router_settings: {retry_policy: {RateLimitError: many}}": (
        "1:50: retry_policy.RateLimitError must be a whole number, 0 or more, not a text"
    ),
    "settings: {num_retries: 1}\nrouter_settings: {num_retries: 2}": (
        "2:32: num_retries is num_retries of litellm_settings (config.yaml:1:25), which says something "
        "else: keep one of them"
    ),
    "settings: {request_timeout: 1}\nrouter_settings: {timeout: 2}": (
        "2:28: timeout is request_timeout of litellm_settings (config.yaml:1:29), which says something "
        "else: keep one of them"
    ),
    "settings: {custom_provider_map: {a: b}}": "1:33: custom_provider_map must be a list of mappings, not a mapping",
    "settings: {custom_provider_map: [a.b]}": (
        "1:34: an entry of custom_provider_map must be a mapping, not a text: write "
    ),
    "settings: {custom_provider_map: [{provider: a}]}": (
        "1:34: this entry of custom_provider_map has no custom_handler: it needs both"
    ),
    "settings: {custom_provider_map: [{provider: a, handler: b.c}]}": (
        "1:34: this entry of custom_provider_map has no custom_handler: it needs both; 1:48: an entry "
        "of custom_provider_map has no key 'handler': did you mean 'custom_handler'?"
    ),
    (
        "settings: {custom_provider_map: [{provider: a, custom_handler: b.c}, {provider: a, custom_handler: b.d}]}"
    ): "1:70: the provider 'a' has a handler already, at config.yaml:1:64: keep one",
    "settings: {custom_provider_map: [{provider: a, custom_handler: ./b.c}]}": "1:64: './b.c' is a path: write ",
    "settings: {custom_provider_map: [{provider: a, custom_handler: 's3://b/c.d'}]}": (
        "1:64: 's3://b/c.d' is an address: a handler is a file beside the config, or installed; write "
    ),
    "settings: {custom_provider_map: [{provider: a, custom_handler: b}]}": (
        "1:64: 'b' names no object of a module: write "
    ),
    "settings: {custom_provider_map: [{provider: a, custom_handler: b.c.}]}": (
        "1:64: 'b.c.' is no name of an object: write "
    ),
    "settings: {callbacks: {a: b}}": (
        "1:23: callbacks must be a list of objects' names, each module.object, not a mapping"
    ),
    "settings: {callbacks: [langfuse]}": "1:24: 'langfuse' names no object of a module: write ",
    "settings: {callbacks: [3]}": (
        "1:24: callbacks[0] must be the name of an object, as `module.object`, not 3: put it in quotes"
    ),
    "settings: {fallbacks: {a: [b]}}": "5:23: fallbacks must be a list of mappings, [{a: [b, c]}], not a mapping",
    "settings: {fallbacks: [a]}": "5:24: fallbacks must be a list of mappings, [{a: [b, c]}], not a text",
    "settings: {fallbacks: [{a: b}]}": "5:28: fallbacks.a must be a list, each the name of a model, not a text",
    "settings: {fallbacks: [{a: [c]}]}": "5:29: fallbacks: no model is called 'c'; there are 'a', 'acme/*', 'b'",
    "settings: {fallbacks: [{acme: [b]}]}": "5:25: fallbacks: no model is called 'acme'; did you mean 'acme/*'?",
    "settings: {fallbacks: [{a: [b, a]}]}": "5:28: 'a' cannot be its own fallback: remove it",
    "settings: {fallbacks: [{a: [b]}, {a: [b]}]}": "5:35: the fallbacks of 'a' stand twice: write them in one list",
    "router_settings: {model_group_alias: [a]}": (
        "5:38: model_group_alias must be a mapping of names to model names, not a list"
    ),
    "router_settings: {model_group_alias: {x: y}}": (
        "5:42: model_group_alias: no model is called 'y'; there are 'a', 'acme/*', 'b'"
    ),
    "router_settings: {model_group_alias: {a: b}}": "5:39: 'a' is a model of model_list: give the alias another name",
    "router_settings: {model_group_alias: {x: z, z: a}}": "5:39: 'x' stands for an alias itself: name its model",
    "router_settings: {model_group_alias: {x: {model: a, hidden: true}}}": (
        "5:53: /models shows every name, so the alias 'x' cannot be hidden: remove this"
    ),
    "router_settings: {model_group_alias: {x: {modl: a}}}": (
        "5:39: the alias 'x' has no model: write x: name-of-a-model; 5:43: the alias 'x' has no key "
        "'modl': there are 'model' and 'hidden'"
    ),
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:90])
def test_what_is_wrong_with_a_setting(findings, text):
    found = "; ".join(findings(MODELS + text if "5:" in WRONG[text][:2] else text))
    assert found.startswith(WRONG[text])
    assert found == WRONG[text] or WRONG[text].endswith(" ")


def test_a_list_of_names_that_nobody_reads_is_not_told(findings):
    many = "".join(f"  - {{model_name: house-{number}, params: {{model: echo/a}}}}\n" for number in range(40))
    found = findings(f"model_list:\n{many}settings: {{fallbacks: [{{house-1: [zzzzzz]}}]}}")
    assert found == ["42:35: fallbacks: no model is called 'zzzzzz'; none of 40 names is like it"]
    assert findings("settings: {fallbacks: [{}, {a: []}]}") == [
        "1:29: fallbacks: no model is called 'a'; model_list is empty"
    ]


def test_clients_may_be_allowed_exactly_what_they_are_refused():
    assert {name for name in CLIENT_OPTIONS if not name.startswith("mock_")} == CORE_KEYS - {"client"}


def test_a_config_and_its_problems_travel_between_processes(read, write):
    config = read(f"{MODELS}  - {{model_name: c, params: {{model: echo/c, api_key: '${{NOT_SET}}'}}}}")
    copy = pickle.loads(pickle.dumps(config))
    assert copy.deployments[-1].problem.variables == ("NOT_SET",)
    assert (copy.deployments[:3], copy.places, copy.warnings) == (
        config.deployments[:3],
        config.places,
        config.warnings,
    )
    with pytest.raises(InvalidConfig) as caught:
        load(write("zz: 1"), {})
    error = pickle.loads(pickle.dumps(caught.value))
    assert (str(error), error.findings) == (str(caught.value), caught.value.findings)


def test_all_problems_are_told_at_once(write):
    path = write("zz: 1\nsettings: {num_retries: x, zz: 1}\nmodel_list: [3, {}]\n")
    with pytest.raises(Exception, match="the configuration has 6 problems") as caught:
        load(path, {})
    assert len(str(caught.value).splitlines()) == 7
