"""The keys of an entry of ``model_list``: its names, what each call takes along, what the router goes by, prices."""

from __future__ import annotations

from ._kinds import AnyValue, Flag, ListOf, MapOf, Number, Whole
from ._section import SECONDS, Key, Part, Section
from ._texts import Choice, Credential, Text, url_problem

__all__ = ["INFO", "MODEL", "OPTIONS", "PARAMS", "PRICES"]

MODES = (
    *("chat", "completion", "responses", "embedding", "image_generation", "image_edit", "rerank", "moderation"),
    *("audio_speech", "audio_transcription", "batch", "realtime", "search", "video_generation", "vector_store", "ocr"),
)
"""LiteLLM's words for what a model is for."""

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
            Part("a mapping"),
            "Where calls go, and what each of them takes along; see below.",
            "required",
            also=("params",),
        ),
        Key("model_info", Part("a mapping"), "Prices and an id; see below."),
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
        SECONDS,
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
    "model_info",
    [
        Key("id", Text("a text"), "A name of the deployment, of which there is one only."),
        Key(
            "mode",
            Choice(MODES),
            "What `/health?probe=true` asks the model for: with `embedding` a vector, with `image_generation` an "
            "image, with any other a chat.",
            "`chat`",
        ),
        *_PRICES,
    ],
)
