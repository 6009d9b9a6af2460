"""The handlers and callbacks of the attacked gateways, as files beside their config: they fail in every way."""

from __future__ import annotations

__all__ = ["CALLBACKS", "CONFIG", "HANDLER"]

HANDLER = '''
import asyncio
import sys

import httpx
from jackfield import CustomLLM, ModelResponse
from jackfield_custom_format import CustomLLMError

SECRET = "secret /srv/models/weights.bin at http://10.1.2.3:8443/internal"

class Panic(BaseException):
    """As libraries written in Rust raise it."""

def http_error(status):
    request = httpx.Request("POST", "http://10.1.2.3:8443/internal")
    httpx.Response(status, request=request, text=SECRET).raise_for_status()

FAILURES = {
    "ValueError": lambda: ValueError(SECRET),
    "KeyError": lambda: KeyError(SECRET),
    "FileNotFoundError": lambda: FileNotFoundError(2, SECRET, "/srv/models/weights.bin"),
    "ConnectionError": lambda: ConnectionError(SECRET),
    "TimeoutError": lambda: TimeoutError(SECRET),
    "StopIteration": lambda: StopIteration(SECRET),
    "StopAsyncIteration": lambda: StopAsyncIteration(SECRET),
    "MemoryError": lambda: MemoryError(SECRET),
    "RecursionError": lambda: RecursionError(SECRET),
    "ExceptionGroup": lambda: ExceptionGroup(SECRET, [ValueError(SECRET)]),
    "CancelledError": lambda: asyncio.CancelledError(SECRET),
    "SystemExit": lambda: SystemExit(SECRET),
    "KeyboardInterrupt": lambda: KeyboardInterrupt(SECRET),
    "Panic": lambda: Panic(SECRET),
    "teapot": lambda: CustomLLMError(418, "short and stout"),
    "unauthorized": lambda: CustomLLMError(401, SECRET),
    "forbidden": lambda: CustomLLMError(403, SECRET),
    "no-status": lambda: CustomLLMError(999, SECRET),
    "fine-status": lambda: CustomLLMError(200, SECRET),
    "worded-status": lambda: CustomLLMError("418", SECRET),
}

def fail(model):
    if model == "HTTPStatusError":
        http_error(404)
    raise FAILURES[model]()

def chunk(text):
    return {"text": text, "is_finished": False, "finish_reason": None, "index": 0, "tool_use": None, "usage": None}

class Asynchronous(CustomLLM):
    async def acompletion(self, model, messages):
        if model == "fine":
            return ModelResponse.of_text("Hi!")
        fail(model)

    async def astreaming(self, model, messages):
        if messages[-1]["content"] == "late":
            yield chunk("one")
        fail(model)
        yield chunk("never")

class Blocking(CustomLLM):
    def completion(self, model, messages):
        if model == "fine":
            return ModelResponse.of_text("Hi!")
        fail(model)

    def streaming(self, model, messages):
        if messages[-1]["content"] == "late":
            yield chunk("one")
        fail(model)
        yield chunk("never")

asynchronous, blocking = Asynchronous(), Blocking()
'''

CALLBACKS = '''
from jackfield_gateway import CustomLogger

SECRET = "secret /srv/models/weights.bin at http://10.1.2.3:8443/internal"

class Refusal(Exception):
    def __init__(self, status, detail):
        super().__init__(detail)
        self.status_code, self.detail = status, detail

class Hooks(CustomLogger):
    """Fails where the request's user says so."""

    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        if data.get("user") == "before":
            raise ValueError(SECRET)
        if data.get("user") == "exit":
            raise SystemExit(SECRET)
        if data.get("user") == "refused":
            raise Refusal(402, {"error": "pay first"})
        if data.get("user") == "said":
            return "not that"
        if data.get("user") == "junk":
            return 7

    async def async_post_call_success_hook(self, data, user_api_key_dict, response):
        if data.get("user") == "after":
            raise ValueError(SECRET)

    async def async_post_call_failure_hook(self, request_data, original_exception, user_api_key_dict):
        if request_data.get("user") == "failing":
            raise ValueError(SECRET)

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        if kwargs.get("user") == "logging":
            raise ValueError(SECRET)

hooks = Hooks()
'''

CONFIG = """
model_list:
  - {model_name: good, litellm_params: {model: asynchronous/fine}}
  - {model_name: "asynchronous/*", litellm_params: {model: "asynchronous/*"}}
  - {model_name: "blocking/*", litellm_params: {model: "blocking/*"}}
litellm_settings:
  num_retries: 0
  custom_provider_map:
    - {provider: asynchronous, custom_handler: handler.asynchronous}
    - {provider: blocking, custom_handler: handler.blocking}
  callbacks: [callbacks.hooks]
"""
