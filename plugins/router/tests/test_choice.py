"""Which of the deployments that are ready a call gets."""

import random
from collections import Counter

import pytest
from jackfield_router import Deployment, RouterSettings

LEAST_BUSY = RouterSettings(strategy="least-busy")


def fast(model, **more):
    return Deployment("fast", f"fake/{model}", **more)


@pytest.mark.parametrize(("chance", "model"), [(0.0, "a"), (0.249, "a"), (0.25, "b"), (0.999, "b")])
def test_chance_and_weight_decide(sync_net, chance, model):
    sync_net.route(fast("a", weight=1), fast("b", weight=3), random=lambda: chance)
    assert sync_net.model_of() == model


def test_each_is_chosen_as_often_as_its_weight_says(sync_net):
    weights = {"a": 1, "b": 2.5, "c": 0.5}
    sync_net.route(*(fast(m, weight=w) for m, w in weights.items()), random=random.Random(1).random)
    for _ in range(2000):
        sync_net()
    counts = Counter(sync_net.asked)
    assert {model: round(counts[model] / 500, 1) for model in weights} == weights


@pytest.mark.parametrize("strategy", ["simple-shuffle", "least-busy"])
def test_weight_0_is_never_used_while_another_is_ready(sync_net, strategy):
    sync_net.route(
        fast("spare", weight=0), fast("a", max_parallel_requests=1), settings=RouterSettings(strategy=strategy)
    )
    assert sync_net.model_of() == "a"
    with sync_net.client.run(sync_net.chat(stream=True)):
        assert sync_net.model_of() == "spare"


def test_among_those_of_weight_0_chance_alone_decides(sync_net):
    sync_net.route(fast("a", weight=0), fast("b", weight=0), random=lambda: 0.5)
    assert sync_net.model_of() == "b"


def test_a_sum_of_weights_that_was_rounded_still_ends_at_a_deployment_that_has_one(sync_net):
    """With these weights and the highest chance there is, a little is left over behind the last of them."""
    weights = [0.7, 0.1, 0.3, 1.1, 0.7, 0.7, 0]
    sync_net.route(*(fast(f"weighs {w}", weight=w) for w in weights), random=lambda: 1 - 2**-53)
    assert sync_net.model_of() == "weighs 1.1"


def test_least_busy_takes_the_one_with_the_fewest_calls_in_flight(net):
    net.route(fast("a"), fast("b"), fast("c"), settings=LEAST_BUSY)

    async def scenario():
        streams = [await net.ask(net.chat(stream=True)) for _ in range(5)]
        assert net.asked == ["a", "b", "c", "a", "b"]  # with chance standing at 0, the first of the least busy
        await streams[1].close()
        await streams[4].rest()
        streams += [await net.ask(net.chat(stream=True)) for _ in range(3)]
        assert net.asked[5:] == ["b", "b", "c"]
        for stream in streams:
            await stream.close()

    net.run(scenario)


def test_equally_busy_ones_are_shuffled_by_weight(sync_net):
    sync_net.route(fast("a", weight=1), fast("b", weight=3), settings=LEAST_BUSY, random=lambda: 0.3)
    assert sync_net.model_of() == "b"


def test_the_lowest_order_is_used_first(sync_net):
    sync_net.route(fast("second", order=2, weight=100), fast("first", order=-1), random=lambda: 0.9)
    assert [sync_net.model_of() for _ in range(3)] == ["first"] * 3


def test_the_next_order_is_used_when_all_of_the_lowest_are_full(net):
    net.route(fast("a", max_parallel_requests=1), fast("b", rpm=1), fast("spare", order=1))

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        await net.ask(net.chat())
        await net.ask(net.chat())
        assert net.asked == ["a", "b", "spare"]
        await stream.rest()
        await net.ask(net.chat())
        assert net.asked[3:] == ["a"]

    net.run(scenario)


def test_the_next_order_is_used_while_all_of_the_lowest_are_cooling(sync_net):
    sync_net.route(fast("a"), fast("b"), fast("spare", order=1))
    sync_net.play("a", sync_net.failing(429))
    sync_net.play("b", sync_net.failing(429))
    assert sync_net.model_of() == "spare"
    assert sync_net.model_of() == "spare"
    assert sync_net.asked == ["a", "b", "spare", "spare"]
    sync_net.clock.pass_by(5)
    assert sync_net.model_of() == "a"
