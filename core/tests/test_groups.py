"""What a router is made of: `retried` and `invoke` with an observer, under every caller."""

from collections.abc import Callable

import pytest
from jackfield import (
    BadRequestError,
    Client,
    CompletionRequest,
    ConfigurationError,
    EventStream,
    ModelResponse,
    ProviderInfo,
    RateLimitError,
    ServiceUnavailableError,
    Settings,
    hookimpl,
)
from jackfield.flow import invoke, retried


class Busy:
    """A model that fails with each of these errors in turn, and then answers with its name."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.models: list[str] = []

    @hookimpl
    def provider_info(self):
        return ProviderInfo(num_retries=0)

    @hookimpl
    def completion(self, request, settings):
        self.models.append(request.model)
        if self.errors:
            raise self.errors.pop(0)
        return ModelResponse.of_text(request.model)

    @hookimpl
    def streaming(self, request, settings):
        yield self.completion(request, settings).choices[0].message.content


class Group:
    """Asks for busy/0, busy/1 and so on, a new one at each attempt, and notes the events of all."""

    def __init__(self, limit: Callable | None = None, at_once: Callable | None = lambda: True) -> None:
        self.attempts = 0
        self.events: list = []
        self.policy = limit, at_once

    def flow(self, request):
        def attempt():
            self.attempts += 1
            inner = request.replace(model=f"busy/{self.attempts - 1}", options={"num_retries": 0})
            return (yield from invoke(inner, observe=self.events.append))

        return (yield from retried(attempt, *self.policy))

    @hookimpl
    def completion(self, request, settings):
        return (yield from self.flow(request))

    @hookimpl
    def streaming(self, request, settings):
        return EventStream(lambda: self.flow(request))


def registry(busy, group):
    client = Client()
    client.register_provider("busy", busy)
    client.register_provider("group", group)
    return client.registry


def asking(*, stream=False, **options):
    return CompletionRequest("group/any", stream=stream, options=options)


def text_of(answer):
    return answer.choices[0].message.content


def test_each_attempt_is_a_fresh_flow(run):
    busy, group = Busy(ServiceUnavailableError("one"), RateLimitError("two")), Group()
    assert text_of(run(registry(busy, group), asking())) == "2"
    assert busy.models == ["0", "1", "2"]


def test_attempts_are_those_of_num_retries(run):
    busy, group = Busy(*(ServiceUnavailableError(str(number)) for number in range(5))), Group()
    with pytest.raises(ServiceUnavailableError, match="1"):
        run(registry(busy, group), asking(num_retries=1))
    assert group.attempts == 2


def test_a_permanent_error_is_answered_at_once(run):
    group = Group(limit=lambda _: 9)
    with pytest.raises(BadRequestError):
        run(registry(Busy(BadRequestError("wrong")), group), asking())
    assert group.attempts == 1


def test_a_limit_counts_for_the_errors_it_names(run):
    errors = [ServiceUnavailableError("a"), ServiceUnavailableError("b"), RateLimitError("c")]
    group = Group(limit=lambda error: 0 if isinstance(error, RateLimitError) else None)
    with pytest.raises(RateLimitError):
        run(registry(Busy(*errors), group), asking(num_retries=5))
    assert group.attempts == 3


def test_a_stream_that_fails_before_its_first_chunk_is_tried_again(run):
    group = Group()
    chunks = run(registry(Busy(ServiceUnavailableError("no")), group), asking(stream=True))
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["1", None]
    assert [event.kind for event in group.events] == ["started", "failed", "started", "first_chunk", "finished"]


def test_an_observer_sees_its_own_calls_alone(run):
    busy, group, other = Busy(ServiceUnavailableError("no")), Group(), Group()
    both = registry(busy, group)
    client = Client(registry=both)
    client.register_provider("other", other)
    run(both, asking())
    run(both, CompletionRequest("other/any"))
    assert [(event.kind, event.model) for event in group.events] == [
        ("started", "0"),
        ("failed", "0"),
        ("started", "1"),
        ("finished", "1"),
    ]
    assert [event.kind for event in other.events] == ["started", "finished"]


def test_an_observer_sees_a_mocked_call_too(run):
    events: list = []

    class Mocked:
        @hookimpl
        def completion(self, request, settings):
            inner = CompletionRequest("any/model", options={"mock_response": "Hi"})
            return (yield from invoke(inner, observe=events.append))

    run(registry(Busy(), Mocked()), asking())
    assert [event.kind for event in events] == ["started", "finished"]


def test_a_client_takes_extensions(run):
    class Polite:
        @hookimpl
        def around(self, call, request, settings):
            answer = yield from call(request)
            return ModelResponse.of_text(f"{text_of(answer)}, please")

    client = Client()
    client.register_provider("busy", Busy())
    client.register_extension(Polite())
    assert text_of(run(client.registry, CompletionRequest("busy/cup"))) == "cup, please"


def test_a_missing_credential_names_its_variables_apart():
    settings = Settings(provider="acme", info=ProviderInfo(api_key_env=("ACME_KEY", "OLD_ACME_KEY")))
    with pytest.raises(ConfigurationError) as caught:
        settings.require_api_key()
    assert caught.value.variables == ("ACME_KEY", "OLD_ACME_KEY")
