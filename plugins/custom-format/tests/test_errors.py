"""What a handler raises, and the error that the caller gets; retries, fallbacks and time."""

from __future__ import annotations

import asyncio
import threading

import httpx
import jackfield
import pytest
from jackfield import (
    APIConnectionError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    PluginError,
    RateLimitError,
    ServiceUnavailableError,
    UnprocessableEntityError,
    acompletion,
    completion,
)
from jackfield_custom_format import CustomLLMError

STATUS = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    413: BadRequestError,
    418: BadRequestError,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: InternalServerError,
    502: InternalServerError,
    503: ServiceUnavailableError,
    504: InternalServerError,
}


class TheirError(Exception):
    """An exception of the handler's own, with a status."""

    def __init__(self, status_code):
        super().__init__("their words")
        self.status_code = status_code


def from_httpx(status):
    request = httpx.Request("POST", "https://model.example")
    response = httpx.Response(status, json={"error": {"message": "their words"}}, request=request)
    return httpx.HTTPStatusError("refused", request=request, response=response)


KINDS = {"CustomLLMError": lambda status: CustomLLMError(status, "their words"), "own": TheirError, "httpx": from_httpx}


def raising(error):
    def method(**_):
        raise error

    return method


def ask(**arguments):
    return completion("mine/small", messages=[{"role": "user", "content": "Hello"}], **arguments)


@pytest.mark.parametrize("made", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize(("status", "wanted"), STATUS.items())
def test_a_status_is_kept_with_its_class_and_its_text(handler, made, status, wanted):
    original = made(status)
    handler(completion=raising(original))
    with pytest.raises(APIStatusError) as caught:
        ask()
    error = caught.value
    assert (type(error), error.status_code, error.message) == (wanted, status, "their words")
    assert (error.provider, error.model, error.__cause__) == ("mine", "small", original)


OTHERS = {
    "TimeoutError": (TimeoutError("late"), APITimeoutError),
    "httpx.ReadTimeout": (httpx.ReadTimeout("late"), APITimeoutError),
    "httpx.ConnectError": (httpx.ConnectError("nobody there"), APIConnectionError),
    "ValueError": (ValueError("a bug"), PluginError),
    "KeyError": (KeyError("a bug"), PluginError),
    "StopIteration": (StopIteration("a bug"), PluginError),
    "one of ours": (jackfield.ContextWindowExceededError("too long"), jackfield.ContextWindowExceededError),
}


@pytest.mark.parametrize(("original", "wanted"), OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_has_no_status_is_told_by_its_kind(handler, asynchronous, original, wanted):
    async def awaited(**_):
        raise original

    handler(**{"acompletion": awaited} if asynchronous else {"completion": raising(original)})
    with pytest.raises(wanted) as caught:
        asyncio.run(acompletion("mine/small", messages=[])) if asynchronous else ask()
    assert type(caught.value) is wanted
    assert "Traceback" not in str(caught.value)


def test_a_handlers_bug_is_named_with_the_handler(handler):
    handler(completion=raising(KeyError("choices")))
    with pytest.raises(PluginError, match=r"the provider 'mine' \(.*Handler\) failed with KeyError: 'choices'"):
        ask()


def counting(error):
    calls = []

    def method(**_):
        calls.append(1)
        raise error

    return method, calls


def test_nothing_is_retried_unless_asked_for(handler):
    method, calls = counting(CustomLLMError(503, "not now"))
    handler(completion=method)
    with pytest.raises(ServiceUnavailableError):
        ask()
    assert len(calls) == 1


@pytest.mark.parametrize("name", ["num_retries", "max_retries"])
@pytest.mark.parametrize(("status", "wanted"), [(503, 2), (400, 1), (401, 1)])
def test_retries_that_are_asked_for_are_made_where_they_may_help(handler, name, status, wanted):
    error = CustomLLMError(status, "no")
    error.retry_after = 0.0
    method, calls = counting(error)
    handler(completion=method)
    with pytest.raises(APIStatusError):
        ask(**{name: 1})
    assert len(calls) == wanted


def test_a_fallback_reaches_another_handler_from_sync_code(handler, register):
    handler(completion=raising(CustomLLMError(500, "broken")))

    class Spare:
        def completion(self, model, **_):
            return model

    register(Spare(), "spare")
    assert ask(fallbacks=["spare/wheel"]).choices[0].message.content == "wheel"


def test_a_timeout_is_kept_by_a_handler_that_hangs(handler):
    leave = threading.Event()

    def hanging(**_):
        leave.wait(30)
        return "late"

    async def ahanging(**_):
        await asyncio.Event().wait()

    handler(completion=hanging, acompletion=ahanging)
    try:
        with pytest.raises(APITimeoutError, match="no answer within"):
            ask(timeout=0.05)
        with pytest.raises(APITimeoutError, match="no answer within"):
            asyncio.run(acompletion("mine/small", messages=[], timeout=0.05))
    finally:
        leave.set()


def test_a_key_stays_out_of_the_error(handler):
    def leaking(api_key, **_):
        raise CustomLLMError(401, f"the key {api_key} is wrong")

    handler(completion=leaking)
    with pytest.raises(AuthenticationError) as caught:
        ask(api_key="sk-very-secret")
    assert "sk-very-secret" not in f"{caught.value} {caught.value!r} {caught.value.__cause__}"
