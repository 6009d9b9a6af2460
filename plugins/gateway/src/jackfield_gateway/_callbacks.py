"""The objects of ``callbacks`` at work: LiteLLM's five hooks around every call."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from jackfield import BadRequestError, ContractViolationError, JackfieldError
from jackfield.errors import error_class

from ._custom_logger import HOOKS, hooks_of
from ._hook_values import MemoryCache, User
from ._quits import as_exception

__all__ = ["Callbacks"]

log = logging.getLogger(__name__)


class Callbacks:
    """Runs hooks, those of the first object first; false where there is none.

    Raises ConfigurationError for an object with a hook that is never called, or that cannot be called.
    """

    def __init__(self, objects: Iterable[object] = ()) -> None:
        found = [hooks_of(each) for each in objects]
        self._hooks = {name: [hooks[name] for hooks in found if name in hooks] for name in HOOKS}
        self._cache = MemoryCache()

    def __bool__(self) -> bool:
        return any(self._hooks.values())

    async def before(self, data: dict[str, Any], call_type: str, user: User) -> dict[str, Any]:
        """Return the body to go on with. Raises BadRequestError with a hook's text, or the status of its exception."""
        for hook in self._hooks["async_pre_call_hook"]:
            answer = await _asked(hook, user_api_key_dict=user, cache=self._cache, data=data, call_type=call_type)
            if isinstance(answer, str):
                raise BadRequestError(answer, code="rejected")
            if isinstance(answer, dict):
                data = answer
            elif answer is not None:
                kind = type(answer).__name__
                raise ContractViolationError(f"{hook.__qualname__} returns a dict, a str or None, not a {kind}")
        return data

    async def succeeded(self, data: dict[str, Any], user: User, response: Any) -> Any:
        """Return the answer to send: what the last hook that returned one made of it."""
        for hook in self._hooks["async_post_call_success_hook"]:
            answer = await _asked(hook, data=data, user_api_key_dict=user, response=response)
            response = response if answer is None else answer
        return response

    async def failed(self, data: dict[str, Any], user: User, error: Exception) -> Exception:
        """Return the error to send: the call's own, or the last that a hook put in its place."""
        sent = error
        for hook in self._hooks["async_post_call_failure_hook"]:
            details = {"traceback_str": "".join(traceback.format_exception(error))} if _takes_traceback(hook) else {}
            try:
                answer = await hook(request_data=data, original_exception=error, user_api_key_dict=user, **details)
            except BaseException as raised:
                answer = as_exception(raised)
                if _told(answer) is None:
                    _note(hook, answer)
            sent = _told(answer) or sent
        return sent

    async def log_success(self, kwargs: dict[str, Any], response: Any, start: datetime, end: datetime) -> None:
        """Tell of an answer that has gone out. Never raises."""
        await self._tell("async_log_success_event", kwargs, response, start, end)

    async def log_failure(self, kwargs: dict[str, Any], response: Any, start: datetime, end: datetime) -> None:
        """Tell of a call that has failed. Never raises."""
        await self._tell("async_log_failure_event", kwargs, response, start, end)

    async def _tell(self, name: str, kwargs: dict[str, Any], response: Any, start: datetime, end: datetime) -> None:
        for hook in self._hooks[name]:
            try:
                await hook(kwargs=kwargs, response_obj=response, start_time=start, end_time=end)
            except BaseException as error:
                _note(hook, as_exception(error))


async def _asked(hook: Callable[..., Any], **arguments: Any) -> Any:
    """Await a hook that may refuse the request, by what it raises or returns: with a status it keeps that status."""
    try:
        answer = await hook(**arguments)
    except Exception as error:
        if (told := _told(error)) is None:
            raise
        raise told from error
    if isinstance(answer, Exception):
        raise _told(answer) or answer
    return answer


def _told(error: object) -> Exception | None:
    """Return an exception with a ``status_code`` as what a client is told; None for any other object.

    Starlette's and FastAPI's HTTPException have their text in ``detail``, others in ``message``.
    """
    if isinstance(error, JackfieldError):
        return error
    status = getattr(error, "status_code", None)
    if not isinstance(error, Exception) or not isinstance(status, int) or not 400 <= status <= 599:
        return None
    detail = getattr(error, "detail", None) or getattr(error, "message", None) or str(error)
    told = error_class(status)(_text(detail), status_code=status, body=detail, retry_after=_retry_after(error))
    told.__cause__ = error
    return told


def _text(detail: object) -> str:
    """Return a detail's text; LiteLLM's hooks often give ``{"error": text}``."""
    if isinstance(detail, dict):
        inner = detail.get("error", detail.get("message"))
        return _text(inner.get("message", inner) if isinstance(inner, dict) else inner) if inner else str(detail)
    return str(detail)


def _retry_after(error: object) -> float | None:
    headers = getattr(error, "headers", None) or {}
    value = next((value for name, value in dict(headers).items() if str(name).lower() == "retry-after"), None)
    return float(value) if value is not None and str(value).isdecimal() else None


def _takes_traceback(hook: Callable[..., Any]) -> bool:
    parameters = inspect.signature(hook).parameters.values()
    return any(each.name == "traceback_str" or each.kind is each.VAR_KEYWORD for each in parameters)


def _note(hook: Callable[..., Any], error: Exception) -> None:
    """Log what a hook raised where nobody waits for its answer."""
    log.error("%s failed: %s: %s", hook.__qualname__, type(error).__name__, error)
