"""Calls from end to end within one process: hooks, fallbacks, limits of time, what a handler may know."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import jackfield
import pytest
from jackfield import hookimpl
from jackfield_gateway import _modules
from jackfield_gateway._app import Gateway
from jackfield_gateway._exchange import exchange_of
from jackfield_gateway.config import Prices, load

pytestmark = pytest.mark.anyio

HANDLER = """
import asyncio
import jackfield
from jackfield import CustomLLM
from jackfield_custom_format import CustomLLMError
from jackfield_gateway import CustomLogger


class Handler(CustomLLM):
    def __init__(self):
        self.calls = []

    async def acompletion(self, *args, **kwargs):
        self.calls.append(kwargs)
        model = kwargs["model"]
        if model == "broken":
            raise CustomLLMError(503, "out of order")
        if model == "asks-another":
            return jackfield.completion("house/plain", messages=kwargs["messages"])
        if model == "waits":
            await asyncio.sleep(30)
        return "Hello from " + model


class Hooks(CustomLogger):
    def __init__(self):
        super().__init__()
        self.told = []

    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        self.told.append(("pre", call_type, user_api_key_dict.end_user_id))
        if "forbidden" in str(data["messages"]):
            return "not here"
        if "shout" in str(data["messages"]):
            return {**data, "messages": [{"role": "user", "content": "SHOUT"}]}

    async def async_post_call_success_hook(self, data, user_api_key_dict, response):
        self.told.append(("success", data["model"]))
        if data["model"] == "changed":
            response.choices[0].message.content = "changed by a hook"
            return response

    async def async_post_call_failure_hook(self, request_data, original_exception, user_api_key_dict):
        self.told.append(("failure", type(original_exception).__name__))
        if request_data["model"] == "softened":
            return CustomLLMError(418, "a teapot")

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        text = response_obj.choices[0].message.content
        self.told.append(("logged", kwargs["custom_llm_provider"], kwargs["call_type"], text, start_time <= end_time))

    async def async_log_failure_event(self, kwargs, response_obj, start_time, end_time):
        self.told.append(("logged failure", type(kwargs["exception"]).__name__))


handler = Handler()
hooks = Hooks()
"""

CONFIG = """
model_list:
  - {model_name: any, litellm_params: {model: house/plain}}
  - {model_name: changed, litellm_params: {model: house/plain}}
  - {model_name: softened, litellm_params: {model: house/broken}}
  - {model_name: broken, litellm_params: {model: house/broken}}
  - {model_name: asks-another, litellm_params: {model: house/asks-another}}
  - {model_name: "wild/*", litellm_params: {model: house/broken}}
  - {model_name: impatient, litellm_params: {model: house/waits, timeout: 0.05}}
  - {model_name: slow, litellm_params: {model: house/plain, timeout: 700}}
  - {model_name: spare, litellm_params: {model: house/spare}}
litellm_settings:
  num_retries: 0
  fallbacks: [{"wild/*": [spare]}]
  custom_provider_map: [{provider: house, custom_handler: house_of_calls.handler}]
"""

CALLBACKS = "  callbacks: [house_of_calls.hooks]\n"


@pytest.fixture
def made(tmp_path: Path):
    """Make a gateway of the config above, with hooks or without; its module is fresh for each test."""
    before = jackfield.custom_provider_map

    def make(more: str = "") -> tuple[Gateway, Any, Any]:
        (tmp_path / "house_of_calls.py").write_text(HANDLER, encoding="utf-8")
        (tmp_path / "config.yaml").write_text(CONFIG + more, encoding="utf-8")
        gateway = Gateway(load(tmp_path / "config.yaml"))
        return (
            gateway,
            _modules.load_object("house_of_calls.handler", tmp_path),
            (_modules.load_object("house_of_calls.hooks", tmp_path)),
        )

    yield make
    jackfield.custom_provider_map = before


def asked(model: str = "any", text: str = "Hello", **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}


def said(request: Any) -> str:
    assert request.status == 200, request.body
    return str(request.json["choices"][0]["message"]["content"])


CHAT = "/v1/chat/completions"


async def test_hooks_see_a_call_from_its_start_to_its_end(exchanged, made):
    gateway, _, hooks = made(CALLBACKS)
    answer = await exchanged(gateway, CHAT, asked(user="somebody")).ended()
    assert said(answer) == "Hello from plain"
    assert hooks.told == [
        ("pre", "acompletion", "somebody"),
        ("success", "any"),
        ("logged", "house", "acompletion", "Hello from plain", True),
    ]


async def test_a_hook_may_change_the_request(exchanged, made):
    gateway, handler, _ = made(CALLBACKS)
    await exchanged(gateway, CHAT, asked(text="please shout")).ended()
    assert handler.calls[0]["messages"] == [{"role": "user", "content": "SHOUT"}]


async def test_a_hook_may_refuse_the_request(exchanged, made):
    gateway, handler, hooks = made(CALLBACKS)
    answer = await exchanged(gateway, CHAT, asked(text="something forbidden")).ended()
    assert (answer.status, answer.json["error"]["message"]) == (400, "not here")
    assert handler.calls == []
    assert hooks.told[1:] == [("failure", "BadRequestError"), ("logged failure", "BadRequestError")]


async def test_a_stream_is_refused_too_and_logged_at_its_end(exchanged, made):
    gateway, _, hooks = made(CALLBACKS)
    refused = await exchanged(gateway, CHAT, asked(text="something forbidden", stream=True)).ended()
    streamed = await exchanged(gateway, CHAT, asked(stream=True)).ended()
    assert (refused.status, refused.json["error"]["message"]) == (400, "not here")
    assert streamed.events[-1] == "[DONE]"
    assert hooks.told[-1] == ("logged", "house", "acompletion", "Hello from plain", True)


async def test_a_hook_may_change_the_answer(exchanged, made):
    gateway, _, _ = made(CALLBACKS)
    assert said(await exchanged(gateway, CHAT, asked("changed")).ended()) == "changed by a hook"


async def test_a_hook_may_put_another_error_in_place_of_one(exchanged, made):
    gateway, _, hooks = made(CALLBACKS)
    answer = await exchanged(gateway, CHAT, asked("softened")).ended()
    assert (answer.status, answer.json["error"]["message"]) == (418, "a teapot")
    assert hooks.told[1] == ("failure", "ServiceUnavailableError")


async def test_a_handler_may_ask_another_by_its_name(exchanged, made):
    gateway, handler, _ = made()
    assert said(await exchanged(gateway, CHAT, asked("asks-another")).ended()) == "Hello from plain"
    assert [call["model"] for call in handler.calls] == ["asks-another", "plain"]


async def test_a_fallback_of_a_wildcard_is_that_of_each_name_it_serves(exchanged, made):
    gateway, _, _ = made()
    assert said(await exchanged(gateway, CHAT, asked("wild/thing")).ended()) == "Hello from spare"


async def test_a_deployment_s_own_limit_of_time_holds(exchanged, made):
    gateway, _, _ = made()
    answer = await exchanged(gateway, CHAT, asked("impatient")).ended()
    assert (answer.status, answer.json["error"]["code"]) == (504, "timeout")


async def test_the_call_of_a_group_has_the_time_of_its_slowest_deployment(made):
    gateway, _, _ = made()
    assert gateway._serving.options("slow")["timeout"] == 700
    assert gateway._serving.options("any")["timeout"] == 600


async def test_a_handler_sees_the_request_without_its_credentials(exchanged, made):
    gateway, handler, _ = made()
    request = exchanged(gateway, CHAT, asked(my_param=1))
    request.scope["headers"] += [
        (b"authorization", b"Bearer sk-secret"),
        (b"x-api-key", b"sk-secret"),
        (b"x-team", b"a"),
    ]
    await request.ended()
    [call] = handler.calls
    told = call["litellm_params"]["proxy_server_request"]
    assert (told["method"], told["body"]["my_param"], told["headers"]["x-team"]) == ("POST", 1, "a")
    assert "sk-secret" not in str(call)
    assert call["optional_params"] == {"my_param": 1}


async def test_what_a_client_may_set_is_said_by_the_config(exchanged, made):
    gateway, _, _ = made()
    refused = await exchanged(gateway, CHAT, asked(mock_response="mocked")).ended()
    assert (refused.status, refused.json["error"]["param"]) == (400, "mock_response")
    gateway, handler, _ = made("general_settings: {allowed_client_options: [mock_response]}\n")
    assert said(await exchanged(gateway, CHAT, asked(mock_response="mocked")).ended()) == "mocked"
    assert handler.calls == []


async def test_what_answered_instead_of_the_group_is_not_counted_at_the_groups_price(exchanged, made):
    gateway, _, _ = made()
    gateway._serving.config = replace(gateway._serving.config, prices={"wild/*": Prices(1.0, 1.0)})
    request = await exchanged(gateway, CHAT, asked("wild/thing")).ended()
    own = await exchanged(gateway, CHAT, asked("any")).ended()
    assert (exchange_of(request.scope).fell_back, exchange_of(own.scope).fell_back) == (True, False)


async def test_a_hook_that_loses_the_model_is_told_to_the_operator(exchanged, made):
    gateway, _, _ = made(CALLBACKS)

    async def loses(**_):
        return {"messages": []}

    gateway._serving.callbacks._hooks["async_pre_call_hook"] = [loses]
    answer = await exchanged(gateway, CHAT, asked()).ended()
    assert answer.status == 500
    assert "without a model" in str(exchange_of(answer.scope).error)


async def test_a_stream_that_is_left_tells_what_it_used(exchanged, made):
    gateway, _, _ = made()

    class Wordy:
        @hookimpl
        async def streaming(self, request, settings):
            yield {"choices": [{"delta": {"content": "first"}}], "usage": {"prompt_tokens": 5, "completion_tokens": 1}}
            await asyncio.Event().wait()

    gateway._serving.client.register_provider("house", Wordy())
    request = exchanged(gateway, CHAT, asked(stream=True))
    await request.has(b"first")
    request.leave()
    await request.ended()
    exchange = exchange_of(request.scope)
    assert (exchange.client_left, exchange.usage.prompt_tokens) == (True, 5)
