"""Mocked answers: what ``mock_response`` and its kin make of a call, before any provider is looked up.

    mock_response=                          answers
    "a text"                                chat and text: the text · images: its address, both ``n`` times
    a response, or a mapping in its shape   every operation: itself, whatever ``n`` says
    [0.1, 0.2] · [[0.1, 0.2], [0.3, 0.4]]   embeddings: one vector for all inputs · one for each
    ["address", {"b64_json": …}]            images: one for each item
    an exception, or a class of one         every operation: raised
    "jackfield.RateLimitError"              every operation: raised; any name in ``jackfield.exceptions``, and with
                                            "litellm." too; any longer text is a text

``mock_tool_calls`` adds tool calls to a chat's text or stands alone, ``mock_delay`` waits so many seconds first,
``mock_timeout=True`` waits as long as ``timeout`` and raises APITimeoutError. A stream is the whole answer in pieces.
What means nothing is a BadRequestError, before any wait.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from . import exceptions
from ._pieces import cut, pieces
from ._settings import DEFAULT_TIMEOUT
from ._shapes import checked, describe, first_problem, result_of
from .errors import APITimeoutError, BadRequestError, ContentPolicyViolationError, InternalServerError, JackfieldError
from .flow import EventStream, Flow, sleep
from .types import (
    CallOptions,
    CompletionRequest,
    EmbeddingRequest,
    EmbeddingResponse,
    ImageEditRequest,
    ImageGenerationRequest,
    ImageResponse,
    Message,
    ModelResponse,
    Request,
    TextCompletionRequest,
    TextCompletionResponse,
    ToolCall,
)
from .types._base import Model, make_id

__all__ = ["answer", "is_mocked"]

ModelT = TypeVar("ModelT", bound=Model)

USAGE = {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30}
EMBEDDING_USAGE = {"prompt_tokens": 10, "total_tokens": 10}

ERROR_LIKE = re.compile(r"(jackfield|litellm)\.[A-Z]\w+")
"""What was meant as the name of an error: taken as text, a slip of the pen would make a test of errors pass."""

BROKEN_STREAM = "Exception: mock_streaming_error"
BROKEN_TEXT = "This stream breaks off"

ERRORS: dict[str, Callable[[str], JackfieldError]] = {
    f"{package}.{name}": getattr(exceptions, name)
    for package in ("jackfield", "litellm")
    for name in exceptions.__all__
} | {
    "Exception: content_filter_policy": ContentPolicyViolationError,
    BROKEN_STREAM: partial(InternalServerError, status_code=529),
}
"""Every text that means an error → what makes the error of a message."""


def is_mocked(options: CallOptions) -> bool:
    """Whether a call asks for a mocked answer. An empty text is one; ``mock_timeout=False`` asks for none."""
    get = options.get
    return (
        get("mock_response") is not None
        or get("mock_tool_calls") is not None
        or get("mock_delay") is not None
        or bool(get("mock_timeout"))
    )


def answer(request: Request, options: CallOptions) -> Flow[Any]:
    """Answer a mocked call: the operation's response, or an EventStream where the request streams.

    Raises the mocked error, APITimeoutError for ``mock_timeout``, and BadRequestError for a mock that means nothing:
    a form that the operation does not know, or ``mock_delay`` with nothing to delay.
    """
    outcome = _outcome(request, options)
    if delay := options.get("mock_delay"):
        yield from sleep(delay)
    if options.get("mock_timeout"):
        yield from sleep(_seconds(options.get("timeout")))
        raise APITimeoutError("this is a mock: mock_timeout=True")  # where no limit of the call's ended the wait
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _outcome(request: Request, options: CallOptions) -> Any:
    """Return what a mock comes to: a response, the description of a stream, or the error to raise."""
    _check(request, options)
    mock, calls = options.get("mock_response"), options.get("mock_tool_calls")
    if mock is None and calls is None:
        return None  # mock_timeout alone
    if (error := _error(mock)) is not None:
        breaks_off = mock == BROKEN_STREAM and getattr(request, "stream", False)
        return EventStream.of(_broken_stream) if breaks_off else error
    make, forms = _RESPONSES[type(request)]
    if (response := make(request, mock, calls)) is not None:
        return response
    expected = f"{forms}, an exception, or the name of an error such as 'jackfield.RateLimitError'"
    raise _wrong("mock_response", f"must be {expected}, not {describe(mock)}")


def _check(request: Request, options: CallOptions) -> None:
    """Refuse by name what no mock can be made of, whatever its form."""
    if type(request) not in _RESPONSES:
        raise _wrong("mock_response", f"and its kin cannot answer {request.operation}")
    if options.get("mock_tool_calls") is not None and type(request) is not CompletionRequest:
        raise _wrong("mock_tool_calls", f"is for completion: {request.operation} has no tools")
    delay, timeout = options.get("mock_delay"), options.get("mock_timeout")
    if delay is not None and not (_is_number(delay) and delay >= 0):
        raise _wrong("mock_delay", f"must be a number of seconds, 0 or more, not {delay!r}")
    if not isinstance(timeout, bool | None):
        raise _wrong("mock_timeout", f"must be True or False, not {timeout!r}: timeout= says how many seconds to wait")
    if not timeout and options.get("mock_response") is None and options.get("mock_tool_calls") is None:
        raise _wrong("mock_delay", "has nothing to delay: give mock_response (or mock_tool_calls) with it")


def _wrong(name: str, problem: str) -> BadRequestError:
    return BadRequestError(f"{name} {problem}", param=name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _seconds(timeout: Any) -> float:
    """Return a timeout in seconds; of an ``httpx.Timeout``, how long it waits for an answer."""
    seconds = timeout if timeout is None or _is_number(timeout) else timeout.read
    return DEFAULT_TIMEOUT if seconds is None else float(seconds)


def _error(mock: object) -> Exception | None:
    if isinstance(mock, Exception):
        return _fresh(mock)
    if isinstance(mock, type) and issubclass(mock, Exception):
        return _of_class(mock)
    if not isinstance(mock, str):
        return None
    if mock not in ERRORS and ERROR_LIKE.fullmatch(mock):
        raise _wrong("mock_response", f"{mock!r} names no error of jackfield.exceptions")
    return _named(mock) if mock in ERRORS else None


def _fresh(error: Exception) -> Exception:
    """Return an error as if it had never been raised, and leave the caller's own of ours without what a call adds."""
    if isinstance(error, JackfieldError):
        copy = type(error).__new__(type(error), *error.args)  # not by its __init__, which may take something else
        vars(copy).update(vars(error))
        error = copy
    return error.with_traceback(None)


def _of_class(wanted: type[Exception]) -> Exception:
    try:
        return wanted(f"this is a mock: mock_response={wanted.__name__}")
    except TypeError as error:
        problem = f"cannot make a {wanted.__name__} of a message alone ({error}): give an instance"
        raise _wrong("mock_response", problem) from error


def _named(text: str) -> JackfieldError:
    return ERRORS[text](f"this is a mock: mock_response={text!r}")


def _talk(request: CompletionRequest | TextCompletionRequest, mock: Any, calls: Any) -> Any:
    """Answer chat and text: one whole response, from which a stream is cut."""
    if mock is None or isinstance(mock, str):
        whole: Any = _of_text(request, mock, calls)
    elif calls is not None:
        raise _wrong("mock_tool_calls", "goes with a text: any other mock_response says itself which tools it calls")
    elif (whole := _whole(_talk_kind(mock), mock, request.model)) is None:
        return None
    if not request.stream:
        return result_of(request.operation, whole, request.model)
    chat = result_of("completion", whole, request.model)
    return EventStream.of(lambda: pieces(chat))


def _of_text(request: CompletionRequest | TextCompletionRequest, text: str | None, calls: Any) -> ModelResponse:
    """Return an answer with this text and these tool calls, once for each choice that the request asks for."""
    choice: dict[str, Any] = {"finish_reason": "stop", "message": {"role": "assistant", "content": text}}
    if calls:
        choice["finish_reason"] = "tool_calls"
    if calls is not None:
        choice["message"]["tool_calls"] = _tool_calls(calls) or None
    count = _n(request) * (_inputs(request.prompt) if isinstance(request, TextCompletionRequest) else 1)
    choices = [{"index": index, **choice} for index in range(count)]
    return ModelResponse.model_validate({"choices": choices, "model": request.model, "usage": USAGE})


def _tool_calls(calls: Any) -> list[ToolCall]:
    try:
        made = Message.model_validate({"tool_calls": calls}).tool_calls
    except ValueError as error:
        raise _wrong("mock_tool_calls", f"holds no calls in OpenAI's shape: {first_problem(error)}") from error
    return [call if call.id else call.replace(id=make_id("call")) for call in made or ()]


def _talk_kind(mock: Any) -> type[ModelResponse | TextCompletionResponse]:
    """Say which shape a whole answer has; of a mapping, its choices tell."""
    if isinstance(mock, TextCompletionResponse):
        return TextCompletionResponse
    choices = mock.get("choices") if isinstance(mock, Mapping) else None
    texts = isinstance(choices, list) and any("text" in item for item in choices if isinstance(item, Mapping))
    return TextCompletionResponse if texts else ModelResponse


def _embedding(request: EmbeddingRequest, mock: Any, _: Any) -> EmbeddingResponse | None:
    if not isinstance(mock, list | tuple):
        return _whole(EmbeddingResponse, mock, request.model)
    count = _inputs(request.input)
    vectors = [mock] * count if _is_vector(mock) else mock
    if not vectors or not all(map(_is_vector, vectors)):
        return None
    if len(vectors) != count:
        raise _wrong("mock_response", f"holds {len(vectors)} vectors, and the call has {count} inputs")
    data = [{"index": index, "embedding": list(vector)} for index, vector in enumerate(vectors)]
    return EmbeddingResponse.model_validate({"data": data, "model": request.model, "usage": EMBEDDING_USAGE})


def _image(request: ImageGenerationRequest | ImageEditRequest, mock: Any, _: Any) -> ImageResponse | None:
    if isinstance(mock, str):
        mock = [mock] * _n(request)
    if isinstance(mock, list | tuple):
        mock = {"data": [{"url": item} if isinstance(item, str) else item for item in mock]}
    return _whole(ImageResponse, mock, request.model)


_TALK = "a text, a ModelResponse or a mapping in its shape"
_VECTORS = "a vector, a list of one vector for each input, an EmbeddingResponse or a mapping in its shape"
_IMAGES = "an image's address, a list of images, an ImageResponse or a mapping in its shape"
_RESPONSES: dict[type[Request], tuple[Callable[[Any, Any, Any], Any], str]] = {
    CompletionRequest: (_talk, _TALK),
    TextCompletionRequest: (_talk, _TALK),
    EmbeddingRequest: (_embedding, _VECTORS),
    ImageGenerationRequest: (_image, _IMAGES),
    ImageEditRequest: (_image, _IMAGES),
}
"""What can be mocked → what makes the response, None where the mock has none of the forms that follow."""


def _whole(kind: type[ModelT], mock: Any, model: str) -> ModelT | None:
    """Return a whole response that was given as itself or as a mapping, with its model; None where it is neither."""
    response = _validated(kind, mock) if isinstance(mock, Mapping) else mock
    if not isinstance(response, kind):
        return None
    return response if getattr(response, "model", model) is not None else response.replace(model=model)


def _validated(kind: type[ModelT], mock: Mapping[str, Any]) -> ModelT:
    try:
        return checked(kind, mock)
    except ValueError as error:
        raise _wrong("mock_response", f"is no {kind.__name__}: {first_problem(error)}") from error


def _n(request: Request) -> int:
    n = request.params.get("n")
    if n is not None and not (isinstance(n, int) and n >= 1):
        raise _wrong("n", f"must be a whole number, 1 or more, not {n!r}")
    return n or 1


def _inputs(value: Any) -> int:
    """Count the texts of a call: a text is one, and so is one list of token numbers."""
    return 1 if isinstance(value, str) or isinstance(value[0], int) else len(value)


def _is_vector(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(map(_is_number, value))


def _broken_stream() -> Iterator[str]:
    yield from cut(BROKEN_TEXT)
    raise _named(BROKEN_STREAM)
