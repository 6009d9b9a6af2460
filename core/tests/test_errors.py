"""The errors: their tree, how they are built, and what they carry."""

import copy
import pickle
import re

import jackfield
import pytest
from jackfield import errors, exceptions
from jackfield.errors import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    InvalidResponseError,
    JackfieldError,
    PluginError,
    RateLimitError,
    StreamInterruptedError,
    error_class,
)
from jackfield.types import ModelResponse

ALL = [getattr(errors, name) for name in errors.__all__]
WITH_STATUS = [kind for kind in ALL if issubclass(kind, APIStatusError)]

STATUS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "APIStatusError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    405: "APIStatusError",
    408: "APIStatusError",
    409: "ConflictError",
    413: "BadRequestError",
    418: "BadRequestError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    501: "InternalServerError",
    502: "InternalServerError",
    503: "ServiceUnavailableError",
    504: "InternalServerError",
    529: "InternalServerError",
}


def drawn():
    """The tree in the module's docstring: each name, with its parent's."""
    parents, tree = {0: "Exception"}, {}
    for line in errors.__doc__.splitlines():
        if found := re.match(r"    ([│├└─ ]*)([A-Z]\w+Error)\b", line):
            depth = len(found[1]) // 3
            tree[found[2]] = parents[depth]
            parents[depth + 1] = found[2]
    return tree


def test_the_tree_is_the_one_that_is_drawn():
    assert drawn() == {kind.__name__: kind.__base__.__name__ for kind in ALL}


def test_every_error_is_public_under_its_name_and_described():
    for kind in ALL:
        assert getattr(jackfield, kind.__name__) is kind
        assert kind.__module__ == "jackfield.errors"
        assert kind.__doc__


@pytest.mark.parametrize("kind", ALL)
def test_an_error_is_its_message(kind):
    error = kind("What to do.")
    assert (str(error), error.message, error.args) == ("What to do.", "What to do.", ("What to do.",))
    assert (error.provider, error.model, error.partial) == (None, None, None)
    assert kind(message="What to do.").message == "What to do."


@pytest.mark.parametrize(("said", "message"), [([{"loc": ["n"]}], "[{'loc': ['n']}]"), (7, "7"), (None, "")])
def test_a_message_is_a_text_whatever_a_server_has_in_its_place(said, message):
    error = jackfield.BadRequestError(said)
    assert (str(error), error.message, error.args) == (message, message, (message,))


@pytest.mark.parametrize("kind", ALL)
def test_a_second_argument_by_position_is_refused_with_what_to_write(kind):
    with pytest.raises(TypeError) as caught:
        kind("What to do.", "openai")
    assert str(caught.value) == (
        f"{kind.__name__} takes the message by position and everything else by keyword "
        "(provider=, model=, status_code= …)"
    )


@pytest.mark.parametrize("kind", ALL)
def test_the_keywords_of_litellms_constructors_are_taken(kind):
    error = kind(
        message="What to do.",
        llm_provider="openai",
        model="m",
        response=None,
        request=None,
        headers={},
        body={"a": 1},
        litellm_debug_info="info",
        max_retries=2,
        num_retries=1,
    )
    assert (error.provider, error.model) == ("openai", "m")
    assert not hasattr(error, "litellm_debug_info")


@pytest.mark.parametrize("kind", ALL)
def test_an_unknown_keyword_is_refused_by_name(kind):
    with pytest.raises(TypeError, match=f"{kind.__name__} got an unexpected keyword argument 'statuscode'"):
        kind("What to do.", statuscode=400)


@pytest.mark.parametrize("kind", WITH_STATUS)
def test_an_error_of_a_status_carries_what_the_server_said(kind):
    said = {"status_code": 499, "code": "c", "type": "t", "param": "p", "body": {"a": 1}, "request_id": "r"}
    error = kind("What to do.", retry_after=1.5, **said)
    assert {name: getattr(error, name) for name in said} == said
    assert error.retry_after == 1.5
    silent = kind("What to do.")
    assert {getattr(silent, name) for name in ("code", "type", "param", "body", "request_id", "retry_after")} == {None}
    assert silent.status_code == kind.status_code


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind not in WITH_STATUS])
def test_an_error_without_a_status_takes_none(kind):
    with pytest.raises(TypeError, match="status_code"):
        kind("What to do.", status_code=400)


@pytest.mark.parametrize("kind", ALL)
def test_errors_survive_pickling_and_copying(kind):
    error = kind("What to do.", provider="p", model="m")
    error.partial = ModelResponse.of_text("as far as it came")
    if kind in WITH_STATUS:
        error.status_code, error.body, error.retry_after = 499, {"a": [1]}, 1.5
    error.add_note("seen by a test")
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is kind
        assert (other.args, vars(other)) == (error.args, vars(error))


@pytest.mark.parametrize(("status", "name"), STATUS.items())
def test_a_status_has_its_class(status, name):
    assert error_class(status).__name__ == name


def test_the_table_of_the_docstring_is_the_table():
    numbers = dict(re.findall(r"(\w+Error)\s+(\d{3})\b", errors.__doc__))
    assert {name: str(getattr(errors, name).status_code) for name in numbers} == numbers
    assert len(numbers) >= 8


@pytest.mark.parametrize(
    ("error", "retryable"),
    [
        (APIConnectionError("x"), True),
        (APITimeoutError("x"), True),
        (StreamInterruptedError("x"), True),
        (InternalServerError("x"), True),
        (RateLimitError("x"), True),
        (APIStatusError("x", status_code=408), True),
        (APIStatusError("x", status_code=425), True),
        (InternalServerError("x", status_code=529), True),
        (InternalServerError("x", status_code=501), False),
        (APIStatusError("x", status_code=402), False),
        (BadRequestError("x"), False),
        (InvalidResponseError("x"), False),
        (PluginError("x"), False),
        (ConfigurationError("x"), False),
        (JackfieldError("x"), False),
    ],
)
def test_only_what_may_pass_is_retryable(error, retryable):
    assert error.retryable is retryable


def test_litellms_names_are_there():
    assert {*errors.__all__} < {*exceptions.__all__}
    assert {name for name in exceptions.__all__ if not hasattr(exceptions, name)} == set()
    assert exceptions.Timeout is jackfield.Timeout is APITimeoutError
    assert exceptions.APIError is jackfield.APIError is APIStatusError
    assert exceptions.BadGatewayError is InternalServerError
    assert exceptions.InvalidRequestError is exceptions.UnsupportedParamsError is BadRequestError
    assert exceptions.APIResponseValidationError is InvalidResponseError


def test_litellms_own_ways_of_building_them_work():
    assert (
        exceptions.APIError(status_code=418, message="x", llm_provider="p", model="m", request=None).status_code == 418
    )
    assert exceptions.Timeout(message="x", model="m", llm_provider="p", exception_status_code=504).model == "m"
    violation = exceptions.ContentPolicyViolationError("x", model="m", llm_provider="p", provider_specific_fields={})
    assert violation.provider == "p"
