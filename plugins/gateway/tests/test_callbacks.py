"""LiteLLM's call hooks."""

import asyncio
import inspect
import logging
from datetime import UTC, datetime

import pytest
from jackfield import (
    BadRequestError,
    ConfigurationError,
    ContractViolationError,
    JackfieldError,
    NotFoundError,
    hookimpl,
)
from jackfield.errors import APIStatusError, RateLimitError
from jackfield_gateway._callbacks import Callbacks
from jackfield_gateway._custom_logger import HOOKS, OTHER_HOOKS, CustomLogger, extends, hooks_of
from jackfield_gateway._hook_values import MemoryCache, User, user_of
from starlette.exceptions import HTTPException

USER = User(api_key="hashed")
NOW = datetime(2026, 11, 20, tzinfo=UTC)


def run(coroutine):
    return asyncio.run(coroutine)


class Recorder(CustomLogger):
    """Has all five hooks, notes what they get, and returns or raises what it is told to."""

    def __init__(self, **answers):
        super().__init__()
        self.answers = answers
        self.calls = []

    async def _met(self, hook, arguments):
        self.calls.append((hook, arguments))
        answer = self.answers.get(hook)
        if isinstance(answer, type | BaseException) and not getattr(self, "returns", False):
            raise answer
        return answer

    async def async_pre_call_hook(self, **arguments):
        return await self._met("before", arguments)

    async def async_post_call_success_hook(self, **arguments):
        return await self._met("succeeded", arguments)

    async def async_post_call_failure_hook(self, **arguments):
        return await self._met("failed", arguments)

    async def async_log_success_event(self, **arguments):
        return await self._met("log_success", arguments)

    async def async_log_failure_event(self, **arguments):
        return await self._met("log_failure", arguments)


class Returning(Recorder):
    returns = True


# -------------------------------------------------------------------------------------------------------------- before


def before(*objects, data=None):
    return run(Callbacks(objects).before(data or {"model": "a"}, "acompletion", USER))


def test_each_hook_gets_litellm_s_keyword_arguments():
    recorder = Recorder()
    callbacks = Callbacks([recorder])
    error = RuntimeError("no")

    async def all_of_them():
        await callbacks.before({"model": "a"}, "acompletion", USER)
        await callbacks.succeeded({"model": "a"}, USER, "answer")
        await callbacks.failed({"model": "a"}, USER, error)
        await callbacks.log_success({"model": "a"}, "answer", NOW, NOW)
        await callbacks.log_failure({"model": "a"}, None, NOW, NOW)

    run(all_of_them())
    log = {"kwargs": {"model": "a"}, "start_time": NOW, "end_time": NOW}
    assert recorder.calls == [
        (
            "before",
            {"user_api_key_dict": USER, "cache": callbacks._cache, "data": {"model": "a"}, "call_type": "acompletion"},
        ),
        ("succeeded", {"data": {"model": "a"}, "user_api_key_dict": USER, "response": "answer"}),
        (
            "failed",
            {
                "request_data": {"model": "a"},
                "original_exception": error,
                "user_api_key_dict": USER,
                "traceback_str": "RuntimeError: no\n",
            },
        ),
        ("log_success", log | {"response_obj": "answer"}),
        ("log_failure", log | {"response_obj": None}),
    ]


def test_none_keeps_the_request_and_a_dict_replaces_it_for_the_next_hook():
    second = Recorder()
    assert before(Recorder(before={"model": "b"}), second, Recorder()) == {"model": "b"}
    assert second.calls[0][1]["data"] == {"model": "b"}


def test_a_text_refuses_the_request():
    later = Recorder()
    with pytest.raises(BadRequestError, match=r"^not today$") as caught:
        before(Recorder(before="not today"), later)
    assert (caught.value.status_code, later.calls) == (400, [])


class WithStatus(Exception):
    def __init__(self, status_code, message):
        super().__init__(message)
        self.status_code = status_code
        self.message = message


REFUSALS = [
    (HTTPException(451, "for legal reasons"), APIStatusError, 451, "for legal reasons"),
    (HTTPException(429, {"error": "too much"}, headers={"Retry-After": "7"}), RateLimitError, 429, "too much"),
    (HTTPException(404, {"error": {"message": "gone"}}), NotFoundError, 404, "gone"),
    (HTTPException(403, ["a", "b"]), APIStatusError, 403, "['a', 'b']"),
    (WithStatus(503, "later"), APIStatusError, 503, "later"),
    (BadRequestError("wrong", param="x"), BadRequestError, 400, "wrong"),
]


@pytest.mark.parametrize("kind", [Recorder, Returning])
@pytest.mark.parametrize("hook", ["before", "succeeded", "failed"])
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: str(refusal[0])[:20])
def test_an_exception_with_a_status_keeps_it(kind, hook, refusal):
    raised, error, status, text = refusal
    recorder = kind(**{hook: raised})
    if hook == "failed":
        told = run(Callbacks([recorder]).failed({}, USER, RuntimeError("no")))
    else:
        with pytest.raises(error) as caught:
            before(recorder) if hook == "before" else run(Callbacks([recorder]).succeeded({}, USER, "answer"))
        told = caught.value
    assert isinstance(told, error)
    assert (told.status_code, str(told)) == (status, text)
    assert getattr(told, "retry_after", None) == (7 if status == 429 else None)


@pytest.mark.parametrize("hook", ["before", "succeeded"])
@pytest.mark.parametrize("raised", [ValueError("a bug"), WithStatus(200, "odd"), WithStatus("503", "odd")], ids=str)
def test_any_other_exception_is_the_gateway_s_own_failure(hook, raised):
    callbacks = Callbacks([Recorder(**{hook: raised})])
    call = callbacks.before({}, "acompletion", USER) if hook == "before" else callbacks.succeeded({}, USER, "answer")
    with pytest.raises(type(raised)) as caught:
        run(call)
    assert caught.value is raised


def test_a_body_of_another_kind_is_a_broken_contract():
    with pytest.raises(ContractViolationError, match="returns a dict, a str or None, not a list"):
        before(Recorder(before=["model"]))


# --------------------------------------------------------------------------------------------------------------- after


def test_answers_may_be_replaced_one_after_the_other():
    second = Recorder()
    assert run(Callbacks([Recorder(succeeded="other"), second, Recorder()]).succeeded({}, USER, "answer")) == "other"
    assert second.calls[0][1]["response"] == "other"


def test_an_error_stays_unless_a_hook_puts_another_in_its_place():
    error = RuntimeError("no")
    second = Recorder(failed="ignored")
    assert run(Callbacks([Recorder(), second]).failed({}, USER, error)) is error
    told = run(Callbacks([Returning(failed=HTTPException(402, "pay")), second]).failed({}, USER, error))
    assert (told.status_code, str(told)) == (402, "pay")
    assert second.calls[-1][1]["original_exception"] is error


def test_a_failure_hook_that_fails_is_a_line_in_the_log(caplog):
    error = RuntimeError("no")
    assert run(Callbacks([Recorder(failed=ValueError("a bug"))]).failed({}, USER, error)) is error
    assert [record.getMessage() for record in caplog.records] == [
        "Recorder.async_post_call_failure_hook failed: ValueError: a bug"
    ]


@pytest.mark.parametrize("event", ["log_success", "log_failure"])
def test_what_a_log_event_raises_is_a_line_in_the_log(caplog, event):
    second = Recorder()
    callbacks = Callbacks([Recorder(**{event: HTTPException(500, "a bug")}), second])
    run(getattr(callbacks, event)({}, None, NOW, NOW))
    [record] = caplog.records
    assert (record.levelno, record.name) == (logging.ERROR, "jackfield_gateway._callbacks")
    assert f"async_{event}_event failed: HTTPException: " in record.getMessage()
    assert len(second.calls) == 1


class Waiting(Recorder):
    async def _met(self, hook, arguments):
        await asyncio.Event().wait()


@pytest.mark.parametrize("event", ["log_success", "log_failure", "failed", "before"])
def test_a_cancellation_is_nobody_s_to_keep(event):
    callbacks = Callbacks([Waiting()])
    calls = {
        "failed": lambda: callbacks.failed({}, USER, RuntimeError()),
        "before": lambda: callbacks.before({}, "acompletion", USER),
    }

    async def cancelled():
        task = asyncio.ensure_future(calls.get(event, lambda: getattr(callbacks, event)({}, None, NOW, NOW))())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        run(cancelled())


@pytest.mark.parametrize("event", ["log_success", "log_failure", "failed"])
def test_a_hook_that_quits_ends_neither_the_request_nor_the_worker(caplog, event):
    callbacks = Callbacks([Recorder(**{event: SystemExit(3)})])
    error = RuntimeError("the call's own")
    calls = {"failed": lambda: callbacks.failed({}, USER, error)}
    answer = run(calls.get(event, lambda: getattr(callbacks, event)({}, None, NOW, NOW))())
    assert answer is (error if event == "failed" else None)
    assert "SystemExit: 3" in caplog.text


class OldFailureHook:
    async def async_post_call_failure_hook(self, request_data, original_exception, user_api_key_dict):
        return HTTPException(418, "older")


def test_a_failure_hook_may_know_nothing_of_the_traceback():
    assert str(run(Callbacks([OldFailureHook()]).failed({}, USER, RuntimeError()))) == "older"


# ------------------------------------------------------------------------------------------------------ which there are


def test_there_is_something_to_run_where_an_object_has_a_hook():
    assert not Callbacks()
    assert not Callbacks([CustomLogger()])
    assert Callbacks([OldFailureHook()])


def test_the_base_class_has_the_hooks_with_their_arguments():
    for name, arguments in HOOKS.items():
        parameters = list(inspect.signature(getattr(CustomLogger(), name)).parameters)
        assert tuple(parameters[: len(arguments)]) == arguments
        assert parameters[len(arguments) :] == (["traceback_str"] if name == "async_post_call_failure_hook" else [])
        assert run(getattr(CustomLogger(), name)(**dict.fromkeys(arguments))) is None


@pytest.mark.parametrize("name", OTHER_HOOKS.split())
@pytest.mark.parametrize("base", [CustomLogger, object])
def test_an_object_with_another_of_litellm_s_hooks_is_refused_by_name(name, base):
    audit = type("Audit", (base,), {name: lambda self: None, "async_pre_call_hook": Recorder.async_pre_call_hook})
    with pytest.raises(ConfigurationError, match=f"^Audit has {name}, which the gateway never calls"):
        Callbacks([audit()])


def test_a_hook_that_only_the_object_has_is_found_too():
    recorder = Recorder()
    recorder.log_pre_api_call = lambda *args: None
    with pytest.raises(ConfigurationError, match="Recorder has log_pre_api_call"):
        hooks_of(recorder)


def test_hooks_of_litellm_s_own_base_class_are_not_the_object_s():
    theirs = type("CustomLogger", (), dict.fromkeys([*OTHER_HOOKS.split(), *HOOKS], lambda self: None))
    theirs.__module__ = "litellm.integrations.custom_logger"
    assert hooks_of(type("Audit", (theirs,), {})()) == {}
    assert list(hooks_of(type("Audit", (OldFailureHook, theirs), {})())) == ["async_post_call_failure_hook"]


class Plain:
    def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
        return None


class OtherArguments:
    async def async_pre_call_hook(self, user, cache, data, call_type):
        return None


class MoreArguments:
    async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type, mood):
        return None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Plain, "Plain.async_pre_call_hook is awaited: write it as async def"),
        (OtherArguments, "is called with user_api_key_dict, cache, data, call_type by keyword: missing a required"),
        (MoreArguments, "by keyword: missing a required argument: 'mood'"),
    ],
)
def test_a_hook_that_cannot_be_called_is_refused_at_the_start(kind, text):
    with pytest.raises(ConfigurationError, match=text):
        hooks_of(kind())


class Extension:
    @hookimpl
    def observe(self, event):
        pass


class NoExtension:
    def observe(self, event):
        pass


def test_an_extension_is_told_by_its_marks():
    assert [extends(each) for each in (Extension(), NoExtension(), Recorder())] == [True, False, False]
    assert hooks_of(Extension()) == {}


# -------------------------------------------------------------------------------------------------- what they are given


def test_who_asks_is_read_by_attribute_and_by_key_and_holds_no_key():
    scope = {"path": "/v1/chat/completions", "headers": [(b"authorization", b"Bearer sk-9f")]}
    user = user_of(scope, {"user": "end-user-7"})
    assert user.api_key == user["token"] == user.get("api_key") != "sk-9f"
    assert len(user.api_key) == 64
    assert (user.end_user_id, user.request_route, user.user_id, user["metadata"]) == (
        "end-user-7",
        "/v1/chat/completions",
        None,
        {},
    )
    assert ("spend" in user, "keys" in user, user.get("mood", 1), dict(user)["spend"]) == (True, False, 1, 0.0)
    with pytest.raises(KeyError):
        user["keys"]
    assert user_of({"headers": [(b"x-api-key", b"sk-9f")]}, {}).api_key == user.api_key
    assert user_of({"headers": []}, {"user": ["a"]}) == User()


def test_the_cache_keeps_what_hooks_put_there_for_a_time_and_a_number():
    now = [0.0]
    cache = MemoryCache(size=2, clock=lambda: now[0])

    async def use():
        await cache.async_set_cache("a", 1, ttl=5)
        assert await cache.async_increment_cache("a", 2) == 3
        now[0] = 4.9
        assert await cache.async_get_cache(key="a") == 3
        now[0] = 5.0
        assert await cache.async_get_cache("a") is None
        assert await cache.async_increment_cache("b") == 1
        cache.set_cache("c", 1)
        assert cache.get_cache("b") == 1
        cache.set_cache("d", 1)
        assert (cache.get_cache("b"), cache.get_cache("c")) == (1, None)
        await cache.async_delete_cache("b")
        cache.delete_cache("b")
        assert cache.get_cache("b") is None

    run(use())


def test_one_request_finds_in_the_cache_what_another_left():
    class Counting(CustomLogger):
        async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):
            return data | {"n": await cache.async_increment_cache("n")}

    callbacks = Callbacks([Counting()])
    numbers = [run(callbacks.before({}, "acompletion", USER))["n"] for _ in range(3)]
    assert numbers == [1, 2, 3]


def test_errors_of_jackfield_s_own_pass_as_they_are():
    error = ConfigurationError("no key", variables=("HOUSE_KEY",))
    with pytest.raises(JackfieldError) as caught:
        before(Recorder(before=error))
    assert caught.value is error
