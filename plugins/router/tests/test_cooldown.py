"""Cooldown: a deployment that fails is left alone for a while, where there is another."""

import pytest
from jackfield import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    ConfigurationError,
    JackfieldError,
    RateLimitError,
    ServiceUnavailableError,
    StreamInterruptedError,
)
from jackfield_router import Deployment, RouterSettings


def fast(model, **more):
    return Deployment("fast", f"fake/{model}", **more)


def settings(**more):
    return RouterSettings(**{"num_retries": 0, "allowed_fails": 1, **more})


def fail(net, *replies, **options):
    """Make a call for each reply, all of them reaching "a"; each must fail."""
    net.play("a", *replies)
    for _ in replies:
        with pytest.raises(JackfieldError):
            net(**options)
    assert net.asked[-len(replies) :] == ["a"] * len(replies)


def test_more_failures_than_allowed_within_a_minute_cool_a_deployment(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings(allowed_fails=2, cooldown_time=5))
    fail(sync_net, *[sync_net.failing(500)] * 2)
    assert sync_net.model_of() == "a"  # two are allowed
    fail(sync_net, sync_net.failing(500))
    assert sync_net.model_of() == "b"
    sync_net.clock.pass_by(4.9)
    assert sync_net.model_of() == "b"
    sync_net.clock.pass_by(0.1)
    assert sync_net.model_of() == "a"


def test_failures_older_than_a_minute_are_forgotten(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings())
    fail(sync_net, sync_net.failing(500))
    sync_net.clock.pass_by(60)
    fail(sync_net, sync_net.failing(500))
    assert sync_net.model_of() == "a"


def test_after_a_cooldown_failures_are_counted_anew(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings())
    fail(sync_net, *[sync_net.failing(500)] * 2)
    sync_net.clock.pass_by(5)
    fail(sync_net, sync_net.failing(500))
    assert sync_net.model_of() == "a"


def speaks_against_it(net, *failures):
    net.route(fast("a"), fast("b"), settings=settings(allowed_fails=0))
    fail(net, *failures)
    return net.model_of() == "b"


@pytest.mark.parametrize("status", [408, 500, 501, 502, 503, 504, 529])
def test_statuses_that_speak_against_a_deployment(sync_net, status):
    assert speaks_against_it(sync_net, sync_net.failing(status))


@pytest.mark.parametrize("error", [APIConnectionError("reset"), APITimeoutError("slow")])
def test_a_missing_answer_speaks_against_a_deployment(net, error):
    assert speaks_against_it(net, error)


def test_an_answer_that_does_not_parse_speaks_against_a_deployment(sync_net):
    assert speaks_against_it(sync_net, type(sync_net.failing(200))(content=b"<html>"))


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 418, 422])
def test_what_the_caller_did_does_not_speak_against_a_deployment(sync_net, status):
    assert not speaks_against_it(sync_net, sync_net.failing(status))


@pytest.mark.parametrize("stream", [False, True])
def test_a_stream_counts_as_any_other_call(net, stream):
    net.route(fast("a"), fast("b"), settings=settings())
    fail(net, *[net.failing(500)] * 2, stream=stream)
    assert net.model_of() == "b"


def test_a_stream_that_breaks_off_speaks_against_its_deployment(net):
    net.route(fast("a"), fast("b"), settings=settings(allowed_fails=0))
    net.play("a", net.broken("one"))
    with pytest.raises(StreamInterruptedError):
        net(stream=True)
    assert net.model_of() == "b"


def test_a_stream_that_is_left_early_says_nothing(net):
    net.route(fast("a"), fast("b"), settings=settings(allowed_fails=0))

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        await stream.close()

    net.run(scenario)
    assert net.model_of() == "a"


# ----------------------------------------------------------------------------------------------------------- at once


def test_a_429_cools_at_once(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings(allowed_fails=100))
    fail(sync_net, sync_net.failing(429))
    assert sync_net.model_of() == "b"


@pytest.mark.parametrize(("asked", "cools"), [("2", 5), ("20", 20), ("3600", 60)])
def test_it_cools_as_long_as_the_server_asks_up_to_a_minute(sync_net, asked, cools):
    sync_net.route(fast("a"), fast("b"), settings=settings(cooldown_time=5))
    fail(sync_net, sync_net.failing(429, {"retry-after": asked}))
    sync_net.clock.pass_by(cools - 0.1)
    assert sync_net.model_of() == "b"
    sync_net.clock.pass_by(0.1)
    assert sync_net.model_of() == "a"


def test_a_longer_cooldown_is_not_cut_short_by_a_shorter_one(net):
    net.route(fast("a"), fast("b"), settings=settings(allowed_fails=0))
    net.play("a", net.broken("one"), net.failing(429, {"retry-after": "30"}))

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        with pytest.raises(RateLimitError):
            await net.ask(net.chat())
        with pytest.raises(StreamInterruptedError):
            await stream.rest()

    net.run(scenario)
    net.clock.pass_by(29)
    assert net.model_of() == "b"


def test_a_key_that_is_refused_cools_at_once_and_the_call_goes_on(net):
    net.route(fast("a"), fast("b"), settings=settings(allowed_fails=100))
    net.play("a", net.failing(401))
    assert net.model_of() == "b"
    assert net.model_of() == "b"
    assert net.asked == ["a", "b", "b"]


@pytest.mark.parametrize("options", [{"api_key": "mine"}, {"extra_headers": {"Authorization": "Bearer mine"}}])
def test_a_key_of_the_callers_own_says_nothing_of_the_deployment(sync_net, options):
    sync_net.route(fast("a"), fast("b"))
    sync_net.play("a", sync_net.failing(401))
    with pytest.raises(AuthenticationError):
        sync_net(**options)
    assert sync_net.model_of() == "a"


def test_an_address_of_the_callers_own_says_nothing_of_the_deployment(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings(allowed_fails=0))
    fail(sync_net, sync_net.failing(503), api_base="https://mine.example")
    assert sync_net.model_of() == "a"


# ------------------------------------------------------------------------------------------------- the only ones left


@pytest.mark.parametrize("limits", [{}, {"rpm": 100}])
@pytest.mark.parametrize("status", [401, 429, 503])
def test_the_only_deployment_of_a_group_is_never_cooled(sync_net, status, limits):
    sync_net.route(fast("a", **limits), settings=settings(allowed_fails=0))
    fail(sync_net, *[sync_net.failing(status, sync_net.soon)] * 5)
    assert sync_net.model_of() == "a"


def test_a_deployment_with_a_problem_is_no_other_one(sync_net):
    sync_net.route(fast("a"), fast("b", problem=ConfigurationError("unset")), settings=settings(allowed_fails=0))
    fail(sync_net, *[sync_net.failing(429)] * 2)
    assert sync_net.model_of() == "a"


def test_where_all_are_cooling_after_failures_the_one_whose_cooldown_ends_first_is_used(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings(allowed_fails=0))
    fail(sync_net, sync_net.failing(503))
    sync_net.clock.pass_by(1)
    sync_net.play("b", sync_net.failing(503))
    with pytest.raises(ServiceUnavailableError):
        sync_net()
    assert sync_net.model_of() == "a"


def test_where_all_asked_for_a_pause_they_get_it(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings())
    sync_net.play("a", sync_net.failing(429, {"retry-after": "30"}))
    sync_net.play("b", sync_net.failing(429, {"retry-after": "20"}))
    for _ in range(2):
        with pytest.raises(RateLimitError, match="no"):
            sync_net()
    sync_net.clock.pass_by(3)
    with pytest.raises(RateLimitError, match="this model is at its limits or cooling down") as caught:
        sync_net()
    assert caught.value.retry_after == 17
    assert sync_net.asked == ["a", "b"]
    sync_net.clock.pass_by(17)
    assert sync_net.model_of() == "b"


def test_the_one_that_did_not_ask_for_a_pause_is_used_before_it_is_over(sync_net):
    sync_net.route(fast("a"), fast("b"), settings=settings(allowed_fails=0, cooldown_time=30))
    fail(sync_net, sync_net.failing(429))
    sync_net.play("b", sync_net.failing(503))
    with pytest.raises(ServiceUnavailableError):
        sync_net()
    assert sync_net.model_of() == "b"


def test_one_that_is_cooling_does_not_stand_in_for_one_that_is_full(sync_net):
    sync_net.route(fast("a"), fast("b", rpm=1), settings=settings(allowed_fails=0))
    fail(sync_net, sync_net.failing(503))
    assert sync_net.model_of() == "b"
    with pytest.raises(RateLimitError) as caught:
        sync_net()
    assert caught.value.retry_after == 5  # when the cooldown ends, long before b has room


def test_other_groups_do_not_feel_it(sync_net):
    sync_net.route(fast("a"), fast("b"), Deployment("slow", "fake/a"), settings=settings())
    fail(sync_net, sync_net.failing(429))
    assert sync_net.model_of(model="groups/slow") == "a"
