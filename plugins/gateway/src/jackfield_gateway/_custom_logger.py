"""``CustomLogger``: the base class of LiteLLM's call hooks, and which of them an object has."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from jackfield import ConfigurationError, hookimpl

__all__ = ["HOOKS", "CustomLogger", "extends", "hooks_of"]


class CustomLogger:
    """The base class of objects that ``callbacks`` names. All five hooks are awaited; override those you need.

    ``user_api_key_dict`` tells who asks, ``cache`` keeps values in the worker's memory, ``data`` is the request's body.
    """

    def __init__(self, message_logging: bool = True, **_: Any) -> None:  # noqa: FBT001, FBT002 - as LiteLLM's takes it
        self.message_logging = message_logging

    async def async_pre_call_hook(
        self, user_api_key_dict: Any, cache: Any, data: dict[str, Any], call_type: str
    ) -> Any:
        """Run before the call. Return a dict, the new body; a str, which refuses the request with it; or None.

        An exception with a ``status_code`` refuses the request with that status and the exception's ``detail``.
        """

    async def async_post_call_success_hook(self, data: dict[str, Any], user_api_key_dict: Any, response: Any) -> Any:
        """Run before a whole answer goes out, not for streams. Return another answer, or None."""

    async def async_post_call_failure_hook(
        self,
        request_data: dict[str, Any],
        original_exception: Exception,
        user_api_key_dict: Any,
        traceback_str: str | None = None,
    ) -> Any:
        """Run before an error goes out. Return, or raise, an exception with a ``status_code`` to send it instead."""

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Run after an answer, a whole stream too. What it raises goes to the log alone."""

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Run after a failure; ``kwargs["exception"]`` is the error. What it raises goes to the log alone."""


HOOKS: Mapping[str, tuple[str, ...]] = {
    "async_pre_call_hook": ("user_api_key_dict", "cache", "data", "call_type"),
    "async_post_call_success_hook": ("data", "user_api_key_dict", "response"),
    "async_post_call_failure_hook": ("request_data", "original_exception", "user_api_key_dict"),
    "async_log_success_event": ("kwargs", "response_obj", "start_time", "end_time"),
    "async_log_failure_event": ("kwargs", "response_obj", "start_time", "end_time"),
}
"""The hooks that are awaited, and the keyword arguments of each (a failure's ``traceback_str`` is for who takes it)."""

OTHER_HOOKS = (
    "async_build_agentic_loop_plan async_data_generator async_dataset_hook async_filter_deployments "
    "async_filter_listed_models async_get_chat_completion_prompt async_health_check async_log_event "
    "async_log_input_event async_log_pre_api_call async_log_stream_event async_logging_hook async_mcp_list_tools_hook "
    "async_moderation_hook async_post_call_failure_deployment_hook async_post_call_response_headers_hook "
    "async_post_call_streaming_deployment_hook async_post_call_streaming_hook async_post_call_streaming_iterator_hook "
    "async_post_call_success_deployment_hook async_post_mcp_tool_call_hook async_pre_call_check "
    "async_pre_call_deployment_hook async_pre_mcp_tool_call_hook async_pre_request_hook async_pre_routing_hook "
    "async_run_agentic_loop async_run_chat_completion_agentic_loop async_should_run_agentic_loop "
    "async_should_run_chat_completion_agentic_loop get_chat_completion_prompt get_payload_from_cold_storage "
    "handle_callback_failure log_event log_failure_event log_failure_fallback_event log_input_event "
    "log_model_group_rate_limit_error log_post_api_call log_pre_api_call log_stream_event log_success_event "
    "log_success_fallback_event logging_hook pre_call_check should_run_prompt_management "
    "translate_completion_input_params translate_completion_output_params "
    "translate_completion_output_params_streaming"
)
"""LiteLLM's other hooks, a space between them: an object that has one would wait for it in vain, and is refused."""

EXTENSION_HOOKS = ("around", "observe", "find_provider")


def hooks_of(callback: object) -> dict[str, Any]:
    """Return the hooks that an object has of its own, by name.

    Raises ConfigurationError for one of LiteLLM's others, and for a hook that cannot be awaited as it will be.
    """
    who = type(callback).__qualname__
    if others := [name for name in OTHER_HOOKS.split() if _has_own(callback, name)]:
        raise ConfigurationError(
            f"{who} has {', '.join(others)}, which the gateway never calls: of LiteLLM's hooks there are "
            f"{', '.join(HOOKS)}; move the code to one of these, or remove it"
        )
    hooks = {name: getattr(callback, name) for name in HOOKS if _has_own(callback, name)}
    for name, hook in hooks.items():
        _check(f"{who}.{name}", hook, HOOKS[name])
    return hooks


def extends(callback: object) -> bool:
    """Tell whether an object is a Jackfield extension: whether any of its hooks is marked with ``hookimpl``."""
    mark = f"{hookimpl.project_name}_impl"
    return any(getattr(getattr(callback, name, None), mark, None) is not None for name in EXTENSION_HOOKS)


def _has_own(callback: object, name: str) -> bool:
    """Tell whether a hook is the object's own: not our base class's, nor LiteLLM's."""
    if name in getattr(callback, "__dict__", ()):
        return True
    owner = next((each for each in type(callback).__mro__ if name in vars(each)), None)
    return owner not in (None, CustomLogger) and not f"{owner.__module__}.".startswith("litellm.")


def _check(name: str, hook: Any, arguments: tuple[str, ...]) -> None:
    if not inspect.iscoroutinefunction(hook):
        raise ConfigurationError(f"{name} is awaited: write it as async def")
    try:
        inspect.signature(hook).bind(**dict.fromkeys(arguments))
    except TypeError as error:
        raise ConfigurationError(f"{name} is called with {', '.join(arguments)} by keyword: {error}") from error
