"""Extensions: what stands around every call, who watches it, and what finds providers."""

import itertools
import types
from typing import Any

import pytest
from jackfield import (
    APIConnectionError,
    Client,
    ContractViolationError,
    EmbeddingResponse,
    EventStream,
    ImageResponse,
    ModelResponse,
    ModelResponseStream,
    PluginError,
    ProviderLoadError,
    ProviderNotFoundError,
    RateLimitError,
    hookimpl,
)
from jackfield._index import EXTENSIONS, PROVIDERS, Index
from jackfield._registry import Registry
from jackfield.flow import sleep
from jackfield.types import (
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    ModelList,
    TextCompletionRequest,
    TextCompletionResponse,
)

CHAT = CompletionRequest("p/m", [{"role": "user", "content": "Hi"}])
STREAM = CHAT.replace(stream=True)


class Parrot:
    """Answers with what was last said and the parameter mood."""

    def __init__(self):
        self.calls = 0

    @hookimpl
    def completion(self, request, settings):
        self.calls += 1
        yield from sleep(0)
        return {"choices": [{"message": {"content": request.messages[-1]["content"] + request.params.get("mood", "")}}]}


class Dripping:
    """Streams what was last said, letter by letter."""

    @hookimpl
    def streaming(self, request):
        return list(request.messages[-1]["content"])


class Everything(Parrot, Dripping):
    """Has each operation of its own."""

    text_completion = hookimpl(lambda self: TextCompletionResponse())
    embedding = hookimpl(lambda self: EmbeddingResponse())
    image_generation = hookimpl(lambda self: ImageResponse())
    image_edit = hookimpl(lambda self: ImageResponse())
    list_models = hookimpl(lambda self: ModelList())


class Failing:
    @hookimpl
    def completion(self):
        raise APIConnectionError("no route")

    @hookimpl
    def streaming(self):
        yield "H"
        raise APIConnectionError("cut off")


def registry_of(*around, plugin=None, **hooks):
    """A registry with these functions around the provider p, the first outermost, and these other hooks."""
    registry = Registry(Index([]))
    registry.register("p", plugin or Parrot())
    for function in reversed(around):
        registry.register_extension(types.SimpleNamespace(around=hookimpl(function)))
    if hooks:
        marked = {name: hookimpl(function) for name, function in hooks.items()}
        registry.register_extension(types.SimpleNamespace(**marked))
    return registry


def text_of(answer):
    if isinstance(answer, ModelResponse):
        return answer.choices[0].message.content
    return "".join(choice.delta.content or "" for chunk in answer for choice in chunk.choices)


# --------------------------------------------------------------------------------------------------------------- around


def adding(letter):
    """An extension that adds a letter to the question on the way in and to the answer on the way out."""

    def around(call, request, settings):
        said = request.messages[-1]["content"] + letter
        response = yield from call(request.replace(messages=[{"role": "user", "content": said}]))
        choice = response.choices[0]
        message = choice.message.replace(content=choice.message.content + letter.upper())
        return response.replace(choices=[choice.replace(message=message)])

    return around


def passing(call, request, settings):
    return call(request)


def test_the_first_is_outermost_on_the_way_in_and_last_on_the_way_out(run):
    assert text_of(run(registry_of(adding("a"), adding("b"), adding("c")), CHAT)) == "HiabcCBA"


def test_tryfirst_and_trylast_order_them(run):
    registry = registry_of()
    for letter, mark in (("b", hookimpl), ("a", hookimpl(tryfirst=True)), ("c", hookimpl(trylast=True))):
        registry.register_extension(types.SimpleNamespace(around=mark(adding(letter))))
    assert text_of(run(registry, CHAT)) == "HiabcCBA"


def test_an_extension_may_change_the_request(run):
    def around(call, request, settings):
        return (yield from call(request.replace(params={**request.params, "mood": "!"})))

    assert text_of(run(registry_of(around), CHAT)) == "Hi!"


def test_a_plain_function_may_stand_around(run):
    assert text_of(run(registry_of(passing), CHAT)) == "Hi"
    assert text_of(run(registry_of(passing, plugin=Dripping()), STREAM)) == "Hi"


@pytest.mark.parametrize("kept", [ModelResponse.of_text("kept"), {"choices": [{"message": {"content": "kept"}}]}])
def test_an_extension_may_answer_without_a_call(run, kept):
    parrot = Parrot()

    def around(call, request, settings):
        yield from sleep(0)
        return kept

    assert text_of(run(registry_of(around, plugin=parrot), CHAT)) == "kept"
    assert parrot.calls == 0


def test_an_extension_may_answer_a_stream_without_a_call(run):
    assert text_of(run(registry_of(lambda: EventStream.of(["ke", "pt"])), STREAM)) == "kept"
    assert text_of(run(registry_of(lambda: ["ke", "pt"]), STREAM)) == "kept"


def test_an_extension_may_call_twice(run):
    parrot = Parrot()

    def around(call, request, settings):
        inner = call(request)
        one, again = (yield from inner), (yield from inner)
        return again if one is not again else None

    assert text_of(run(registry_of(around, plugin=parrot), CHAT)) == "Hi"
    assert parrot.calls == 2


def test_an_extension_may_ask_for_effects_and_catch_errors(run):
    def around(call, request, settings):
        yield from sleep(0)
        try:
            return (yield from call(request))
        except APIConnectionError as error:
            return ModelResponse.of_text(f"caught: {error}")

    assert text_of(run(registry_of(around, plugin=Failing()), CHAT.replace(options={"num_retries": 0}))) == (
        "caught: no route"
    )


class TooMany(Exception):
    status_code = 429


class Foreign:
    """Fails as the code of others does."""

    @hookimpl
    def completion(self):
        raise TooMany("slow down")


def test_an_extension_sees_the_errors_that_callers_see(run):
    seen = []

    def around(call, request, settings):
        try:
            return (yield from call(request))
        except RateLimitError as error:
            seen.append(str(error))
            raise

    with pytest.raises(RateLimitError) as caught:
        run(registry_of(around, plugin=Foreign()), CHAT.replace(options={"num_retries": 0}))
    assert seen == ["slow down"]
    assert isinstance(caught.value.__cause__, TooMany)


def test_a_fault_is_named_after_whose_it_is(run):
    def broken(call, request, settings):
        yield from call(request)
        return 1 / 0

    class Broken:
        @hookimpl
        def completion(self):
            return 1 / 0

    with pytest.raises(PluginError, match=r"the extension \S+<locals>.broken failed with ZeroDivisionError: division"):
        run(registry_of(broken), CHAT)
    with pytest.raises(PluginError, match=r"the provider 'p' \(.*Broken\) failed with ZeroDivisionError: division"):
        run(registry_of(passing, plugin=Broken()), CHAT)


def test_an_extension_adds_to_a_stream_with_map(run):
    def around(call, request, settings):
        stream = yield from call(request)
        return stream.map(lambda chunk: [chunk, "-"] if chunk.choices[0].delta.content else chunk, at_end=lambda: ["!"])

    assert text_of(run(registry_of(around, plugin=Dripping()), STREAM)) == "H-i-!"


def test_maps_of_several_extensions_run_from_the_inside_out(run):
    def mapping(letter):
        def around(call, request, settings):
            stream = yield from call(request)
            return stream.map(lambda chunk: [chunk, letter] if chunk.choices[0].delta.content else chunk)

        return around

    chunks = run(registry_of(mapping("b"), mapping("a"), plugin=Dripping()), STREAM)
    assert text_of(chunks) == "Hbabibab"


@pytest.mark.parametrize(
    ("request_", "operation"),
    [
        (CHAT, "completion"),
        (STREAM, "streaming"),
        (TextCompletionRequest("p/m", ["a", "b"]), "text_completion"),
        (TextCompletionRequest("p/m", "a", stream=True), "text_completion"),
    ],
)
@pytest.mark.parametrize("plugin", [Parrot, Dripping])
def test_an_extension_sees_the_operation_that_was_asked_for_exactly_once_also_where_it_is_bridged(
    run, plugin, request_, operation
):
    seen = []

    def around(call, request, settings):
        seen.append((request.operation, request.model, settings.provider))
        return call(request)

    run(registry_of(around, plugin=plugin()), request_)
    assert seen == [(operation, "m", "p")]


def test_an_extension_stands_around_every_operation(run):
    seen = []

    def around(call, request, settings):
        seen.append(request.operation)
        return call(request)

    registry = registry_of(around, plugin=Everything())
    asked = [
        CHAT,
        STREAM,
        TextCompletionRequest("p/m", "a"),
        EmbeddingRequest("p/m", "a"),
        ImageGenerationRequest("p/m", "a"),
        ImageEditRequest("p/m", [b"a"]),
        ListModelsRequest("p/"),
    ]
    for request in asked:
        run(registry, request)
    assert seen == [request.operation for request in asked]


def test_an_extension_gets_a_response_whatever_shape_the_hook_gave(run):
    seen = []

    def around(call, request, settings):
        result = yield from call(request)
        seen.append((type(result), getattr(result, "model", None)))
        return result

    registry = registry_of(around, plugin=Everything())
    run(registry, CHAT)
    run(registry, STREAM)
    run(registry, TextCompletionRequest("p/m", "a"))
    assert seen == [(ModelResponse, "m"), (EventStream, None), (TextCompletionResponse, "m")]


def test_an_extension_stands_around_what_is_registered_later_and_what_a_finder_gives(run):
    registry = Registry(Index([]), finder={"found": Parrot()}.get)
    registry.register_extension(types.SimpleNamespace(around=hookimpl(adding("a"))))
    registry.register("later", Parrot())
    assert text_of(run(registry, CHAT.replace(model="found/m"))) == "HiaA"
    assert text_of(run(registry, CHAT.replace(model="later/m"))) == "HiaA"


async def around_async(call, request, settings):
    return call(request)


async def around_async_generator(call, request, settings):
    yield call(request)


@pytest.mark.parametrize(
    ("hooks", "said"),
    [
        ({"around": around_async}, "around is a flow for all callers, sync and async: a generator function, never"),
        ({"around": around_async_generator}, "around is a flow for all callers"),
        ({"around": lambda call, req: 0}, "the hook around asks for an argument 'req' that does not exist"),
        ({"observe": around_async}, "observe is a plain function: it is called in place and nothing awaits it"),
        ({"find_provider": around_async}, "find_provider is a plain function: it is called in place and does no I/O"),
    ],
)
def test_hooks_that_cannot_stand_there_are_refused_when_they_are_loaded(hooks, said):
    with pytest.raises(ContractViolationError) as caught:
        registry_of(**hooks)
    assert said in str(caught.value)


def test_an_extension_without_a_hook_is_refused():
    with pytest.raises(ProviderLoadError, match="defines around without @hookimpl"):
        Registry(Index([])).register_extension(types.SimpleNamespace(around=adding("a")))


def test_a_wrapper_of_pluggys_is_refused_with_what_to_write_instead():
    wrapper = types.SimpleNamespace(around=hookimpl(wrapper=True)(adding("a")))
    with pytest.raises(ContractViolationError, match="write an extension with the hook around"):
        Registry(Index([])).register_extension(wrapper)


def test_an_extension_that_is_refused_is_not_kept(run):
    registry = registry_of()
    with pytest.raises(ContractViolationError):
        registry.register_extension(types.SimpleNamespace(around=hookimpl(around_async)))
    assert text_of(run(registry, CHAT)) == "Hi"


# -------------------------------------------------------------------------------------------------------------- observe


def keeping(events):
    def observe(event):
        events.append(event)

    return observe


def observed(run, request, plugin=None):
    """The events of a call, and the error that it raised."""
    events: list[Any] = []
    registry = registry_of(observe=keeping(events), plugin=plugin)
    try:
        run(registry, request)
    except APIConnectionError as error:
        events.append(error)
    return events


def kinds(events):
    return [getattr(event, "kind", type(event).__name__) for event in events]


def test_a_whole_answer_is_started_and_finished_with_its_usage(run):
    class Counting:
        @hookimpl
        def completion(self):
            return ModelResponse.of_text("Hi", usage={"total_tokens": 5})

    started, finished = observed(run, CHAT, Counting())
    assert (started.kind, started.usage, started.elapsed >= 0) == ("started", None, True)
    assert (finished.kind, finished.usage.total_tokens, finished.error) == ("finished", 5, None)
    for event in (started, finished):
        assert (event.operation, event.provider, event.model, event.request.messages) == (
            "completion",
            "p",
            "m",
            CHAT.messages,
        )
    assert finished.elapsed >= started.elapsed


def test_a_stream_is_started_gives_its_first_chunk_and_is_finished(run):
    class Counting:
        @hookimpl
        def streaming(self):
            yield "Hi"
            yield ModelResponseStream.model_validate({"usage": {"total_tokens": 5}})

    events = observed(run, STREAM, Counting())
    assert kinds(events) == ["started", "first_chunk", "finished"]
    assert events[-1].usage.total_tokens == 5
    assert [event.elapsed for event in events] == sorted(event.elapsed for event in events)


def test_a_call_that_fails_is_failed(run):
    events = observed(run, CHAT.replace(options={"num_retries": 0}), Failing())
    assert kinds(events) == ["started", "failed", "APIConnectionError"]
    assert events[1].error is events[2]


def test_a_stream_that_fails_on_its_way_is_failed_and_not_finished(run):
    events = observed(run, STREAM, Failing())
    assert kinds(events[:-1]) == ["started", "first_chunk", "failed"]
    assert events[2].error is events[3]


def test_a_stream_that_is_left_early_is_finished():
    events: list[Any] = []
    registry = registry_of(observe=keeping(events), plugin=Dripping())
    with Client(registry=registry).run(STREAM) as stream:
        next(stream)
    assert kinds(events) == ["started", "first_chunk", "finished"]


def test_a_bridged_call_is_observed_once(run):
    assert kinds(observed(run, STREAM)) == ["started", "first_chunk", "finished"]
    assert kinds(observed(run, CHAT, Dripping())) == ["started", "finished"]


def test_an_event_holds_nothing_of_the_callers_options(run):
    events = observed(run, CHAT.replace(options={"api_key": "sk-secret", "timeout": 9}))
    assert [event.request.options for event in events] == [{}, {}]
    assert "sk-secret" not in repr(events)


def test_an_observer_that_fails_hurts_nobody_and_is_named(run):
    def observe(event):
        raise ZeroDivisionError(event.kind)

    events: list[Any] = []
    registry = registry_of(observe=observe)
    registry.register_extension(types.SimpleNamespace(observe=hookimpl(keeping(events))))
    with pytest.warns(
        UserWarning, match=r"the observer .*observe failed: ZeroDivisionError: (started|finished)"
    ) as seen:
        assert text_of(run(registry, CHAT)) == "Hi"
    assert len(seen) == 2
    assert kinds(events) == ["started", "finished"]


# -------------------------------------------------------------------------------------------------------- find_provider


def test_find_provider_offers_what_is_nowhere_else(run):
    found = Parrot()
    registry = registry_of(find_provider=lambda name: found if name == "found" else None)
    assert text_of(run(registry, CHAT.replace(model="found/m"))) == "Hi"
    assert registry.knows("found")
    assert not registry.knows("lost")
    with pytest.raises(ProviderNotFoundError):
        run(registry, CHAT.replace(model="lost/m"))


def test_find_provider_is_asked_before_what_is_installed_and_after_what_is_registered(run):
    registry = registry_of(find_provider=lambda name: Dripping())
    assert registry.provider("p").owner.endswith("Parrot")
    assert registry.provider("q").owner.endswith("Dripping")


def test_what_find_provider_gives_wins_also_over_what_was_used_before():
    class Point:
        name, group, value, dist = "late", PROVIDERS, "fake_late", types.SimpleNamespace(name="fake", version="1")
        load = Parrot

    def find_provider(name):
        return found.get(name)

    found: dict[str, object] = {}
    registry = Registry(Index([Point()]))
    registry.register_extension(types.SimpleNamespace(find_provider=hookimpl(find_provider)))
    assert registry.provider("late").owner == "fake 1"
    found["late"] = Dripping()
    assert registry.provider("late").owner.endswith("Dripping")
    found.clear()
    assert registry.provider("late").owner == "fake 1"


def test_an_exception_of_find_provider_names_the_extension(run):
    def finding(name):
        raise KeyError(name)

    registry = registry_of(find_provider=finding)
    with pytest.raises(PluginError, match=r"the extension .*finding failed when it was asked for 'q': KeyError: 'q'"):
        run(registry, CHAT.replace(model="q/m"))


# ------------------------------------------------------------------------------------------------ installed extensions

PROVIDER = """
from jackfield import ModelResponse, hookimpl

@hookimpl
def completion(request):
    return ModelResponse.of_text("Hi" + "".join(request.params))
"""

ADDING = """
from jackfield import hookimpl

@hookimpl
def around(call, request, settings):
    return call(request.replace(params={{**request.params, "{letter}": 1}}))
"""

serial = itertools.count()


@pytest.fixture
def install(make_distribution, tmp_path, monkeypatch):
    """Installs extensions by name, each of a source, beside a provider p; every module has a name of its own."""

    def install(version="1.0", **sources):
        for name, source in sources.items():
            module = f"fake_{name}_{next(serial)}"
            group = PROVIDERS if name == "p" else EXTENSIONS
            make_distribution(tmp_path, f"fake-{name}", version, {group: {name: module}}, {f"{module}.py": source})
        monkeypatch.syspath_prepend(tmp_path)

    install(p=PROVIDER)
    return install


def test_installed_extensions_stand_in_the_order_of_their_names(install, run):
    install(**{letter: ADDING.format(letter=letter) for letter in "bca"})
    assert text_of(run(Registry(), CHAT)) == "Hiabc"


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("def around(call, request, settings): ...", "around without @hookimpl"),
        (
            "from jackfield import hookimpl\n@hookimpl\nasync def around(call): ...",
            "a generator function, never async def",
        ),
    ],
)
def test_an_extension_that_does_not_load_fails_every_call_and_says_how_to_do_without_it(
    install, run, monkeypatch, source, cause
):
    install(guard=source, version="2.5")
    registry = Registry()
    for _ in range(2):
        with pytest.raises(ProviderLoadError) as caught:
            run(registry, CHAT)
        said = str(caught.value)
        assert said.startswith("the extension 'guard' must not be absent silently, so no call is made: ")
        assert "fake-guard 2.5" in said
        assert cause in said
        assert said.endswith("To do without it, switch it off with JACKFIELD_DISABLE_PLUGINS=guard")
    monkeypatch.setenv("JACKFIELD_DISABLE_PLUGINS", "guard")
    assert text_of(run(registry, CHAT)) == "Hi"


def test_registering_a_provider_loads_no_extension(install):
    install(guard="1 / 0")
    registry = Registry()
    registry.register("q", Parrot())
    with pytest.raises(ProviderLoadError):
        registry.provider("q")


def test_an_extension_for_a_newer_core_is_warned_of_and_the_rest_kept(install, run):
    install(a=ADDING.format(letter="a") + "\n@hookimpl\ndef inspect(request): ...\n")
    with pytest.warns(UserWarning, match="fake-a 1.0 implements a hook 'inspect' that this jackfield does not know"):
        assert text_of(run(Registry(), CHAT)) == "Hia"
