"""Plugins that were not made for this very jackfield: an older one, one that knows a hook more, one made for another.

They are real distributions in `distributions/`. What each promises and gets is in docs/authors/versions.md. The one
in `distributions/previous` is written for jackfield 0.1 and stays as it is: until there is a 0.2 it holds that nothing
breaks on the way there, and from then on it is a plugin of the previous minor release.
"""

from __future__ import annotations

import asyncio
import json
import sys
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import importlib_metadata
import pytest
import trio
from jackfield import AsyncClient, Client, ConfigurationError, HttpResponse, ProviderLoadError, RateLimitError
from jackfield._index import Index
from jackfield._plugins import adapted, managed
from jackfield._registry import Registry
from jackfield.errors import BadRequestError
from jackfield.hookspecs import ProviderHooks, hookspec
from jackfield.transports.memory import AsyncMemoryTransport, MemoryTransport
from jackfield.types import (
    CompletionRequest,
    EmbeddingRequest,
    ImageEditRequest,
    ImageGenerationRequest,
    ListModelsRequest,
    TextCompletionRequest,
)

DISTRIBUTIONS = Path(__file__).with_name("distributions")
BASE = "https://previous.example"
CHAT = [{"role": "user", "content": "Hi"}]
EVENTS = b'data: {"text": "H"}\n\ndata: {"text": "i"}\n\nevent: end\ndata:\n\n'

ANSWERS = {
    "/chat": HttpResponse(202, {"location": f"{BASE}/later"}, b""),
    "/later": HttpResponse(200, {}, b'{"output": "Hi"}'),
    "/stream": HttpResponse(200, {}, EVENTS),
    "/vectors": HttpResponse(200, {}, b'{"vectors": [[0.5]]}'),
    "/paint": HttpResponse(200, {}, b'{"url": "https://previous.example/1.png"}'),
    "/edit": HttpResponse(200, {}, b'{"url": "https://previous.example/2.png"}'),
    "/models": HttpResponse(404, {}, b'{"models": ["small"]}'),
}

CALLS = {
    "completion": (CompletionRequest("", CHAT, params={"temperature": 0.5}), "Hi"),
    "streaming": (CompletionRequest("", CHAT, stream=True), "Hi"),
    "text_completion": (TextCompletionRequest("", "Hi"), "HI"),
    "text_completion streamed": (TextCompletionRequest("", "Hi", stream=True), "HI"),
    "embedding": (EmbeddingRequest("", "Hi", params={"dimensions": 1}), [0.5]),
    "image_generation": (ImageGenerationRequest("", "blue"), f"{BASE}/1.png"),
    "image_edit": (ImageEditRequest("", [b"pixels"], "blue"), f"{BASE}/2.png"),
    "list_models": (ListModelsRequest(""), "small"),
}


@pytest.fixture
def install(monkeypatch):
    """Makes the registry in which these distributions are installed, and nothing else."""
    before = set(sys.modules)

    def install(*names: str) -> Registry:
        folders = [str(DISTRIBUTIONS / name) for name in names]
        for folder in folders:
            monkeypatch.syspath_prepend(folder)
        found = importlib_metadata.distributions(path=folders)
        return Registry(Index([point for distribution in found for point in distribution.entry_points]))

    monkeypatch.setenv("PREVIOUS_API_KEY", "a-key")
    yield install
    for name in {name for name in sys.modules if name.startswith("fake_")} - before:
        del sys.modules[name]


def answer(outgoing: Any) -> HttpResponse:
    return ANSWERS[outgoing.url.removeprefix(BASE)]


def said(result: Any) -> Any:
    """What there is in a whole answer, or in all chunks of a stream."""
    parts = result if isinstance(result, list) else [result]
    first = next(item for part in parts for item in (getattr(part, "choices", None) or part.data))
    if hasattr(first, "delta"):
        return "".join(choice.delta.content or "" for part in parts for choice in part.choices)
    if hasattr(first, "text"):
        return "".join(choice.text for part in parts for choice in part.choices)
    return first.message.content if hasattr(first, "message") else next(value for _, value in first if value)


def run(registry: Registry, request: Any) -> Any:
    result = Client(registry=registry, transport=MemoryTransport(answer)).run(request)
    return list(result) if getattr(request, "stream", False) else result


async def arun(registry: Registry, request: Any) -> Any:
    result = await AsyncClient(registry=registry, transport=AsyncMemoryTransport(answer)).run(request)
    return [chunk async for chunk in result] if getattr(request, "stream", False) else result


COLOURS = {"sync": run, "asyncio": lambda *call: asyncio.run(arun(*call)), "trio": lambda *call: trio.run(arun, *call)}
each_colour = pytest.mark.parametrize("run_", COLOURS.values(), ids=COLOURS)


# ------------------------------------------------------------------------------------- one made for the previous minor


@each_colour
@pytest.mark.parametrize(("request_", "expected"), CALLS.values(), ids=CALLS)
def test_each_of_its_flows_answers(install, run_, request_, expected):
    assert said(run_(install("previous"), request_.replace(model="previous/m"))) == expected


@each_colour
@pytest.mark.parametrize("name", ["previous-blocking", "previous-async", "previous-found"])
@pytest.mark.parametrize("stream", [False, True])
def test_each_of_its_other_kinds_of_function_answers(install, run_, name, stream):
    assert said(run_(install("previous"), CompletionRequest(f"{name}/m", CHAT, stream=stream))) == "Hi"


def test_what_it_sends_is_what_it_always_sent(install):
    wire = MemoryTransport(answer)
    options = {"api_version": "2", "extra_headers": {"x-team": "red"}, "extra_body": {"extra": True}}
    request = CompletionRequest("previous/m", CHAT, params={"temperature": 0.5}, options=options)
    Client(registry=install("previous"), transport=wire).run(request)
    asked = wire.requests[0]
    assert (asked.method, asked.headers["x-key"], asked.headers["x-team"]) == ("POST", "a-key", "red")
    assert json.loads(asked.content) == {
        "model": "m",
        "temperature": 0.5,
        "audited": True,
        "prompt": "Hi",
        "version": "2",
        "extra": True,
    }


def test_its_extension_stands_around_calls_and_sees_them(install):
    registry = install("previous")
    for request, _ in CALLS.values():
        run(registry, request.replace(model="previous/m"))
    seen = sys.modules["fake_previous_extension"].seen
    operations = {request.operation for request, _ in CALLS.values()}
    for kind in ("around", "started", "finished"):
        assert {operation for what, operation, _ in seen if what == kind} == operations
    assert {operation for what, operation, _ in seen if what == "first_chunk"} >= {"streaming"}


def test_its_errors_are_what_they_were(install, monkeypatch):
    registry = install("previous")
    busy = MemoryTransport(lambda _: HttpResponse(420, {"wait": "7"}, b"busy"))
    with pytest.raises(RateLimitError, match="busy") as caught:
        Client(registry=registry, transport=busy).run(CompletionRequest("previous/m", CHAT))
    assert (caught.value.status_code, caught.value.retry_after) == (420, 7)
    for params, words in (({"temperature": 9}, "too hot"), ({"seed": 1}, "cannot send seed")):
        with pytest.raises(BadRequestError, match=words):
            run(registry, CompletionRequest("previous/m", CHAT, params=params))
    monkeypatch.delenv("PREVIOUS_API_KEY")
    with pytest.raises(ConfigurationError, match="PREVIOUS_API_KEY"):
        run(registry, CompletionRequest("previous/m", CHAT))


@dataclass(frozen=True, slots=True)
class TomorrowsRequest(CompletionRequest):
    """A request with a field that a later release adds."""

    budget: int = field(default=3, kw_only=True)


@pytest.mark.parametrize("name", ["previous", "previous-blocking", "previous-async"])
def test_a_field_that_is_added_is_nothing_to_it(install, name):
    assert said(run(install("previous"), TomorrowsRequest(f"{name}/m", CHAT))) == "Hi"


def test_a_hook_that_is_added_is_nothing_to_it(install):
    @hookspec(firstresult=True)
    def transcription(self, request, settings):
        raise NotImplementedError

    ours = {name: value for name, value in vars(ProviderHooks).items() if not name.startswith("__")}
    specs = type("TomorrowsHooks", (), {**ours, "transcription": transcription})
    install("previous")
    import fake_previous

    manager = managed(specs, [adapted(fake_previous, "fake-previous 1.2.0", specs)])
    assert manager.hook.transcription.get_hookimpls() == []
    assert len(manager.hook.completion.get_hookimpls()) == 1


# ------------------------------------------------------------------------------------------------ those made for later


def test_a_hook_that_is_not_known_is_warned_of_once_and_the_rest_answers(install):
    registry = install("unknown_hook")
    request = CompletionRequest("unknown-hook/m", CHAT)
    with pytest.warns(UserWarning, match="transcription") as caught:
        assert said(run(registry, request)) == "unknown-hook answers"
    [warning] = caught
    assert str(warning.message) == (
        "fake-unknown-hook 3.4.0 implements a hook 'transcription' that this jackfield does not know; it is passed "
        "over. Try: pip install --upgrade jackfield"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert said(run(registry, request)) == "unknown-hook answers"


def test_a_plugin_of_another_group_is_told_what_to_upgrade_and_never_imported(install):
    registry = install("newer_group")
    with pytest.raises(ProviderLoadError) as caught:
        run(registry, CompletionRequest("newer/m", CHAT))
    assert str(caught.value) == (
        "the provider 'newer' of fake-newer-group 5.0.0 is made for a newer interface (jackfield.providers.v2): "
        "pip install --upgrade jackfield"
    )
    assert "fake_newer_group" not in sys.modules


@pytest.mark.parametrize("missing", ["from jackfield import Transcription", "import jackfield.audio"])
def test_a_plugin_that_imports_what_is_not_there_yet_is_told_what_to_upgrade(
    make_distribution, tmp_path, monkeypatch, missing
):
    points = {"jackfield.providers": {"eager": "fake_eager"}}
    monkeypatch.syspath_prepend(make_distribution(tmp_path, "fake-eager", "6.0", points, {"fake_eager.py": missing}))
    with pytest.raises(ProviderLoadError, match=r"'eager' of fake-eager 6\.0 does not load") as caught:
        Registry().provider("eager")
    assert str(caught.value).endswith(". Try: pip install --upgrade jackfield")


def test_none_of_them_hurts_the_others(install):
    registry = install("newer_group", "unknown_hook", "previous")
    with pytest.raises(ProviderLoadError):
        run(registry, CompletionRequest("newer/m", CHAT))
    with pytest.warns(UserWarning, match="does not know"):
        assert said(run(registry, CompletionRequest("unknown-hook/m", CHAT))) == "unknown-hook answers"
    assert said(run(registry, CompletionRequest("previous/m", CHAT))) == "Hi"
    assert isinstance(sys.modules["fake_previous"], ModuleType)
