"""Retries count over the whole group, and go to a deployment that this call has not tried where one is ready."""

import threading
import time

import pytest
from jackfield import (
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    JackfieldError,
    ModelResponse,
    PermissionDeniedError,
    ProviderInfo,
    ProviderNotFoundError,
    RateLimitError,
    ServiceUnavailableError,
    StreamInterruptedError,
    TextCompletionRequest,
    hookimpl,
)
from jackfield_router import Deployment, RouterSettings


def fast(model, **more):
    return Deployment("fast", f"fake/{model}", **more)


def raises(net, error, **options):
    with pytest.raises(error) as caught:
        net(**options)
    return caught.value


# -------------------------------------------------------------------------------------------------------- how often


def test_num_retries_counts_over_the_whole_group(net):
    net.route(fast("a"), fast("b"), settings=RouterSettings(num_retries=2))
    net.play("a", *[net.failing(503, net.soon)] * 5)
    net.play("b", *[net.failing(503, net.soon)] * 5)
    raises(net, ServiceUnavailableError)
    assert net.asked == ["a", "b", "a"]


def test_within_a_deployment_nothing_is_tried_again(sync_net):
    """The provider's own default is 2; of the deployment's options num_retries counts for the group."""
    sync_net.route(fast("a"), settings=RouterSettings(num_retries=0))
    sync_net.play("a", sync_net.failing(503))
    raises(sync_net, ServiceUnavailableError)
    assert sync_net.asked == ["a"]


def test_the_callers_num_retries_goes_before_the_routers(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=RouterSettings(num_retries=5))
    sync_net.play("a", sync_net.failing(503))
    raises(sync_net, ServiceUnavailableError, num_retries=0)
    assert sync_net.asked == ["a"]


def test_a_deployments_own_num_retries_counts_after_its_failures(sync_net):
    sync_net.route(fast("a", options={"num_retries": 0}), settings=RouterSettings(num_retries=5))
    sync_net.play("a", sync_net.failing(503, sync_net.soon))
    raises(sync_net, ServiceUnavailableError)
    assert sync_net.asked == ["a"]


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 501])
def test_a_permanent_error_is_answered_at_once(sync_net, status):
    sync_net.route(fast("a"), fast("b"))
    sync_net.play("a", sync_net.failing(status))
    assert raises(sync_net, JackfieldError).status_code == status
    assert sync_net.asked == ["a"]


# ------------------------------------------------------------------------------------------------------ by error class


def test_a_class_named_in_the_policy_has_a_number_of_its_own(sync_net):
    policy = {"RateLimitError": 0, "InternalServerError": 3}
    sync_net.route(fast("a"), settings=RouterSettings(num_retries=1, retry_policy=policy))
    sync_net.play("a", sync_net.failing(429, sync_net.soon))
    raises(sync_net, RateLimitError)
    assert sync_net.asked == ["a"]
    sync_net.play("a", *[sync_net.failing(503, sync_net.soon)] * 9)  # a ServiceUnavailableError, which is one of those
    raises(sync_net, ServiceUnavailableError)
    assert len(sync_net.asked) == 1 + 4


def test_the_nearest_class_decides(sync_net):
    policy = {"InternalServerError": 5, "ServiceUnavailableError": 0}
    sync_net.route(fast("a"), settings=RouterSettings(retry_policy=policy))
    sync_net.play("a", sync_net.failing(503, sync_net.soon))
    raises(sync_net, ServiceUnavailableError)
    assert sync_net.asked == ["a"]


def test_a_permanent_error_is_tried_again_where_the_policy_says_so(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=RouterSettings(num_retries=0, retry_policy={"BadRequestError": 2}))
    sync_net.play("a", *[sync_net.failing(400)] * 9)
    sync_net.play("b", *[sync_net.failing(400)] * 9)
    raises(sync_net, BadRequestError)
    assert sync_net.asked == ["a", "b", "a"]


def test_an_error_that_the_policy_does_not_name_counts_as_ever(sync_net):
    sync_net.route(fast("a"), settings=RouterSettings(num_retries=1, retry_policy={"APITimeoutError": 9}))
    sync_net.play("a", *[sync_net.failing(503, sync_net.soon)] * 9)
    raises(sync_net, ServiceUnavailableError)
    assert len(sync_net.asked) == 2


# -------------------------------------------------------------------------------------------------------- where to go


def test_a_deployment_that_failed_in_this_call_is_tried_again_only_when_no_other_is_ready(sync_net):
    sync_net.route(fast("a", weight=1000), fast("b"), fast("c", rpm=1), settings=RouterSettings(num_retries=4))
    for model in "abc":
        sync_net.play(model, *[sync_net.failing(503, sync_net.soon)] * 9)
    raises(sync_net, ServiceUnavailableError)
    assert sync_net.asked == ["a", "b", "c", "a", "a"]


def test_an_untried_one_of_a_higher_order_goes_before_a_tried_one(sync_net):
    sync_net.route(fast("a"), fast("spare", order=9))
    sync_net.play("a", sync_net.failing(503))
    assert sync_net.model_of() == "spare"


def test_where_another_one_is_ready_there_is_no_pause(net):
    net.route(fast("a"), fast("b"))
    net.play("a", net.failing(503, {"retry-after": "50"}))
    started = time.monotonic()
    assert net.model_of() == "b"
    assert time.monotonic() - started < 25


def test_the_last_error_is_told_where_nothing_is_left_to_try(sync_net):
    """It says more than "at its limits"; and there is no use in waiting."""
    sync_net.route(fast("a", rpm=1), fast("b", rpm=1), settings=RouterSettings(num_retries=9))
    sync_net.play("a", sync_net.failing(503))
    sync_net.play("b", sync_net.failing(503, sync_net.soon))
    raises(sync_net, ServiceUnavailableError)
    assert sync_net.asked == ["a", "b"]


# ------------------------------------------------------------------------------------------------------------ streams


def test_a_stream_that_fails_before_its_first_chunk_goes_to_another_deployment(net):
    net.route(fast("a"), fast("b"))
    net.play("a", net.failing(503))
    net.play("b", net.streamed("one", "two"))
    assert net.texts(net(stream=True)) == ["one", "two"]
    assert net.asked == ["a", "b"]


def test_a_stream_that_breaks_off_before_its_first_chunk_goes_to_another_deployment(net):
    net.route(fast("a"), fast("b"))
    net.play("a", net.broken())
    assert net.texts(net(stream=True)) == ["b"]


def test_a_stream_that_breaks_off_later_is_not_tried_again(net):
    net.route(fast("a"), fast("b"))
    net.play("a", net.broken("one"))

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        with pytest.raises(StreamInterruptedError) as caught:
            await stream.rest()
        return caught.value

    error = net.run(scenario)
    assert error.partial.choices[0].message.content == "one"
    assert net.asked == ["a"]


def test_a_text_stream_too(net):
    net.route(fast("a"), fast("b"))
    net.play("a", net.failing(503))
    net.play("b", net.streamed("one", text=True))
    chunks = net(TextCompletionRequest("groups/fast", "Hi", stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "one"
    assert net.asked == ["a", "b"]


# --------------------------------------------------------------------------------------- deployments out of order


def test_a_problem_is_raised_where_no_deployment_is_without(net):
    problem = ConfigurationError("set ACME_KEY", variables=("ACME_KEY",))
    net.route(fast("a", problem=problem), fast("b", problem=ConfigurationError("set OTHER_KEY")))
    for _ in range(2):
        error = raises(net, ConfigurationError)
        assert (str(error), error.variables) == ("set ACME_KEY", ("ACME_KEY",))
    assert net.outgoing == []
    assert problem.__traceback__ is None  # it is kept: what each call adds would stay for ever


def test_a_deployment_with_a_problem_is_passed_over_where_another_has_none(sync_net):
    sync_net.route(fast("a", problem=ConfigurationError("set ACME_KEY")), fast("b", order=1))
    assert [sync_net.model_of() for _ in range(3)] == ["b"] * 3


def test_a_deployment_with_a_problem_does_not_hide_that_the_other_is_full(sync_net):
    sync_net.route(fast("a", problem=ConfigurationError("set ACME_KEY")), fast("b", rpm=1))
    sync_net()
    raises(sync_net, RateLimitError)


def test_a_refused_key_is_told_where_every_deployment_refuses_it(sync_net):
    sync_net.route(fast("a"), fast("b"))
    sync_net.play("a", sync_net.failing(401))
    sync_net.play("b", sync_net.failing(401))
    raises(sync_net, AuthenticationError, num_retries=0)
    assert sync_net.asked == ["a", "b"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_deployment_whose_provider_lacks_its_key_is_passed_over(net, stream):
    class Keyless:
        @hookimpl
        def provider_info(self):
            return ProviderInfo(api_key_env=("KEYLESS_API_KEY",))

        @hookimpl
        def completion(self, request, settings):
            settings.require_api_key()
            yield from ()

    net.client.register_provider("keyless", Keyless())
    net.route(Deployment("fast", "keyless/a"), fast("b"), Deployment("only", "keyless/a"))
    net(stream=stream)
    assert net.asked == ["b"]
    with pytest.raises(ConfigurationError, match="KEYLESS_API_KEY"):
        net(model="groups/only")


def test_a_deployment_whose_provider_is_not_installed_is_passed_over(sync_net):
    sync_net.route(Deployment("fast", "nowhere/a"), fast("b"), Deployment("only", "nowhere/a"))
    assert sync_net.model_of() == "b"
    raises(sync_net, ProviderNotFoundError, model="groups/only")


def test_what_is_forbidden_is_told_at_once(sync_net):
    sync_net.route(fast("a"), fast("b"))
    sync_net.play("a", sync_net.failing(403))
    raises(sync_net, PermissionDeniedError)
    assert sync_net.asked == ["a"]


# --------------------------------------------------------------------------------------------------------------- time


def test_the_timeout_of_a_deployment_bounds_its_attempt_and_another_answers(net):
    waiting = threading.Event()

    class Slow:
        @hookimpl
        def completion(self, request, settings):
            waiting.wait(20)
            return ModelResponse.of_text("late")

    net.client.register_provider("slow", Slow())
    net.route(Deployment("fast", "slow/a", {"timeout": 0.05}), fast("b"))
    assert net.model_of() == "b"
    waiting.set()


def test_the_callers_timeout_bounds_each_attempt(net):
    waiting = threading.Event()

    class Slow:
        @hookimpl
        def completion(self, request, settings):
            waiting.wait(20)
            return ModelResponse.of_text("late")

    net.client.register_provider("slow", Slow())
    net.route(Deployment("fast", "slow/a", {"timeout": 600}), settings=RouterSettings(num_retries=0))
    raises(net, APITimeoutError, timeout=0.05)
    waiting.set()
