"""The four kinds of function a hook may be: what each does for each operation, and what is refused in which words."""

import functools
import threading
import types

import pytest
from jackfield import (
    Client,
    ContractViolationError,
    EventStream,
    ModelResponse,
    ModelResponseStream,
    PluginError,
    ProviderInfo,
    ProviderLoadError,
    RateLimitError,
    hookimpl,
)
from jackfield._index import Index
from jackfield._registry import Registry
from jackfield.flow import call, http, sleep
from jackfield.types import (
    CompletionRequest,
    Embedding,
    EmbeddingRequest,
    EmbeddingResponse,
    ImageEditRequest,
    ImageGenerationRequest,
    ImageObject,
    ImageResponse,
    ListModelsRequest,
    ModelInfo,
    ModelList,
    StreamingChoices,
    TextChoices,
    TextCompletionRequest,
    TextCompletionResponse,
)

CHAT = CompletionRequest("p/m", [{"role": "user", "content": "Hi"}])
STREAM = CHAT.replace(stream=True)

WHOLE = {
    "completion": (CHAT, ModelResponse.of_text("whole")),
    "text_completion": (
        TextCompletionRequest("p/m", "Hi"),
        TextCompletionResponse(choices=[TextChoices(text="whole")]),
    ),
    "embedding": (EmbeddingRequest("p/m", "Hi"), EmbeddingResponse(data=[Embedding(embedding=[0.5])])),
    "image_generation": (ImageGenerationRequest("p/m", "a cat"), ImageResponse(data=[ImageObject(b64_json="eA==")])),
    "image_edit": (ImageEditRequest("p/m", [b"png"]), ImageResponse(data=[ImageObject(b64_json="eA==")])),
    "list_models": (ListModelsRequest("p/"), ModelList(data=[ModelInfo(id="m")])),
}


def plain(answer):
    def hook(request, settings):
        return answer

    return hook


def generator(answer):
    def hook(request, settings):
        yield from sleep(0)
        return answer

    return hook


def coroutine(answer):
    async def hook(request, settings):
        return answer

    return hook


def module_of(**names):
    module = types.ModuleType("fake_plugin")
    vars(module).update(names)
    return module


def registry_with(plugin):
    registry = Registry(Index([]))
    registry.register("p", plugin)
    return registry


def registry_of(**hooks):
    """A registry whose provider p is a module with these functions, marked."""
    return registry_with(module_of(**{name: hookimpl(function) for name, function in hooks.items()}))


def refused(error=ContractViolationError, **hooks):
    """The words in which these hooks are refused when they are loaded."""
    with pytest.raises(error) as caught:
        registry_of(**hooks)
    return str(caught.value).removeprefix("the registered plugin fake_plugin: ")


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


# ------------------------------------------------------------------------------------------ operations with one answer


@pytest.mark.parametrize("kind", [plain, generator, coroutine])
@pytest.mark.parametrize("operation", WHOLE)
def test_each_kind_answers_each_operation_in_each_colour(run, operation, kind):
    request, answer = WHOLE[operation]
    expected = answer.replace(model="m") if "model" in answer else answer  # which the core fills in
    assert run(registry_of(**{operation: kind(answer)}), request) == expected


@pytest.mark.parametrize("operation", WHOLE)
def test_an_async_generator_function_is_refused_where_one_answer_is_due(operation):
    async def hook(request, settings):
        yield 1

    assert refused(**{operation: hook}) == (
        f"{hook.__module__}.{hook.__qualname__} is an async generator function, which only the hook streaming may be; "
        "a flow is a plain generator function: def with yield, without async"
    )


def test_a_plain_function_runs_in_the_callers_thread_under_a_sync_caller():
    def completion(request, settings):
        return ModelResponse.of_text(threading.current_thread().name)

    response = Client(registry=registry_of(completion=completion)).run(CHAT)
    assert response.choices[0].message.content == threading.current_thread().name


def test_a_plain_function_that_returns_a_generator_is_no_flow(run):
    def inner(request, settings):
        yield from sleep(0)

    def completion(request, settings):
        return inner(request, settings)

    with pytest.raises(ContractViolationError) as caught:
        run(registry_of(completion=completion), CHAT)
    assert str(caught.value).endswith(
        ": a plain function returned a generator, where a plain function is blocking code and its result the answer; "
        "to be a flow, the hook itself must be a generator function: return (yield from inner(request, settings))"
    )


def test_a_plain_function_that_forgets_an_await_is_told_so(run):
    async def inner():
        """Never awaited."""

    def completion(request, settings):
        return inner()

    with pytest.raises(ContractViolationError, match="returned a coroutine; make the hook itself async def and await"):
        run(registry_of(completion=completion), CHAT)


@pytest.mark.parametrize(
    "use",
    [lambda response: response.status, lambda response: response.json(), lambda response: response.headers["location"]],
)
def test_an_effect_that_is_taken_for_its_answer_is_told_so(run, use):
    def completion(request, settings):
        yield from sleep(0)
        response = http("POST", "http://x/chat?q", json={})
        return taken(response)

    def taken(response):
        return use(response)

    with pytest.raises(PluginError) as caught:
        run(registry_of(completion=completion), CHAT)
    assert str(caught.value).endswith(
        "; response is http('POST', 'http://x/chat') and no answer yet: response = yield from …"
    )


def test_a_helper_s_flow_that_is_taken_for_its_answer_is_told_so(run):
    def fetched():
        return (yield from http("POST", "http://x/chat"))

    def completion(request, settings):
        yield from sleep(0)
        response = fetched()
        return response.json()

    with pytest.raises(PluginError) as caught:
        run(registry_of(completion=completion), CHAT)
    assert str(caught.value).endswith("; response is a flow and no answer yet: response = yield from …")


@pytest.mark.parametrize("colour", ["sync", "asynchronous"])
def test_a_result_in_the_place_of_the_function_that_gives_it_is_told_so(colour):
    with pytest.raises(ContractViolationError) as caught:
        call(**{colour: "an answer"})
    assert str(caught.value) == f"call({colour}=…) takes a function to call, not str: {colour}=lambda: …"


def test_a_decoder_in_the_place_of_its_class_is_told_so():
    class Words:
        def decode(self, frame):
            """Never called."""

    with pytest.raises(ContractViolationError) as caught:
        EventStream(http("GET", "http://x/"), decoder=Words())
    assert str(caught.value) == (
        "decoder= got an object of Words, which only one stream could use; give what makes one for each stream: "
        "decoder=Words"
    )


def test_an_async_function_that_returns_a_flow_is_told_so(run):
    def inner():
        yield from sleep(0)

    async def completion(request, settings):
        return inner()

    with pytest.raises(ContractViolationError, match="to be a flow, the hook itself must be a generator function"):
        run(registry_of(completion=completion), CHAT)


@pytest.mark.parametrize(
    ("yielded", "named"),
    [
        (5, "a flow yielded int, which is no effect"),
        (None, "a flow yielded None, which is no effect"),
        (generator(None)(None, None), "a flow yielded generator, which is no effect; did you mean yield from?"),
    ],
)
def test_a_flow_that_yields_no_effect_is_told_so(run, yielded, named):
    def completion(request, settings):
        yield yielded

    with pytest.raises(ContractViolationError) as caught:
        run(registry_of(completion=completion), CHAT)
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("returned", "named"),
    [
        (None, "the hook completion returned None, not a ModelResponse; did the hook forget its return?"),
        (5, "the hook completion returned int, not a ModelResponse"),
        (EventStream.of(["x"]), "returned jackfield.flow.EventStream, not a ModelResponse; streams belong to the hook"),
        (sleep(1), "the hook completion returned the effect"),
        (http("GET", "http://x/"), "not a ModelResponse, and nobody asked for it: response = yield from …"),
    ],
)
def test_an_answer_of_another_type_is_refused_by_name(run, returned, named):
    with pytest.raises(ContractViolationError) as caught:
        run(registry_of(completion=plain(returned)), CHAT)
    assert named in str(caught.value)


def test_a_mapping_in_the_shape_of_the_response_is_one(run):
    answer = {"choices": [{"message": {"content": "whole"}}]}
    response = run(registry_of(completion=plain(answer)), CHAT)
    assert (response.choices[0].message.content, response.model) == ("whole", "m")


# ----------------------------------------------------------------------------------------------------------- streaming

CHUNKS = [
    "one ",
    {"text": "two ", "is_finished": False},
    {"choices": [{"delta": {"content": "three"}}]},
    ModelResponseStream(choices=[StreamingChoices(finish_reason="length")]),
]


def stream_of_events(request, settings):
    return EventStream.of(CHUNKS)


def stream_of_a_list(request, settings):
    return list(CHUNKS)


def stream_of_an_iterator(request, settings):
    return iter(CHUNKS)


def stream_of_an_async_iterable(request, settings):
    return stream_async_generator(request, settings)


def stream_generator(request, settings):
    yield from CHUNKS


async def stream_async_generator(request, settings):
    for chunk in CHUNKS:
        yield chunk


async def stream_async_events(request, settings):
    return EventStream.of(CHUNKS)


async def stream_async_list(request, settings):
    return list(CHUNKS)


async def stream_async_iterator(request, settings):
    return stream_async_generator(request, settings)


def stream_of_a_flow(request, settings):
    def opened():
        yield from sleep(0)
        return list(CHUNKS)

    return EventStream(opened)


SOURCES = [
    stream_of_events,
    stream_of_a_list,
    stream_of_an_iterator,
    stream_of_an_async_iterable,
    stream_generator,
    stream_async_generator,
    stream_async_events,
    stream_async_list,
    stream_async_iterator,
    stream_of_a_flow,
]


@pytest.mark.parametrize("streaming", SOURCES)
def test_each_kind_streams_the_same_chunks_in_each_colour(run, streaming):
    chunks = run(registry_of(streaming=streaming), STREAM)
    assert [(chunk.choices[0].delta.content, chunk.choices[0].finish_reason) for chunk in chunks] == [
        ("one ", None),
        ("two ", None),
        ("three", None),
        (None, "length"),
    ]


class Busy:
    """Fails as often as it is told to, then streams; each kind of hook asks it."""

    def __init__(self, times):
        self.times = times
        self.threads = []

    def start(self):
        self.threads.append(threading.current_thread())
        if len(self.threads) <= self.times:
            raise RateLimitError("later", retry_after=0.0)
        return iter(["one"])

    def plain(self, request, settings):
        return self.start()

    def generator(self, request, settings):
        yield from self.start()

    async def coroutine(self, request, settings):
        return self.start()

    async def async_generator(self, request, settings):
        for piece in self.start():
            yield piece


KINDS = [Busy.plain, Busy.generator, Busy.coroutine, Busy.async_generator]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("times", [1, 2])
def test_each_kind_of_stream_is_opened_again_after_an_error_that_may_pass(run, kind, times):
    busy = Busy(times)
    registry = registry_of(streaming=functools.partial(kind, busy))
    assert text_of(run(registry, STREAM.replace(options={"num_retries": 2}))) == "one"
    assert len(busy.threads) == times + 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("retries", "calls"), [(0, 1), (2, 3)])
def test_each_kind_of_stream_is_opened_as_often_as_the_call_allows(run, kind, retries, calls):
    busy = Busy(99)
    registry = registry_of(streaming=functools.partial(kind, busy))
    with pytest.raises(RateLimitError, match="later"):
        run(registry, STREAM.replace(options={"num_retries": retries}))
    assert len(busy.threads) == calls


def test_a_plain_function_that_streams_is_called_in_place(run):
    busy = Busy(0)
    run(registry_of(streaming=functools.partial(Busy.plain, busy)), STREAM)
    assert busy.threads == [threading.current_thread()]


def test_the_iterator_of_a_plain_function_is_made_anew_at_each_opening(run):
    def streaming(request, settings):
        made.append(1)
        return dripping(len(made))

    def dripping(number):
        if number == 1:
            raise RateLimitError("later", retry_after=0.0)
        yield "two"

    made: list[int] = []
    assert text_of(run(registry_of(streaming=streaming), STREAM)) == "two"
    assert len(made) == 2


def test_one_chunk_in_place_of_an_iterable_is_a_stream_of_one(run):
    for chunk in ("whole", {"text": "whole"}, ModelResponse.of_text("whole")):
        assert text_of(run(registry_of(streaming=plain(chunk)), STREAM)) == "whole"


@pytest.mark.parametrize("kind", [plain, coroutine])
@pytest.mark.parametrize(
    ("returned", "named"),
    [
        (None, "returned None, not an EventStream or an iterable of chunks; did the hook forget its return?"),
        (5, "the hook streaming returned int, not an EventStream or an iterable of chunks"),
        (http("GET", "http://x/"), "of chunks; give it to one: EventStream(http(…), decoder=…)"),
    ],
)
def test_what_is_no_stream_is_refused_by_name(run, kind, returned, named):
    with pytest.raises(ContractViolationError) as caught:
        run(registry_of(streaming=kind(returned)), STREAM)
    assert str(caught.value).endswith(named)


def test_what_is_no_chunk_is_refused_by_name(run):
    with pytest.raises(ContractViolationError, match="a stream gave int, which is no chunk"):
        run(registry_of(streaming=plain([5])), STREAM)


def test_a_streaming_hook_that_asks_for_effects_as_a_flow_does_is_told_what_to_write(run):
    def streaming(request, settings):
        yield from http("GET", "http://x/")

    with pytest.raises(ContractViolationError) as caught:
        run(registry_of(streaming=streaming), STREAM)
    assert "a generator function as streaming hook is a blocking source of chunks" in str(caught.value)
    assert "return EventStream(lambda: open_stream(request, settings), decoder=…)" in str(caught.value)


def test_a_streaming_hook_that_forgets_an_await_is_told_so(run):
    async def inner():
        """Never awaited."""

    with pytest.raises(ContractViolationError, match="make the hook itself async def and await"):
        run(registry_of(streaming=lambda request, settings: inner()), STREAM)


def test_an_event_stream_of_a_running_generator_is_refused():
    with pytest.raises(ContractViolationError, match="which can run only once; give the function that makes it"):
        EventStream(generator(None)(None, None))


# ------------------------------------------------------------------------------------------- what a function looks like


class Callable:
    async def __call__(self, request, settings):
        return ModelResponse.of_text("whole")


class Methods:
    """One hook of each binding; the order of the decorators means nothing."""

    @hookimpl
    def completion(self, request, settings):
        return ModelResponse.of_text("whole")

    embedding = hookimpl(staticmethod(plain(WHOLE["embedding"][1])))
    image_generation = staticmethod(hookimpl(plain(WHOLE["image_generation"][1])))

    @classmethod
    @hookimpl
    def image_edit(cls, request):
        return WHOLE["image_edit"][1] if request.prompt is None else cls


def flavoured(flavour, request, settings):
    yield from sleep(0)
    return ModelResponse.of_text(flavour)


def flavoured_at_the_end(request, settings, flavour):
    yield from sleep(0)
    return ModelResponse.of_text(flavour)


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return (yield from function(*args, **kwargs))

    return wrapper


def content_of(function):
    return Client(registry=registry_of(completion=function)).run(CHAT).choices[0].message.content


@pytest.mark.parametrize(
    "function",
    [
        functools.partial(flavoured, "whole"),
        functools.partial(flavoured_at_the_end, flavour="whole"),
        functools.partial(functools.partial(flavoured_at_the_end), flavour="whole"),
        Callable(),
        wrapped(generator(ModelResponse.of_text("whole"))),
        lambda settings, request: ModelResponse.of_text("whole" if request.model == "m" else "swapped"),
        lambda request: ModelResponse.of_text("whole" if request.model == "m" else ""),
        lambda settings: ModelResponse.of_text("whole" if settings.provider == "p" else ""),
        lambda: ModelResponse.of_text("whole"),
        lambda request, /: ModelResponse.of_text("whole" if request.model == "m" else ""),
        lambda settings, /, request: ModelResponse.of_text("whole" if request.model == "m" else ""),
        lambda request, settings, *, extra="whole": ModelResponse.of_text(extra),
        lambda request, extra="whole", settings=None: ModelResponse.of_text(extra if settings else ""),
    ],
)
def test_whatever_can_be_called_with_request_and_settings_is_a_hook(function):
    assert content_of(function) == "whole"


@pytest.mark.parametrize(
    ("function", "named"),
    [
        (lambda request, *, settings: 0, "takes 'settings' by keyword only, and they are given by position"),
        (lambda request, *args: 0, "takes *args; hook arguments are plain names"),
        (lambda request, **kwargs: 0, "takes **kwargs; hook arguments are plain names"),
        (lambda request, config: 0, "asks for an argument 'config' that does not exist"),
        (lambda request, *, config: 0, "asks for an argument 'config' that does not exist"),
    ],
)
def test_arguments_that_a_hook_cannot_have_are_refused_by_name(function, named):
    assert refused(completion=function) == f"the hook completion {named}: def completion(request, settings)"


@pytest.mark.parametrize("options", [{"wrapper": True}, {"hookwrapper": True}])
def test_a_wrapper_is_refused_with_what_to_write_instead(options):
    with pytest.raises(ContractViolationError) as caught:
        registry_with(module_of(completion=hookimpl(**options)(generator(None))))
    assert str(caught.value) == (
        "the registered plugin fake_plugin: the hook completion is a wrapper, which cannot stand around a flow; write "
        "an extension with the hook around(call, request, settings)"
    )


def test_methods_of_every_binding_are_hooks(run):
    registry = registry_with(Methods())
    for operation in ("completion", "embedding", "image_generation", "image_edit"):
        request, answer = WHOLE[operation]
        assert type(run(registry, request)) is type(answer)


def test_a_class_is_refused_and_an_instance_asked_for():
    with pytest.raises(ProviderLoadError, match=r"Methods is a class; give an instance \(Methods\(\)\), or a module"):
        registry_with(Methods)


def test_looking_for_hooks_runs_no_property_of_a_plugin():
    class Touchy(Methods):
        @property
        def connection(self):
            raise AssertionError("opened at load")

    assert registry_with(Touchy()).names() == ["p"]


def test_hooks_that_a_module_makes_when_they_are_asked_for_are_found(run):
    def lazily(name):
        if name != "completion":
            raise AttributeError(name)
        return hookimpl(plain(ModelResponse.of_text("whole")))

    registry = registry_with(module_of(__getattr__=lazily))
    assert run(registry, CHAT).choices[0].message.content == "whole"


def test_a_function_may_bear_another_name_than_its_hook(run):
    answer_a_chat = hookimpl(specname="completion")(plain(ModelResponse.of_text("whole")))
    registry = registry_with(module_of(answer_a_chat=answer_a_chat))
    assert run(registry, CHAT).choices[0].message.content == "whole"


def test_two_functions_for_one_hook_are_refused():
    other = hookimpl(specname="completion")(plain(None))
    with pytest.raises(ContractViolationError, match="there are two functions for the hook completion"):
        registry_with(module_of(completion=hookimpl(plain(None)), other=other))


def test_a_hook_that_this_core_does_not_know_is_passed_over_with_a_warning(run):
    with pytest.warns(
        UserWarning, match="fake_plugin implements a hook 'transcription' that this jackfield does not know"
    ):
        registry = registry_of(completion=plain(ModelResponse.of_text("whole")), transcription=plain(None))
    assert run(registry, CHAT).choices[0].message.content == "whole"


def test_a_misspelt_hook_is_told_the_right_name():
    with pytest.warns(UserWarning, match=r"a hook 'embeding' .* it is passed over; did you mean 'embedding'\?$"):
        registry_of(completion=plain(ModelResponse.of_text("whole")), embeding=plain(None))


def test_functions_without_their_mark_are_named():
    with pytest.raises(ProviderLoadError) as caught:
        registry_with(module_of(completion=plain(None), streaming=plain(None)))
    assert str(caught.value) == (
        "the registered plugin fake_plugin: fake_plugin defines completion, streaming without @hookimpl; mark what is "
        "a hook (from jackfield import hookimpl)"
    )


def plain_info():
    return ProviderInfo()


def test_a_plugin_without_an_operation_is_told_which_there_are():
    named = refused(ProviderLoadError, provider_info=plain_info)
    assert named.startswith("fake_plugin implements no hook; it needs at least one of completion, streaming, text_comp")
    assert named.endswith("list_models, marked @hookimpl")


@pytest.mark.parametrize(
    ("hooks", "named"),
    [
        ({"provider_info": lambda: {"api_base": "x"}}, "provider_info() returned dict, not a ProviderInfo"),
        ({"provider_info": lambda: None}, "provider_info() returned None, not a ProviderInfo"),
        (
            {"provider_info": coroutine(None)},
            "provider_info is a plain function: it is called in place and does no I/O",
        ),
        ({"response_error": generator(None)}, "response_error is a plain function: it is called in place and does no"),
        ({"response_error": lambda answer: None}, "asks for an argument 'answer' that does not exist"),
    ],
)
def test_hooks_that_are_plain_functions_are_held_to_it(hooks, named):
    assert named in refused(completion=plain(None), **hooks)


def test_provider_info_that_fails_hurts_only_the_load():
    def provider_info():
        raise KeyError("ACME_REGION")

    said = refused(ProviderLoadError, completion=plain(None), provider_info=provider_info)
    line = provider_info.__code__.co_firstlineno + 1
    assert said == f"provider_info() failed: KeyError: 'ACME_REGION' ({__file__}, line {line})"


class TellsADict:
    @hookimpl
    def provider_info(self):
        return {"api_base": "x"}

    @hookimpl
    def completion(self, request, settings):
        return ModelResponse.of_text("Hi")


def test_what_provider_info_returned_is_told_with_its_line():
    with pytest.raises(ContractViolationError) as caught:
        registry_with(TellsADict())
    line = TellsADict.provider_info.__code__.co_firstlineno + 1
    assert str(caught.value).endswith(f": provider_info() returned dict, not a ProviderInfo ({__file__}, line {line})")


def test_a_plugin_that_fails_when_it_is_looked_at_hurts_only_the_load():
    class Fragile:
        def __getattr__(self, name):
            raise ZeroDivisionError(name)

    with pytest.raises(ProviderLoadError, match=r"Fragile cannot be read: ZeroDivisionError: "):
        registry_with(Fragile())


def test_provider_info_is_asked_once():
    asked = []

    def provider_info():
        asked.append(1)
        return ProviderInfo()

    registry = registry_of(completion=plain(ModelResponse.of_text("whole")), provider_info=provider_info)
    client = Client(registry=registry)
    for _ in range(3):
        client.run(CHAT)
    assert asked == [1]
