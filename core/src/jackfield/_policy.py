"""The policies between a provider's flow and the driver: errors, deadlines, retries, streams, fallbacks.

All of it is flows too, so that there is one body for sync and async. What a provider yields are effects; what comes
out at the driver's end are instructions, each with its scope.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from ._arguments import check, split
from ._failures import error_of_exception, error_of_response
from ._kinds import Restartable
from ._scope import Drain, Instructions, Opening, Scope
from ._shapes import describe
from .errors import (
    BadRequestError,
    ConfigurationError,
    ContractViolationError,
    JackfieldError,
    UnprocessableEntityError,
)
from .flow import Call, Effect, EventStream, Finish, Flow, Http, HttpResponse, Invoke, Retried, Sleep
from .types import CallOptions, Request

if TYPE_CHECKING:
    from ._pipeline import Pipeline

__all__ = ["governed", "opened", "with_fallbacks"]

LONGEST_WAIT = 60.0
"""Seconds. Where a server asks for a longer pause, the caller gets the error at once, with its ``retry_after``."""

FIRST_WAIT = 0.5
LONGEST_BACKOFF = 8.0

CREDENTIAL_OPTIONS = ("api_key", "api_base", "api_version", "headers", "extra_headers", "extra_body")
MOCK_OPTIONS = frozenset({"mock_response", "mock_tool_calls", "mock_delay", "mock_timeout"})


def governed(flow: Any, scope: Scope) -> Instructions:
    """Run a flow, doing for each effect what the contract promises."""
    generator: Flow[Any] = iter(flow)
    value: Any = None
    error: Exception | None = None
    while True:
        try:
            effect = generator.send(value) if error is None else generator.throw(error)
        except StopIteration as stop:
            return stop.value
        value, error, scope.asked = None, None, True
        try:
            scope.check_time()
            if type(effect) is Call and not scope.retries:
                value = yield effect, scope
            else:
                value = yield from _performed(effect, scope)
        except Exception as raised:
            error = _throwable(raised)
        except BaseException:
            _close(generator)
            raise


def _throwable(error: Exception) -> Exception:
    # Thrown into a generator, a foreign StopIteration would pass for its end.
    if isinstance(error, StopIteration | StopAsyncIteration):
        mapped = RuntimeError(f"{type(error).__name__} came out of a plugin's code")
        mapped.__cause__ = error
        return mapped
    return error


def _close(generator: Flow[Any]) -> None:
    try:
        generator.close()
    except RuntimeError as error:
        if "ignored GeneratorExit" not in str(error):
            raise
        raise ContractViolationError(
            "a flow asked for an effect while it was being closed; finally cleans up locally only"
        ) from error


def _performed(effect: Effect[Any], scope: Scope) -> Instructions:
    perform = _PERFORM.get(type(effect))
    if perform is None:
        hint = "; did you mean yield from?" if isinstance(effect, Generator | Restartable) else ""
        raise ContractViolationError(f"a flow yielded {describe(effect)}, which is no effect{hint}")
    return perform(effect, scope)


def _http(effect: Http, scope: Scope) -> Instructions:
    return _tried(lambda: scope.outgoing(effect), lambda response: _accepted(response, effect, scope), scope)


def _accepted(response: HttpResponse, effect: Http, scope: Scope) -> HttpResponse:
    if response.status >= 300 and response.status not in effect.accept:
        raise _refused(response, scope)
    return response


def _refused(response: HttpResponse, scope: Scope) -> JackfieldError:
    if scope.provider is None:
        return error_of_response(response)
    error = error_of_response(response, scope.provider.response_error)
    scope.blame(error, scope.provider.hook("response_error"))
    return error


def _call(effect: Call[Any], scope: Scope) -> Instructions:
    return _tried(lambda: effect, lambda result: result, scope)


def _sleep(effect: Sleep, scope: Scope) -> Instructions:
    left = scope.time_left
    yield Sleep(min(effect.seconds, left)), scope
    if effect.seconds >= left:
        raise scope.timed_out()


def _invoke(effect: Invoke, scope: Scope) -> Instructions:
    return (yield from scope.invoke(effect.request, scope.deadline, effect.observe))


def _retried(effect: Retried[Any], scope: Scope) -> Instructions:
    tries = 0
    while True:
        try:
            return (yield from governed(effect.attempt(), scope))
        except Exception as error:
            failed = error_of_exception(error, "a flow")
        yield from _paused(failed, tries, scope, effect)
        tries += 1


def _finish(effect: Finish, scope: Scope) -> Instructions:
    """Open a stream and read it to its end: every chunk passes through the driver's stream, none is kept."""
    stream = yield from opened(effect.description, scope, inner=True)
    yield Drain(stream), scope
    return stream.response


_PERFORM: dict[type, Callable[[Any, Scope], Instructions]] = {
    Http: _http,
    Call: _call,
    Sleep: _sleep,
    Invoke: _invoke,
    Retried: _retried,
    Finish: _finish,
}


def _tried(instruction: Callable[[], Any], accept: Callable[[Any], Any], scope: Scope) -> Instructions:
    """Have an instruction carried out, and again after an error that may pass."""
    tries = 0
    while True:
        try:
            return accept((yield instruction(), scope))
        except Exception as error:
            failed = error
        yield from _paused(failed, tries, scope)
        tries += 1


def _paused(failed: Exception, tries: int, scope: Scope, retried: Retried[Any] | None = None) -> Instructions:
    """Wait before the next attempt, with jitter or as long as the server asks; raises the error when none is to be."""
    wait = _pause(failed, tries, scope, retried)
    if wait is None:
        raise failed
    yield Sleep(wait), scope
    scope.restart()


def _pause(error: Exception, tries: int, scope: Scope, retried: Retried[Any] | None) -> float | None:
    """Return the seconds to wait before the next attempt, or None when there is to be none."""
    failed = error_of_exception(error, "")
    limit = retried.limit(failed) if retried is not None and retried.limit is not None else None
    retries = scope.retries if limit is None else limit
    if tries >= retries or not failed.retryable:
        return None
    if retried is not None and retried.at_once is not None and retried.at_once():
        return 0.0 if time.monotonic() < scope.until(retries) else None
    wait = getattr(error, "retry_after", None)
    if wait is None:
        wait = min(FIRST_WAIT * 2.0**tries, LONGEST_BACKOFF) * random.uniform(0.75, 1.0)  # jitter, no secret
    if wait > LONGEST_WAIT or time.monotonic() + wait >= scope.until(retries):
        return None
    return float(wait)


def opened(description: EventStream, scope: Scope, *, inner: bool = False) -> Instructions:
    """Open a stream and wait for its first chunk; the result is the driver's stream. Nothing is retried after that.

    An ``inner`` stream serves a call with one answer: its chunks are a chat's, and observers see that call alone.
    """
    tries = 0
    while True:
        pipeline = scope.pipeline(inner=inner)
        # The effects of a flow that finds the target have had their attempts: only the opening is tried again here.
        target = yield from _resolved(description, pipeline, scope)
        try:
            return (yield from _opened(target, pipeline, scope))
        except Exception as error:
            failed = error
        if not description.restartable:
            raise failed
        yield from _paused(failed, tries, scope)
        tries += 1


def _opened(target: Any, pipeline: Pipeline, scope: Scope) -> Instructions:
    scope.asked = True
    if not isinstance(target, Http):
        return (yield Opening(target, pipeline), scope)
    result = yield Opening(scope.outgoing(target), pipeline, accept=target.accept), scope
    if isinstance(result, HttpResponse):
        raise _refused(result, scope)
    return result


def _resolved(description: EventStream, pipeline: Pipeline, scope: Scope) -> Instructions:
    """Follow a description to what is to be opened: an Http effect, or chunks."""
    while True:
        pipeline.decoding(description)
        if isinstance(description.source, Http):
            return description.source
        if not description.is_flow:
            return description.chunks()
        result = description.source()
        if isinstance(result, Generator | Restartable):
            result = yield from governed(result, scope)
        if isinstance(result, Http):
            if description.decoder is None:
                raise ContractViolationError("EventStream's flow gave http(…), which needs decoder=")
            return result
        pipeline.without_decoder()
        if not isinstance(result, EventStream):
            return result
        description = result


def with_fallbacks(
    call: Callable[[Request, CallOptions], Instructions],
    provider_of: Callable[[Request, CallOptions], str],
    request: Request,
    options: CallOptions,
) -> Instructions:
    """Call, and after an error that another model may not have, call the next fallback anew."""
    fallbacks: Sequence[str | Mapping[str, Any]] = options.get("fallbacks") or ()
    previous: JackfieldError | None = None
    for fallback in (None, *fallbacks):
        try:
            if fallback is None:
                return (yield from call(request, options))
            return (yield from call(*_fallback(request, options, fallback, provider_of)))
        except JackfieldError as error:
            failed = error
        if failed.__cause__ is None and not failed.__suppress_context__:
            failed.__cause__ = previous
        if _is_final(failed):
            break
        previous = failed
    raise failed


def _is_final(error: JackfieldError) -> bool:
    return type(error) is BadRequestError or isinstance(error, ConfigurationError | UnprocessableEntityError)


def _fallback(
    request: Request,
    options: CallOptions,
    fallback: str | Mapping[str, Any],
    provider_of: Callable[[Request, CallOptions], str],
) -> tuple[Request, CallOptions]:
    arguments = {"model": fallback} if isinstance(fallback, str) else dict(fallback)
    changes = {name: arguments.pop(name) for name in request.own_fields() if name in arguments}
    own, params = split(arguments)
    kept = {name: value for name, value in options.items() if name not in (*MOCK_OPTIONS, "fallbacks", "provider")}
    changed = check(request.replace(**changes, params={**request.params, **params} if params else request.params))
    without_credentials = {name: kept[name] for name in kept if name not in CREDENTIAL_OPTIONS}
    # They belong to where they were meant to go: another provider, or another address, gets none of them.
    if "api_base" in own or provider_of(changed, cast("CallOptions", without_credentials | own)) != _or_none(
        provider_of, request, options
    ):
        kept = without_credentials
    return changed, cast("CallOptions", kept | own)


def _or_none(provider_of: Callable[[Request, CallOptions], str], request: Request, options: CallOptions) -> str | None:
    try:
        return provider_of(request, options)
    except JackfieldError:  # a mocked call need not name one
        return None
