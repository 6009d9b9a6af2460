"""Limits: calls in flight, requests and tokens of the last 60 seconds."""

import gc
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio
import pytest
from jackfield import (
    EmbeddingRequest,
    ImageGenerationRequest,
    ModelResponse,
    RateLimitError,
    StreamInterruptedError,
    hookimpl,
)
from jackfield.transports.memory import AsyncMemoryTransport, Reply
from jackfield_router import Deployment


def fast(model="a", **more):
    return Deployment("fast", f"fake/{model}", **more)


def refused(net, model="groups/fast"):
    """Make a call that finds no deployment; return its error."""
    before = len(net.outgoing)
    with pytest.raises(RateLimitError) as caught:
        net(model=model)
    assert len(net.outgoing) == before
    return caught.value


# ------------------------------------------------------------------------------------------------------------ requests


def test_rpm_counts_the_last_60_seconds(sync_net):
    sync_net.route(fast(rpm=2))
    sync_net()
    sync_net.clock.pass_by(10)
    sync_net()
    sync_net.clock.pass_by(10)
    assert refused(sync_net).retry_after == 40  # when the first of them is 60 seconds old
    sync_net.clock.pass_by(40)
    sync_net()
    assert refused(sync_net).retry_after == 10


def test_a_failed_request_was_a_request(sync_net):
    sync_net.route(fast(rpm=2))
    sync_net.play("a", sync_net.failing(503, sync_net.soon))
    sync_net()
    assert sync_net.asked == ["a", "a"]
    refused(sync_net)


# -------------------------------------------------------------------------------------------------------------- tokens


def test_tpm_counts_tokens_when_a_call_has_finished(net):
    net.route(fast(tpm=20))
    net()
    net.clock.pass_by(10)
    net()
    assert refused(net).retry_after == 50
    net.clock.pass_by(50)
    net()
    assert refused(net).retry_after == 10


def test_tokens_of_a_stream_count_at_its_end(net):
    net.route(fast(tpm=1))

    async def scenario():
        first, second = await net.ask(net.chat(stream=True)), await net.ask(net.chat(stream=True))
        await first.rest()
        with pytest.raises(RateLimitError):
            await net.ask(net.chat())
        await second.close()

    net.run(scenario)


def test_a_stream_of_a_deployment_with_tpm_asks_for_its_usage_and_keeps_it_from_who_did_not(net):
    net.route(fast(tpm=1000))
    chunks = net(net.chat(stream=True))
    assert net.sent[0]["stream_options"] == {"include_usage": True}
    assert [chunk.usage for chunk in chunks] == [None] * len(chunks)
    told = net(net.chat(stream=True, params={"stream_options": {"include_usage": True}}))
    assert told[-1].usage is not None
    net.route(fast(rpm=1000))
    net(net.chat(stream=True))
    assert "stream_options" not in net.sent[2]


@pytest.mark.parametrize("usage", [{"total_tokens": -50}, {"prompt_tokens": -50, "completion_tokens": 3}])
def test_tokens_below_nothing_give_no_room_back(sync_net, usage):
    sync_net.route(fast(tpm=9))
    sync_net.play("a", sync_net.whole("completion", "a", {"total_tokens": 8}))
    sync_net.play("a", sync_net.whole("completion", "a", usage))
    sync_net.play("a", sync_net.whole("completion", "a", {"total_tokens": 8}))
    for _ in range(3):
        sync_net()
    refused(sync_net)


def test_other_operations_count_their_tokens_too(sync_net):
    sync_net.route(fast(tpm=5))
    sync_net(EmbeddingRequest("groups/fast", "Hi"))
    refused(sync_net)


@pytest.mark.parametrize(
    "usage", [{"prompt_tokens": 3, "completion_tokens": 2}, {"total_tokens": 5}, {"prompt_tokens": 5}]
)
def test_tokens_are_the_total_or_the_sum(sync_net, usage):
    sync_net.route(fast(tpm=5))
    sync_net.play("a", sync_net.whole("completion", "a", usage))
    sync_net()
    refused(sync_net)


@pytest.mark.parametrize("usage", [{"input_tokens": 3, "output_tokens": 2}, {"total_tokens": 5}])
def test_so_are_an_images(sync_net, usage):
    sync_net.route(fast(tpm=5))
    body = json.dumps({"data": [{"url": "x"}], "usage": usage}).encode()
    sync_net.play("a", Reply(content=body))
    sync_net(ImageGenerationRequest("groups/fast", "a cat"))
    refused(sync_net)


def test_an_answer_without_usage_counts_no_tokens(sync_net):
    sync_net.route(fast(tpm=1))
    sync_net.play("a", sync_net.whole("completion", "a", None))
    sync_net()
    assert sync_net.model_of() == "a"


# ----------------------------------------------------------------------------------------------------- calls in flight


@pytest.mark.parametrize("end", ["read to its end", "closed", "dropped"])
def test_a_stream_is_in_flight_until_it_is_over(net, end):
    net.route(fast(max_parallel_requests=1))
    net.play("a", net.streamed("one", "two"))

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        await stream.next()
        with pytest.raises(RateLimitError) as caught:
            await net.ask(net.chat())
        assert caught.value.retry_after == 1
        if end == "read to its end":
            await stream.rest()
        elif end == "closed":
            await stream.close()
        else:
            del stream
            gc.collect()
        await net.ask(net.chat())

    net.run(scenario)


def test_a_stream_that_breaks_off_is_over(net):
    net.route(fast(max_parallel_requests=1))
    net.play("a", net.broken("one"))

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        with pytest.raises(StreamInterruptedError):
            await stream.rest()
        await net.ask(net.chat())

    net.run(scenario)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [400, 503])
def test_a_call_that_fails_is_over(net, stream, status):
    net.route(fast(max_parallel_requests=1))
    net.play("a", *[net.failing(status, net.soon)] * 2)
    for _ in range(2):
        with pytest.raises(Exception, match="no"):
            net(stream=stream, num_retries=0)
    net(stream=stream)


class Hanging(AsyncMemoryTransport):
    """A server that takes the first request and never answers."""

    async def hang(self, outgoing):
        if not self.requests:
            self.requests.append(outgoing)
            self.reached.set()
            await anyio.sleep_forever()

    async def send(self, outgoing, /):
        await self.hang(outgoing)
        return await super().send(outgoing)

    async def stream(self, outgoing, /):
        await self.hang(outgoing)
        return await super().stream(outgoing)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("colour", ["asyncio", "trio"])
def test_a_call_that_is_cancelled_is_over(net_of, colour, stream):
    net = net_of(colour, Hanging)
    net.route(fast(max_parallel_requests=1))

    async def scenario():
        reached = net.transport.reached = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(net.ask, net.chat(stream=stream))
            await reached.wait()
            with pytest.raises(RateLimitError):
                await net.ask(net.chat())
            tasks.cancel_scope.cancel()
        return await net.ask(net.chat())

    assert net.run(scenario).choices[0].message.content == "a"


# --------------------------------------------------------------------------------------------- several, and none left


def test_a_full_deployment_is_passed_over(sync_net):
    sync_net.route(fast("a", rpm=1), fast("b", tpm=10), fast("c", max_parallel_requests=1))
    assert [sync_net.model_of() for _ in range(4)] == ["a", "b", "c", "c"]


def test_a_full_group_is_a_429_that_names_no_group_and_says_when(net):
    net.route(fast("a", rpm=1), fast("b", rpm=1), Deployment("hidden", "fake/c"), aliases={"alias": "fast"})
    net()
    net.clock.pass_by(20)
    net()
    error = refused(net, "groups/alias")
    assert (error.status_code, error.retry_after, error.code) == (429, 40, "rate_limit_exceeded")
    assert str(error) == "this model is at its limits or cooling down; try again in 40 s"
    assert error.model == "alias"


def test_a_full_group_is_told_at_once_without_retries(sync_net):
    sync_net.route(fast(rpm=1))
    sync_net()
    before = set(threading.enumerate())
    error = refused(sync_net)
    assert error.retry_after == 60  # and no minute has passed
    assert set(threading.enumerate()) - before == set()  # one of another test's may have ended meanwhile


def test_the_wait_is_at_least_a_second(sync_net):
    sync_net.route(fast(rpm=1))
    sync_net()
    sync_net.clock.pass_by(59.9)
    assert refused(sync_net).retry_after == 1


def test_each_limit_of_a_deployment_counts(sync_net):
    sync_net.route(fast(rpm=3, tpm=20))
    sync_net()
    sync_net.clock.pass_by(1)
    sync_net()
    assert refused(sync_net).retry_after == 59
    sync_net.clock.pass_by(59)
    sync_net.play("a", sync_net.whole("completion", "a", None))
    sync_net()
    assert sync_net.model_of() == "a"


# ------------------------------------------------------------------------------------------------------------- threads


def test_threads_share_the_counts_and_no_limit_is_passed(sync_net):
    """Sixteen threads, three places: never more than three inside at once, and all places are free afterwards."""
    inside, most, refusals = 0, 0, 0
    lock, go_on = threading.Lock(), threading.Event()

    class Watching:
        @hookimpl
        def completion(self, request, settings):
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            go_on.wait(10)
            with lock:
                inside -= 1
            return ModelResponse.of_text("Hi")

    sync_net.client.register_provider("watching", Watching())
    sync_net.route(
        Deployment("fast", "watching/a", max_parallel_requests=1),
        Deployment("fast", "watching/b", max_parallel_requests=2),
    )

    def call(_):
        nonlocal refusals
        try:
            sync_net.client.run(sync_net.chat())
        except RateLimitError:
            with lock:
                refusals += 1
                if refusals == 13:
                    go_on.set()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(call, range(16)))
    assert (most, refusals) == (3, 13)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(call, range(3)))
    assert refusals == 13


def test_one_choice_is_made_at_a_time(sync_net):
    """Two threads that come to choose at once: the one must wait until the other has chosen and counted."""
    met, meeting = [], threading.Barrier(2)

    def random():
        try:
            meeting.wait(0.3)
        except threading.BrokenBarrierError:
            return 0.0
        met.append("both were choosing")
        return 0.0

    sync_net.route(fast("a"), fast("b"), random=random)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: sync_net.client.run(sync_net.chat()), range(2)))
    assert met == []
