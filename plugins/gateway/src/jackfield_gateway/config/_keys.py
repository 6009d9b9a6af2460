"""The keys of a config: what each takes, what it means, what holds without it. Those of a model stand apart.

The reference page for operators is made of these tables.
"""

from __future__ import annotations

from jackfield_router import RouterSettings

from ._config import Limits
from ._kinds import Flag, ListOf, Number, Whole
from ._section import SECONDS, Key, Part, Section
from ._texts import Choice, Reference, Text, credential_problem

__all__ = ["CLIENT_OPTIONS", "GENERAL", "HANDLER", "ROUTER", "SETTINGS", "TOP"]

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


_FALLBACKS = Part("a list of mappings, each of a model name to a list of model names")

TOP = Section(
    "the config",
    [
        Key("model_list", Part("a list"), "The models that clients can ask for; see below."),
        Key("litellm_settings", Part("a mapping"), "Handlers, callbacks, retries; see below.", also=("settings",)),
        Key("general_settings", Part("a mapping"), "The master key, limits, the log; see below."),
        Key("router_settings", Part("a mapping"), "The choice among a group's deployments; see below."),
        Key(
            "include",
            ListOf(Text("the path of a file"), single=True),
            "Files, relative to this one, that are read as parts of it. Lists and sections are joined; a key that two "
            "files set to something is an error.",
        ),
    ],
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
        Key("custom_provider_map", Part("a list of mappings"), "Handlers, each with the provider's name; see below."),
        Key(
            "callbacks",
            Part("a list of objects' names, each `module.object`, or one alone"),
            "Objects with LiteLLM's call hooks, or Jackfield extensions.",
        ),
        Key(
            "num_retries",
            Whole(),
            "How often a failed call is tried again, over all deployments of its group.",
            f"{_ROUTER.num_retries}",
        ),
        Key("request_timeout", SECONDS, "Bounds an attempt: the whole answer, or of a stream each wait.", "600"),
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
        Key("read_timeout", SECONDS, "The time for a request's body to come.", f"{_LIMITS.read_timeout:g}"),
        Key(
            "idle_timeout",
            SECONDS,
            "How long a connection is kept that is silent, or whose client does not read; longer than a proxy in front "
            "keeps its own.",
            f"{_LIMITS.idle_timeout:g}",
        ),
        Key(
            "shutdown_timeout",
            SECONDS,
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
        Key("timeout", SECONDS, "The same as `request_timeout` in `litellm_settings`; set one of them.", "600"),
        Key(
            "retry_policy",
            Part("a mapping of errors' names to whole numbers"),
            "Retries by error: `RateLimitError: 3`, or LiteLLM's `RateLimitErrorRetries: 3`.",
            "`num_retries`",
        ),
        Key("model_group_alias", Part("a mapping of names to model names"), "Further names of groups."),
        Key("fallbacks", _FALLBACKS, "The same as in `litellm_settings`; entries of both count."),
    ],
)
