"""Parameters are passed on, or refused by name, or dropped with a warning that names them; never silently."""

import warnings

import jackfield
import pytest
from jackfield import BadRequestError, Client, EmbeddingResponse, ModelResponse, ProviderInfo, hookimpl
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield.types import CompletionRequest, EmbeddingRequest, TextCompletionRequest, TextCompletionResponse

CHAT = CompletionRequest("p/m", [{"role": "user", "content": "Hi"}])
STREAM = CHAT.replace(stream=True)
USAGE = {"stream_options": {"include_usage": True}}
COUNTED = ModelResponse.of_text("Hi", usage={"total_tokens": 5})


class Noting:
    """Notes the parameters that reach its hooks."""

    def __init__(self, parameters=None):
        self.parameters = parameters
        self.seen: list[dict[str, object]] = []

    @hookimpl
    def provider_info(self):
        return ProviderInfo(parameters=self.parameters)

    def note(self, request):
        self.seen.append(dict(request.params))


class Whole(Noting):
    @hookimpl
    def completion(self, request):
        self.note(request)
        return COUNTED

    @hookimpl
    def embedding(self, request):
        self.note(request)
        return EmbeddingResponse()


class Streaming(Noting):
    @hookimpl
    def streaming(self, request):
        self.note(request)
        return COUNTED


class Both(Whole, Streaming):
    @hookimpl
    def text_completion(self, request):
        self.note(request)
        return TextCompletionResponse()


def registry_of(plugin):
    registry = Registry(Index([]))
    registry.register("p", plugin)
    return registry


def test_without_a_list_every_parameter_passes_untouched_and_in_order(run):
    plugin = Whole()
    params = {"z": 1, "unheard_of": {"x": [1]}, "a": None, "temperature": 0}
    run(registry_of(plugin), CHAT.replace(params=params))
    assert list(plugin.seen[0].items()) == list(params.items())


def test_an_operation_that_is_not_in_the_list_takes_every_parameter(run):
    plugin = Whole({"completion": {"n"}})
    run(registry_of(plugin), EmbeddingRequest("p/m", "a", params={"unheard_of": 1}))
    assert plugin.seen == [{"unheard_of": 1}]


def test_what_is_not_in_the_list_is_refused_by_name_before_the_hook(run):
    plugin = Whole({"completion": {"n"}})
    with pytest.raises(BadRequestError) as caught:
        run(registry_of(plugin), CHAT.replace(params={"seed": 1, "n": 1, "mood": "good"}))
    assert str(caught.value) == (
        "the provider 'p' cannot send seed, mood with completion; leave it out, or pass drop_params=True to have it "
        "dropped"
    )
    assert (caught.value.param, caught.value.provider, caught.value.model) == ("seed", "p", "m")
    assert plugin.seen == []


def test_an_empty_list_takes_nothing(run):
    with pytest.raises(BadRequestError, match="cannot send n with completion"):
        run(registry_of(Whole({"completion": ()})), CHAT.replace(params={"n": 1}))


def test_drop_params_drops_them_and_says_which(run):
    plugin = Whole({"completion": {"n"}})
    request = CHAT.replace(params={"seed": 1, "n": 1, "mood": "good"}, options={"drop_params": True})
    with pytest.warns(UserWarning, match="drop_params: the provider 'p' does not get seed, mood") as warned:
        run(registry_of(plugin), request)
    assert len(warned) == 1
    assert plugin.seen == [{"n": 1}]
    assert dict(request.params) == {"seed": 1, "n": 1, "mood": "good"}


def test_drop_params_is_silent_where_nothing_is_dropped(run):
    plugin = Whole({"completion": {"n"}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(registry_of(plugin), CHAT.replace(params={"n": 1}, options={"drop_params": True}))
    assert plugin.seen == [{"n": 1}]


def test_drop_params_may_be_a_setting_of_the_package_or_of_a_client(monkeypatch):
    plugin = Whole({"completion": {"n"}})
    jackfield.register_provider("noting", plugin)
    monkeypatch.setattr(jackfield, "drop_params", True)
    with pytest.warns(UserWarning, match="does not get seed"):
        jackfield.completion("noting/m", seed=1)
    with pytest.raises(BadRequestError, match="cannot send seed"):
        jackfield.completion("noting/m", seed=1, drop_params=False)
    jackfield.unregister_provider("noting")
    client = Client(registry=registry_of(plugin), drop_params=True)
    with pytest.warns(UserWarning, match="does not get seed"):
        client.run(CHAT.replace(params={"seed": 1}))
    assert plugin.seen == [{}, {}]


# ------------------------------------------------------------------------------------------------------- stream_options


@pytest.mark.parametrize(
    ("plugin", "request_", "expected"),
    [
        # a provider's own streaming gets them where it takes everything, or names them
        (Streaming(), STREAM, USAGE),
        (Streaming({"streaming": {"stream_options"}}), STREAM, USAGE),
        (Streaming({"streaming": {"n"}}), STREAM, {}),
        # a stream that is made of a whole answer, and a whole answer, are nothing they could speak of
        (Whole(), STREAM, {}),
        (Whole({"completion": {"stream_options"}}), STREAM, {}),
        (Whole(), CHAT, {}),
        (Whole({"completion": {"n"}}), CHAT, {}),
        (Both(), CHAT, {}),
        (Both(), STREAM, USAGE),
        (Both(), TextCompletionRequest("p/m", "a"), {}),
    ],
)
def test_stream_options_reach_a_stream_of_the_providers_own_and_are_never_refused(run, plugin, request_, expected):
    plugin.seen.clear()
    run(registry_of(plugin), request_.replace(params=USAGE))
    assert plugin.seen == [expected]


@pytest.mark.parametrize("plugin", [Streaming, Whole])
@pytest.mark.parametrize("parameters", [None, {"streaming": {"n"}, "completion": {"n"}}])
def test_the_core_answers_include_usage_of_what_it_has(run, plugin, parameters):
    with_usage = run(registry_of(plugin(parameters)), STREAM.replace(params=USAGE))
    assert [chunk.usage.total_tokens for chunk in with_usage if chunk.usage] == [5]
    assert with_usage[-1].choices == []
    without = run(registry_of(plugin(parameters)), STREAM)
    assert [chunk.usage for chunk in without if chunk.usage] == []


@pytest.mark.parametrize("options", [{"include_usage": False}, {}, None])
def test_usage_comes_only_when_it_is_asked_for(run, options):
    chunks = run(registry_of(Streaming()), STREAM.replace(params={"stream_options": options}))
    assert [chunk.usage for chunk in chunks if chunk.usage] == []
