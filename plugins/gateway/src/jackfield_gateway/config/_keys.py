"""Every key that a config takes: what it is, what it means, what holds without it. The reference page shows these."""

from __future__ import annotations

from typing import Any

from jackfield_router import RouterSettings

from ._config import Limits
from ._kinds import (
    AnyValue,
    Choice,
    Credential,
    Flag,
    ListOf,
    MapOf,
    Number,
    Reference,
    Text,
    Whole,
    credential_problem,
    url_problem,
)
from ._report import Report
from ._section import Key, Section
from ._tree import Node

__all__ = [
    "CLIENT_OPTIONS",
    "GENERAL",
    "HANDLER",
    "INFO",
    "MODEL",
    "OPTIONS",
    "PARAMS",
    "PRICES",
    "ROUTER",
    "SETTINGS",
    "TOP",
]

CLIENT_OPTIONS = frozenset(
    {
        *("api_base", "base_url", "api_key", "api_version", "headers", "extra_headers", "extra_body"),
        *("custom_llm_provider", "fallbacks", "num_retries", "max_retries", "drop_params"),
        *("mock_response", "mock_tool_calls", "mock_delay", "mock_timeout"),
    }
)
"""Body keys that ``allowed_client_options`` can let through."""

_LIMITS = Limits()
_ROUTER = RouterSettings()


class _Part:
    """A value that is read further elsewhere; ``text`` says what it is."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self, name: str, node: Node, report: Report) -> Any:
        return node


_SECONDS = Number(above=True, unit="seconds")
_FALLBACKS = _Part("a list of mappings, each of a model name to a list of model names")

TOP = Section(
    "the config",
    [
        Key("model_list", _Part("a list"), "The models that clients can ask for; see below."),
        Key("litellm_settings", _Part("a mapping"), "Handlers, callbacks, retries; see below.", also=("settings",)),
        Key("general_settings", _Part("a mapping"), "The master key, limits, the log; see below."),
        Key("router_settings", _Part("a mapping"), "The choice among a group's deployments; see below."),
        Key(
            "include",
            ListOf(Text("the path of a file"), single=True),
            "Files, relative to this one, that are read as parts of it. Lists and sections are joined; a key that two "
            "files set to something is an error.",
        ),
    ],
)

MODEL = Section(
    "an entry of model_list",
    [
        Key(
            "model_name",
            Text("a name"),
            "What clients ask for. Entries of one name are a group: deployments of which each call gets one. One `*` "
            "stands for any text, which then takes the place of the `*` in `model`.",
            "required",
        ),
        Key(
            "litellm_params",
            _Part("a mapping"),
            "Where calls go, and what each of them takes along; see below.",
            "required",
            also=("params",),
        ),
        Key("model_info", _Part("a mapping"), "Prices and an id; see below."),
    ],
)

_PRICES = [
    Key("input_cost_per_token", Number(), "The price of a token of the prompt; costs then stand in the log."),
    Key("output_cost_per_token", Number(), "The price of a token of the answer."),
]
PRICES = frozenset(key.name for key in _PRICES)

_OPTIONS = [
    Key(
        "provider",
        Text("the name of a provider"),
        "The provider, where `model` does not begin with it.",
        also=("custom_llm_provider",),
    ),
    Key("api_base", Text("a URL", url_problem), "The server's address.", "the provider's own", also=("base_url",)),
    Key(
        "api_key",
        Credential(),
        "The credential. If it refers to a variable that is not set, or empty, the gateway starts all the same, and "
        "calls that need this deployment fail with an error that names the variable.",
        "the provider's variable",
    ),
    Key("api_version", Text("a text"), "The version of the server's interface, where it has versions."),
    Key(
        "timeout",
        _SECONDS,
        "Bounds an attempt: the whole answer, or of a stream each wait.",
        "`request_timeout`",
        also=("request_timeout",),
    ),
    Key("headers", MapOf(Text("a text")), "Headers of each request."),
    Key("extra_headers", MapOf(Text("a text")), "More headers of each request; they win over `headers`."),
    Key("extra_body", MapOf(AnyValue()), "Fields of each request's body, as they are."),
    Key(
        "fallbacks",
        ListOf(AnyValue("a model string, or a mapping with a model")),
        "Model strings, `provider/model`, to call when this deployment fails.",
    ),
    Key(
        "drop_params",
        Flag(),
        "Drop parameters that the provider cannot send, instead of refusing them.",
        "`drop_params` of the settings",
    ),
    Key("mock_response", AnyValue("a text"), "Answer with this, and call nobody."),
    Key("mock_tool_calls", ListOf(AnyValue("a tool call")), "Answer with these tool calls, and call nobody."),
    Key("mock_delay", Number(unit="seconds"), "Wait so long before a mocked answer."),
    Key("mock_timeout", Flag(), "Fail as if the time were up."),
]
OPTIONS = frozenset(key.name for key in _OPTIONS)

PARAMS = Section(
    "litellm_params",
    [
        Key("model", Text("a model string, 'provider/model'"), "The provider and the model.", "required"),
        *_OPTIONS,
        Key("weight", Number(), "How often this deployment is chosen, compared with the others.", "1"),
        Key(
            "order",
            Whole(),
            "The deployments of the lowest order come first; the next when all of those are cooling or full.",
            "0",
        ),
        Key(
            "max_parallel_requests",
            Whole(1),
            "Calls at a time. This and the next two are shared out among workers: each has its part.",
            "no limit",
        ),
        Key("rpm", Whole(1), "Requests in 60 seconds.", "no limit"),
        Key("tpm", Whole(1), "Tokens in 60 seconds.", "no limit"),
        *_PRICES,
    ],
)

INFO = Section(
    "model_info", [Key("id", Text("a text"), "A name of the deployment, of which there is one only."), *_PRICES]
)

HANDLER = Section(
    "an entry of custom_provider_map",
    [
        Key("provider", Text("the name of a provider"), "The name that model strings begin with.", "required"),
        Key(
            "custom_handler", Reference(), "The handler, an object in a file beside this one, or installed.", "required"
        ),
    ],
)

SETTINGS = Section(
    "litellm_settings",
    [
        Key("custom_provider_map", _Part("a list of mappings"), "Handlers, each with the provider's name; see below."),
        Key(
            "callbacks",
            _Part("a list of objects' names, each `module.object`, or one alone"),
            "Objects with LiteLLM's call hooks, or Jackfield extensions.",
        ),
        Key(
            "num_retries",
            Whole(),
            "How often a failed call is tried again, over all deployments of its group.",
            f"{_ROUTER.num_retries}",
        ),
        Key("request_timeout", _SECONDS, "Bounds an attempt: the whole answer, or of a stream each wait.", "600"),
        Key("fallbacks", _FALLBACKS, "Which groups to call, in this order, when one fails: `[{a: [b, c]}]`."),
        Key("drop_params", Flag(), "Drop parameters that a provider cannot send, instead of refusing them.", "false"),
    ],
)

GENERAL = Section(
    "general_settings",
    [
        Key(
            "master_key",
            Text("a text", credential_problem),
            "What clients authenticate with. Without it only this machine is served.",
            "none",
            nullable=False,
        ),
        Key(
            "allowed_client_options",
            ListOf(Choice(sorted(CLIENT_OPTIONS))),
            "Keys of a request's body that a client may set although they steer the gateway's own calls.",
            "none",
        ),
        Key("log_content", Flag(), "Write what is asked and answered to the log.", "false"),
        Key("max_body_bytes", Whole(1), "The size of a request's body.", f"{_LIMITS.max_body_bytes} (32 MiB)"),
        Key("max_nesting", Whole(1), "How deep the JSON of a request may nest.", f"{_LIMITS.max_nesting}"),
        Key(
            "max_requests_in_flight",
            Whole(1),
            "Requests that a worker serves at a time; more get 503.",
            f"{_LIMITS.max_requests_in_flight}",
        ),
        Key("read_timeout", _SECONDS, "The time for a request's body to come.", f"{_LIMITS.read_timeout:g}"),
        Key(
            "idle_timeout",
            _SECONDS,
            "How long a silent connection is kept; longer than a proxy in front keeps its own.",
            f"{_LIMITS.idle_timeout:g}",
        ),
        Key(
            "shutdown_timeout",
            _SECONDS,
            "The time that running streams have after SIGTERM.",
            f"{_LIMITS.shutdown_timeout:g}",
        ),
    ],
)

ROUTER = Section(
    "router_settings",
    [
        Key(
            "routing_strategy",
            Choice(("simple-shuffle", "least-busy")),
            "By weight, or the deployment with the fewest calls in flight.",
            _ROUTER.strategy,
        ),
        Key(
            "allowed_fails",
            Whole(),
            "A deployment that fails more often within a minute is left alone for a while.",
            f"{_ROUTER.allowed_fails}",
        ),
        Key("cooldown_time", Number(unit="seconds"), "How long it is left alone.", f"{_ROUTER.cooldown_time:g}"),
        Key("num_retries", Whole(), "The same as in `litellm_settings`; set one of them.", f"{_ROUTER.num_retries}"),
        Key("timeout", _SECONDS, "The same as `request_timeout` in `litellm_settings`; set one of them.", "600"),
        Key(
            "retry_policy",
            _Part("a mapping of errors' names to whole numbers"),
            "Retries by error: `RateLimitError: 3`, or LiteLLM's `RateLimitErrorRetries: 3`.",
            "`num_retries`",
        ),
        Key("model_group_alias", _Part("a mapping of names to model names"), "Further names of groups."),
        Key("fallbacks", _FALLBACKS, "The same as in `litellm_settings`; entries of both count."),
    ],
)
