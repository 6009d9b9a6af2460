"""Call arguments: which are the core's, which the provider's, and what is refused by name before anything is done."""

import enum
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, TypeVar, cast

import httpx
import pydantic
import pytest
from jackfield import BadRequestError, Client, ModelResponse, hookimpl
from jackfield._arguments import OPTION_NAMES, check, split
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield._requests import chat, edit, embedding, models, text
from jackfield.types import (
    CallOptions,
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    Message,
    TextCompletionRequest,
)

MESSAGES = [{"role": "user", "content": "Hi"}]


def refusal(request):
    """The words in which a request is refused, and the argument that they are about."""
    with pytest.raises(BadRequestError) as caught:
        check(request)
    return str(caught.value), caught.value.param


# ---------------------------------------------------------------------------------------------------------- whose it is


def test_the_arguments_of_the_core_are_those_of_the_documentation():
    assert {*OPTION_NAMES} == {
        *("api_base", "base_url", "api_key", "api_version", "timeout", "request_timeout", "headers", "extra_headers"),
        *("extra_body", "num_retries", "max_retries", "fallbacks", "drop_params", "custom_llm_provider", "provider"),
        *("mock_response", "mock_tool_calls", "mock_delay", "mock_timeout", "client"),
    }


def test_everything_else_is_the_providers_in_the_callers_order():
    options, params = split({"z": 1, "api_key": "k", "a": None, "my_custom_param": {"x": 1}, "temperature": 0})
    assert options == {"api_key": "k"}
    assert list(params.items()) == [("z", 1), ("a", None), ("my_custom_param", {"x": 1}), ("temperature", 0)]


@pytest.mark.parametrize(
    ("alias", "name", "value"),
    [
        ("base_url", "api_base", "http://x"),
        ("custom_llm_provider", "provider", "p"),
        ("request_timeout", "timeout", 5),
        ("max_retries", "num_retries", 0),
    ],
)
def test_an_alias_is_its_argument_and_the_plain_name_wins(alias, name, value):
    assert split({alias: value}) == ({name: value}, {})
    assert split({alias: "other", name: value}) == ({name: value}, {})
    assert split({name: value, alias: "other"}) == ({name: value}, {})
    assert split({name: None, alias: value}) == ({name: value}, {})


def test_an_option_that_is_none_is_not_given():
    assert split(dict.fromkeys(OPTION_NAMES)) == ({}, {})


def test_metadata_and_mask_have_fields_of_their_own():
    request = edit("p/m", "a.png", "redder", {"metadata": {"user": 1}, "mask": "m.png", "n": 1})
    assert (request.metadata, request.mask, request.image, request.params) == (
        {"user": 1},
        "m.png",
        ["a.png"],
        {"n": 1},
    )
    assert chat("p/m", MESSAGES, {"metadata": {"user": 1}}, stream=None).metadata == {"user": 1}


def test_the_functions_make_requests():
    assert chat("p/m", MESSAGES, {}, stream=True) == CompletionRequest("p/m", MESSAGES, stream=True)
    assert text("p/m", "Hi", {"n": 1}, stream=None) == TextCompletionRequest("p/m", "Hi", params={"n": 1})
    assert embedding("p/m", ["a"], {"timeout": 3}) == EmbeddingRequest("p/m", ["a"], options={"timeout": 3})
    assert models("p", {}).options == {"provider": "p"}
    assert edit("p/m", None, None, {}).image == []


# ---------------------------------------------------------------------------------------------- what is refused by name

OPTIONS: list[tuple[str, Any, str]] = [
    ("provider", 5, "a string, not int"),
    ("provider", "", "a string, not an empty one"),
    ("api_base", "example.com/v1", "a URL that begins with http:// or https://, not str"),
    ("api_base", 5, "a URL that begins with http:// or https://, not int"),
    ("api_key", b"sk", "a string, not bytes"),
    ("api_version", 2024, "a string, not int"),
    ("timeout", "5", "a number of seconds above 0, or an httpx.Timeout, not str"),
    ("timeout", 0, "a number of seconds above 0, or an httpx.Timeout, not 0"),
    ("timeout", -1.5, "a number of seconds above 0, or an httpx.Timeout, not -1.5"),
    ("timeout", float("nan"), "a number of seconds above 0, or an httpx.Timeout, not nan"),
    ("timeout", True, "a number of seconds above 0, or an httpx.Timeout, not True"),
    ("headers", [("a", "b")], "a mapping of strings to strings, not list"),
    ("headers", {"a": 1}, "a mapping of strings to strings, not dict"),
    ("extra_headers", {1: "a"}, "a mapping of strings to strings, not dict"),
    ("extra_body", [1], "a mapping, not list"),
    ("num_retries", -1, "a whole number, 0 or more, not -1"),
    ("num_retries", 1.5, "a whole number, 0 or more, not 1.5"),
    ("num_retries", True, "a whole number, 0 or more, not True"),
    ("fallbacks", "q/m", "a list of model strings, or of mappings with a model, not str"),
]


@pytest.mark.parametrize(("name", "value", "expected"), OPTIONS)
def test_an_option_of_a_wrong_type_is_refused_by_name(name, value, expected):
    request = CompletionRequest("p/m", MESSAGES, options=cast("CallOptions", {name: value}))
    assert refusal(request) == (f"{name} must be {expected}", name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout", 0.5),
        ("timeout", httpx.Timeout(5, read=None)),
        ("num_retries", 0),
        ("fallbacks", ["q/m", {"model": "r/m", "api_key": "k"}]),
        ("headers", httpx.Headers({"a": "b"})),
        ("extra_body", {}),
        ("api_base", "https://example.com"),
    ],
)
def test_an_option_that_fits_is_left_as_it_is(name, value):
    request = CompletionRequest("p/m", MESSAGES, options=cast("CallOptions", {name: value}))
    assert check(request) is request


@pytest.mark.parametrize("value", [{"timeout": "5"}, {"api_base": "example.com"}, {"headers": 5}])
def test_the_options_of_a_fallback_are_held_to_the_same(value):
    ((name, _),) = value.items()
    request = CompletionRequest("p/m", MESSAGES, options={"fallbacks": [{"model": "q/m", **value}]})
    said, param = refusal(request)
    assert said.startswith(f"fallbacks[0]: {name} must be ")
    assert param == "fallbacks"


@pytest.mark.parametrize(
    ("bad", "given"),
    [(5, "int"), ("", "an empty one"), ({"api_key": "k"}, "dict"), ({"model": 5}, "dict"), (None, "None")],
)
def test_what_is_no_fallback_is_named_by_its_place(bad, given):
    request = CompletionRequest("p/m", MESSAGES, options={"fallbacks": ["q/m", bad]})
    expected = "a model string, or a mapping with a model string as 'model'"
    assert refusal(request) == (f"fallbacks[1] must be {expected}, not {given}", "fallbacks")


def test_an_address_with_a_fragment_is_refused():
    said = "api_base must not hold a fragment, which no server is sent"
    request = CompletionRequest("p/m", MESSAGES, options={"api_base": "https://example.com/#here"})
    assert refusal(request) == (said, "api_base")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("base_url", "did you mean 'api_base'?"),
        ("time_out", "did you mean 'timeout'?"),
        ("temperature", "a provider's parameters stand in params"),
        (5, "a provider's parameters stand in params"),
    ],
)
def test_an_option_that_there_is_not_is_refused_by_name(name, hint):
    request = CompletionRequest("p/m", MESSAGES, options=cast("CallOptions", {name: 5}))
    assert refusal(request) == (f"there is no option {name!r}; {hint}", "options")


def test_options_that_are_no_mapping_are_refused():
    request = CompletionRequest("p/m", MESSAGES, options=cast("CallOptions", [("timeout", 5)]))
    assert refusal(request) == ("options must be a mapping, a CallOptions, not list", "options")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"timeout": "5"}, "timeout must be a number of seconds above 0, or an httpx.Timeout, not str"),
        ({"request_timeout": -1}, "timeout must be a number of seconds above 0, or an httpx.Timeout, not -1"),
        ({"num_retries": "3"}, "num_retries must be a whole number, 0 or more, not str"),
        ({"fallbacks": [5]}, "fallbacks[0] must be a model string"),
    ],
)
def test_the_defaults_of_a_client_are_held_to_the_same(options, said):
    class Plugin:
        @hookimpl
        def completion(self):
            raise AssertionError("it was called")

    client = Client(registry=Registry(Index([])), **options)
    client.register_provider("p", Plugin())
    with pytest.raises(BadRequestError) as caught:
        client.run(CompletionRequest("p/m", MESSAGES))
    assert str(caught.value).startswith(said)


LIST = "messages must be a list of mappings such as {'role': 'user', 'content': 'Hi'}"
INPUTS = "must be a text, or a list of texts or token numbers that is not empty"


@pytest.mark.parametrize(
    ("request_", "said", "param"),
    [
        (CompletionRequest(None), "model must be a string such as 'provider/model', not None", "model"),  # type: ignore[arg-type]
        (CompletionRequest(""), "model is empty: write 'provider/model'", "model"),
        (EmbeddingRequest("", "Hi"), "model is empty: write 'provider/model'", "model"),
        (CompletionRequest("p/m", "Hi"), f"{LIST}, not str", "messages"),  # type: ignore[arg-type]
        (CompletionRequest("p/m", MESSAGES[0]), f"{LIST}, not dict", "messages"),  # type: ignore[arg-type]
        (CompletionRequest("p/m", None), f"{LIST}, not None", "messages"),  # type: ignore[arg-type]
        (CompletionRequest("p/m", iter(MESSAGES)), f"{LIST}, not list_iterator", "messages"),  # type: ignore[arg-type]
        (
            CompletionRequest("p/m", [*MESSAGES, "Hi"]),  # type: ignore[list-item]
            "messages[1] must be a mapping such as {'role': 'user', 'content': 'Hi'}, not str",
            "messages",
        ),
        (TextCompletionRequest("p/m", None), f"prompt {INPUTS}, not None", "prompt"),  # type: ignore[arg-type]
        (TextCompletionRequest("p/m", []), f"prompt {INPUTS}, not list", "prompt"),
        (EmbeddingRequest("p/m", 5), f"input {INPUTS}, not int", "input"),  # type: ignore[arg-type]
        (
            EmbeddingRequest("p/m", ["a", 1]),  # type: ignore[arg-type]
            "input must be a text, a list of texts, or token numbers, not list",
            "input",
        ),
        (
            EmbeddingRequest("p/m", [None]),  # type: ignore[arg-type]
            "input must be a text, a list of texts, or token numbers, not list",
            "input",
        ),
        (ImageGenerationRequest("p/m", None), "prompt must be a text, not None", "prompt"),  # type: ignore[arg-type]
        (ImageEditRequest("p/m"), "image is missing: give a path, bytes, a file object or (name, content)", "image"),
        (
            ImageEditRequest("p/m", "a.png"),
            "image must be a list of paths, bytes, file objects or tuples (name, content), not str",
            "image",
        ),
        (ImageEditRequest("p/m", ["a.png"], 5), "prompt must be a text, not int", "prompt"),  # type: ignore[arg-type]
    ],
)
def test_an_argument_of_a_wrong_type_is_refused_by_name(request_, said, param):
    assert refusal(request_) == (said, param)


@pytest.mark.parametrize("given", [None, "p/m", {"model": "p/m"}])
def test_what_is_no_request_is_refused(given):
    with pytest.raises(BadRequestError, match=r"run\(\) takes a request such as CompletionRequest\(model, messages\)"):
        Client(registry=Registry(Index([]))).run(given)


def test_an_unknown_option_of_a_client_is_refused_by_name():
    with pytest.raises(BadRequestError, match="temperature: no option of a client"):
        Client(temperature=1)


@pytest.mark.parametrize(
    "request_",
    [
        CompletionRequest("p/m"),
        CompletionRequest("p/m", tuple(MESSAGES)),
        TextCompletionRequest("p/m", ""),
        TextCompletionRequest("p/m", ("a", "b")),
        EmbeddingRequest("p/m", [1, 2]),
        EmbeddingRequest("p/m", [[1, 2], [3]]),
        ImageEditRequest("p/m", [b"png"]),
        ImageGenerationRequest("p/m", "a cat"),
        ListModelsRequest(""),
    ],
)
def test_a_request_that_fits_is_left_as_it_is(request_):
    assert check(request_) is request_


def test_arguments_are_refused_before_a_provider_is_looked_up():
    client = Client(registry=Registry(Index([])))
    with pytest.raises(BadRequestError, match="messages must be a list"):
        client.run(CompletionRequest("unheard/m", 5))  # type: ignore[arg-type]


def test_message_objects_are_messages_and_the_callers_list_stays_as_it_is():
    answer = ModelResponse.of_text("Hello").choices[0].message
    given = [*MESSAGES, answer, pydantic.create_model("Own", role=(str, "user"))()]
    checked = check(CompletionRequest("p/m", given))  # type: ignore[arg-type]
    assert checked.messages == [*MESSAGES, {"content": "Hello", "role": "assistant"}, {"role": "user"}]  # type: ignore[attr-defined]
    assert given[1] is answer


def test_an_earlier_answer_with_tool_calls_goes_back_as_it_came():
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer = Message.model_validate({"content": None, "role": "assistant", "tool_calls": [call]})
    checked = check(CompletionRequest("p/m", [answer]))  # type: ignore[list-item]
    assert checked.messages == [{"role": "assistant", "tool_calls": [call]}]  # type: ignore[attr-defined]


# ------------------------------------------------------------------------------------------------------ response_format


class Colour(enum.Enum):
    RED = "red"


class Point(pydantic.BaseModel):
    """A point."""

    x: int
    y: float | None = None


T = TypeVar("T")


class Box(pydantic.BaseModel, Generic[T]):
    content: T


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]


PAIR: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer", "default": None}}}


class Shape(pydantic.BaseModel):
    """A shape, with all that a schema can hold."""

    centre: Point = pydantic.Field(description="its middle")
    corners: list[Point]
    first: Point
    other: Point | int
    colour: Colour = Colour.RED
    note: str | None = None
    size: Literal["s", "l"] = "s"
    parts: "list[Shape]" = []
    box: Box[int]
    pet: Annotated[Cat | Dog, pydantic.Field(description="its pet")]


class Handwritten(pydantic.BaseModel):
    """A model whose author wrote parts of its schema by hand."""

    one: Annotated[dict[str, int], pydantic.WithJsonSchema({"title": "One", "allOf": [PAIR]})]
    both: Annotated[dict[str, int], pydantic.WithJsonSchema({"allOf": [PAIR, PAIR]})]
    whole: Annotated[list[Any], pydantic.WithJsonSchema({"type": "array", "items": PAIR})]


@pytest.mark.parametrize("kind", [Point, Shape, Cat, Handwritten])
def test_a_model_class_becomes_the_response_format_that_the_openai_package_sends(kind):
    parsing = pytest.importorskip("openai.lib._parsing._completions")
    checked: Any = check(CompletionRequest("p/m", params={"response_format": kind}))
    assert checked.params["response_format"] == parsing.type_to_response_format_param(kind)


def test_a_strict_schema_is_closed_everywhere_requires_everything_and_keeps_its_references():
    checked: Any = check(CompletionRequest("p/m", params={"a": 1, "response_format": Shape, "z": 2}))
    assert list(checked.params) == ["a", "response_format", "z"]
    wanted = checked.params["response_format"]
    assert (wanted["type"], wanted["json_schema"]["name"], wanted["json_schema"]["strict"]) == (
        "json_schema",
        "Shape",
        True,
    )
    schema = wanted["json_schema"]["schema"]
    described = schema["$defs"] | {"": schema}
    for each in (schema for schema in described.values() if schema["type"] == "object"):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])
    assert described["Shape"]["properties"]["first"] == {"$ref": "#/$defs/Point"}
    assert described["Shape"]["properties"]["centre"]["description"] == "its middle"
    assert "default" not in described["Shape"]["properties"]["note"]


def test_the_name_of_a_generic_model_is_one_that_servers_take():
    checked: Any = check(CompletionRequest("p/m", params={"response_format": Box[int]}))
    assert checked.params["response_format"]["json_schema"]["name"] == "Box_int"


def test_a_mapping_as_response_format_passes_as_it_is():
    request = CompletionRequest("p/m", params={"response_format": {"type": "json_object"}})
    assert check(request) is request


class Functional(pydantic.BaseModel):
    function: Callable[[], int]


class Endless(pydantic.BaseModel):
    inner: "Endless" = pydantic.Field(description="needs another, for ever")


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (int, "response_format must be a mapping or a pydantic model class, not the class int"),
        (Functional, "response_format: Functional cannot be described as a JSON schema: Cannot generate"),
        (Endless, "response_format: Endless cannot be described as a JSON schema: maximum recursion depth exceeded"),
    ],
)
def test_a_class_that_has_no_schema_is_refused_by_name(kind, said):
    words, param = refusal(CompletionRequest("p/m", params={"response_format": kind}))
    assert words.startswith(said)
    assert param == "response_format"


@pytest.mark.parametrize(
    ("params", "options"),
    [
        ({"response_format": Point}, {}),
        ({}, {"fallbacks": [{"model": "p/m", "response_format": Point}]}),
        ({"response_format": Point}, {"fallbacks": ["p/m"]}),
    ],
)
def test_a_provider_gets_the_schema_also_as_a_fallback(run, params, options):
    seen = []

    class Plugin:
        @hookimpl
        def completion(self, request):
            seen.append(request.params["response_format"]["json_schema"]["name"])
            return ModelResponse.of_text("{}")

    registry = Registry(Index([]))
    registry.register("p", Plugin())
    run(registry, CompletionRequest("lost/m" if options else "p/m", params=params, options=options))
    assert seen == ["Point"]
