"""What the project promises of its router, sentence by sentence, each shown once from outside."""

import gc

import pytest
from jackfield import (
    AsyncClient,
    Client,
    CompletionRequest,
    ConfigurationError,
    ModelResponse,
    ProviderInfo,
    RateLimitError,
    ServiceUnavailableError,
    hookimpl,
)
from jackfield_router import Deployment, Router, RouterSettings


class Witness:
    """An extension that notes what passes by."""

    def __init__(self):
        self.calls = []
        self.events = []

    @hookimpl
    def around(self, call, request, settings):
        self.calls.append((settings.provider, request.model))
        return (yield from call(request))

    @hookimpl
    def observe(self, event):
        self.events.append((event.kind, event.provider, event.model))


def test_it_is_a_package_that_library_users_can_use_too():
    """`completion(model="groups/fast")` works with the functions of the package and with any client."""
    import jackfield

    jackfield.register_provider("groups", Router([Deployment("fast", "fake/a", {"mock_response": "Hi"})]))
    try:
        answer = jackfield.completion("groups/fast", [{"role": "user", "content": "Hello"}])
        assert answer.choices[0].message.content == "Hi"
        streamed = jackfield.completion("groups/fast", [{"role": "user", "content": "Hello"}], stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == "Hi"
    finally:
        jackfield.unregister_provider("groups")


def test_it_is_made_of_invoke(net):
    """The call to a deployment is a call like any other: extensions stand around it and observers see it, once."""
    witness = Witness()
    net.client.register_extension(witness)
    net.route(Deployment("fast", "fake/a"), Deployment("fast", "fake/b"))
    net.play("a", net.failing(503))
    net()
    assert witness.calls == [("fake", "a"), ("fake", "b")]
    assert witness.events == [
        ("started", "fake", "a"),
        ("failed", "fake", "a"),
        ("started", "fake", "b"),
        ("finished", "fake", "b"),
    ]


def test_its_own_observer_sees_the_deployments_calls_streams_too(net):
    told = []

    def observe(event):
        told.append((event.kind, event.provider, event.model))

    net.route(Deployment("fast", "fake/a"), Deployment("fast", "fake/b"), observe=observe)
    net.play("a", net.failing(503), net.streamed("Hi"))
    net()
    assert told == [
        ("started", "fake", "a"),
        ("failed", "fake", "a"),
        ("started", "fake", "b"),
        ("finished", "fake", "b"),
    ]
    told.clear()
    net(net.chat(stream=True))
    assert told == [("started", "fake", "a"), ("first_chunk", "fake", "a"), ("finished", "fake", "a")]


def test_behind_the_router_num_retries_counts_over_the_whole_group_and_the_providers_own_is_0(net):
    class Eager:
        calls = 0

        @hookimpl
        def provider_info(self):
            return ProviderInfo(num_retries=9)

        @hookimpl
        def completion(self, request, settings):
            self.calls += 1
            raise ServiceUnavailableError("busy", retry_after=0.001)

    eager = Eager()
    net.client.register_provider("eager", eager)
    net.route(Deployment("fast", "eager/a"), Deployment("fast", "eager/b"), settings=RouterSettings(num_retries=3))
    with pytest.raises(ServiceUnavailableError):
        net()
    assert eager.calls == 4


def test_fallback_is_the_cores_and_goes_from_group_to_group(net):
    net.route(Deployment("fast", "fake/a"), Deployment("slow", "fake/b"))
    net.play("a", *[net.failing(503, net.soon)] * 3)
    assert net.model_of(fallbacks=["groups/slow"]) == "b"
    assert net.asked == ["a", "a", "a", "b"]
    net.play("a", net.failing(503))
    fallbacks = [{"model": "slow", "provider": "groups"}]
    assert net.model_of(model="fast", provider="groups", num_retries=0, fallbacks=fallbacks) == "b"


def test_a_full_group_falls_back_at_once(sync_net):
    sync_net.route(Deployment("fast", "fake/a", rpm=1), Deployment("slow", "fake/b"))
    assert [sync_net.model_of(fallbacks=["groups/slow"]) for _ in range(2)] == ["a", "b"]


def test_a_deployment_at_its_limits_is_passed_over_and_a_429_with_retry_after_says_when_none_is_left(net):
    limits = [{"max_parallel_requests": 1}, {"rpm": 1}, {"tpm": 1}]
    net.route(*(Deployment("fast", f"fake/{place}", **limit) for place, limit in enumerate(limits)))

    async def scenario():
        stream = await net.ask(net.chat(stream=True))
        await net.ask(net.chat())
        await net.ask(net.chat())
        assert net.asked == ["0", "1", "2"]
        with pytest.raises(RateLimitError) as caught:
            await net.ask(net.chat())
        assert caught.value.retry_after == 1  # the stream may end at any moment
        await stream.close()
        await net.ask(net.chat())
        assert net.asked[3:] == ["0"]

    net.run(scenario)


def test_the_lowest_order_is_tried_first_and_the_next_when_all_of_it_are_cooling_or_full(sync_net):
    sync_net.route(
        Deployment("fast", "fake/cooling"),
        Deployment("fast", "fake/full", rpm=1),
        Deployment("fast", "fake/next", order=1),
    )
    sync_net.play("cooling", sync_net.failing(429))
    assert [sync_net.model_of() for _ in range(2)] == ["full", "next"]
    assert sync_net.asked == ["cooling", "full", "next"]


def test_a_missing_key_never_stops_the_start_and_its_caller_is_told_the_variable(sync_net):
    problem = ConfigurationError("set ACME_API_KEY", variables=["ACME_API_KEY"])
    sync_net.route(Deployment("other", "fake/a"), Deployment("fast", "fake/b", problem=problem))
    assert sync_net.model_of(model="groups/other") == "a"
    with pytest.raises(ConfigurationError) as caught:
        sync_net()
    assert caught.value.variables == ("ACME_API_KEY",)


def test_counts_are_per_router_and_so_per_worker(sync_net):
    deployment = Deployment("fast", "fake/a", rpm=1)
    for name in ("one", "two"):
        sync_net.client.register_provider(name, Router([deployment]))
    assert [sync_net.model_of(model=f"{name}/fast") for name in ("one", "two")] == ["a", "a"]


def test_one_router_serves_threads_and_loops_alike():
    """A sync client and two event loops share the counts of one router."""
    import asyncio

    class Echo:
        @hookimpl
        def completion(self, request, settings):
            yield from ()
            return ModelResponse.of_text(request.model)

    router = Router([Deployment("fast", f"echoing/{name}", rpm=1) for name in "abc"], random=lambda: 0.0)
    clients = [Client(), AsyncClient()]
    for client in clients:
        client.register_provider("echoing", Echo())
        client.register_provider("groups", router)
    request = CompletionRequest("groups/fast")
    answers = [clients[0].run(request), asyncio.run(clients[1].run(request)), asyncio.run(clients[1].run(request))]
    assert [answer.choices[0].message.content for answer in answers] == ["a", "b", "c"]


def test_what_a_router_keeps_does_not_grow_with_the_calls(sync_net):
    router = sync_net.route(
        Deployment("acme/*", "fake/*", rpm=1000, tpm=10**6), Deployment("fast", "fake/a"), Deployment("fast", "fake/b")
    )

    def kept(calls):
        for number in range(calls):
            sync_net(model=f"groups/acme/{number}", num_retries=0)
            sync_net()
            sync_net.clock.pass_by(1)
        sync_net.outgoing.clear()
        gc.collect()
        return _reachable(router)

    kept(70)
    assert kept(200) == kept(400)


def _reachable(router):
    """Count the objects that a router holds, whatever they are."""
    seen, waiting = set(), [router]
    while waiting:
        each = waiting.pop()
        if id(each) not in seen and not isinstance(each, type) and type(each).__name__ not in ("module", "function"):
            seen.add(id(each))
            waiting += [other for other in gc.get_referents(each) if gc.is_tracked(other)]
    return len(seen)
